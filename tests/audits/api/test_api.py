"""What a phone is answered."""

import hashlib
import json
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from audits.api.documents import receive_visit
from audits.models import Assignment, Visit
from audits.review.exclusion import exclude
from audits.review.returns import return_visit
from locations.models import Membership
from tests.audits.intake.test_photos import jpeg
from tests.conftest import NOON
from tests.making import visit_payload


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


def test_a_manager_may_not_receive_visits(client, world, visit_id, payload):
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


@pytest.mark.parametrize(("hour", "is_listed"), [(2, True), (5, False)])
def test_an_assignment_is_open_until_its_last_day_ends_at_the_location(ana, world, monkeypatch, hour, is_listed):
    Membership.objects.create(user=world.ana, region=world.south, role="auditor")
    last_day = date(2026, 3, 4)
    Assignment.objects.create(
        location=world.cove, version=world.version, auditor=world.ana, opens_on=last_day, closes_on=last_day
    )
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 3, 5, hour, tzinfo=UTC))  # there it is 5 hours less
    rows = ana.get(reverse("audits:api-assignments")).json()["results"]
    assert [row["location"]["name"] for row in rows] == ["Cove"] * is_listed


def test_an_assignment_names_its_visit_the_same_for_every_phone_of_its_auditor_and_nobody_elses(ana, world):
    today = timezone.localdate()
    plans = [
        Assignment.objects.create(
            location=world.harbour, version=world.version, auditor=world.ana, opens_on=today, closes_on=today
        )
        for _ in range(2)
    ]

    def named():
        rows = ana.get(reverse("audits:api-assignments")).json()["results"]
        return [(row["visit_id"], row["first_interaction_id"]) for row in rows]

    first = named()
    assert named() == first
    assert len({id_ for pair in first for id_ in pair}) == 4
    Assignment.objects.filter(pk=plans[0].pk).update(auditor=world.abe)
    assert str(Assignment.objects.get(pk=plans[0].pk).visit_id) not in {visit for visit, _ in first}


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
    for _ in range(12):
        receive_visit(visit_id=uuid4(), auditor=world.ana, payload=visit_payload(world, started_at=NOON))
    with django_assert_max_num_queries(7):
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


def test_too_many_bytes_of_json_are_413(ana, visit_id, payload):
    assert put(ana, visit_id, payload | {"note": "x" * 17_000_000}).status_code == 413


def test_json_without_end_is_a_400(ana, visit_id):
    body = '{"note": ' + "[" * 100_000 + "]" * 100_000 + "}"
    assert ana.put(reverse("audits:api-visit", args=[visit_id]), body, "application/json").status_code == 400


@pytest.mark.parametrize(
    "change",
    [
        {"\ud83d": 1},
        {"mode": "\ud83d"},
        {"note": "\ud83d"},
        {"started_at": "\ud83d"},
        {"observations": [{"criterion": "\ud83d", "state": "answered", "value": "\0"}]},
        {"photos": [{"id": "\ud83d", "sha256": "\0"}]},
    ],
)
def test_half_an_emoji_anywhere_is_a_400(ana, visit_id, payload, change):
    answer = put(ana, visit_id, payload | change)
    assert answer.status_code == 400
    assert answer.json()["errors"]


def test_the_clock_tells_the_time_and_is_never_kept(ana):
    before = timezone.now()
    answer = ana.get(reverse("audits:api-clock"))
    assert before <= datetime.fromisoformat(answer.json()["now"]) <= timezone.now()
    assert "no-store" in answer["Cache-Control"]


