"""How alike customers are treated, from tallies to the sentences of a store's page."""

from dataclasses import replace
from datetime import timedelta
from itertools import combinations

import numpy as np
import pytest
from django.urls import reverse

from audits.models import Criterion, Section, Version
from bench.product import database_chains as chains
from locations.models import Membership, Region, User
from reports.detection.data.day_numbers import to_days
from reports.detection.data.fitted_run import N_PEERS, FittedRun
from reports.detection.scan.scan import request_scan, run_scan
from reports.detection.views.consistency import (
    MOST_CRITERIA,
    Estimate,
    Part,
    Treatment,
    as_many_as_it_takes,
    least_alike,
    treatment,
)
from reports.measure.model.chain import NONE
from reports.models import Run
from reports.pages.manager import explanations
from tests.reports.page_rows import text_of

ONSET = chains.START + timedelta(days=140)


def with_critical(standard, *, number):
    """As `publish_version`, the first criterion of each section critical."""
    version = Version.objects.create(standard=standard, number=number)
    for place, key in enumerate(("greeting", "advice", "till")):
        section = Section.objects.create(version=version, key=key, title=key.title(), position=place)
        for n in range(5):
            Criterion.objects.create(
                section=section, key=f"{key}-{n}", text=f"{key} {n}?", is_critical=not n, position=n
            )
    version.state, version.published_at = Version.State.PUBLISHED, chains.START
    version.save()
    return version


@pytest.fixture
def scanned(db):
    """Twelve stores, thirty visits each; the first keeps less from the onset on."""
    made = chains.make_chain(n_locations=12, n_visits=30, drops={0: (140.0, 1.2, None)}, publish=with_critical)
    made.run = run_scan(request_scan(standard=made.standard, as_of=made.end).pk)
    return made


@pytest.fixture
def manager(scanned):
    user = User.objects.create_user("max@example.org", "correct horse battery")
    for region in Region.objects.all():
        Membership.objects.create(user=user, region=region, role="manager")
    return user


def test_a_drop_lowers_the_promise_since_the_onset(scanned):
    place = scanned.locations[0].pk
    found = treatment(
        FittedRun.last(scanned.standard).visits([place], with_peers=True), location_id=place, onset=ONSET
    )
    assert found.has_critical
    assert found.now.n_visits + found.before.n_visits == 30
    assert found.now.promise.value < found.before.promise.low
    assert found.now.promise.low < found.now.promise.value < found.now.promise.high
    assert sum(part.n_visits for part in found.dayparts) == found.now.n_visits


def test_without_an_onset_the_last_half_year_counts_and_nothing_before(scanned):
    place = scanned.locations[3].pk
    known = FittedRun.last(scanned.standard).visits([place], with_peers=True)
    found = treatment(known, location_id=place)
    assert found.before is None
    own = known.chain.location == known.location_index(place)
    since = known.chain.time[own].max() - 182
    assert found.now.n_visits == int((own & (known.chain.time >= since)).sum())


def test_an_onset_three_visits_ago_says_how_many_are_missing(scanned):
    place = scanned.locations[0].pk
    known = FittedRun.last(scanned.standard).visits([place], with_peers=True)
    found = treatment(known, location_id=place, onset=chains.START + timedelta(days=27 * 7 - 1))
    assert (found.now.n_visits, found.now.promise.value, found.now.promise.missing) == (3, None, 1)
    assert explanations.promise(found) == "All critical behaviours kept: not enough visits; one more."


def test_where_only_some_visits_tell_as_many_more_are_said_as_it_takes(scanned):
    """Of nine visits since the onset three looked at what is critical: the fourth takes three visits."""
    place = scanned.locations[0].pk
    known = FittedRun.last(scanned.standard).visits([place], with_peers=True)
    chain, onset = known.chain, chains.START + timedelta(days=21 * 7 - 1)
    nth = np.arange(chain.n_visits) - chain.first_visit[chain.location]
    silent = (chain.location == known.location_index(place)) & (nth >= 21) & (nth % 3 > 0)
    hidden = silent[chain.rating_visit][:, None] & chain.critical
    ratings = np.where(hidden, NONE, chain.ratings).astype(np.uint8)
    some = replace(known, history=replace(known.history, chain=replace(chain, ratings=ratings)))
    found = treatment(some, location_id=place, onset=onset)
    assert found.now.n_visits == 9
    assert (found.now.promise.value, found.now.promise.missing) == (None, 3)
    assert explanations.promise(found) == "All critical behaviours kept: not enough visits; three more."
    assert found.now.unevenness.missing == 0


@pytest.mark.parametrize("n_visits", range(4, 40, 5))
def test_as_many_more_visits_are_told_as_bring_those_that_are_missing(n_visits):
    for missing in range(1, 4):
        told = as_many_as_it_takes(missing, n_visits)
        of_each = (4 - missing) / n_visits
        assert told * of_each >= missing - 1e-9 > (told - 1) * of_each - 1e-9


