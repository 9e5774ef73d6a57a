"""What goes wrong in the field, each once: the server, the clock, the storage; and the visit nobody may notice."""

import json
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from config.demo.places import PASSWORD
from tests.browser.stage import answer_shortly, begin, camera_says, go_on, on, picture, say, wait_saved, wait_value
from tests.patience import turns, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def send(page):
    page.get_by_role("button", name="Send", exact=True).click()


def wait_received(page):
    page.locator("#step").get_by_text("Received, no. ").wait_for()


def nudge(page):
    page.evaluate("dispatchEvent(new Event('focus'))")


def test_a_server_that_dies_between_the_visit_and_its_photos_gets_the_photos_later(phone, stage):
    page = phone
    begin(page)
    go_on(page, "Greeting")
    say(page, "greeted", "No")
    for number in (1, 2):
        on(page, "greeted").locator("input[capture]").set_input_files(picture(number))
        on(page, "greeted").get_by_role("img", name=f"Photo {number}").wait_for()
    wait_saved(page)
    page.locator("#overview").click()
    page.route("**/photos/**", lambda route: route.abort())
    send(page)
    page.locator("#step").get_by_text("2 photos on this phone").wait_for()
    assert [size for _, size in stage.stored()[0]["photos"]] == [None, None]
    page.unroute("**/photos/**")
    page.reload()  # resumed from what the phone keeps
    wait_received(page)
    assert [size for _, size in stage.stored()[0]["photos"]] == [1600, 1600]


def test_a_server_in_trouble_is_asked_again(phone, stage):
    page = phone
    begin(page)
    answer_shortly(page)
    page.route("**/api/v1/visits/*/", lambda route: route.fulfill(status=500, body="Oops"), times=2)
    send(page)
    page.get_by_text("The server is busy: trying again soon.").wait_for()
    received = page.locator("#step").get_by_text("Received, no. ")
    wait_until(lambda: nudge(page) or received.is_visible(), "The receipt of what was sent again", pause=turns(page))
    assert len(stage.stored()) == 1


def test_a_sign_in_that_expires_in_mid_queue_costs_nothing(phone, stage):
    page = phone
    begin(page)
    go_on(page, "Greeting")
    say(page, "greeted", "No")
    upright = camera_says(taken="2026:03:02 12:41:07")
    for number, exif in ((1, upright), (2, None)):
        on(page, "greeted").locator("input[capture]").set_input_files(picture(number, exif))
        on(page, "greeted").get_by_role("img", name=f"Photo {number}").wait_for()
    wait_saved(page)
    page.locator("#overview").click()

    def sign_out_behind(route):
        answer = route.fetch()
        page.context.clear_cookies()
        route.fulfill(response=answer)

    page.route("**/photos/**", sign_out_behind, times=1)
    send(page)
    page.locator("#step").get_by_text("1 photo on this phone").wait_for()
    page.locator("#trouble").get_by_role("button", name="Sign in").click()
    page.locator("#sign-in").get_by_label("Password").fill(PASSWORD)
    page.locator("#sign-in").get_by_role("button", name="Sign in").click()
    wait_received(page)
    (visit,) = stage.stored()
    first, second = visit["taken"]
    assert first[0].startswith("2026-03-02T12:41:0")
    assert first[1:] == ["unsure", 1200, 1600]  # the stage's places have no coordinates
    assert second[1:] == ["", 1600, 1200]


def test_a_visit_that_is_too_large_stays_with_its_reason_and_does_not_block_the_next(phone, stage):
    page = phone
    begin(page)
    answer_shortly(page)
    reason = json.dumps({"detail": "A visit has at most 2 MB."})
    large = page.url.split("visit=")[1]
    refusal = {"status": 413, "content_type": "application/json", "body": reason}
    page.route(f"**/api/v1/visits/{large}/", lambda route: route.fulfill(**refusal))
    send(page)
    page.get_by_text("A visit has at most 2 MB.").wait_for()
    page.get_by_role("link", name="Visits").click()
    begin(page, "Mill Lane")
    answer_shortly(page)
    send(page)
    wait_received(page)
    assert [visit["location"] for visit in stage.stored()] == ["Mill Lane"]


