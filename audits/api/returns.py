"""A reviewer sends a visit back to its auditor."""

from typing import cast
from uuid import UUID

from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from audits.api.bodies import AsciiJsonRenderer, BoundedJsonParser
from audits.api.serializers import ReturnedSerializer, ReturnSerializer
from audits.models import Visit
from audits.review.returns import NotReturnable, ReturnRefused, return_visit
from locations.accounts.requests import SignedInApiRequest
from locations.accounts.roles import EXCLUDES_VISITS
from locations.models import Location, User


class MayReturn(BasePermission):
    message = "Only reviewers, managers and directors send visits back to their auditors."

    def has_permission(self, request: Request, view) -> bool:
        return cast(User, request.user).has_role(EXCLUDES_VISITS)


class ReturnView(APIView):
    permission_classes = [IsAuthenticated, MayReturn]
    parser_classes = [BoundedJsonParser]
    renderer_classes = [AsciiJsonRenderer]

    @extend_schema(
        request=ReturnSerializer,
        responses={
            201: ReturnedSerializer,
            400: OpenApiResponse(OpenApiTypes.OBJECT, "What is wrong, by place; nothing was done."),
            409: OpenApiResponse(OpenApiTypes.OBJECT, "Returned or excluded already, or corrected meanwhile."),
        },
    )
    def post(self, request: SignedInApiRequest, visit_id: UUID) -> Response:
        """Send a visit back to its auditor, with a comment and a word on each answer in doubt."""
        here = Location.objects.visible_to(request.user, EXCLUDES_VISITS)
        visit = Visit.objects.filter(pk=visit_id, location__in=here).select_related("location").first()
        if visit is None:
            raise Http404
        serializer = ReturnSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        said = serializer.validated_data
        if said["revision"] not in {None, visit.revision}:
            return Response(
                {"detail": f"Revision {visit.revision} is the newest, you read {said['revision']}: read that one."},
                status=409,
            )
        try:
            word = return_visit(visit=visit, by=request.user, comment=said["comment"], items=said["items"])
        except ReturnRefused as refused:
            errors = [{"where": problem.where, "message": problem.message} for problem in refused.problems]
            return Response({"detail": "Nothing was done: correct what is named.", "errors": errors}, status=400)
        except NotReturnable as reason:
            return Response({"detail": str(reason)}, status=409)
        return Response(ReturnedSerializer(word).data, status=201)
