"""Every sentence that an auditor can read is translated, and no sentence stands in the sources unmarked."""

import ast
import json
import re
from collections.abc import Iterator
from datetime import datetime
from html.parser import HTMLParser

import pytest
from babel.messages.jslexer import tokenize
from babel.messages.mofile import read_mo
from django.template.base import Lexer, TokenType

from config.assets import catalogue

ROOT = catalogue.ROOT
EACH = [(language, domain) for language in catalogue.languages() for domain in catalogue.DOMAINS]
WORDS = re.compile(r"[A-Za-z’]{2,}[:;]? +[A-Za-z’]{2,}|^[A-Z][a-z]+[.…:]?$")
"""What looks like a sentence, or like the word on a button."""


def id_of(said) -> str:
    return said[0] if isinstance(said, list | tuple) else said


@pytest.mark.parametrize(("language", "domain"), EACH)
def test_the_catalogue_holds_what_the_sources_say_and_nothing_else(language, domain):
    spoken = {id_of(message.id) for message in catalogue.catalogue(language, domain) if message.id}
    assert spoken == {id_of(said) for said in catalogue.sentences(domain)}, "run: make words"


@pytest.mark.parametrize(("language", "domain"), EACH)
def test_every_sentence_is_translated(language, domain):
    missing = [
        message.id
        for message in catalogue.catalogue(language, domain)
        if message.id and (message.fuzzy or not all(catalogue.strings_of(message)))
    ]
    assert missing == []


@pytest.mark.parametrize(("language", "domain"), EACH)
def test_a_translation_fills_in_what_the_sentence_fills_in(language, domain):
    def places(text: str) -> set[str]:
        return set(re.findall(r"\{\w+\}|%\(\w+\)s|</?\w+>", text))

    for message in catalogue.catalogue(language, domain):
        if message.id:
            for string in catalogue.strings_of(message):
                assert places(string) == places(id_of(message.id)), message.id


@pytest.mark.parametrize("language", catalogue.languages())
def test_what_is_compiled_is_what_stands_in_the_catalogue(language):
    with catalogue.compiled_path(language, "django").open("rb") as file:
        compiled, written = read_mo(file), catalogue.catalogue(language, "django")
    said_by = ({id_of(each.id): catalogue.strings_of(each) for each in of if each.id} for of in (compiled, written))
    assert next(said_by) == next(said_by), "run: make words"
    words = json.loads(catalogue.compiled_path(language, "djangojs").read_text())
    assert words == json.loads(catalogue.compiled(language, "djangojs")), "run: make words"


@pytest.mark.parametrize("language", catalogue.languages())
def test_the_same_words_make_the_same_binary_on_another_day(language):
    assert f"{datetime.now():%Y-%m-%d}".encode() not in catalogue.compiled(language, "django")


def test_what_templates_say_is_found():
    source = (
        '{% translate "One" as one %}{% translate one %}'
        "{% blocktranslate with n=n %}{{ n }} %{% endblocktranslate %}"
        "{% blocktranslate trimmed count n=n %}\n{{ n }} photo\n{% plural %}\n{{ n }} photos\n{% endblocktranslate %}"
    )
    assert list(catalogue.of_template(source)) == ["One", "%(n)s %%", ("%(n)s photo", "%(n)s photos")]


# ---- nothing unmarked


class Visible(HTMLParser):
    """Collects what a reader sees or hears: text, and the attributes that are read out."""

    def __init__(self):
        super().__init__()
        self.said: list[str] = []

    def handle_data(self, data):
        self.said.append(data)

    def handle_starttag(self, tag, attrs):
        read = {"alt", "aria-label", "data-title", "placeholder", "title"}
        self.said += [value or "" for name, value in attrs if name in read]


TEMPLATES = sorted(
    path
    for pattern in ("*.html", "phone/**/*.html", "registration/*.html", "mail/**/*")
    for path in (ROOT / "templates").glob(pattern)
    if path.is_file()
)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_templates_hold_no_words_of_their_own(path):
    assert unmarked_in_template(path.read_text()) == []


NO_TEXT = re.compile("Plumbline|narrow")
"""A name, and the class that a page gives its body."""