def test_a_clock_three_hours_wrong_moves_no_visit(phone, stage, server):
    page = phone
    page.clock.install()
    page.clock.fast_forward("03:00:00")
    page.goto("/phone/")
    page.get_by_text("Up to date").wait_for()
    begin(page)
    answer_shortly(page)
    page.get_by_label("Left").fill(f"{datetime.now(ZoneInfo('Europe/London')):%H:%M}")  # as the wall shows it
    send(page)
    wait_received(page)
    (visit,) = stage.stored()
    off = server.run(
        "from audits.models import Visit; from django.utils import timezone\n"
        f"visit = Visit.objects.get(pk={visit['id']!r})\n"
        "ages = [(timezone.now() - moment).total_seconds() for moment in (visit.started_at, visit.ended_at)]\n"
        "print(visit.clock_offset_ms, *ages)"
    )
    offset, age, since_left = map(float, off.splitlines()[-1].split())
    assert abs(offset - 3 * 3600 * 1000) < 5000
    assert -5 < age < 180
    assert -5 < since_left < 180


def test_a_version_retired_under_an_open_draft_still_takes_the_visit(phone, stage, server):
    page = phone
    begin(page)
    answer_shortly(page)
    server.run(
        "from audits.models import Version\n"
        "from audits.standards.cloning import clone\n"
        "from audits.standards.publication import publish, retire\n"
        f"old = Version.objects.get(pk={stage.version}); publish(version=clone(version=old), by=None)\n"
        "retire(version=old)"
    )
    page.reload()
    page.get_by_role("heading", name="Check and send").wait_for()
    send(page)
    wait_received(page)
    assert len(stage.stored()) == 1


def test_a_full_phone_says_so_before_and_keeps_what_fits_once_there_is_room(phone):
    page = phone
    page.add_init_script(
        """navigator.storage.estimate = async () => ({ quota: 1e8, usage: 1e8 - 1e6 });
        const put = IDBObjectStore.prototype.put;
        IDBObjectStore.prototype.put = function (...given) {
            if (window.full) throw new DOMException('full', 'QuotaExceededError');
            return put.apply(this, given);
        };"""
    )
    begin(page)
    page.get_by_text("This phone is almost full").wait_for()
    go_on(page, "Greeting")
    page.evaluate("window.full = true")
    say(page, "greeted", "No")
    page.get_by_text("This phone is full: your last entries are not saved yet.").wait_for()
    on(page, "greeted").locator("input[capture]").set_input_files(picture())
    page.get_by_text("This phone is full: the photo is not kept yet.").wait_for()
    page.evaluate("window.full = false")
    on(page, "greeted").get_by_role("button", name="Try again").click()
    on(page, "wait").get_by_role("button", name="type instead").click()
    on(page, "wait").get_by_role("textbox", name="Seconds").fill("9")
    wait_saved(page)
    page.reload()
    page.get_by_role("heading", name="Greeting").wait_for()
    assert on(page, "greeted").get_by_role("radio", name="No").is_checked()
    assert on(page, "wait").locator("output").inner_text() == "0:09"
    on(page, "greeted").get_by_role("img", name="Photo 1").wait_for()


MORE = """
import json
from audits.models import Visit
visit = Visit.objects.get(auditor__email={auditor!r})
times = lambda i: [bool(t) for t in (i.started_at, i.acknowledged_at, i.helped_at, i.ended_at)]
print(json.dumps({{
    "mode": visit.mode, "taps": [tap["what"] for tap in visit.taps or []], "notes": visit.hidden_notes,
    "times": [times(i) for i in visit.interactions.all()], "interest": visit.conflict_of_interest,
    "interest_note": visit.conflict_of_interest_note, "not_completed": visit.not_completed_reason,
    "stay": [f"{{visit.started_at.astimezone(visit.location.zone):%Y-%m-%d}}",
             f"{{visit.ended_at.astimezone(visit.location.zone):%Y-%m-%d %H:%M}}"],
    "place": visit.gps_grade, "reasons": sorted({{o.reason for o in visit.observations.all()}}),
}}))
"""


