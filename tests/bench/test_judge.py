"""What the bench says of flags, on a truth that fits on a page."""

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest

from bench.chains.truth import CONSISTENCY, IN_CONTROL, RECOVERED, SECTION, STEP, Spell, Truth
from bench.detector.judge import Flags, judge

LAB = Path(__file__).resolve().parents[3] / "shared" / "lab"
START = 1000.0


def truth(**changes) -> Truth:
    """Two years of watching: two locations in control, a step at day 1070, a section from 1140 on, a recovery."""
    fields = {
        "start": START,
        "stop": START + 730.5,
        "kind": np.array([IN_CONTROL, IN_CONTROL, STEP, SECTION, RECOVERED]),
        "size": np.array([0, 0, 0.8, 1.4, 0.8]),
        "onset": np.array([np.nan, np.nan, 1070, 1140, 1070]),
        "end": np.array([np.inf, np.inf, np.inf, np.inf, 1105]),
        "ramp_days": np.zeros(5),
        "section": np.array([-1, -1, -1, 2, -1]),
        "spells": (),
        "first_day": START - 364,
        "readings": np.tile([80.0, 81.0], (5, 78)),
    } | changes
    return Truth(**fields)


def flags(*rows) -> Flags:
    """(location, raised at, onset, channel) each."""
    location, raised_at, onset, channel = zip(*rows, strict=True)
    return Flags(np.array(location), np.array(raised_at, float), np.array(onset, float), np.array(channel))


def test_flags_of_locations_in_control_are_false_alarms_per_year():
    found = judge(truth(), flags((0, 1200, 1180, "overall"), (2, 1100, 1070, "overall")))
    assert found.false_alarms == 1
    assert found.false_alarm_rate == pytest.approx(1 / 4)


def test_a_flag_in_a_spell_of_the_whole_chain_is_trapped_and_no_false_alarm():
    spell = Spell("December", 1100, 1160, 1145)
    found = judge(truth(spells=(spell,)), flags((0, 1140, 1120, "overall"), (1, 1150, 1120, "overall")))
    assert found.false_alarms == 0
    assert found.trapped == {"December": 0.5}
    assert found.years == pytest.approx(2 * (730.5 - 60) / 365.25)


def test_the_delay_runs_from_the_onset_to_the_first_flag_after_it():
    found = judge(truth(), flags((2, 1010, 1000, "overall"), (2, 1091, 1063, "overall"), (2, 1098, 1070, "overall")))
    assert found.delay[2] == 3.0
    assert found.onset_error[2] == -1.0
    assert found.found_within(4, found.of([STEP])) == 1.0
    assert found.mean_delay == pytest.approx((3 + 26 + 26) / 3)


def test_a_recovered_drift_is_found_only_until_four_weeks_after_its_end():
    assert np.isfinite(judge(truth(), flags((4, 1133, 1070, "overall"))).delay[4])
    assert np.isinf(judge(truth(), flags((4, 1134, 1070, "overall"))).delay[4])


def test_the_right_channel_of_a_section_names_that_section():
    assert judge(truth(), flags((3, 1150, 1140, "section:2"))).right_channel([SECTION]) == 1.0
    assert judge(truth(), flags((3, 1150, 1140, "overall"))).right_channel([SECTION]) == 0.0
    uneven = truth(kind=np.array([IN_CONTROL, IN_CONTROL, CONSISTENCY, SECTION, RECOVERED]))
    assert judge(uneven, flags((2, 1100, 1070, "consistency"))).right_channel([CONSISTENCY]) == 1.0


def test_the_lead_is_what_the_flag_is_ahead_of_the_reported_number():
    readings = np.tile([80.0, 81.0], (5, 78))
    readings[2, 64:] = 70.0  # from day 1084 on
    found = judge(truth(readings=readings), flags((2, 1077, 1070, "overall")))
    assert found.lead[2] == 2.0  # its own alarm comes with the week that ends on day 1091
    assert found.median_lead == 2.0


@pytest.mark.shared
@pytest.mark.skipif(not LAB.is_dir(), reason="the lab of ../shared is not here")
def test_the_judge_gives_the_figures_of_the_lab(monkeypatch):
    monkeypatch.syspath_prepend(str(LAB))
    simulate, evaluate = importlib.import_module("simulate"), importlib.import_module("evaluate")
    from bench.chains.lab import read

    data = simulate.generate(L=200, seed=4)
    made, rng = read(simulate, data), np.random.default_rng(4)
    location, n = rng.integers(0, 200, 600), 600
    raised_at = rng.uniform(made.truth.start, made.truth.stop, n)
    onset = raised_at - rng.uniform(0, 60, n)
    channel = rng.choice(["overall", "section:2", "section:3", "consistency"], n)
    found = judge(made.truth, Flags(location, raised_at, onset, channel))
    expected = evaluate.score(data, location, raised_at - made.truth.first_day)
    first = made.truth.first_day
    attributed = evaluate.attribution(data, location, raised_at - first, onset - first, channel)
    assert found.false_alarm_rate == pytest.approx(expected["fa_loc_year"])
    assert found.mean_delay == pytest.approx(expected["by"]["all"]["rmd_wk"])
    assert found.found_within(8, found.drifting) == pytest.approx(expected["by"]["all"]["d8"])
    assert found.median_lead == pytest.approx(expected["lead"]["median_lead_wk"])
    assert found.trapped["December"] == pytest.approx(expected["trap_season_share"])
    assert found.trapped["chain-wide fall"] == pytest.approx(expected["trap_chain_share8w"])
    assert found.trapped["evenings"] == pytest.approx(expected["trap_daypart_share26w"])
    assert found.right_channel([SECTION]) == pytest.approx(attributed["partial"]["channel_right"])
    assert found.onset_within(4, [SECTION]) == pytest.approx(attributed["partial"]["onset_within_4wk"])
    sys.modules.pop("simulate"), sys.modules.pop("evaluate")
