"""Joins ES modules into few files, for phones whose every request costs a round trip.

Each page has one file, what others need of it is one more, and what is imported later (`import('./place.js')`) stays
apart with whatever it alone needs. The files never import each other in a circle: their names hold their contents.
A module becomes one function's result, in the order in which the browser would run it; names and statements stay as
they were written. Modules lie in folders and name each other by relative paths; a file is served in the folder of the
module that it is named for.
"""

import posixpath
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter

from config.assets.sourcemaps import Mapped, relative, stripped

COMMON = "common.js"

IMPORT = re.compile(r"import\{(?P<names>[^{}]*)\}from'(?P<module>\.[\w./-]+\.js)';?\n?")
LATER = re.compile(r"(?<![\w.])import\('(\.[\w./-]+\.js)'\)")
EXPORT = re.compile(r"export (?=(?:async )?(?:function|const|class)\b\*? ?(?P<name>[\w$]+))")
NOTHING = re.compile(r"export\{\};?")
UNKNOWN = re.compile(r"(?:^|(?<=[;}\n]))(?:import\b(?!\()|export\b)[^\n]{0,60}|import\.meta|import\([^\n]{0,60}")


class JoiningError(ValueError):
    """A module that this file does not know how to join."""


@dataclass
class Module:
    name: str
    body: Mapped
    imports: dict[str, list[str]] = field(default_factory=dict)
    later: set[str] = field(default_factory=set)
    exports: list[str] = field(default_factory=list)
    alias: str = ""
    """What holds its exports in the joined files: a number, as paths would weigh 230 bytes in a form's scripts."""


def read_module(name: str, source: str) -> Module:
    """Takes imports and the word `export` out of a module and remembers them."""
    body = stripped(source)
    imports = {resolved(name, m["module"]): [each.strip() for each in m["names"].split(",") if each.strip()]
               for m in IMPORT.finditer(body.text)}  # fmt: skip
    exports = [m["name"] for m in EXPORT.finditer(body.text)]
    body = body.without(IMPORT).without(EXPORT).without(NOTHING)
    odd = UNKNOWN.search(LATER.sub("", body.text))
    if odd or any(" as " in each for names in imports.values() for each in names):
        raise JoiningError(
            f"{name}, near {odd[0] if odd else ' as '!r}: write import {{ name }} from '../folder/module.js',"
            " import('./module.js'), or export before a function, const or class; nothing else can be joined."
        )
    later = {resolved(name, address) for address in LATER.findall(body.text)}
    return Module(name, body, imports, later, exports)


