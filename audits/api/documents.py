"""The shape of a visit as a phone sends it. Whether its answers fit the version is checked in `audits.intake`."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from audits.api.strict import StrictSerializer
from audits.models import Visit
from audits.models.limits import (
    LONGEST_NOTE,
    LONGEST_REASON,
    MOST_INTERACTIONS,
    MOST_OBSERVATIONS,
    MOST_PHOTOS,
    MOST_TAPS,
)
from audits.models.visits import REASONS, STATES


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


@extend_schema_serializer(component_name="PhonePlace")
class GpsSerializer(StrictSerializer):
    """Where the phone was. Whatever it tells is taken: a doubtful position is graded, never refused."""

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
    place = GpsSerializer(allow_null=True, default=None)


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
    place = GpsSerializer(allow_null=True, default=None)
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
