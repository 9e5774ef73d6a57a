"""What was typed outlives the phone it was typed on: drafts on the server, returned visits, two versions of one."""

import json

import pytest

from bench.product.chromium import SMALL_PHONE
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


@pytest.fixture
def second(open_page, sign_in, stage):
    """The same auditor's other phone, not opened yet."""

    def open_list():
        page = open_page("second", **SMALL_PHONE)
        sign_in(page, stage.auditor)
        page.get_by_text("Up to date").wait_for()
        return page

    return open_list


def wait_shared(page, deed=lambda: None):
    """Until the server has the draft as it is now."""
    with page.expect_response(lambda answer: "/api/v1/drafts/" in answer.url and answer.request.method == "PUT"):
        deed()


def share_an_answer(page):
    begin(page)
    go_on(page, "Greeting")
    wait_shared(page, lambda: say(page, "greeted", "Yes"))
    wait_shared(page, lambda: say(page, "warmth", "Own words"))


def test_a_draft_begun_on_one_phone_is_continued_and_sent_on_another(phone, second, stage):
    share_an_answer(phone)
    other = second()
    other.get_by_role("link", name="Harbour Street").click()
    other.get_by_role("heading", name="Before you start").wait_for()
    go_on(other, "Greeting")
    assert on(other, "greeted").get_by_role("radio", name="Yes").is_checked()
    assert on(other, "warmth").get_by_role("radio", name="Own words").is_checked()
    go_on(other, "Shop")
    say(other, "clean", "No")
    wait_saved(other)
    other.locator("#overview").click()
    other.get_by_role("button", name="Send").click()
    other.locator("#step").get_by_text("Received, no. ").wait_for()
    say(phone, "warmth", "No eye contact")  # the first phone learns of it with the next answer
    phone.get_by_role("button", name="Take the server’s: Own words").click()
    phone.locator("#step").get_by_text("Received, no. ").wait_for()
    phone.goto("/phone/")
    phone.get_by_text("Received, no. ").wait_for()
    (visit,) = stage.stored()
    assert visit["interactions"][0][1]["greeted"][1] is True
    assert visit["visit"]["clean"][1] is False


def test_a_visit_begun_on_a_phone_three_hours_ahead_keeps_its_arrival_on_another(phone, second, stage, server):
    phone.clock.install()
    phone.clock.fast_forward("03:00:00")
    phone.goto("/phone/")
    phone.get_by_text("Up to date").wait_for()
    share_an_answer(phone)
    other = second()
    other.get_by_role("link", name="Harbour Street").click()
    other.get_by_role("heading", name="Before you start").wait_for()
    go_on(other, "Greeting")
    go_on(other, "Shop")
    say(other, "clean", "No")
    wait_saved(other)
    other.locator("#overview").click()
    other.get_by_role("button", name="Send").click()
    other.locator("#step").get_by_text("Received, no. ").wait_for()
    (visit,) = stage.stored()
    told = server.run(
        "from audits.models import Visit; from django.utils import timezone\n"
        f"visit = Visit.objects.get(pk={visit['id']!r})\n"
        "moments = [visit.started_at, visit.interactions.get().started_at]\n"
        "print(*[(timezone.now() - moment).total_seconds() for moment in moments])"
    )
    assert all(-5 < float(age) < 180 for age in told.splitlines()[-1].split())


def test_answers_to_different_questions_on_two_phones_come_together(phone, second):
    share_an_answer(phone)
    other = second()
    other.get_by_role("link", name="Harbour Street").click()
    go_on(other, "Greeting")
    other.locator("#next").click()
    wait_shared(other, lambda: say(other, "clean", "No"))
    wait_saved(other)
    on(phone, "wait").get_by_role("button", name="type instead").click()
    wait_shared(phone, lambda: on(phone, "wait").get_by_role("textbox", name="Seconds").fill("12"))
    phone.locator("#next").click()
    phone.get_by_role("heading", name="Shop").wait_for()
    on(phone, "clean").get_by_role("radio", name="No", checked=True).wait_for()
    assert phone.locator("#asked").is_hidden()


