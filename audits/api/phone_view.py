"""What all that phones call have in common."""

from typing import cast

from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.views import APIView

from audits.api.bodies import AsciiJsonRenderer, BoundedJsonParser
from locations.accounts.roles import CAPTURES, ONLY_CAPTURES
from locations.models import User


class MayCapture(BasePermission):
    message = ONLY_CAPTURES

    def has_permission(self, request: Request, view) -> bool:
        return cast(User, request.user).has_role(CAPTURES)


class PhoneView(APIView):
    permission_classes = [IsAuthenticated, MayCapture]
    parser_classes = [BoundedJsonParser]
    renderer_classes = [AsciiJsonRenderer]
