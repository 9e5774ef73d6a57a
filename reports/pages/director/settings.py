"""The three numbers of a standard, and what they mean for this chain."""

import math
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db.models import Count, Max, Min, Q
from django.utils import timezone

from audits.models import Standard
from locations.accounts.roles import SETS_DRIFT
from locations.models import Location
from reports.detection.data.fitted_run import FittedRun
from reports.detection.data.settings import DEFAULT, Chosen, chosen_for, expected_rates
from reports.detection.data.threshold import LEAST_EVIDENCE
from reports.measure.defaults import FALSE_ALARMS_PER_YEAR
from reports.measure.drift.detector import YEAR_DAYS
from reports.models import DriftSettings, LocationResult, Run, Tally
from reports.pages.access import NotVisible
from reports.pages.scope import Link
from reports.pages.sentences import words
from reports.pages.sentences.false_flags import how_often

RATES = tuple(round(times * FALSE_ALARMS_PER_YEAR, 4) for times in (0.2, 0.5, 1, 2, 5))
YEAR = timedelta(days=365)
MONTHS = 12
FALSE_FLAGS = (
    f"At most, of declines and of improvements each. {FALSE_ALARMS_PER_YEAR:g} is "
    f"{how_often(2 * FALSE_ALARMS_PER_YEAR).removeprefix('about ')} for each store; the fewer, the later flags come."
)
SMALLEST_DROP = "Smaller drops are not looked for: at 3, a store expected at 83 % is watched from 80 % down."
LOOK_BACK = "How many visits back a change may have begun."
BURN_IN, LEAST_PERIOD = timedelta(weeks=26), timedelta(weeks=12)


@dataclass(frozen=True)
class ChainFacts:
    """What the user's part of a chain is like: stores that can be flagged, visits to each in a year, the last run.

    n_stores : open ones with visits enough for a flag; before the first run, all that were visited.
    """

    n_stores: int
    visits_a_year: float | None
    first_at: datetime | None
    last_at: datetime | None
    run: Run | None

    def evidence_at(self, rate: float) -> float | None:
        """About the evidence at which a flag is raised at another rate: it grows as the rate falls."""
        if self.run is None or self.run.threshold is None:
            return None
        made_with = self.run.parameters["false_alarms_per_year"]
        return max(math.exp(self.run.threshold) * made_with / rate, LEAST_EVIDENCE)


@dataclass(frozen=True)
class Meaning:
    """A row of the table: what a rate of false flags means here."""

    rate: str
    of_a_store: str
    over_all: str
    evidence: str
    is_set: bool


@dataclass(frozen=True)
class SettingsPage:
    standard: Standard | None
    standards: list[Link]
    chosen: Chosen
    row: DriftSettings | None
    facts: ChainFacts
    meanings: list[Meaning]

    @property
    def lede(self) -> str:
        """0.1 a year for each store, of declines and of improvements: about four a week over your 1,000 stores, at
        most. The last scan expects two."""
        rate, n = self.chosen.false_alarms_per_year, self.facts.n_stores
        each = f"{rate:g} false declines and as many false improvements"
        if not n:
            return f"At most {each} a year are wanted for each store: {how_often(2 * rate)}."
        wanted = (
            f"{each} a year for each store: {how_often(2 * rate * n)} over your {words.count(n, 'store')}, at most."
        )
        evidence = self.facts.evidence_at(rate)
        needed = f"A flag then needs evidence of about {evidence_text(evidence)}." if evidence else ""
        return " ".join(filter(None, (wanted, needed, self._expected())))

    def _expected(self) -> str:
        """What the simulation of the last scan says, where that was made with what is set."""
        run, wanted = self.facts.run, self.chosen.false_alarms_per_year
        if run is None or run.simulated_rate is None or run.parameters.get("false_alarms_per_year") != wanted:
            return ""
        rates = expected_rates(run)
        yearly = (rates.both or 0.0) * self.facts.n_stores
        said = f"Tried on simulated visits to these stores, the last scan raises {how_often(yearly)}"
        return f"{said}: more than is wanted." if any(rate and rate > wanted for rate in rates) else f"{said}."

    @property
    def helps(self) -> dict[str, str]:
        """By field, what its number means here."""
        return {
            "false_alarms_per_year": FALSE_FLAGS,
            "smallest_drop": SMALLEST_DROP,
            "look_back": look_back_text(self.chosen.look_back, self.facts),
        }


