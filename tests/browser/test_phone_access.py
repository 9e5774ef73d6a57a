"""The phone's pages for everybody: axe-core's rules, the keyboard alone, a screen of 320 pixels, twice the text."""

import json
from pathlib import Path

import axe_playwright_python
import pytest

from tests.browser.stage import (
    RETURN,
    answer_shortly,
    arrives_with_another_answer,
    begin,
    go_on,
    on,
    say,
    send_one,
    wait_saved,
)

pytestmark = [pytest.mark.browser, pytest.mark.slow]

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SMALLEST = 320


def check(page, where: str) -> None:
    """No rule of axe-core's is broken, and nothing scrolls sideways."""
    # What lies under the foot is reached by scrolling, but axe takes it for covered: all is on the screen at once.
    page.set_viewport_size({"width": SMALLEST, "height": 4000})
    page.evaluate(AXE)
    found = page.evaluate("(tags) => axe.run(document, { runOnly: tags })", TAGS)
    broken = [
        f"{where}: {rule['id']}: {rule['help']}: {[node['target'] for node in rule['nodes']]}"
        for rule in found["violations"]
    ]
    page.set_viewport_size({"width": SMALLEST, "height": 640})
    assert broken == []
    assert len(found["passes"]) > 10, "axe looked at nothing"
    assert page.evaluate("document.documentElement.scrollWidth") <= SMALLEST, f"{where} scrolls sideways"


def differ_from_another_phone(page) -> None:
    """As after two phones wrote different notes."""
    visit_id = page.url.split("#visit=")[1]
    page.evaluate(
        """async (id) => {
            const { createStore } = await import('/static/phone/store/store.js');
            const asked = [{ path: ['note'], theirs: 'Rain.' }];
            await createStore().change(id, (visit) => Object.assign(visit, { asked }));
        }""",
        visit_id,
    )
    page.reload()


