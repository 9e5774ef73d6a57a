"""`python -m config.demo`: gives the demonstration an environment of its own, then runs `manage.py demo`.

Its database, files and key live in DATA_DIR (var/demo), whatever else the environment or .env points at: nothing of
the demonstration ever reaches a database that somebody works with.
"""

import os
import secrets
import sys
from pathlib import Path

from django.core.management import execute_from_command_line

HOME = Path(__file__).resolve().parent.parent.parent


def environment(data_dir: Path) -> dict[str, str]:
    """What the settings read, for a demonstration whose files lie in `data_dir`."""
    return {
        "DATA_DIR": str(data_dir),
        "SECRET_KEY": _kept_key(data_dir / "secret-key"),
        "DATABASE_URL": f"sqlite:///{data_dir / 'plumbline.sqlite3'}",
        "DATABASE_POOL": "0",
        "REDIS_URL": "filesystem://",
        "DEBUG": "0",
        "BEHIND_HTTPS": "0",
        "ALLOWED_HOSTS": "localhost,127.0.0.1,[::1]",
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }


def _kept_key(path: Path) -> str:
    """Made once, so that a second start does not sign everybody out."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(48))
    return path.read_text().strip()


if __name__ == "__main__":
    chosen = os.environ.get("DATA_DIR", "").strip() or HOME / "var" / "demo"
    os.environ.update(environment(Path(chosen).absolute()))
    os.chdir(HOME)
    try:
        execute_from_command_line(["manage.py", "demo", *sys.argv[1:]])
    except KeyboardInterrupt:
        sys.exit("\nStopped before it was ready: the next start goes on from here.")
