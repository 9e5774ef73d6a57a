"""Reading the environment: each helper refuses an odd value with a sentence that says what to do."""

import os
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured


def env(name: str, default: str | None = None) -> str:
    """The value of `name`; without a default, a missing or blank one stops the start-up."""
    value = os.environ.get(name, "").strip() or default
    if value is None:
        raise ImproperlyConfigured(f"{name} is not set: put it into the environment or into .env (see .env.example).")
    return value


def env_bool(name: str, *, default: bool) -> bool:
    value = env(name, "1" if default else "0")
    if value not in {"0", "1"}:
        raise ImproperlyConfigured(f"{name}={value!r}: use 0 or 1.")
    return value == "1"


def env_int(name: str, default: int, *, at_least: int, at_most: int | None = None) -> int:
    value = env(name, str(default))
    if not value.isdecimal() or int(value) < at_least or (at_most is not None and int(value) > at_most):
        reach = f"{at_least} or more" if at_most is None else f"{at_least} to {at_most}"
        raise ImproperlyConfigured(f"{name}={value!r}: use a whole number, {reach}.")
    return int(value)


def env_list(name: str, default: str) -> list[str]:
    """Comma-separated words."""
    return [word.strip() for word in env(name, default).split(",") if word.strip()]


def env_url(name: str, default: str, *, schemes: set[str]) -> str:
    value = env(name, default)
    scheme = urlsplit(value).scheme
    if scheme not in schemes:
        raise ImproperlyConfigured(f"{name} begins with {scheme!r}: use one of {', '.join(sorted(schemes))}.")
    return value


def database(url: str, *, pool: bool) -> dict:
    """Django's settings for a database address: SQLite in WAL mode, or PostgreSQL (pooled where threads serve)."""
    settings = environ.Env.db_url_config(url)
    options = settings.setdefault("OPTIONS", {})
    if settings["ENGINE"] == "django.db.backends.sqlite3":
        options |= {
            "transaction_mode": "IMMEDIATE",  # a deferred one can fail half-way, when it first writes
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-65536;",
        }
    elif pool:
        options["pool"] = {"min_size": 1, "max_size": 8, "timeout": 10}
    return settings