def published(key: str) -> tuple[Standard | None, list[Link]]:
    """The standards that can be scanned, and the one that is meant: the first where the key is blank.

    Raises NotVisible for a key that there is not.
    """
    found = list(Standard.objects.filter(versions__published_at__isnull=False).distinct().order_by("name"))
    chosen = next((standard for standard in found if standard.key == key), None) if key else next(iter(found), None)
    if key and chosen is None:
        raise NotVisible(f"No published standard {key!r}.")
    return chosen, [Link(standard.key, standard.name, standard == chosen) for standard in found]


def settings_page(*, user, standard: str = "") -> SettingsPage:
    chosen_standard, standards = published(standard)
    if chosen_standard is None:
        return SettingsPage(None, standards, DEFAULT, None, ChainFacts(0, None, None, None, None), [])
    row = DriftSettings.objects.filter(standard=chosen_standard).select_related("changed_by", "adopted_from").first()
    chosen, facts = chosen_for(chosen_standard), chain_facts(user=user, standard=chosen_standard)
    rates = sorted({*RATES, chosen.false_alarms_per_year})
    meanings = [_meaning(rate, facts, is_set=rate == chosen.false_alarms_per_year) for rate in rates]
    return SettingsPage(chosen_standard, standards, chosen, row, facts, meanings)


def chain_facts(*, user, standard: Standard) -> ChainFacts:
    """Over the stores of the user; visits a year are those of the last year that there were any."""
    locations = Location.objects.visible_to(user, SETS_DRIFT)
    tallies = Tally.objects.filter(location__in=locations, version__standard=standard, is_excluded=False).order_by()
    ends = tallies.aggregate(first=Min("started_at"), last=Max("started_at"), n=Count("location", distinct=True))
    first, last = ends["first"], ends["last"]
    fitted = FittedRun.last(standard)
    run = fitted.run if fitted else None
    if first is None or last is None:
        return ChainFacts(0, None, None, None, run)
    lately = tallies.filter(started_at__gt=last - YEAR)
    counted = lately.aggregate(n=Count("pk"), n_places=Count("location", distinct=True))
    years = min((last - first) / timedelta(days=YEAR_DAYS), 1.0)
    a_year = counted["n"] / counted["n_places"] / years if years > 0 else None
    n_stores = ends["n"]
    if run is not None:
        still_open = locations.filter(Q(closed_on=None) | Q(closed_on__gt=timezone.localdate()))
        results = LocationResult.objects.filter(standard=standard, location__in=still_open)
        n_stores = results.able_to_flag(run).count()
    return ChainFacts(n_stores, a_year, first, last, run)


def _meaning(rate: float, facts: ChainFacts, *, is_set: bool) -> Meaning:
    evidence = facts.evidence_at(rate)
    return Meaning(
        rate=f"{rate:g}",
        of_a_store=how_often(2 * rate).removeprefix("about "),
        over_all=how_often(2 * rate * facts.n_stores) if facts.n_stores else "",
        evidence=f"about {evidence_text(evidence)}" if evidence else "",
        is_set=is_set,
    )


def evidence_text(ratio: float) -> str:
    """To two digits: it is worked out from the last run's.

    >>> evidence_text(181.3)
    '180\\xa0:\\xa01'
    """
    digits = 10 ** max(math.floor(math.log10(ratio)) - 1, 0)
    return f"{round(ratio / digits) * digits:,}{words.NBSP}:{words.NBSP}1"


def look_back_text(look_back: int, facts: ChainFacts) -> str:
    """At 29 visits a year to each store, 40 visits are about 17 months."""
    if not facts.visits_a_year:
        return LOOK_BACK
    months = round(look_back / facts.visits_a_year * MONTHS)
    pace = words.count(round(facts.visits_a_year), "visit")
    time = words.count(max(months, 1), "month")
    return f"{LOOK_BACK} At {pace} a year to each store, {look_back} visits are about {time}."


def usual_period(facts: ChainFacts) -> dict[str, date]:
    """What a backtest is asked for if nobody says otherwise: the last year, after half a year that shows what is
    usual; where the past is shorter, its later half. Empty before the first visit.
    """
    if facts.first_at is None or facts.last_at is None:
        return {}
    first, last = facts.first_at.astimezone(UTC).date(), facts.last_at.astimezone(UTC).date()
    start = max(first + BURN_IN, last - YEAR)
    if last - start < LEAST_PERIOD:
        start = first + (last - first) // 2
    return {"start_on": start, "stop_on": last}
