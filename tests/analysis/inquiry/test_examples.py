"""Examples in docstrings hold."""

import doctest
from importlib import import_module
from pkgutil import walk_packages

import pytest

import seamline.analysis.inquiry

MODULES = [m.name for m in walk_packages(seamline.analysis.inquiry.__path__, "seamline.analysis.inquiry.")]


@pytest.mark.parametrize("name", MODULES)
def test_examples_hold(name: str) -> None:
    """Every one in the module."""
    assert doctest.testmod(import_module(name)).failed == 0
