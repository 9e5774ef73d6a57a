from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AuditsConfig(AppConfig):
    name = "audits"

    def ready(self) -> None:
        from audits import receivers  # noqa: F401  # it hears of returned visits
        from audits.standards.guards import lay_guards

        post_migrate.connect(lay_guards, sender=self)
