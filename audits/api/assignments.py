"""What phones ask first: the clock, and my assignments."""

from datetime import timedelta

from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView

from audits.api.phone_view import PhoneView
from audits.api.serializers import (
    AssignmentSerializer,
    ClockSerializer,
)
from audits.models import Assignment
from locations.accounts.requests import SignedInApiRequest

MOST_ASSIGNMENTS = 200
WESTERNMOST = timedelta(hours=12)  # no place on earth is further behind UTC


class ClockView(APIView):
    permission_classes = [IsAuthenticated]

    @extend_schema(responses=ClockSerializer)
    @method_decorator(never_cache)
    def get(self, request: SignedInApiRequest) -> Response:
        """The server's clock, by which a phone measures how wrong its own is."""
        return Response({"now": timezone.now()})


class AssignmentsView(PhoneView):
    @extend_schema(responses=AssignmentSerializer(many=True))
    def get(self, request: SignedInApiRequest) -> Response:
        """My open assignments, the soonest to close first."""
        now = timezone.now()
        mine = (
            Assignment.objects.visible_to(request.user)
            .filter(auditor=request.user)
            .open((now - WESTERNMOST).date())
            .select_related("location", "version__standard")[:MOST_ASSIGNMENTS]
        )
        here = [assignment for assignment in mine if assignment.is_open(now)]
        return Response({"results": AssignmentSerializer(here, many=True, context={"request": request}).data})
