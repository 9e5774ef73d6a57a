"""The shape of what a phone sends. Whether the answers fit the version is checked in `audits.intake.answers`."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from audits.models import Assignment, Draft, Visit, VisitRevision
from audits.models.limits import (
    LONGEST_NOTE,
    LONGEST_REASON,
    MOST_INTERACTIONS,
    MOST_OBSERVATIONS,
    MOST_PHOTOS,
    MOST_TAPS,
)
from audits.models.visits import REASONS, STATES
from locations.models import Location


class StrictSerializer(serializers.Serializer):
    """Refuses fields that nobody expects: what is silently dropped would be lost."""

    def to_internal_value(self, data):
        if isinstance(data, dict) and (unknown := sorted(set(data) - set(self.fields))):
            raise serializers.ValidationError(dict.fromkeys(unknown, _("No such field: check its name.")))
        return super().to_internal_value(data)


class ObservationSerializer(StrictSerializer):
    criterion = serializers.CharField(max_length=64)
    state = serializers.ChoiceField(choices=list(STATES))
    value = serializers.JSONField(required=False, allow_null=True, default=None)
    reason = serializers.CharField(
        max_length=LONGEST_REASON,
        allow_blank=True,
        default="",
        help_text=f"Why it does not apply or was not observed: free text, or one of {', '.join(REASONS)}.",
    )
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


class TapSerializer(StrictSerializer):
    what = serializers.CharField(max_length=80)
    at = serializers.DateTimeField()


class PhonePlaceSerializer(StrictSerializer):
    """Where the phone was. Whatever it tells is taken: a doubtful place is graded, never refused."""

    latitude = serializers.FloatField(min_value=-90, max_value=90, allow_null=True, default=None)
    longitude = serializers.FloatField(min_value=-180, max_value=180, allow_null=True, default=None)
    accuracy_m = serializers.FloatField(min_value=0, allow_null=True, default=None)
    refused = serializers.BooleanField(default=False)

    def validate(self, attrs):
        if (attrs["latitude"] is None) != (attrs["longitude"] is None):
            raise serializers.ValidationError(_("Send both coordinates or none."))
        if attrs["refused"] and attrs["latitude"] is not None:
            raise serializers.ValidationError(_("Marked as refused but has coordinates: send one or the other."))
        return attrs


class ExpectedPhotoSerializer(StrictSerializer):
    id = serializers.UUIDField()
    criterion = serializers.CharField(max_length=64, allow_null=True, default=None)
    interaction = serializers.UUIDField(allow_null=True, default=None)
    sha256 = serializers.RegexField(
        r"^[0-9a-f]{64}$", error_messages={"invalid": gettext_lazy("64 hexadecimal digits.")}
    )
    taken_at = serializers.DateTimeField(allow_null=True, default=None)
    place = PhonePlaceSerializer(allow_null=True, default=None)


class VisitSerializer(StrictSerializer):
    revision = serializers.IntegerField(
        min_value=1, max_value=10_000, default=1, help_text="One more than the revision that was returned to you."
    )
    location = serializers.IntegerField()
    version = serializers.IntegerField()
    assignment = serializers.IntegerField(allow_null=True, default=None)
    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True, default=None)
    written = serializers.ListField(
        child=serializers.ChoiceField(choices=["started_at", "ended_at"]),
        max_length=2,
        default=list,
        help_text="Times written by hand, as a watch shows them: no error of the phone's clock is taken out of them.",
    )
    mode = serializers.ChoiceField(choices=[Visit.Mode.LIVE, Visit.Mode.COVERT], default=Visit.Mode.LIVE)
    clock_offset_ms = serializers.IntegerField(
        min_value=-(10**12), max_value=10**12, allow_null=True, default=None
    )  # 32 years either way: a phone whose battery died says 1970
    context = ContextSerializer(required=False)
    place = PhonePlaceSerializer(allow_null=True, default=None)
    conflict_of_interest = serializers.BooleanField(allow_null=True, default=None)
    conflict_of_interest_note = serializers.CharField(
        max_length=LONGEST_NOTE, allow_blank=True, default="", trim_whitespace=False
    )
    not_completed_reason = serializers.CharField(
        max_length=LONGEST_REASON,
        allow_blank=True,
        default="",
        help_text="Why the visit could not be completed; only then may it hold no answer.",
    )
    taps = TapSerializer(many=True, max_length=MOST_TAPS, default=list)
    hidden_notes = serializers.CharField(max_length=LONGEST_NOTE, allow_blank=True, default="", trim_whitespace=False)
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
    criterion = serializers.CharField(max_length=64, allow_null=True, default=None)
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

    location = PlaceSerializer()
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
    content = serializers.DictField(help_text="The phone's own; at most 1 MiB.")
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
