"""Critical behaviours that were missed lately: seen at one visit, they need no proof that anything has changed."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db.models import OuterRef, Subquery

from audits.models import Criterion, Observation, Photo
from reports.models import Tally
from reports.pages.scope import Scope
from reports.pages.sentences import words

RECENT = timedelta(weeks=4)
MOST = 10
PASSING = 0.5  # as in measure.scores: below it a critical behaviour was missed


@dataclass(frozen=True)
class CriticalFailure:
    """photo_id : of what was missed, if a picture of it has arrived."""

    location_id: int
    store: str
    section: str
    text: str
    when: str
    visit_id: UUID
    photo_id: UUID | None


def critical_failures(scope: Scope, *, location_id: int | None = None) -> list[CriticalFailure]:
    """Of the last four weeks, the latest first, at most ten; of one store, or of all that the page is about.

    One query.
    """
    tallies = Tally.objects.filter(
        version__standard=scope.standard,
        is_excluded=False,
        n_critical_failed__gt=0,
        started_at__gt=scope.as_of - RECENT,
        started_at__lte=scope.as_of,
    )
    here = scope.locations() if location_id is None else scope.locations().filter(pk=location_id)
    photos = Photo.objects.visible_to(scope.user).filter(
        visit=OuterRef("visit"), criterion=OuterRef("criterion"), received_at__isnull=False
    )
    missed = (
        Observation.objects.filter(
            visit__in=tallies.filter(location__in=here).values("visit"),
            criterion__is_critical=True,
            state=Observation.State.ANSWERED,
            conformity__lt=PASSING,
        )
        .exclude(criterion__dimension=Criterion.Dimension.PERCEPTION)
        .annotate(photo_id=Subquery(photos.order_by("pk").values("pk")[:1]))
        .select_related("visit__location", "criterion__section")
        .order_by("-visit__started_at", "pk")[:MOST]
    )
    return [_failure(each) for each in missed]


def _failure(missed) -> CriticalFailure:
    place = missed.visit.location
    return CriticalFailure(
        location_id=place.pk,
        store=place.name,
        section=missed.criterion.section.title,
        text=missed.criterion.text,
        when=words.moment(missed.visit.started_at, place.zone),
        visit_id=missed.visit_id,
        photo_id=missed.photo_id,
    )
