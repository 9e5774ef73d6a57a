"""The next version of a standard begins as a copy of the last."""

from django.db import transaction

from audits.models import Criterion, Option, Section, Standard, Version
from audits.standards.text import CRITERION_FIELDS, OPTION_FIELDS, sections_of


class DraftExists(Exception):
    """The standard has a draft already: a second one would race it."""


@transaction.atomic
def clone(*, version: Version, by=None) -> Version:
    """A new draft with the same text, numbered after the last version. Raises DraftExists."""
    standard = Standard.objects.select_for_update().get(pk=version.standard_id)
    if draft := standard.versions.filter(state=Version.State.DRAFT).first():
        raise DraftExists(f"{draft} is a draft already: change that one, or delete it first.")
    last = standard.versions.order_by("-number").values_list("number", flat=True)[0]
    draft = Version.objects.create(standard=standard, number=last + 1)
    copies: dict[int, Criterion] = {}
    for section in sections_of(version):
        criteria = list(section.criteria.all())
        section.pk, section.version = None, draft
        section._state.adding = True
        section.save()
        for criterion in criteria:
            copies[criterion.pk] = _copy_criterion(criterion, section, copies)
    return draft


def _copy_criterion(criterion: Criterion, section: Section, copies: dict[int, Criterion]) -> Criterion:
    copy = Criterion.objects.create(
        section=section,
        position=criterion.position,
        shown_if=copies[criterion.shown_if_id] if criterion.shown_if_id else None,
        **{name: getattr(criterion, name) for name in CRITERION_FIELDS},
    )
    Option.objects.bulk_create(
        Option(criterion=copy, position=option.position, **{name: getattr(option, name) for name in OPTION_FIELDS})
        for option in criterion.options.all()
    )
    return copy
