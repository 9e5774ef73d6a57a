"""What joins the phone's modules at collectstatic, on modules of a few lines."""

import shutil
import subprocess
from pathlib import Path

import pytest
from django.core.files.storage import FileSystemStorage

from audits.phone.release import EARLY, FORM, LIST, PAGES, PHONE
from config.assets.joining import COMMON, JoiningError, join
from config.assets.storage import ModuleManifestStorage

MODULES = Path(__file__).parents[2] / "static" / "phone"

SMALL = {
    "page.js": "/** A page. */\nimport { double } from './sums.js';\n\nexport const shown = double(2);\n"
    "export async function more() {\n  const { thrice } = await import('./rare.js'); // only now\n"
    "  return thrice(shown);\n}\nif (globalThis.wanted) console.log(await_(more));\n"
    "function await_(work) {\n  work().then((n) => console.log(n));\n  return 'asked';\n}\n",
    "sums.js": "/* Sums, see\n https://example.org */\nexport const double = (n) => n * 2;\n"
    "export function fail() {\n  // of course\n  throw new Error('it failed');\n}\n",
    "rare.js": "import { double } from './sums.js';\nexport const thrice = (n) => double(n) + n;\n",
    "types.js": "/** Only shapes. */\nexport {};\n",
}
FOLDERS = {
    "page.js": "import { more } from './visit/asking.js';\nmore().then((n) => console.log(n));\n",
    "visit/asking.js": "import { double } from '../sums/double.js';\nimport { names } from './names.js';\n"
    "export async function more() {\n  const { thrice } = await import('../photo/thrice.js');\n"
    "  const { asking } = await import('./later.js');\n  return [names, thrice(double(2)), asking].join(' ');\n}\n",
    "visit/names.js": "export const names = 'the visit';\n",
    "visit/later.js": "export const asking = 'asks';\n",
    "photo/thrice.js": "import { double } from '../sums/double.js';\nimport { names } from './names.js';\n"
    "export function thrice(n) {\n  if (globalThis.fails) throw new Error(names);\n  return double(n) + n;\n}\n",
    "photo/names.js": "export const names = 'the photo';\n",
    "sums/double.js": "export const double = (n) => n * 2;\n",
}


