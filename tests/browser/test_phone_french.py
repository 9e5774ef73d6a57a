"""A phone that speaks French: nothing but French around the standard's own words, without a connection too."""

import re

import pytest

from bench.product.chromium import SMALL_PHONE
from config.assets import catalogue
from tests.browser.stage import on, say

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SHOWN = """() => {
    const seen = (element) => element.closest('script, style, template') === null && element.checkVisibility();
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const said = [document.title];
    while (texts.nextNode()) if (seen(texts.currentNode.parentElement)) said.push(texts.currentNode.data);
    for (const element of document.querySelectorAll('[aria-label], [placeholder], img[alt]')) {
        if (seen(element)) said.push(element.ariaLabel ?? '', element.placeholder ?? '', element.alt ?? '');
    }
    return said.map((text) => text.trim()).filter(Boolean);
}"""


FILLED = re.compile(r"\\\{(\w+)\\\}")


def filling(found: re.Match) -> str:
    return r"[\d\s]+" if found[1] in {"n", "number", "photo", "photos"} else ".+"


def english() -> re.Pattern:
    """Every sentence that French says otherwise, whatever is filled in."""
    said = {
        form
        for domain in catalogue.DOMAINS
        for message in catalogue.catalogue("fr", domain)
        if message.id
        for form in ([message.id] if isinstance(message.id, str) else message.id)
        if form not in catalogue.strings_of(message) and re.search("[A-Za-z]", re.sub(r"\{\w+\}", "", form))
    }
    return re.compile("|".join(FILLED.sub(filling, re.escape(form)) for form in said))


ENGLISH = english()


def only_french(page, where: str) -> None:
    shown = page.evaluate(SHOWN)
    assert len(shown) > 4, f"{where} shows nothing"
    assert [text for text in shown if ENGLISH.fullmatch(text)] == [], where
    assert page.locator("html").get_attribute("lang") == "fr"


@pytest.fixture
def french(open_page, sign_in, stage):
    page = open_page("phone", **SMALL_PHONE | {"locale": "fr-FR"})
    page.goto("/phone/")
    only_french(page, "sign in")
    sign_in(page, stage.auditor)
    page.get_by_text("S’ouvre sans connexion").wait_for()
    return page


def to(page, heading: str) -> None:
    page.locator("#next").click()
    page.get_by_role("heading", name=heading).wait_for()


def test_a_visit_is_recorded_and_sent_in_french_without_a_connection(french, stage):
    page = french
    page.context.set_offline(True)
    page.reload()
    page.get_by_text("Pas de connexion").first.wait_for()
    only_french(page, "list")
    days = page.get_by_text(re.compile(r"échéance\xa0: (lun|mar|mer|jeu|ven|sam|dim)\."))
    assert days.count() == 2
    page.get_by_role("link", name="Harbour Street").click()
    page.get_by_role("heading", name="Avant de commencer").wait_for()
    only_french(page, "before")
    to(page, "Greeting")
    say(page, "greeted", "Oui")
    on(page, "warmth").get_by_role("button", name="Sans objet").click()
    on(page, "wait").get_by_role("button", name="saisir plutôt").click()
    on(page, "wait").locator("[data-part=field]").fill("trois")
    page.get_by_text("Écrivez des secondes, par exemple 42 ou 1:30.").wait_for()
    only_french(page, "greeting")
    on(page, "wait").locator("[data-part=field]").fill("3,5")
    page.get_by_text("Écrivez des secondes, par exemple 42 ou 1:30.").wait_for(state="hidden")
    assert on(page, "wait").locator("output").inner_text() == "0:03,5"
    page.get_by_role("button", name="Renommer").click()
    only_french(page, "naming")
    page.keyboard.press("Escape")
    to(page, "Shop")
    page.locator("#overview").click()
    page.get_by_role("heading", name="Vérifier et envoyer").wait_for()
    only_french(page, "check")
    page.get_by_role("button", name="Envoyer", exact=True).click()
    page.locator("#step").get_by_text("Sur ce téléphone", exact=True).wait_for()
    only_french(page, "done")
    page.context.set_offline(False)
    page.get_by_role("link", name="Retour à mes visites").click()
    page.get_by_text(re.compile("Reçue, n° ")).wait_for()
    only_french(page, "list with a visit")
    (visit,) = stage.stored()
    assert visit["interactions"][0][1]["greeted"][1] is True
    assert visit["interactions"][0][1]["wait"][1] == 3.5


def test_the_language_is_changed_on_the_list_and_without_a_connection_once_its_pages_are_here(phone):
    page = phone
    page.get_by_text("Opens without a connection").wait_for()
    page.context.set_offline(True)
    page.get_by_role("button", name="Français").click()
    page.get_by_text("The pages in Français are not on this phone yet").wait_for()
    page.context.set_offline(False)
    page.get_by_role("button", name="Français").click()
    page.get_by_role("heading", name="Mes visites").wait_for()
    page.get_by_text("S’ouvre sans connexion").wait_for()
    page.context.set_offline(True)
    page.get_by_role("link", name="Mill Lane").click()
    page.get_by_role("heading", name="Avant de commencer").wait_for()
    page.get_by_role("link", name="Visites").click()
    page.get_by_role("button", name="English").click()
    page.get_by_role("heading", name="My visits").wait_for()
    page.context.set_offline(False)
    page.reload()
    page.get_by_text("Up to date").wait_for()
    assert page.locator("html").get_attribute("lang") == "en-gb"


def test_a_language_chosen_on_the_sign_in_page_reaches_pages_that_were_kept_in_another(phone, sign_in, stage):
    page = phone
    page.get_by_text("Opens without a connection").wait_for()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Français").click()
    page.get_by_role("heading", name="Se connecter").wait_for()
    sign_in(page, stage.auditor)
    page.get_by_role("heading", name="Mes visites").wait_for()
    page.get_by_text("À jour", exact=True).wait_for()
    only_french(page, "list")
