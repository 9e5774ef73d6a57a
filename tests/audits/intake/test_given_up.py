"""A photo that the auditor gives up on the phone is waited for no longer, and the record says who did so and why."""

import hashlib
from uuid import uuid4

import pytest
from django.db import IntegrityError
from django.urls import reverse
from django.utils import timezone

from audits.api.documents import receive_visit
from audits.intake.photos import attach_photo
from audits.models import Photo, Visit
from audits.review.returns import return_visit
from tests.audits.intake.test_photos import jpeg

WHY = "The photo is damaged."


@pytest.fixture
def picture():
    return jpeg()


@pytest.fixture
def photo_id():
    return uuid4()


@pytest.fixture
def visit(world, payload, visit_id, photo_id, picture):
    """One that names a photo which has not come."""
    sha256 = hashlib.sha256(picture).hexdigest()
    payload["photos"] = [{"id": str(photo_id), "criterion": "clean", "sha256": sha256}]
    return receive_visit(visit_id=visit_id, auditor=world.ana, payload=payload).visit


@pytest.fixture
def address(visit, photo_id):
    return reverse("audits:api-photo-given-up", args=[visit.pk, photo_id])


@pytest.fixture
def ana(client, world):
    client.force_login(world.ana)
    return client


def give_up(client, address, reason=WHY):
    return client.put(address, {"reason": reason}, "application/json")


def told(client, visit) -> tuple[list, list]:
    """What the phone reads: missing, given up."""
    row = client.get(reverse("audits:api-visit", args=[visit.pk])).json()
    return row["photos_missing"], row["photos_given_up"]


def test_a_photo_that_is_given_up_is_no_longer_missing_and_says_who_and_why(ana, world, visit, address, photo_id):
    assert told(ana, visit) == ([str(photo_id)], [])
    before = timezone.now()
    answer = give_up(ana, address)
    assert (answer.status_code, answer.json()["id"]) == (200, str(photo_id))
    assert told(ana, visit) == ([], [str(photo_id)])
    photo = Photo.objects.get()
    assert (photo.given_up_by, photo.given_up_reason) == (world.ana, WHY)
    assert before <= photo.given_up_at <= timezone.now()


def test_the_same_word_twice_is_kept_as_it_came_first(ana, address):
    give_up(ana, address)
    first = Photo.objects.values().get()
    assert give_up(ana, address, "Something else.").status_code == 200
    assert Photo.objects.values().get() == first


def test_it_can_be_taken_back(ana, visit, address, photo_id):
    give_up(ana, address)
    assert ana.delete(address).json()["given_up_at"] is None
    assert told(ana, visit) == ([str(photo_id)], [])
    assert ana.delete(address).status_code == 200


def test_a_picture_that_comes_after_all_counts(ana, visit, address, photo_id, picture):
    give_up(ana, address)
    attach_photo(visit=visit, photo_id=photo_id, data=picture)
    assert told(ana, visit) == ([], [])
    assert Photo.objects.get().received_at is not None


def test_a_picture_that_is_here_is_not_given_up(ana, visit, address, photo_id, picture):
    attach_photo(visit=visit, photo_id=photo_id, data=picture)
    answer = give_up(ana, address).json()
    assert (answer["given_up_at"], answer["received_at"] is None) == (None, False)


def test_a_correction_that_names_the_photo_again_waits_for_it_again(ana, world, visit, payload, address, photo_id):
    give_up(ana, address)
    Visit.objects.update(approved_at=None, approved_by=None)
    return_visit(visit=Visit.objects.get(), by=world.mia, comment="Once more.")
    receive_visit(visit_id=visit.pk, auditor=world.ana, payload=payload | {"revision": 2})
    assert told(ana, visit) == ([str(photo_id)], [])


def test_nobody_else_gives_it_up(client, world, visit, address):
    client.force_login(world.abe)
    assert give_up(client, address).status_code == 404
    assert client.delete(address).status_code == 404
    assert Photo.objects.get().given_up_at is None


def test_a_photo_that_the_visit_does_not_name_is_404_with_a_sentence(ana, visit):
    answer = give_up(ana, reverse("audits:api-photo-given-up", args=[visit.pk, uuid4()]))
    assert answer.status_code == 404
    assert "names no photo" in answer.json()["detail"]


def test_the_database_keeps_no_photo_that_is_both_here_and_given_up(ana, visit, address, photo_id, picture):
    attach_photo(visit=visit, photo_id=photo_id, data=picture)
    with pytest.raises(IntegrityError, match="photo_given_up_by_somebody_and_not_here"):
        Photo.objects.update(given_up_at=timezone.now(), given_up_by=visit.auditor)


@pytest.mark.parametrize(
    ("reason", "said"), [("Too <large>.", "Too &lt;large&gt;."), ("", "the picture was no longer on the phone")]
)
def test_the_visits_page_in_the_admin_says_who_gave_up_what_and_why(client, world, ana, visit, address, reason, said):
    give_up(ana, address, reason)
    client.force_login(world.dan)
    page = client.get(reverse("admin:audits_visit_change", args=[visit.pk])).content.decode()
    assert "Photos given up on the phone" in page
    assert f"by ana@example.org, of “Was the floor clean?”: {said}" in page
