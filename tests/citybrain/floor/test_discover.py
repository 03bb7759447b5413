"""Finding what the modules of a package offer."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest

from citybrain.floor.discover import discover


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    folder = tmp_path / "discovered_shop"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "pear.py").write_text("FRUIT = 'pear'\n")
    (folder / "apple.py").write_text("FRUIT = 'apple'\n")
    (folder / "_private.py").write_text("raise RuntimeError\n")
    monkeypatch.syspath_prepend(tmp_path)
    module = __import__("discovered_shop")
    for name in [name for name in sys.modules if name.startswith("discovered_shop.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delitem(sys.modules, "discovered_shop")
    return module


def test_discover_collects_public_modules_in_order(shop: ModuleType) -> None:
    assert list(discover(shop, "FRUIT", str).items()) == [("apple", "apple"), ("pear", "pear")]


def test_discover_names_the_module_that_offers_nothing(shop: ModuleType) -> None:
    with pytest.raises(TypeError) as caught:
        discover(shop, "TABLE", str)
    assert str(caught.value) == ("discovered_shop.apple: no TABLE of class str; define one there")
