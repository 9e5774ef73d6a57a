"""The phone without a connection, in a real browser: one visit online is enough; no release changes under a draft."""

import pytest

from bench.product.chromium import SMALL_PHONE
from config.demo.places import PASSWORD
from tests.browser.stage import answer_shortly, begin, go_on, on, picture, say, wait_saved
from tests.patience import turns, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_after_one_visit_online_list_and_form_open_without_a_connection(ready, stage):
    page = ready
    page.context.set_offline(True)
    page.reload()
    page.get_by_text("No connection").first.wait_for()
    begin(page)  # a form that was never opened before
    go_on(page, "Greeting")
    say(page, "greeted", "Yes")
    wait_saved(page)
    page.reload()
    page.get_by_role("heading", name="Greeting").wait_for()
    assert on(page, "greeted").get_by_role("radio", name="Yes").is_checked()
    page.get_by_role("link", name="Visits").click()
    page.get_by_text("In progress").wait_for()


def test_three_interactions_and_five_photos_without_a_connection_arrive_after_the_tab_was_closed(ready, stage):
    page = ready
    context = page.context
    context.set_offline(True)
    page.reload()
    begin(page)
    for number in range(3):
        if number:
            page.get_by_role("button", name="+ Interaction").click()
        else:
            go_on(page, "Greeting")
        page.get_by_text(f"Interaction {number + 1} of {number + 1}").wait_for()
        say(page, "greeted", "No")
        on(page, "greeted").locator("input[capture]").set_input_files(picture(number))
        on(page, "greeted").get_by_role("img", name="Photo 1").wait_for()
    go_on(page, "Shop")
    say(page, "clean", "No")
    for number in (1, 2):
        on(page, "clean").locator("input[capture]").set_input_files(picture(10 + number))
        on(page, "clean").get_by_role("img", name=f"Photo {number}").wait_for()
    wait_saved(page)
    page.locator("#overview").click()
    page.get_by_role("button", name="Send").click()
    page.locator("#step").get_by_text("On this phone", exact=True).wait_for()
    page.close()
    context.set_offline(False)
    page = context.new_page()
    page.goto("/phone/")
    page.get_by_text("Received, no. ").wait_for()
    (visit,) = stage.stored()
    assert [said["greeted"][1] for _, said in visit["interactions"]] == [False, False, False]
    assert sorted(key for key, _ in visit["photos"]) == ["clean", "clean", "greeted", "greeted", "greeted"]
    assert all(size == 1600 for _, size in visit["photos"])


def test_a_phone_whose_worker_was_deleted_gets_it_back_and_has_lost_nothing(ready):
    page = ready
    begin(page)
    go_on(page, "Greeting")
    say(page, "greeted", "Yes")
    wait_saved(page)
    page.evaluate(
        """async () => {
            for (const each of await navigator.serviceWorker.getRegistrations()) await each.unregister();
            for (const name of await caches.keys()) await caches.delete(name);
        }"""
    )
    page.goto("/phone/")
    page.get_by_text("Opens without a connection").wait_for()
    page.context.set_offline(True)
    page.reload()
    page.get_by_role("link", name="Harbour Street").click()
    page.get_by_role("heading", name="Greeting").wait_for()
    assert on(page, "greeted").get_by_role("radio", name="Yes").is_checked()


def test_news_that_say_the_same_replace_no_row_under_a_finger(ready):
    ready.evaluate("() => { document.querySelector('a.row').isUnderAFinger = true; }")
    with ready.expect_response("**/phone/me/*"):
        ready.evaluate("() => { document.dispatchEvent(new Event('visibilitychange')); }")
    ready.wait_for_load_state("networkidle")
    ready.get_by_text("Up to date").wait_for()
    assert ready.evaluate("document.querySelector('a.row').isUnderAFinger === true")


NEXT = "0123456789ab"


@pytest.fixture
def updating(open_page, proxied, sign_in, stage):
    """A ready phone whose server can be given another release."""
    page = open_page("phone", **SMALL_PHONE, base_url=proxied.url)
    sign_in(page, stage.auditor)
    page.get_by_text("Opens without a connection").wait_for()
    return page


