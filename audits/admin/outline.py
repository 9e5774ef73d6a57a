"""A version's text as its pages show it: sections and criteria with links, and what hinders publishing, linked."""

import re
from dataclasses import dataclass

from django.urls import reverse

from audits.models import Criterion, Section, Version
from audits.standards.kinds import is_scored, kind_of
from audits.standards.publication import problems
from audits.standards.text import sections_of

QUOTED = re.compile(r"“(.+?)”")


@dataclass(frozen=True)
class Step:
    """One step of the trail at the top of a page."""

    title: str
    url: str = ""


def admin_url(row) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def trail_to(version: Version, *rows, here: str = "") -> list[Step]:
    """From the list of standards down to the page itself, which has no link: `here`, or else the last row."""
    steps = [
        Step("Standards", reverse("admin:audits_standard_changelist")),
        Step(str(version.standard), admin_url(version.standard)),
        Step(f"Version {version.number}", admin_url(version)),
        *(Step(str(row), admin_url(row)) for row in rows),
    ]
    return [*steps, Step(here)] if here else [*steps[:-1], Step(steps[-1].title)]


@dataclass(frozen=True)
class Problem:
    """A sentence about what hinders publishing, and the page where it is mended."""

    sentence: str
    url: str


@dataclass(frozen=True)
class Entry:
    """A criterion in the outline: what the auditor is asked, and in small print how it counts."""

    criterion: Criterion
    url: str
    traits: list[str]
    condition: str


@dataclass(frozen=True)
class Chapter:
    section: Section
    url: str
    entries: list[Entry]


def outline_of(version: Version) -> list[Chapter]:
    """The whole text in the order of the form, in as many queries whatever its length."""
    sections = sections_of(version)
    texts = {criterion.pk: criterion.text for section in sections for criterion in section.criteria.all()}
    return [
        Chapter(section, admin_url(section), [_entry(criterion, texts) for criterion in section.criteria.all()])
        for section in sections
    ]


def _entry(criterion: Criterion, texts: dict[int, str]) -> Entry:
    condition = ""
    if criterion.shown_if_id:
        decider = texts.get(criterion.shown_if_id, "a criterion of another version")
        condition = f"Only if “{decider}” was answered {criterion.shown_if_value}."
    return Entry(criterion, admin_url(criterion), list(traits_of(criterion)), condition)


def traits_of(criterion: Criterion):
    """How a criterion is answered and how it counts, in a few words each."""
    yield criterion.get_kind_display().lower()
    if not is_scored(criterion):
        yield "not scored"
        return
    yield criterion.dimension
    yield f"weight {criterion.weight:g}"
    yield from kind_of(criterion).traits(criterion)
    if criterion.is_critical:
        yield "critical"
    if criterion.wants_photo:
        yield "photo when it fails"


def linked_problems(version: Version, chapters: list[Chapter]) -> list[Problem]:
    """What `audits.standards.publication.problems` says, each sentence with the page of the row that it names."""
    pages: dict[str, str] = {}
    for chapter in chapters:
        pages.setdefault(chapter.section.title, chapter.url)
        for entry in chapter.entries:
            pages.setdefault(entry.criterion.text, entry.url)
            pages.setdefault(entry.criterion.key, entry.url)
    return [Problem(sentence, _page_named_in(sentence, pages)) for sentence in problems(version)]


def _page_named_in(sentence: str, pages: dict[str, str]) -> str:
    return next((pages[words] for words in QUOTED.findall(sentence) if words in pages), "")
