"""What has the wrong shape is refused where it is."""

from uuid import uuid4

import pytest

from tests.audits.intake.conftest import HERE, refused
from tests.conftest import NOON


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"location": "Harbour"}, "location"),
        ({"started_at": "yesterday"}, "started_at"),
        ({"interactions": {"a": 1}}, "interactions.non_field_errors"),
        ({"interactions": [{"id": "x", "observations": []}]}, "interactions.0.id"),
        ({"context": {"staff_seen": -1}}, "context.staff_seen"),
        ({"weights": [1, 2]}, "weights"),
        ({"photos": [{"id": str(uuid4()), "sha256": "short"}]}, "photos.0.sha256"),
        ({"observations": None}, "observations"),
        ({"clock_offset_ms": 10**15}, "clock_offset_ms"),
        ({"written": ["taken_at"]}, "written"),
    ],
)
def test_a_wrong_shape_is_named_where_it_is(world, payload, change, where):
    problems = refused(world, payload | change)
    assert any(found.startswith(where.removesuffix(".non_field_errors")) for found in problems), problems


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"place": {"latitude": 51.5}}, "place"),
        ({"place": {"latitude": 91, "longitude": 0}}, "place.latitude"),
        ({"place": HERE | {"refused": True}}, "place"),
        ({"place": HERE | {"accuracy_m": -1}}, "place.accuracy_m"),
        ({"place": "here"}, "place"),
        ({"taps": [{"what": "", "at": NOON.isoformat()}]}, "taps.0.what"),
        ({"taps": "Greeted"}, "taps"),
        ({"not_completed_reason": "x" * 501}, "not_completed_reason"),
        ({"conflict_of_interest": "perhaps"}, "conflict_of_interest"),
        ({"hidden_notes": "x" * 5001}, "hidden_notes"),
        ({"revision": "2"}, "revision"),
        ({"revision": None}, "revision"),
        ({"revision": True}, "revision"),
        ({"revision": 0}, "revision"),
        ({"revision": 2}, "revision"),
        ({"mode": "history"}, "mode"),
        ({"note": float("inf")}, "visit"),
    ],
)
def test_what_does_not_fit_beside_the_answers_is_named_where_it_is(world, payload, change, where):
    problems = refused(world, payload | change)
    assert any(found.startswith(where) for found in problems), problems
