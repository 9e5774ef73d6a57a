"""The last run of a standard: its effects, unpacked once, and what is known of some locations by them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np

from audits.models import Criterion, Standard
from reports.detection.data.chain_loader import Codes, History, load
from reports.detection.data.packed_effects import unpack, unpack_usual
from reports.detection.data.parameters import settings_of
from reports.measure.drift.detector import Settings
from reports.measure.model.chain import Chain
from reports.measure.model.effects import Effects
from reports.measure.model.levels import Usual
from reports.models import Run

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
        """Visits approved by then are known: to the run, or to an evaluation at the approval of a visit since."""
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

    def history(self, location_ids: Iterable[int], *, as_of: datetime | None = None) -> History:
        """The visits of some locations that are known, as far back as the effects reach. Two queries.

        as_of : another moment than `known_until`, for whoever evaluates what came since.
        """
        ids = sorted(set(location_ids))
        moment = as_of or self.known_until
        found = load(standard=self.run.standard, as_of=moment, codes=self.codes, locations=ids)
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

    def versions(self) -> np.ndarray:
        """(C,) the number of the version that each criterion belongs to."""
        ids = self.history.codes.criteria.tolist()
        numbers = dict(Criterion.objects.filter(pk__in=ids).values_list("pk", "section__version__number"))
        return np.array([numbers[each] for each in ids], dtype=int)
