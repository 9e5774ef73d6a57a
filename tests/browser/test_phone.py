"""An auditor's phone, in a real browser: nothing typed is lost, and the server gets exactly what was typed."""

import json
import re
from math import ceil

import pytest

from tests.browser.stage import answer_shortly, begin, go_on, on, picture, say, wait_saved, wait_value

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def now_on(page) -> float:
    """Seconds on the phone's own clock."""
    return page.evaluate("Date.now()") / 1000


def test_a_visit_with_two_interactions_survives_a_reload_and_arrives_as_it_was_typed(phone, stage):
    page = phone
    begin(page)
    for _ in range(3):
        on(page, "staff_seen").get_by_role("button", name="One more").click()
    on(page, "customers_waiting").get_by_role("textbox").fill("2")
    say(page, "busyness", "Busy")
    say(page, "conflict_of_interest", "No")

    go_on(page, "Greeting")
    assert on(page, "warmth").is_hidden(), "a condition is shown before it holds"
    say(page, "greeted", "Yes")
    say(page, "warmth", "Own words")
    before_start = now_on(page)
    on(page, "wait").get_by_role("button", name="Start").click()
    on(page, "wait").get_by_role("button", name="Stop").wait_for()
    after_start = now_on(page)
    page.get_by_role("button", name="Rename").click()
    page.get_by_role("textbox", name="Name this interaction").fill("Till 2")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Interaction 1 of 1 · Till 2").wait_for()
    wait_saved(page)
    on(page, "wait").locator("output", has_text=re.compile(r"0:0[2-9]|0:[1-5]|[1-9]:")).wait_for()

    page.reload()
    page.get_by_role("heading", name="Greeting").wait_for()
    assert on(page, "greeted").get_by_role("radio", name="Yes").is_checked()
    assert on(page, "warmth").get_by_role("radio", name="Own words").is_checked()
    before_stop = now_on(page)
    on(page, "wait").get_by_role("button", name="Stop").click()
    on(page, "wait").get_by_role("button", name="Measure again").wait_for()
    minutes, seconds = map(int, on(page, "wait").locator("output").inner_text().split(":"))
    seconds += 60 * minutes
    ran_on = int(before_stop - after_start) <= seconds <= ceil(now_on(page) - before_start)
    assert ran_on, "the timer did not run on through the reload"

    page.get_by_role("button", name="+ Interaction").click()
    page.get_by_text("Interaction 2 of 2").wait_for()
    say(page, "greeted", "No")
    on(page, "wait").get_by_role("button", name="type instead").click()
    on(page, "wait").get_by_role("textbox", name="Seconds").fill("1:30")
    on(page, "greeted").get_by_role("button", name="Note").click()
    page.keyboard.type("Nobody at the door.")

    go_on(page, "Shop")
    say(page, "clean", "No")
    on(page, "clean").locator("input[capture]").set_input_files(picture())
    on(page, "clean").get_by_role("img", name="Photo 1").wait_for()
    on(page, "litter").get_by_role("button", name="Does not apply").click()
    on(page, "words").get_by_role("textbox").fill("Two tills were closed.\nIt rained.")
    wait_saved(page)

    page.reload()  # in the middle again: the photo is still there
    on(page, "clean").get_by_role("img", name="Photo 1").wait_for()
    page.locator("#next").dblclick()  # the second tap lands on what has become "Send"
    page.get_by_text("Everything is answered.").wait_for()
    page.get_by_label("Anything else worth knowing").fill("Wet floor at the door.")
    page.get_by_role("button", name="Send").dblclick()
    page.get_by_role("heading", name="Visit complete").wait_for()
    assert page.locator("#trouble").is_hidden()
    page.locator("#step").get_by_text("Received, no. ").wait_for()

    (visit,) = stage.stored()
    assert visit["location"] == "Harbour Street"
    assert visit["note"] == "Wet floor at the door."
    assert visit["context"] == [3, 2, "busy"]
    first, second = visit["interactions"]
    assert first == [
        "Till 2",
        {
            "greeted": ["Answered", True, ""],
            "warmth": ["Answered", "own", ""],
            "wait": ["Answered", seconds, ""],
        },
    ]
    assert second == [
        "",
        {"greeted": ["Answered", False, "Nobody at the door."], "wait": ["Answered", 90, ""]},
    ]
    assert visit["visit"] == {
        "clean": ["Answered", False, ""],
        "litter": ["Does not apply", None, ""],
        "words": ["Answered", "Two tills were closed.\nIt rained.", ""],
    }
    assert visit["photos"] == [["clean", 1600]]

    page.get_by_role("link", name="Back to my visits").click()
    page.get_by_text(f"Received, no. {visit['receipt']}").wait_for()
    assert page.get_by_role("link", name="Harbour Street").count() == 1


