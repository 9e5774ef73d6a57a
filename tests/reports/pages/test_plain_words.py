"""A manager's first screens speak plainly: what needs explaining is one tap behind."""

import re
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.urls import reverse
from django.utils import translation

from reports.models import Backtest, DriftFlag, LocationResult, PastFlag
from tests.reports import page_rows as pages
from tests.reports.pages.hard_words import first_screen, hard_words_in

pytestmark = pytest.mark.django_db
RATIO = r"\d\s*:\s*1\b"


def with_chance(**fields) -> None:
    DriftFlag.objects.update(chance=0.74, drop=0.11, **fields)


def one_of_every_kind(chain) -> None:
    kinds = (("decline", "confirmed"), ("decline", "waiting"), ("decline", ""), ("improvement", "confirmed"))
    channels = ("overall", "consistency", "dimension:delivery", "section:shop")
    for number, ((direction, comparison), channel) in enumerate(zip(kinds, channels, strict=True)):
        place = pages.make_location(chain.north, number)
        visit = pages.make_visit(chain, place, pages.AS_OF - timedelta(days=3), greeted=False, note="Two pallets.")
        pages.make_flag(
            chain.run, place, flagged_by=visit, direction=direction, comparison=comparison, channel=channel
        )
        pages.make_result(chain.run, place)
    with_chance()


def levels_disagree(chain) -> None:
    row = {"metric": "satisfaction", "region": chain.north.pk, "n": 12, "reported_rank": 1, "observed_rank": 12}
    LocationResult.objects.update(n_disagreements=1, disagreements=[row])


def not_yet_judged(chain) -> None:
    place = pages.make_location(chain.north, 7)
    pages.make_visit(chain, place, pages.AS_OF - timedelta(days=3), run_scores=False)


STATES = {
    "one of every kind": one_of_every_kind,
    "known": lambda chain: with_chance(raised_at=pages.AS_OF - timedelta(weeks=10)),
    "levels disagree": levels_disagree,
    "not yet judged": not_yet_judged,
    "flags": lambda chain: with_chance(),
    "flags of an older release": lambda chain: None,
    "improvement": lambda chain: with_chance(direction="improvement", comparison=""),
    "uneven": lambda chain: with_chance(channel="consistency"),
    "waits for the numbers": lambda chain: with_chance(comparison="waiting"),
    "no usable number": lambda chain: with_chance(comparison="", comparison_note="no metric is reported"),
    "no flag": lambda chain: DriftFlag.objects.all().delete(),
    "reported only": lambda chain: (
        DriftFlag.objects.all().delete(),
        LocationResult.objects.update(comparison="reported_only", reported="falling"),
    ),
    "few visits": lambda chain: (
        DriftFlag.objects.all().delete(),
        LocationResult.objects.update(n_visits=3, n_more_needed=4, level=None, level_low=None, level_high=None),
    ),
    "closed flags": lambda chain: DriftFlag.objects.update(closed_at=pages.AS_OF, close_reason="Faded."),
}  # fmt: skip


@pytest.fixture(autouse=True)
def english_afterwards():
    """A request leaves its language behind in the thread."""
    yield
    translation.deactivate()


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("state", STATES)
def test_no_first_screen_of_a_manager_holds_a_word_of_the_list(as_mia, chain, state, language):
    STATES[state](chain)
    store = reverse("reports:location", args=[chain.harbour.pk])
    for address in (reverse("reports:drift"), reverse("reports:locations"), store):
        page = as_mia.get(address, headers={"Accept-Language": language})
        assert "harbour street" in first_screen(page)
        assert hard_words_in(page) == [], address
        assert not re.search(RATIO, first_screen(page)), address


