"""The threshold of a run: simulated from the chain itself."""

import numpy as np

from reports.measure.drift.backtest import as_known
from reports.measure.drift.calibration import Calibration, calibrate
from reports.measure.drift.detector import Settings, stated_threshold
from reports.measure.model.chain import Chain
from reports.measure.model.effects import Effects
from reports.measure.model.severity import fit_effects

LEAST_EVIDENCE = 20.0
VISITS_TO_CALIBRATE = 12_000  # more make the threshold no steadier than a few hundredths


def simulated_threshold(chain: Chain, settings: Settings, *, at: float, window: float, seed: int) -> Calibration:
    """As `threshold_for`, from what had been observed by a moment (days) and nothing else.

    So a backtest and the runs that it replays draw the same numbers, whatever the chain holds besides.
    """
    known = as_known(chain, at)
    effects = fit_effects(known, at=at, window_days=window)
    return threshold_for(known.subset(known.time >= effects.first_day), effects, settings, seed=seed)


def threshold_for(chain: Chain, effects: Effects, settings: Settings, *, seed: int) -> Calibration:
    """The threshold that simulation finds for this chain; of a large chain, for locations drawn by the seed.

    Where visits are rare, the wanted rate would let pass what is hardly likelier than no change: never below
    LEAST_EVIDENCE.
    """
    rng = np.random.default_rng(seed)
    if not chain.n_visits:
        return Calibration(stated_threshold(chain, settings), float("nan"), float("nan"), 0)
    if chain.n_visits > VISITS_TO_CALIBRATE:
        chain = chain.subset(rng.random(chain.n_locations)[chain.location] < VISITS_TO_CALIBRATE / chain.n_visits)
    return calibrate(chain, effects, settings, rng, least=float(np.log(LEAST_EVIDENCE)))
