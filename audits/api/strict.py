"""The serializer that all the API's others are made of."""

from django.utils.translation import gettext as _
from rest_framework import serializers


class StrictSerializer(serializers.Serializer):
    """Refuses fields that nobody expects: what is silently dropped would be lost."""

    def to_internal_value(self, data):
        if isinstance(data, dict) and (unknown := sorted(set(data) - set(self.fields))):
            raise serializers.ValidationError(dict.fromkeys(unknown, _("No such field: check its name.")))
        return super().to_internal_value(data)
