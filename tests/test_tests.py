"""The tests themselves: none asks the machine to be fast, none replaces a function of the path that it is about."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.patience import MOST, STILL, Stuck, wait_until

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted(path for path in Path(__file__).parent.rglob("*.py") if path.name != "patience.py")

CLOCKS = {"monotonic", "perf_counter", "process_time", "sleep", "wait_for_timeout"}
REPLACED = {
    "apply_async": "the broker's door: what would be sent to workers",
    "delay": "the broker's door: what would be sent to workers",
    "now": "Django's clock",
}
"""What a test may replace beside constants, which are written in capitals."""
EXCEPTIONS = {
    (
        "tests/servers/test_readings_changed.py",
        "monotonic",
    ): "the more time it took, the more tasks may come",
}
"""A place and what it names all the same, each with its reason."""


def faults(tree: ast.AST, where: str = "") -> Iterator[tuple[int, str]]:
    """The lines of a test that depend on the speed of the machine, or that replace what they should go through."""
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(attr=name) | ast.Name(id=name) if name in CLOCKS and (where, name) not in EXCEPTIONS:
                yield node.lineno, f"{name}: wait with `wait_until` of tests/patience.py, count what is to be few"
            case ast.keyword(arg="deadline", value=value) if ast.unparse(value) != "None":
                yield value.lineno, "deadline: an example takes as long as it takes"
            case ast.keyword(arg="timeout") | ast.Attribute(value=ast.Attribute(attr="mark"), attr="timeout"):
                line = node.value.lineno
                yield line, "timeout: the longest time of a test stands in pyproject.toml, once for all"
            case ast.Call(func=ast.Attribute(attr="wait"), args=[ast.Constant(value=int() | float())]):
                yield node.lineno, "wait: seconds that a process gets to end"
            case ast.Assert(test=test) if any(map(_is_elapsed, ast.walk(test))):
                yield node.lineno, "time that has passed is compared: compare the order of moments"
            case ast.Call(func=ast.Attribute(attr="setattr"), args=[target, *more]):
                name = _name_replaced(target, more)
                if not name.isupper() and name not in REPLACED:
                    yield node.lineno, f"{name} is replaced: let it happen, with `meanwhile` of tests/meanwhile.py"
            case ast.Import(names=[*names]) if any("mock" in alias.name for alias in names):
                yield node.lineno, "mock: go through what is tested"
            case ast.ImportFrom(module=str(module), names=names) if "mock" in module or any(
                alias.name == "mock" for alias in names
            ):
                yield node.lineno, "mock: go through what is tested"


def _is_elapsed(node: ast.AST) -> bool:
    """`timezone.now() - then < timedelta(...)`, and the like."""
    if not isinstance(node, ast.Compare) or all(isinstance(op, ast.Eq | ast.NotEq) for op in node.ops):
        return False
    return any(
        isinstance(side, ast.BinOp) and isinstance(side.op, ast.Sub) and ".now()" in ast.unparse(side.left)
        for side in (node.left, *node.comparators)
    )


def _name_replaced(target: ast.expr, more: list[ast.expr]) -> str:
    """Of setattr("a.b.NAME", value) and of setattr(module, "NAME", value)."""
    last = target if len(more) < 2 else more[0]
    return last.value.rpartition(".")[2] if isinstance(last, ast.Constant) else ast.unparse(last)


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_no_test_asks_the_machine_to_be_fast_and_none_replaces_what_it_is_about():
    found = [
        f"{named(path)}:{line}: {sentence}"
        for path in SOURCES
        for line, sentence in faults(ast.parse(path.read_text()), named(path))
    ]
    assert found == []


def test_every_exception_is_still_wanted():
    for (where, name), why in EXCEPTIONS.items():
        path = ROOT / where
        assert name in (path.read_text() if path.exists() else ""), f"{where} is one no longer ({why}): strike it"


@pytest.mark.parametrize(
    "line",
    [
        "time.sleep(1)",
        "page.wait_for_timeout(300)",
        "began = monotonic()",
        "subprocess.run(command, timeout=60)",
        "process.wait(30)",
        "@pytest.mark.timeout(5)\ndef test_it(): ...",
        "few = settings(deadline=200)",
        "assert timezone.now() - photo.given_up_at < timedelta(minutes=1)",
        'monkeypatch.setattr(drafts, "_check_visit", look)',
        'monkeypatch.setattr("reports.detection.scan.scan.finish", broken)',
        "from unittest import mock",
        "import unittest.mock",
    ],
)
def test_what_would_depend_on_the_machine_or_leave_the_path_is_seen(line):
    assert len(list(faults(ast.parse(line)))) == 1


@pytest.mark.parametrize(
    "line",
    [
        'monkeypatch.setattr(uploads, "MAX_ROWS", 1)',
        'monkeypatch.setattr("reports.detection.data.scoring.BATCH", 2)',
        'monkeypatch.setattr(tasks.work_on_run, "delay", called.append)',
        "few = settings(max_examples=12, deadline=None)",
        "assert before <= visit.received_at <= timezone.now()",
    ],
)
def test_constants_the_broker_and_the_order_of_times_are_not_taken_for_it(line):
    assert list(faults(ast.parse(line))) == []


# ---- patience


class Hours:
    """A clock that a pause moves on, as on a machine of any speed."""

    def __init__(self, pause: float):
        self.now, self.pause = 0.0, pause

    def wait(self, is_so, **options):
        return wait_until(is_so, "The visit", pause=self.go_on, clock=lambda: self.now, **options)

    def go_on(self) -> None:
        self.now += self.pause


def test_what_makes_progress_is_waited_for_however_slow_it_is():
    slow = Hours(STILL / 2)
    assert slow.wait(lambda: slow.now > 5 * STILL, signs=lambda: slow.now // STILL)


def test_what_gives_no_sign_is_stuck_and_shows_its_last_words():
    still = Hours(STILL / 2)
    with pytest.raises(Stuck, match=r"(?s)The visit: waited in vain .* without a sign.*out of paper"):
        still.wait(lambda: False, words=lambda: "out of paper")
    assert still.now <= 2 * STILL


def test_what_is_busy_for_ever_ends_before_the_test_is_ended():
    busy = Hours(STILL / 2)
    with pytest.raises(Stuck):
        busy.wait(lambda: False, signs=lambda: busy.now)
    assert busy.now <= MOST + STILL


def test_nobody_is_waited_for_who_has_gone_but_a_last_deed_counts():
    gone = Hours(1)
    with pytest.raises(Stuck, match="nobody is left to do it"):
        gone.wait(lambda: False, is_over=lambda: True)
    assert gone.now == 0
    assert gone.wait(lambda: "done", is_over=lambda: True) == "done"
