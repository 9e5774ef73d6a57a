"""Kinds of criterion: the phone knows each one that the server has, and asks it by a template of its own."""

import json
import re
import shutil
import subprocess

import pytest

from audits.models import Criterion
from tests.js.test_modules import HERE, MODULES

TEMPLATES = HERE.parents[1] / "templates" / "phone"


@pytest.fixture(scope="module")
def rows(tmp_path_factory) -> list[str]:
    """Names of the phone's rows, as its own module gives them."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed: the phone's kinds were NOT compared")
    root = tmp_path_factory.mktemp("kinds")
    shutil.copytree(MODULES, root / "phone")
    (root / "package.json").write_text('{"type": "module"}')
    ask = "import { KINDS } from './phone/form/kinds.js'; console.log(JSON.stringify(Object.keys(KINDS)));"
    command = [node, "--input-type=module", "--eval", ask]
    return json.loads(subprocess.run(command, cwd=root, capture_output=True, check=True).stdout)


def test_each_kind_of_the_server_has_a_row_on_the_phone_and_no_other_has(rows):
    assert sorted(rows) == sorted(Criterion.Kind.values)


def test_questions_about_the_context_are_of_kinds_that_the_phone_knows(rows):
    asked = {
        kind for path in TEMPLATES.glob("_*.html") for kind in re.findall(r'data-kind="(\w+)"', path.read_text())
    }
    assert asked
    assert asked <= set(rows)


def test_each_kind_is_drawn_by_a_template_of_its_own():
    assert sorted(path.stem for path in (TEMPLATES / "kinds").glob("*.html")) == sorted(Criterion.Kind.values)
