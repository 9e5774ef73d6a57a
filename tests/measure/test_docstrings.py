import doctest
import importlib
import inspect
import pkgutil

import pytest

import reports.measure

MODULES = [
    name
    for _, name, is_package in pkgutil.walk_packages(reports.measure.__path__, "reports.measure.")
    if not is_package
]


def public_functions(module):
    """The functions that the module itself defines for others."""
    for name, found in inspect.getmembers(module, inspect.isfunction):
        if found.__module__ == module.__name__ and not name.startswith("_"):
            yield name, found


@pytest.mark.parametrize("name", MODULES)
def test_worked_values_in_the_docstrings_hold(name):
    found = doctest.testmod(importlib.import_module(name))
    assert found.failed == 0


@pytest.mark.parametrize("name", MODULES)
def test_every_public_function_has_a_worked_value(name):
    examples = doctest.DocTestParser().get_examples
    functions = public_functions(importlib.import_module(name))
    assert [function for function, found in functions if not examples(found.__doc__ or "")] == []
