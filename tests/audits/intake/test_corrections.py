"""A returned visit comes again as its next revision."""

import hashlib
from copy import deepcopy
from functools import partial
from uuid import uuid4

import pytest

from audits.api.documents import receive_visit
from audits.intake.checked_visit import VisitRefused
from audits.intake.content import content_digest
from audits.intake.photos import PhotoUnexpected, attach_photo
from audits.intake.visits import NotYours, VisitConflict
from audits.models import Observation, Photo, Visit, VisitRevision
from audits.review.exclusion import exclude
from audits.review.returns import return_visit
from tests.audits.intake.test_photos import jpeg
from tests.conftest import NOON
from tests.making import visit_payload
from tests.meanwhile import meanwhile


def photo_named(sha256="a" * 64, **fields) -> dict:
    return {"id": str(uuid4()), "criterion": "clean", "interaction": None, "sha256": sha256, **fields}


def returned(visit, world, **fields):
    return return_visit(visit=Visit.objects.get(pk=visit.pk), by=world.mia, comment="Look again.", **fields)


def corrected(payload, revision=2, **changes) -> dict:
    return deepcopy(payload) | {"revision": revision, **changes}


def test_a_returned_visit_takes_its_next_revision_and_counts_again(world, visit, payload):
    returned(visit, world)
    second = corrected(payload, note="Corrected.")
    second["interactions"].pop()
    second["observations"][1]["value"] = 5
    recorded = receive_visit(visit_id=visit.pk, auditor=world.ana, payload=second)
    now = Visit.objects.get(pk=visit.pk)
    assert not recorded.created
    assert (now.revision, now.note, now.returned_at) == (2, "Corrected.", None)
    assert now.approved_at is not None
    assert now.received_at > visit.received_at
    assert now.interactions.count() == 1
    assert now.observations.get(criterion__key="litter").value == 5
    assert now.observations.count() == 6


def test_every_revision_stays_readable_as_it_was_sent(world, visit, payload):
    returned(visit, world)
    second = corrected(payload, note="Corrected.")
    receive_visit(visit_id=visit.pk, auditor=world.ana, payload=second)
    kept = list(VisitRevision.objects.filter(visit=visit).order_by("revision"))
    assert [(one.revision, one.content) for one in kept] == [(1, payload), (2, second)]
    assert [one.digest for one in kept] == [content_digest(payload), content_digest(second)]


def test_either_revision_again_is_no_conflict(world, visit, payload):
    returned(visit, world)
    second = corrected(payload, note="Corrected.")
    for sent in (payload, second, second, payload):
        assert receive_visit(visit_id=visit.pk, auditor=world.ana, payload=sent).created is False
    assert Visit.objects.get(pk=visit.pk).revision == 2
    assert VisitRevision.objects.filter(visit=visit).count() == 2


@pytest.mark.parametrize("revision", [1, 3, 99])
def test_a_wrong_revision_of_a_returned_visit_is_a_conflict_with_both(world, visit, payload, revision):
    returned(visit, world)
    with pytest.raises(VisitConflict) as caught:
        receive_visit(visit_id=visit.pk, auditor=world.ana, payload=corrected(payload, revision, note="Corrected."))
    assert (caught.value.stored_revision, caught.value.sent_revision) == (1, revision)
    assert caught.value.stored_content == payload
    assert Visit.objects.get(pk=visit.pk).returned_at is not None


def test_a_visit_that_was_not_returned_takes_no_second_revision(world, visit, payload):
    with pytest.raises(VisitConflict):
        receive_visit(visit_id=visit.pk, auditor=world.ana, payload=corrected(payload, note="Corrected."))
    assert Visit.objects.get(pk=visit.pk).note == ""


def test_a_correction_that_does_not_fit_changes_nothing(world, visit, payload):
    returned(visit, world)
    second = corrected(payload)
    second["observations"][0]["value"] = 7
    with pytest.raises(VisitRefused) as caught:
        receive_visit(visit_id=visit.pk, auditor=world.ana, payload=second)
    assert [problem.where for problem in caught.value.problems] == ["observations.clean"]
    now = Visit.objects.get(pk=visit.pk)
    assert (now.revision, now.observations.count(), now.interactions.count()) == (1, 9, 2)
    assert now.returned_at is not None


def test_nobody_else_corrects_a_returned_visit(world, visit, payload):
    returned(visit, world)
    with pytest.raises(NotYours):
        receive_visit(visit_id=visit.pk, auditor=world.abe, payload=corrected(payload, note="Mine."))


def overtaken(**other):
    """Another request, for the same visit, stores when this one has been checked and is about to be stored."""
    return meanwhile(partial(receive_visit, **other), before="SAVEPOINT")


