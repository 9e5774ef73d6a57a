"""The words of the phone's scripts, which travel inside the page that loads them."""

import json
from typing import Any

from django.conf import settings
from django.utils.translation import get_language, to_locale


def words() -> dict[str, Any]:
    """By the English sentence, its translation into the language of this request; a list where it has plurals.

    Empty for English. `make words` writes the file.
    """
    path = settings.BASE_DIR / "locale" / to_locale(get_language() or "") / "LC_MESSAGES" / "djangojs.json"
    return json.loads(path.read_text()) if path.exists() else {}
