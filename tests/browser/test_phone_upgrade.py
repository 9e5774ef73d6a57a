"""A phone in the field gets this release while it holds what the release before kept: nothing of it is lost."""

import json
from pathlib import Path

import pytest

from tests.browser.stage import on, wait_value

pytestmark = [pytest.mark.browser, pytest.mark.slow]

FORMER = json.loads((Path(__file__).parents[1] / "js" / "store" / "former-release.json").read_text())

READ_PLAN = """async () => {
  const db = await new Promise((done) => {
    const request = indexedDB.open('plumbline');
    request.onsuccess = () => done(request.result);
  });
  const asked = (request) => new Promise((done) => (request.onsuccess = () => done(request.result)));
  const all = (name, key) => asked(db.transaction(name).objectStore(name)[key ? 'get' : 'getAll'](key));
  const [rows, user] = [await all('assignments'), await all('meta', 'user')];
  db.close();
  return { assignment: rows.find(({ location }) => location.name === 'Harbour Street'), user };
}"""

WRITE_AS_BEFORE = """async ({ visit, photo, user }) => {
  await new Promise((done) => (indexedDB.deleteDatabase('plumbline').onsuccess = done));
  const db = await new Promise((done) => {
    const request = indexedDB.open('plumbline', 1);
    request.onupgradeneeded = ({ target: { result: made } }) => {
      for (const name of ['assignments', 'sent', 'visits']) made.createObjectStore(name, { keyPath: 'id' });
      made.createObjectStore('photos', { keyPath: 'id' }).createIndex('visit', 'visit');
      made.createObjectStore('meta');
    };
    request.onsuccess = () => done(request.result);
  });
  const canvas = new OffscreenCanvas(1600, 1200);
  canvas.getContext('2d').fillRect(10, 10, 700, 500);
  const blob = await canvas.convertToBlob({ type: 'image/jpeg' });
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', await blob.arrayBuffer()));
  const sha256 = [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  const writing = db.transaction(['visits', 'photos', 'meta'], 'readwrite');
  writing.objectStore('visits').put(visit);
  writing.objectStore('photos').put({ ...photo, sha256, blob });
  writing.objectStore('meta').put(user, 'user');
  await new Promise((done) => (writing.oncomplete = done));
  db.close();
}"""

ON_RECORD = """
import json
from audits.models import Visit
visit = Visit.objects.get(pk={id!r})
photo = visit.photos.get()
print(json.dumps({{
    "place": [visit.place, visit.place_accuracy_m], "mode": visit.mode, "hidden_notes": visit.hidden_notes,
    "taps": [tap["what"] for tap in visit.taps], "started_at": visit.started_at.isoformat(),
    "noticed": visit.interactions.get().acknowledged_at.isoformat(),
    "photo": [photo.criterion.key, str(photo.interaction_id), photo.place, photo.width],
}}))
"""


def shifted(rows: dict, hour: str) -> dict:
    """The same on another hour, such as `2026-03-02T12`."""
    return json.loads(json.dumps(rows).replace("2026-03-02T12", hour))


@pytest.fixture
def upgraded(ready):
    """A form that opens on what the release before kept: one visit half filled in, with a photo."""
    page = ready
    plan = page.evaluate(READ_PLAN)
    page.goto("/static/favicon.svg")  # of this origin, and without a script that opens the database
    assignment = plan["assignment"]
    hour = page.evaluate("new Date(Date.now() - 3600_000).toISOString().slice(0, 13)")
    rows = shifted(FORMER, hour)
    rows["visit"] |= {
        "owner": plan["user"], "assignment": assignment["id"], "form_url": assignment["form_url"],
        "location": assignment["location"], "version": int(assignment["form_url"].rstrip("/").split("/")[-1]),
    }  # fmt: skip
    page.evaluate(WRITE_AS_BEFORE, rows | {"user": plan["user"]})
    page.goto("/phone/")
    page.get_by_role("link", name="Harbour Street").click()
    return page, rows


def test_a_visit_of_the_release_before_opens_where_it_stood_with_all_that_was_typed(upgraded):
    page, _ = upgraded
    page.get_by_role("heading", name="Greeting").wait_for()
    page.get_by_text("Interaction 1 of 1 · Till 2").wait_for()
    assert on(page, "greeted").get_by_role("radio", name="Yes").is_checked()
    wait_value(on(page, "greeted").get_by_role("textbox"), "By name.")
    assert on(page, "wait").locator("output").inner_text() == "0:42"
    on(page, "greeted").get_by_role("img", name="Photo 1").wait_for()
    page.get_by_role("button", name="Back", exact=True).click()
    page.get_by_role("heading", name="Before you start").wait_for()
    assert on(page, "staff_seen").get_by_role("textbox").input_value() == "3"
    assert on(page, "busyness").get_by_role("radio", name="Busy").is_checked()


def test_a_visit_of_the_release_before_is_sent_with_all_that_it_holds(upgraded, stage, server):
    page, rows = upgraded
    page.get_by_role("heading", name="Greeting").wait_for()
    page.locator("#overview").click()
    wait_value(page.get_by_label("Anything else worth knowing"), "Rain.")
    page.get_by_role("button", name="Send", exact=True).click()
    page.locator("#step").get_by_text("Received, no. ").wait_for()
    page.locator("#step").get_by_text("The server has everything.").wait_for()

    (visit,) = stage.stored()
    assert visit["note"] == "Rain."
    assert visit["context"] == [3, None, "busy"]
    assert visit["interactions"] == [
        ["Till 2", {"greeted": ["Answered", True, "By name."], "wait": ["Answered", 42, ""]}]
    ]
    record = json.loads(server.run(ON_RECORD.format(id=visit["id"])).splitlines()[-1])
    interaction = rows["visit"]["interactions"][0]
    assert record["place"] == ["unsure", 12]
    assert (record["mode"], record["hidden_notes"]) == ("covert", "Two at the till.")
    assert record["taps"] == ["arrived", "left"]
    assert record["started_at"][:16] == rows["visit"]["started_at"][:16]
    assert record["noticed"][:16] == interaction["acknowledged_at"][:16]
    assert record["photo"] == ["greeted", interaction["id"], "unsure", 1600]
