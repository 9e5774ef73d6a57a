"""Standards: each with its versions. Creating one opens its first draft."""

from django.contrib import admin, messages
from django.db.models import OuterRef, Subquery
from django.http import HttpRequest, HttpResponseRedirect
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminTextareaWidget

from audits.admin.outline import Step, admin_url
from audits.admin.writing import WrittenForm
from audits.models import Standard, Version


class StandardForm(WrittenForm):
    words_field = "name"

    class Meta:
        model = Standard
        fields = ["name", "description", "key"]
        help_texts = {
            "name": "As auditors and managers read it, for example “Service standard”.",
            "description": "What it is for and where it applies. For colleagues, not shown to auditors.",
            "key": "Its name in files. Left blank, it is made from the name.",
        }
        widgets = {"description": UnfoldAdminTextareaWidget({"rows": 3})}

    def namesakes(self):
        return Standard.objects.all()


def _number_of_latest(state: str) -> Subquery:
    versions = Version.objects.filter(standard=OuterRef("pk"), state=state).order_by("-number")
    return Subquery(versions.values("number")[:1])


@admin.register(Standard)
class StandardAdmin(ModelAdmin):
    form = StandardForm
    actions = None
    list_display = ["name", "published", "draft", "key"]
    search_fields = ["name", "key", "description"]
    change_form_outer_before_template = "admin/audits/standard/versions.html"
    compressed_fields = True
    warn_unsaved_form = True

    class Media:
        css = {"all": ["css/admin-extra.css"]}

    def get_queryset(self, request):
        return (
            super()
            .get_queryset(request)
            .annotate(
                published_number=_number_of_latest(Version.State.PUBLISHED),
                draft_number=_number_of_latest(Version.State.DRAFT),
            )
        )

    @admin.display(description="Published", empty_value="not yet", ordering="published_number")
    def published(self, standard) -> str | None:
        return f"Version {standard.published_number}" if standard.published_number else None

    @admin.display(description="Draft", empty_value="none", ordering="draft_number")
    def draft(self, standard) -> str | None:
        return f"Version {standard.draft_number}" if standard.draft_number else None

    def get_readonly_fields(self, request, obj=None):
        """Files name a standard by its key, so it stays once something was published under it."""
        if obj and obj.versions.exclude(state=Version.State.DRAFT).exists():
            return ["key"]
        return []

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        if obj:
            versions = list(obj.versions.select_related("published_by").order_by("-number"))
            context["versions"] = [(version, admin_url(version)) for version in versions]
            context["has_draft"] = any(version.is_draft for version in versions)
            context["trail"] = [Step("Standards", "../../"), Step(str(obj))]
        return super().render_change_form(request, context, add, change, form_url, obj)

    def response_add(self, request: HttpRequest, obj: Standard, post_url_continue=None):
        """A new standard is of no use without a text: its first draft is open at once."""
        if (
            "_addanother" in request.POST
            or "_popup" in request.POST
            or not request.user.has_perm("audits.add_version")
        ):
            return super().response_add(request, obj, post_url_continue)
        draft = Version.objects.create(standard=obj, number=1)
        self.log_addition(request, draft, "First draft.")
        messages.success(request, f"{obj} is there, and its first draft is open: add its sections.")
        return HttpResponseRedirect(admin_url(draft))
