"""What hinders publishing a version, publishing it, and retiring it."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from audits.models import Criterion, Section, Version
from audits.standards.text import sections_of, text_digest

ASKS_TO_CHOOSE = {Criterion.Kind.LEVEL, Criterion.Kind.CHOICE}
CAN_DECIDE = {Criterion.Kind.YES_NO, *ASKS_TO_CHOOSE}
"""Kinds whose answer may decide whether another criterion is shown."""


class NotPublishable(Exception):
    """The version has problems; `problems` says them in sentences."""

    def __init__(self, problems: list[str]):
        super().__init__(" ".join(problems))
        self.problems = problems


def problems(version: Version) -> list[str]:
    """What hinders publishing, a sentence each; empty when nothing does."""
    sections = sections_of(version)
    if not sections:
        return ["There is no section yet: add the moments of the customer's journey."]
    return list(_problems(sections))


def _problems(sections: list[Section]) -> Iterator[str]:
    ordered = [(section, criterion) for section in sections for criterion in section.criteria.all()]
    for section in sections:
        if not section.criteria.all():
            yield f"Section “{section.title}” has no criterion: add one or remove the section."
    for key, n in Counter(criterion.key for _, criterion in ordered).items():
        if n > 1:
            yield f"The key “{key}” is used by {n} criteria: a key names one criterion in the whole version."
    if ordered and not any(criterion.is_scored for _, criterion in ordered):
        yield "No criterion can be scored: add one that is neither text nor perception."
    earlier: dict[int, tuple[Section, Criterion]] = {}
    for section, criterion in ordered:
        yield from _problems_of_options(criterion)
        if criterion.shown_if_id:
            yield from _problems_of_condition(section, criterion, earlier.get(criterion.shown_if_id))
        earlier[criterion.pk] = (section, criterion)


def _problems_of_options(criterion: Criterion) -> Iterator[str]:
    options = criterion.options.all()
    if criterion.kind not in ASKS_TO_CHOOSE:
        if options:
            yield f"“{criterion.text}” is {criterion.get_kind_display().lower()} and takes no anchors: remove them."
        return
    if len(options) < 2:
        yield f"“{criterion.text}” needs at least two anchors to choose from."
    if criterion.kind == Criterion.Kind.LEVEL and criterion.is_scored:
        for option in options:
            if option.conformity is None:
                yield f"Anchor “{option.label}” of “{criterion.text}” has no conformity: give it 0 to 1."


def _problems_of_condition(
    section: Section, criterion: Criterion, decider: tuple[Section, Criterion] | None
) -> Iterator[str]:
    name = f"“{criterion.text}” is shown only if"
    if decider is None:
        yield f"{name} a criterion is answered that does not come before it: move it or choose another."
        return
    its_section, asked = decider
    if its_section.asked == Section.Asked.INTERACTION and section.asked == Section.Asked.VISIT:
        yield f"{name} an answer of an interaction says so, but it is asked once per visit: choose another condition."
    if asked.kind not in CAN_DECIDE:
        yield f"{name} “{asked.text}” has an answer that cannot decide: use a yes-or-no, level or choice."
    elif criterion.shown_if_value not in (possible := possible_answers(asked)):
        yield f"{name} “{asked.text}” is “{criterion.shown_if_value}”, but it can only be {', '.join(possible)}."


def possible_answers(criterion: Criterion) -> list[str]:
    """What a condition on `criterion` may ask for, in the words of `shown_if_value`."""
    if criterion.kind == Criterion.Kind.YES_NO:
        return ["yes", "no"]
    return [option.value for option in criterion.options.all()]


@transaction.atomic
def publish(*, version: Version, by, at: datetime | None = None) -> Version:
    """From now on the version never changes. Raises NotPublishable with what is in the way.

    `at` dates a version of which earlier visits are brought in.
    """
    version = Version.objects.select_for_update().get(pk=version.pk)
    if not version.is_draft:
        raise NotPublishable([f"{version} is {version.get_state_display().lower()} already."])
    if found := problems(version):
        raise NotPublishable(found)
    version.digest = text_digest(version)
    version.state = Version.State.PUBLISHED
    version.published_at = at or timezone.now()
    version.published_by = by
    version.save(update_fields=["digest", "state", "published_at", "published_by"])
    return version


def retire(*, version: Version) -> bool:
    """No new visits are planned with it; those begun with it are still taken. False if it was not published."""
    retired = Version.objects.filter(pk=version.pk, state=Version.State.PUBLISHED).update(
        state=Version.State.RETIRED, retired_at=timezone.now()
    )
    return bool(retired)
