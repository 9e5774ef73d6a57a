"""The words on the pages: what a manager reads of a flag, a store, a setting."""

from datetime import date

import pytest

from reports.pages.sentences import headlines, signals, words

TODAY = date(2026, 11, 16)
SINCE = date(2026, 10, 3)


def plain(text: str) -> str:
    """With ordinary spaces, as one types it in a test."""
    return str(text).replace(words.NBSP, " ")


def of_flag(**changes) -> signals.Sentence:
    return signals.flag(**{
        "direction": "decline",
        "channel": "section:greeting",
        "seen": 0.68,
        "expected": 0.83,
        "since": SINCE,
        "today": TODAY,
        "comparison": "blind_spot",
        "metric": "Satisfaction",
        **changes,
    })  # fmt: skip


@pytest.mark.parametrize(
    ("ratio", "written"),
    [
        (0.2, "1 : 1"),
        (1.0, "1 : 1"),
        (7.4, "7 : 1"),
        (93.0, "90 : 1"),
        (412.0, "400 : 1"),
        (9_700.0, "10,000 : 1"),
        (10_001.0, "more than 10,000 : 1"),
        (float("inf"), "more than 10,000 : 1"),
    ],
)
def test_evidence_has_one_digit_and_a_cap(ratio, written):
    assert plain(words.evidence(ratio)) == written


@pytest.mark.parametrize(("change", "written"), [(-0.144, "−14"), (0.08, "+8"), (0.004, "0"), (-0.004, "0")])
def test_change_is_written_in_points_with_its_sign(change, written):
    assert words.points(change) == written


@pytest.mark.parametrize(
    ("value", "unit", "written"),
    [(86.0, "%", "86 %"), (86.44, "%", "86.4 %"), (1240.0, "", "1,240"), (-2.5, "", "−2.5"), (0.0317, "", "0.0317")],
)
def test_reading_is_written_with_its_unit_and_no_needless_digits(value, unit, written):
    assert plain(words.quantity(value, unit)) == written


@pytest.mark.parametrize(
    ("seconds", "written"), [(40, "40 s"), (60, "1 min"), (220, "3 min 40 s"), (59.7, "1 min"), (3600, "60 min")]
)
def test_duration_is_written_in_minutes_and_seconds(seconds, written):
    assert plain(words.duration(seconds)) == written


def test_quotation_inside_a_quotation_gets_single_marks():
    assert words.within_quotes(" “Next.” That was it. ") == "‘Next.’ That was it."


def test_day_of_another_year_carries_it():
    assert plain(words.day(date(2025, 3, 3), beside=TODAY)) == "3 March 2025"
    assert plain(words.day(date(2026, 3, 3), beside=TODAY)) == "3 March"


@pytest.mark.parametrize(
    ("title", "inside"),
    [("Greeting", "greeting"), ("NPS", "NPS"), ("Q1 Score", "Q1 Score"), ("First help", "first help")],
)
def test_title_inside_a_sentence_keeps_its_abbreviations(title, inside):
    assert words.inside(title) == inside


