"""A case's sheet (办件单) as PDF: what is told of it, set by typst; nothing is fetched."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typst

_HERE = Path(__file__).parent
TEMPLATE, FONTS = _HERE / "case_sheet.typ", _HERE / "fonts"


def sheet_pdf(told: Mapping[str, Any]) -> bytes:
    """Return the sheet; `told` is of `sheet_of`, and goes in as data, never as markup."""
    return typst.compile(
        TEMPLATE,
        font_paths=[FONTS],
        ignore_system_fonts=True,
        sys_inputs={"told": json.dumps(told, ensure_ascii=False)},
    )
