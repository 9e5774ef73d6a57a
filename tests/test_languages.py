"""In which language a page answers, and that it says so, keeps so, and writes numbers and days so."""

import json
import re
from http.cookies import SimpleCookie

import pytest
from django.urls import reverse
from django.utils import translation

from audits.phone.release import release
from tests.conftest import NOON

PHONE, SIGN_IN, ME = "/phone/", "/sign-in/", "/phone/me/"
FRENCH = {"Accept-Language": "fr-CA,fr;q=0.9,en;q=0.5"}


@pytest.fixture(autouse=True)
def english_afterwards():
    """A request leaves its language behind in the thread; a server's next request sets its own, a test would not."""
    yield
    translation.deactivate()


def language_of(response) -> str:
    page = response.content.decode()
    (lang,) = re.findall(r'<html lang="([\w-]+)"', page)
    assert response.headers["Content-Language"] == lang
    return lang


# ---- who decides


@pytest.mark.parametrize(
    ("asked", "answered"),
    [("fr-CA,fr;q=0.9,en;q=0.5", "fr"), ("en-US,fr;q=0.5", "en-gb"), ("de", "en-gb"), ("", "en-gb")],
)
def test_the_browser_decides_where_nobody_chose(client, db, asked, answered):
    assert language_of(client.get(SIGN_IN, headers={"Accept-Language": asked})) == answered


def test_a_choice_is_kept_for_this_phone(client, db):
    response = client.post(reverse("language"), {"language": "fr", "next": SIGN_IN + "?next=/phone/"})
    assert response.headers["Location"] == SIGN_IN + "?next=/phone/"
    assert client.cookies["language"]["max-age"] > 30_000_000
    assert language_of(client.get(SIGN_IN)) == "fr"
    client.post(reverse("language"), {"language": "en-gb", "next": SIGN_IN})
    assert language_of(client.get(SIGN_IN, headers=FRENCH)) == "en-gb"


def test_a_choice_leads_to_no_other_site(client, db):
    response = client.post(reverse("language"), {"language": "fr", "next": "https://elsewhere.example/"})
    assert response.headers["Location"] == "/"


def test_the_sign_in_page_offers_the_other_languages_in_their_own_words(client, db):
    page = client.get(SIGN_IN).content.decode()
    assert 'value="fr" lang="fr">Français</button>' in page
    assert 'value="en-gb" lang="en-gb"' not in page
    page = client.get(SIGN_IN, headers=FRENCH).content.decode()
    assert "Mot de passe" in page
    assert 'value="en-gb" lang="en-gb">English</button>' in page


def test_an_address_may_name_its_language(client, world):
    client.force_login(world.ana)
    client.cookies = SimpleCookie({**client.cookies, "language": "fr"})
    assert language_of(client.get(PHONE + "?l=en-gb")) == "en-gb"
    assert language_of(client.get(PHONE + "?l=tlh")) == "fr"
    assert client.get(ME).json()["language"] == "fr"


def test_pages_that_are_not_translated_are_english_throughout(client, world):
    client.force_login(world.mia)
    for address in (reverse("reports:drift"), reverse("reports:locations")):
        assert language_of(client.get(address, headers=FRENCH)) == "en-gb"
    client.force_login(world.root)
    assert client.get(reverse("admin:index"), headers=FRENCH).headers["Content-Language"] == "en-gb"


@pytest.mark.parametrize(("address", "words"), [("/nothing/", "Il n’y a rien ici"), (PHONE, "Seuls les auditeurs")])
def test_pages_of_error_speak_the_language_too(client, world, address, words):
    client.force_login(world.cal)
    page = client.get(address, headers=FRENCH).content.decode()
    assert words in page
    assert "To my own pages" not in page


def test_the_page_for_our_own_failures_speaks_it_as_well(db):
    from django.template.loader import render_to_string

    with translation.override("fr"):
        page = render_to_string("500.html")
    assert '<html lang="fr" dir="ltr">' in page
    assert "Une erreur est survenue de notre côté." in page


