"""One criterion on a page of its own: wording, how it counts, when it is shown, and its anchors."""

from django import forms
from django.contrib import admin, messages
from django.http import HttpResponseRedirect
from unfold.admin import ModelAdmin, TabularInline
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from audits.admin.outline import admin_url, trail_to
from audits.admin.sections import criteria_of
from audits.admin.writing import DraftOnly, DraftOnlyInline, PlainChoices, WrittenForm, let_go_of, on_one_line
from audits.models import Criterion, Option, Section, Version
from audits.standards import ASKS_TO_CHOOSE, CAN_DECIDE, sections_of

MEASURED = {Criterion.Kind.COUNT, Criterion.Kind.SECONDS}
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
            "kind": "Anchored level and choice need anchors below. Text is never scored.",
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
            row = self.instance
            self.fields["shown_when"].choices = [ALWAYS, *_conditions(self.home, row)]  # type: ignore[attr-defined]
            self.fields["shown_when"].initial = f"{row.shown_if_id}:{row.shown_if_value}" if row.shown_if_id else ""

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

    def _has_place(self) -> bool:
        """Moved into another section, it goes to its end."""
        return self.instance.pk is not None and "section" not in self.changed_data


def _with_version(section: Section) -> str:
    return f"{section.version}: {section.title}"


def _drop_what_the_kind_does_not_have(cleaned: dict) -> None:
    kind = cleaned.get("kind")
    if kind not in MEASURED:
        cleaned["full_credit"] = cleaned["zero_credit"] = None
    if kind != Criterion.Kind.YES_NO:
        cleaned["yes_conforms"] = True
    if kind == Criterion.Kind.TEXT or cleaned.get("dimension") == Criterion.Dimension.PERCEPTION:
        cleaned["is_critical"] = False


def _conditions(home: Section, row: Criterion):
    """(value, words) of every answer that may decide whether `row`, standing in `home`, is shown."""
    for section in sections_of(home.version):
        follows = not (section.asked == Section.Asked.INTERACTION and home.asked == Section.Asked.VISIT)
        for criterion in section.criteria.all():
            if section.pk == home.pk and criterion.pk == row.pk:
                return
            if follows and criterion.kind in CAN_DECIDE:
                yield from ((f"{criterion.pk}:{value}", words) for value, words in _answers(criterion))
        if section.pk == home.pk:
            return


def _answers(criterion: Criterion) -> list[tuple[str, str]]:
    if criterion.kind == Criterion.Kind.YES_NO:
        given = [("yes", "yes"), ("no", "no")]
    else:
        given = [(option.value, f"“{option.label}”") for option in criterion.options.all()]
    return [(value, f"After {words} to “{criterion.text}”") for value, words in given]


class OptionForm(WrittenForm):
    key_field = "value"
    words_field = "label"

    class Meta:
        model = Option
        fields = ["label", "conformity", "position", "value"]
        labels = {"label": "Anchor", "position": "Order", "value": "Key"}
        help_texts = {
            "label": "The behaviour that deserves this level, as it would be seen.",
            "conformity": "0 (not at all) to 1 (fully). A choice that says nothing about conformity: blank.",
            "position": "The smallest comes first. Left blank: last.",
            "value": "Its name in files. Left blank, it is made from the anchor.",
        }

    def siblings(self):
        return Option.objects.filter(criterion=self.instance.criterion)

    namesakes = siblings


class OptionInline(DraftOnlyInline, TabularInline):
    model = Option
    form = OptionForm
    fields = ["label", "conformity", "position", "value"]
    ordering_field = "position"
    hide_title = True
    extra = 0
    verbose_name = "anchor"
    verbose_name_plural = "anchors: what the auditor chooses from"

    @staticmethod
    def version_of(obj):
        return obj.section.version


def _if_kind(*kinds: str) -> str:
    """Alpine's condition for showing a field; a page that only shows has no `kind` to ask."""
    chosen = " || ".join(f"kind == '{kind}'" for kind in kinds)
    return f"typeof kind === 'undefined' || {chosen}"


SCORED = "typeof kind === 'undefined' || (kind != 'text' && dimension != 'perception')"


@admin.register(Criterion)
class CriterionAdmin(DraftOnly, PlainChoices, ModelAdmin):
    form = CriterionForm
    inlines = [OptionInline]
    actions = None
    list_display = ["text", "standing", "section", "kind", "dimension", "weight", "critical"]
    list_filter = [
        "section__version__state",
        ("section__version__standard", admin.RelatedOnlyFieldListFilter),
        "kind",
        "dimension",
        "is_critical",
    ]
    list_select_related = ["section__version__standard"]
    search_fields = ["text", "guidance", "key", "options__label"]
    ordering = [
        "section__version__standard__name",
        "-section__version__number",
        "section__position",
        "position",
        "pk",
    ]
    change_form_outer_before_template = "admin/audits/criterion/intro.html"
    warn_unsaved_form = True
    conditional_fields = {
        "yes_conforms": _if_kind("yes_no"),
        "full_credit": _if_kind("count", "seconds"),
        "zero_credit": _if_kind("count", "seconds"),
        "weight": SCORED,
        "is_critical": SCORED,
    }

    class Media:
        css = {"all": ["css/admin-extra.css"]}

    @staticmethod
    def version_of(obj):
        return obj.section.version

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("section__version__standard", "shown_if")

    @admin.display(description="Version", ordering="section__version__number")
    def standing(self, criterion) -> str:
        return str(criterion.section.version)

    @admin.display(description="Critical", ordering="is_critical", empty_value="–")
    def critical(self, criterion) -> str | None:
        return "critical" if criterion.is_critical else None

    @admin.display(description="Shown")
    def condition(self, criterion) -> str:
        if criterion.shown_if is None:
            return "Always"
        return f"Only if “{criterion.shown_if.text}” was answered {criterion.shown_if_value}"

    def get_fieldsets(self, request, obj=None):
        writes = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        return [
            (None, {"fields": ["section", "text", "guidance", "kind", "dimension"]}),
            (
                "How it counts",
                {"fields": ["weight", "is_critical", "yes_conforms", "full_credit", "zero_credit", "wants_photo"]},
            ),
            ("When it is shown", {"fields": ["shown_when" if writes else "condition"]}),
            ("Key", {"fields": ["key"], "classes": ["collapse"]}),
        ]

    def get_readonly_fields(self, request, obj=None):
        return ["condition"] if obj and not self.has_change_permission(request, obj) else []

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        criterion = form.instance
        if criterion.kind not in ASKS_TO_CHOOSE:
            n_removed, _ = criterion.options.all().delete()
            if n_removed:
                kind = criterion.get_kind_display().lower()
                messages.info(request, f"Its {n_removed} anchors were removed: “{kind}” takes none.")

    def delete_model(self, request, obj):
        request.back_to = admin_url(obj.section)
        let_go_of(criteria_of(obj))
        super().delete_model(request, obj)

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        home = obj.section if obj else context["adminform"].form.home
        if home:
            context["version"] = home.version
            context["trail"] = trail_to(home.version, home, here=str(obj or "New criterion"))
        return super().render_change_form(request, context, add, change, form_url, obj)

    def response_post_save_add(self, request, obj):
        return HttpResponseRedirect(admin_url(obj.section))

    response_post_save_change = response_post_save_add

    def response_delete(self, request, obj_display, obj_id):
        messages.success(request, f"The criterion “{obj_display}” was deleted.")
        return HttpResponseRedirect(request.back_to)
