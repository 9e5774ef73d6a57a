"""Versions: written as a draft, previewed, published for good, cloned to change, retired."""

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Exists, Max, OuterRef
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display

from audits.admin.outline import admin_url, linked_problems, outline_of, trail_to
from audits.admin.sections import SectionForm
from audits.admin.writing import DraftOnly, DraftOnlyInline, PlainChoices
from audits.models import Assignment, Section, Standard, Version
from audits.standards.cloning import DraftExists, clone
from audits.standards.comparison import compare
from audits.standards.publication import NotPublishable, publish, retire

STATE_COLOURS = {"draft": "warning", "published": "success", "retired": "default"}


class SectionInline(DraftOnlyInline, TabularInline):
    model = Section
    form = SectionForm
    fields = ["title", "asked", "position", "criteria"]
    readonly_fields = ["criteria"]
    ordering_field = "position"
    hide_title = True
    extra = 0
    verbose_name_plural = "sections: the moments of the customer's journey"

    @staticmethod
    def version_of(obj):
        return obj

    def get_queryset(self, request):
        return super().get_queryset(request).annotate(n_criteria=Count("criteria"))

    @admin.display(description="Criteria")
    def criteria(self, section) -> str:
        if section.pk is None:
            return "after saving"
        words = "1 criterion" if section.n_criteria == 1 else f"{section.n_criteria} criteria"
        return format_html('<a class="pl-open" href="{}">{} →</a>', admin_url(section), words)


class VersionForm(forms.ModelForm):
    class Meta:
        model = Version
        fields = ["standard", "note"]
        help_texts = {"note": "For colleagues who read the list of versions, for example “waiting times added”."}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "standard" in self.fields:
            drafts = Version.objects.filter(standard=OuterRef("pk"), state=Version.State.DRAFT)
            field = self.fields["standard"]
            field.queryset = Standard.objects.filter(~Exists(drafts))  # type: ignore[attr-defined]
            field.help_text = "Starts from an empty page. To change a published text, open it and clone it instead."
            field.error_messages["invalid_choice"] = "This standard has a draft already: change that one."


