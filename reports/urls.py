from django.urls import path

from reports.pages import review, views

app_name = "reports"
urlpatterns = [
    path("reports/", views.drift, name="drift"),
    path("reports/locations/", views.locations, name="locations"),
    path("reports/locations/<int:location_id>/", views.location, name="location"),
    path("reports/auditors/", views.auditors, name="auditors"),
    path("reports/runs/", views.runs, name="runs"),
    path("reports/runs/new/", views.run_new, name="run-new"),
    path("reports/runs/<int:run_id>/", views.run, name="run"),
    path("visits/", review.desk, name="desk"),
    path("visits/<uuid:visit_id>/", views.visit, name="visit"),
    path("visits/<uuid:visit_id>/approve/", review.approve, name="visit-approve"),
    path("visits/<uuid:visit_id>/return/", review.return_, name="visit-return"),
    path("visits/<uuid:visit_id>/exclude/", review.exclude, name="visit-exclude"),
]