@pytest.fixture
def more(server, stage):
    return lambda: json.loads(server.run(MORE.format(auditor=stage.auditor)).splitlines()[-1])


def test_taps_made_inside_begin_the_report_outside(phone, more):
    page = phone
    begin(page)
    page.get_by_role("button", name="Taps and notes only").click()
    for name in ("Here", "In", "Noticed", "Helped", "Done", "Out", "In"):
        page.get_by_role("button", name=name, exact=True).click()
    page.get_by_role("button", name="Undo").click()
    page.locator("#saved:not([aria-busy])").wait_for(state="attached")
    other = page.context.new_page()
    other.goto(page.url)
    other.get_by_role("textbox", name="Notes").fill("Two at the till, one on the phone.")
    other.locator("#saved:not([aria-busy])").wait_for(state="attached")
    other.close()
    nudge(page)  # back to this tab
    wait_value(page.get_by_role("textbox", name="Notes"), "Two at the till, one on the phone.")
    assert page.title() == "Notes"
    assert page.get_by_text("Harbour Street").is_hidden()
    page.locator("#saved:not([aria-busy])").wait_for(state="attached")
    page.reload()  # the phone was in the pocket
    page.get_by_role("button", name="Write up").click()
    page.get_by_text("My notes from inside").click()
    page.get_by_text("Two at the till, one on the phone.").wait_for()
    answer_shortly(page)
    send(page)
    wait_received(page)
    told = more()
    assert told["mode"] == "covert"
    assert told["taps"] == ["arrived", "customer", "acknowledged", "helped", "done", "left"]
    assert told["notes"] == "Two at the till, one on the phone."
    assert told["times"] == [[True, True, True, True]]


def test_moments_reasons_interest_and_place_arrive(phone, more):
    page = phone
    begin(page)
    page.get_by_text("Place: not told. You can go on.").wait_for()
    say(page, "conflict_of_interest", "Yes")
    on(page, "conflict_of_interest").get_by_role("textbox").fill("My cousin's shop.")
    yesterday = (datetime.now(ZoneInfo("Europe/London")) - timedelta(days=1)).date().isoformat()
    page.get_by_label("Day").fill(yesterday)
    go_on(page, "Greeting")
    page.get_by_role("button", name="Noticed").click()
    wait_saved(page)
    page.reload()
    page.get_by_role("button", name="Noticed", pressed=True).wait_for()
    page.get_by_role("button", name="Helped").click()
    on(page, "greeted").get_by_role("button", name="Does not apply").click()
    on(page, "greeted").get_by_role("combobox").select_option("no_customer")
    page.get_by_role("button", name="Next unanswered").click()
    page.wait_for_function("document.activeElement.closest('[data-criterion]')?.dataset.criterion === 'wait'")
    page.locator("#overview").click()
    page.get_by_text("I could not complete this visit").click()
    page.get_by_role("textbox", name="Why?").fill("They closed early.")
    page.get_by_label("Left").fill("23:59")
    page.get_by_label("Left").blur()
    wait_saved(page)
    send(page)
    wait_received(page)
    told = more()
    assert told["times"] == [[True, True, True, False]]
    assert told["reasons"] == ["no_customer"]
    assert (told["interest"], told["interest_note"]) == (True, "My cousin's shop.")
    assert told["not_completed"] == "They closed early."
    assert told["place"] == "refused"
    assert told["stay"] == [yesterday, f"{yesterday} 23:59"]


def test_interactions_are_put_in_another_order(phone, stage):
    page = phone
    begin(page)
    go_on(page, "Greeting")
    say(page, "greeted", "No")
    page.get_by_role("button", name="+ Interaction").click()
    page.get_by_text("Interaction 2 of 2").wait_for()
    say(page, "greeted", "Yes")
    wait_saved(page)
    page.locator("#overview").click()
    page.get_by_role("button", name="Move Interaction 2").click()
    wait_saved(page)
    send(page)
    wait_received(page)
    (visit,) = stage.stored()
    assert [said["greeted"][1] for _, said in visit["interactions"]] == [True, False]
