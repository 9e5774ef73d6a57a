"""What phones are told, and the shapes of what they send beside visits."""

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from audits.api.documents import VisitSerializer
from audits.api.strict import StrictSerializer
from audits.models import Assignment, Draft, Visit, VisitRevision
from audits.models.limits import LONGEST_KEY, LONGEST_NOTE, LONGEST_REASON, MOST_DRAFT_BYTES, MOST_OBSERVATIONS
from locations.models import Location


@extend_schema_serializer(component_name="Place")
class LocationSerializer(serializers.ModelSerializer):
    class Meta:
        model = Location
        fields = ["id", "code", "name", "address", "timezone", "latitude", "longitude"]


class AssignmentSerializer(serializers.ModelSerializer):
    location = LocationSerializer()
    standard = serializers.CharField(source="version.standard.name")
    version_number = serializers.IntegerField(source="version.number")
    form_url = serializers.HyperlinkedIdentityField(
        view_name="audits:form", lookup_field="version_id", lookup_url_kwarg="version_id"
    )
    visit_id = serializers.UUIDField(help_text="For the visit: begun on two phones it is still one.")
    first_interaction_id = serializers.UUIDField(help_text="For its first interaction.")

    class Meta:
        model = Assignment
        fields = [
            "id", "location", "standard", "version", "version_number", "form_url", "kind", "opens_on", "closes_on",
            "daypart", "visit_id", "first_interaction_id",
        ]  # fmt: skip


class ReceivedPhotoSerializer(serializers.Serializer):
    """What the phone is told about a photo."""

    id = serializers.UUIDField()
    visit = serializers.UUIDField(source="visit_id")
    received_at = serializers.DateTimeField()


class GiveUpSerializer(StrictSerializer):
    reason = serializers.CharField(
        max_length=LONGEST_REASON, allow_blank=True, default="", help_text="Why it was refused; blank if it was not."
    )


class GivenUpPhotoSerializer(ReceivedPhotoSerializer):
    """`received_at` too: what is here is not given up."""

    given_up_at = serializers.DateTimeField()


class ReturnItemSerializer(StrictSerializer):
    criterion = serializers.CharField(max_length=LONGEST_KEY, allow_null=True, default=None)
    interaction = serializers.UUIDField(allow_null=True, default=None)
    comment = serializers.CharField(max_length=LONGEST_NOTE)


class ReturnSerializer(StrictSerializer):
    """What a reviewer says when a visit goes back to its auditor."""

    comment = serializers.CharField(max_length=LONGEST_NOTE)
    items = ReturnItemSerializer(many=True, max_length=MOST_OBSERVATIONS, default=list)
    revision = serializers.IntegerField(
        min_value=1, allow_null=True, default=None, help_text="The one that was read; left out, the newest."
    )


class ReturnedSerializer(serializers.Serializer):
    """What the auditor is told about a visit that came back."""

    comment = serializers.CharField()
    items = ReturnItemSerializer(many=True)
    at = serializers.DateTimeField(source="returned_at")
    revision = serializers.IntegerField()


class ReceivedVisitSerializer(serializers.ModelSerializer):
    """What the phone is told about a visit: its receipt, the photos still missing, and why it came back if it did."""

    location = LocationSerializer()
    standard = serializers.CharField(source="version.standard.name")
    version_number = serializers.IntegerField(source="version.number")
    form_url = serializers.HyperlinkedIdentityField(
        view_name="audits:form", lookup_field="version_id", lookup_url_kwarg="version_id"
    )
    n_interactions = serializers.SerializerMethodField()
    photos_missing = serializers.SerializerMethodField()
    photos_given_up = serializers.SerializerMethodField(help_text="Not here, and nobody waits for them any more.")
    returned = serializers.SerializerMethodField()

    class Meta:
        model = Visit
        fields = [
            "id", "receipt", "location", "standard", "version", "version_number", "form_url", "assignment",
            "started_at", "received_at", "revision", "returned", "n_interactions", "photos_missing",
            "photos_given_up",
        ]  # fmt: skip

    def get_n_interactions(self, visit: Visit) -> int:
        return len(visit.interactions.all())

    def get_photos_missing(self, visit: Visit) -> list[str]:
        return [str(photo.pk) for photo in visit.photos.all() if not (photo.received_at or photo.given_up_at)]

    def get_photos_given_up(self, visit: Visit) -> list[str]:
        return [str(photo.pk) for photo in visit.photos.all() if photo.given_up_at]

    @extend_schema_field(ReturnedSerializer(allow_null=True))
    def get_returned(self, visit: Visit) -> dict | None:
        """None, too, where somebody excluded the visit meanwhile: there is nothing left to correct."""
        if visit.returned_at is None or visit.excluded_at is not None:
            return None
        [word] = [each for each in visit.returns.all() if each.revision == visit.revision]
        return ReturnedSerializer(word).data


class ReadVisitSerializer(ReceivedVisitSerializer):
    """One of one's own visits with what was sent, so that it can be read, and corrected, on any device."""

    content = serializers.SerializerMethodField()

    class Meta(ReceivedVisitSerializer.Meta):
        fields = [*ReceivedVisitSerializer.Meta.fields, "digest", "content"]

    @extend_schema_field(VisitSerializer(allow_null=True))
    def get_content(self, visit: Visit) -> dict | None:
        sent = VisitRevision.objects.filter(visit=visit, revision=visit.revision).first()
        return sent.content if sent else None


class DraftToSaveSerializer(StrictSerializer):
    content = serializers.DictField(help_text=f"The phone's own; at most {MOST_DRAFT_BYTES // 1024**2} MiB.")
    base_revision = serializers.IntegerField(
        min_value=0,
        max_value=10**9,
        default=0,
        help_text="The revision that this content was made from; 0 for a new draft.",
    )
    owner = serializers.IntegerField(
        allow_null=True, default=None, help_text="Who typed it: refused in anybody else's session."
    )


class DiscardSerializer(StrictSerializer):
    base_revision = serializers.IntegerField(
        min_value=0, max_value=10**9, default=None, help_text="Throw the draft away only if this is its newest."
    )


class SavedDraftSerializer(serializers.ModelSerializer):
    """A draft without its content."""

    class Meta:
        model = Draft
        fields = ["id", "revision", "saved_at", "n_bytes"]


class DraftSerializer(SavedDraftSerializer):
    content = serializers.DictField()

    class Meta(SavedDraftSerializer.Meta):
        fields = [*SavedDraftSerializer.Meta.fields, "content"]


class ClockSerializer(serializers.Serializer):
    now = serializers.DateTimeField()
