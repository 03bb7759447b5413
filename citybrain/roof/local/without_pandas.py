"""Keep pandas out of our processes.

pyarrow imports it, where it is installed, as soon as an array is made of a list, only to ask
whether the list is one of its series. Nothing of ours is. Gateway, sink, stream and ruler had it,
which made each of them 24 to 28 MB larger (proportional set size), and its start slower.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from types import ModuleType


class _NoPandas(MetaPathFinder):
    """Finds pandas nowhere, and leaves every other module to the finders after it."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> None:
        if fullname == "pandas":
            raise ModuleNotFoundError(f"no {fullname} in a process of the center", name=fullname)


def keep_out() -> None:
    """Have `import pandas` fail in this process from now on, as if it were not installed.

    pyarrow, Polars and clickhouse-connect go on without it. Where it was imported before, as in a
    notebook, it stays.
    """
    # `None` in sys.modules would do for Python, but Cython's imports, as pyarrow's, return it.
    sys.meta_path.insert(0, _NoPandas())
