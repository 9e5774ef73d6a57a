from django.contrib import admin
from django.urls import include, path

from config import views

handler403 = views.refused
urlpatterns = [
    path("", views.home, name="home"),
    path("favicon.ico", views.favicon, name="favicon"),
    path("healthz", views.healthz, name="healthz"),
    path("", include("locations.accounts.urls")),
    path("language/", views.language, name="language"),
    path("admin/", admin.site.urls),
    path("", include("audits.urls")),
    path("", include("locations.urls")),
    path("", include("reports.urls")),
]
