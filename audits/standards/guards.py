"""Triggers: the text of a version that is no draft can be neither changed nor deleted, whoever asks.

They are laid after every `migrate`, not by one migration: SQLite drops a table's triggers when a later migration
makes the table anew.
"""

from django.db import connections

WORDS = "a published version never changes: clone it into a new draft"

# What decides whether a row belongs to a draft, by table; {row} is OLD or NEW.
OWNER = {
    "audits_section": "SELECT state FROM audits_version WHERE id = {row}.version_id",
    "audits_criterion": (
        "SELECT v.state FROM audits_version v JOIN audits_section s ON s.version_id = v.id "
        "WHERE s.id = {row}.section_id"
    ),
    "audits_option": (
        "SELECT v.state FROM audits_version v JOIN audits_section s ON s.version_id = v.id "
        "JOIN audits_criterion c ON c.section_id = s.id WHERE c.id = {row}.criterion_id"
    ),
}
# A version itself may only go from published to retired; everything else about it stays.
KEPT = ["id", "standard_id", "number", "note", "digest", "published_at", "published_by_id"]


def lay_guards(sender, using, **kwargs) -> None:
    """Hears `post_migrate`; safe to run again."""
    connection = connections[using]
    if "audits_option" not in connection.introspection.table_names():
        return
    lay = _lay_on_sqlite if connection.vendor == "sqlite" else _lay_on_postgresql
    with connection.cursor() as cursor:
        lay(cursor)


def _lay_on_sqlite(cursor) -> None:
    for name, table, event, condition in _guards(differs="IS NOT"):
        cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
        cursor.execute(
            f"CREATE TRIGGER {name} BEFORE {event} ON {table} WHEN {condition} "
            f"BEGIN SELECT RAISE(ABORT, '{WORDS}'); END"
        )


def _lay_on_postgresql(cursor) -> None:
    for name, table, event, condition in _guards(differs="IS DISTINCT FROM"):
        result = "OLD" if event == "DELETE" else "NEW"
        cursor.execute(
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF {condition} THEN "
            f"RAISE EXCEPTION '{WORDS}' USING ERRCODE = 'check_violation'; END IF; RETURN {result}; END $$"
        )
        cursor.execute(
            f"CREATE OR REPLACE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()"
        )


def _guards(*, differs: str):
    """(name, table, event, condition) of every trigger."""
    for table, owner in OWNER.items():
        short = table.removeprefix("audits_")
        for event, rows in (("INSERT", ["NEW"]), ("UPDATE", ["OLD", "NEW"]), ("DELETE", ["OLD"])):
            condition = " OR ".join(f"({owner.format(row=row)}) <> 'draft'" for row in rows)
            yield f"published_{short}_{event.lower()}", table, event, condition
    yield "published_version_update", "audits_version", "UPDATE", _version_changed(differs)
    yield "published_version_delete", "audits_version", "DELETE", "OLD.state <> 'draft'"


def _version_changed(differs: str) -> str:
    same = " OR ".join(f"NEW.{name} {differs} OLD.{name}" for name in KEPT)
    return (
        "OLD.state <> 'draft' AND "
        f"({same} OR NEW.state = 'draft' OR (OLD.state = 'retired' AND NEW.state <> 'retired') "
        f"OR (OLD.retired_at IS NOT NULL AND NEW.retired_at {differs} OLD.retired_at))"
    )