def test_a_visit_completed_without_a_connection_goes_when_there_is_one(phone, stage):
    page = phone
    begin(page)
    page.context.set_offline(True)
    answer_shortly(page)
    page.get_by_role("button", name="Send").click()
    page.locator("#step").get_by_text("On this phone", exact=True).wait_for()
    page.get_by_text("No connection: kept on this phone.").wait_for()
    assert stage.stored() == []
    page.context.set_offline(False)
    page.locator("#step").get_by_text("Received, no. ").wait_for()
    assert len(stage.stored()) == 1


def test_an_answer_of_the_server_that_got_lost_makes_no_second_visit(phone, stage):
    page = phone
    lost = []

    def lose_the_first(route):
        if lost:
            route.continue_()
        else:
            lost.append(route.fetch())
            route.abort()

    page.route("**/api/v1/visits/*/", lose_the_first)
    begin(page)
    answer_shortly(page)
    page.get_by_role("button", name="Send").click()
    page.get_by_text("Not everything went through: trying again soon.").wait_for()
    assert lost[0].status == 201
    page.locator("#step").get_by_text("Received, no. ").wait_for()
    assert len(stage.stored()) == 1


def test_what_the_server_refuses_stands_at_the_answer_and_can_be_corrected(phone, stage):
    page = phone
    begin(page)
    answer_shortly(page)
    refusals = []

    def refuse(route):
        visit = json.loads(route.request.post_data)
        refusals.append(visit)
        errors = [{"where": "interactions.0.observations.greeted", "message": "Look again, please."}]
        body = {"detail": "Nothing was stored: correct what is named.", "errors": errors}
        route.fulfill(status=400, content_type="application/json", body=json.dumps(body))

    page.route("**/api/v1/visits/*/", refuse, times=1)
    page.get_by_role("button", name="Send").click()
    page.get_by_role("heading", name="The server could not take this visit yet").wait_for()
    page.get_by_role("button", name="Was the customer greeted? Look again, please.").click()
    on(page, "greeted").get_by_text("Look again, please.").wait_for()
    say(page, "greeted", "Yes")
    on(page, "greeted").get_by_text("Look again, please.").wait_for(state="hidden")
    page.locator("#overview").click()
    page.get_by_role("button", name="Send").click()
    page.locator("#step").get_by_text("Received, no. ").wait_for()
    (visit,) = stage.stored()
    assert visit["id"] in page.url
    assert visit["interactions"][0][1]["greeted"][1] is True
    assert len(refusals) == 1


DAMAGED = {
    "status": 400, "content_type": "application/json", "body": json.dumps({"detail": "This picture is damaged."}),
}  # fmt: skip


def with_a_photo(page):
    """A visit that is begun, with one answer and its photo."""
    begin(page)
    go_on(page, "Greeting")
    say(page, "greeted", "No")
    on(page, "greeted").locator("input[capture]").set_input_files(picture())
    on(page, "greeted").get_by_role("img", name="Photo 1").wait_for()


def test_a_photo_that_the_server_refuses_says_why_and_can_be_sent_again(phone, stage):
    page = phone
    with_a_photo(page)
    on(page, "wait").get_by_label("Gallery").set_input_files(picture())
    on(page, "wait").get_by_role("button", name="Remove photo 1").click()
    page.get_by_text("Photo removed.").wait_for()
    wait_saved(page)
    page.locator("#overview").click()
    page.route("**/photos/**", lambda route: route.fulfill(**DAMAGED), times=1)
    page.get_by_role("button", name="Send").click()
    page.get_by_text("A photo was not accepted: This picture is damaged.").wait_for()
    assert stage.stored()[0]["photos"] == [["greeted", None]]
    page.get_by_role("link", name="Back to my visits").click()
    page.get_by_text("Received, 1 photo not accepted").wait_for()
    page.get_by_role("button", name="Send now").click()
    page.get_by_text("Received, no. ").wait_for()
    assert stage.stored()[0]["photos"] == [["greeted", 1600]]


