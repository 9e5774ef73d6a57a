"""Scripts without comments and blanks that still know their lines.

A source map (version 3, https://tc39.es/ecma426/) tells the browser's tools which line of which module a place in a
joined file came from; it lies beside the file, and only those tools fetch it.
"""

import json
import posixpath
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Self

import rjsmin

Place = tuple[str, int] | None
BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


@dataclass
class Mapped:
    """A text, and for each of its characters the file and the line (from 0) that it came from."""

    text: str
    places: list[Place]

    @classmethod
    def made(cls, text: str) -> Self:
        """Text that no source holds."""
        return cls(text, [None] * len(text))

    def of(self, name: str) -> "Mapped":
        return Mapped(self.text, [place and (name, place[1]) for place in self.places])

    def __add__(self, other: "Mapped") -> "Mapped":
        return Mapped(self.text + other.text, self.places + other.places)

    def without(self, pattern: re.Pattern[str]) -> "Mapped":
        return self.replaced(pattern, lambda _found: "")

    def replaced(self, pattern: re.Pattern[str], put: Callable[[re.Match[str]], str]) -> "Mapped":
        """What is put in keeps the place of what stood there."""
        kept, at = Mapped("", []), 0
        for found in pattern.finditer(self.text):
            kept += Mapped(self.text[at : found.start()], self.places[at : found.start()])
            text = put(found)
            kept += Mapped(text, [self.places[found.start()]] * len(text))
            at = found.end()
        return kept + Mapped(self.text[at:], self.places[at:])

    def source_map(self, file: str, sources: Mapping[str, str]) -> str:
        names = sorted({place[0] for place in self.places if place})
        lines: list[str] = []
        before = (0, 0)  # in `mappings` every number is the difference to the one before
        at = 0
        for text in self.text.split("\n"):
            told: Place = None
            told_at, segments = 0, []
            for column, place in enumerate(self.places[at : at + len(text)]):
                if place is None or place == told:
                    continue
                here = (names.index(place[0]), place[1])
                numbers = column - told_at, here[0] - before[0], here[1] - before[1], 0
                segments.append("".join(map(_vlq, numbers)))
                told_at, before, told = column, here, place
            lines.append(",".join(segments))
            at += len(text) + 1
        return json.dumps(
            {
                "version": 3,
                "file": posixpath.basename(file),
                "sources": [relative(name, file) for name in names],
                "sourcesContent": [sources[name] for name in names],
                "names": [],
                "mappings": ";".join(lines),
            }
        )


def relative(name: str, file: str) -> str:
    """The path from the folder of `file` to `name`, both from the same root."""
    return posixpath.relpath(name, posixpath.dirname(file) or ".")


def _vlq(number: int) -> str:
    """Base64 of groups of five bits, the lowest first; the sign is the lowest bit of all."""
    rest = (-number << 1) | 1 if number < 0 else number << 1
    digits = ""
    while True:
        rest, group = rest >> 5, rest & 31
        digits += BASE64[group | 32 if rest else group]
        if not rest:
            return digits


def stripped(script: str) -> Mapped:
    """The script without comments and blanks.

    What is taken out is nothing else, so both texts are walked side by side: where they differ, the source stands
    before a blank or a comment. `//` inside a string stands in both.
    """
    lean = rjsmin.jsmin(script)
    places: list[Place] = []
    at, line = 0, 0
    for number, character in enumerate(lean):
        while not _same(script[at], character) or _opens_comment(script, at, lean, number):
            end = _end_of_comment(script, at) if _opens_comment(script, at, lean, number) else at + 1
            line += script.count("\n", at, end)
            at = end
        places.append(("", line))
        line += script[at] == "\n"
        at += 1
    return Mapped(lean, places)


def _same(one: str, other: str) -> bool:
    return one == other or (one.isspace() and other.isspace())


def _opens_comment(script: str, at: int, lean: str, number: int) -> bool:
    two = script[at : at + 2]
    return two in ("//", "/*") and lean[number : number + 2] != two


def _end_of_comment(script: str, at: int) -> int:
    if script.startswith("/*", at):
        return script.index("*/", at) + 2
    end = script.find("\n", at)
    return len(script) if end < 0 else end
