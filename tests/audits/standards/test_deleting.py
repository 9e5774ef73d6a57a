"""A criterion can be deleted wherever somebody does it: what it decided to show is then always shown."""

import pytest

from audits.models import Criterion, Section, Version
from audits.standards.cloning import clone


@pytest.fixture
def draft(world):
    return clone(version=world.version, by=world.sue)


def shown_by(draft):
    warmth = Criterion.objects.get(section__version=draft, key="warmth")
    return warmth.shown_if, warmth.shown_if_value


@pytest.mark.parametrize("delete", [lambda row, rows: row.delete(), lambda row, rows: rows.delete()])
def test_a_criterion_that_others_wait_for_can_be_deleted(draft, delete):
    rows = Criterion.objects.filter(section__version=draft, key="greeted")
    delete(rows.get(), rows)
    assert shown_by(draft) == (None, "")


def test_a_section_goes_with_its_criteria_whatever_they_show(draft):
    greeted = Criterion.objects.get(section__version=draft, key="greeted")
    Criterion.objects.filter(section__version=draft, key="clean").update(shown_if=greeted, shown_if_value="yes")
    Section.objects.get(version=draft, key="greeting").delete()
    clean = Criterion.objects.get(section__version=draft, key="clean")
    assert (clean.shown_if, clean.shown_if_value) == (None, "")


def test_a_whole_draft_goes(draft):
    draft.delete()
    assert not Version.objects.filter(pk=draft.pk).exists()
