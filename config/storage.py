"""Static files under hashed names, so that browsers keep them for good."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class ModuleManifestStorage(CompressedManifestStaticFilesStorage):
    """Rewrites the imports between ES modules too, so that a phone never mixes two releases."""

    support_js_module_import_aggregation = True
