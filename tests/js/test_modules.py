"""The phone's modules, tested in Node without a browser. Node is wanted for tests only, never to run Plumbline."""

import shutil
import subprocess
from pathlib import Path

import pytest

from config.assets.sourcemaps import stripped

HERE = Path(__file__).parent
MODULES = HERE.parents[1] / "static" / "phone"
SUITES = sorted(path.relative_to(HERE).as_posix() for path in HERE.rglob("*.test.mjs"))


@pytest.fixture(scope="module", params=["as written", "as served"])
def copied(tmp_path_factory, request) -> Path:
    """Modules and tests in a folder whose package.json says what the browser is told by `type="module"`."""
    root = tmp_path_factory.mktemp("phone")
    (root / "package.json").write_text('{"type": "module"}')
    shutil.copytree(MODULES, root / "static" / "phone")
    if request.param == "as served":
        for path in (root / "static" / "phone").rglob("*.js"):
            path.write_text(stripped(path.read_text()).text)
    shutil.copytree(HERE, root / "tests" / "js", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    return root


@pytest.mark.parametrize("suite", SUITES)
def test_suite_passes_in_node(copied, suite):
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed: the phone's modules were NOT tested")
    run = subprocess.run(
        [node, "--test", f"tests/js/{suite}"], cwd=copied, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr


def test_what_is_served_is_still_a_script(tmp_path):
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed: the phone's modules were NOT tested")
    for path in MODULES.rglob("*.js"):
        served = tmp_path / f"{path.stem}.mjs"
        served.write_text(stripped(path.read_text()).text)
        run = subprocess.run([node, "--check", served], capture_output=True, check=False)
        assert run.returncode == 0, run.stderr


def test_the_suites_are_found():
    assert len(SUITES) >= 5