def node(folder: Path, *arguments: str) -> subprocess.CompletedProcess:
    program = shutil.which("node")
    if program is None:
        pytest.skip("node is not installed: the phone's modules were NOT tested")
    return subprocess.run([program, *arguments], cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def folder(tmp_path):
    """Where files are written as a browser would take them."""
    (tmp_path / "package.json").write_text('{"type": "module"}')
    return tmp_path


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def collect(root: Path, sources: dict[str, str]) -> dict[str, str]:
    """Makes of `root` what collectstatic leaves of the phone's modules; the scripts' hashed names by name."""
    write(root / PHONE, sources)
    storage, source = ModuleManifestStorage(location=root, base_url="/static/"), FileSystemStorage(root)
    paths = {PHONE + name: (source, PHONE + name) for name in sources}
    for _original, _hashed, processed in storage.post_process(paths):
        if isinstance(processed, Exception):
            raise processed
    return {name.removeprefix(PHONE): hashed.removeprefix(PHONE)
            for name, hashed in storage.hashed_files.items() if name.endswith(".js")}  # fmt: skip


def scripts(files: dict[str, str]) -> set[str]:
    return {name for name in files if name.endswith(".js")}


def test_a_joined_page_does_what_its_modules_do(folder):
    write(folder, join(SMALL, ["page.js"]))
    (folder / "try.js").write_text("globalThis.wanted = true; await import('./page.js');")
    assert node(folder, "try.js").stdout.split() == ["asked", "12"]


def test_modules_in_folders_are_joined_as_the_browser_would_run_them(folder):
    write(folder, FOLDERS)
    written = node(folder, "page.js").stdout
    files = join(FOLDERS, ["page.js"])
    assert scripts(files) == {"page.js", COMMON, "photo/thrice.js", "visit/later.js"}
    shutil.rmtree(folder / "sums")
    write(folder, files)
    assert node(folder, "page.js").stdout == written == "the visit 12 asks\n"


def test_modules_in_folders_name_each_other_by_their_hashes_once_collected(folder):
    sources = FOLDERS | {EARLY: "", LIST: "", FORM: FOLDERS["page.js"]}
    collected = collect(folder, sources)
    assert set(collected) == {*PAGES, COMMON, "photo/thrice.js", "visit/later.js"}
    for name in {*sources, *collected}:
        (folder / PHONE / name).unlink(missing_ok=True)
    assert node(folder / PHONE, collected[FORM]).stdout == "the visit 12 asks\n"


def test_an_error_in_a_folder_names_the_module_by_its_path(folder):
    write(folder, join(FOLDERS, ["page.js"]))
    (folder / "try.js").write_text("globalThis.fails = true; await import('./page.js');")
    assert f"{folder}/photo/thrice.js:4" in node(folder, "--enable-source-maps", "try.js").stderr


def test_a_path_out_of_the_modules_folder_is_refused_by_name():
    with pytest.raises(JoiningError, match=r"visit/names\.js imports \.\./page\.js"):
        join(FOLDERS | {"visit/names.js": "import { a } from '../../page.js';\n"}, ["page.js"])


def test_what_nobody_loads_is_in_no_file():
    files = join(SMALL | {"lonely.js": "export const n = 1;"}, ["page.js"])
    assert scripts(files) == {"page.js", "rare.js", COMMON}
    assert "lonely" not in "".join(files.values())


def test_the_order_in_which_modules_are_found_changes_nothing():
    assert join(SMALL, ["page.js"]) == join(dict(reversed(SMALL.items())), ["page.js"])


def test_an_error_names_the_module_and_the_line_it_was_written_on(folder):
    modules = SMALL | {"page.js": "import { fail } from './sums.js';\n\n\nfail();\n"}
    write(folder, join(modules, ["page.js"]))
    said = node(folder, "--enable-source-maps", "page.js").stderr
    assert "sums.js:6" in said
    assert "page.js:4" in said


@pytest.mark.parametrize(
    "odd",
    [
        "import * as all from './sums.js';",
        "import { double as twice } from './sums.js';",
        "import './sums.js';",
        "export default 3;",
        "export * from './sums.js';",
        "const load = (name) => import(name);",
    ],
)
def test_what_cannot_be_joined_is_refused_by_name(odd):
    with pytest.raises(JoiningError, match=r"page\.js"):
        join(SMALL | {"page.js": odd + "\n"}, ["page.js"])


def test_a_module_that_is_not_there_is_named():
    with pytest.raises(JoiningError, match=r"page\.js imports gone\.js"):
        join(SMALL | {"page.js": "import { a } from './gone.js';\n"}, ["page.js"])


def test_a_page_that_is_not_there_is_named():
    with pytest.raises(JoiningError, match=r"no module gone\.js"):
        join(SMALL, ["page.js", "gone.js"])


def test_modules_in_a_circle_are_refused():
    circle = {"a.js": "import { b } from './b.js';\nexport const a = 1;\n",
              "b.js": "import { a } from './a.js';\nexport const b = 1;\n"}  # fmt: skip
    with pytest.raises(JoiningError, match="circle"):
        join(circle, ["a.js"])


def modules() -> dict[str, str]:
    return {path.relative_to(MODULES).as_posix(): path.read_text() for path in MODULES.rglob("*.js")}


@pytest.fixture(scope="module")
def served() -> dict[str, str]:
    return join(modules(), PAGES)


def test_the_phones_files_are_scripts(served, folder):
    for name in scripts(served):
        (folder / "one.mjs").write_text(served[name])
        run = node(folder, "--check", "one.mjs")
        assert run.returncode == 0, f"{name}: {run.stderr}"


def test_a_form_loads_two_files_before_it_is_filled_in(served):
    first = served[FORM].split("\nconst ", 1)[0]
    assert first.count(" from ") == 1
    assert COMMON in first


@pytest.fixture(scope="module")
def weights(tmp_path_factory) -> dict[str, int]:
    """Bytes of each script as it travels: with the hashed names of the others in it, and compressed."""
    root = tmp_path_factory.mktemp("static")
    collected = collect(root, modules())
    return {name: (root / PHONE / f"{hashed}.gz").stat().st_size for name, hashed in collected.items()}


@pytest.mark.parametrize(
    ("moment", "also", "most"),
    [("opened", [], 25_000), ("filled in", ["sync/drafts.js", "sync/lock.js", "conflict/merge.js"], 27_500)],
)
def test_the_scripts_of_a_form_are_small(weights, moment, also, most):
    loaded = [EARLY, FORM, COMMON, "visit/gps.js", *also]
    assert sum(weights[name] for name in loaded) <= most, moment
