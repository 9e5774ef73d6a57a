"""What phones call: my assignments, my visits, and sending a visit and its photos."""

from typing import cast
from uuid import UUID

from django.conf import settings
from django.db.models import Prefetch
from django.http import Http404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from audits import intake
from audits.models import Assignment, Interaction, Photo, Visit
from audits.payload import VisitRefused
from audits.photos import PhotoRefused, PhotoTooLarge
from audits.serializers import (
    AssignmentSerializer,
    ReceivedPhotoSerializer,
    ReceivedVisitSerializer,
    VisitSerializer,
)
from locations.models import User
from locations.requests import SignedInApiRequest
from locations.roles import CAPTURES

MOST_ASSIGNMENTS = 200
MOST_VISITS = 50


class MayCapture(BasePermission):
    message = "Only auditors and mystery shoppers record visits: ask for that role in your region."

    def has_permission(self, request: Request, view) -> bool:
        return cast(User, request.user).has_role(CAPTURES)


class PayloadTooLarge(APIException):
    status_code = 413


class PictureParser(BaseParser):
    """The body as bytes, under `picture`; never more than may be stored."""

    media_type = "image/*"

    def parse(self, stream, media_type=None, parser_context=None) -> dict[str, bytes]:
        announced = int(stream.META.get("CONTENT_LENGTH") or 0)
        data = stream.read(settings.PHOTO_MAX_BYTES + 1) if announced <= settings.PHOTO_MAX_BYTES else b""
        if announced > settings.PHOTO_MAX_BYTES or len(data) > settings.PHOTO_MAX_BYTES:
            raise PayloadTooLarge(
                f"A photo has at most {settings.PHOTO_MAX_BYTES:,} bytes; this one has {announced:,}."
            )
        return {"picture": data}


class PhoneView(APIView):
    permission_classes = [IsAuthenticated, MayCapture]


class AssignmentsView(PhoneView):
    @extend_schema(responses=AssignmentSerializer(many=True))
    def get(self, request: SignedInApiRequest) -> Response:
        """My open assignments, the soonest to close first."""
        mine = (
            Assignment.objects.visible_to(request.user)
            .filter(auditor=request.user)
            .open(timezone.localdate())
            .select_related("location", "version__standard")[:MOST_ASSIGNMENTS]
        )
        return Response({"results": AssignmentSerializer(mine, many=True, context={"request": request}).data})


def _with_receipt():
    return Visit.objects.select_related("location").prefetch_related(
        Prefetch("interactions", Interaction.objects.only("id", "visit_id")),
        Prefetch("photos", Photo.objects.only("id", "visit_id", "received_at")),
    )


class VisitsView(PhoneView):
    @extend_schema(responses=ReceivedVisitSerializer(many=True))
    def get(self, request: SignedInApiRequest) -> Response:
        """My visits that the server holds, the last received first."""
        mine = _with_receipt().filter(auditor=request.user).order_by("-received_at")[:MOST_VISITS]
        return Response({"results": ReceivedVisitSerializer(mine, many=True).data})


class VisitView(PhoneView):
    @extend_schema(responses=ReceivedVisitSerializer)
    def get(self, request: SignedInApiRequest, visit_id: UUID) -> Response:
        """The receipt of one of my visits."""
        visit = _with_receipt().filter(auditor=request.user, pk=visit_id).first()
        if visit is None:
            raise Http404
        return Response(ReceivedVisitSerializer(visit).data)

    @extend_schema(
        request=VisitSerializer,
        responses={
            200: ReceivedVisitSerializer,
            201: ReceivedVisitSerializer,
            400: OpenApiResponse(OpenApiTypes.OBJECT, "What is wrong, by criterion; nothing was stored."),
            409: OpenApiResponse(OpenApiTypes.OBJECT, "Stored before with other content: both digests."),
        },
    )
    def put(self, request: SignedInApiRequest, visit_id: UUID) -> Response:
        """Store a whole visit. The same content again answers 200, other content 409."""
        if not isinstance(request.data, dict):
            raise ParseError("Send the visit as one JSON object.")
        try:
            recorded = intake.record_visit(visit_id=visit_id, auditor=request.user, payload=request.data)
        except VisitRefused as refused:
            errors = [{"where": problem.where, "message": problem.message} for problem in refused.problems]
            return Response({"detail": "Nothing was stored: correct what is named.", "errors": errors}, status=400)
        except intake.VisitConflict as conflict:
            return Response({"detail": str(conflict), "stored": conflict.stored, "sent": conflict.sent}, status=409)
        except intake.NotYours:
            raise Http404 from None
        visit = _with_receipt().get(pk=visit_id)
        return Response(ReceivedVisitSerializer(visit).data, status=201 if recorded.created else 200)


class PhotoView(PhoneView):
    parser_classes = [PictureParser]

    @extend_schema(
        request={"image/jpeg": OpenApiTypes.BINARY},
        responses={
            200: ReceivedPhotoSerializer,
            201: ReceivedPhotoSerializer,
            400: OpenApiResponse(OpenApiTypes.OBJECT, "No photo that can be kept."),
            404: OpenApiResponse(OpenApiTypes.OBJECT, "The visit names no such photo."),
            409: OpenApiResponse(OpenApiTypes.OBJECT, "Another picture was stored under this id."),
            413: OpenApiResponse(OpenApiTypes.OBJECT, "Too many bytes."),
        },
    )
    def put(self, request: SignedInApiRequest, visit_id: UUID, photo_id: UUID) -> Response:
        """Store a photo that the visit named; the body is the picture itself."""
        visit = Visit.objects.filter(auditor=request.user, pk=visit_id).first()
        if visit is None:
            return Response({"detail": "No such visit of yours: send the visit before its photos."}, status=404)
        picture = cast(dict, request.data).get("picture", b"")  # an empty body never reaches the parser
        try:
            photo, created = intake.attach_photo(visit=visit, photo_id=photo_id, data=picture)
        except intake.PhotoUnexpected as error:
            return Response({"detail": str(error)}, status=404)
        except intake.PhotoConflict as error:
            return Response({"detail": str(error)}, status=409)
        except PhotoRefused as error:
            return Response({"detail": str(error)}, status=413 if isinstance(error, PhotoTooLarge) else 400)
        missing = Photo.objects.filter(visit=visit, received_at=None).values_list("pk", flat=True)
        return Response(
            ReceivedPhotoSerializer(photo).data | {"photos_missing": [str(id_) for id_ in missing]},
            status=201 if created else 200,
        )
