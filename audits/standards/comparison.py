"""What changed between two versions of a standard, in sentences that its owner can read before publishing."""

from collections.abc import Iterable

from audits.models import Criterion, Option, Section, Version


def compare(old: Version, new: Version) -> list[str]:
    """One sentence per change, in the order of the new form: sections first, then what happened to each criterion.

    Sections and criteria are the same when their keys are: a criterion under a new key is one that was removed
    and one that was added. An empty list means that both ask the same.
    """
    before, after = _sections(old), _sections(new)
    return [*_section_sentences(before, after), *_criterion_sentences(before, after)]


def _sections(version: Version) -> dict[str, Section]:
    sections = version.sections.prefetch_related("criteria__options", "criteria__shown_if")
    return {section.key: section for section in sections}


def _in_form_order(section: Section) -> list[Criterion]:
    return sorted(section.criteria.all(), key=lambda criterion: (criterion.position, criterion.pk))


def _section_sentences(before: dict[str, Section], after: dict[str, Section]) -> Iterable[str]:
    for key, section in after.items():
        if key not in before:
            yield f"Section added: {section.title} ({_count(len(section.criteria.all()), 'criterion', 'criteria')})."
            continue
        was = before[key]
        if was.title != section.title:
            yield f"Section {was.title} is now called {section.title}."
        if was.asked != section.asked:
            now, then = section.get_asked_display().lower(), was.get_asked_display().lower()
            yield f"{section.title}: asked {now} instead of {then}."
        if was.guidance != section.guidance:
            yield f"{section.title}: the guidance was rewritten."
    for key, section in before.items():
        if key not in after:
            yield f"Section removed: {section.title}."
    if [key for key in before if key in after] != [key for key in after if key in before]:
        yield f"The sections now follow each other as {', '.join(section.title for section in after.values())}."


def _criterion_sentences(before: dict[str, Section], after: dict[str, Section]) -> Iterable[str]:
    old = {
        criterion.key: (section, criterion) for section in before.values() for criterion in _in_form_order(section)
    }
    new = {criterion.key: (section, criterion) for section in after.values() for criterion in _in_form_order(section)}
    for key, (section, criterion) in new.items():
        if key not in old:
            yield f"{section.title}: added “{criterion.text}”."
            continue
        was_in, was = old[key]
        changes = list(_changes(was, criterion))
        if was_in.key != section.key:
            changes.insert(0, f"moved here from {was_in.title}")
        if changes:
            yield f"{section.title}, “{was.text}”: {'; '.join(changes)}."
    for key, (section, criterion) in old.items():
        if key not in new:
            yield f"{section.title}: removed “{criterion.text}”; its series ends."
    for section in after.values():
        if section.key in before and _kept_order(before[section.key], section) != _kept_order(
            section, before[section.key]
        ):
            yield f"{section.title}: the criteria stand in another order."


def _kept_order(section: Section, other: Section) -> list[str]:
    """The keys of the criteria that both sections hold, in the order of the first."""
    shared = {criterion.key for criterion in other.criteria.all()}
    return [criterion.key for criterion in _in_form_order(section) if criterion.key in shared]


def _changes(was: Criterion, now: Criterion) -> Iterable[str]:
    if was.text != now.text:
        yield f"now reads “{now.text}”"
    if was.guidance != now.guidance:
        yield "the guidance was rewritten"
    if was.kind != now.kind:
        yield f"answered as {now.get_kind_display().lower()} instead of {was.get_kind_display().lower()}"
    if was.dimension != now.dimension:
        yield f"counts as {now.dimension} instead of {was.dimension}"
    if was.weight != now.weight:
        yield f"weight {now.weight:g} instead of {was.weight:g}"
    if was.is_critical != now.is_critical:
        yield "now critical" if now.is_critical else "no longer critical"
    if was.wants_photo != now.wants_photo:
        yield "a photo is wanted when it fails" if now.wants_photo else "no photo is wanted any more"
    if was.yes_conforms != now.yes_conforms:
        yield f"{'yes' if now.yes_conforms else 'no'} is now the answer that conforms"
    if (was.full_credit, was.zero_credit) != (now.full_credit, now.zero_credit):
        yield f"credit {_bounds(now)} instead of {_bounds(was)}"
    if _condition(was) != _condition(now):
        yield f"now shown {_condition(now)}"
    yield from _option_changes(was, now)


def _option_changes(was: Criterion, now: Criterion) -> Iterable[str]:
    old: dict[str, Option] = {option.value: option for option in was.options.all()}
    new: dict[str, Option] = {option.value: option for option in now.options.all()}
    for value, option in new.items():
        if value not in old:
            yield f"anchor added: “{option.label}”"
            continue
        if old[value].label != option.label:
            yield f"anchor “{old[value].label}” now reads “{option.label}”"
        if old[value].conformity != option.conformity:
            yield f"“{option.label}” deserves {_share(option.conformity)} instead of {_share(old[value].conformity)}"
    for value, option in old.items():
        if value not in new:
            yield f"anchor removed: “{option.label}”"


def _condition(criterion: Criterion) -> str:
    if criterion.shown_if is None:
        return "always"
    return f"only if “{criterion.shown_if.text}” was answered {criterion.shown_if_value}"


def _bounds(criterion: Criterion) -> str:
    if criterion.full_credit is None:
        return "none (recorded only)"
    return f"full at {criterion.full_credit:g} and none at {criterion.zero_credit:g}"


def _share(conformity: float | None) -> str:
    return "nothing" if conformity is None else f"{conformity:g}"


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
