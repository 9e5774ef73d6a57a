"""The door: a visit's JSON, checked in shape and only once, becomes a document; the rest is for `audits.intake`."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from audits.api.strict import StrictSerializer
from audits.intake.checked_visit import VisitRefused
from audits.intake.document import (
    ContextDocument,
    Gps,
    InteractionDocument,
    ObservationDocument,
    PhotoDocument,
    TapDocument,
    VisitDocument,
)
from audits.intake.visits import Recorded, record_visit
from audits.models import Visit
from audits.models.limits import (
    LONGEST_KEY,
    LONGEST_LABEL,
    LONGEST_NOTE,
    LONGEST_REASON,
    MOST_INTERACTIONS,
    MOST_OBSERVATIONS,
    MOST_PHOTOS,
    MOST_TAPS,
)
from audits.models.visits import REASONS, STATES
from audits.problems import Problem


class ObservationSerializer(StrictSerializer):
    criterion = serializers.CharField(max_length=LONGEST_KEY)
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
    label = serializers.CharField(max_length=LONGEST_LABEL, allow_blank=True, default="")
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
    what = serializers.CharField(max_length=LONGEST_LABEL)
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
    criterion = serializers.CharField(max_length=LONGEST_KEY, allow_null=True, default=None)
    interaction = serializers.UUIDField(allow_null=True, default=None)
    sha256 = serializers.RegexField(
        r"^[0-9a-f]{64}$", error_messages={"invalid": gettext_lazy("64 hexadecimal digits.")}
    )
    taken_at = serializers.DateTimeField(allow_null=True, default=None)
    place = GpsSerializer(source="gps", allow_null=True, default=None)


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
    place = GpsSerializer(source="gps", allow_null=True, default=None)
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


def receive_visit(*, visit_id: UUID, auditor, payload: dict[str, Any]) -> Recorded:
    """Store a visit as a phone sends it; raises what `audits.intake.visits.record_visit` raises."""
    return record_visit(visit_id=visit_id, auditor=auditor, payload=payload, read=read_visit)


def read_visit(payload: dict[str, Any]) -> VisitDocument:
    """Raises VisitRefused with all that is wrong with the shape, not only the first."""
    serializer = VisitSerializer(data=payload)
    if not serializer.is_valid():
        raise VisitRefused(list(_flattened(serializer.errors)))
    sent = dict(serializer.validated_data)
    return VisitDocument(
        **sent
        | {
            "written": tuple(sent["written"]),
            "context": ContextDocument(**sent.get("context", {})),
            "gps": _gps(sent["gps"]),
            "taps": tuple(TapDocument(**tap) for tap in sent["taps"]),
            "interactions": tuple(
                InteractionDocument(**each | {"observations": _observations(each["observations"])})
                for each in sent["interactions"]
            ),
            "observations": _observations(sent["observations"]),
            "photos": tuple(PhotoDocument(**photo | {"gps": _gps(photo["gps"])}) for photo in sent["photos"]),
        }
    )


def _gps(sent: dict | None) -> Gps | None:
    return Gps(**sent) if sent is not None else None


def _observations(sent: list[dict]) -> tuple[ObservationDocument, ...]:
    return tuple(ObservationDocument(**each) for each in sent)


def _flattened(errors, path: str = "") -> Iterator[Problem]:
    """REST framework's nested errors as one list: 'interactions.0.id' and a sentence."""
    if isinstance(errors, dict):
        for name, below in errors.items():
            step = "" if name == "non_field_errors" else str(name)
            yield from _flattened(below, ".".join(part for part in (path, step) if part))
    elif isinstance(errors, list) and any(isinstance(below, dict) for below in errors):
        for number, below in enumerate(errors):
            yield from _flattened(below, f"{path}.{number}" if path else str(number))
    else:
        for message in errors:
            yield Problem(path or "visit", str(message))
