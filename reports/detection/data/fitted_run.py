"""The visits of some locations with the common effects of the last run: what pages compute from, without a scan."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from audits.models import Criterion, Standard
from reports.detection.data.chain_loader import History, load
from reports.detection.data.packed_effects import unpack
from reports.measure.model.chain import Chain
from reports.measure.model.effects import Effects
from reports.models import Run

N_PEERS = 40


@dataclass(frozen=True, eq=False)
class FittedRun:
    """What the last run knew: its effects, and the visits of the locations asked for (and of some peers)."""

    run: Run
    effects: Effects
    history: History

    @property
    def chain(self) -> Chain:
        return self.history.chain

    def location_index(self, location_id: int) -> int | None:
        """The index of a location; None when the run did not know it."""
        found = np.flatnonzero(self.history.codes.locations == location_id)
        return int(found[0]) if found.size else None

    def versions(self) -> np.ndarray:
        """(C,) the number of the version that each criterion belongs to."""
        ids = self.history.codes.criteria.tolist()
        numbers = dict(Criterion.objects.filter(pk__in=ids).values_list("pk", "section__version__number"))
        return np.array([numbers[each] for each in ids], dtype=int)


def fitted_run(*, standard: Standard, locations: Iterable[int], with_peers: bool = False) -> FittedRun | None:
    """What the last finished run of a standard saw of these locations; None when no run has finished.

    with_peers : also of up to N_PEERS others, evenly spaced over the chain and the same each time, for what is
    usual in it. The number of queries is constant.
    """
    run = Run.objects.filter(standard=standard, state=Run.State.DONE, effects__isnull=False).first()
    if run is None or run.effects is None:
        return None
    effects, codes = unpack(run.effects)
    wanted = set(locations)
    if with_peers and codes.locations.size:
        spaced = np.linspace(0, codes.locations.size - 1, min(N_PEERS, codes.locations.size)).astype(int)
        wanted |= set(codes.locations[spaced].tolist())
    history = load(standard=standard, as_of=run.as_of, codes=codes, locations=sorted(wanted))
    return FittedRun(run, effects, history.since(effects.first_day))
