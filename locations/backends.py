"""The name that sessions of before v0.1.0 have for their backend: nobody is signed out by an upgrade."""

from locations.accounts.backends import RoleBackend

__all__ = ["RoleBackend"]