def unmarked_in_template(source: str) -> list[str]:
    """Words left when what Django fills in and what is marked is taken away."""
    left, is_marked = [], False
    for token in Lexer(source).tokenize():
        if token.token_type == TokenType.BLOCK:
            is_marked = {"blocktranslate": True, "endblocktranslate": False}.get(token.contents.split()[0], is_marked)
        elif token.token_type == TokenType.TEXT and not is_marked:
            left.append(token.contents)
    visible = Visible()
    visible.feed("".join(left))
    return [text for text in visible.said if re.search(r"[A-Za-z]{2,}", NO_TEXT.sub("", text))]


SCRIPTS = [path for path in sorted((ROOT / "static" / "phone").rglob("*.js")) if path.name != "types.js"]
NO_WORDS = {"Date"}
"""Names that look like words: a header of HTTP."""


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_scripts_say_nothing_past_the_catalogue(path):
    assert unmarked_in_script(path.read_text()) == []


def unmarked_in_script(source: str) -> list[str]:
    left, before = [], ["", "", ""]
    is_marked = False
    for token in tokenize(source, jsx=False):
        if token.type in {"string", "template_string"}:
            follows = before[-2:] in (["t", "("], ["plural", "("])
            is_marked = follows or (is_marked and before[-1] == "," and before[-3] == "plural(")
            text = re.sub(r"\$\{.*?\}", "", token.value[1:-1])
            if not is_marked and text not in NO_WORDS and WORDS.search(text):
                left.append(text)
            before.append("plural(" if follows and before[-2] == "plural" else "")
            before.append(token.value)
        elif token.type not in {"whitespace", "linecomment", "multilinecomment"}:
            before.append(token.value)
    return left


def test_unmarked_words_are_seen():
    assert unmarked_in_template('<p>Hello</p><b aria-label="Good day">{% translate "x" %}</b>') == [
        "Hello",
        "Good day",
    ]
    assert unmarked_in_script("say('No answer yet'); say(t('No answer')); say(`Sent ${n} times`);") == [
        "No answer yet",
        "Sent  times",
    ]
    assert unmarked_in_script("plural('{n} more photo', '{n} more photos', n); show('Send')") == ["Send"]
    assert unmarked_in_python('"""A docstring of it."""\nraise Refused(f"Has {n} too many.")\n_("Not this one")') == [
        "Has  too many."
    ]


TOLD = [
    "api/bodies", "api/drafts", "intake/answers", "intake/checked_visit", "intake/content", "intake/drafts",
    "intake/photos", "intake/pictures", "intake/visits", "phone/pages", "standards/kinds",
]  # fmt: skip
INTERNAL = {
    "This visit id belongs to somebody else's visit.",
    "The draft  belongs to somebody else.",
    "The visit  is somebody else's.",
    "Revision  of  was stored by another request.",
    " problem(s); first: : ",
}
"""Of exceptions that are answered by 404 or tried again, and read only in a log."""
ADMIN = {
    "“no” is the good answer",
    "recorded, not scored: no credit bounds",
    "full credit at , none at ",
    "Anchor “” of “” has no conformity: give it 0 to 1.",
    "“” is of the kind “”, which is not known here: choose another.",
}
"""Read by those who write standards, whose pages speak English."""


@pytest.mark.parametrize("name", TOLD)
def test_the_server_tells_auditors_nothing_past_the_catalogue(name):
    left = unmarked_in_python((ROOT / "audits" / f"{name}.py").read_text())
    assert [text for text in left if text not in INTERNAL | ADMIN] == []


def unmarked_in_python(source: str) -> list[str]:
    return [text for text in _texts(ast.parse(source)) if WORDS.search(text) and " " in text]


def _texts(node: ast.AST) -> Iterator[str]:
    """Strings outside docstrings, calls of gettext, and what describes the API."""
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {*catalogue.IN_PYTHON, "OpenApiResponse"}:
        return
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return
    if isinstance(node, ast.JoinedStr):
        yield "".join(part.value for part in node.values if isinstance(part, ast.Constant))
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    for below in ast.iter_child_nodes(node):
        yield from _texts(below)


@pytest.mark.parametrize("name", ["--help", "pt-br", "francais", "../fr", ""])
def test_what_is_no_language_gets_no_folder(name, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(catalogue, "LOCALE", tmp_path)
    assert catalogue.main([name]) == 2
    assert capsys.readouterr().err.startswith(f"{name!r} is no language")
    assert list(tmp_path.iterdir()) == []


def test_a_language_may_be_new():
    assert catalogue.refused(["de", "pt_BR", *catalogue.languages()]) == ""