@pytest.mark.parametrize(
    ("declines", "n_improvements", "n_able", "said"),
    [
        ((0, 0, [], [], 0), 0, 9, "No store needs you this week."),
        ((0, 0, [], [], 0), 2, 9, "No store needs you this week. Two stores have improved."),
        ((0, 0, [], [], 0), 0, 0, "Too early to say which store needs you: six visits to each come first."),
        ((0, 0, [], [], 0), 0, 4, "None of the four stores with six visits or more needs you this week."),
        ((0, 0, [], [], 0), 0, 1, "The one store with six visits or more does not need you this week."),
        ((1, 1, [], [], 0), 0, 9, "One store needs you this week."),
        ((1, 1, [], [7], 1), 0, 9, "One store needs you this week. Its reported numbers have not moved for 7 weeks."),
        (
            (3, 2, [9], [12], 1),
            0,
            9,
            "Two stores need you this week; one more is still open. In one of them the reported numbers have not "
            "moved: 12 weeks.",
        ),
        ((3, 0, [19, 20, 10], [], 0), 4, 9, "Nothing new since Monday; three still open: 20, 19 and 10 weeks."),
        (
            (2, 2, [], [7, 1], 2),
            0,
            9,
            "Two stores need you this week. In both the reported numbers have not moved: 7 and 1 weeks.",
        ),
        (
            (214, 0, [30], [20], 100),
            0,
            9,
            "Nothing new since Monday; 214 still open: 30 weeks and less. In 100 of them the reported numbers "
            "have not moved: 20 weeks and less.",
        ),
    ],
)
def test_headline_tells_the_new_from_the_old_and_whose_numbers_have_not_moved(declines, n_improvements, n_able, said):
    found = headlines.headline(
        declines=headlines.OpenDeclines(*declines),
        n_improvements=n_improvements,
        n_able=n_able,
        n_stores=9,
        least_visits=6,
    )
    assert plain(found) == said


@pytest.mark.parametrize(
    ("counts", "said", "is_first"),
    [
        ((64, 60, 0), "60 of 64 stores were never visited.", True),
        ((64, 1, 0), "1 of 64 stores was never visited.", False),
        ((64, 0, 3), "Three stores were visited and wait for the next scan.", False),
        ((0, 0, 0), "", False),
    ],
)
def test_stores_that_nobody_knows_are_counted_and_most_of_them_come_first(counts, said, is_first):
    n_open, n_never, n_unjudged = counts
    assert plain(headlines.coverage(n_open=n_open, n_never=n_never, n_unjudged=n_unjudged)) == said
    assert headlines.is_mostly_unseen(n_open=n_open, n_never=n_never) == is_first


def test_time_goes_on_after_the_last_visit():
    assert (
        plain(headlines.visits_lately(n_stores=24, n_visits=61, weeks_without=0))
        == "24 stores, 61 visits in four weeks."
    )
    assert plain(headlines.visits_lately(n_stores=1, n_visits=0, weeks_without=9)) == "1 store; no visit in 9 weeks."


def over_all(*, n_locations, **rates) -> str:
    """What is said where every store has visits enough."""
    return signals.expected_false_flags(**rates, n_locations=n_locations, n_able=n_locations, least_visits=6)


@pytest.mark.parametrize(
    ("n_locations", "said"),
    [
        (24, "one false flag is to be expected a quarter"),
        (10, "one false flag is to be expected a year"),
        (3, "one false flag is to be expected in three years"),
        (1000, "two false flags are to be expected a week"),
    ],
)
def test_expected_false_flags_are_said_in_a_period_that_one_can_picture(n_locations, said):
    assert said in over_all(per_location_year=0.1, n_locations=n_locations)


def test_only_stores_with_visits_enough_for_a_flag_raise_false_ones():
    rates = {"per_location_year": 0.1, "n_locations": 6287, "least_visits": 6}
    said = plain(signals.expected_false_flags(**rates, n_able=42))
    assert said == (
        "At your setting, about one false flag is to be expected a quarter over the 42 stores that have six visits "
        "or more."
    )
    none = signals.expected_false_flags(**rates, n_able=0)
    assert none == "No store has visits enough for a flag yet: six are needed."


def test_false_flags_that_simulation_never_saw_are_said_to_be_rare():
    said = over_all(per_location_year=0.0, n_locations=3189)
    assert said == "At your setting, hardly any false flag is to be expected over these stores."


def test_nothing_is_said_of_false_flags_without_a_setting():
    assert over_all(per_location_year=None, n_locations=24) == ""
    assert signals.own_false_flags(None) == ""


def test_chain_that_moved_is_told_and_taken_out():
    assert plain(signals.chain_movement(-0.021)) == "The whole chain is down 2 points this week; that is taken out."
    assert signals.chain_movement(0.001) == "No chain-wide movement this week."
    assert signals.chain_movement(None) == ""


