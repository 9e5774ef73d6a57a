"""Many rows into one table at once: COPY on PostgreSQL, one prepared INSERT elsewhere.

Five times as fast as `bulk_create`, for it builds neither model objects nor statements of thousands of parameters;
values come as the database stores them, and fields that are not named stay null.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

from django.db import connection, models


def insert(model: type[models.Model], fields: Sequence[str], rows: Iterable[tuple]) -> int:
    """Insert `rows`, whose values stand in the order of `fields`; returns how many they were."""
    quote = connection.ops.quote_name
    table = quote(model._meta.db_table)
    columns = ", ".join(quote(_column(model, field)) for field in fields)
    counted = _Counted(rows)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                for row in counted:
                    copy.write_row(row)
        else:
            placeholders = ", ".join(["%s"] * len(fields))
            cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({placeholders})", cast(Any, counted))
    return counted.n


def check_as_it_goes() -> None:
    """Have PostgreSQL check foreign keys after each statement: deferred checks wait in memory, one for every row."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def _column(model: type[models.Model], field: str) -> str:
    column = model._meta.get_field(field).column  # type: ignore[union-attr]
    assert column is not None
    return column


def identity(value: UUID) -> UUID | str:
    return value if connection.features.has_native_uuid_field else value.hex


def moment(value: datetime) -> object:
    return connection.ops.adapt_datetimefield_value(value.astimezone(UTC))


class _Counted:
    def __init__(self, rows: Iterable[tuple]) -> None:
        self.rows, self.n = rows, 0

    def __iter__(self):
        for row in self.rows:
            self.n += 1
            yield row
