"""The last run of a standard: its effects, unpacked once, and what is known of some locations by them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np
from django.db.models import F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce

from audits.models import Standard
from reports.detection.data.chain_loader import Codes, History, load
from reports.detection.data.packed_effects import unpack, unpack_usual
from reports.detection.data.parameters import settings_of
from reports.measure.drift.detector import Settings
from reports.measure.model.chain import Chain
from reports.measure.model.effects import Effects
from reports.measure.model.levels import Usual
from reports.models import ControlChart, Run

N_PEERS = 40


@dataclass(frozen=True, eq=False)
class FittedRun:
    """The last run that is done. Asked for once a request and handed on: one query, one unpacking, one moment.

    Pages, the evaluation at a visit's approval, planning, auditors and the next run all ask this object, so that what
    they say rests on the same effects and the same visits.
    """

    run: Run

    @classmethod
    def last(cls, standard: Standard | int, *, but: int | None = None) -> "FittedRun | None":
        """None where no run has finished. but : the id of a run that does not count."""
        runs = Run.objects.fitted().filter(standard=standard)
        if but is not None:
            runs = runs.exclude(pk=but)
        run = runs.select_related("standard", "estimated_by").defer("estimated_by__effects").first()
        return None if run is None else cls(run)

    @property
    def known_until(self) -> datetime:
        """The moment of the last judgement: the run's, or that of the last evaluation of a visit that came since."""
        later = self.run.evaluated_until
        return self.run.as_of if later is None else max(self.run.as_of, later)

    @property
    def threshold(self) -> float:
        if self.run.threshold is None:
            raise RuntimeError(f"{self.run} has no threshold: only a run that is done is a fitted one.")
        return self.run.threshold

    @cached_property
    def settings(self) -> Settings:
        return settings_of(self.run)

    @cached_property
    def _unpacked(self) -> tuple[Effects, Codes]:
        if self.run.effects is None:
            raise RuntimeError(f"{self.run} has no effects: only a run that is done is a fitted one.")
        return unpack(self.run.effects)

    @property
    def effects(self) -> Effects:
        return self._unpacked[0]

    @property
    def codes(self) -> Codes:
        return self._unpacked[1]

    @cached_property
    def usual(self) -> Usual | None:
        """What levels are measured against; None of a run of an older release."""
        return None if self.run.effects is None else unpack_usual(self.run.effects)

    def location_index(self, location_id: int) -> int | None:
        """Where a location stands in the arrays; None when the run did not know it."""
        found = np.flatnonzero(self.codes.locations == location_id)
        return int(found[0]) if found.size else None

    @property
    def judged(self) -> Q:
        """Of tallies: those that the run, or an evaluation of their location since, has looked at.

        What came in and was not judged yet, as an import leaves it to the next run, is in no chart and no result, and
        so in no figure beside them.
        """
        charts = ControlChart.objects.filter(standard=self.run.standard_id, location=OuterRef("location"))
        return Q(known_at__lte=Coalesce(Subquery(charts.values("known_until")[:1]), Value(self.run.as_of)))

    def history(self, location_ids: Iterable[int], *, as_of: datetime | None = None) -> History:
        """The visits of some locations that were judged, as far back as the effects reach. Two queries.

        as_of : all that are known at this moment instead, for whoever judges what came since.
        """
        found = load(
            standard=self.run.standard,
            as_of=as_of or self.known_until,
            codes=self.codes,
            locations=sorted(set(location_ids)),
            only=Q() if as_of else self.judged,
        )
        return found.since(self.effects.first_day)

    def visits(self, location_ids: Iterable[int], *, with_peers: bool = False) -> "FittedVisits":
        """The visits of some locations with what is common to them.

        with_peers : also of up to N_PEERS others, evenly spaced over the chain and the same each time, for what is
        usual in it.
        """
        wanted, known = set(location_ids), self.codes.locations
        if with_peers and known.size:
            spaced = np.linspace(0, known.size - 1, min(N_PEERS, known.size)).astype(int)
            wanted |= set(known[spaced].tolist())
        return FittedVisits(self, self.history(wanted))


@dataclass(frozen=True, eq=False)
class FittedVisits:
    """The visits of some locations, and the run whose effects say what was to be expected of them."""

    fitted: FittedRun
    history: History

    @property
    def chain(self) -> Chain:
        return self.history.chain

    @property
    def effects(self) -> Effects:
        return self.fitted.effects

    def location_index(self, location_id: int) -> int | None:
        return self.fitted.location_index(location_id)

    def texts(self) -> dict[int, str]:
        """What the criteria of these visits say, by id."""
        forms = self.history.forms.values()
        return {key: text for form in forms for key, text in zip(form.column, form.text, strict=True)}

    def versions(self) -> np.ndarray:
        """(C,) the number of the version that each criterion belongs to; 0 where none of these visits is of it."""
        numbers = {key: form.number for form in self.history.forms.values() for key in form.column}
        return np.array([numbers.get(each, 0) for each in self.history.codes.criteria.tolist()], dtype=int)


@dataclass(frozen=True)
class LastRuns:
    """Of one standard: the last run that is done, and the last one that is not.

    unfinished : under way, waiting or failed; it may be older than the other.
    """

    fitted: FittedRun | None = None
    unfinished: Run | None = None

    @classmethod
    def of(cls, standard: Standard) -> "LastRuns":
        """In one query."""
        runs = Run.objects.filter(standard=standard)
        under_way_first = F("finished_at").desc(nulls_first=True)
        unfinished = runs.exclude(state=Run.State.DONE).order_by(under_way_first, "-pk")
        found = (
            runs.filter(Q(pk__in=runs.fitted().values("pk")[:1]) | Q(pk__in=unfinished.values("pk")[:1]))
            .select_related("standard", "estimated_by")
            .defer("estimated_by__effects")
        )
        by_done = {run.state == Run.State.DONE: run for run in found}
        done = by_done.get(True)
        return cls(FittedRun(done) if done else None, by_done.get(False))
