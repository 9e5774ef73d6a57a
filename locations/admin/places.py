"""The tree of regions and its locations, narrowed to what the user sees."""

from django.contrib import admin
from django.db.models import Count
from unfold.admin import ModelAdmin

from locations.models import Location, Region


def scoped(field, request):
    """Narrow a form's choice of regions or locations to the user's own."""
    if field and field.queryset.model in (Region, Location):
        field.queryset = field.queryset.model.objects.visible_to(request.user)
    return field


class ScopedChoices:
    """For a ModelAdmin or an inline: every region and location that a form offers is one that the user sees."""

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        return scoped(super().formfield_for_foreignkey(db_field, request, **kwargs), request)  # type: ignore[misc]


@admin.register(Region)
class RegionAdmin(ScopedChoices, ModelAdmin):
    list_display = ["place_in_tree", "parent", "n_locations"]
    list_select_related = ["parent"]
    search_fields = ["name"]
    autocomplete_fields = ["parent"]
    ordering = ["path"]

    def get_queryset(self, request):
        return Region.objects.visible_to(request.user).annotate(n_locations=Count("locations")).order_by("path")

    @admin.display(description="Region", ordering="path")
    def place_in_tree(self, region) -> str:
        depth = region.path.count("/") - 2
        return "\N{EM SPACE}" * 2 * depth + region.name

    @admin.display(description="Locations here", ordering="n_locations")
    def n_locations(self, region) -> int:
        return region.n_locations


@admin.register(Location)
class LocationAdmin(ScopedChoices, ModelAdmin):
    list_display = ["name", "code", "region", "timezone", "opened_on", "closed_on"]
    list_filter = [("region", admin.RelatedOnlyFieldListFilter), "timezone"]
    list_select_related = ["region"]
    search_fields = ["name", "code", "address"]
    autocomplete_fields = ["region"]
    warn_unsaved_form = True
    fieldsets = [
        (None, {"fields": ["name", "code", "region"]}),
        ("Where", {"fields": ["address", ("latitude", "longitude"), "timezone"]}),
        ("When", {"fields": [("opened_on", "closed_on")]}),
    ]

    def get_queryset(self, request):
        return Location.objects.visible_to(request.user).order_by("name", "pk")