def resolved(name: str, address: str) -> str:
    """What the module `name` imports from `address`: '../photo/shrink.js' in visit/gps.js is photo/shrink.js."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), address))


def address_in(file: str, name: str) -> str:
    """How `file` names the file `name`; the inverse of `resolved`."""
    path = relative(name, file)
    return path if path.startswith("../") else f"./{path}"


def join(sources: Mapping[str, str], pages: Iterable[str]) -> dict[str, str]:
    """The files to serve, by name: one for each of `pages`, COMMON, and one for each that is imported later.

    `sources` are the modules by their paths (visit/gps.js). Beside each file `name` stands `name + ".map"`.
    """
    pages = sorted(pages)
    modules = {name: read_module(name, source) for name, source in sources.items()}
    if absent := set(pages) - set(modules):
        raise JoiningError(f"There is no module {sorted(absent)[0]} to make a page's file of.")
    for number, (_name, module) in enumerate(sorted(modules.items())):
        module.alias = f"${number}"
        if missing := (set(module.imports) | module.later) - set(modules):
            raise JoiningError(f"{module.name} imports {sorted(missing)[0]}, which is not there.")
    try:
        order = list(
            TopologicalSorter({name: sorted(m.imports) for name, m in sorted(modules.items())}).static_order()
        )
    except CycleError as cycle:
        raise JoiningError(f"These modules import each other in a circle: {' -> '.join(cycle.args[1])}.") from cycle
    home = _homes(modules, order, pages)
    _refuse_circles(modules, home)
    files: dict[str, str] = {}
    for file in sorted(set(home.values())):
        script, map_ = _file(
            file, [modules[name] for name in order if home.get(name) == file], modules, home, sources
        )
        files |= {file: script, f"{file}.map": map_}
    return files


def _homes(modules: dict[str, Module], order: list[str], pages: list[str]) -> dict[str, str]:
    """In which file each module goes; none for what no page ever loads."""
    roots: dict[str, set[str]] = {
        name: set() for name in modules
    }  # what makes a module load: a page, or an import for later
    on = {page: {page} for page in pages}  # the pages on which a root may come to be loaded
    todo = list(pages)
    while todo:
        root = todo.pop()
        for name in _reached(root, modules):
            roots[name].add(root)
            for other in sorted(modules[name].later):
                if not on[root] <= on.get(other, set()):
                    on[other] = on.get(other, set()) | on[root]
                    todo.append(other)
    home: dict[str, str] = {}
    shared: dict[frozenset[str], str] = {}
    for name in reversed(order):  # those that import before what they import
        if not roots[name]:
            continue
        if len(roots[name]) == 1:
            home[name] = next(iter(roots[name]))
        elif set().union(*(on[root] for root in roots[name])) <= roots[name] & set(pages):
            home[name] = COMMON  # there with each page, so that nothing need be loaded for it
        else:
            home[name] = shared.setdefault(frozenset(roots[name]), name)
    return home


def _refuse_circles(modules: dict[str, Module], home: dict[str, str]) -> None:
    needs: dict[str, set[str]] = {file: set() for file in home.values()}
    for name, file in home.items():
        needs[file] |= {home[other] for other in set(modules[name].imports) | modules[name].later} - {file}
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as cycle:
        raise JoiningError(
            f"These files would name each other in a circle: {' -> '.join(cycle.args[1])}."
            " Let the module that is imported later import nothing from a module that imports it."
        ) from cycle


def _reached(root: str, modules: dict[str, Module]) -> set[str]:
    found, todo = {root}, [root]
    while todo:
        fresh = set(modules[todo.pop()].imports) - found
        found |= fresh
        todo += fresh
    return found


def _file(file: str, members: list[Module], modules: dict[str, Module], home: dict[str, str],
          sources: Mapping[str, str]) -> tuple[str, str]:  # fmt: skip
    names = {module.name for module in members}
    outside = sorted({other for module in members for other in module.imports} - names)
    wanted = sorted({module.alias for module in members for other in modules.values()
                     if module.name in other.imports and home.get(other.name, file) != file})  # fmt: skip
    whole = Mapped.made("")
    for chunk in sorted({home[name] for name in outside}):
        aliases = ",".join(modules[name].alias for name in outside if home[name] == chunk)
        whole += Mapped.made(f"import {{{aliases}}} from '{address_in(file, chunk)}';\n")
    for module in members:
        given = "".join(f"const{{{','.join(taken)}}}={modules[other].alias};"
                        for other, taken in sorted(module.imports.items()))  # fmt: skip
        whole += Mapped.made(f"const {module.alias}=(()=>{{{given}\n")
        whole += _addressed(module, file).of(module.name)
        whole += Mapped.made(f"\nreturn{{{','.join(module.exports)}}};}})();\n")
    if wanted:
        whole += Mapped.made(f"export{{{','.join(wanted)}}};\n")
    if file in modules and any(file in each.later for each in modules.values()):
        whole += Mapped.made(f"export const{{{','.join(modules[file].exports)}}}={modules[file].alias};\n")
    whole += Mapped.made(f"//# sourceMappingURL={posixpath.basename(file)}.map\n")
    return whole.text, whole.source_map(file, sources)


def _addressed(module: Module, file: str) -> Mapped:
    """The module's body with what it imports later named as seen from `file`, where it comes to lie."""
    return module.body.replaced(LATER, lambda found: f"import('{address_in(file, resolved(module.name, found[1]))}')")
