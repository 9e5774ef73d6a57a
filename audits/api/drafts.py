"""What phones call for what is not sent yet: my drafts."""

from uuid import UUID

from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.exceptions import ParseError, PermissionDenied, ValidationError
from rest_framework.response import Response

from audits.api.phone_view import PhoneView
from audits.api.serializers import DiscardSerializer, DraftSerializer, DraftToSaveSerializer, SavedDraftSerializer
from audits.intake import drafts
from audits.intake.content import NotKeepable
from audits.models import Draft
from locations.accounts.requests import SignedInApiRequest

MOST_DRAFTS = 50
STALE = OpenApiResponse(DraftSerializer, "Changed meanwhile: the stored draft, with a sentence in `detail`.")


class DraftsView(PhoneView):
    @extend_schema(responses=SavedDraftSerializer(many=True))
    def get(self, request: SignedInApiRequest) -> Response:
        """My visits that are not sent yet, the last saved first, without what they hold."""
        mine = Draft.objects.visible_to(request.user).open().defer("text")[:MOST_DRAFTS]
        return Response({"results": SavedDraftSerializer(mine, many=True).data})


class DraftView(PhoneView):
    @extend_schema(responses=DraftSerializer)
    def get(self, request: SignedInApiRequest, visit_id: UUID) -> Response:
        """One of my drafts, whole."""
        draft = Draft.objects.visible_to(request.user).open().filter(pk=visit_id).first()
        if draft is None:
            raise Http404
        return Response(DraftSerializer(draft).data)

    @extend_schema(
        request=DraftToSaveSerializer,
        responses={
            200: SavedDraftSerializer,
            201: SavedDraftSerializer,
            400: OpenApiResponse(OpenApiTypes.OBJECT, "No draft that can be kept."),
            403: OpenApiResponse(OpenApiTypes.OBJECT, "Somebody else is signed in than who typed it."),
            409: STALE,
            410: OpenApiResponse(OpenApiTypes.OBJECT, "The visit has been received."),
            413: OpenApiResponse(OpenApiTypes.OBJECT, "Too many bytes."),
        },
    )
    def put(self, request: SignedInApiRequest, visit_id: UUID) -> Response:
        """Save a draft as the revision after `base_revision`. The same content again changes nothing."""
        if not isinstance(request.data, dict):
            raise ParseError(_("Send one JSON object: content and base_revision."))
        serializer = DraftToSaveSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        typed = serializer.validated_data
        if typed.pop("owner") not in {None, request.user.pk}:
            raise PermissionDenied(_("This was typed by somebody else: sign in as who typed it."))
        try:
            saved = drafts.save_draft(visit_id=visit_id, owner=request.user, **typed)
        except NotKeepable as error:
            raise ValidationError({"content": [str(error)]}) from error
        except drafts.DraftTooLarge as error:
            return Response({"detail": str(error)}, status=413)
        except drafts.DraftNotYours:
            raise Http404 from None
        except drafts.VisitReceived as error:
            return Response({"detail": str(error)}, status=410)
        except drafts.DraftConflict as conflict:
            return _stale(conflict)
        return Response(SavedDraftSerializer(saved.draft).data, status=201 if saved.created else 200)

    @extend_schema(parameters=[DiscardSerializer], responses={204: None, 409: STALE})
    def delete(self, request: SignedInApiRequest, visit_id: UUID) -> Response:
        """Throw a draft of mine away."""
        serializer = DiscardSerializer(data=request.query_params.dict())
        serializer.is_valid(raise_exception=True)
        try:
            drafts.discard_draft(visit_id=visit_id, owner=request.user, **serializer.validated_data)
        except Draft.DoesNotExist:
            raise Http404 from None
        except drafts.DraftConflict as conflict:
            return _stale(conflict)
        return Response(status=204)


def _stale(conflict: drafts.DraftConflict) -> Response:
    return Response({"detail": str(conflict), **DraftSerializer(conflict.stored).data}, status=409)
