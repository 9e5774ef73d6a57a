"""What phones call: the clock, my assignments, my visits, sending a visit and its photos. A reviewer returns one."""

from datetime import timedelta
from typing import cast
from uuid import UUID

from django.db.models import F, Prefetch
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.exceptions import ParseError
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from audits import given_up, intake, review
from audits.bodies import AsciiJsonRenderer, BoundedJsonParser, PictureParser
from audits.models import Assignment, Interaction, Photo, Visit
from audits.payload import VisitRefused
from audits.photos import PhotoRefused, PhotoTooLarge
from audits.serializers import (
    AssignmentSerializer,
    ClockSerializer,
    GivenUpPhotoSerializer,
    GiveUpSerializer,
    ReadVisitSerializer,
    ReceivedPhotoSerializer,
    ReceivedVisitSerializer,
    ReturnedSerializer,
    ReturnSerializer,
    VisitSerializer,
)
from locations.accounts.requests import SignedInApiRequest
from locations.accounts.roles import CAPTURES, EXCLUDES_VISITS, ONLY_CAPTURES
from locations.models import Location, User

MOST_ASSIGNMENTS = 200
MOST_VISITS = 50
WESTERNMOST = timedelta(hours=12)  # no place on earth is further behind UTC


class MayCapture(BasePermission):
    message = ONLY_CAPTURES

    def has_permission(self, request: Request, view) -> bool:
        return cast(User, request.user).has_role(CAPTURES)


class MayReturn(BasePermission):
    message = "Only reviewers, managers and directors send visits back to their auditors."

    def has_permission(self, request: Request, view) -> bool:
        return cast(User, request.user).has_role(EXCLUDES_VISITS)


class PhoneView(APIView):
    permission_classes = [IsAuthenticated, MayCapture]
    parser_classes = [BoundedJsonParser]
    renderer_classes = [AsciiJsonRenderer]


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


def _with_receipt():
    return Visit.objects.select_related("location", "version__standard").prefetch_related(
        "returns",
        Prefetch("interactions", Interaction.objects.only("id", "visit_id")),
        Prefetch("photos", Photo.objects.only("id", "visit_id", "received_at", "given_up_at")),
    )


class VisitsView(PhoneView):
    @extend_schema(responses=ReceivedVisitSerializer(many=True))
    def get(self, request: SignedInApiRequest) -> Response:
        """My visits that the server holds: those that came back first, then the last received."""
        newest = [F("returned_at").desc(nulls_last=True), "-received_at", "pk"]
        mine = _with_receipt().filter(auditor=request.user).order_by(*newest)[:MOST_VISITS]
        return Response({"results": ReceivedVisitSerializer(mine, many=True, context={"request": request}).data})


class VisitView(PhoneView):
    @extend_schema(responses=ReadVisitSerializer)
    def get(self, request: SignedInApiRequest, visit_id: UUID) -> Response:
        """One of my visits: its receipt and what I sent, null where that is not on record."""
        visit = _with_receipt().filter(auditor=request.user, pk=visit_id).first()
        if visit is None:
            raise Http404
        return Response(ReadVisitSerializer(visit, context={"request": request}).data)

    @extend_schema(
        request=VisitSerializer,
        responses={
            200: ReceivedVisitSerializer,
            201: ReceivedVisitSerializer,
            400: OpenApiResponse(OpenApiTypes.OBJECT, "What is wrong, by criterion; nothing was stored."),
            409: OpenApiResponse(OpenApiTypes.OBJECT, "Stored before with other content: both, to compare."),
            413: OpenApiResponse(OpenApiTypes.OBJECT, "Too many bytes."),
        },
    )
    def put(self, request: SignedInApiRequest, visit_id: UUID) -> Response:
        """Store a whole visit. The same content again answers 200, other content 409.

        A visit that was returned takes other content once, as its next `revision`, and answers 200.
        """
        if not isinstance(request.data, dict):
            raise ParseError(_("Send the visit as one JSON object."))
        try:
            recorded = intake.record_visit(visit_id=visit_id, auditor=request.user, payload=request.data)
        except VisitRefused as refused:
            errors = [{"where": problem.where, "message": problem.message} for problem in refused.problems]
            return Response({"detail": _("Nothing was stored: correct what is named."), "errors": errors}, status=400)
        except intake.VisitConflict as conflict:
            return Response(_both(conflict), status=409)
        except intake.NotYours:
            raise Http404 from None
        visit = _with_receipt().get(pk=visit_id)
        answer = ReceivedVisitSerializer(visit, context={"request": request}).data
        return Response(answer, status=201 if recorded.created else 200)


