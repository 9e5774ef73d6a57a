"""Requests whose user has signed in: what views behind `login_required` and `IsAuthenticated` get."""

from django.http import HttpRequest
from rest_framework.request import Request

from locations.models import User


class SignedInRequest(HttpRequest):
    user: User


class SignedInApiRequest(Request):
    user: User
