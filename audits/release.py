"""What the phone's pages are made of, and the name of their present form."""

import hashlib
from functools import cache
from pathlib import Path

from django.conf import settings
from django.templatetags.static import static

LEFT_OUT = {"types.js", "preview.js"}
"""Modules that no auditor's phone loads."""


def precached() -> list[str]:
    """Addresses of everything that the phone's pages load; under hashed names, each new content has a new one."""
    modules = sorted(path.name for path in _source("static/phone").glob("*.js") if path.name not in LEFT_OUT)
    styles = ["css/tokens.css", "css/phone.css", "favicon.svg"]
    return [static(name) for name in [*styles, *(f"phone/{module}" for module in modules)]]


def release() -> str:
    """Names the present form of the phone's pages: changes with any script, style, template or translation."""
    return _digest() if settings.DEBUG else _digest_while_this_process_runs()


@cache
def _digest_while_this_process_runs() -> str:
    return _digest()


def _digest() -> str:
    digest = hashlib.sha256("\n".join(precached()).encode())
    told = [*_source("templates/phone").rglob("*"), *_source("locale").glob("*/LC_MESSAGES/*.po")]
    for path in sorted(path for path in told if path.is_file()):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _source(folder: str) -> Path:
    return settings.BASE_DIR / folder
