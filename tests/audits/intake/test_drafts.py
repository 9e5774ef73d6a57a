"""A draft is one per visit, its owner's alone, and newer only by who knew the newest."""

from functools import partial
from uuid import uuid4

import pytest
from django.contrib.auth.models import AnonymousUser
from django.urls import reverse

from audits.api.documents import receive_visit
from audits.intake.checked_visit import VisitRefused
from audits.intake.content import NotKeepable
from audits.intake.drafts import DraftConflict, DraftNotYours, DraftTooLarge, VisitReceived, discard_draft, save_draft
from audits.models import Draft, Visit
from audits.models.limits import MOST_DRAFT_BYTES
from audits.review.returns import return_visit
from tests.meanwhile import meanwhile, raising


@pytest.fixture
def save(world, visit_id):
    def save(content, base_revision=0, *, owner=world.ana, visit_id=visit_id):
        return save_draft(visit_id=visit_id, owner=owner, content=content, base_revision=base_revision)

    return save


def stored(visit_id) -> tuple[int, dict]:
    draft = Draft.objects.get(pk=visit_id)
    return draft.revision, draft.content


def test_each_change_from_the_newest_revision_is_the_next_one(save, visit_id):
    first = save({"note": "a"})
    second = save({"note": "b"}, base_revision=1)
    assert (first.created, first.draft.revision) == (True, 1)
    assert (second.created, second.draft.revision) == (False, 2)
    assert stored(visit_id) == (2, {"note": "b"})
    assert second.draft.saved_at > first.draft.saved_at


@pytest.mark.parametrize("base", [0, 1, 2, 7])
def test_the_same_content_again_changes_nothing_whatever_its_base(save, visit_id, base):
    save({"note": "a", "n": 1})
    again = save({"n": 1, "note": "a"}, base_revision=base)
    assert (again.created, again.draft.revision) == (False, 1)


@pytest.mark.parametrize("base", [0, 1, 3])
def test_another_base_than_the_newest_is_a_conflict_that_holds_the_newest(save, visit_id, base):
    save({"note": "a"})
    save({"note": "b"}, base_revision=1)
    with pytest.raises(DraftConflict) as caught:
        save({"note": "c"}, base_revision=base)
    assert (caught.value.stored.revision, caught.value.stored.content) == (2, {"note": "b"})
    assert stored(visit_id) == (2, {"note": "b"})


def test_a_draft_that_the_server_lost_goes_on_after_the_phones_base(save, visit_id):
    assert save({"note": "a"}, base_revision=5).created
    assert stored(visit_id) == (6, {"note": "a"})


def test_two_phones_that_change_the_same_revision_at_once_do_not_overwrite_each_other(save, visit_id):
    """The second phone saves after the first one's visit was looked up and before its update."""
    save({"note": "a"})
    second = partial(save, {"note": "second"}, base_revision=1)
    with meanwhile(second, before='UPDATE "audits_draft"'), pytest.raises(DraftConflict):
        save({"note": "first"}, base_revision=1)
    assert stored(visit_id) == (2, {"note": "second"})


@pytest.mark.parametrize("moment", ['UPDATE "audits_draft"', "SAVEPOINT"])
def test_two_phones_that_begin_the_same_draft_at_once_do_not_overwrite_each_other(save, visit_id, moment):
    """The second phone saves before the first one looks for the draft, or between that and its own beginning."""
    second = partial(save, {"note": "second"})
    with meanwhile(second, before=moment), pytest.raises(DraftConflict):
        save({"note": "first"})
    assert stored(visit_id) == (1, {"note": "second"})


def test_a_strangers_draft_is_neither_written_nor_thrown_away(world, save, visit_id):
    save({"note": "a"})
    with pytest.raises(DraftNotYours):
        save({"note": "b"}, base_revision=1, owner=world.abe)
    with pytest.raises(DraftNotYours):
        save({"note": "a"}, owner=world.abe)
    with pytest.raises(Draft.DoesNotExist):
        discard_draft(visit_id=visit_id, owner=world.abe)
    assert stored(visit_id) == (1, {"note": "a"})


def test_a_draft_is_visible_to_its_owner_alone(world, save):
    save({"note": "a"})
    assert Draft.objects.visible_to(world.ana).count() == 1
    for person in (world.abe, world.mia, world.dan, world.root, AnonymousUser()):
        assert not Draft.objects.visible_to(person).exists()


def test_content_of_any_script_comes_back_as_it_was(save, visit_id):
    content = {"note": "naïve 😀 \0 \ud83d עברית", "z": [1, 2.5, None, True], "a": {"b": {}}}
    save(content)
    assert stored(visit_id)[1] == content
    assert list(stored(visit_id)[1]) == ["note", "z", "a"]


