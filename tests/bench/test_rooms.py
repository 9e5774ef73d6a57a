"""The benches stand by themselves: tests may lean on them, never the other way about."""

import ast
from pathlib import Path

BENCH = Path(__file__).parents[2] / "bench"


def imported(path: Path) -> set[str]:
    """Every module that a file imports, also inside functions."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {node.module or ""} | {f"{node.module}.{name.name}" for name in node.names}
    return found


def test_no_bench_imports_a_test():
    leaning = {
        (path.relative_to(BENCH).as_posix(), name)
        for path in BENCH.rglob("*.py")
        for name in imported(path)
        if name.split(".")[0] in {"tests", "pytest"}
    }
    assert leaning == set()


def test_a_command_at_the_top_is_imported_by_no_folder():
    """What the folders hold supports the commands, so it knows none of them."""
    commands = {f"bench.{path.stem}" for path in BENCH.glob("*.py")}
    below = {name for path in BENCH.glob("*/**/*.py") for name in imported(path)}
    assert len(commands) >= 10
    assert below & commands == set()
