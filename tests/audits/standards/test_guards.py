"""The database itself keeps published text, whoever asks and by whatever way: here by SQL, past all of Django."""

import pytest
from django.db import DatabaseError, connection, transaction

from audits.models import Criterion, Option, Section, Version
from audits.standards.cloning import clone
from audits.standards.guards import OWNER, lay_guards
from audits.standards.publication import retire
from config.apps import ConfigConfig

WORDS = "published version never changes"
CHANGES = {
    "audits_section": ["title = 'x'", "key = 'x'", "asked = 'visit'", "guidance = 'x'", "position = 9"],
    "audits_criterion": [
        "text = 'x'", "key = 'x'", "kind = 'text'", "weight = 9", "dimension = 'delivery'", "guidance = 'x'",
        "is_critical = NOT is_critical", "yes_conforms = NOT yes_conforms", "wants_photo = NOT wants_photo",
        "position = 9",
    ],
    "audits_option": ["label = 'x'", "value = 'x'", "conformity = 0.7", "position = 9"],
    "audits_version": [
        "note = 'x'", "number = 9", "digest = 'x'", "published_at = NULL", "state = 'draft', published_at = NULL",
    ],
}  # fmt: skip
STATEMENTS = [f"UPDATE {table} SET {change}" for table, changes in CHANGES.items() for change in changes] + [
    f"DELETE FROM {table}" for table in CHANGES
]


def sql(statement: str, parameters=()) -> int:
    """How many rows the statement touched."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.rowcount


def text_as_stored() -> list:
    return [list(model.objects.order_by("pk").values()) for model in (Version, Section, Criterion, Option)]


@pytest.mark.parametrize("state", ["published", "retired"])
@pytest.mark.parametrize("statement", STATEMENTS)
def test_sql_changes_nothing_that_was_published(world, statement, state):
    if state == "retired":
        retire(version=world.version)
    before = text_as_stored()
    with pytest.raises(DatabaseError, match=WORDS):
        sql(statement)
    assert text_as_stored() == before


def test_nothing_is_added_to_a_published_version(world):
    section = world.version.sections.first()
    for add in (
        lambda: Section.objects.create(version=world.version, key="new", title="New"),
        lambda: Criterion.objects.create(section=section, key="new", text="New?"),
        lambda: Option.objects.create(criterion=section.criteria.first(), value="new", label="New"),
    ):
        with pytest.raises(DatabaseError, match=WORDS), transaction.atomic():
            add()


def test_rows_of_a_draft_are_not_smuggled_into_a_published_version(world):
    draft = clone(version=world.version)
    mine = draft.sections.get(key="greeting")
    published = world.version.sections.get(key="shop")
    with pytest.raises(DatabaseError, match=WORDS):
        sql("UPDATE audits_section SET version_id = %s, key = 'new' WHERE id = %s", [world.version.pk, mine.pk])
    with pytest.raises(DatabaseError, match=WORDS):
        sql("UPDATE audits_criterion SET section_id = %s WHERE section_id = %s", [published.pk, mine.pk])


def test_nor_are_published_rows_taken_out_into_a_draft(world):
    draft = clone(version=world.version)
    theirs = world.version.sections.get(key="greeting")
    with pytest.raises(DatabaseError, match=WORDS):
        sql("UPDATE audits_section SET version_id = %s, key = 'new' WHERE id = %s", [draft.pk, theirs.pk])


def test_everything_of_a_draft_may_change_and_go(world):
    draft = clone(version=world.version)
    assert sql("UPDATE audits_section SET title = 'x' WHERE version_id = %s", [draft.pk]) == 2
    in_draft = "section_id IN (SELECT id FROM audits_section WHERE version_id = %s)"
    assert sql(f"UPDATE audits_criterion SET weight = 5 WHERE {in_draft}", [draft.pk]) == 6
    in_criterion = f"criterion_id IN (SELECT id FROM audits_criterion WHERE {in_draft})"
    assert sql(f"DELETE FROM audits_option WHERE {in_criterion}", [draft.pk]) == 3
    assert sql(f"DELETE FROM audits_criterion WHERE {in_draft}", [draft.pk]) == 6
    assert sql("DELETE FROM audits_section WHERE version_id = %s", [draft.pk]) == 2
    assert sql("DELETE FROM audits_version WHERE id = %s", [draft.pk]) == 1


def test_a_retired_version_does_not_come_back(world):
    retire(version=world.version)
    with pytest.raises(DatabaseError, match=WORDS):
        sql("UPDATE audits_version SET state = 'published', retired_at = NULL")


def test_guards_may_be_laid_again_and_still_hold(world):
    lay_guards(sender=ConfigConfig, using="default")
    with pytest.raises(DatabaseError, match=WORDS):
        sql("UPDATE audits_criterion SET weight = 9")


def test_every_table_of_a_standards_text_is_guarded():
    assert set(OWNER) | {Version._meta.db_table} == set(CHANGES)