def _both(conflict: intake.VisitConflict) -> dict:
    """What the phone needs to show the two versions side by side."""
    return {
        "detail": str(conflict),
        "stored": conflict.stored,
        "sent": conflict.sent,
        "stored_revision": conflict.stored_revision,
        "sent_revision": conflict.sent_revision,
        "stored_content": conflict.stored_content,
        "is_returned": conflict.is_returned,
    }


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
            word = review.return_visit(visit=visit, by=request.user, comment=said["comment"], items=said["items"])
        except review.ReturnRefused as refused:
            errors = [{"where": problem.where, "message": problem.message} for problem in refused.problems]
            return Response({"detail": "Nothing was done: correct what is named.", "errors": errors}, status=400)
        except review.NotReturnable as reason:
            return Response({"detail": str(reason)}, status=409)
        return Response(ReturnedSerializer(word).data, status=201)


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
            return Response({"detail": _("No such visit of yours: send the visit before its photos.")}, status=404)
        picture = cast(dict, request.data).get("picture", b"")  # an empty body never reaches the parser
        try:
            photo, created = intake.attach_photo(visit=visit, photo_id=photo_id, data=picture)
        except intake.PhotoUnexpected as error:
            return Response({"detail": str(error)}, status=404)
        except intake.PhotoConflict as error:
            return Response({"detail": str(error)}, status=409)
        except PhotoRefused as error:
            return Response({"detail": str(error)}, status=413 if isinstance(error, PhotoTooLarge) else 400)
        missing = Photo.objects.to_come().filter(visit=visit).values_list("pk", flat=True)
        return Response(
            ReceivedPhotoSerializer(photo).data | {"photos_missing": [str(id_) for id_ in missing]},
            status=201 if created else 200,
        )


class GivenUpPhotoView(PhoneView):
    NOT_NAMED = OpenApiResponse(OpenApiTypes.OBJECT, "No such visit of yours, or it names no such photo.")

    @extend_schema(request=GiveUpSerializer, responses={200: GivenUpPhotoSerializer, 404: NOT_NAMED})
    def put(self, request: SignedInApiRequest, visit_id: UUID, photo_id: UUID) -> Response:
        """Give up a photo that the visit named: nobody waits for it any more. It may still come."""
        serializer = GiveUpSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        visit = get_object_or_404(Visit, auditor=request.user, pk=visit_id)
        try:
            photo = given_up.give_up_photo(
                visit=visit, photo_id=photo_id, by=request.user, **serializer.validated_data
            )
        except intake.PhotoUnexpected as error:
            return Response({"detail": str(error)}, status=404)
        return Response(GivenUpPhotoSerializer(photo).data)

    @extend_schema(responses={200: GivenUpPhotoSerializer, 404: NOT_NAMED})
    def delete(self, request: SignedInApiRequest, visit_id: UUID, photo_id: UUID) -> Response:
        """Wait for it again."""
        visit = get_object_or_404(Visit, auditor=request.user, pk=visit_id)
        try:
            photo = given_up.take_back(visit=visit, photo_id=photo_id)
        except intake.PhotoUnexpected as error:
            return Response({"detail": str(error)}, status=404)
        return Response(GivenUpPhotoSerializer(photo).data)
