"""Photos leave only through here, to those who may see the visit."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest
from django.views.decorators.http import require_GET

from audits.models import Photo


@require_GET
@login_required
def photo(request: HttpRequest, photo_id: UUID) -> FileResponse:
    return _serve(request, photo_id, "image")


@require_GET
@login_required
def thumbnail(request: HttpRequest, photo_id: UUID) -> FileResponse:
    return _serve(request, photo_id, "thumbnail")


def _serve(request: HttpRequest, photo_id: UUID, which: str) -> FileResponse:
    found = Photo.objects.visible_to(request.user).filter(pk=photo_id, received_at__isnull=False).first()
    if found is None:
        raise Http404
    response = FileResponse(getattr(found, which).open(), content_type="image/jpeg")
    response["Cache-Control"] = "private, max-age=86400, immutable"
    return response
