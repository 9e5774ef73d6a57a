"""What a page is about: whose regions, which standard, which run."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from audits.models import Section, Standard, Version
from locations.accounts.roles import READS_RESULTS
from locations.models import Location, Region
from locations.models.places import lineage
from reports.detection.data.fitted_run import FittedRun
from reports.detection.data.settings import expected_rate
from reports.models import LocationResult, Run
from reports.pages.access import NotVisible

MOST_LINKS = 60
FEW_LINKS = 8


@dataclass(frozen=True)
class Link:
    """An entry of a picker; `key` goes into the address."""

    key: str
    name: str
    is_here: bool = False


@dataclass(frozen=True)
class Progress:
    """A run that has not ended well: under way, waiting, or failed after the last good one."""

    run_id: int
    state: str
    phase: str
    n_done: int
    n_total: int

    @property
    def is_failed(self) -> bool:
        return self.state == Run.State.FAILED

    @property
    def percent(self) -> int:
        return round(100 * self.n_done / self.n_total) if self.n_total else 0


@dataclass(frozen=True)
class Scope:
    user: object
    region: Region | None
    above: list[Link]
    below: list[Link]
    n_below_left_off: int
    standard: Standard | None
    standards: list[Link]
    fitted: FittedRun | None
    progress: Progress | None
    as_of: datetime

    @property
    def run(self) -> Run | None:
        """The last good one; what follows of it is asked of `fitted`."""
        return self.fitted.run if self.fitted else None

    @property
    def has_many_below(self) -> bool:
        """Too many regions to stand above the headline: they fold away."""
        return len(self.below) > FEW_LINKS

    @property
    def region_name(self) -> str:
        return self.region.name if self.region else "All regions"

    @property
    def today(self) -> date:
        """The day that the figures are of, on the organisation's clock."""
        return timezone.localtime(self.as_of, ZoneInfo(settings.ORGANISATION_TIME_ZONE)).date()

    @property
    def false_alarms_per_year(self) -> float | None:
        """What the user set, per store."""
        return self.run.parameters.get("false_alarms_per_year") if self.run else None

    @property
    def expected_false_alarms_per_year(self) -> float | None:
        """What is to be expected at that setting, per store and in each direction."""
        return expected_rate(self.run) if self.run else None

    def locations(self) -> QuerySet[Location]:
        """The stores that the page is about, never more than the user may see."""
        found = Location.objects.visible_to(self.user, READS_RESULTS)
        return found.filter(region__path__startswith=self.region.path) if self.region else found


def scope(*, user, region: str = "", standard: str = "") -> Scope:
    """Narrowed to a region (its id) and a standard (its key); blank means all regions and the one scanned last.

    Raises NotVisible for a region or standard that is not there for this user.
    """
    place, above, below, left_off = _regions(user, region)
    chosen, standards = _standards(standard)
    fitted = FittedRun.last(chosen) if chosen else None
    run = fitted.run if fitted else None
    progress = progress_of(chosen, run) if chosen else None
    return Scope(user, place, above, below, left_off, chosen, standards, fitted, progress, _as_of(run))


def _as_of(run: Run | None) -> datetime:
    """The moment that figures are of: the run's, or where the visits ended before, the day of the last one."""
    if run is None:
        return timezone.now()
    last = LocationResult.objects.filter(standard=run.standard_id).aggregate(last=Max("last_visit_at"))["last"]
    return min(run.as_of, last + timedelta(days=1)) if last else run.as_of


def _regions(user, key: str) -> tuple[Region | None, list[Link], list[Link], int]:
    visible = Region.objects.visible_to(user, READS_RESULTS)
    at_top = visible.filter(Q(parent=None) | ~Q(parent__in=visible)).order_by("name")
    tops = list(at_top[:MOST_LINKS])
    place = None
    if key:
        place = visible.filter(pk=key).first() if key.isdecimal() else None
        if place is None:
            raise NotVisible(f"No region {key!r} among yours.")
    elif len(tops) == 1:
        place = tops[0]
    if place is None:
        return None, [], _links(tops), _left_off(at_top, tops)
    above = [Link("", "All regions")] if len(tops) > 1 else []
    above += _links(visible.filter(pk__in=lineage(place.path)[:-1]).order_by("path"))
    children = visible.filter(parent=place).order_by("name")
    below = list(children[:MOST_LINKS])
    return place, above, _links(below), _left_off(children, below)


def _left_off(found: QuerySet[Region], shown: list[Region]) -> int:
    return found.count() - MOST_LINKS if len(shown) == MOST_LINKS else 0


def _links(regions) -> list[Link]:
    return [Link(str(region.pk), region.name) for region in regions]


def _standards(key: str) -> tuple[Standard | None, list[Link]]:
    """The published standards, the one with the latest good run first; there are few."""
    published = Version.objects.filter(standard=OuterRef("pk"), published_at__isnull=False)
    done = Max("runs__finished_at", filter=Q(runs__state=Run.State.DONE))
    found = list(Standard.objects.filter(Exists(published)).annotate(scanned_at=done).order_by("name"))
    found.sort(key=lambda standard: standard.scanned_at.timestamp() if standard.scanned_at else 0, reverse=True)
    chosen = next((standard for standard in found if standard.key == key), None) if key else next(iter(found), None)
    if key and chosen is None:
        raise NotVisible(f"No standard {key!r}.")
    return chosen, [Link(standard.key, standard.name, standard == chosen) for standard in found]


def progress_of(standard: Standard, run: Run | None) -> Progress | None:
    """What is under way, waiting or failed after the last good run."""
    runs = standard.runs.defer("effects").exclude(state=Run.State.DONE)
    other = runs.order_by(F("finished_at").desc(nulls_first=True), "-pk").first()
    if other and (other.finished_at is None or run is None or other.requested_at > run.requested_at):
        return Progress(other.pk, other.state, other.phase, other.n_done, other.n_total)
    return None


def section_titles(standard: Standard) -> dict[str, str]:
    """By key, in the order of the latest version that is no draft; keys that it dropped come last."""
    latest = Subquery(
        Section.objects.filter(version__standard=standard, key=OuterRef("key"))
        .exclude(version__state="draft")
        .order_by("-version__number")
        .values("pk")[:1]
    )
    found = Section.objects.filter(version__standard=standard, pk=latest).order_by("-version__number", "position")
    return dict(found.values_list("key", "title"))