def test_a_language_from_right_to_left_turns_the_page_round(client, world, settings):
    settings.LANGUAGES = [("en-gb", "English"), ("ar", "العربية")]
    client.force_login(world.ana)
    for address in (PHONE, reverse("audits:form", args=[world.version.pk])):
        assert '<html lang="ar" dir="rtl">' in client.get(address + "?l=ar").content.decode()
    assert client.get("/phone/manifest.webmanifest?l=ar").json()["dir"] == "rtl"


# ---- what the phone keeps


def form(client, world, **query):
    return client.get(reverse("audits:form", args=[world.version.pk]), query)


def test_a_french_form_brings_the_words_of_its_scripts_and_an_english_one_needs_none(client, world):
    client.force_login(world.ana)
    page = form(client, world, l="fr").content.decode()
    (words,) = re.findall(r'<script id="words" type="application/json">(.*?)</script>', page)
    assert json.loads(words)["{n} photo"] == {"one": "{n} photo", "other": "{n} photos"}
    assert "Avant de commencer" in page
    assert world.version.sections.first().title in page
    assert 'id="words"' not in form(client, world, l="en-gb").content.decode()


def test_a_form_is_kept_for_good_only_under_its_release_and_its_language(client, world):
    client.force_login(world.ana)

    def is_kept(**query) -> bool:
        return "immutable" in form(client, world, **query).headers["Cache-Control"]

    assert is_kept(r=release(), l="fr")
    assert is_kept(r=release(), l="en-gb")
    assert not is_kept(r=release())
    assert not is_kept(l="fr")
    assert not is_kept(r=release(), l="tlh")


def test_a_form_in_another_language_is_another_page_to_caches(client, world):
    client.force_login(world.ana)
    english, french = (form(client, world, l=language).headers["ETag"] for language in ("en-gb", "fr"))
    assert english != french


def test_one_worker_serves_every_language(client, db):
    texts = {client.get("/phone/sw.js", headers=headers).content for headers in ({}, FRENCH)}
    (text,) = texts
    assert "Pas de connexion" in json.loads(re.search(rb"= (\{.*?\n\});", text, re.DOTALL)[1])["absent"]["fr"]


def test_the_app_is_installed_in_the_language_of_its_page(client, world):
    client.force_login(world.ana)
    (address,) = re.findall(r'<link rel="manifest" href="([^"]+)"', client.get(PHONE + "?l=fr").content.decode())
    manifest = client.get(address).json()
    assert (manifest["lang"], manifest["name"]) == ("fr", "Visites Plumbline")


# ---- what the server says of what a phone sends


def put(client, world, visit_id, payload):
    client.force_login(world.ana)
    return client.put(f"/api/v1/visits/{visit_id}/", payload, content_type="application/json", headers=FRENCH)


def test_what_is_wrong_is_said_in_french_with_days_as_french_writes_them(client, world, payload, visit_id):
    early = NOON.replace(year=2019, month=8)
    response = put(client, world, visit_id, payload | {"started_at": early.isoformat()})
    assert response.json()["detail"] == "Rien n’a été enregistré\xa0: corrigez ce qui est indiqué."
    said = {error["where"]: error["message"] for error in response.json()["errors"]}
    assert said["started_at"].startswith("2 août 2019 13:00 sur place remonte à plus de deux ans")


def test_numbers_are_grouped_as_french_writes_them(client, world, payload, visit_id, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    detail = put(client, world, visit_id, payload | {"note": "a" * 2000}).json()["detail"]
    assert detail.replace("\xa0", " ").startswith("Le JSON pour cette adresse compte au plus 1 000 octets")


def test_what_the_framework_finds_wrong_is_french_as_well(client, world, payload, visit_id):
    response = put(client, world, visit_id, payload | {"location": "x"})
    assert response.json()["errors"][0]["message"] == "Un nombre entier valide est requis."


def test_a_wrong_password_is_told_in_french(client, db):
    response = client.post(SIGN_IN, {"username": "ana@example.org", "password": "wrong"}, headers=FRENCH)
    assert "Saisissez un identifiant (adresse e-mail) et un mot de passe valides." in response.content.decode()
