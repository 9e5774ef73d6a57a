"""The form of one criterion: what its kind does not have is cleared, and only a possible condition can be chosen."""

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from audits.admin.writing import NumberField, WrittenForm, on_one_line
from audits.models import Criterion, Section, Version
from audits.standards.kinds import FIELDS_OF_KINDS, KINDS, is_scored, kind_of, labels
from audits.standards.text import sections_of

ANCHORED = labels([kind for kind in KINDS.values() if kind.has_anchors])
UNSCORED = labels([kind for kind in KINDS.values() if not kind.is_scored])
ALWAYS = ("", "Always shown")


class CriterionForm(WrittenForm):
    """`shown_when` holds both halves of a condition, so that no half and no impossible one can be chosen."""

    words_field = "text"
    shown_when = forms.ChoiceField(
        required=False,
        label="Shown",
        choices=[ALWAYS],
        widget=UnfoldAdminSelectWidget(),
        help_text="Only answers to earlier criteria of this version can be chosen. A new criterion stands last.",
    )

    class Meta:
        model = Criterion
        fields = [
            "section", "text", "guidance", "kind", "dimension", "weight", "is_critical", "yes_conforms",
            "full_credit", "zero_credit", "wants_photo", "key",
        ]  # fmt: skip
        field_classes = dict.fromkeys(["weight", "full_credit", "zero_credit"], NumberField)
        labels = {
            "text": "Observable behaviour",
            "kind": "Answered as",
            "is_critical": "Critical",
            "yes_conforms": "“Yes” is the good answer",
            "full_credit": "Full credit at",
            "zero_credit": "No credit at",
            "wants_photo": "Photo when it fails",
        }
        help_texts = {
            "section": "The moment at which it is observed.",
            "text": "What can be seen or heard, one thing at a time: “Was the customer greeted within reach?”",
            "guidance": "What counts and what does not, in words an auditor can use on the spot.",
            "kind": f"{ANCHORED.capitalize()} need anchors below. {UNSCORED.capitalize()} is never scored.",
            "dimension": "The two scored dimensions are never blended. Perception stays out of all scores.",
            "weight": "Its share in scores: 2 counts double. 0 records without counting. Auditors never see it.",
            "is_critical": "Its failure is a verdict of its own, however good the rest was.",
            "yes_conforms": "Off where “yes” is the failure, as in “Was the customer left waiting?”",
            "full_credit": "The count, or the seconds, that deserve full credit. In between, credit falls evenly.",
            "zero_credit": "The count, or the seconds, that deserve none. Both empty: recorded, not scored.",
            "wants_photo": "The auditor is asked for a photo as evidence when it fails.",
            "key": "Joins its results across versions. Keep it while the meaning stays; give a new one when the "
            "question now asks for something else: its series starts anew. Left blank, it is made from the text.",
        }
        widgets = {
            "text": UnfoldAdminTextareaWidget({"rows": 2}),
            "guidance": UnfoldAdminTextareaWidget({"rows": 3}),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.home = self._section()
        if "section" in self.fields:
            self.fields["section"].queryset = self._sections()  # type: ignore[attr-defined]
            if self.home is None:
                self.fields["section"].label_from_instance = _with_version  # type: ignore[attr-defined]
        if self.home and "shown_when" in self.fields:
            choices = [ALWAYS, *_conditions(self.home, self.instance)]
            now = _condition_of(self.instance)
            if now not in choices:
                choices.append(now)
            self.fields["shown_when"].choices = choices  # type: ignore[attr-defined]
            self.fields["shown_when"].initial = now[0]

    def _section(self) -> Section | None:
        """Where the criterion stands or will stand; None when a new one does not say so yet."""
        given = self.data.get(self.add_prefix("section")) if self.is_bound else self.initial.get("section")
        given = given or self.instance.section_id
        if not str(given or "").isdigit():
            return None
        return Section.objects.select_related("version__standard").filter(pk=given).first()

    def _sections(self):
        """A criterion moves only within its version; a new one goes into any draft."""
        sections = Section.objects.filter(version__state=Version.State.DRAFT)
        if self.home:
            sections = sections.filter(version=self.home.version_id)
        return sections.select_related("version__standard").order_by("version__standard__name", "position", "pk")

    def siblings(self):
        return Criterion.objects.filter(section=self.instance.section)

    def namesakes(self):
        return Criterion.objects.filter(section__version=self.instance.section.version_id)

    def clean_text(self) -> str:
        return on_one_line(self.cleaned_data["text"])

    def clean(self):
        cleaned = super().clean() or {}
        if cleaned.get("section"):
            self._check_key(cleaned)
        _drop_what_the_kind_does_not_have(cleaned)
        decider, _, value = cleaned.get("shown_when", "").partition(":")
        self.instance.shown_if_id = int(decider) if decider else None
        self.instance.shown_if_value = value
        return cleaned

    def _check_key(self, cleaned) -> None:
        key, version = cleaned.get("key"), cleaned["section"].version_id
        others = Criterion.objects.filter(section__version=version).exclude(pk=self.instance.pk)
        if key and (other := others.filter(key=key).first()):
            self.add_error("key", f"“{other.text}” has the key “{key}” in this version: choose another.")

    def _has_position(self) -> bool:
        """Moved into another section, it goes to its end."""
        return self.instance.pk is not None and "section" not in self.changed_data


def _with_version(section: Section) -> str:
    return f"{section.version}: {section.title}"


def _drop_what_the_kind_does_not_have(cleaned: dict) -> None:
    row = Criterion(kind=cleaned.get("kind", ""), dimension=cleaned.get("dimension", ""))
    cleaned |= {name: absent for name, absent in FIELDS_OF_KINDS.items() if name not in kind_of(row).fields}
    if not is_scored(row):
        cleaned["is_critical"] = False


def _conditions(home: Section, row: Criterion):
    """(value, words) of every answer that may decide whether `row`, standing in `home`, is shown."""
    for section in sections_of(home.version):
        follows = not (section.asked == Section.Asked.INTERACTION and home.asked == Section.Asked.VISIT)
        for criterion in section.criteria.all():
            if section.pk == home.pk and criterion.pk == row.pk:
                return
            if follows:
                yield from ((f"{criterion.pk}:{value}", words) for value, words in _answers(criterion))
        if section.pk == home.pk:
            return


def _condition_of(row: Criterion) -> tuple[str, str]:
    """The choice that stands for the condition of `row` as stored, possible or not: saving never drops it unseen."""
    if row.shown_if is None:
        return ALWAYS
    offered = dict(_answers(row.shown_if))
    words = offered.get(row.shown_if_value, f"After {row.shown_if_value} to “{row.shown_if.text}”")
    return f"{row.shown_if_id}:{row.shown_if_value}", words


def _answers(criterion: Criterion) -> list[tuple[str, str]]:
    """Empty where the kind's answers cannot decide."""
    answers = kind_of(criterion).answers
    given = answers(criterion) if answers else []
    return [(value, f"After {words} to “{criterion.text}”") for value, words in given]
