"""What the forms of a standard's text share: keys made from words, an order, and the lock of published versions."""

from typing import ClassVar

from django import forms
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.db.models import Max, QuerySet
from django.utils.text import slugify

from audits.models import Version
from audits.numbers import read_number

LONGEST_MADE_KEY = 40


def make_key(words: str, taken: set[str]) -> str:
    """A key from `words` that is not in `taken`: whole words, at most 40 characters, numbered when taken."""
    key = ""
    for word in slugify(words).split("-"):
        if len(key) + len(word) + 1 > LONGEST_MADE_KEY:
            break
        key = f"{key}-{word}" if key else word
    key = key or slugify(words)[:LONGEST_MADE_KEY].strip("-_") or "key"
    number, free = 2, key
    while free in taken:
        free, number = f"{key}-{number}", number + 1
    return free


class NumberField(forms.FloatField):
    """Takes a decimal comma and digits of other scripts, where only one number can be meant."""

    def to_python(self, value):
        if isinstance(value, str) and value.strip():
            try:
                value = read_number(value)
            except ValueError:
                raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from None
        return super().to_python(value)


def on_one_line(text: str) -> str:
    """A question may be typed over several lines, yet it is one sentence."""
    return " ".join(text.split())


class WrittenForm(forms.ModelForm):
    """A row of a standard's text. A blank key is made from its words, a blank order puts it last."""

    key_field: ClassVar[str] = "key"
    words_field: ClassVar[str] = "title"

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in {self.key_field, "position"} & set(self.fields):
            self.fields[name].required = False
        if "position" in self.fields:
            self.fields["position"].initial = None

    def siblings(self) -> QuerySet | None:
        """The rows among which this one has its position; None where there is no order."""
        return None

    def namesakes(self) -> QuerySet:
        """The rows among which its key must be the only one of its name."""
        raise NotImplementedError

    def save(self, commit: bool = True):
        row = self.instance
        if not getattr(row, self.key_field):
            taken = set(self.namesakes().exclude(pk=row.pk).values_list(self.key_field, flat=True))
            setattr(row, self.key_field, make_key(getattr(row, self.words_field), taken))
        siblings = self.siblings()
        if siblings is not None and not self._has_position():
            last = siblings.exclude(pk=row.pk).aggregate(last=Max("position"))["last"]
            row.position = 0 if last is None else last + 1
        return super().save(commit)

    def _has_position(self) -> bool:
        if "position" in self.fields:
            return self.cleaned_data.get("position") is not None
        return self.instance.pk is not None


class DraftOnly:
    """For a ModelAdmin or an inline: rows of a version that is no draft are shown, never changed."""

    @staticmethod
    def version_of(obj) -> Version:
        raise NotImplementedError

    def _is_open(self, obj) -> bool:
        return obj is None or obj.pk is None or self.version_of(obj).is_draft

    def has_change_permission(self, request, obj=None) -> bool:
        return super().has_change_permission(request, obj) and self._is_open(obj)  # type: ignore[misc]

    def has_delete_permission(self, request, obj=None) -> bool:
        return super().has_delete_permission(request, obj) and self._is_open(obj)  # type: ignore[misc]


class DraftOnlyInline(DraftOnly):
    def has_add_permission(self, request, obj=None) -> bool:
        return super().has_add_permission(request, obj) and self._is_open(obj)  # type: ignore[misc]


class PlainChoices:
    """A select is for choosing: what it offers is written on its own page, not in a pop-up beside it."""

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        field = super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]
        if field and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget = field.widget.widget
        return field
