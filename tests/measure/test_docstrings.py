import doctest
import importlib
import pkgutil

import pytest

import reports.measure

MODULES = [name for _, name, _ in pkgutil.iter_modules(reports.measure.__path__, "reports.measure.")]


@pytest.mark.parametrize("name", MODULES)
def test_worked_values_in_the_docstrings_hold(name):
    found = doctest.testmod(importlib.import_module(name))
    assert found.failed == 0
