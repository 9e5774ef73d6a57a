"""The life of a version: problems, publish, clone, retire."""

import pytest
from django.db import IntegrityError, transaction

from audits.models import Criterion, Option, Section, Standard, Version
from audits.standards.cloning import DraftExists, clone
from audits.standards.publication import NotPublishable, problems, publish, retire
from audits.standards.text import text_digest, text_of


@pytest.fixture
def draft(db):
    return Version.objects.create(standard=Standard.objects.create(key="s", name="S"), number=1)


def add(version, *, section="a", asked="interaction", **fields):
    place, _ = Section.objects.get_or_create(
        version=version, key=section, defaults={"title": section, "asked": asked}
    )
    return Criterion.objects.create(section=place, text=fields.get("key", "?"), position=99, **fields)


def test_an_empty_draft_cannot_be_published(draft):
    with pytest.raises(NotPublishable, match="no section yet"):
        publish(version=draft, by=None)


def test_every_problem_is_said_at_once(draft):
    Section.objects.create(version=draft, key="empty", title="Empty", position=9)
    add(draft, key="twice")
    add(draft, key="twice", section="b")
    add(draft, key="level", kind="level")
    asked = add(draft, key="visit", section="v", asked="visit")
    asked.shown_if, asked.shown_if_value = Criterion.objects.filter(key="twice").first(), "maybe"
    asked.save()
    found = " ".join(problems(draft))
    for words in (
        "“Empty” has no criterion",
        "“twice” is used by 2",
        "at least two anchors",
        "once per visit",
        "only be yes, no",
    ):
        assert words in found


def test_a_condition_on_a_later_criterion_is_a_problem(draft):
    first, later = add(draft, key="first"), add(draft, key="later")
    first.shown_if, first.shown_if_value = later, "yes"
    first.save()
    assert "does not come before it" in problems(draft)[0]


def test_a_level_without_conformity_and_text_alone_are_problems(draft):
    text = add(draft, key="t", kind="text")
    assert problems(draft) == ["No criterion can be scored: add one that is neither text nor perception."]
    text.kind = "level"
    text.save()
    Option.objects.bulk_create(Option(criterion=text, value=value, label=value) for value in ("low", "high"))
    assert [problem for problem in problems(draft) if "has no conformity" in problem]


def test_publishing_fixes_the_text_and_its_digest(world):
    version = world.version
    assert version.state == Version.State.PUBLISHED
    assert version.digest == text_digest(version)
    with pytest.raises(NotPublishable, match="published already"):
        publish(version=version, by=None)


def test_a_clone_is_a_draft_with_the_same_text_and_conditions(world):
    draft = clone(version=world.version)
    assert (draft.number, draft.is_draft) == (2, True)
    assert text_of(draft) == text_of(Version.objects.get(pk=world.version.pk))
    assert Criterion.objects.get(section__version=draft, key="warmth").shown_if.section.version == draft
    with pytest.raises(DraftExists, match="v2 is a draft already"):
        clone(version=world.version)


def test_retiring_happens_once(world):
    assert retire(version=world.version)
    assert not retire(version=world.version)


def test_the_database_itself_refuses_to_change_what_was_published(world):
    said = Criterion.objects.get(key="greeted")
    with pytest.raises(IntegrityError, match="published version never changes"), transaction.atomic():
        Criterion.objects.filter(pk=said.pk).update(text="Something else?")
    with pytest.raises(IntegrityError, match="published version never changes"), transaction.atomic():
        Version.objects.filter(pk=world.version.pk).update(state="draft", published_at=None)
