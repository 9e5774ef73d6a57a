"""The shape of what a phone sends. Whether the answers fit the version is checked in `audits.answers`."""

from rest_framework import serializers

from audits.models import Assignment, Observation, Visit
from locations.models import Location

STATES = {
    "answered": Observation.State.ANSWERED,
    "does_not_apply": Observation.State.DOES_NOT_APPLY,
    "not_observed": Observation.State.NOT_OBSERVED,
}
MOST_INTERACTIONS = 60
MOST_PHOTOS = 200
MOST_OBSERVATIONS = 500
LONGEST_NOTE = 5000


class StrictSerializer(serializers.Serializer):
    """Refuses fields that nobody expects: what is silently dropped would be lost."""

    def to_internal_value(self, data):
        if isinstance(data, dict) and (unknown := sorted(set(data) - set(self.fields))):
            raise serializers.ValidationError(dict.fromkeys(unknown, "No such field: check its name."))
        return super().to_internal_value(data)


class ObservationSerializer(StrictSerializer):
    criterion = serializers.CharField(max_length=64)
    state = serializers.ChoiceField(choices=list(STATES))
    value = serializers.JSONField(required=False, allow_null=True, default=None)
    note = serializers.CharField(max_length=LONGEST_NOTE, allow_blank=True, default="", trim_whitespace=False)


class InteractionSerializer(StrictSerializer):
    id = serializers.UUIDField()
    label = serializers.CharField(max_length=80, allow_blank=True, default="")
    started_at = serializers.DateTimeField(allow_null=True, default=None)
    acknowledged_at = serializers.DateTimeField(allow_null=True, default=None)
    helped_at = serializers.DateTimeField(allow_null=True, default=None)
    ended_at = serializers.DateTimeField(allow_null=True, default=None)
    observations = ObservationSerializer(many=True, max_length=MOST_OBSERVATIONS)


class ContextSerializer(StrictSerializer):
    staff_seen = serializers.IntegerField(min_value=0, max_value=1000, allow_null=True, default=None)
    customers_waiting = serializers.IntegerField(min_value=0, max_value=10_000, allow_null=True, default=None)
    busyness = serializers.ChoiceField(choices=Visit.Busyness.choices, allow_blank=True, default="")


class ExpectedPhotoSerializer(StrictSerializer):
    id = serializers.UUIDField()
    criterion = serializers.CharField(max_length=64, allow_null=True, default=None)
    interaction = serializers.UUIDField(allow_null=True, default=None)
    sha256 = serializers.RegexField(r"^[0-9a-f]{64}$", error_messages={"invalid": "64 hexadecimal digits."})
    taken_at = serializers.DateTimeField(allow_null=True, default=None)


class VisitSerializer(StrictSerializer):
    location = serializers.IntegerField()
    version = serializers.IntegerField()
    assignment = serializers.IntegerField(allow_null=True, default=None)
    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True, default=None)
    mode = serializers.ChoiceField(choices=[Visit.Mode.LIVE, Visit.Mode.COVERT], default=Visit.Mode.LIVE)
    clock_offset_ms = serializers.IntegerField(
        min_value=-(10**12), max_value=10**12, allow_null=True, default=None
    )  # 32 years either way: a phone whose battery died says 1970
    context = ContextSerializer(required=False)
    note = serializers.CharField(max_length=LONGEST_NOTE, allow_blank=True, default="", trim_whitespace=False)
    interactions = InteractionSerializer(many=True, max_length=MOST_INTERACTIONS)
    observations = ObservationSerializer(many=True, max_length=MOST_OBSERVATIONS)
    photos = ExpectedPhotoSerializer(many=True, max_length=MOST_PHOTOS, required=False, default=list)


class PlaceSerializer(serializers.ModelSerializer):
    class Meta:
        model = Location
        fields = ["id", "code", "name", "address", "timezone", "latitude", "longitude"]


class AssignmentSerializer(serializers.ModelSerializer):
    location = PlaceSerializer()
    standard = serializers.CharField(source="version.standard.name")
    version_number = serializers.IntegerField(source="version.number")
    form_url = serializers.HyperlinkedIdentityField(
        view_name="audits:form", lookup_field="version_id", lookup_url_kwarg="version_id"
    )

    class Meta:
        model = Assignment
        fields = [
            "id", "location", "standard", "version", "version_number", "form_url", "kind", "opens_on", "closes_on",
            "daypart",
        ]  # fmt: skip


class ReceivedPhotoSerializer(serializers.Serializer):
    """What the phone is told about a photo."""

    id = serializers.UUIDField()
    visit = serializers.UUIDField(source="visit_id")
    received_at = serializers.DateTimeField()


class ReceivedVisitSerializer(serializers.ModelSerializer):
    """What the phone is told about a visit: its receipt and the photos still missing."""

    location = PlaceSerializer()
    n_interactions = serializers.SerializerMethodField()
    photos_missing = serializers.SerializerMethodField()

    class Meta:
        model = Visit
        fields = [
            "id", "receipt", "location", "assignment", "started_at", "received_at", "n_interactions",
            "photos_missing",
        ]  # fmt: skip

    def get_n_interactions(self, visit: Visit) -> int:
        return len(visit.interactions.all())

    def get_photos_missing(self, visit: Visit) -> list[str]:
        return [str(photo.pk) for photo in visit.photos.all() if photo.received_at is None]