def refuse_greeting_once(page) -> None:
    errors = [{"where": "interactions.0.observations.greeted", "message": "Say yes or no."}]
    body = json.dumps({"detail": "Nothing was stored: correct what is named.", "errors": errors})
    refusal = {"status": 400, "content_type": "application/json", "body": body}
    page.route("**/api/v1/visits/*/", lambda route: route.fulfill(**refusal), times=1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_keeps_axes_rules_and_fits_320_pixels(phone, scheme):
    page = phone
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": SMALLEST, "height": 640})
    check(page, "list")
    begin(page)
    check(page, "before")
    page.get_by_role("button", name="Taps and notes only").click()
    page.get_by_role("button", name="Noticed").wait_for()
    check(page, "covert")
    page.get_by_role("button", name="Write up").click()
    go_on(page, "Greeting")
    say(page, "greeted", "Yes")
    on(page, "warmth").get_by_role("button", name="Does not apply").click()
    on(page, "wait").get_by_role("button", name="type instead").click()
    check(page, "greeting")
    page.get_by_role("button", name="Rename").click()
    check(page, "naming")
    page.keyboard.press("Escape")
    go_on(page, "Shop")
    check(page, "shop")
    wait_saved(page)
    page.locator("#overview").click()
    page.get_by_role("heading", name="Check and send").wait_for()
    check(page, "check")
    differ_from_another_phone(page)
    page.get_by_text("Until you choose").wait_for()
    check(page, "check with something to choose")
    page.get_by_role("button", name="Anything else worth knowing").click()
    page.get_by_role("button", name="The other phone: Rain.").wait_for()
    check(page, "choosing")
    page.get_by_role("button", name="The other phone: Rain.").click()
    refuse_greeting_once(page)
    page.get_by_role("button", name="Send").click()
    page.get_by_text("1 left to correct.").wait_for()
    check(page, "refused")
    page.locator("[data-part=refused]").get_by_role("button").click()
    described = on(page, "greeted").get_attribute("aria-describedby")
    assert page.locator(f"#{described}").inner_text() == "Say yes or no."
    check(page, "wrong")
    say(page, "greeted", "No")
    page.locator("#overview").click()
    page.context.clear_cookies()
    page.get_by_role("button", name="Send").click()
    page.locator("#trouble").get_by_role("button", name="Sign in").click()
    check(page, "sign in")
    page.keyboard.press("Escape")
    check(page, "done")
    page.get_by_role("link", name="Back to my visits").click()
    page.locator("#groups").get_by_text("On this phone").wait_for()
    check(page, "list with work")
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Stay signed in").wait_for()
    check(page, "signing out")
    page.get_by_role("button", name="Stay signed in").click()
    page.evaluate(
        """for (const id of ['update', 'nudge']) document.getElementById(id).hidden = false;
        document.querySelector('#update span').textContent = 'A new release of these pages is ready.';
        document.getElementById('nudge').textContent = 'Harbour Street: not sent for 2 days.';"""
    )
    check(page, "notices")
    page.goto("/sign-in/")
    page.get_by_label("E-mail address").wait_for()
    check(page, "sign-in page")


def check_by_day_and_night(page, where: str) -> None:
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        check(page, f"{where}, {scheme}")


def test_what_came_back_and_what_was_sent_keep_axes_rules_too(phone, server):
    page = phone
    send_one(page)
    address, visit_id = page.url.split("#visit=")
    page.goto("/phone/")
    page.get_by_text("Opens without a connection").wait_for()  # with what was sent
    page.goto("about:blank")
    page.goto(f"{address}#sent={visit_id}")
    page.get_by_text("Was the customer greeted?").wait_for()
    check_by_day_and_night(page, "sent")
    server.run(RETURN.format(id=visit_id))
    page.goto("/phone/")
    page.get_by_text("One thing, please.").wait_for()
    check_by_day_and_night(page, "list with what came back")
    page.get_by_role("link", name="Harbour Street").click()
    page.get_by_text("1 left to correct.").wait_for()
    check_by_day_and_night(page, "returned")


def test_the_choice_between_two_versions_keeps_axes_rules_too(phone):
    page = phone
    begin(page)
    arrives_with_another_answer(page)
    answer_shortly(page)
    page.get_by_role("button", name="Send", exact=True).click()
    page.get_by_role("button", name="Keep mine: No").wait_for()
    check_by_day_and_night(page, "conflict")


def tab_to(page, locator) -> None:
    """On by the tabulator, as without a mouse or a finger."""
    for _ in range(80):
        if locator.evaluate("(target) => document.activeElement === target"):  # found anew: lists are drawn again
            return
        page.keyboard.press("Tab")
    pytest.fail(f"The keyboard never came to {locator}.")


def test_a_visit_can_be_recorded_and_sent_by_the_keyboard_alone(phone, stage):
    page = phone
    tab_to(page, page.get_by_role("link", name="Harbour Street"))
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Before you start").wait_for()
    tab_to(page, page.locator("#next"))
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Greeting").wait_for()
    tab_to(page, on(page, "greeted").get_by_role("radio", name="Yes"))
    page.keyboard.press("ArrowRight")
    assert on(page, "greeted").get_by_role("radio", name="No").is_checked()
    tab_to(page, page.locator("#next"))
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Shop").wait_for()
    tab_to(page, page.locator("#next"))
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Check and send").wait_for()
    tab_to(page, page.get_by_role("button", name="Send", exact=True))
    page.keyboard.press("Enter")
    page.locator("#step").get_by_text("Received, no. ").wait_for()
    assert stage.stored()[0]["interactions"][0][1]["greeted"][1] is False


def fits(page) -> None:
    """Upright and on its side nothing scrolls sideways, with text twice as large."""
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    for width, height in ((740, 360), (360, 740)):
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, page.locator("h1").first.inner_text()


def test_text_twice_as_large_and_a_phone_on_its_side_hide_nothing(phone):
    page = phone
    fits(page)
    begin(page)
    fits(page)
    page.locator("#next").scroll_into_view_if_needed()
    assert page.locator("#next").is_visible()
    go_on(page, "Greeting")
    say(page, "greeted", "Yes")
    on(page, "wait").get_by_role("button", name="type instead").click()
    fits(page)
    go_on(page, "Shop")
    on(page, "clean").get_by_role("button", name="Does not apply").click()
    fits(page)
    wait_saved(page)
    page.locator("#overview").click()
    page.get_by_role("heading", name="Check and send").wait_for()
    fits(page)
    page.get_by_role("button", name="Send", exact=True).click()
    page.locator("#step").get_by_text("Received, no. ").wait_for()
    fits(page)


def turn_round(page, where: str) -> None:
    """As a page in Arabic or Hebrew comes from the server."""
    page.evaluate("document.documentElement.dir = 'rtl'")
    width = "document.documentElement.scrollWidth"
    assert page.evaluate(width) <= SMALLEST, f"{where} scrolls sideways from right to left"


def left_of(page, selector: str) -> float:
    return page.locator(selector).first.bounding_box()["x"]


def test_it_works_from_right_to_left_on_320_pixels(phone):
    page = phone
    page.set_viewport_size({"width": SMALLEST, "height": 640})
    turn_round(page, "list")
    assert left_of(page, "h1") > left_of(page, "#connection")
    begin(page)
    turn_round(page, "before")
    assert left_of(page, "[data-deed=less]") > left_of(page, "[data-deed=more]"), "the stepper is not mirrored"
    assert left_of(page, "header a") > left_of(page, "#saved")
    go_on(page, "Greeting")
    assert left_of(page, "#back") > left_of(page, "#next")
    say(page, "greeted", "Yes")
    on(page, "wait").get_by_role("button", name="type instead").click()
    on(page, "warmth").get_by_role("button", name="Does not apply").click()
    turn_round(page, "greeting")
    page.get_by_role("button", name="Rename").click()
    turn_round(page, "naming")
    page.keyboard.press("Escape")
    wait_saved(page)
    page.locator("#overview").click()
    page.get_by_role("heading", name="Check and send").wait_for()
    turn_round(page, "check")
