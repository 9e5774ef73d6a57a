"""Static files under hashed names, so that browsers keep them for good."""

from collections.abc import Iterator

from django.core.files.base import ContentFile
from whitenoise.storage import CompressedManifestStaticFilesStorage

from audits.phone.release import PAGES, PHONE
from config.assets.joining import join


class ModuleManifestStorage(CompressedManifestStaticFilesStorage):
    """Joins the phone's modules, and rewrites the imports between what is left, so that two releases never mix."""

    support_js_module_import_aggregation = True

    def post_process(self, paths: dict[str, tuple], dry_run: bool = False, **options) -> Iterator:
        if not dry_run:
            paths = self._joined(paths)
        yield from super().post_process(paths, dry_run=dry_run, **options)

    def _joined(self, paths: dict[str, tuple]) -> dict[str, tuple]:
        """`paths` with the files that the phone loads in place of the modules they are made of."""
        modules, others = {}, {}
        for name, (source, path) in paths.items():
            if is_module(name):
                with source.open(path) as script:
                    modules[name.removeprefix(PHONE)] = script.read().decode()
            else:
                others[name] = (source, path)
        if not modules:
            return others
        joined = {PHONE + name: text for name, text in join(modules, PAGES).items()}
        for name, text in joined.items():
            self.delete(name)
            self._save(name, ContentFile(text.encode()))
        return others | {name: (self, name) for name in joined}


def is_module(name: str) -> bool:
    return name.startswith(PHONE) and name.endswith(".js")
