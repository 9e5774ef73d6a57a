"""How alike two customers are treated at a store, as sentences and a small table."""

from dataclasses import dataclass
from datetime import datetime

from reports.detection.data.fitted_run import FittedVisits
from reports.detection.views.consistency import Estimate, Part, SameTreatment, least_alike, treatment
from reports.measure.model.levels import LEAST_VISITS
from reports.pages.manager import explanations
from reports.pages.sentences import words
from reports.pages.sentences.signals import Sentence


@dataclass(frozen=True)
class AlikeRow:
    name: str
    n_visits: int
    promise: str
    unevenness: str


@dataclass(frozen=True)
class CriterionRow:
    text: str
    alike: str
    n_interactions: int


@dataclass(frozen=True)
class Alike:
    promise: Sentence
    unevenness: Sentence
    rows: list[AlikeRow]
    criteria: list[CriterionRow]
    facts: str
    since: str


def alike(found: FittedVisits | None, *, location_id: int, onset: datetime | None) -> Alike | None:
    """None where no run knows the store. onset : of its open flag."""
    told = treatment(found, location_id=location_id, onset=onset) if found else None
    if found is None or told is None:
        return None
    rows = [_row(told.now, "Since it began" if onset else "Lately")]
    rows += [_row(told.before, "Before")] if told.before else []
    rows += [_row(part, words.capital(part.name)) for part in told.dayparts]
    since = "since it began" if onset else _lately(told.now.n_visits)
    return Alike(
        promise=explanations.promise(told),
        unevenness=explanations.unevenness(told),
        rows=rows,
        criteria=[_criterion(each) for each in least_alike(found, location_id=location_id, onset=onset)],
        facts=f"{words.count(told.now.n_visits, 'visit')} {since}; the brackets hold it in nine cases of ten.",
        since=since,
    )


def _lately(n_visits: int) -> str:
    """The half year ends with the last visit, however long ago; where it holds fewer, it is the last few."""
    return "in the half year up to the last visit" if n_visits > LEAST_VISITS else "here lately"


def _row(part: Part, name: str) -> AlikeRow:
    return AlikeRow(name, part.n_visits, _figure(part.promise), _figure(part.unevenness))


def _criterion(each: SameTreatment) -> CriterionRow:
    return CriterionRow(each.text, str(round(100 * each.share)), each.n_interactions)


def _figure(found: Estimate) -> str:
    """61 (54–68), or, in visits, how many are missing: 2 more."""
    if found.value is None or found.low is None or found.high is None:
        return f"{max(found.missing, 1)} more"
    return f"{round(100 * found.value)} ({words.interval(found.low, found.high)})"
