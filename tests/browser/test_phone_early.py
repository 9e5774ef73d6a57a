"""What an auditor types before the form's scripts have come is kept like everything else."""

from contextlib import contextmanager

import pytest

from tests.browser.stage import begin, on, wait_saved

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@contextmanager
def scripts_held_back(page):
    """The form's scripts are on their way, and no worker has them, until the end of the block."""
    page.evaluate("navigator.serviceWorker.getRegistration().then((found) => found?.unregister())")
    held = []
    page.route("**/form-main*.js", lambda route: held.append(route))
    yield
    for route in held:
        route.continue_()
    page.unroute("**/form-main*.js")


def answers(page):
    fields = [on(page, name).locator("input").input_value() for name in ("staff_seen", "customers_waiting")]
    return [*fields, page.locator("input[value=busy]").is_checked()]


def test_answers_given_before_the_scripts_have_come_are_kept(phone):
    address = phone.get_by_role("link", name="Harbour Street").get_attribute("href")
    with scripts_held_back(phone):
        phone.goto(address, wait_until="commit")
        on(phone, "staff_seen").locator("input").press_sequentially("12")
        on(phone, "customers_waiting").get_by_role("button", name="One more").click()
        on(phone, "customers_waiting").get_by_role("button", name="One more").click()
        on(phone, "busyness").get_by_text("Quiet", exact=True).click()
        on(phone, "busyness").get_by_text("Busy", exact=True).click()
        assert phone.locator("#saved").inner_text() == "Opening…"
    wait_saved(phone)
    assert answers(phone) == ["12", "2", True]
    phone.reload()
    wait_saved(phone)
    assert answers(phone) == ["12", "2", True]


def test_who_was_past_the_first_questions_does_not_see_them_again(phone):
    begin(phone)
    phone.locator("#next").click()
    phone.get_by_role("heading", name="Greeting").wait_for()
    wait_saved(phone)
    with scripts_held_back(phone):
        phone.reload(wait_until="commit")
        phone.locator("#step").wait_for(state="attached")
        assert not phone.get_by_text("What you see as you walk in.").first.is_visible()
    phone.get_by_role("heading", name="Greeting").wait_for()
