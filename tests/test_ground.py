"""The ground: settings that refuse, locked requirements, complete migrations, static files, the sign of life."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command

from config.env import database, env, env_bool, env_int, env_url

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = sorted((ROOT / "requirements").glob("*.txt"))


def start_up(**environment) -> subprocess.CompletedProcess:
    """What the settings say to this environment and no other."""
    kept = {name: os.environ[name] for name in ("PATH", "DATA_DIR", "LANG") if name in os.environ}
    code = "import django; django.setup(); from django.conf import settings; print(settings.SECRET_KEY)"
    return subprocess.run(
        [sys.executable, "-c", code],
        env=kept | {"DJANGO_SETTINGS_MODULE": "config.settings"} | environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY is not set: put it into the environment or into .env"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY has 5 characters: use at least 32"),
        ({"DEBUG": "yes"}, "DEBUG='yes': use 0 or 1."),
        ({"DEBUG": "1", "DATABASE_URL": "mysql://x"}, "DATABASE_URL begins with 'mysql': use one of"),
        ({"DEBUG": "1", "REDIS_URL": "amqp://x"}, "REDIS_URL begins with 'amqp': use one of"),
        ({"DEBUG": "1", "NIGHT_HOUR": "24"}, "NIGHT_HOUR='24': use a whole number, 0 to 23."),
        ({"DEBUG": "1", "WORKERS": "many"}, "WORKERS='many': use a whole number, 1 or more."),
    ],
)
def test_an_odd_environment_stops_the_start_up_with_a_sentence(environment, sentence, tmp_path):
    done = start_up(DATA_DIR=str(tmp_path), **environment)
    assert done.returncode != 0
    assert sentence in done.stderr.splitlines()[-1]


def test_a_key_of_its_own_is_all_that_production_has_to_set(tmp_path):
    done = start_up(DATA_DIR=str(tmp_path), SECRET_KEY="x" * 40)
    assert done.stdout.strip() == "x" * 40, done.stderr


def test_blank_counts_as_not_set(monkeypatch):
    monkeypatch.setenv("PLUMB", "  ")
    assert env("PLUMB", "line") == "line"
    with pytest.raises(ImproperlyConfigured, match="PLUMB is not set"):
        env("PLUMB")


def test_each_kind_of_value_names_what_it_got_and_what_it_takes(monkeypatch):
    monkeypatch.setenv("PLUMB", "-3")
    with pytest.raises(ImproperlyConfigured, match=r"PLUMB='-3': use a whole number, 2 or more."):
        env_int("PLUMB", 5, at_least=2)
    with pytest.raises(ImproperlyConfigured, match=r"PLUMB='-3': use 0 or 1."):
        env_bool("PLUMB", default=True)
    with pytest.raises(ImproperlyConfigured, match="use one of redis"):
        env_url("PLUMB", "redis://", schemes={"redis"})


def test_sqlite_takes_its_write_lock_at_once_and_only_threads_of_the_web_server_pool():
    assert database("sqlite:////tmp/x.sqlite3", pool=True)["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert "pool" in database("postgres://u:p@host/name", pool=True)["OPTIONS"]
    assert "pool" not in database("postgres://u:p@host/name", pool=False).get("OPTIONS", {})


def test_example_of_the_environment_names_every_variable_that_the_settings_read():
    settings = (ROOT / "config" / "settings.py").read_text()
    read = set(re.findall(r"env(?:_bool|_int|_list|_url)?\(\s*\"([A-Z_]+)\"", settings))
    named = set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.M))
    assert read, "no variable was found: does the settings file still read them with env()?"
    assert read - named == set()


@pytest.mark.parametrize("path", REQUIREMENTS, ids=lambda path: path.name)
def test_locked_requirements_have_hashes_and_no_address(path):
    text = path.read_text()
    assert not re.search(r"https?://|file:|--(extra-)?index|--find-links|@ ", text)
    # a requirement runs to the next line that neither is indented nor a comment
    entries = re.split(r"\n(?=[A-Za-z0-9])", text.strip())
    unlocked = [entry.split()[0] for entry in entries if "==" not in entry or "--hash=sha256:" not in entry]
    assert unlocked == []
    assert len(entries) >= 1


def test_lock_covers_every_dependency_of_the_project():
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    for name, wanted in [
        ("app.txt", project["project"]["dependencies"]),
        ("test.txt", project["dependency-groups"]["test"]),
        ("lint.txt", project["dependency-groups"]["lint"]),
    ]:
        locked = set(re.findall(r"^([a-z0-9._-]+)==", (ROOT / "requirements" / name).read_text(), re.M))
        asked = {re.match(r"[A-Za-z0-9._-]+", one)[0].lower() for one in wanted}  # type: ignore[index]
        assert asked - locked == set(), f"run `make lock`: {name} lacks something"


@pytest.mark.django_db
def test_models_and_migrations_agree():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_sign_of_life_needs_neither_sign_in_nor_database(client):
    response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok\n")


def test_static_files_resolve_under_hashed_names(tmp_path, settings):
    """An import in a script that leads nowhere stops the collection: better here than at the first start."""
    environment = {"DATA_DIR": str(tmp_path), "SECRET_KEY": "x" * 40, "DEBUG": "0"}
    done = subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"],
        env=os.environ | environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "static" / "staticfiles.json").exists()
