"""A seeded monkey at the phone: what it was told is kept must be on the server in the end, once.

The count of sessions is MONKEY_SESSIONS, 200 unless it says otherwise; MONKEY_SEED plays another game.
"""

import json
import os
import random
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.patience import settle, turns, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SESSIONS = int(os.environ.get("MONKEY_SESSIONS", "200"))
SEED = int(os.environ.get("MONKEY_SEED", "20260302"))
IN_ONE_PAGE = 8
MONKEY = (Path(__file__).parent / "monkey.js").read_text()


@dataclass
class Model:
    """One visit, as the phone said that it has kept it."""

    answers: dict = field(default_factory=dict)
    interactions: list = field(default_factory=list)
    removed: set = field(default_factory=set)
    photos: int = 0
    is_submitted: bool = False

    def expected(self) -> dict:
        def said(scope):
            found = dict(self.answers.get(scope, {}))
            if found.get("greeted") is not True:
                found.pop("warmth", None)
            return {key: ["Answered", value, ""] for key, value in found.items()}

        live = [each for each in self.interactions if each not in self.removed]
        return {
            "interactions": [[each, said(each)] for each in live],
            "visit": said("visit"),
            "photos": ["clean"] * self.photos,
        }


def play(models: dict[str, Model], events: list) -> None:
    for deed, visit, *rest in events:
        assert deed != "failed", visit
        model = models.setdefault(visit, Model())
        if deed in {"begin", "add"}:
            model.interactions.append(rest[0])
        elif deed == "remove":
            model.removed.add(rest[0])
        elif deed == "restore":
            model.removed.discard(rest[0])
        elif deed == "photo":
            model.photos += 1
        elif deed == "answer":
            scope, key, value = rest
            model.answers.setdefault(scope, {})[key] = value
        elif deed == "submit":
            model.is_submitted = True


def test_nothing_that_the_phone_kept_is_lost_or_doubled_in_200_sessions(phone, stage, server):
    page = phone
    place = server.run(
        "from audits.models import Assignment; import json\n"
        f"a = Assignment.objects.filter(auditor__email={stage.auditor!r}).first()\n"
        "row = {'id': a.location.pk, 'name': a.location.name, 'address': '', 'timezone': 'Europe/London'}\n"
        "print(json.dumps(row))"
    )
    given = {"location": json.loads(place.splitlines()[-1]), "version": stage.version, "nLines": 4}
    models: dict[str, Model] = {}
    chance = random.Random(SEED)
    left = SESSIONS
    while left > 0:
        sessions = min(IN_ONE_PAGE, left)
        left -= sessions
        page.goto("/phone/")  # whatever the page before had begun to send is cut off
        settle(page, frames=chance.choice([0, 1, 9]))
        play(models, page.evaluate(MONKEY, given | {"seed": chance.randrange(2**31), "sessions": sessions}))
    page.goto("/phone/")
    submitted = {id_: model for id_, model in models.items() if model.is_submitted}
    page.get_by_role("button", name="Send now").wait_for(state="hidden")

    stored: dict[str, dict] = {}

    def is_all_here() -> bool:
        stored.update({visit["id"]: visit for visit in stage.stored()})
        photos = [size for visit in stored.values() for _, size in visit["photos"]]
        return set(submitted) <= set(stored) and all(photos)

    wait_until(is_all_here, "Every visit and photo", signs=lambda: json.dumps(stored), pause=turns(page))
    assert len(submitted) > SESSIONS / 5
    assert set(stored) == set(submitted)
    for id_, model in submitted.items():
        expected = model.expected()
        assert stored[id_]["interactions"] == expected["interactions"]
        assert stored[id_]["visit"] == expected["visit"]
        assert [key for key, _ in stored[id_]["photos"]] == expected["photos"]
        assert all(size for _, size in stored[id_]["photos"]), "a photo is missing"
    for id_, model in models.items():
        if not model.is_submitted:
            kept = page.evaluate(
                """(id) => new Promise((resolve) => {
                    indexedDB.open('plumbline').onsuccess = ({ target: { result } }) => {
                        result.transaction('visits').objectStore('visits').get(id).onsuccess = (got) =>
                            resolve(got.target.result);
                    };
                })""",
                id_,
            )
            assert {key: each["value"] for key, each in kept["answers"].items()} == model.answers.get("visit", {})
