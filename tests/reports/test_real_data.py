"""Four sets of real inspections: stored whole, and what the reports may claim of them.

One import serves all tests of this module. The figures are in docs/real-data.md, with what does not hold.
"""

import csv
import gzip
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from django.db import transaction
from django.db.models import Count, Sum
from django.utils import timezone

from audits.history import import_folder
from audits.models import Observation, Visit
from bench import real_data
from locations.models import Metric, Reading
from reports.detection.data.reported_metrics import reported_numbers
from reports.detection.data.scoring import score_waiting
from reports.detection.scan.level_disagreements import Disagreements, level_disagreements
from reports.measure.model.levels import fitted_levels
from reports.models import Tally

SETS = Path(__file__).resolve().parents[3] / "shared" / "data"
EXPECTED = {  # as counted once with other tools: locations, visits, observations, readings
    "chicago_food": (6_287, 14_049, 618_156, 172_497),
    "cms_nursing": (3_223, 14_929, 840_550, 116_344),
    "hiqa_disability": (677, 1_647, 20_317, 3_178),
    "sanmateo_food": (2_829, 12_112, 450_179, 15_597),
}
pytestmark = [
    pytest.mark.slow,
    pytest.mark.shared,
    pytest.mark.django_db,
    pytest.mark.skipif(not SETS.is_dir(), reason="the real inspections of ../shared/data are not here"),
]


@pytest.fixture(scope="module")
def imported(django_db_setup, django_db_blocker, tmp_path_factory):
    """What `import_folder` said of each set; San Mateo's change of form is declared. Gone after the module."""
    folders = {name: SETS / name for name in EXPECTED}
    target = tmp_path_factory.mktemp("sets") / "declared"
    folders["sanmateo_food"] = real_data.declare_change(SETS / "sanmateo_food", target)
    with django_db_blocker.unblock(), transaction.atomic():
        yield {
            name: import_folder(folder, standard_key=name, time_zone=real_data.ZONES[name])
            for name, folder in folders.items()
        }
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def scored(imported, django_db_blocker):
    with django_db_blocker.unblock():
        score_waiting()


def by_criterion(name: str) -> dict[str, tuple[int, float]]:
    """How often each criterion was observed, and how often it conformed, as the file says."""
    seen: Counter[str] = Counter()
    conformed: Counter[str] = Counter()
    with gzip.open(SETS / name / "observations.csv.gz", "rt", newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            seen[row["criterion_id"]] += 1
            conformed[row["criterion_id"]] += float(row["conforms"])
    return {key: (seen[key], conformed[key]) for key in seen}


def stored_by_criterion(name: str) -> dict[str, tuple[int, float]]:
    observed = Observation.objects.filter(visit__version__standard__key=name).values("criterion__key")
    found = observed.annotate(n=Count("pk"), conformed=Sum("conformity")).order_by()
    return {row["criterion__key"]: (row["n"], row["conformed"]) for row in found}


@pytest.mark.parametrize("name", EXPECTED)
def test_real_inspections_are_stored_whole(imported, name):
    n_locations, n_visits, n_observations, n_readings = EXPECTED[name]
    result = imported[name]
    assert (result.visits, result.observations, result.readings.created) == (n_visits, n_observations, n_readings)
    assert (result.faults.n, result.locations.created) == (0, n_locations)
    assert stored_by_criterion(name) == by_criterion(name)


def test_every_visit_is_queued_and_the_same_folder_again_changes_nothing(imported):
    n_visits = sum(expected[1] for expected in EXPECTED.values())
    assert Visit.objects.counting().count() == n_visits
    assert Tally.objects.count() == n_visits  # the queue of record holds every visit
    assert Reading.objects.count() == sum(expected[3] for expected in EXPECTED.values())
    noon = Visit.objects.get(version__standard__key="chicago_food", reference="529281").started_at
    assert noon == datetime(2011, 9, 2, 17, 0, tzinfo=UTC)
    assert import_folder(SETS / "hiqa_disability", time_zone="Europe/Dublin").changed_nothing


def test_chicago_flags_a_stricter_inspector_no_more_than_the_same_one(scored):
    """Evidence of 2 : 1, as the usual 20 : 1 flags nobody in so few visits. Without severities it is the trap."""
    history, effects = real_data.fitted("chicago_food")
    groups = real_data.severity_changes(history.chain, effects)
    assert min(groups["stricter"].sum(), groups["kept"].sum()) > 250

    def times_as_often(model) -> float:
        flagged = real_data.declines(history.chain, model, ratio=2)
        assert flagged[groups["kept"]].sum() > 20
        return flagged[groups["stricter"]].mean() / flagged[groups["kept"]].mean()

    assert times_as_often(effects) <= 1.1
    assert times_as_often(real_data.without_auditors(effects)) > 1.4


def test_the_score_of_an_irish_visit_does_not_depend_on_how_much_was_assessed(scored):
    plain, adjusted = real_data.items_and_score("hiqa_disability")
    assert plain > 0.2
    assert abs(adjusted) <= 0.05


def test_san_mateo_has_no_spike_when_its_new_form_is_declared(scored):
    """Evidence of 3 : 1, as with so few visits hardly anything becomes a flag."""
    for direction in ("decline", "improvement"):
        inside, outside = real_data.signals_a_month("sanmateo_food", direction, ratio=3)
        assert outside > 0.5
        assert inside <= outside


@pytest.fixture(scope="module")
def homes(scored, django_db_blocker):
    with django_db_blocker.unblock():
        return real_data.fitted("cms_nursing")


def compared(homes) -> Disagreements:
    history, effects = homes
    today = timezone.now().date()
    return level_disagreements(
        codes=history.codes,
        observed=fitted_levels(history.chain, effects),
        numbers=reported_numbers(history.codes.locations, as_of=today),
        as_of=today,
    )


def test_nursing_homes_that_report_best_and_are_seen_worst_stand_there_within_their_state(homes):
    found = compared(homes)
    rows = [row for rows in found.rows.values() for row in rows]
    assert len(rows) > 1_000
    n, reported, observed = (np.array([row[key] for row in rows]) for key in ("n", "reported_rank", "observed_rank"))
    assert n.min() >= 8
    assert n.max() < 250  # states, never the country
    assert (reported <= n / 4 + 1).all()
    assert (observed >= 3 * n / 4).all()


def test_star_rating_that_contains_the_inspections_is_refused_by_name_and_changes_nothing(homes):
    found = compared(homes)
    assert ("Overall stars", "is not independent of the visits") in found.not_compared
    stars = Metric.objects.filter(key="overall_stars")
    stars.update(is_independent=True)
    assert compared(homes).rows != found.rows  # it would count, were it not refused
    Reading.objects.filter(metric__in=stars).delete()
    without = compared(homes)
    assert without.rows == found.rows
    assert "Overall stars" not in dict(without.not_compared)
