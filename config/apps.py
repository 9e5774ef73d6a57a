from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """Makes the commands that span all rooms (`demo`) known to manage.py."""

    name = "config"

    def ready(self) -> None:
        from config import languages  # noqa: F401  # it hears of sign-ins
