"""The geometry of the charts: what stands where, in pixels of the view box."""

from dataclasses import replace
from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.pages.charts import scales, time_charts

FIRST = date(2026, 5, 4).toordinal()


def points(n=30, value=0.8):
    return [
        time_charts.VisitPoint(FIRST + 7 * i, value - 0.15 * (i >= 20), 0.8, 0.7, 0.9, f"visit {i}", f"/visits/{i}/")
        for i in range(n)
    ]


def chart(width=1088, **changes):
    seen = points()
    onset = time_charts.Onset(FIRST + 140, FIRST + 133, FIRST + 147, "began about 21 Sep")
    frame = time_charts.frame(first=seen[0].day, last=seen[-1].day, width=width, onset=onset)
    asked = {
        "change": -0.15,
        "flagged_day": FIRST + 175,
        "flag_label": "flag, 26 Oct",
        "title": "t",
        "description": "d",
    }
    return time_charts.control_chart(seen, frame=frame, **{**asked, **changes})


def test_path_breaks_where_a_value_is_missing():
    assert scales.path([(0, 1), (1, 2), (2, None), (3, 4), (4, 5.5)]) == "M0 1L1 2M3 4L4 5.5"


def test_scale_maps_its_ends_and_draws_what_lies_outside_at_the_edge():
    scale = scales.Scale(50, 100, 300, 20)
    assert (scale(50), scale(100), scale(75)) == (300, 20, 160)
    assert scale.within(30) == 300


@given(st.lists(st.floats(0, 1), max_size=30))
def test_percent_scale_holds_all_shares_and_stays_within_0_and_100(shares):
    scale, ticks = scales.percent_scale(shares, top=20, bottom=300)
    assert 0 <= scale.low < scale.high <= 100
    assert scale.high - scale.low >= 30
    assert all(20 <= scale(100 * share) <= 300 for share in shares)
    assert 2 <= len(ticks) <= 7


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30))
def test_nice_scale_holds_all_values_on_few_ticks(values):
    scale, ticks = scales.nice_scale(values, top=10, bottom=100)
    assert all(9.9 <= scale(value) <= 100.1 for value in values)
    assert 2 <= len(ticks) <= 5


def test_metric_that_hardly_moves_is_drawn_flat():
    scale, _ = scales.nice_scale([86.0, 87.0, 85.5, 86.4], top=0, bottom=100)
    assert abs(scale(87.0) - scale(85.5)) < 15


@given(first=st.integers(715_000, 745_000), n_days=st.integers(1, 20_000), width=st.sampled_from([310.0, 932.0]))
def test_time_ticks_stand_in_order_and_do_not_crowd(first, n_days, width):
    ticks = scales.time_ticks(scales.Scale(first, first + n_days, 0, width))
    places = [tick.at for tick in ticks]
    assert places
    assert all(0 <= at <= width for at in places)
    assert all(right - left > 55 for left, right in pairwise(places))


def test_first_month_on_the_axis_carries_its_year():
    ticks = scales.time_ticks(scales.Scale(FIRST, FIRST + 200, 0, 900))
    assert [tick.label.replace("\xa0", " ") for tick in ticks][:3] == ["Jun 2026", "Jul", "Aug"]


@pytest.mark.parametrize(
    ("flagged", "shapes"),
    [
        ({}, ["decline", "dot", "dot", "improve"]),
        ({"flagged_day": FIRST}, ["decline", "decline", "dot", "improve"]),
        ({"flagged_day": FIRST, "direction": "improvement"}, ["decline", "dot", "improve", "improve"]),
    ],
)
def test_the_shape_of_a_visit_is_its_own(flagged, shapes):
    values = (0.4, 0.7, 0.85, 1.0)
    seen = [replace(point, low=0.5, high=0.9, value=value) for point, value in zip(points(4), values, strict=True)]
    frame = time_charts.frame(first=seen[0].day, last=seen[-1].day)
    drawn = time_charts.control_chart(seen, frame=frame, title="", description="", **flagged)
    assert [mark.shape for mark in drawn.marks] == shapes


def test_every_visit_is_drawn_inside_the_plot_and_leads_to_itself():
    drawn = chart()
    assert len(drawn.marks) == 30
    assert all(drawn.top <= mark.y <= drawn.bottom for mark in drawn.marks)
    assert all(drawn.frame.left <= mark.x <= drawn.frame.right for mark in drawn.marks)
    assert drawn.marks[3].address == "/visits/3/"


def test_onset_stands_as_a_band_between_its_limits():
    drawn = chart()
    assert drawn.onset.start == drawn.frame.days(FIRST + 133)
    assert drawn.onset.start + drawn.onset.width == pytest.approx(drawn.frame.days(FIRST + 147), abs=0.2)


def test_sure_onset_is_still_wide_enough_to_see():
    seen = points()
    onset = time_charts.Onset(FIRST + 140, FIRST + 140, FIRST + 140, "")
    band = time_charts.onset_band(time_charts.frame(first=seen[0].day, last=seen[-1].day, onset=onset))
    assert band is not None
    assert band.width >= 3


def test_observed_and_reported_share_one_time_axis():
    drawn = chart()
    readings = [(point.day, 86.0 + i % 3) for i, point in enumerate(points())]
    metric = time_charts.metric_chart(readings, frame=drawn.frame, title="t", unit="%", description="d")
    assert [x for x, _ in metric.dots] == [mark.x for mark in drawn.marks]
    assert metric.onset is not None
    assert metric.onset.start == drawn.onset.start


def test_labels_of_levels_do_not_touch():
    drawn = chart(change=-0.01)
    assert abs(drawn.expected_level.label_y - drawn.seen_level.label_y) >= 16


def test_phone_gets_the_labels_as_a_caption():
    caption = chart(width=344).caption.replace("\xa0", " ")
    assert caption == "Seen 15 points below what is expected (dashed); began about 21 Sep; flag, 26 Oct."


def test_single_visit_can_be_drawn():
    one = points(1)
    drawn = time_charts.control_chart(
        one, frame=time_charts.frame(first=FIRST, last=FIRST), title="t", description="d"
    )
    assert len(drawn.marks) == 1
    assert drawn.onset is None
    assert drawn.flag is None


def test_sparkline_of_nothing_is_empty_and_of_one_visit_a_dot():
    assert time_charts.sparkline([], title="t").line == ""
    assert time_charts.sparkline([(FIRST, 0.8)], title="t").end is not None


def test_sparkline_does_not_magnify_noise():
    line = time_charts.sparkline([(FIRST, 0.80), (FIRST + 7, 0.82)], title="t").line
    heights = [float(step.split()[1]) for step in line[1:].split("L")]
    assert abs(heights[0] - heights[1]) < 2


def test_lead_chart_without_readings_stands_alone():
    onset = time_charts.Onset(FIRST + 30, FIRST + 20, FIRST + 40, "since 3 Jun")
    observed = [(FIRST + 7 * i, 0.8) for i in range(10)]
    alone = time_charts.lead_chart(observed, [], expected=0.8, onset=onset, title="t", description="d")
    both = time_charts.lead_chart(
        observed, [(d, 86) for d, _ in observed], expected=0.8, onset=onset, title="t", description="d"
    )
    assert alone.is_alone
    assert alone.height < both.height
