"""How tasks are declared and sent. The tables are the queue of record; a message says that something waits."""

from django.db import OperationalError, transaction

heals = {"acks_late": True, "autoretry_for": (OperationalError,), "retry_backoff": True, "max_retries": 5}
"""Tries again only what time can heal."""


def send_on_commit(task, *arguments) -> None:
    """A broker that is away undoes nothing (robust): the sweeper sends again."""

    def send() -> None:
        task.delay(*arguments)

    transaction.on_commit(send, robust=True)