class TestReturnedVisits:
    @pytest.fixture
    def returned(self, world, visit):
        """ana's visit, sent back by mia."""
        item = {"criterion": "litter", "interaction": None, "comment": "The photo shows more."}
        return_visit(visit=visit, by=world.mia, comment="Count again.", items=[item])
        return visit

    def test_ones_own_visit_is_read_back_as_it_was_sent(self, ana, visit, payload):
        answer = ana.get(reverse("audits:api-visit", args=[visit.pk])).json()
        assert answer["content"] == payload
        assert (answer["digest"], answer["revision"], answer["returned"]) == (visit.digest, 1, None)
        assert answer["form_url"].endswith(f"/phone/forms/{visit.version_id}/")

    def test_a_visit_of_which_nothing_was_kept_has_no_content(self, ana, visit):
        visit.revisions.all().delete()
        assert ana.get(reverse("audits:api-visit", args=[visit.pk])).json()["content"] is None

    def test_a_conflict_shows_both_contents_and_revisions(self, ana, visit, payload):
        answer = put(ana, visit.pk, payload | {"note": "changed"})
        assert answer.status_code == 409
        both = answer.json()
        assert (both["stored_content"], both["stored_revision"], both["sent_revision"]) == (payload, 1, 1)
        assert both["is_returned"] is False

    def test_a_returned_visit_tops_the_list_with_the_reviewers_words(self, ana, world, returned):
        receive_visit(visit_id=uuid4(), auditor=world.ana, payload=visit_payload(world, started_at=NOON))
        rows = ana.get(reverse("audits:api-visits")).json()["results"]
        assert rows[0]["id"] == str(returned.pk)
        told = rows[0]["returned"]
        assert (told["comment"], told["revision"]) == ("Count again.", 1)
        assert told["items"] == [{"criterion": "litter", "interaction": None, "comment": "The photo shows more."}]
        assert told["at"] is not None
        assert rows[1]["returned"] is None
        assert "mia" not in str(rows)

    def test_its_correction_is_200_and_leaves_nothing_to_do(self, ana, returned, payload):
        second = payload | {"note": "Five pieces.", "revision": 2}
        answer = put(ana, returned.pk, second)
        assert (answer.status_code, answer.json()["revision"], answer.json()["returned"]) == (200, 2, None)
        assert put(ana, returned.pk, second).status_code == 200
        assert ana.get(reverse("audits:api-visit", args=[returned.pk])).json()["content"] == second

    def test_a_wrong_revision_is_409_with_both_digests_and_revisions(self, ana, returned, payload):
        answer = put(ana, returned.pk, payload | {"note": "Five pieces.", "revision": 3})
        assert answer.status_code == 409
        both = answer.json()
        assert (both["stored_revision"], both["sent_revision"], both["is_returned"]) == (1, 3, True)
        assert both["stored"] == returned.digest != both["sent"]

    def test_an_excluded_visit_asks_for_no_correction(self, ana, world, returned):
        exclude(visit=Visit.objects.get(pk=returned.pk), by=world.mia, reason="Wrong shop.")
        assert ana.get(reverse("audits:api-visits")).json()["results"][0]["returned"] is None

    def test_the_list_asks_as_often_when_all_came_back(self, ana, world, django_assert_max_num_queries):
        for _ in range(12):
            visit_id = uuid4()
            receive_visit(visit_id=visit_id, auditor=world.ana, payload=visit_payload(world, started_at=NOON))
            return_visit(visit=Visit.objects.get(pk=visit_id), by=world.mia, comment="Again.")
        with django_assert_max_num_queries(7):
            rows = ana.get(reverse("audits:api-visits")).json()["results"]
        assert sum(row["returned"] is not None for row in rows) == 12


class TestReturning:
    def send(self, client, visit, **body):
        return client.post(reverse("audits:api-return", args=[visit.pk]), body, "application/json")

    @pytest.fixture
    def mia(self, client, world):
        client.force_login(world.mia)
        return client

    def test_a_manager_of_the_region_returns_a_visit_once(self, mia, visit):
        first = self.send(mia, visit, comment="Count again.", items=[{"criterion": "litter", "comment": "More?"}])
        assert first.status_code == 201
        assert first.json()["items"] == [{"criterion": "litter", "interaction": None, "comment": "More?"}]
        second = self.send(mia, visit, comment="And again.")
        assert second.status_code == 409
        assert "with its auditor already" in second.json()["detail"]
        assert not Visit.objects.counting().exists()

    def test_a_revision_that_nobody_read_is_not_returned(self, mia, visit):
        assert self.send(mia, visit, comment="Count again.", revision=2).status_code == 409
        assert self.send(mia, visit, comment="Count again.", revision=1).status_code == 201

    def test_strangers_and_those_who_receive_visits_return_none(self, client, world, visit):
        for person, status in [(world.cal, 404), (world.ana, 403), (world.abe, 403), (world.sam, 403)]:
            client.force_login(person)
            assert self.send(client, visit, comment="Again.").status_code == status, person
        assert Visit.objects.counting().exists()

    def test_a_director_who_audits_elsewhere_returns_no_visit_of_another_region(self, client, world, visit):
        Membership.objects.create(user=world.abe, region=world.south, role="director")
        Visit.objects.filter(pk=visit.pk).update(auditor=world.abe)
        client.force_login(world.abe)
        assert self.send(client, visit, comment="Again.").status_code == 404

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"comment": "  "},
            {"comment": "x" * 5001},
            {"comment": "Again.", "items": [{"criterion": "moon", "comment": "?"}]},
            {"comment": "Again.", "items": [{"interaction": str(uuid4()), "comment": "?"}]},
            {"comment": "Again.", "items": [{"criterion": "litter"}]},
            {"comment": "Again.", "items": [{"criterion": "litter", "comment": " "}]},
            {"comment": "Again.", "items": "litter"},
            {"comment": "Again.", "by": 1},
        ],
    )
    def test_what_says_nothing_returns_nothing(self, mia, visit, body):
        assert self.send(mia, visit, **body).status_code == 400
        assert Visit.objects.counting().exists()
