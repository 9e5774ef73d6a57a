"""What the phone's pages are made of, and the name of their present form."""

import hashlib
import posixpath
import re
from functools import cache
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.storage import HashedFilesMixin, staticfiles_storage
from django.templatetags.static import static

PHONE = "phone/"
EARLY, FORM, LIST = PAGES = ("early.js", "form-main.js", "list-main.js")
"""Modules that the pages name; whatever else they load is imported by one of these."""
LEFT_OUT = {"types.js", "store/preview.js"}
"""Modules that no auditor's phone loads."""
IMPORTED = re.compile(r"""^import\s*\{[^}]*\}\s*from\s*["'](\.[\w./-]+\.js)["']""", re.MULTILINE)


def precached() -> list[str]:
    """Addresses of everything that the phone's pages load; under hashed names, each new content has a new one."""
    scripts = sorted(name for name in _scripts() if name.removeprefix(PHONE) not in LEFT_OUT)
    return [static(name) for name in ["css/tokens.css", "css/phone.css", "favicon.svg", *scripts]]


def _scripts() -> list[str]:
    """The phone's scripts as they are served: joined at collectstatic, one by one in development."""
    if not isinstance(staticfiles_storage, HashedFilesMixin):
        return [path.relative_to(_source("static")).as_posix() for path in _source(f"static/{PHONE}").rglob("*.js")]
    return [name for name in staticfiles_storage.hashed_files if name.startswith(PHONE) and name.endswith(".js")]


def imported_by(script: str) -> list[str]:
    """Addresses of what a page's script imports, for the page to name: the browser would find them a trip later.

    In development, where modules are not joined, there are thirty of them and no trip to save: none is named.
    """
    storage = staticfiles_storage
    return _imported(storage.stored_name(script)) if isinstance(storage, HashedFilesMixin) else []


@cache
def _imported(file: str) -> list[str]:
    with staticfiles_storage.open(file) as served:
        found = IMPORTED.findall(served.read().decode())
    folder = posixpath.dirname(file)
    return [settings.STATIC_URL + posixpath.normpath(posixpath.join(folder, address)) for address in found]


def release() -> str:
    """Names the present form of the phone's pages: changes with any script, style, template or translation."""
    return _digest() if settings.DEBUG else _digest_while_this_process_runs()


@cache
def _digest_while_this_process_runs() -> str:
    return _digest()


def _digest() -> str:
    digest = hashlib.sha256("\n".join(precached()).encode())
    sources = [*_source("templates/phone").rglob("*"), *_source("locale").glob("*/LC_MESSAGES/*.po")]
    for path in sorted(path for path in sources if path.is_file()):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _source(folder: str) -> Path:
    return settings.BASE_DIR / folder
