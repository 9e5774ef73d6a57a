from django.urls import path

from audits.api import assignments, drafts, photo_files, photos, returns, visits
from audits.phone import pages, worker

app_name = "audits"
urlpatterns = [
    path("phone/", pages.visits, name="phone"),
    path("phone/me/", pages.me, name="phone-me"),
    path("phone/sw.js", worker.worker, name="worker"),
    path("phone/manifest.webmanifest", worker.manifest, name="manifest"),
    path("phone/forms/<int:version_id>/", pages.form, name="form"),
    path("photos/<uuid:photo_id>/", photo_files.photo, name="photo"),
    path("photos/<uuid:photo_id>/thumbnail/", photo_files.thumbnail, name="thumbnail"),
    path("api/v1/clock/", assignments.ClockView.as_view(), name="api-clock"),
    path("api/v1/assignments/", assignments.AssignmentsView.as_view(), name="api-assignments"),
    path("api/v1/visits/", visits.VisitsView.as_view(), name="api-visits"),
    path("api/v1/visits/<uuid:visit_id>/", visits.VisitView.as_view(), name="api-visit"),
    path("api/v1/visits/<uuid:visit_id>/return/", returns.ReturnView.as_view(), name="api-return"),
    path("api/v1/visits/<uuid:visit_id>/photos/<uuid:photo_id>/", photos.PhotoView.as_view(), name="api-photo"),
    path(
        "api/v1/visits/<uuid:visit_id>/photos/<uuid:photo_id>/given-up/",
        photos.GivenUpPhotoView.as_view(),
        name="api-photo-given-up",
    ),
    path("api/v1/drafts/", drafts.DraftsView.as_view(), name="api-drafts"),
    path("api/v1/drafts/<uuid:visit_id>/", drafts.DraftView.as_view(), name="api-draft"),
]
