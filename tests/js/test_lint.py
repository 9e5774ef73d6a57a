"""What lint asks of the phone's scripts: each rule is tried on a script of its own, then on all that is served."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.js.test_modules import HERE, MODULES

WORKER = HERE.parents[1] / "templates" / "phone" / "sw.js"
DENO = Path(sys.executable).parent / "deno"


def lint(*paths: Path) -> list[str]:
    """Codes of what is wrong, each with its line."""
    if not DENO.exists():
        pytest.skip("deno is not installed: the phone's scripts were NOT linted")
    command = [DENO, "lint", "--quiet", "--json", "--config", HERE / "deno.json", *paths]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    found = json.loads(run.stdout)
    assert not found["errors"], found["errors"]
    return [f"{each['code']} {each['range']['start']['line']}" for each in found["diagnostics"]]


def script(folder: Path, text: str) -> Path:
    path = folder / "script.js"
    path.write_text(text)
    return path


@pytest.mark.parametrize("opening", ["export function long() {{", "export const long = () => {{"])
@pytest.mark.parametrize(("n_lines", "wrong"), [(60, []), (61, ["phone/short-functions 1"])])
def test_a_function_has_at_most_60_lines(tmp_path, opening, n_lines, wrong):
    body = "  globalThis.n += 1;\n" * (n_lines - 2)
    assert lint(script(tmp_path, f"{opening.format()}\n{body}}}\n")) == wrong


@pytest.mark.parametrize(
    ("comment", "wrong"),
    [
        ("/** @type {any} */", ["phone/any-with-reason 1"]),
        ("/** @param {Record<string, any>} found In the page. */", ["phone/any-with-reason 1"]),
        ("/** @type {any} `any`: JSON of the network. */", []),
        ("/**\n * `any`, as nobody knows what was thrown.\n * @type {any}\n */", []),
        ("/** Where there is any. @type {string} */", []),
    ],
)
def test_any_stands_with_a_word_why(tmp_path, comment, wrong):
    assert lint(script(tmp_path, f"{comment}\nexport const found = null;\n")) == wrong


def test_nothing_that_is_served_breaks_a_rule(tmp_path):
    worker = script(tmp_path, WORKER.read_text().replace("{{ given }}", "GIVEN"))
    assert lint(MODULES, worker) == []
