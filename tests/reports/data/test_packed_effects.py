"""What a run learnt, kept in it and read again: of today's release and of one that knew no store's own scatter."""

import io
from dataclasses import fields

import numpy as np
import pytest

from reports.detection.data.chain_loader import Codes
from reports.detection.data.packed_effects import pack, unpack
from reports.measure.drift.detector import Settings, scan
from reports.measure.model.residuals import residuals
from reports.measure.model.severity import fit_effects
from tests.measure.chains import make_chain


@pytest.fixture(scope="module")
def learnt():
    chain = make_chain(n_locations=12, n_visits=20, drops={3: (150.0, 1.5, None)})
    codes = Codes(**{one.name: np.array(["a"]) for one in fields(Codes)})
    return chain, fit_effects(chain), codes


def without(name, packed):
    with np.load(io.BytesIO(packed)) as arrays:
        kept = {one: arrays[one] for one in arrays if one != name}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **kept)
    return buffer.getvalue()


def test_a_stores_own_scatter_is_the_same_after_packing(learnt):
    chain, effects, codes = learnt
    again, _ = unpack(pack(effects, codes))
    assert effects.own_scatter.size == chain.n_locations
    assert np.array_equal(again.own_scatter, effects.own_scatter)
    assert np.array_equal(residuals(chain, again).weight, residuals(chain, effects).weight)


def test_an_estimate_of_an_older_release_takes_all_stores_as_alike(learnt):
    chain, effects, codes = learnt
    older, _ = unpack(without("own_scatter", pack(effects, codes)))
    assert older.of_scatter(chain).tolist() == [0.0] * chain.n_visits
    usual = np.r_[effects.overdispersion, effects.overdispersion[[0, 0]]]
    assert np.array_equal(older.overdispersion_of_channels(chain), np.tile(usual, (chain.n_visits, 1)))
    assert np.isfinite(scan(chain, older, Settings(), 5.0).ranking).any()
