"""Drop a file into a package, as somebody does who adds a kind of source, channel, tile …"""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from types import ModuleType


class Dropper:
    """Puts modules into packages through a temporary folder that is made part of them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._paths: dict[str, list[str]] = {}
        self._modules: list[tuple[ModuleType, str]] = []

    def __call__(self, package: ModuleType, name: str, text: str) -> None:
        """Write module `name` of `package`."""
        folder = self._folder / package.__name__
        if package.__name__ not in self._paths:
            self._paths[package.__name__] = list(package.__path__)
            folder.mkdir(parents=True)
            package.__path__ = [*package.__path__, str(folder)]
        (folder / f"{name}.py").write_text(dedent(text), encoding="utf-8")
        self._modules.append((package, name))
        importlib.invalidate_caches()

    def take_away(self) -> None:
        """Leave all packages as they were."""
        for package, name in self._modules:
            sys.modules.pop(f"{package.__name__}.{name}", None)
            if hasattr(package, name):
                delattr(package, name)
            package.__path__ = self._paths[package.__name__]


@contextlib.contextmanager
def dropper(folder: Path) -> Iterator[Dropper]:
    """Give what drops files, and take all of them away afterwards."""
    drop = Dropper(folder)
    try:
        yield drop
    finally:
        drop.take_away()


def add_entry(name: str, end: str, entry: str) -> None:
    """Load module `name` as if `entry` stood before the one `end` in its file.

    For a process of its own, before anything has imported the module.
    """
    package, _, last = name.rpartition(".")
    path = Path(importlib.import_module(package).__path__[0], f"{last}.py")
    text = path.read_text(encoding="utf-8")
    assert name not in sys.modules
    assert text.count(end) == 1
    module = ModuleType(name)
    sys.modules[name] = module
    setattr(sys.modules[package], last, module)
    exec(compile(text.replace(end, entry + end), path, "exec"), vars(module))  # noqa: S102