def a_backtest(chain) -> Backtest:
    backtest = Backtest.objects.create(
        standard=chain.standard, start_on="2026-01-05", stop_on="2026-03-15", n_total=10, n_done=10, every_days=7,
        parameters=chain.run.parameters | {"least_baseline": 4}, threshold=5.2, simulated_rate=0.15, state="done",
        finished_at=pages.AS_OF,
    )  # fmt: skip
    PastFlag.objects.create(
        backtest=backtest, location=chain.harbour, flagged_at=pages.ONSET, onset_at=pages.ONSET,
        direction="decline", channel="overall", evidence=400.0, seen=0.6, expected=0.8, chance=0.9,
    )  # fmt: skip
    return backtest


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("state", ["flags", "flags of an older release", "no flag"])
def test_nor_does_any_page_behind_it(client, chain, state, language):
    """Not asked: next visits, and the two pages of head office about the instrument itself (settings, auditors)."""
    STATES[state](chain)
    client.force_login(chain.dan)
    visit = chain.harbour.visits.first()
    places = {
        "reports:visit": [visit.pk],
        "reports:desk": [],
        "reports:runs": [],
        "reports:run": [chain.run.pk],
        "reports:backtests": [],
        "reports:backtest": [a_backtest(chain).pk],
    }
    for name, args in places.items():
        page = client.get(reverse(name, args=args), headers={"Accept-Language": language})
        assert page.status_code == 200
        assert hard_words_in(page) == [], name
        assert not re.search(RATIO, re.sub(r"\d\d?:\d\d", "", first_screen(page))), name


def test_words_of_shut_details_are_not_on_the_first_screen_and_those_of_summaries_are():
    shut = b"<p>Steady</p><details><summary>The odds</summary>Evidence<details>Onset</details> logit</details>"
    page = SimpleNamespace(content=shut + b'<svg aria-label="Residual"><title>Interval</title></svg>')
    assert hard_words_in(page) == ["odds", "interval", "residual"]


def test_each_word_is_explained_one_tap_behind(as_mia, chain):
    with_chance()
    page = pages.text_of(as_mia.get(reverse("reports:location", args=[chain.harbour.pk])))
    assert "What the words mean" in page
    assert "than if nothing has, here 400 : 1" in page
    for word in ("a 90 % interval", "The onset", "it is in control", "Behind it stands the evidence"):
        assert word in page, word


def test_what_is_new_since_monday_is_told_from_what_is_still_open(as_mia, chain):
    new = pages.text_of(as_mia.get(reverse("reports:drift")))
    assert "One store needs you this week. Its reported numbers have not moved for 6 weeks." in new
    assert "Why we think so" in new
    DriftFlag.objects.update(raised_at=pages.AS_OF - timedelta(days=8))
    known = pages.text_of(as_mia.get(reverse("reports:drift")))
    assert "Nothing new since Monday; one still open: 6 weeks." in known
    assert "Still open" in known
    assert "Why we think so" not in known


def test_a_drop_is_told_as_it_is_likely_beside_what_was_seen(as_mia, chain):
    with_chance()
    page = pages.text_of(as_mia.get(reverse("reports:location", args=[chain.harbour.pk])))
    assert "About 11 points below what is expected here; 15 were seen." in page
    assert "3 in 4 such flags are real" in page


def test_critical_behaviours_missed_lately_stand_on_the_page_before_any_drift(as_mia, chain):
    DriftFlag.objects.all().delete()
    assert "Critical behaviours missed" not in pages.text_of(as_mia.get(reverse("reports:drift")))
    pages.make_visit(chain, chain.mill, pages.AS_OF - timedelta(days=3), greeted=False)
    pages.make_visit(chain, chain.cove, pages.AS_OF - timedelta(days=3), greeted=False)  # of another region
    pages.make_visit(chain, chain.mill, pages.AS_OF - timedelta(days=40), greeted=False)
    page = pages.text_of(as_mia.get(reverse("reports:drift"))).partition("Critical behaviours missed")[2]
    listed = page.partition("All stores")[0]
    assert listed.count("Mill Lane") == 1
    assert "Cove" not in listed


def test_most_stores_never_visited_are_said_first_and_a_visit_to_come_is_counted(as_mia, chain):
    for number in range(9):
        pages.make_location(chain.north, number)
    waiting = pages.make_location(chain.north, 10)
    pages.make_visit(chain, waiting, pages.AS_OF - timedelta(days=1))
    page = pages.text_of(as_mia.get(reverse("reports:drift")))
    assert "9 of 12 stores were never visited. One store needs you this week." in page
    assert "One store was visited and waits for the next scan." in page


def test_a_store_without_a_flag_shows_its_moments(as_mia, chain):
    DriftFlag.objects.all().delete()
    page = pages.text_of(as_mia.get(reverse("reports:location", args=[chain.mill.pk])))
    assert "Moments lately" in page
    assert "Greeting" in page.partition("Moments lately")[2].partition("How alike")[0]
