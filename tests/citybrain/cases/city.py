"""The small city of the configuration's tests, with units and a workflow."""

from __future__ import annotations

import shutil
from pathlib import Path

from citybrain.city import City, load_city

HERE = Path(__file__).parent
BASE = HERE.parent / "city" / "small"


def small_city(folder: Path, case: Path | None = None) -> City:
    """Put the small city into `folder`, spoilt by what is in `case`, and load it."""
    city = folder / "small"
    for source in (BASE, HERE / "small", *((case,) if case else ())):
        ignore = shutil.ignore_patterns("expected.txt")
        shutil.copytree(source, city, dirs_exist_ok=True, ignore=ignore)
    return load_city(city)
