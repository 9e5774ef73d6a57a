"""`make words`: brings the catalogues in `locale/` up to date with the sentences in the sources, and compiles them.

A sentence stands in the source in English and is its own key. What is compiled is kept beside its catalogue, because
who installs Plumbline has neither gettext nor Babel: `.mo` for the server, `.json` for the phone's scripts.
"""

import io
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from gettext import c2py
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.template.base import Lexer, Token, TokenType
from django.utils.translation import to_language, trim_whitespace

ROOT = Path(__file__).resolve().parents[2]
LOCALE = ROOT / "locale"
DOMAINS = ("django", "djangojs")
PYTHON = ("audits", "config", "locations")
IN_PYTHON = dict.fromkeys(("_", "gettext", "gettext_lazy")) | {"ngettext": (1, 2), "ngettext_lazy": (1, 2)}
IN_SCRIPTS = {"t": None, "plural": (1, 2)}
NO_MOMENT = datetime(1970, 1, 1, tzinfo=UTC)
"""In place of the present one, by which the same words would make another binary each time."""

Said = str | tuple[str, ...]


def sentences(domain: str) -> dict[Said, list[str]]:
    """Every sentence of the sources, with the files that say it; a pair where it has a singular and a plural."""
    found: dict[Said, list[str]] = {}
    for path, said in _of_scripts() if domain == "djangojs" else _of_server():
        places = found.setdefault(said, [])
        if (name := path.relative_to(ROOT).as_posix()) not in places:
            places.append(name)
    return found


def _of_server() -> Iterator[tuple[Path, Said]]:
    for folder in PYTHON:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield from ((path, said) for said in _extracted("python", path, IN_PYTHON))
    for path in sorted(path for kind in ("*.html", "*.txt") for path in (ROOT / "templates").rglob(kind)):
        yield from ((path, said) for said in of_template(path.read_text()))


def _of_scripts() -> Iterator[tuple[Path, Said]]:
    for path in sorted((ROOT / "static" / "phone").rglob("*.js")):
        yield from ((path, said) for said in _extracted("javascript", path, IN_SCRIPTS))


def _extracted(method: str, path: Path, keywords: dict) -> Iterator[Said]:
    for _, said, *_ in extract(method, io.BytesIO(path.read_bytes()), keywords=keywords):
        yield tuple(said) if isinstance(said, list | tuple) else said


def of_template(source: str) -> Iterator[Said]:
    """What stands in `translate` with quotes, and between `blocktranslate` and its end."""
    tokens = iter(Lexer(source).tokenize())
    for token in tokens:
        if token.token_type != TokenType.BLOCK:
            continue
        tag, *rest = token.split_contents()
        if tag == "translate" and rest[0][0] in "\"'":
            yield rest[0][1:-1]
        elif tag == "blocktranslate":
            yield _block(tokens, is_trimmed="trimmed" in rest)


def _block(tokens: Iterator[Token], *, is_trimmed: bool) -> Said:
    forms = [""]
    for token in tokens:
        if token.token_type == TokenType.TEXT:
            forms[-1] += token.contents.replace("%", "%%")
        elif token.token_type == TokenType.VAR:
            forms[-1] += f"%({token.contents})s"
        elif token.contents == "plural":
            forms.append("")
        else:
            break
    said = [trim_whitespace(form) if is_trimmed else form for form in forms]
    return said[0] if len(said) == 1 else tuple(said)


# ---- the catalogues


def languages() -> list[str]:
    """Folders of `locale/`: fr, pt_BR."""
    return sorted(path.name for path in LOCALE.iterdir() if path.is_dir())


def folder_of(language: str) -> Path:
    return LOCALE / language / "LC_MESSAGES"


def catalogue(language: str, domain: str) -> Catalog:
    path = folder_of(language) / f"{domain}.po"
    if not path.exists():
        return Catalog(locale=language, domain=domain)
    with path.open("rb") as file:
        return read_po(file, locale=language, domain=domain)


def update(language: str, domain: str) -> Catalog:
    """New sentences come in empty, those that nobody says any more go; translations stay."""
    kept = catalogue(language, domain)
    fresh = Catalog(locale=language, domain=domain)
    for said, places in sorted(sentences(domain).items(), key=lambda row: row[1][0]):
        before = kept.get(said[0] if isinstance(said, tuple) else said)
        string = before.string if before and isinstance(before.string, str) == isinstance(said, str) else None
        fresh.add(said, string, locations=[(place, 0) for place in places])
    return fresh


def written(spoken: Catalog) -> bytes:
    """With the headers that are read, and without the dates and versions that would make a difference each time."""
    headers = {
        "Language": spoken.locale_identifier,
        "Plural-Forms": spoken.plural_forms,
        "Content-Type": "text/plain; charset=utf-8",
    }
    out = io.BytesIO()
    write_po(out, spoken, width=118, include_lineno=False, omit_header=True)
    head = ['msgid ""', 'msgstr ""', *(f'"{name}: {value}\\n"' for name, value in headers.items()), "", ""]
    return "\n".join(head).encode() + out.getvalue()


def compiled(language: str, domain: str) -> bytes:
    """What the program reads: gettext's binary for the server, JSON for the scripts."""
    spoken = catalogue(language, domain)
    if domain == "djangojs":
        words = {
            message.id[0] if message.pluralizable else message.id: by_category(spoken, message.string)
            for message in spoken
            if message.id and message.string and all(strings_of(message))
        }
        return (json.dumps(words, ensure_ascii=False, indent=0, sort_keys=True) + "\n").encode()
    spoken.creation_date = NO_MOMENT
    out = io.BytesIO()
    write_mo(out, spoken)
    return out.getvalue()


def by_category(spoken: Catalog, string: str | tuple[str, ...] | list[str]) -> str | dict[str, str]:
    """Plurals by the names that browsers give them (one, few, other), in place of gettext's numbers."""
    if isinstance(string, str):
        return string
    number_of = c2py(spoken.plural_expr)
    category_of = Locale.parse(spoken.locale_identifier).plural_form
    return {"other": string[-1]} | {category_of(n): string[number_of(n)] for n in range(200)}


def compiled_path(language: str, domain: str) -> Path:
    return folder_of(language) / {"django": "django.mo", "djangojs": "djangojs.json"}[domain]


def refused(names: list[str]) -> str:
    """What is wrong with the first one that is no language; blank where each is one."""
    for name in names:
        try:
            code = str(Locale.parse(name))
        except (ValueError, UnknownLocaleError):
            code = None
        if name != code:
            return f"{name!r} is no language as folders of locale/ are named: fr, pt_BR."
    return ""


def main(names: list[str]) -> int:
    if problem := refused(names):
        print(problem, file=sys.stderr)
        return 2
    n_missing = 0
    for language in names or languages():
        folder_of(language).mkdir(parents=True, exist_ok=True)
        for domain in DOMAINS:
            fresh = update(language, domain)
            (folder_of(language) / f"{domain}.po").write_bytes(written(fresh))
            compiled_path(language, domain).write_bytes(compiled(language, domain))
            missing = [message.id for message in fresh if message.id and not all(strings_of(message))]
            n_missing += len(missing)
            for said in missing:
                print(f"{to_language(language)}, {domain}: not translated: {said}")
    return 1 if n_missing else 0


def strings_of(message) -> list[str]:
    return list(message.string) if isinstance(message.string, list | tuple) else [message.string]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
