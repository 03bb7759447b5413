"""Our processes carry no pandas, though pyarrow would bring it."""

from __future__ import annotations

import importlib
import sys

import polars as pl
import pyarrow as pa
import pytest

from citybrain.roof.local import without_pandas


def test_import_fails_and_libraries_go_on_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path])
    monkeypatch.setitem(sys.modules, "pandas", pa)  # so that what was there comes back
    del sys.modules["pandas"]
    without_pandas.keep_out()
    with pytest.raises(ModuleNotFoundError, match="no pandas in a process of the center"):
        importlib.import_module("pandas")
    assert pa.array([1, None]).to_pylist() == [1, None]
    assert pa.schema([("a", pa.string())]).empty_table().num_rows == 0
    assert pl.DataFrame({"a": [[1], []]}).to_arrow().num_rows == 2
    assert pl.DataFrame(pa.table({"a": ["x"]}))["a"].to_list() == ["x"]
    assert pl.Series("a", iter([1, 2])).sum() == 3


def test_what_was_imported_before_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path])
    monkeypatch.setitem(sys.modules, "pandas", pa)
    without_pandas.keep_out()
    assert importlib.import_module("pandas") is pa
