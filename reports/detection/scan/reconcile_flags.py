"""Signals that stand -> drift flags: new ones are raised, known ones kept, the others closed with a reason.

The open flag of a location and direction is its last change, dated by the first signal of it (further ones in the
same direction say that it went on). It stands until a later signal the other way has closed at least half of the gap,
the visits since are likelier without a change, or more visits than the look-back followed without a further signal.
Only visits change it: those that come, and those that are corrected or left out. An estimate does not.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from uuid import UUID

from django.utils import timezone

from audits.models import Standard
from reports.detection.data.chain_loader import Codes, History
from reports.detection.data.channels import channel_name
from reports.detection.data.day_numbers import to_datetime, to_days
from reports.detection.data.verdicts import Verdict
from reports.measure.drift.change_status import FADED, OLD, RECOVERED, ChangeStatus
from reports.measure.drift.detector import DECLINE
from reports.models import DriftFlag, Run


@dataclass(frozen=True)
class Change:
    """A change at a location, and the visit that raised its signal.

    channel, sections : the names of what the indexes in `status` stand for, which outlive versions and estimates.
    """

    status: ChangeStatus
    visit_id: UUID
    channel: str
    sections: tuple[str, ...]


def changes_in(history: History, found: list[ChangeStatus]) -> list[Change]:
    keys = history.codes.sections.tolist()
    return [
        Change(
            one,
            history.visit_ids[one.signal.visit],
            channel_name(one.signal.channel, keys),
            tuple(keys[part.section] for part in one.sections),
        )
        for one in found
    ]


@dataclass
class Changes:
    """What a run changes about a standard's flags."""

    raised: list[DriftFlag] = field(default_factory=list)
    kept: list[DriftFlag] = field(default_factory=list)
    closed: list[DriftFlag] = field(default_factory=list)

    def write(self) -> None:
        """Within the transaction of the run; the closed go first, as only one flag may be open."""
        now = timezone.now()
        for flag in self.closed:
            flag.closed_at = now
        DriftFlag.objects.bulk_update(self.closed, ["closed_at", "close_reason"], batch_size=500)
        DriftFlag.objects.bulk_create(self.raised, batch_size=500)
        DriftFlag.objects.bulk_update(self.kept, UPDATED, batch_size=500)


COMPARED = [
    "metric", "comparison", "comparison_note", "metric_alarm_on", "lead_days", "metric_moved", "metric_moved_low",
    "metric_moved_high", "metric_lag_weeks",
]  # fmt: skip
UPDATED = [
    "run", "channel", "flagged_at", "flagged_by", "onset_at", "onset_low", "onset_high", "evidence", "seen",
    "expected", "drop", "chance", "n_visits", "moved", *COMPARED,
]  # fmt: skip


def lock(standard_id: int) -> None:
    """Within a transaction: nobody else reconciles the flags of this standard until it ends."""
    Standard.objects.select_for_update(no_key=True).get(pk=standard_id)


