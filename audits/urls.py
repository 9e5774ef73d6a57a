from django.urls import path

from audits import api, draft_api, photo_views, views, worker

app_name = "audits"
urlpatterns = [
    path("phone/", views.visits, name="phone"),
    path("phone/me/", views.me, name="phone-me"),
    path("phone/sw.js", worker.worker, name="worker"),
    path("phone/manifest.webmanifest", worker.manifest, name="manifest"),
    path("phone/forms/<int:version_id>/", views.form, name="form"),
    path("photos/<uuid:photo_id>/", photo_views.photo, name="photo"),
    path("photos/<uuid:photo_id>/thumbnail/", photo_views.thumbnail, name="thumbnail"),
    path("api/v1/clock/", api.ClockView.as_view(), name="api-clock"),
    path("api/v1/assignments/", api.AssignmentsView.as_view(), name="api-assignments"),
    path("api/v1/visits/", api.VisitsView.as_view(), name="api-visits"),
    path("api/v1/visits/<uuid:visit_id>/", api.VisitView.as_view(), name="api-visit"),
    path("api/v1/visits/<uuid:visit_id>/return/", api.ReturnView.as_view(), name="api-return"),
    path("api/v1/visits/<uuid:visit_id>/photos/<uuid:photo_id>/", api.PhotoView.as_view(), name="api-photo"),
    path(
        "api/v1/visits/<uuid:visit_id>/photos/<uuid:photo_id>/given-up/",
        api.GivenUpPhotoView.as_view(),
        name="api-photo-given-up",
    ),
    path("api/v1/drafts/", draft_api.DraftsView.as_view(), name="api-drafts"),
    path("api/v1/drafts/<uuid:visit_id>/", draft_api.DraftView.as_view(), name="api-draft"),
]
