"""Before a script has come: what an auditor types is kept like everything else, and nothing stands in the way."""

from contextlib import contextmanager

import pytest

from tests.browser.stage import answer_shortly, begin, on, wait_saved
from tests.patience import settle

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@contextmanager
def scripts_held_back(page, name="form-main"):
    """Scripts of this name are on their way, and no worker has them, until the end of the block."""
    without_worker(page)
    held = []
    page.route(f"**/{name}*.js", lambda route: held.append(route))
    yield held
    for route in held:
        route.continue_()
    page.unroute(f"**/{name}*.js")


def without_worker(page):
    """From the next page on."""
    page.evaluate("navigator.serviceWorker.getRegistration().then((found) => found.unregister())")


def answers(page):
    fields = [on(page, name).locator("input").input_value() for name in ("staff_seen", "customers_waiting")]
    return [*fields, page.locator("input[value=busy]").is_checked()]


def test_answers_given_before_the_scripts_have_come_are_kept(ready):
    address = ready.get_by_role("link", name="Harbour Street").get_attribute("href")
    with scripts_held_back(ready):
        ready.goto(address, wait_until="commit")
        on(ready, "staff_seen").locator("input").press_sequentially("12")
        on(ready, "customers_waiting").get_by_role("button", name="One more").click()
        on(ready, "customers_waiting").get_by_role("button", name="One more").click()
        on(ready, "busyness").get_by_text("Quiet", exact=True).click()
        on(ready, "busyness").get_by_text("Busy", exact=True).click()
        assert ready.locator("#saved").inner_text() == "Opening…"
    wait_saved(ready)
    assert answers(ready) == ["12", "2", True]
    ready.reload()
    wait_saved(ready)
    assert answers(ready) == ["12", "2", True]


def test_who_was_past_the_first_questions_does_not_see_them_again(ready):
    begin(ready)
    ready.locator("#next").click()
    ready.get_by_role("heading", name="Greeting").wait_for()
    wait_saved(ready)
    with scripts_held_back(ready):
        ready.reload(wait_until="commit")
        ready.locator("#step").wait_for(state="attached")
        assert not ready.get_by_text("What you see as you walk in.").first.is_visible()
    ready.get_by_role("heading", name="Greeting").wait_for()


def test_a_last_page_that_comes_late_is_not_drawn_over_the_step_that_somebody_went_back_to(ready):
    with scripts_held_back(ready, "check") as held:
        begin(ready)
        ready.locator("#overview").click()
        ready.get_by_role("heading", name="Check and send").wait_for()
        ready.locator("#back").click()
        ready.get_by_role("heading", name="Shop").wait_for()
    ready.evaluate("(address) => import(address)", held[0].request.url)  # it has come, and its reader was first
    settle(ready)
    assert on(ready, "clean").is_visible()
    assert not ready.get_by_role("heading", name="unanswered").is_visible()
    ready.locator("#overview").click()
    ready.get_by_role("heading", name="unanswered").wait_for()


def test_a_visit_can_be_sent_from_a_phone_that_has_no_last_page(ready, stage):
    without_worker(ready)
    ready.route("**/check*.js", lambda route: route.abort())
    begin(ready)
    answer_shortly(ready)
    ready.get_by_text("This page is not on this phone yet").wait_for()
    ready.get_by_role("button", name="Send", exact=True).click()
    ready.locator("#step").get_by_text("Received, no. ").wait_for()
    assert len(stage.stored()) == 1