def test_the_same_question_answered_twice_is_asked(phone, second):
    share_an_answer(phone)
    other = second()
    other.get_by_role("link", name="Harbour Street").click()
    go_on(other, "Greeting")
    wait_shared(other, lambda: say(other, "warmth", "No eye contact"))
    wait_saved(other)
    say(phone, "warmth", "Eye contact, routine phrase")
    phone.get_by_text("Answered differently on another phone.").wait_for()
    phone.get_by_role("button", name="Choose").click()
    phone.get_by_role("button", name="This phone: Eye contact, routine phrase").wait_for()
    phone.get_by_role("button", name="The other phone: No eye contact").click()
    on(phone, "warmth").get_by_role("radio", name="No eye contact", checked=True).wait_for()
    assert phone.locator("#asked").is_hidden()


def test_a_browser_that_was_wiped_gets_the_draft_back_from_the_server(phone):
    share_an_answer(phone)
    wait_saved(phone)
    phone.goto("about:blank")
    phone.goto("/healthz")
    phone.evaluate(
        "new Promise((done) => { const gone = indexedDB.deleteDatabase('plumbline'); gone.onsuccess = () => done() })"
    )
    phone.goto("/phone/")
    phone.get_by_text("In progress").wait_for()
    phone.get_by_role("link", name="Harbour Street").click()
    go_on(phone, "Greeting")
    assert on(phone, "warmth").get_by_role("radio", name="Own words").is_checked()


def test_a_returned_visit_tops_the_list_says_why_at_the_answer_and_goes_out_as_the_next_revision(
    phone, second, stage, server
):
    send_one(phone)
    (visit,) = stage.stored()
    server.run(RETURN.format(id=visit["id"]))
    for page in (second(), phone):
        page.goto("/phone/")
        page.get_by_role("heading", name="Came back to you").wait_for()
        page.get_by_text("One thing, please.").wait_for()
    phone.get_by_role("link", name="Harbour Street").click()
    phone.get_by_role("heading", name="Check and send").wait_for()
    phone.get_by_text("One thing, please.").wait_for()
    phone.get_by_text("1 left to correct.").wait_for()
    phone.get_by_role("button", name="Which door was it?").click()
    say(phone, "greeted", "Yes")
    on(phone, "greeted").get_by_text("Which door was it?").wait_for(state="hidden")
    wait_saved(phone)
    phone.locator("#overview").click()
    phone.get_by_role("button", name="Send").click()
    phone.locator("#step").get_by_text("Received, no. ").wait_for()
    (visit,) = stage.stored()
    assert visit["interactions"][0][1]["greeted"][1] is True


def test_a_conflict_shows_both_answers_and_the_auditor_takes_the_servers(phone, stage):
    page = phone
    begin(page)
    sent = arrives_with_another_answer(page)
    answer_shortly(page)
    page.get_by_role("button", name="Send").click()
    page.get_by_role("button", name="Keep mine: No").wait_for()
    page.get_by_role("button", name="Take the server’s: Yes").click()
    page.locator("#step").get_by_text("Received, no. ").wait_for()
    (visit,) = stage.stored()
    assert visit["interactions"][0][1]["greeted"][1] is True
    assert [answer.status for answer in sent] == [201]


def test_sent_visits_can_be_read_without_a_connection_on_any_phone_of_mine(phone, second):
    send_one(phone)
    other = second()
    other.get_by_text("Opens without a connection").wait_for()
    other.reload()
    other.get_by_text("Opens without a connection").wait_for()
    other.context.set_offline(True)
    other.get_by_role("link", name="Harbour Street").click()
    other.get_by_text("Was the customer greeted?").wait_for()
    terms, words = (other.get_by_role(role).all_inner_texts() for role in ("term", "definition"))
    assert terms == ["Arrived", "Left", "Came in", "Was the customer greeted?"]
    assert words[-1] == "No"


def test_unsent_work_can_be_saved_to_a_file(phone):
    begin(phone)
    go_on(phone, "Greeting")
    say(phone, "greeted", "Yes")
    wait_saved(phone)
    phone.get_by_role("link", name="Visits").click()
    with phone.expect_download() as download:
        phone.get_by_role("button", name="Save unsent work to a file").click()
    saved = json.loads(download.value.path().read_text())
    (kept,) = saved["visits"]
    assert kept["visit"]["interactions"][0]["answers"]["greeted"]["value"] is True


def test_from_the_second_day_the_list_says_what_waits_here_only(phone):
    begin(phone)
    go_on(phone, "Greeting")
    say(phone, "greeted", "Yes")
    wait_saved(phone)
    phone.clock.install()
    phone.clock.fast_forward("49:00:00")
    phone.goto("/phone/")
    phone.get_by_text("Harbour Street: not sent for 2 days.").wait_for()
