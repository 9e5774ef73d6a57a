"""What phones call for photos: sending one, giving one up."""

from typing import cast
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.response import Response

from audits.api.bodies import PictureParser
from audits.api.phone_view import PhoneView
from audits.api.serializers import (
    GivenUpPhotoSerializer,
    GiveUpSerializer,
    ReceivedPhotoSerializer,
)
from audits.intake.given_up_photos import give_up_photo, take_back
from audits.intake.photos import PhotoConflict, PhotoUnexpected, attach_photo
from audits.intake.pictures import PhotoRefused, PhotoTooLarge
from audits.models import Photo, Visit
from locations.accounts.requests import SignedInApiRequest


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
            photo, created = attach_photo(visit=visit, photo_id=photo_id, data=picture)
        except PhotoUnexpected as error:
            return Response({"detail": str(error)}, status=404)
        except PhotoConflict as error:
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
            photo = give_up_photo(visit=visit, photo_id=photo_id, by=request.user, **serializer.validated_data)
        except PhotoUnexpected as error:
            return Response({"detail": str(error)}, status=404)
        return Response(GivenUpPhotoSerializer(photo).data)

    @extend_schema(responses={200: GivenUpPhotoSerializer, 404: NOT_NAMED})
    def delete(self, request: SignedInApiRequest, visit_id: UUID, photo_id: UUID) -> Response:
        """Wait for it again."""
        visit = get_object_or_404(Visit, auditor=request.user, pk=visit_id)
        try:
            photo = take_back(visit=visit, photo_id=photo_id)
        except PhotoUnexpected as error:
            return Response({"detail": str(error)}, status=404)
        return Response(GivenUpPhotoSerializer(photo).data)
