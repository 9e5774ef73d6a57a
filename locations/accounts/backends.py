from django.contrib.auth.backends import ModelBackend

from locations.accounts.roles import ADMIN_PERMISSIONS


class RoleBackend(ModelBackend):
    """Signs in by e-mail; a staff user's roles bring the admin permissions of `roles.ADMIN_PERMISSIONS`."""

    def get_user_permissions(self, user_obj, obj=None) -> set[str]:
        permissions = set(super().get_user_permissions(user_obj, obj))
        if user_obj.is_active and not user_obj.is_anonymous and obj is None:
            if not hasattr(user_obj, "_role_permissions"):
                roles = set(user_obj.memberships.values_list("role", flat=True))
                user_obj._role_permissions = set().union(*(ADMIN_PERMISSIONS.get(role, set()) for role in roles))
            permissions |= user_obj._role_permissions
        return permissions

    def get_all_permissions(self, user_obj, obj=None) -> set[str]:
        return super().get_all_permissions(user_obj, obj) | self.get_user_permissions(user_obj, obj)
