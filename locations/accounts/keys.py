"""How a machine signs in: `Authorization: Api-Key <key>`."""

from typing import cast

from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed

from locations.models import ApiKey


class KeyAuthentication(BaseAuthentication):
    keyword = "Api-Key"

    def authenticate(self, request):
        kind, _, key = get_authorization_header(request).decode("latin-1").partition(" ")
        if kind != self.keyword:
            return None
        try:
            found = cast(ApiKey, ApiKey.objects.get_from_key(key))
        except ApiKey.DoesNotExist:
            raise AuthenticationFailed("This API key is unknown or was revoked: ask for a new one.") from None
        if found.expiry_date and found.expiry_date <= timezone.now():
            raise AuthenticationFailed("This API key has expired: ask for a new one.")
        if not found.user.is_active:
            raise AuthenticationFailed("The account behind this API key is closed.")
        return found.user, found

    def authenticate_header(self, request) -> str:
        return self.keyword


class KeyScheme(OpenApiAuthenticationExtension):
    """How the API's description names the key."""

    target_class = KeyAuthentication
    name = "apiKey"

    def get_security_definition(self, auto_schema) -> dict:
        return {"type": "apiKey", "in": "header", "name": "Authorization", "description": "Api-Key <key>"}