def test_of_two_different_corrections_at_once_one_wins_and_the_other_is_told(world, visit, payload):
    returned(visit, world)
    first, second = corrected(payload, note="First."), corrected(payload, note="Second.")
    overtakes = overtaken(visit_id=visit.pk, auditor=world.ana, payload=second)
    with overtakes, pytest.raises(VisitConflict) as caught:
        receive_visit(visit_id=visit.pk, auditor=world.ana, payload=first)
    assert caught.value.stored_content == second
    now = Visit.objects.get(pk=visit.pk)
    assert (now.revision, now.note, now.observations.count()) == (2, "Second.", 9)


def test_the_same_correction_twice_at_once_is_stored_once(world, visit, payload):
    returned(visit, world)
    second = corrected(payload, note="Second.")
    with overtaken(visit_id=visit.pk, auditor=world.ana, payload=second):
        receive_visit(visit_id=visit.pk, auditor=world.ana, payload=second)
    assert VisitRevision.objects.filter(visit=visit).count() == 2
    assert Observation.objects.filter(visit=visit).count() == 9


class TestPhotosOfACorrection:
    @pytest.fixture
    def picture(self):
        return jpeg()

    @pytest.fixture
    def sent(self, world, payload, visit_id, picture) -> dict:
        """A returned visit with one photo that is here and one that never came."""
        here = photo_named(hashlib.sha256(picture).hexdigest(), interaction=payload["interactions"][1]["id"])
        payload["photos"] = [here | {"criterion": "greeted"}, photo_named()]
        visit = receive_visit(visit_id=visit_id, auditor=world.ana, payload=payload).visit
        attach_photo(visit=visit, photo_id=here["id"], data=picture)
        returned(visit, world)
        return payload

    def test_a_photo_that_is_here_stays_even_if_its_interaction_goes(self, world, sent, visit_id):
        second = corrected(sent)
        second["interactions"].pop()
        second["photos"] = [second["photos"][0] | {"interaction": None}]
        receive_visit(visit_id=visit_id, auditor=world.ana, payload=second)
        [photo] = Photo.objects.filter(visit=visit_id)
        assert (str(photo.pk), photo.interaction, photo.withdrawn_at) == (sent["photos"][0]["id"], None, None)
        assert photo.received_at is not None
        assert photo.image.storage.exists(photo.image.name)

    def test_a_photo_that_is_left_out_is_kept_but_shown_no_more_and_may_come_back(self, world, sent, visit_id):
        receive_visit(visit_id=visit_id, auditor=world.ana, payload=corrected(sent, photos=[]))
        [photo] = Photo.objects.filter(visit=visit_id)
        assert photo.withdrawn_at is not None
        assert not Photo.objects.visible_to(world.ana).exists()
        returned(Visit.objects.get(pk=visit_id), world)
        receive_visit(visit_id=visit_id, auditor=world.ana, payload=corrected(sent, 3, photos=sent["photos"][:1]))
        assert Photo.objects.visible_to(world.ana).get().received_at is not None

    def test_another_picture_needs_an_id_of_its_own(self, world, sent, visit_id):
        second = corrected(sent)
        second["photos"][0]["sha256"] = "b" * 64
        with pytest.raises(VisitRefused) as caught:
            receive_visit(visit_id=visit_id, auditor=world.ana, payload=second)
        assert [problem.where for problem in caught.value.problems] == ["photos.0.sha256"]

    def test_a_photo_on_its_way_while_the_visit_drops_it_is_told_so(self, world, sent, visit_id):
        late = sent["photos"][1] | {"sha256": hashlib.sha256(jpeg((40, 30))).hexdigest()}
        Photo.objects.filter(pk=late["id"]).update(sha256=late["sha256"])

        drops = partial(receive_visit, visit_id=visit_id, auditor=world.ana, payload=corrected(sent, photos=[]))
        with meanwhile(drops, before='UPDATE "audits_photo"'), pytest.raises(PhotoUnexpected):
            attach_photo(visit=Visit.objects.get(pk=visit_id), photo_id=late["id"], data=jpeg((40, 30)))


def test_an_exclusion_outlives_a_correction(world, visit, payload):
    returned(visit, world)
    exclude(visit=Visit.objects.get(pk=visit.pk), by=world.mia, reason="Wrong shop.")
    receive_visit(visit_id=visit.pk, auditor=world.ana, payload=corrected(payload, note="Corrected."))
    now = Visit.objects.get(pk=visit.pk)
    assert (now.note, now.exclusion_reason) == ("Corrected.", "Wrong shop.")
    assert not Visit.objects.counting().exists()


def test_a_photo_or_an_interaction_more_costs_no_query_more(world, payload, django_assert_max_num_queries):
    many = visit_payload(world, started_at=NOON, greeted=(True,) * 20)
    many["photos"] = [photo_named(f"{number:064d}") for number in range(20)]
    for sent in (payload, many):
        visit_id = uuid4()
        with django_assert_max_num_queries(34):
            receive_visit(visit_id=visit_id, auditor=world.ana, payload=sent)
        returned(Visit.objects.get(pk=visit_id), world)
        with django_assert_max_num_queries(44):
            receive_visit(visit_id=visit_id, auditor=world.ana, payload=corrected(sent, note="Corrected."))
