"""Each time that a visit was sent and came back: what was said about it, and what changed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.dateparse import parse_datetime

from audits.intake.document import Gps
from audits.intake.gps_grade import grade_gps
from audits.models import Criterion, Observation, Visit, VisitReturn, VisitRevision
from audits.models.visits import REASONS, STATES
from locations.models import Location
from reports.pages.sentences import words
from reports.pages.visit.observed import answer_text

MOST_REVISIONS = 10
MOST_CHANGES = 100
NOTHING = "nothing"
TEXTS = {
    "note": "Note on the visit",
    "not_completed_reason": "Why it could not be completed",
    "conflict_of_interest_note": "About people known there",
    "hidden_notes": "Notes from inside",
}
CONTEXT = {"staff_seen": "Staff seen", "customers_waiting": "Customers waiting", "busyness": "Busyness"}
TIMES = {"started_at": "came in", "acknowledged_at": "noticed", "helped_at": "helped", "ended_at": "done"}


@dataclass(frozen=True)
class Change:
    where: str
    was: str
    now: str


@dataclass(frozen=True)
class Remark:
    where: str
    comment: str


@dataclass(frozen=True)
class ReturnRow:
    at: str
    by: str
    comment: str
    remarks: list[Remark]


@dataclass(frozen=True)
class RevisionRow:
    """`changes` since the revision before; None for the first one, and where one of the two is not on record."""

    number: int
    received: str
    changes: list[Change] | None
    n_more: int
    returned: ReturnRow | None


def revision_rows(visit: Visit, criteria: Mapping[str, Criterion], *, names_reviewers: bool) -> list[RevisionRow]:
    """The newest first; none for a visit that was sent once and never returned. Two queries.

    criteria : of the visit's version, by key, with their options.
    """
    sent = list(VisitRevision.objects.filter(visit=visit).order_by("-revision")[: MOST_REVISIONS + 1])
    returns = {each.revision: each for each in visit.returns.select_related("returned_by")}
    if len(sent) < 2 and not returns:
        return []
    zone = visit.location.zone
    before = {each.revision + 1: each.content for each in sent}
    rows = []
    for each in sent[:MOST_REVISIONS]:
        earlier = before.get(each.revision)
        changed = list(_changes(earlier, each.content, criteria, visit.location)) if earlier else None
        back = returns.get(each.revision)
        rows.append(
            RevisionRow(
                number=each.revision,
                received=words.moment(each.received_at, zone),
                changes=None if changed is None else changed[:MOST_CHANGES],
                n_more=max(0, len(changed or []) - MOST_CHANGES),
                returned=_return_row(back, each.content, criteria, zone, names_reviewers) if back else None,
            )
        )
    return rows


def _return_row(
    back: VisitReturn, content: dict, criteria: Mapping[str, Criterion], zone: ZoneInfo, names_reviewers: bool
) -> ReturnRow:
    names = _names(content)
    remarks = [
        Remark(_where(names, item.get("interaction"), item.get("criterion"), criteria), item["comment"])
        for item in back.items
    ]
    by = str(back.returned_by) if names_reviewers else ""
    return ReturnRow(words.moment(back.returned_at, zone), by, back.comment, remarks)


def _changes(before: dict, after: dict, criteria: Mapping[str, Criterion], location: Location) -> Iterator[Change]:
    yield from _answers_changed(before, after, criteria)
    yield from _encounters_changed(before, after, location.zone)
    yield from _photos_changed(before, after, criteria)
    yield from _visit_changed(before, after, location)


def _answers_changed(before: dict, after: dict, criteria: Mapping[str, Criterion]) -> Iterator[Change]:
    from_, to = _answers(before), _answers(after)
    names = _names(before) | _names(after)
    lone = _names(before).keys() ^ _names(after).keys()  # named as a whole
    for key in [key for key in from_ | to if key[0] not in lone]:
        was, now = (_said(answers.get(key), criteria.get(key[1])) for answers in (from_, to))
        if was != now:
            yield Change(_where(names, *key, criteria), was, now)


def _answers(content: dict) -> dict[tuple[str | None, str], dict]:
    """By interaction (None: the visit itself) and criterion."""
    found = {
        (interaction["id"], each["criterion"]): each
        for interaction in content["interactions"]
        for each in interaction["observations"]
    }
    return found | {(None, each["criterion"]): each for each in content["observations"]}


def _said(sent: dict | None, criterion: Criterion | None) -> str:
    if sent is None or criterion is None:
        return NOTHING
    answer = answer_text(criterion, Observation(state=STATES[sent["state"]], value=sent.get("value")))
    reason = sent.get("reason", "")
    parts = [
        answer,
        str(REASONS.get(reason, reason)),
        f"“{words.within_quotes(note)}”" if (note := sent.get("note")) else "",
    ]
    return ", ".join(part for part in parts if part)


def _encounters_changed(before: dict, after: dict, zone: ZoneInfo) -> Iterator[Change]:
    old, new = ({each["id"]: each for each in content["interactions"]} for content in (before, after))
    names = _names(before) | _names(after)
    for id_ in old | new:
        if id_ not in new:
            yield Change(names[id_], "recorded", "left out")
        elif id_ not in old:
            yield Change(names[id_], NOTHING, "added")
        else:
            was, now = old[id_], new[id_]
            if was.get("label", "") != now.get("label", ""):
                yield Change(f"{names[id_]}, its name", was.get("label") or NOTHING, now.get("label") or NOTHING)
            for field, said in TIMES.items():
                then, here = _clock(was, field, _error(before), zone), _clock(now, field, _error(after), zone)
                yield from _change(f"{names[id_]}, {said}", then, here)


def _photos_changed(before: dict, after: dict, criteria: Mapping[str, Criterion]) -> Iterator[Change]:
    old, new = ({each["id"]: each for each in content.get("photos", [])} for content in (before, after))
    for id_, photo in (old | new).items():
        if (id_ in old) != (id_ in new):
            criterion = criteria.get(photo.get("criterion") or "")
            of = criterion.text if criterion else "the visit"
            yield Change(f"Photo: {of}", *(("here", "left out") if id_ in old else (NOTHING, "added")))


def _visit_changed(before: dict, after: dict, location: Location) -> Iterator[Change]:
    for field, name in (("started_at", "Arrived"), ("ended_at", "Left")):
        yield from _change(
            name, *(_clock(sent, field, _error(sent, field), location.zone) for sent in (before, after))
        )
    for field, name in CONTEXT.items():
        was, now = ((content.get("context") or {}).get(field) for content in (before, after))
        yield from _change(name, _plain(was), _plain(now))
    was, now = (content.get("conflict_of_interest") for content in (before, after))
    yield from _change("Knows people there", _plain(was), _plain(now))
    for field, name in TEXTS.items():
        yield from _change(name, _plain(before.get(field)), _plain(after.get(field)))
    yield from _change("Place", _gps_grade(before, location), _gps_grade(after, location))
    yield from _change("Taps", str(len(before.get("taps", []))), str(len(after.get("taps", []))))


def _change(where: str, was: str, now: str) -> Iterator[Change]:
    if was != now:
        yield Change(where, was, now)


def _plain(value: Any) -> str:
    if value is None or value == "":
        return NOTHING
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _gps_grade(content: dict, location: Location) -> str:
    """Graded, as everywhere: coordinates are shown to nobody."""
    gps = content.get("place")
    grade = grade_gps(Gps(**gps) if gps is not None else None, location).grade
    return Visit.GpsGrade(grade).label.lower() if grade else NOTHING


def _clock(of: dict, field: str, error: timedelta, zone: ZoneInfo) -> str:
    stamp = of.get(field)
    if not stamp:
        return NOTHING
    told = parse_datetime(stamp)
    if told is None:
        return stamp
    true = (told if told.tzinfo else told.replace(tzinfo=UTC)) - error
    return f"{true.astimezone(zone):%H:%M:%S}"


def _error(content: dict, field: str = "") -> timedelta:
    """Of the phone's clock; a time of the visit that was written by hand has none."""
    is_written = field in content.get("written", [])
    return timedelta(0) if is_written else timedelta(milliseconds=content.get("clock_offset_ms") or 0)


def _names(content: dict) -> dict[str | None, str]:
    """What an interaction is called, by its id."""
    return {
        each["id"]: each.get("label") or f"Interaction {number}"
        for number, each in enumerate(content["interactions"], start=1)
    }


def _where(names: Mapping, interaction: str | None, key: str | None, criteria: Mapping[str, Criterion]) -> str:
    criterion = criteria[key].text if key and key in criteria else key
    return " · ".join(part for part in (names.get(interaction), criterion) if part) or "The visit"