def test_blind_spot_is_said_with_what_when_and_the_silence_of_the_metric():
    assert plain(of_flag()) == (
        "68 % of behaviours kept since about 3 October; 83 % expected here with these auditors and dayparts. "
        "Reported satisfaction has not moved (after six weeks): blind spot."
    )


def test_what_matters_is_strong_and_names_are_escaped():
    html = of_flag(metric="<b>Score</b>").__html__()
    assert "<strong>68\xa0%</strong>" in html
    assert "<strong>3\xa0October</strong>" in html
    assert "&lt;b&gt;" in html
    assert "<b>" not in html


@pytest.mark.parametrize(
    ("lead_days", "said"),
    [
        (14, "worsened too two weeks after the flag: confirmed."),
        (-21, "worsened too three weeks before the flag: confirmed."),
        (5, "worsened too five days after the flag: confirmed."),
        (0, "worsened too at the time of the flag: confirmed."),
        (None, "worsened too: confirmed."),
    ],
)
def test_confirmed_flag_says_who_was_first(lead_days, said):
    assert str(of_flag(comparison="confirmed", lead_days=lead_days)).endswith(said)


def test_flag_without_a_usable_metric_says_so_and_an_improvement_needs_none():
    assert str(of_flag(comparison="", metric="")).endswith("No reported number can be held against it.")
    assert str(of_flag(comparison="", metric="", direction="improvement")).endswith("dayparts.")


def test_unevenness_is_said_as_a_spread_and_not_as_a_share():
    said = plain(of_flag(channel="consistency", comparison="waiting", seen=0.14, expected=0.05))
    assert said == (
        "Customers are treated less alike since about 3 October: the spread between interactions is 14 points, "
        "5 expected. Not yet in reported satisfaction (after six weeks)."
    )
    assert signals.change(channel="consistency", seen=0.14, expected=0.05) == "+9 uneven"
    assert signals.instead(channel="consistency", seen=0.14, expected=0.05) == "14 instead of 5 points of spread"


def test_metric_that_is_called_reported_is_not_called_so_twice():
    assert signals.reported_name("Reported quality") == "reported quality"


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        (
            {"channel": "greeting", "direction": "decline", "since": SINCE, "comparison": "blind_spot"},
            "Mill: greeting slipped in early October; the reported numbers have not noticed.",
        ),
        (
            {"channel": signals.WHOLE, "direction": "improvement", "since": date(2025, 3, 14)},
            "Mill: execution improved in mid March 2025.",
        ),
        ({"level": (0.82, 0.88)}, "Mill: execution is steady at 82–88 %."),
        (
            {"level": (0.82, 0.88), "comparison": "reported_only"},
            "Mill: customers less satisfied, service as before: look at stock, staffing, prices.",
        ),
        ({"n_more_needed": 3}, "Mill: three more visits are needed before anything can be said."),
        ({"n_more_needed": 1}, "Mill: one more visit is needed before anything can be said."),
        (
            {"n_more_needed": 1, "level": (0.8, 0.85)},
            "Mill: one more visit is needed before a change could show.",
        ),
        ({"is_scanned": False}, "Mill: no scan has covered it yet."),
    ],
)
def test_store_opens_with_the_sentence_of_its_state(facts, said):
    assert plain(signals.location_headline(name="Mill", today=TODAY, **facts)) == said


def test_sureness_names_such_flags_visits_auditors_and_the_setting():
    said = signals.how_sure(n_visits=14, n_auditors=6, chance=0.74, per_location_year=0.1)
    assert plain(said).startswith("3 in 4 such flags are real. 14 visits by 6 auditors since it began;")
    assert plain(said).endswith("At your setting a store like this raises one false flag in ten years.")


def test_channel_of_a_section_carries_its_title():
    assert signals.channel_name("section:greeting", {"greeting": "Greeting"}) == "greeting"
    assert signals.channel_name("section:gone", {}) == "gone"
    assert signals.channel_name("dimension:delivery", {}) == "how it is done"
    assert signals.channel_name("overall", {}) == signals.WHOLE
