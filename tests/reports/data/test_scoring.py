"""Approved visits -> tallies and section scores."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.utils import timezone

from audits.models import Observation, Visit
from audits.signals import visit_approved, visit_excluded
from bench.product.database_chains import make_chain, observe
from reports.detection.data.matrices import Unscorable
from reports.detection.data.scoring import queue_visits, score_visit, score_waiting, staffing_of, withdraw_visits
from reports.models import SectionScore, Tally
from tests.conftest import NOON
from tests.making import visit_payload

GREETED, WARMTH, WAIT, CLEAN, LITTER, WORDS = range(6)


def tally_of(visit) -> Tally:
    score_visit(visit.pk)
    return Tally.objects.get(visit=visit)


def rows(tally) -> list[list[int]]:
    return [list(tally.matrix[start : start + 6]) for start in range(0, len(tally.matrix), 6)]


@pytest.fixture
def record(world):
    from uuid import uuid4

    from audits.api.documents import receive_visit

    def record(**fields) -> Visit:
        payload = visit_payload(world, started_at=fields.pop("started_at", NOON), **fields)
        return receive_visit(visit_id=uuid4(), auditor=world.ana, payload=payload).visit

    return record


def test_approval_leaves_a_waiting_tally_in_the_same_transaction(visit):
    tally = Tally.objects.get(visit=visit)
    assert (tally.scored_at, tally.matrix) == (None, None)
    assert (tally.location_id, tally.auditor) == (visit.location_id, f"user:{visit.auditor_id}")
    assert tally.daypart == visit.daypart


def test_a_visit_is_known_from_its_approval_not_from_its_receipt(visit):
    Tally.objects.all().delete()
    later = visit.received_at + timedelta(days=9)
    Visit.objects.filter(pk=visit.pk).update(approved_at=later)
    queue_visits([visit.pk])
    assert Tally.objects.get().known_at == later


def test_tallies_of_an_older_release_are_known_from_the_approval_of_their_visits(visit):
    Tally.objects.update(known_at=visit.approved_at - timedelta(days=9))
    import_module("reports.migrations.0007_fill_tally_known_at").fill(apps, None)
    assert Tally.objects.get().known_at == visit.approved_at


def test_matrix_has_a_row_per_interaction_and_a_column_per_criterion(visit):
    tally = tally_of(visit)
    # 1 piece of litter of 5 = 0.8; text carries no conformity; what is asked once per visit stands in the first row
    assert rows(tally) == [[240, 240, 240, 240, 192, 255], [240, 240, 240, 255, 255, 255]]
    assert tally.n_interactions == 2


def test_score_is_the_weighted_mean_and_coverage_is_full_when_all_was_seen(visit):
    tally = tally_of(visit)
    assert tally.score == pytest.approx((2 * (1 + 2 + 1) + 1 + 0.8) / 10)
    assert tally.coverage == 1
    assert tally.n_critical_failed == 0


def test_criterion_that_was_not_shown_lowers_neither_score_nor_coverage(record):
    tally = tally_of(record(greeted=(True, False)))
    assert rows(tally)[1] == [0, 255, 240, 255, 255, 255]
    assert tally.coverage == 1
    assert tally.n_critical_failed == 1


def test_not_observed_costs_coverage_and_does_not_apply_does_not(visit):
    clean = Observation.objects.filter(visit=visit, criterion__key="clean")
    clean.update(state=Observation.State.NOT_OBSERVED, conformity=None, value=None)
    assert tally_of(visit).coverage == pytest.approx(7 / 8)
    clean.update(state=Observation.State.DOES_NOT_APPLY)
    assert tally_of(visit).coverage == 1


def test_visit_without_interactions_has_one_row(record):
    tally = tally_of(record(greeted=()))
    assert rows(tally) == [[255, 255, 255, 240, 192, 255]]
    assert tally.n_interactions == 0


def test_sections_are_scored_by_dimension_and_never_blended(record):
    tally = tally_of(record(greeted=(True, False)))
    scores = {
        (s.section.key, s.dimension): (s.score, s.n_observed, s.n_applicable)
        for s in SectionScore.objects.filter(tally=tally)
    }
    assert scores == {
        ("greeting", "completion"): (0.75, 4, 4),
        ("greeting", "delivery"): (1.0, 1, 1),
        ("shop", "completion"): (pytest.approx(0.9), 2, 2),
    }


def section_rows() -> list[tuple]:
    return sorted(SectionScore.objects.values_list("tally", "section", "dimension", "score", "n_observed"))


def test_scoring_twice_changes_nothing_and_a_correction_overwrites(visit):
    tally_of(visit)
    before = section_rows()
    tally_of(visit)
    assert section_rows() == before
    Observation.objects.filter(visit=visit, criterion__key="clean").update(conformity=0)
    assert rows(tally_of(visit))[0][CLEAN] == 0


def test_visit_that_was_not_approved_is_not_scored(visit):
    Tally.objects.all().delete()
    Visit.objects.update(approved_at=None)
    queue_visits([visit.pk])
    assert not Tally.objects.exists()
    assert score_visit(visit.pk) is False


def test_approval_said_again_keeps_the_scores(visit):
    scored = tally_of(visit)
    visit_approved.send(sender=Visit, visit_ids=[visit.pk])
    assert Tally.objects.get().scored_at == scored.scored_at


def test_excluded_visit_keeps_its_scores_and_is_marked(visit):
    tally_of(visit)
    visit_excluded.send(sender=Visit, visit_ids=[visit.pk])
    tally = Tally.objects.get()
    assert tally.is_excluded
    assert tally.score is not None


def test_section_with_nothing_left_to_score_loses_its_score(visit):
    tally_of(visit)
    Observation.objects.filter(visit=visit, criterion__key="warmth").update(
        state=Observation.State.DOES_NOT_APPLY, conformity=None, value=None
    )
    tally_of(visit)
    assert not SectionScore.objects.filter(tally=visit.pk, dimension="delivery").exists()


def test_withdrawn_visit_leaves_all_figures_and_is_scored_anew_when_it_is_approved_again(visit):
    tally_of(visit)
    withdraw_visits([visit.pk])
    assert not Tally.objects.exists()
    assert not SectionScore.objects.exists()
    visit_approved.send(sender=Visit, visit_ids=[visit.pk])
    assert Tally.objects.get().scored_at is None


def test_visit_that_was_excluded_at_approval_is_queued_as_excluded(visit):
    Tally.objects.all().delete()
    Visit.objects.update(excluded_at=timezone.now(), exclusion_reason="Shop was closed")
    queue_visits([visit.pk])
    assert Tally.objects.get().is_excluded


def test_staffing_is_customers_per_member_of_staff():
    assert [staffing_of(2, waiting) for waiting in (0, 2, 3, 6, 7)] == [
        "relaxed", "relaxed", "normal", "normal", "pressed",
    ]  # fmt: skip
    assert staffing_of(0, 1) == "pressed"
    assert staffing_of(0, 0) == staffing_of(None, 3) == staffing_of(3, None) == ""


def test_what_waits_is_scored_in_batches_oldest_first(record, monkeypatch):
    visits = [record(started_at=NOON + timedelta(hours=n)) for n in range(5)]
    monkeypatch.setattr("reports.detection.data.scoring.BATCH", 2)
    done: list[int] = []
    assert score_waiting(limit=3, progress=done.append) == 3
    assert done == [2, 1]
    assert set(Tally.objects.waiting().values_list("visit", flat=True)) == {visits[3].pk, visits[4].pk}
    assert score_waiting() == 2
    assert score_waiting() == 0


def test_bulk_and_single_scoring_agree(record):
    visits = [record(greeted=greeted) for greeted in ((True,), (False, True, True), ())]
    single = [(t.matrix, t.score, t.coverage) for t in map(tally_of, visits)]
    Tally.objects.update(scored_at=None, matrix=None, score=None, coverage=None)
    score_waiting()
    assert [(t.matrix, t.score, t.coverage) for t in map(tally_of, visits)] == single


def test_a_batch_takes_the_same_number_of_queries_however_many_visits(record, django_assert_num_queries):
    record()
    with django_assert_num_queries(8):
        score_waiting(limit=1)
    for _ in range(6):
        record()
    with django_assert_num_queries(8):
        score_waiting(limit=6)


def test_visit_that_contradicts_its_version_is_named_and_holds_up_no_other(record, world):
    from tests.making import publish_small_standard

    broken, sound = record(), record()
    other = publish_small_standard(world.standard, number=2).criteria().first()
    Observation.objects.filter(visit=broken, criterion__key="clean").update(criterion=other)
    with pytest.raises(Unscorable, match=str(broken.pk)):
        score_waiting()
    assert list(Tally.objects.waiting().values_list("visit", flat=True)) == [broken.pk]
    assert Tally.objects.get(visit=sound).score is not None


def test_scoring_observations_gives_back_the_matrices_that_they_were_made_from(db):
    chain = make_chain(n_locations=2, n_visits=3)
    before = dict(Tally.objects.values_list("visit", "matrix"))
    observe(chain)
    Tally.objects.update(scored_at=None, matrix=None)
    assert score_waiting() == 6
    assert dict(Tally.objects.values_list("visit", "matrix")) == before
    assert set(Tally.objects.values_list("n_interactions", "coverage")) == {(3, 1.0)}
