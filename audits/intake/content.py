"""What phones send, as text that is kept and as a digest that tells whether two sendings are the same."""

import hashlib
import json
from typing import Any

from django.utils.translation import gettext as _


class NotKeepable(ValueError):
    """The content holds what JSON has no word for; the message says what."""


def as_text(content: dict[str, Any]) -> str:
    """ASCII, with every other character escaped, so that any database keeps it; json.loads gives the content back.

    Raises NotKeepable for 1e999, which JSON can write and no number holds, and for what is nested without end.
    """
    return _written(content)


def content_digest(content: dict[str, Any]) -> str:
    """SHA-256 of the JSON with sorted keys: the order in which a phone writes its keys does not matter."""
    return hashlib.sha256(_written(content, sort_keys=True).encode()).hexdigest()


def n_bytes_of(content: dict[str, Any]) -> int:
    """As the phone counts them, in UTF-8, not as the escaped text that is stored."""
    return len(_written(content, ensure_ascii=False).encode(errors="surrogatepass"))


def _written(content: dict[str, Any], **options) -> str:
    try:
        return json.dumps(content, separators=(",", ":"), allow_nan=False, **options)
    except ValueError as error:
        raise NotKeepable(_("Holds a number that is too large to be kept (infinite): correct it.")) from error
    except RecursionError as error:
        raise NotKeepable(_("Nested too deeply to be kept: send a flatter content.")) from error
