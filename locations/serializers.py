"""The shape of readings in the API."""

from rest_framework import serializers

from locations.models import Reading


class ReadingSerializer(serializers.ModelSerializer):
    """A stored reading, named as the sender names it."""

    location = serializers.SlugRelatedField("code", read_only=True)
    metric = serializers.SlugRelatedField("key", read_only=True)

    class Meta:
        model = Reading
        fields = ["location", "metric", "period_start", "period_end", "value"]


class ReadingPageSerializer(serializers.Serializer):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = ReadingSerializer(many=True)


class SentReadingSerializer(serializers.Serializer):
    """Describes a sent row for the schema; `imports.readings` checks it, as it does for files."""

    location = serializers.CharField(help_text="The location's code.")
    metric = serializers.CharField(help_text="The metric's key.")
    period_start = serializers.DateField()
    period_end = serializers.DateField(
        required=False, allow_null=True, help_text="Last day included. Absent: by the metric's cadence."
    )
    value = serializers.FloatField()


class SentReadingsSerializer(serializers.Serializer):
    readings = SentReadingSerializer(many=True)


class StoredSerializer(serializers.Serializer):
    created = serializers.IntegerField()
    updated = serializers.IntegerField()
    unchanged = serializers.IntegerField()


class SentRowErrorSerializer(serializers.Serializer):
    row = serializers.IntegerField(help_text="Index in the list, from 0.")
    field = serializers.CharField()
    message = serializers.CharField()


class RefusedSerializer(serializers.Serializer):
    detail = serializers.CharField()
    errors = SentRowErrorSerializer(many=True, required=False)
    n_errors = serializers.IntegerField(required=False, help_text="All of them; `errors` lists the first 100.")
