"""Runs: what was scanned when, with which settings, and how far it has come."""

import math
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.core.paginator import Page
from django.db.models import Q
from django.utils import timezone

from audits.models import Standard
from reports.detection.data.settings import expected_rates
from reports.detection.scan.shards import seen_alive
from reports.models import DriftFlag, LocationResult, Run
from reports.pages.access import NotVisible
from reports.pages.paging import page_of
from reports.pages.sentences import words
from reports.pages.sentences.false_flags import over_your_stores

RUNS_A_PAGE = 25
UNFINISHED = (Run.State.WAITING, Run.State.RUNNING)
SETTINGS = {
    "false_alarms_per_year": "False flags per store and year, at most",
    "smallest_drop": "Smallest drop worth acting on",
    "look_back": "Visits looked back",
    "least_baseline": "Visits before a change can begin",
    "seed": "Seed of the simulation",
    "refit_days": "What all stores share is estimated anew",
    "incremental": "Looks only at stores with news",
}


@dataclass(frozen=True)
class RunRow:
    run: Run

    @property
    def is_under_way(self) -> bool:
        return self.run.state in UNFINISHED

    @property
    def percent(self) -> int:
        return round(100 * self.run.n_done / self.run.n_total) if self.run.n_total else 0

    @property
    def took(self) -> str:
        if not self.run.started_at or not self.run.finished_at:
            return ""
        return words.duration((self.run.finished_at - self.run.started_at).total_seconds())

    @property
    def threshold_text(self) -> str:
        """The evidence at which a flag is raised: 520 : 1."""
        if self.run.threshold is None:
            return ""
        return words.exactly(math.exp(self.run.threshold))

    @property
    def n_visits_text(self) -> str:
        return words.count(self.run.n_visits, "visit")

    @property
    def n_locations_text(self) -> str:
        return words.count(self.run.n_locations, "store")

    @property
    def chain_movement_text(self) -> str:
        return words.points(self.run.chain_movement) if self.run.chain_movement is not None else ""

    @property
    def simulated(self) -> float | None:
        """False flags per store and year, of declines and improvements."""
        return expected_rates(self.run).both

    @property
    def settings(self) -> list[tuple[str, str]]:
        """The parameters in plain words; those without a name of their own keep theirs."""
        return [(SETTINGS.get(name, name), _written(name, value)) for name, value in self.run.parameters.items()]


def _written(name: str, value) -> str:
    if name == "smallest_drop" and isinstance(value, int | float):
        return f"{100 * value:g} points"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name == "refit_days":
        return f"every {words.count(round(value), 'day')}" if value else "at every scan"
    return f"{value:g}" if isinstance(value, float) else str(value)


@dataclass(frozen=True)
class RunList:
    rows: Page
    standards: list[Standard]
    is_under_way: bool


@dataclass(frozen=True)
class RunPage:
    row: RunRow
    n_flags: int
    n_stores: int
    false_flags: str


def run_list(*, page: str = "") -> RunList:
    """All runs, the latest first. A run is of the whole chain; what it found is shown by region elsewhere."""
    runs = Run.objects.defer("effects").select_related("standard", "requested_by")
    return RunList(
        page_of(runs, number=page, size=RUNS_A_PAGE, rows=lambda found: [RunRow(run) for run in found]),
        list(Standard.objects.filter(versions__published_at__isnull=False).distinct()),
        Run.objects.filter(state__in=UNFINISHED).exists(),
    )


def run_page(*, user, run_id: int) -> RunPage:
    """One run, and how many flags and stores of the user's own carry its name. Raises NotVisible."""
    run = Run.objects.defer("effects").select_related("standard", "requested_by").filter(pk=run_id).first()
    if run is None:
        raise NotVisible(f"No run {run_id}.")
    results = LocationResult.objects.visible_to(user).filter(run=run)
    return RunPage(
        RunRow(run),
        DriftFlag.objects.visible_to(user).open().filter(run=run).count(),
        results.count(),
        over_your_stores(per_location_year=expected_rates(run).both, n_able=results.able_to_flag(run).count()),
    )


def running(standard: Standard) -> Run | None:
    """The scan under way, unless it began, and its workers were silent, for longer than a task may take."""
    alive = timezone.now() - timedelta(seconds=settings.CELERY_TASK_TIME_LIMIT)
    runs = Run.objects.defer("effects").filter(standard=standard, state=Run.State.RUNNING)
    return runs.filter(Q(started_at__gte=alive) | seen_alive(alive)).first()
