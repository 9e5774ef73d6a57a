"""The documents: what they link to is there, decisions have their form, and lines are short enough for a diff."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DECISIONS = sorted((ROOT / "docs/decisions").glob("[0-9]*.md"))
WRAPPED = sorted([*(ROOT / "docs").rglob("*.md"), ROOT / "README.md", ROOT / "CHANGELOG.md"])
ROOMS = ["audits", "bench", "config", "docs", "locations", "reports", "requirements", "tests"]
MARKDOWN = sorted([*ROOT.glob("*.md"), *(path for room in ROOMS for path in (ROOT / room).rglob("*.md"))])
SOURCES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))

LONGEST_LINE = 100
MOST_WORDS = 330
HEAD = re.compile(r"# (?P<title>.+)\n\nDate: (?P<date>\d{4}-\d\d-\d\d)\nStatus: (?P<status>.+)\n\n## What\n")
STATUS = re.compile(r"accepted|superseded by (?P<number>\d{4})")
LINK = re.compile(r"\[[^\]]*\]\((?P<target>[^)\s]+)\)")
NAMED_FILE = re.compile(r"(?<![\w./-])(?:docs|bench|tests)/[\w./-]*\.(?:md|py|yaml)\b")


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def prose(path: Path) -> Iterator[tuple[int, str]]:
    """The lines of a document, with their numbers, that are neither of a block of code nor of a table."""
    is_code = False
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if line.startswith("```"):
            is_code = not is_code
        elif not is_code and not line.startswith(("    ", "|")):
            yield number, line


def anchors(path: Path) -> set[str]:
    """What a link may name after `#`, as GitHub and its kin make it of a heading."""
    titles = [line.lstrip("# ") for _, line in prose(path) if line.startswith("#")]
    return {re.sub(r"[^\w\- ]", "", title).lower().replace(" ", "-") for title in titles}


def body(text: str) -> dict[str, str]:
    """The parts of a decision by their headings, in order."""
    parts = re.split(r"^## (.+)\n", text, flags=re.MULTILINE)[1:]
    return {heading: part.strip() for heading, part in zip(parts[::2], parts[1::2], strict=True)}


@pytest.mark.parametrize("path", DECISIONS, ids=named)
def test_a_decision_says_what_was_chosen_when_why_and_what_was_tried(path):
    text = path.read_text()
    assert re.fullmatch(r"\d{4}-[a-z0-9-]+\.md", path.name)
    head = HEAD.match(text)
    assert head, "write `# Title`, `Date: YYYY-MM-DD` and `Status:` below it, then `## What`"
    assert STATUS.fullmatch(head["status"]), head["status"]
    parts = body(text)
    assert list(parts) == ["What", "Why", "What was tried"]
    assert all(parts.values()), "a part is empty"
    assert len(text.split()) <= MOST_WORDS


def test_every_decision_has_a_number_of_its_own():
    counted = Counter(path.name[:4] for path in DECISIONS)
    assert [number for number, times in counted.items() if times > 1] == []


def test_a_superseded_decision_names_the_one_that_replaces_it():
    numbers = {path.name[:4] for path in DECISIONS}
    for path in DECISIONS:
        superseded = STATUS.search(path.read_text().split("Status: ")[1])
        if superseded and superseded["number"]:
            assert superseded["number"] in numbers - {path.name[:4]}, named(path)


def test_the_list_of_decisions_has_each_with_its_title_and_status():
    listed = (ROOT / "docs/decisions/README.md").read_text()
    for path in DECISIONS:
        head = HEAD.match(path.read_text())
        assert f"| [{path.name[:4]}]({path.name}) | {head['title']} | {head['status']} |" in listed, named(path)


@pytest.mark.parametrize("path", MARKDOWN, ids=named)
def test_links_between_documents_lead_somewhere(path):
    for link in LINK.finditer(path.read_text()):
        target, _, anchor = link["target"].partition("#")
        if "://" in target or target.startswith("mailto:"):
            continue
        there = (path.parent / target).resolve() if target else path
        assert there.exists(), link[0]
        assert not anchor or anchor in anchors(there), link[0]


def test_documents_benches_and_tests_that_are_named_exist():
    pairs = [(named(path), name) for path in [*MARKDOWN, *SOURCES] for name in NAMED_FILE.findall(path.read_text())]
    assert len(pairs) > 20
    assert [pair for pair in pairs if not (ROOT / pair[1]).exists()] == []


@pytest.mark.parametrize("path", WRAPPED, ids=named)
def test_documents_wrap_at_100_columns(path):
    """Tables, code and addresses keep their length."""
    long = [f"{n}: {line}" for n, line in prose(path) if len(line) > LONGEST_LINE and "://" not in line]
    assert long == []
