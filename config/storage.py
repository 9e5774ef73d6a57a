"""Static files under hashed names, so that browsers keep them for good."""

from collections.abc import Iterator
from typing import Any

import rjsmin
from django.core.files.base import ContentFile
from whitenoise.storage import CompressedManifestStaticFilesStorage

STRIPPED = "phone/"


class ModuleManifestStorage(CompressedManifestStaticFilesStorage):
    """Rewrites the imports between ES modules too, so that a phone never mixes two releases.

    The phone's modules leave their comments and blanks behind: a third of what would travel. Names stay, so that an
    error in the field still names its line's function.
    """

    support_js_module_import_aggregation = True

    def post_process(self, paths: dict[str, tuple], dry_run: bool = False, **options) -> Iterator:
        lean = {name: (Stripped(source), path) if is_stripped(name) else (source, path)
                for name, (source, path) in paths.items()}  # fmt: skip
        yield from super().post_process(lean, dry_run=dry_run, **options)


def is_stripped(name: str) -> bool:
    return name.startswith(STRIPPED) and name.endswith(".js")


class Stripped:
    """A storage whose scripts are read without comments and blanks."""

    def __init__(self, source: Any):
        self.source = source

    def open(self, path: str) -> ContentFile:
        with self.source.open(path) as script:
            return ContentFile(stripped(script.read().decode()).encode())


def stripped(script: str) -> str:
    return rjsmin.jsmin(script)