def test_a_mebibyte_as_the_phone_counts_it_is_taken_and_a_byte_more_is_not(save):
    room = MOST_DRAFT_BYTES - len('{"note":""}')
    for letter, size in (("x", 1), ("é", 2), ("語", 3)):
        n = room // size
        assert save({"note": letter * n}, visit_id=uuid4()).draft.n_bytes <= MOST_DRAFT_BYTES
        with pytest.raises(DraftTooLarge, match="1,048,576"):
            save({"note": letter * (n + 1)}, visit_id=uuid4())


def test_what_no_json_can_say_is_refused(save):
    with pytest.raises(NotKeepable):
        save({"seconds": float("inf")})
    assert not Draft.objects.exists()


def test_recording_the_visit_throws_its_draft_away(world, save, visit_id, payload):
    save({"note": "a"})
    save({"note": "other"}, visit_id=uuid4())
    receive_visit(visit_id=visit_id, auditor=world.ana, payload=payload)
    assert [draft.content for draft in Draft.objects.all()] == [{"note": "other"}]


def test_a_visit_that_is_refused_keeps_its_draft(world, save, visit_id, payload):
    save({"note": "a"})
    payload["observations"][0]["value"] = 7
    with pytest.raises(VisitRefused):
        receive_visit(visit_id=visit_id, auditor=world.ana, payload=payload)
    assert stored(visit_id) == (1, {"note": "a"})


def test_when_the_recording_fails_half_way_the_draft_is_still_there(world, save, visit_id, payload):
    save({"note": "a"})
    breaks = raising(OSError("disk full"))  # as the visit is approved, after the draft has gone
    with meanwhile(breaks, before='UPDATE "audits_visit"'), pytest.raises(OSError, match="disk full"):
        receive_visit(visit_id=visit_id, auditor=world.ana, payload=payload)
    assert stored(visit_id) == (1, {"note": "a"})
    assert not Visit.objects.exists()


def test_a_draft_never_stands_in_the_way_of_its_visit(world, save, visit_id, payload):
    save({"note": "somebody else’s"}, owner=world.abe)
    assert receive_visit(visit_id=visit_id, auditor=world.ana, payload=payload).created
    assert stored(visit_id) == (1, {"note": "somebody else’s"})  # nobody throws away what is another's
    assert not Draft.objects.open().exists()


def test_a_received_visit_takes_no_draft_until_it_is_returned(world, save, visit):
    with pytest.raises(VisitReceived):
        save({"note": "late"})
    return_visit(visit=visit, by=world.mia, comment="Look again.")
    assert save({"note": "correcting"}).created
    with pytest.raises(DraftNotYours):
        save({"note": "not mine"}, owner=world.abe)


def test_sending_the_correction_throws_its_draft_away(world, save, visit, payload):
    return_visit(visit=visit, by=world.mia, comment="Look again.")
    save({"note": "correcting"})
    receive_visit(visit_id=visit.pk, auditor=world.ana, payload=payload | {"revision": 2, "note": "Better."})
    assert not Draft.objects.exists()


def test_a_draft_that_slipped_in_while_its_visit_arrived_is_shown_no_more(world, save, visit_id, payload):
    arrives = partial(receive_visit, visit_id=visit_id, auditor=world.ana, payload=payload)
    with meanwhile(arrives, before='UPDATE "audits_draft"'):
        save({"note": "late"})
    assert stored(visit_id) == (1, {"note": "late"})
    assert not Draft.objects.visible_to(world.ana).open().exists()
    return_visit(visit=Visit.objects.get(pk=visit_id), by=world.mia, comment="Look again.")
    assert not Draft.objects.exists()


def test_throwing_away_with_a_base_spares_what_is_newer(world, save, visit_id):
    save({"note": "a"})
    save({"note": "b"}, base_revision=1)
    with pytest.raises(DraftConflict) as caught:
        discard_draft(visit_id=visit_id, owner=world.ana, base_revision=1)
    assert caught.value.stored.content == {"note": "b"}
    discard_draft(visit_id=visit_id, owner=world.ana, base_revision=2)
    assert not Draft.objects.exists()


