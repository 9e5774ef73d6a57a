"""What a page is about: whose regions, which standard, which run."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Case, Count, Exists, Max, OuterRef, Q, QuerySet, Subquery, When, Window
from django.utils import timezone

from audits.models import Section, Standard, Version
from locations.accounts.roles import READS_RESULTS
from locations.models import Location, Region
from reports.detection.data.fitted_run import FittedRun, LastRuns
from reports.detection.data.settings import expected_rates
from reports.detection.views.finding import Finding
from reports.models import LocationResult, Run
from reports.pages.access import NotVisible

MOST_LINKS = 60
WEEK = timedelta(days=7)
FEW_LINKS = 8
MOST_LEVELS = 127  # of the tree: a path of 255 characters has no room for more


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


class Regions(NamedTuple):
    """The region that a page is about, None: all; those above it, and some of those below it, for the picker."""

    here: Region | None
    above: list[Link]
    below: list[Link]
    n_below_left_off: int


ALL_REGIONS = Regions(None, [], [], 0)


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
        """On the organisation's clock; time goes on after the last visit and the last run."""
        return self._day(self.as_of)

    @property
    def judged_on(self) -> date | None:
        """The day of the last judgement of a visit; None before the first run."""
        return self._day(self.fitted.known_until) if self.fitted else None

    @property
    def last_monday(self) -> datetime:
        """When the Monday before today began: what came since is new."""
        day = self.today - timedelta(days=self.today.weekday() or 7)
        return datetime.combine(day, time.min, ZoneInfo(settings.ORGANISATION_TIME_ZONE))

    def _day(self, moment: datetime) -> date:
        return timezone.localtime(moment, ZoneInfo(settings.ORGANISATION_TIME_ZONE)).date()

    @property
    def false_alarms_per_year(self) -> float | None:
        """What the user set, per store."""
        return self.run.parameters.get("false_alarms_per_year") if self.run else None

    @property
    def expected_false_alarms_per_year(self) -> float | None:
        """False flags to expect per store, declines and improvements together."""
        return expected_rates(self.run).both if self.run else None

    def chain_movement(self, last_visit_at: datetime | None) -> float | None:
        """Of this week, as the last run has it; None where it was made earlier, or the chain's last visit was."""
        if self.run is None or last_visit_at is None:
            return None
        return self.run.chain_movement if self.as_of - min(self.run.as_of, last_visit_at) < WEEK else None

    @cached_property
    def finding(self) -> Finding | None:
        """How soon drops are found; None where the last good run cannot tell."""
        return Finding.of(self.fitted, as_of=self.as_of)

    def locations(self) -> QuerySet[Location]:
        """The stores that the page is about, never more than the user may see."""
        found = Location.objects.visible_to(self.user, READS_RESULTS)
        return found.filter(region__path__startswith=self.region.path) if self.region else found

    def open_locations(self) -> QuerySet[Location]:
        """Those of them that are not closed: a closed store needs nobody and leads no page."""
        return self.locations().filter(Q(closed_on=None) | Q(closed_on__gt=self.today))


def scope(*, user, region: str = "", standard: str = "") -> Scope:
    """Narrowed to a region (its id) and a standard (its key); blank means all regions and the one scanned last.

    Raises NotVisible for a region or standard that is not there for this user.
    """
    return _with_runs(user, _regions(user, region), _published(), standard)


def scope_at(location_id: int, *, user, standard: str = "") -> Scope:
    """Of all regions; a blank standard means the one in which this location was scanned last, if in any.

    Raises NotVisible for a standard that is not there.
    """
    results = LocationResult.objects.visible_to(user).filter(location=location_id, standard=OuterRef("pk"))
    published = _published().annotate(scanned_here_at=Subquery(results.values("run__finished_at")))
    return _with_runs(user, ALL_REGIONS, published, standard)


def _with_runs(user, regions: Regions, published: QuerySet, key: str) -> Scope:
    chosen, standards = _standards(published, key)
    runs = LastRuns.of(chosen) if chosen else LastRuns()
    return Scope(user, *regions, chosen, standards, runs.fitted, _progress(runs), timezone.now())


def _regions(user, key: str) -> Regions:
    tops = Region.objects.tops_of(user, READS_RESULTS)
    if not key and len(tops) != 1:
        return Regions(None, [], _links(tops[:MOST_LINKS]), max(len(tops) - MOST_LINKS, 0))
    if key and not key.isdecimal():
        raise NotVisible(f"No region {key!r} among yours.")
    line, below, n_below = _around(user, int(key) if key else tops[0].pk)
    if not line:
        raise NotVisible(f"No region {key!r} among yours.")
    above = [Link("", "All regions")] if len(tops) > 1 else []
    return Regions(line[-1], above + _links(line[:-1]), _links(below), n_below - len(below))


def _around(user, key: int) -> tuple[Sequence[Region], Sequence[Region], int]:
    """What `user` may see of the way from the root to a region, itself last, of those below it, and their number.

    Nothing of the way where the region is not visible. One query.
    """
    here = Region.objects.filter(pk=key)
    is_on_the_way, is_below = Exists(here.filter(path__startswith=OuterRef("path"))), Q(parent__in=here)
    found = list(
        Region.objects.visible_to(user, READS_RESULTS)
        .filter(Q(is_on_the_way) | is_below)
        .annotate(is_below=Case(When(is_below, then=True), default=False))
        .annotate(n_alike=Window(Count("pk"), partition_by="is_below"))
        .order_by("is_below", "name")[: MOST_LEVELS + MOST_LINKS]
    )
    below = [region for region in found if region.is_below]
    line = sorted((region for region in found if not region.is_below), key=lambda region: region.path)
    return line, below[:MOST_LINKS], below[0].n_alike if below else 0


def _links(regions: Sequence[Region]) -> list[Link]:
    return [Link(str(region.pk), region.name) for region in regions]


def _published() -> QuerySet:
    versions = Version.objects.filter(standard=OuterRef("pk"), published_at__isnull=False)
    done = Max("runs__finished_at", filter=Q(runs__state=Run.State.DONE))
    return Standard.objects.filter(Exists(versions)).annotate(scanned_at=done).order_by("name")


def _standards(published: QuerySet, key: str) -> tuple[Standard | None, list[Link]]:
    """The one with the latest good run first; there are few.

    Chosen is the one with this key; where it is blank, the one scanned last at the page's location, else the first.
    """
    found = sorted(published, key=lambda each: _latest(each.scanned_at), reverse=True)
    if key:
        chosen = next((standard for standard in found if standard.key == key), None)
    else:
        chosen = max(found, key=lambda each: _latest(getattr(each, "scanned_here_at", None)), default=None)
    if key and chosen is None:
        raise NotVisible(f"No standard {key!r}.")
    return chosen, [Link(standard.key, standard.name, standard == chosen) for standard in found]


def _latest(moment: datetime | None) -> float:
    return moment.timestamp() if moment else 0


def _progress(runs: LastRuns) -> Progress | None:
    """What is under way, waiting or failed after the last good run."""
    done, other = runs.fitted, runs.unfinished
    if other and (other.finished_at is None or done is None or other.requested_at > done.run.requested_at):
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
