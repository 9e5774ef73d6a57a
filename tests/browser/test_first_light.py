"""The whole path as two people walk it: an auditor's phone, the worker, the manager's desk."""

import io
import re

import pytest

from config.demo import photos
from tests.patience import turns, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LATEST = """
from audits.models import Visit
visit = Visit.objects.filter(auditor__email="ana@fernhill.example").order_by("-received_at").first()
tally = getattr(visit, "tally", None)
print(visit.pk, visit.location.pk, "scored" if tally and tally.scored_at else "waiting")
"""
WORDS = "The queue was seen at once, and the second till opened before anybody asked."


def on(page, criterion):
    return page.locator(f'[data-criterion="{criterion}"]')


def go_to(page, heading: str) -> None:
    """On through the steps of the form, as a thumb does."""
    title = page.locator("#title")
    for _ in range(12):
        if (here := title.inner_text()) == heading:
            return
        page.locator("#next").click()
        wait_until(lambda here=here: title.inner_text() != here, f"The step after “{here}”", pause=turns(page))
    pytest.fail(f"The form never came to “{heading}”.")


def send_a_visit(page) -> None:
    page.get_by_role("link", name="Harbour Street").first.click()
    on(page, "staff_seen").get_by_role("button", name="One more").click()
    on(page, "customers_waiting").get_by_role("textbox").fill("4")
    go_to(page, "Greeting")
    on(page, "greeted").get_by_text("No", exact=True).click()
    go_to(page, "Checkout")
    on(page, "price-named").get_by_text("Yes", exact=True).click()
    go_to(page, "Shop")
    on(page, "entrance-clear").get_by_text("No", exact=True).click()
    taken = {
        "name": "entrance.jpg",
        "mimeType": "image/jpeg",
        "buffer": io.BytesIO(photos.draw("entrance", 99)).read(),
    }
    on(page, "entrance-clear").locator("input[capture]").set_input_files(taken)
    on(page, "entrance-clear").get_by_role("img").first.wait_for()
    on(page, "in-words").get_by_role("textbox").fill(WORDS)
    page.locator("#saved", has_text="On this phone").wait_for()
    page.locator("#overview").click()
    page.get_by_role("heading", name="Check and send").wait_for()
    page.get_by_role("button", name="Send").click()
    page.get_by_text("Received, no. ").first.wait_for()


def test_a_visit_from_the_phone_is_scored_by_the_worker_and_read_by_the_manager(
    server, phone_page, desktop_page, sign_in
):
    sign_in(phone_page, "ana@fernhill.example")
    phone_page.goto("/phone/")
    send_a_visit(phone_page)

    def scored() -> list[str] | None:
        visit, location, state = server.run(LATEST).split()
        return [visit, location] if state == "scored" else None

    visit, location = wait_until(scored, "A score from the worker", signs=server.signs)

    sign_in(desktop_page, "mia@fernhill.example")
    desktop_page.goto(f"/reports/locations/{location}/")
    desktop_page.locator(f'a[href*="{visit}"]').first.click()
    desktop_page.wait_for_url(f"**/visits/{visit}/**")
    desktop_page.get_by_text(WORDS).first.wait_for()
    evidence = desktop_page.locator("img").first
    evidence.wait_for()
    assert evidence.evaluate("image => image.decode().then(() => image.naturalWidth)") > 100


def test_the_managers_page_opens_with_the_store_that_looks_fine_in_its_reported_numbers(desktop_page, sign_in):
    sign_in(desktop_page, "mia@fernhill.example")
    desktop_page.get_by_role("heading", name=re.compile("need you this week")).wait_for()
    desktop_page.get_by_text("blind spot").first.wait_for()
    desktop_page.get_by_text("confirmed").first.wait_for()
    desktop_page.get_by_role("link", name="Harbour Street").first.click()
    desktop_page.get_by_role("heading", name=re.compile("Harbour Street")).wait_for()
    assert desktop_page.locator("svg").count() >= 2, "the execution and the reported number, on one time axis"


def test_the_managers_pages_do_not_scroll_sideways_on_a_phone(phone_page, sign_in):
    sign_in(phone_page, "mia@fernhill.example")
    for address in ("/reports/", "/reports/locations/", "/reports/locations/1/", "/reports/runs/"):
        phone_page.goto(address)
        wide = phone_page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 360, f"{address} is {wide} pixels wide"
