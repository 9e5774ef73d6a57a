"""What levels are measured against, kept in a run: of today's release and of an older one."""

import io
from dataclasses import fields

import numpy as np

from reports.detection.data.chain_loader import Codes
from reports.detection.data.packed_effects import pack, unpack_usual
from reports.measure.model.levels import Usual, recent_levels, usual_levels
from reports.measure.model.severity import fit_effects
from tests.measure.chains import make_chain


def packed(usual):
    chain = make_chain(n_locations=4, n_visits=6, seed=1)
    codes = Codes(**{one.name: np.array(["a"]) for one in fields(Codes)})
    return chain, fit_effects(chain), pack(fit_effects(chain), codes, usual(chain))


def without(names, of_run):
    """The same run as a release wrote it that did not know these arrays."""
    with np.load(io.BytesIO(of_run)) as arrays:
        kept = {name: arrays[name] for name in arrays if name not in names}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **kept)
    return buffer.getvalue()


def test_levels_are_the_same_after_packing():
    chain, effects, run = packed(lambda chain: usual_levels(chain, fit_effects(chain), -np.inf))
    before = recent_levels(chain, effects, -np.inf)
    after = recent_levels(chain, effects, -np.inf, unpack_usual(run))
    for name in ("level", "low", "high"):
        assert np.array_equal(getattr(before, name), getattr(after, name))


def test_a_run_of_an_older_release_still_gives_levels():
    chain, effects, run = packed(lambda chain: usual_levels(chain, fit_effects(chain), -np.inf))
    older = unpack_usual(without({f"usual_{one.name}" for one in fields(Usual)[4:]}, run))
    found = recent_levels(chain, effects, -np.inf, older)
    assert older.nodes.shape == (0, 4)
    assert (found.low < found.level).all()
    assert (found.level < found.high).all()


def test_a_run_that_kept_nothing_of_it_has_none():
    _, _, run = packed(lambda chain: None)
    assert unpack_usual(run) is None
