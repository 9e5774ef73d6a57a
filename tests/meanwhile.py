"""What another request does between two statements of this one, on the real path: nothing is replaced."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def meanwhile(do: Callable[[], object], *, before: str, always: bool = False) -> Iterator[None]:
    """`do` happens just before the first statement within the block whose SQL contains `before`.

    `before="SAVEPOINT"` is the moment before the next `transaction.atomic`, where what the other one does has been
    committed: it runs on the same connection, and what it writes within a transaction would go when that fails.
    An error that `do` raises comes out of the statement, as from a database. `always`: before each such statement.
    Put `pytest.raises` inside of the block: where nothing contained `before`, the block's end says so.
    """
    n_times = 0

    def listen(execute, sql, params, many, context):
        nonlocal n_times
        if before in sql and (always or not n_times):
            n_times += 1
            do()
        return execute(sql, params, many, context)

    with connection.execute_wrapper(listen):
        yield
    assert n_times, f"No statement contained {before!r}: nothing happened meanwhile."


def raising(error: BaseException) -> Callable[[], None]:
    """For `meanwhile`: the statement fails with this."""

    def fail() -> None:
        raise error

    return fail
