from django.urls import path

from locations import api

app_name = "locations"
urlpatterns = [path("api/v1/readings/", api.ReadingsView.as_view(), name="api-readings")]
