"""The house: every room is found by its name, because none holds too much."""

from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("audits", "bench", "config", "locations", "reports", "static/phone", "templates", "tests")
MOST_IN_A_FOLDER = 22  # "some twenty"; a package's empty __init__.py is no module of it
MADE = {"migrations", "__pycache__"}


def modules():
    for room in ROOMS:
        for path in (ROOT / room).rglob("*"):
            if path.suffix in {".py", ".js", ".mjs", ".html"} and not MADE & set(path.parts):
                yield path.relative_to(ROOT)


def test_no_folder_holds_more_than_some_twenty_modules():
    held = Counter(path.parent.as_posix() for path in modules() if path.name != "__init__.py")
    assert {folder: n for folder, n in held.items() if n > MOST_IN_A_FOLDER} == {}


@pytest.mark.parametrize("room", ["utils", "helpers", "misc", "common", "services"])
def test_no_room_is_named_for_nothing(room):
    assert [path for path in modules() if room in {path.stem, *path.parent.parts}] == []
