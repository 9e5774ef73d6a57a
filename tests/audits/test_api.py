"""What a phone is answered."""

import hashlib
import json
from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from audits.models import Assignment, Visit
from tests.audits.test_photos import jpeg


def put(client, visit_id, payload):
    return client.put(reverse("audits:api-visit", args=[visit_id]), json.dumps(payload), "application/json")


@pytest.fixture
def ana(client, world):
    client.force_login(world.ana)
    return client


def test_new_is_201_again_is_200_and_other_content_409_with_both_digests(ana, visit_id, payload):
    first = put(ana, visit_id, payload)
    again = put(ana, visit_id, payload)
    other = put(ana, visit_id, payload | {"note": "changed"})
    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 409)
    assert first.json() == again.json()
    assert other.json()["stored"] != other.json()["sent"]
    assert len(first.json()["receipt"]) == 9


def test_what_is_wrong_is_a_400_named_by_criterion(ana, visit_id, payload):
    payload["observations"][0]["value"] = 7
    answer = put(ana, visit_id, payload)
    assert answer.status_code == 400
    assert [error["where"] for error in answer.json()["errors"]] == ["observations.clean"]


@pytest.mark.parametrize("body", ["", "{", "[]", '"x"', "null", '{"location": 1e999}'])
def test_a_body_that_is_no_visit_is_a_400(ana, visit_id, body):
    answer = ana.put(reverse("audits:api-visit", args=[visit_id]), body, "application/json")
    assert answer.status_code == 400
    assert not Visit.objects.exists()


def test_somebody_elses_visit_does_not_exist_for_another_auditor(client, world, visit, payload):
    client.force_login(world.abe)
    assert put(client, visit.pk, payload).status_code == 404
    assert client.get(reverse("audits:api-visit", args=[visit.pk])).status_code == 404


def test_a_manager_may_not_record_visits(client, world, visit_id, payload):
    client.force_login(world.mia)
    answer = put(client, visit_id, payload)
    assert answer.status_code == 403
    assert "auditors" in answer.json()["detail"].lower()


def test_the_list_of_assignments_holds_only_mine_that_are_open(ana, world):
    today = timezone.localdate()

    def plan(auditor, closes_on, **fields):
        return Assignment.objects.create(
            location=world.harbour, version=world.version, auditor=auditor, opens_on=today - timedelta(days=9),
            closes_on=closes_on, **fields,
        )  # fmt: skip

    mine = plan(world.ana, today)
    plan(world.abe, today)
    plan(world.ana, today - timedelta(days=1))
    plan(world.ana, today, withdrawn_at=timezone.now())
    answer = ana.get(reverse("audits:api-assignments")).json()["results"]
    assert [row["id"] for row in answer] == [mine.pk]
    assert answer[0]["location"]["name"] == "Harbour Street"
    assert answer[0]["form_url"].endswith(f"/phone/forms/{world.version.pk}/")


def test_a_visited_assignment_leaves_the_list(ana, world, visit_id, payload):
    today = timezone.localdate()
    planned = Assignment.objects.create(
        location=world.harbour, version=world.version, auditor=world.ana, opens_on=today, closes_on=today
    )
    put(ana, visit_id, payload | {"assignment": planned.pk})
    assert ana.get(reverse("audits:api-assignments")).json() == {"results": []}


def test_lists_ask_the_same_number_of_queries_for_one_visit_and_for_many(
    ana, world, payload, django_assert_max_num_queries
):
    from audits.intake import record_visit
    from tests.conftest import NOON
    from tests.making import visit_payload

    for _ in range(12):
        record_visit(visit_id=uuid4(), auditor=world.ana, payload=visit_payload(world, started_at=NOON))
    with django_assert_max_num_queries(6):
        assert len(ana.get(reverse("audits:api-visits")).json()["results"]) == 12


class TestPhotos:
    @pytest.fixture
    def picture(self):
        return jpeg()

    @pytest.fixture
    def address(self, ana, visit_id, payload, picture):
        photo_id = uuid4()
        sha256 = hashlib.sha256(picture).hexdigest()
        payload["photos"] = [{"id": str(photo_id), "criterion": "clean", "sha256": sha256}]
        answer = put(ana, visit_id, payload)
        assert answer.json()["photos_missing"] == [str(photo_id)]
        return reverse("audits:api-photo", args=[visit_id, photo_id])

    def send(self, client, address, data, content_type="image/jpeg"):
        return client.put(address, data, content_type)

    def test_a_named_photo_is_201_then_200_and_no_longer_missing(self, ana, address, picture):
        first = self.send(ana, address, picture)
        assert (first.status_code, first.json()["photos_missing"]) == (201, [])
        assert self.send(ana, address, picture).status_code == 200

    def test_a_photo_that_nobody_expects_is_404_with_a_sentence(self, ana, visit, picture):
        answer = self.send(ana, reverse("audits:api-photo", args=[visit.pk, uuid4()]), picture)
        assert answer.status_code == 404
        assert "names no photo" in answer.json()["detail"]

    def test_fifty_megabytes_are_413(self, ana, address):
        assert self.send(ana, address, b"\0" * 50_000_000).status_code == 413

    def test_damaged_bytes_are_400(self, ana, address, picture):
        assert self.send(ana, address, picture[:-50]).status_code == 400

    def test_another_kind_of_file_is_415(self, ana, address, picture):
        assert self.send(ana, address, picture, "application/pdf").status_code == 415

    def test_only_those_who_see_the_visit_see_its_photos(self, client, world, ana, address, picture):
        photo = self.send(ana, address, picture).json()
        for name in ("photo", "thumbnail"):
            page = reverse(f"audits:{name}", args=[photo["id"]])
            for person, status in [(world.ana, 200), (world.mia, 200), (world.cal, 404), (world.abe, 404)]:
                client.force_login(person)
                assert client.get(page).status_code == status, (name, person)
            client.logout()
            assert client.get(page).status_code == 302
