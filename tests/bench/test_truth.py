"""The lines of bench/truth.py: all that were written are run, and each says kept, missed, or told."""

from pathlib import Path

from bench.lines import Line
from bench.truth import GROUPS, lines_of

LINES = Path(__file__).parents[2] / "bench" / "lines"


def test_every_module_of_lines_has_its_group_and_every_group_its_function():
    modules = {f"bench.lines.{path.stem}" for path in LINES.glob("*.py")} - {"bench.lines.__init__"}
    assert {where.partition(":")[0] for where in GROUPS.values()} == modules
    assert all(callable(lines_of(group)) for group in GROUPS)


def test_a_line_says_whether_its_bound_is_kept_or_that_there_is_none():
    assert str(Line("a", "1", "2 or more", False)) == "a: 1; must be 2 or more: missed"
    assert str(Line("a", "3", "2 or more", True)) == "a: 3; must be 2 or more: kept"
    assert str(Line("a", "3")) == "a: 3; told, no bound"
    assert Line("a", "3").is_kept
