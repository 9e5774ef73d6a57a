"""What phones call for visits: mine, one of them, sending one."""

from uuid import UUID

from django.db.models import F, Prefetch
from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.exceptions import ParseError
from rest_framework.response import Response

from audits.api.documents import VisitSerializer, receive_visit
from audits.api.phone_view import PhoneView
from audits.api.serializers import ReadVisitSerializer, ReceivedVisitSerializer
from audits.intake.checked_visit import VisitRefused
from audits.intake.visits import NotYours, VisitConflict
from audits.models import Interaction, Photo, Visit
from locations.accounts.requests import SignedInApiRequest

MOST_VISITS = 50


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
            recorded = receive_visit(visit_id=visit_id, auditor=request.user, payload=request.data)
        except VisitRefused as refused:
            errors = [{"where": problem.where, "message": problem.message} for problem in refused.problems]
            return Response({"detail": _("Nothing was stored: correct what is named."), "errors": errors}, status=400)
        except VisitConflict as conflict:
            return Response(_both(conflict), status=409)
        except NotYours:
            raise Http404 from None
        visit = _with_receipt().get(pk=visit_id)
        answer = ReceivedVisitSerializer(visit, context={"request": request}).data
        return Response(answer, status=201 if recorded.created else 200)


def _both(conflict: VisitConflict) -> dict:
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
