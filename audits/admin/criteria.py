"""One criterion on a page of its own: wording, how it counts, when it is shown, and its anchors."""

from django.contrib import admin, messages
from django.http import HttpResponseRedirect
from unfold.admin import ModelAdmin, TabularInline

from audits.admin.criterion_form import CriterionForm
from audits.admin.outline import admin_url, trail_to, traits_of
from audits.admin.writing import DraftOnly, DraftOnlyInline, NumberField, PlainChoices, WrittenForm
from audits.models import Criterion, Option
from audits.standards.kinds import FIELDS_OF_KINDS, KINDS, kind_of


class OptionForm(WrittenForm):
    key_field = "value"
    words_field = "label"

    class Meta:
        model = Option
        fields = ["label", "conformity", "position", "value"]
        field_classes = {"conformity": NumberField}
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


UNSCORED = [f"kind != '{kind.key}'" for kind in KINDS.values() if not kind.is_scored]
SCORED = f"typeof kind === 'undefined' || ({' && '.join(UNSCORED)} && dimension != 'perception')"


@admin.register(Criterion)
class CriterionAdmin(DraftOnly, PlainChoices, ModelAdmin):
    form = CriterionForm
    inlines = [OptionInline]
    actions = None
    list_display = ["text", "version", "section", "kind", "dimension", "weight", "critical"]
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
        **{name: _if_kind(*(kind.key for kind in KINDS.values() if name in kind.fields)) for name in FIELDS_OF_KINDS},
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
    def version(self, criterion) -> str:
        return str(criterion.section.version)

    @admin.display(description="Critical", ordering="is_critical", empty_value="–")
    def critical(self, criterion) -> str | None:
        return "critical" if criterion.is_critical else None

    @admin.display(description="Counts as")
    def counts(self, criterion) -> str:
        return " · ".join(traits_of(criterion))

    @admin.display(description="Shown")
    def condition(self, criterion) -> str:
        if criterion.shown_if is None:
            return "Always"
        return f"Only if “{criterion.shown_if.text}” was answered {criterion.shown_if_value}"

    def get_fieldsets(self, request, obj=None):
        key = ("Key", {"fields": ["key"], "classes": ["collapse"]})
        if obj and not self.has_change_permission(request, obj):
            return [(None, {"fields": ["section", "text", "guidance", "counts", "condition"]}), key]
        return [
            (None, {"fields": ["section", "text", "guidance", "kind", "dimension"]}),
            (
                "How it counts",
                {"fields": ["weight", "is_critical", "yes_conforms", "full_credit", "zero_credit", "wants_photo"]},
            ),
            ("When it is shown", {"fields": ["shown_when"]}),
            key,
        ]

    def get_readonly_fields(self, request, obj=None):
        return ["counts", "condition"] if obj and not self.has_change_permission(request, obj) else []

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        criterion = form.instance
        if not kind_of(criterion).has_anchors:
            n_removed, _ = criterion.options.all().delete()
            if n_removed:
                kind = criterion.get_kind_display().lower()
                messages.info(request, f"Its {n_removed} anchors were removed: “{kind}” takes none.")

    def delete_model(self, request, obj):
        request.back_to = admin_url(obj.section)
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
