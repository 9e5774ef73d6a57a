"""Sections: a moment of the customer's journey with its criteria in a quick table."""

from django.contrib import admin, messages
from django.http import HttpResponseRedirect
from django.utils.html import format_html
from unfold.admin import ModelAdmin, TabularInline
from unfold.widgets import UnfoldAdminTextareaWidget

from audits.admin.outline import admin_url, trail_to
from audits.admin.writing import DraftOnly, DraftOnlyInline, NumberField, WrittenForm, on_one_line
from audits.models import Criterion, Section


class SectionForm(WrittenForm):
    class Meta:
        model = Section
        fields = ["title", "guidance", "asked", "key", "position"]
        labels = {"title": "Moment", "position": "Order", "version": "Version"}
        help_texts = {
            "title": "A moment of the customer's journey, for example “Greeting” or “At the till”.",
            "guidance": "What the auditor should know before looking; shown above the questions.",
            "asked": "Per interaction: again for every encounter seen. Per visit: once, for the place as a whole.",
            "position": "The smallest comes first. Left blank: last.",
            "key": "Stays the same in later versions, so that series go on. Left blank, it is made from the title.",
        }
        widgets = {"guidance": UnfoldAdminTextareaWidget({"rows": 3})}

    def siblings(self):
        return Section.objects.filter(version_id=self.instance.version_id)

    namesakes = siblings

    def clean_key(self) -> str:
        key = self.cleaned_data["key"]
        if key and self.namesakes().exclude(pk=self.instance.pk).filter(key=key).exists():
            self.add_error("key", f"Another section of this version has the key “{key}”: choose another.")
        return key


class QuickCriterionForm(WrittenForm):
    """The little that a criterion needs to begin with; its own page holds the rest."""

    words_field = "text"

    class Meta:
        model = Criterion
        fields = ["text", "kind", "dimension", "weight", "is_critical", "position"]
        field_classes = {"weight": NumberField}
        labels = {"text": "Observable behaviour", "is_critical": "Critical", "position": "Order", "kind": "Answer"}
        help_texts = {
            "position": "The smallest comes first. Left blank: last.",
            "weight": "Its share in scores. Auditors never see it.",
            "is_critical": "Its failure is a verdict of its own, whatever the score.",
        }
        widgets = {"text": UnfoldAdminTextareaWidget({"rows": 2})}

    def clean_text(self) -> str:
        return on_one_line(self.cleaned_data["text"])

    def siblings(self):
        return Criterion.objects.filter(section=self.instance.section)

    def namesakes(self):
        return Criterion.objects.filter(section__version=self.instance.section.version_id)


class CriterionInline(DraftOnlyInline, TabularInline):
    model = Criterion
    form = QuickCriterionForm
    fields = ["text", "kind", "dimension", "weight", "is_critical", "position", "details"]
    readonly_fields = ["details"]
    ordering_field = "position"
    hide_title = True
    extra = 0

    @staticmethod
    def version_of(obj):
        return obj.version

    @admin.display(description="Details")
    def details(self, criterion) -> str:
        if criterion.pk is None:
            return "after saving"
        return format_html('<a class="pl-open" href="{}">Details →</a>', admin_url(criterion))


@admin.register(Section)
class SectionAdmin(DraftOnly, ModelAdmin):
    form = SectionForm
    inlines = [CriterionInline]
    actions = None
    list_display = ["title", "version", "asked", "position"]
    list_filter = ["version__state", ("version__standard", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["version__standard"]
    search_fields = ["title", "guidance", "key"]
    change_form_outer_before_template = "admin/audits/section/intro.html"
    warn_unsaved_form = True

    class Media:
        css = {"all": ["css/admin-extra.css"]}

    @staticmethod
    def version_of(obj):
        return obj.version

    def has_module_permission(self, request):
        """Sections are reached through their version; a list of all of them would only distract."""
        return False

    def has_add_permission(self, request):
        """Added on the version's page, where their order is seen."""
        return False

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("version__standard")

    def get_fieldsets(self, request, obj=None):
        return [
            (None, {"fields": ["title", "guidance", "asked"]}),
            ("Key", {"fields": ["key"], "classes": ["collapse"]}),
        ]

    def delete_model(self, request, obj):
        request.back_to = admin_url(obj.version)
        super().delete_model(request, obj)

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        if obj:
            context["trail"] = trail_to(obj.version, obj)
            context["version"] = obj.version
        return super().render_change_form(request, context, add, change, form_url, obj)

    def response_post_save_change(self, request, obj):
        return HttpResponseRedirect(admin_url(obj.version))

    def response_delete(self, request, obj_display, obj_id):
        messages.success(request, f"The section “{obj_display}” was deleted with its criteria.")
        return HttpResponseRedirect(request.back_to)