def release_of(page) -> str:
    return page.locator("body").get_attribute("data-release")


def release_anew(proxied, release: str) -> None:
    """From now on the server has another release: the same pages and files under another name."""

    def renamed(passing):
        if passing.path.startswith("/phone/"):
            passing.body = passing.body.replace(release.encode(), NEXT.encode())
            if "Plumbline-Release" in passing.headers:
                passing.headers["Plumbline-Release"] = NEXT
        return passing

    proxied.change = renamed


def ask_for_news(page) -> None:
    page.evaluate("async () => { await (await navigator.serviceWorker.ready).update() }")


def test_a_new_release_waits_until_nothing_is_unsent_and_the_auditor_agrees(updating, proxied, stage):
    page = updating
    before = release_of(page)
    begin(page)
    go_on(page, "Greeting")
    say(page, "greeted", "No")
    wait_saved(page)
    release_anew(proxied, before)
    page.goto("/phone/")
    ask_for_news(page)
    page.get_by_text("It can begin once everything on this phone is sent.").wait_for()
    assert page.get_by_role("button", name="Update now").is_hidden()
    page.get_by_role("link", name="Harbour Street").click()
    page.get_by_role("heading", name="Greeting").wait_for()
    assert on(page, "greeted").get_by_role("radio", name="No").is_checked()
    page.locator("#overview").click()
    page.get_by_role("button", name="Send").click()
    page.locator("#step").get_by_text("Received, no. ").wait_for()
    page.get_by_role("link", name="Back to my visits").click()
    page.get_by_text("A new release of these pages is ready.").wait_for()
    assert release_of(page) == before, "it took over without being asked"
    page.get_by_role("button", name="Update now").click()
    page.locator(f'body[data-release="{NEXT}"]').wait_for()
    assert page.evaluate("caches.keys()") == [f"plumbline-{NEXT}"]
    page.context.set_offline(True)
    page.get_by_role("link", name="Mill Lane").click()
    page.get_by_role("heading", name="Before you start").wait_for()
    assert len(stage.stored()) == 1


def test_one_missing_file_fails_the_install_and_leaves_the_release_before(updating, proxied):
    page = updating
    before = release_of(page)
    missed = []

    def broken(passing):
        if passing.path == "/phone/sw.js":
            passing.body = passing.body.replace(before.encode(), NEXT.encode()).replace(b"/favicon", b"/gone")
        if "/gone" in passing.path:
            missed.append(passing.status)
        return passing

    proxied.change = broken
    ask_for_news(page)
    wait_until(lambda: missed, "The request for the missing file", pause=turns(page))
    installing = "navigator.serviceWorker.ready.then((registration) => Boolean(registration.installing))"
    wait_until(lambda: not page.evaluate(installing), "The end of the install", pause=turns(page))
    assert missed == [404]
    waiting = "navigator.serviceWorker.ready.then((registration) => Boolean(registration.waiting))"
    assert page.evaluate(waiting) is False
    page.context.set_offline(True)
    page.reload()
    page.get_by_role("link", name="Harbour Street").wait_for()
    assert release_of(page) == before


def test_signing_in_again_where_one_is_sends_what_waits(ready, stage):
    page = ready
    begin(page)
    answer_shortly(page)
    page.context.clear_cookies()
    page.get_by_role("button", name="Send").click()
    page.get_by_text("Sign in to send.").wait_for()
    page.locator("#trouble").get_by_role("button", name="Sign in").click()
    dialog = page.get_by_role("dialog")
    assert dialog.get_by_label("E-mail address").input_value() == stage.auditor
    dialog.get_by_label("Password").fill("not this one")
    dialog.get_by_role("button", name="Sign in").click()
    dialog.get_by_text("That was not right").wait_for()
    dialog.get_by_label("Password").fill(PASSWORD)
    dialog.get_by_role("button", name="Sign in").click()
    page.locator("#step").get_by_text("Received, no. ").wait_for()
    assert len(stage.stored()) == 1