def test_peers_are_bounded_however_long_the_chain(scanned, django_assert_num_queries):
    place = scanned.locations[0].pk
    with django_assert_num_queries(3):
        known = FittedRun.last(scanned.standard).visits([place], with_peers=True)
    assert known.chain.n_visits == 12 * 30
    assert N_PEERS < 100
    assert FittedRun.last(scanned.standard).visits([place]).chain.n_visits == 30


def test_a_store_that_no_run_knows_has_no_figures(scanned):
    known = FittedRun.last(scanned.standard).visits([0], with_peers=True)
    assert treatment(known, location_id=0) is None
    Run.objects.update(effects=None)
    assert FittedRun.last(scanned.standard) is None


def test_the_page_says_how_alike_customers_are_treated(client, scanned, manager):
    client.force_login(manager)
    said = text_of(client.get(reverse("reports:location", args=[scanned.locations[0].pk])))
    assert "How alike are two customers treated?" in said
    assert "All critical behaviours kept in " in said
    assert " before." in said
    assert "Spread between interactions " in said


# Sentences


def part(name="now", *, promise=0.6, spread=0.09, within=None, half=0.07):
    def estimate(value):
        return Estimate(None, None, None, 2) if value is None else Estimate(value, value - half, value + half, 0)

    return Part(name, 14, estimate(promise), estimate(spread), within)


def said(**parts) -> str:
    shown = {"now": part(), "before": None, "dayparts": [], "has_critical": True, **parts}
    found = Treatment(**shown)
    return f"{explanations.promise(found)} {explanations.unevenness(found)}".replace("\u00a0", " ")


def test_sentences_give_now_with_an_interval_and_before_without():
    assert said(now=part(promise=0.61, spread=0.09), before=part(promise=0.78, spread=0.04)) == (
        "All critical behaviours kept in 61 % of interactions (54–68); 78 % before. "
        "Spread between interactions 9 points beyond chance (2–16); 4 before."
    )


@pytest.mark.parametrize(
    ("share", "words"),
    [(0.8, "Mostly within a visit"), (0.2, "Mostly between visits"), (0.5, "As much within a visit as between")],
)
def test_where_the_spread_lies_is_said_when_it_is_proven(share, words):
    assert words in said(now=part(within=share))
    assert words not in said(now=part(within=share, half=0.2))


def test_dayparts_are_told_apart_only_where_their_intervals_are():
    evening, morning = part("evening", promise=0.48), part("morning", promise=0.72)
    assert "least in the evening (48 %), most in the morning (72 %)." in said(dayparts=[evening, morning])
    assert "least in" not in said(dayparts=[part("evening", promise=0.6), morning])
    assert "least in" not in said(dayparts=[part("evening", promise=None), morning])


def test_without_critical_criteria_there_is_no_promise():
    assert "No criterion of this standard is critical" in said(has_critical=False)


def test_intervals_narrow_with_visits(scanned):
    place = scanned.locations[5].pk
    known = FittedRun.last(scanned.standard).visits([place], with_peers=True)
    few = treatment(known, location_id=place, onset=chains.START + timedelta(days=26 * 7 - 1)).now.promise
    many = treatment(known, location_id=place, onset=chains.START).now.promise
    assert many.high - many.low < few.high - few.low
    assert np.isfinite(few.value)


def test_criteria_are_told_on_which_two_customers_are_most_often_treated_differently(client, scanned, manager):
    place = scanned.locations[0].pk
    known = FittedRun.last(scanned.standard).visits([place], with_peers=True)
    found = least_alike(known, location_id=place, onset=ONSET)
    assert len(found) == MOST_CRITERIA
    own = known.chain.subset(
        (known.chain.location == known.location_index(place)) & (known.chain.time >= to_days(ONSET))
    )
    for each in found:
        criterion = Criterion.objects.get(text=each.text)
        column = int(np.flatnonzero(known.history.codes.criteria == criterion.pk)[0])
        kept = (own.ratings[:, column][own.ratings[:, column] != NONE] >= 120).tolist()
        pairs = [one == other for one, other in combinations(kept, 2)]
        assert each.share == pytest.approx(sum(pairs) / len(pairs))
        assert each.n_interactions == len(kept)
    shares = [each.share for each in found]
    assert shares == sorted(shares)
    client.force_login(manager)
    said = text_of(client.get(reverse("reports:location", args=[place])))
    assert "Where two customers are most often treated differently" in said


def test_of_a_few_interactions_nothing_is_said_of_pairs(scanned):
    place = scanned.locations[0].pk
    known = FittedRun.last(scanned.standard).visits([place], with_peers=True)
    onset = chains.START + timedelta(days=27 * 7 - 1)  # three visits ago, of three interactions each
    assert least_alike(known, location_id=place, onset=onset) == []


def test_half_year_is_said_to_end_with_the_last_visit_where_that_is_long_ago(client, scanned, manager):
    client.force_login(manager)
    calm = next(place for place in scanned.locations if not place.drift_flags.exists())
    said = text_of(client.get(reverse("reports:location", args=[calm.pk])))
    assert "visits in the half year up to the last visit; the brackets hold it in nine cases of ten." in said
    assert "last half year" not in said
