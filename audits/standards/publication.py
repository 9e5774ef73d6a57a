"""What hinders publishing a version, publishing it, and retiring it."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from audits.models import Criterion, Section, Version
from audits.standards.kinds import KINDS, is_scored, kind_of, labels
from audits.standards.text import sections_of, text_digest


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
    if ordered and not any(is_scored(criterion) for _, criterion in ordered):
        unscored = labels([kind for kind in KINDS.values() if not kind.is_scored], joined_by="nor")
        yield f"No criterion can be scored: add one that is neither {unscored} nor perception."
    earlier: dict[int, tuple[Section, Criterion]] = {}
    for section, criterion in ordered:
        yield from _problems_of_options(criterion)
        yield from kind_of(criterion).hindrances(criterion)
        if criterion.shown_if_id:
            yield from _problems_of_condition(section, criterion, earlier.get(criterion.shown_if_id))
        earlier[criterion.pk] = (section, criterion)


def _problems_of_options(criterion: Criterion) -> Iterator[str]:
    kind, options = kind_of(criterion), criterion.options.all()
    if not kind.has_anchors and options and kind.is_known:
        yield f"“{criterion.text}” is {kind.label.lower()} and takes no anchors: remove them."
    if kind.has_anchors and len(options) < 2:
        yield f"“{criterion.text}” needs at least two anchors to choose from."


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
    answers = kind_of(asked).answers
    if answers is None:
        deciding = labels([kind for kind in KINDS.values() if kind.answers], joined_by="or")
        yield f"{name} “{asked.text}” has an answer that cannot decide: use {deciding}."
    elif criterion.shown_if_value not in (possible := [key for key, _ in answers(asked)]):
        yield f"{name} “{asked.text}” is “{criterion.shown_if_value}”, but it can only be {', '.join(possible)}."


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
