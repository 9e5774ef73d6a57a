"""What changed between two versions, in the sentences that an owner reads before publishing."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audits.models import Criterion, Option, Section
from audits.standards.cloning import clone
from audits.standards.comparison import compare


@pytest.fixture
def draft(world):
    return clone(version=world.version)


def criterion(draft, key) -> Criterion:
    return Criterion.objects.get(section__version=draft, key=key)


def change(draft, name, /, **fields):
    Criterion.objects.filter(pk=criterion(draft, name).pk).update(**fields)


def test_a_clone_asks_the_same(world, draft):
    assert compare(world.version, draft) == []


@pytest.mark.parametrize(
    ("key", "fields", "sentence"),
    [
        ("clean", {"text": "Clean?"}, "now reads “Clean?”"),
        ("clean", {"guidance": "Look in the corners."}, "the guidance was rewritten"),
        ("clean", {"kind": "text"}, "answered as text instead of yes or no"),
        ("clean", {"dimension": "delivery"}, "counts as delivery instead of completion"),
        ("clean", {"weight": 2.5}, "weight 2.5 instead of 1"),
        ("clean", {"is_critical": True}, "now critical"),
        ("clean", {"wants_photo": False}, "no photo is wanted any more"),
        ("clean", {"yes_conforms": False}, "no is now the answer that conforms"),
    ],
)
def test_each_change_of_a_criterion_is_one_sentence(world, draft, key, fields, sentence):
    change(draft, key, **fields)
    assert compare(world.version, draft) == [f"Shop, “Was the floor clean?”: {sentence}."]


def test_credit_bounds_are_compared_as_a_pair(world, draft):
    change(draft, "litter", full_credit=None, zero_credit=None)
    assert compare(world.version, draft) == [
        "Shop, “Pieces of litter”: credit none (recorded only) instead of full at 0 and none at 5."
    ]


def test_conditions_are_compared_by_meaning_not_by_row(world, draft):
    change(draft, "warmth", shown_if=None, shown_if_value="")
    assert compare(world.version, draft) == ["Greeting, “How was it said?”: now shown always."]


def test_anchors_that_came_went_and_changed_are_named(world, draft):
    warmth = criterion(draft, "warmth")
    warmth.options.filter(value="none").delete()
    warmth.options.filter(value="routine").update(conformity=0.4)
    warmth.options.filter(value="own").update(label="Own words, with a smile")
    Option.objects.create(criterion=warmth, value="rude", label="Turned away", conformity=0)
    (sentence,) = compare(world.version, draft)
    for words in (
        "anchor added: “Turned away”",
        "anchor removed: “No eye contact”",
        "“Eye contact, routine phrase” deserves 0.4 instead of 0.5",
        "anchor “Own words” now reads “Own words, with a smile”",
    ):
        assert words in sentence


def test_added_and_removed_criteria_are_named_and_a_series_ends(world, draft):
    criterion(draft, "words").delete()
    Criterion.objects.create(section=draft.sections.get(key="shop"), key="music", text="Was music playing?")
    assert compare(world.version, draft) == [
        "Shop: added “Was music playing?”.",
        "Shop: removed “In your words”; its series ends.",
    ]


def test_a_new_key_is_a_criterion_removed_and_one_added(world, draft):
    change(draft, "clean", key="spotless")
    assert compare(world.version, draft) == [
        "Shop: added “Was the floor clean?”.",
        "Shop: removed “Was the floor clean?”; its series ends.",
    ]


def test_a_criterion_that_moved_is_the_same_criterion(world, draft):
    change(draft, "litter", section=draft.sections.get(key="greeting"), position=9)
    assert compare(world.version, draft) == ["Greeting, “Pieces of litter”: moved here from Shop."]


def test_sections_that_came_went_and_changed_are_named(world, draft):
    draft.sections.filter(key="greeting").update(title="Welcome", guidance="Listen.", asked="visit")
    Criterion.objects.filter(section__version=draft, section__key="shop").delete()
    draft.sections.filter(key="shop").delete()
    till = Section.objects.create(version=draft, key="till", title="Till", position=7)
    Criterion.objects.create(section=till, key="receipt", text="Was a receipt offered?")
    found = compare(world.version, draft)
    for sentence in (
        "Section added: Till (1 criterion).",
        "Section Greeting is now called Welcome.",
        "Welcome: asked once per visit instead of once per interaction.",
        "Welcome: the guidance was rewritten.",
        "Section removed: Shop.",
    ):
        assert sentence in found


def test_another_order_is_a_change(world, draft):
    change(draft, "clean", position=8)
    draft.sections.filter(key="greeting").update(position=5)
    assert compare(world.version, draft) == [
        "The sections now follow each other as Shop, Greeting.",
        "Shop: the criteria stand in another order.",
    ]


def test_comparing_long_versions_asks_the_database_no_oftener(world, draft):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            compare(world.version, draft)
        return len(captured)

    few = queries()
    shop = draft.sections.get(key="shop")
    for number in range(20):
        Criterion.objects.create(section=shop, key=f"k{number}", text=f"K{number}?", position=number + 10)
    assert queries() == few
