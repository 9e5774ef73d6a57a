"""A version's text: its sections in the order of the form, as plain data, and the digest of it."""

import hashlib
import json

from audits.models import Criterion, Section, Version


def sections_of(version: Version) -> list[Section]:
    """Sections with criteria and options, in the order of the form, in four queries."""
    return list(
        version.sections.order_by("position", "pk").prefetch_related("criteria__options", "criteria__shown_if")
    )


def text_of(version: Version) -> list[dict]:
    """The whole text as plain data: what the digest covers and what two versions are compared by."""
    return [
        {
            **{name: getattr(section, name) for name in ("key", "title", "guidance", "asked")},
            "criteria": [_criterion_text(criterion) for criterion in section.criteria.all()],
        }
        for section in sections_of(version)
    ]


CRITERION_FIELDS = (
    "key", "text", "guidance", "kind", "dimension", "weight", "is_critical", "yes_conforms",
    "full_credit", "zero_credit", "wants_photo", "shown_if_value",
)  # fmt: skip
OPTION_FIELDS = ("value", "label", "conformity")


def _criterion_text(criterion: Criterion) -> dict:
    return {
        **{name: getattr(criterion, name) for name in CRITERION_FIELDS},
        "shown_if": criterion.shown_if.key if criterion.shown_if else None,
        "options": [{name: getattr(option, name) for name in OPTION_FIELDS} for option in criterion.options.all()],
    }


def text_digest(version: Version) -> str:
    return hashlib.sha256(json.dumps(text_of(version), sort_keys=True).encode()).hexdigest()
