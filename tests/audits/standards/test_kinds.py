"""One table of kinds: a kind of the model needs a row there; one of the database without a row breaks no page."""

import pytest
from django.contrib.messages import get_messages
from django.template.loader import get_template
from django.urls import reverse
from django.utils import timezone

from audits.api.documents import receive_visit
from audits.intake.checked_visit import VisitRefused
from audits.models import Criterion, Version
from audits.standards.cloning import clone
from audits.standards.kinds import FIELDS_OF_KINDS, KINDS
from audits.standards.publication import NotPublishable, problems, publish

ALL = sorted(KINDS.values(), key=lambda kind: kind.key)


def test_every_kind_has_a_row():
    assert set(KINDS) == set(Criterion.Kind.values)


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.key)
def test_every_row_says_how_the_phone_asks_and_names_fields_that_there_are(kind):
    assert get_template(kind.template)
    assert kind.fields <= set(FIELDS_OF_KINDS)
    assert kind.key == kind.key.lower()


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.key)
def test_what_cannot_be_scored_carries_no_conformity_and_decides_nothing(kind):
    if not kind.is_scored:
        assert kind.answers is None
        assert not kind.has_anchors


@pytest.fixture
def draft(world) -> Version:
    """Holds a criterion of a kind that only another release knows."""
    draft = clone(version=world.version)
    Criterion.objects.filter(section__version=draft, key="litter").update(kind="dial")
    return draft


@pytest.fixture
def published(draft) -> Version:
    """As the other release published it."""
    Version.objects.filter(pk=draft.pk).update(state="published", published_at=timezone.now(), digest="a" * 64)
    return Version.objects.get(pk=draft.pk)


def test_an_unknown_kind_hinders_publishing_by_the_name_of_criterion_and_kind(draft):
    sentence = "“Pieces of litter” is of the kind “dial”, which is not known here: choose another."
    assert problems(draft) == [sentence]
    with pytest.raises(NotPublishable, match="“Pieces of litter” is of the kind “dial”"):
        publish(version=draft, by=None)


def test_the_admin_shows_an_unknown_kind_and_says_why_it_is_not_published(client, world, draft):
    client.force_login(world.sue)
    litter = Criterion.objects.get(section__version=draft, key="litter")
    for name, pk in (("version_change", draft.pk), ("version_publish", draft.pk), ("criterion_change", litter.pk)):
        assert client.get(reverse(f"admin:audits_{name}", args=[pk])).status_code == 200
    response = client.post(reverse("admin:audits_version_publish", args=[draft.pk]))
    assert "of the kind “dial”" in " ".join(str(message) for message in get_messages(response.wsgi_request))
    assert Version.objects.get(pk=draft.pk).is_draft


def test_a_condition_on_an_unknown_kind_cannot_decide(draft):
    litter = Criterion.objects.get(section__version=draft, key="litter")
    Criterion.objects.filter(section__version=draft, key="words").update(shown_if=litter, shown_if_value="3")
    assert any("cannot decide: use yes or no, anchored level or choice" in sentence for sentence in problems(draft))


def test_the_phone_is_told_that_an_unknown_kind_is_not_asked_and_gets_no_box_for_it(client, world, published):
    client.force_login(world.ana)
    page = client.get(reverse("audits:form", args=[published.pk])).content.decode()
    assert "“Pieces of litter” cannot be asked here" in page
    assert 'data-criterion="litter"' not in page
    assert 'data-criterion="words"' in page


def test_an_answer_of_an_unknown_kind_is_refused_and_the_rest_is_stored_and_read(
    client, world, published, payload, visit_id
):
    payload["version"] = published.pk
    with pytest.raises(VisitRefused) as caught:
        receive_visit(visit_id=visit_id, auditor=world.ana, payload=payload)
    assert [problem.where for problem in caught.value.problems] == ["observations.litter"]
    assert "a kind that is not known here" in caught.value.problems[0].message
    payload["observations"] = [each for each in payload["observations"] if each["criterion"] != "litter"]
    visit = receive_visit(visit_id=visit_id, auditor=world.ana, payload=payload).visit
    visit.observations.create(criterion=Criterion.objects.get(section__version=published, key="litter"), value=4)
    client.force_login(world.mia)
    assert "Pieces of litter" in client.get(reverse("reports:visit", args=[visit.pk])).content.decode()