def test_a_refused_photo_that_is_given_up_without_a_connection_is_told_to_the_server_later(phone, stage, server):
    page = phone
    with_a_photo(page)
    wait_saved(page)
    page.locator("#overview").click()
    page.route("**/photos/*/", lambda route: route.fulfill(**DAMAGED))
    page.get_by_role("button", name="Send").click()
    page.get_by_text("A photo was not accepted: This picture is damaged.").wait_for()
    page.context.set_offline(True)
    page.locator("#step").get_by_role("button", name="Remove").click()
    page.get_by_text("Photo given up; the report says so.").wait_for()
    with page.expect_response("**/given-up/") as answer:
        page.context.set_offline(False)
    assert answer.value.ok
    asked = f"Photo.objects.get(visit__auditor__email={stage.auditor!r})"
    told = server.run(
        f"from audits.models import Photo\nphoto = {asked}\nprint(photo.given_up_by, photo.given_up_reason)"
    )
    assert told == "Ana This picture is damaged."


def test_a_removed_interaction_comes_back_whole(phone):
    page = phone
    begin(page)
    go_on(page, "Greeting")
    say(page, "greeted", "Yes")
    page.get_by_role("button", name="Remove").click()
    page.get_by_text("Interaction 1, ").and_(page.get_by_text("removed.")).wait_for()
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("heading", name="Greeting").wait_for()
    assert on(page, "greeted").get_by_role("radio", name="Yes").is_checked()
    page.get_by_role("button", name="Remove").click()
    wait_saved(page)
    page.reload()  # the notice is gone, the way back is not
    page.locator("#overview").click()
    page.get_by_role("button", name="Bring back Interaction").click()
    page.get_by_role("heading", name="Greeting").wait_for()
    assert on(page, "greeted").get_by_role("radio", name="Yes").is_checked()


def test_two_tabs_on_one_visit_add_to_each_other(phone):
    page = phone
    begin(page)
    go_on(page, "Greeting")
    wait_saved(page)
    other = page.context.new_page()
    other.goto(page.url)
    other.get_by_role("heading", name="Greeting").wait_for()
    say(other, "greeted", "Yes")
    wait_saved(other)
    on(page, "wait").get_by_role("button", name="type instead").click()
    on(page, "wait").get_by_role("textbox", name="Seconds").fill("12")
    wait_saved(page)
    page.reload()
    page.get_by_role("heading", name="Greeting").wait_for()
    assert on(page, "greeted").get_by_role("radio", name="Yes").is_checked()
    assert on(page, "wait").locator("output").inner_text() == "0:12"
    for tab in (page, other):
        tab.locator("#overview").click()
    page.get_by_label("Anything else worth knowing").focus()  # where the next letter would go
    other.get_by_label("Anything else worth knowing").fill("Wet floor.")
    wait_saved(other)
    page.evaluate("dispatchEvent(new Event('focus'))")  # back to this tab
    wait_value(page.get_by_label("Anything else worth knowing"), "Wet floor.")


def test_a_draft_opens_in_the_version_that_it_was_begun_with(phone, stage, server):
    page = phone
    begin(page)
    wait_saved(page)
    newer = server.run(
        "from audits.models import Version\n"
        "from audits.standards.cloning import clone\n"
        "from audits.standards.publication import publish\n"
        f"print(publish(version=clone(version=Version.objects.get(pk={stage.version})), by=None).pk)"
    )
    page.goto(page.url.replace(f"/forms/{stage.version}/", f"/forms/{newer.splitlines()[-1]}/"))
    page.wait_for_url(f"**/phone/forms/{stage.version}/**")
    page.get_by_role("heading", name="Before you start").wait_for()


