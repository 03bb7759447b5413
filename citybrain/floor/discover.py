"""Find the one object that each module of a package offers: a screen, a table, a kind of source.

Dropping a file into the package is all the registration there is.
"""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType
from typing import TypeVar

T = TypeVar("T")


def discover(package: ModuleType, name: str, kind: type[T]) -> dict[str, T]:
    """Import every public module of `package` and collect its attribute `name`.

    Args:
        package: the package to look through (not recursive); modules whose name starts with an
            underscore are skipped.
        name: the attribute that each module must offer, for example ``"TABLE"``.
        kind: the class that the attribute must be an instance of.

    Returns:
        The objects by module name, in alphabetical order.

    Raises:
        TypeError: a module lacks the attribute, or it is of another class.
    """
    found: dict[str, T] = {}
    for info in sorted(pkgutil.iter_modules(package.__path__), key=lambda item: item.name):
        if info.name.startswith("_"):
            continue
        module = importlib.import_module(f"{package.__name__}.{info.name}")
        offered = getattr(module, name, None)
        if not isinstance(offered, kind):
            problem = f"{module.__name__}: no {name} of class {kind.__name__}; define one there"
            raise TypeError(problem)
        found[info.name] = offered
    return found