def reconcile(
    *,
    run: Run,
    codes: Codes,
    found: list[Change],
    verdicts: dict[int, Verdict],
    titles: dict[str, str],
    location_indexes: Collection[int] | None = None,
) -> Changes:
    """Match what stands with the flags that are open; within the transaction that writes the changes, under `lock`.

    found : of the locations that were looked at. verdicts : by index of the location. titles : of the sections, by
    key. location_indexes : of those that were looked at, None for all of the standard; the flags of the others stay,
    and only what the reported numbers say beside them is brought up to date, where `verdicts` has them.
    """
    flags = DriftFlag.objects.filter(standard=run.standard).open()
    if location_indexes is not None and len(location_indexes) == 1:
        flags = flags.filter(location=int(codes.locations[next(iter(location_indexes))]))
    by_location = {(one.status.signal.location, one.status.signal.direction): one for one in found}
    location_index = {location: index for index, location in enumerate(codes.locations.tolist())}
    changes = Changes()
    known = set()
    for flag in flags.select_related("location").order_by("pk"):
        key = (location_index.get(flag.location_id, -1), flag.direction)
        if location_indexes is not None and key[0] >= 0 and key[0] not in location_indexes:
            flag.run = run
            changes.kept.append(set_comparison(flag, verdicts[key[0]]))
            continue
        change = by_location.get(key)
        now = change.status if change else None
        if change and now and now.ended is None and now.signal.onset <= to_days(flag.flagged_at):
            known.add(key)
            changes.kept.append(_fill(flag, run, change, verdicts[key[0]], titles))
        else:
            flag.close_reason = _why_closed(flag, now)
            changes.closed.append(flag)
    for key, change in by_location.items():
        if change.status.ended is None and key not in known:
            flag = DriftFlag(standard=run.standard, location_id=int(codes.locations[key[0]]), direction=key[1])
            changes.raised.append(_fill(flag, run, change, verdicts[key[0]], titles))
    return changes


def _why_closed(flag: DriftFlag, now: ChangeStatus | None) -> str:
    if now is None:
        return "What raised it was corrected, left out or is too old to count: the visits that count now raise none."
    if now.ended == RECOVERED and now.turned_at is not None:
        turned = "recovery" if flag.direction == DECLINE else "decline"
        return f"A {turned} was signalled on {_day(flag, now.turned_at)}: at least half of the gap is closed."
    if now.ended == FADED:
        return "Faded: the visits since are likelier without a change."
    if now.ended == OLD:
        return "Older than the look-back: the visits since have made it the location's usual level."
    again = "fell again" if flag.direction == DECLINE else "improved again"
    return f"It {again}: a new change began about {_day(flag, now.signal.onset)} and has its own flag."


def _day(flag: DriftFlag, days: float) -> str:
    """In the store's own time."""
    return f"{to_datetime(days).astimezone(flag.location.zone):%d %b %Y}"


def _fill(flag, run: Run, change: Change, verdict: Verdict, titles: dict[str, str]) -> DriftFlag:
    signal = change.status.signal
    flag.run = run
    flag.channel = change.channel
    flag.flagged_by_id = change.visit_id
    flag.flagged_at, flag.onset_at = to_datetime(signal.at), to_datetime(signal.onset)
    flag.onset_low, flag.onset_high = to_datetime(signal.onset_low), to_datetime(signal.onset_high)
    flag.evidence, flag.seen, flag.expected = signal.evidence, signal.seen, signal.expected
    flag.drop, flag.chance = signal.drop, signal.chance
    flag.n_visits, flag.moved = signal.n_visits, _moved(change, titles)
    return set_comparison(flag, verdict)


def set_comparison(flag: DriftFlag, verdict: Verdict) -> DriftFlag:
    """Not saved; the fields of COMPARED."""
    shown = verdict if flag.direction == DECLINE else Verdict()  # the quadrants are about declines
    flag.metric, flag.comparison, flag.comparison_note = shown.metric, shown.comparison, shown.note
    flag.metric_alarm_on, flag.lead_days = shown.alarm_on, shown.lead_days
    flag.metric_moved, flag.metric_lag_weeks = shown.moved, shown.usual_lag_weeks
    flag.metric_moved_low, flag.metric_moved_high = shown.moved_low, shown.moved_high
    return flag


def _moved(change: Change, titles: dict[str, str]) -> list[dict]:
    """Every section that was observed since the onset, the one that moved furthest first."""
    sign = 1 if change.status.signal.direction == DECLINE else -1
    parts = zip(change.sections, change.status.sections, strict=True)
    ordered = sorted(parts, key=lambda part: sign * (part[1].seen - part[1].expected))
    return [
        {
            "key": key,
            "title": titles[key],
            "seen": round(one.seen, 4),
            "expected": round(one.expected, 4),
            "n_visits": one.n_visits,
        }
        for key, one in ordered
    ]
