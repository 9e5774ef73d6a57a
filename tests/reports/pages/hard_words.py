"""Words that a retail manager may not know, and what of a page is seen before anything is tapped."""

import re
from html import unescape

HARD_WORDS = ("odds", "interval", "evidence", "onset", "in control", "detector", "residual", "logit", "significan")
"""Each stands one tap behind, explained; the last one is the beginning of a word."""
IN_FRENCH = ("cote", "intervalle", "preuve", "survenue", "sous contrôle", "détecteur", "résidu", "significati")
SPOKEN = r'\b(?:aria-label|alt|title|placeholder|data-label)="([^"]*)"'


def first_screen(response) -> str:
    """What is seen or read aloud while nothing is tapped: `details` are shut, their summaries are not."""
    body = re.sub(r"(?s)<(script|style)\b.*?</\1>", " ", response.content.decode())
    summaries = " ".join(re.findall(r"(?s)<summary\b.*?</summary>", body))
    while "<details" in body:  # those within others first
        body = re.sub(r"(?s)<details\b(?:(?!<details\b).)*?</details>", " ", body)
    body = f"{body} {summaries}"
    spoken = " ".join(re.findall(SPOKEN, body))
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", body) + " " + spoken)).lower()


def hard_words_in(response) -> list[str]:
    """Those of its first screen."""
    seen = first_screen(response)
    return [word for word in (*HARD_WORDS, *IN_FRENCH) if re.search(rf"\b{word}", seen)]
