"""Approved visits -> section scores and tallies. The table of tallies is the queue of record (`scored_at` null)."""

import logging
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from uuid import UUID

import numpy as np
from django.db import connection, transaction
from django.utils import timezone

from audits.models import Visit
from reports.detection.data.matrices import DIMENSIONS, Form, Unscorable, forms, matrices
from reports.detection.data.recent import known
from reports.measure.scores import VisitScores, visit_scores
from reports.models import SectionScore, Tally

log = logging.getLogger(__name__)

BATCH = 500
RELAXED_UP_TO, NORMAL_UP_TO = 1, 3  # customers per member of staff
FROM_VISIT = (
    "id", "location_id", "version_id", "started_at", "approved_at", "auditor_id", "auditor_code", "daypart",
    "staffing", "staff_seen", "customers_waiting", "excluded_at",
)  # fmt: skip
SCORED = ["n_interactions", "matrix", "score", "coverage", "n_critical_failed", "scored_at"]


@transaction.atomic
def queue_visits(visit_ids: Iterable[UUID]) -> None:
    """Make the tallies of approved visits, waiting to be scored; those that exist stay as they are."""
    ids = list(visit_ids)
    for start in range(0, len(ids), BATCH):
        visits = Visit.objects.filter(pk__in=ids[start : start + BATCH], approved_at__isnull=False).only(*FROM_VISIT)
        tallies = (_waiting_tally(visit, visit.approved_at) for visit in visits if visit.approved_at)
        Tally.objects.bulk_create(tallies, ignore_conflicts=True)


def _waiting_tally(visit: Visit, approved_at: datetime) -> Tally:
    return Tally(
        visit_id=visit.pk,
        location_id=visit.location_id,
        version_id=visit.version_id,
        started_at=visit.started_at,
        known_at=approved_at,
        auditor=auditor_code(visit.auditor_id, visit.auditor_code),
        daypart=visit.daypart,
        staffing=visit.staffing or staffing_of(visit.staff_seen, visit.customers_waiting),
        is_excluded=visit.excluded_at is not None,
    )


def auditor_code(user_id: int | None, code: str) -> str:
    """One name for both kinds of auditors: users, and those that imported files name."""
    if user_id is not None:
        return f"user:{user_id}"
    return f"code:{code}" if code else ""


def staffing_of(staff_seen: int | None, customers_waiting: int | None) -> str:
    """How the staff seen met the customers waiting, in words; blank when unknown.

    Customers per member of staff: up to 1 is relaxed, up to 3 normal, more is pressed, and so is anybody waiting
    where no staff was seen. Nobody on either side says nothing.
    """
    if staff_seen is None or customers_waiting is None or staff_seen == customers_waiting == 0:
        return ""
    if customers_waiting <= RELAXED_UP_TO * staff_seen:
        return "relaxed"
    return "normal" if customers_waiting <= NORMAL_UP_TO * staff_seen else "pressed"


def exclude_visits(visit_ids: Iterable[UUID]) -> None:
    """Takes excluded visits out of the scans to come; their scores stay readable."""
    Tally.objects.filter(visit__in=list(visit_ids)).update(is_excluded=True)


def withdraw_visits(visit_ids: Iterable[UUID]) -> None:
    """Takes visits out of all figures whose approval was taken back; approved again, they are scored anew."""
    Tally.objects.filter(visit__in=list(visit_ids)).delete()


@transaction.atomic
def score_visit(visit_id: UUID | str) -> bool:
    """Score one visit, again if it was scored before. False when it has no tally, that is, was not approved."""
    tallies = list(Tally.objects.select_for_update().filter(visit__pk=visit_id))
    _score(tallies)
    return bool(tallies)


def score_waiting(
    limit: int | None = None, progress: Callable[[int], None] | None = None, older_than: timedelta | None = None
) -> int:
    """Score what waits, oldest first, in batches; returns how many were scored.

    limit : at most so many. progress : called with the number scored by each batch. older_than : leave those that
    were approved lately to the task that was sent for them.
    Several processes share the work: on PostgreSQL each skips what another has locked. Raises Unscorable for the
    first visit that contradicts its version, after all others were scored and each such visit was logged.
    """
    n_scored = 0
    faults: dict[UUID, Unscorable] = {}
    while limit is None or n_scored < limit:
        waiting = Tally.objects.waiting().exclude(visit__in=list(faults)).order_by("known_at", "pk")
        if older_than is not None:
            waiting = waiting.filter(known_at__lt=timezone.now() - older_than)
        try:
            with transaction.atomic():
                size = BATCH if limit is None else min(BATCH, limit - n_scored)
                tallies = list(waiting.select_for_update(skip_locked=True)[:size])
                _score(tallies)
        except Unscorable as fault:
            log.error("%s", fault)
            faults[fault.visit_id] = fault
            continue
        if not tallies:
            break
        n_scored += len(tallies)
        if progress:
            progress(len(tallies))
    if faults:
        raise next(iter(faults.values()))
    return n_scored


def _score(tallies: list[Tally]) -> None:
    """Every row is found by its natural key and overwritten, so that scoring twice changes nothing."""
    if again := [tally.visit_id for tally in tallies if tally.scored_at]:
        SectionScore.objects.filter(tally__in=again).delete()  # a section may have nothing to score any more
    by_version = forms({tally.version_id for tally in tallies})
    by_visit = {tally.visit_id: tally for tally in tallies}
    sections: list[tuple] = []
    now = timezone.now()
    for seen in matrices([(tally.visit_id, tally.version_id) for tally in tallies], by_version):
        form, tally = seen.form, by_visit[seen.visit]
        scores = visit_scores(
            seen.matrix, form.weight, form.section, form.dimension, form.critical, applicable=seen.applicable
        )
        tally.n_interactions, tally.matrix = seen.n_interactions, seen.matrix.tobytes()
        tally.score, tally.coverage = known(scores.overall), known(scores.coverage)
        tally.n_critical_failed, tally.scored_at = scores.n_critical_failed, now
        sections += _section_rows(tally, form, scores)
    Tally.objects.bulk_create(tallies, update_conflicts=True, unique_fields=["visit"], update_fields=SCORED)
    if sections:
        _store_sections(sections)


def _section_rows(tally: Tally, form: Form, scores: VisitScores) -> Iterator[tuple]:
    tally_id = Tally._meta.pk.get_db_prep_value(tally.visit_id, connection)
    for section, dimension in np.argwhere(scores.n_applicable > 0).tolist():
        yield (
            tally_id,
            form.sections[section],
            DIMENSIONS[dimension],
            known(scores.section[section, dimension]),
            int(scores.n_observed[section, dimension]),
            int(scores.n_applicable[section, dimension]),
        )


def _store_sections(rows: list[tuple]) -> None:
    """A prepared statement: with ten rows a visit, the instances of `bulk_create` would cost most of an import."""
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {SectionScore._meta.db_table} "
            "(tally_id, section_id, dimension, score, n_observed, n_applicable) VALUES (%s, %s, %s, %s, %s, %s) "
            "ON CONFLICT (tally_id, section_id, dimension) DO UPDATE SET "
            "score = excluded.score, n_observed = excluded.n_observed, n_applicable = excluded.n_applicable",
            rows,
        )