@admin.register(Version)
class VersionAdmin(DraftOnly, PlainChoices, ModelAdmin):
    form = VersionForm
    inlines = [SectionInline]
    actions = None
    list_display = ["__str__", "state_shown", "n_criteria", "published_at", "published_by", "note"]
    list_filter = ["state", ("standard", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["standard", "published_by"]
    search_fields = ["standard__name", "standard__key", "note"]
    change_form_outer_before_template = "admin/audits/version/state.html"
    change_form_outer_after_template = "admin/audits/version/outline.html"
    warn_unsaved_form = True

    class Media:
        css = {"all": ["css/admin-extra.css"]}

    @staticmethod
    def version_of(obj):
        return obj

    def get_queryset(self, request):
        versions = super().get_queryset(request).select_related("standard", "published_by")
        return versions.annotate(n_criteria=Count("sections__criteria"))

    @display(description="State", label=STATE_COLOURS, ordering="state")
    def state_shown(self, version):
        return version.state, version.get_state_display()

    @admin.display(description="Criteria", ordering="n_criteria")
    def n_criteria(self, version) -> int:
        return version.n_criteria

    def get_fieldsets(self, request, obj=None):
        return [(None, {"fields": ["note"] if obj else ["standard", "note"]})]

    def get_inlines(self, request, obj):
        return self.inlines if obj else []

    def save_model(self, request, obj, form, change):
        if not change:
            last = obj.standard.versions.aggregate(last=Max("number"))["last"] or 0
            obj.number = last + 1
        super().save_model(request, obj, form, change)

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        context |= {"show_save_and_add_another": False, "show_save_and_continue": False}
        if obj:
            chapters = outline_of(obj)
            context |= {
                "trail": trail_to(obj),
                "version": obj,
                "chapters": chapters,
                "problems": linked_problems(obj, chapters) if obj.is_draft else [],
                "may_write": self._may_write(request),
                "n_visits": 0 if obj.is_draft else obj.visits.count(),
                "n_assignments": 0 if obj.is_draft else _n_open_assignments(obj),
            }
        return super().render_change_form(request, context, add, change, form_url, obj)

    def response_add(self, request, obj, post_url_continue=None):
        messages.success(request, f"{obj} is open as a draft: add its sections.")
        return HttpResponseRedirect(admin_url(obj))

    def response_post_save_change(self, request, obj):
        """Saving stays on the page: the problems and the outline below it are the answer to what was saved."""
        return HttpResponseRedirect(admin_url(obj))

    def response_delete(self, request, obj_display, obj_id):
        messages.success(request, f"{obj_display} was deleted.")
        return HttpResponseRedirect(reverse("admin:audits_standard_changelist"))

    # The steps of a version's life, each a page or a button on the version's page.

    def get_urls(self):
        steps = {
            "preview": self.preview_view,
            "publish": self.publish_view,
            "clone": self.clone_view,
            "retire": self.retire_view,
        }
        return [
            *(
                path(f"<path:object_id>/{step}/", self.admin_site.admin_view(view), name=f"audits_version_{step}")
                for step, view in steps.items()
            ),
            *super().get_urls(),
        ]

    def preview_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        version = self._version(request, object_id, allowed=self.has_view_permission(request))
        if version is None:
            return self._gone(request, object_id)
        return self._page(request, version, "preview", f"Preview of {version}")

    def publish_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        version = self._version(request, object_id, allowed=self._may_write(request))
        if version is None:
            return self._gone(request, object_id)
        if not version.is_draft:
            messages.info(request, f"{version} is {version.get_state_display().lower()} already.")
            return HttpResponseRedirect(admin_url(version))
        if request.method == "POST":
            return self._publish(request, version)
        chapters = outline_of(version)
        last = version.standard.current()
        return self._page(
            request,
            version,
            "publish",
            f"Publish {version}",
            chapters=chapters,
            criteria=[entry.criterion for chapter in chapters for entry in chapter.entries],
            problems=linked_problems(version, chapters),
            last=last,
            changes=compare(last, version) if last else [],
        )

    def _publish(self, request: HttpRequest, version: Version) -> HttpResponse:
        try:
            publish(version=version, by=request.user)
        except NotPublishable as refusal:
            messages.error(request, " ".join(["Not published.", *refusal.problems]))
        else:
            self.log_change(request, version, "Published.")
            messages.success(request, f"{version} is published: from now on visits can be planned and made with it.")
        return HttpResponseRedirect(admin_url(version))

    def clone_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        version = self._version(request, object_id, allowed=self.has_add_permission(request))
        if version is None:
            return self._gone(request, object_id)
        if request.method != "POST":
            return HttpResponse("Use the button “Clone to change” on the version's page.", status=405)
        try:
            draft = clone(version=version, by=request.user)
        except DraftExists as refusal:
            messages.error(request, str(refusal))
            draft = version.standard.versions.get(state=Version.State.DRAFT)
        else:
            self.log_addition(request, draft, f"Cloned from {version}.")
            messages.success(
                request, f"{draft} is a draft with the text of version {version.number}: change it here."
            )
        return HttpResponseRedirect(admin_url(draft))

    def retire_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        version = self._version(request, object_id, allowed=self._may_write(request))
        if version is None:
            return self._gone(request, object_id)
        if version.state != Version.State.PUBLISHED:
            messages.info(
                request, f"{version} is {version.get_state_display().lower()}: only a published one retires."
            )
            return HttpResponseRedirect(admin_url(version))
        if request.method == "POST":
            if retire(version=version):
                self.log_change(request, version, "Retired.")
                messages.success(request, f"{version} is retired: no new visit can be planned with it.")
            return HttpResponseRedirect(admin_url(version))
        others = version.standard.versions.filter(state=Version.State.PUBLISHED).exclude(pk=version.pk)
        return self._page(
            request,
            version,
            "retire",
            f"Retire {version}",
            n_assignments=_n_open_assignments(version),
            others=list(others.order_by("-number")),
        )

    def _may_write(self, request: HttpRequest) -> bool:
        return request.user.has_perm("audits.change_version")

    def _version(self, request: HttpRequest, object_id: str, *, allowed: bool) -> Version | None:
        if not allowed:
            raise PermissionDenied
        return self.get_object(request, unquote(object_id))

    def _gone(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)

    def _page(self, request: HttpRequest, version: Version, step: str, title: str, **context) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": title,
            "media": self.media,
            "original": version,
            "version": version,
            "trail": trail_to(version, here=step.capitalize()),
            **context,
        }
        return TemplateResponse(request, f"admin/audits/version/{step}.html", context)


def _n_open_assignments(version: Version) -> int:
    return Assignment.objects.filter(version=version).open(timezone.now().date()).count()