def test_the_list_is_there_without_the_server_and_signing_out_warns_of_unsent_work(phone):
    page = phone
    begin(page)
    go_on(page, "Greeting")
    wait_saved(page)
    page.route("**/api/v1/**", lambda route: route.abort())
    page.goto("/phone/")
    page.get_by_text("In progress").wait_for()
    page.get_by_role("link", name="Mill Lane").wait_for()
    page.get_by_text("No connection").wait_for()
    page.get_by_text("1 visit on this phone, saved ").wait_for()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("dialog").get_by_text("Harbour Street").wait_for()
    page.get_by_role("button", name="Stay signed in").click()
    page.route("**/sign-out/", lambda route: route.abort())
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Sign out all the same").click()
    page.get_by_text("You are still signed in").wait_for()
    page.reload()
    page.get_by_role("link", name="Mill Lane").wait_for()
    page.unroute("**/sign-out/")
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Sign out all the same").click()
    page.wait_for_url("**/sign-in/**")


def test_an_expired_sign_in_loses_nothing(phone, stage, sign_in):
    page = phone
    begin(page)
    answer_shortly(page)
    page.context.clear_cookies()
    page.get_by_role("button", name="Send").click()
    page.get_by_text("Sign in to send.").wait_for()
    assert stage.stored() == []
    sign_in(page, stage.auditor)
    page.goto("/phone/")
    page.get_by_text("Received, no. ").wait_for()
    assert len(stage.stored()) == 1


def test_somebody_elses_unsent_visit_is_neither_shown_nor_sent(phone, stage, stages, sign_in):
    page = phone
    begin(page)
    page.context.set_offline(True)
    answer_shortly(page)
    page.get_by_role("button", name="Send").click()
    page.get_by_text("No connection: kept on this phone.").wait_for()
    page.context.clear_cookies()
    page.goto("about:blank")
    page.context.set_offline(False)
    sign_in(page, stages.pop()["auditor"])
    page.goto("/phone/")
    page.get_by_text("Up to date").wait_for()
    assert page.get_by_text("To do").count() == 2
    assert page.get_by_text("Nothing waits on this phone").is_visible()
    assert stage.stored() == []


def test_the_preview_works_like_the_form_and_keeps_nothing(desktop_page, sign_in, stage):
    page = desktop_page
    sign_in(page, stage.owner)
    page.goto(f"/phone/forms/{stage.version}/?preview=1")
    page.get_by_role("heading", name="Before you start").wait_for()
    go_on(page, "Greeting")
    say(page, "greeted", "Yes")
    on(page, "warmth").wait_for()
    page.locator("#overview").click()
    assert page.locator("#next").is_disabled()
    assert page.evaluate("indexedDB.databases().then((all) => all.length)") == 0


@pytest.mark.parametrize("root_size", ["16px", "32px"])
def test_nothing_scrolls_sideways_on_a_small_phone_with_large_text(phone, root_size):
    page = phone
    page.set_viewport_size({"width": 320, "height": 640})

    def fits() -> bool:
        page.evaluate("size => { document.documentElement.style.fontSize = size }", root_size)
        return page.evaluate("document.documentElement.scrollWidth") <= 320  # a phone's innerWidth grows along

    assert fits()
    begin(page)
    assert fits()
    go_on(page, "Greeting")
    say(page, "greeted", "Yes")
    on(page, "wait").get_by_role("button", name="Start").click()
    assert fits()
    go_on(page, "Shop")
    assert fits()
    go_on(page, "Check and send")
    assert fits()


def test_a_visit_can_be_filled_with_the_keyboard_alone(phone, stage):
    page = phone
    begin(page)
    page.locator("#next").wait_for()  # the first questions are there before it is
    page.locator("#next").focus()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Greeting").wait_for()
    assert page.evaluate("document.activeElement.id") == "title"
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.type === 'radio'"):
            break
    page.keyboard.press("Space")
    assert on(page, "greeted").get_by_role("radio", name="Yes").is_checked()
    page.keyboard.press("ArrowRight")
    assert on(page, "greeted").get_by_role("radio", name="No").is_checked()