class TestApi:
    @pytest.fixture
    def ana(self, client, world):
        client.force_login(world.ana)
        return client

    @pytest.fixture
    def address(self, visit_id):
        return reverse("audits:api-draft", args=[visit_id])

    def put(self, client, address, content, base=0):
        return client.put(address, {"content": content, "base_revision": base}, "application/json")

    def test_saved_read_listed_and_thrown_away(self, ana, address, visit_id):
        first = self.put(ana, address, {"note": "a"})
        again = self.put(ana, address, {"note": "a"})
        assert (first.status_code, again.status_code) == (201, 200)
        assert first.json() == again.json()
        assert set(first.json()) == {"id", "revision", "saved_at", "n_bytes"}
        assert ana.get(address).json() == first.json() | {"content": {"note": "a"}}
        assert ana.get(reverse("audits:api-drafts")).json() == {"results": [first.json()]}
        assert ana.delete(address).status_code == 204
        assert (ana.get(address).status_code, ana.delete(address).status_code) == (404, 404)

    def test_half_an_emoji_comes_back_as_it_was_typed(self, ana, address):
        content = {"note": "cut \ud83d", "other": "whole 😀 \0"}
        assert self.put(ana, address, content).status_code == 201
        assert ana.get(address).json()["content"] == content

    def test_a_stale_base_is_409_with_the_servers_content(self, ana, address):
        self.put(ana, address, {"note": "a"})
        self.put(ana, address, {"note": "b"}, 1)
        answer = self.put(ana, address, {"note": "c"}, 1)
        assert answer.status_code == 409
        assert (answer.json()["revision"], answer.json()["content"]) == (2, {"note": "b"})
        assert "merge" in answer.json()["detail"]
        assert ana.delete(f"{address}?base_revision=1").status_code == 409
        assert ana.delete(f"{address}?base_revision=2").status_code == 204

    def test_a_strangers_draft_is_404(self, client, ana, world, address):
        self.put(ana, address, {"note": "a"})
        client.force_login(world.abe)
        assert client.get(address).status_code == 404
        assert self.put(client, address, {"note": "b"}, 1).status_code == 404
        assert client.delete(address).status_code == 404
        assert client.get(reverse("audits:api-drafts")).json() == {"results": []}

    def test_what_somebody_else_typed_on_this_phone_is_not_kept_under_the_name_of_who_signed_in_since(
        self, client, world, address, visit_id
    ):
        body = {"content": {"note": "Typed by Ana."}, "owner": world.ana.pk}
        client.force_login(world.abe)
        answer = client.put(address, body, "application/json")
        assert (answer.status_code, Draft.objects.count()) == (403, 0)
        assert "sign in as who typed it" in answer.json()["detail"]
        client.force_login(world.ana)
        assert client.put(address, body, "application/json").status_code == 201
        assert stored(visit_id) == (1, {"note": "Typed by Ana."})

    @pytest.mark.parametrize(
        "body",
        [
            "", "{", "[]", "null", "{}", '{"content": []}', '{"content": "x"}', '{"content": null}',
            '{"content": {}, "base_revision": -1}', '{"content": {}, "base_revision": "x"}',
            '{"content": {}, "base_revision": null}', '{"content": {}, "base_revision": 99999999999}',
            '{"content": {}, "owner": "x"}',
            '{"content": {}, "revision": 1}', '{"content": {"a": 1e999}}', '{"content": {"a": NaN}}',
            '{"content": {"a": ' + "[" * 100_000 + "]" * 100_000 + "}}",
        ],
    )  # fmt: skip
    def test_what_is_no_draft_is_a_400(self, ana, address, body):
        answer = ana.put(address, body, "application/json")
        assert answer.status_code == 400, answer.content[:200]
        assert not Draft.objects.exists()

    @pytest.mark.parametrize("asked", ["x", "-1", "9" * 5000, "1&colour=red"])
    def test_an_odd_base_in_the_address_throws_nothing_away(self, ana, address, asked):
        self.put(ana, address, {"note": "a"})
        assert ana.delete(f"{address}?base_revision={asked}").status_code == 400
        assert Draft.objects.exists()

    @pytest.mark.parametrize("n_bytes", [1_100_000, 17_000_000])
    def test_too_many_bytes_are_413(self, ana, address, n_bytes):
        assert self.put(ana, address, {"note": "x" * n_bytes}).status_code == 413

    def test_a_received_visit_is_410(self, ana, address, visit):
        answer = self.put(ana, address, {"note": "late"})
        assert answer.status_code == 410
        assert "received" in answer.json()["detail"]

    def test_the_list_holds_fifty_and_asks_as_often_for_one_as_for_all(
        self, ana, world, save, django_assert_max_num_queries
    ):
        for number in range(55):
            save({"note": number}, visit_id=uuid4())
        with django_assert_max_num_queries(4) as asked:
            listed = ana.get(reverse("audits:api-drafts")).json()["results"]
        assert len(listed) == 50
        assert [row["saved_at"] for row in listed] == sorted((row["saved_at"] for row in listed), reverse=True)
        assert not any('"text"' in query["sql"] for query in asked.captured_queries)

    def test_saving_a_change_asks_few_queries(self, ana, address, django_assert_max_num_queries):
        self.put(ana, address, {"note": "a"})
        with django_assert_max_num_queries(6):
            assert self.put(ana, address, {"note": "b"}, 1).status_code == 200
