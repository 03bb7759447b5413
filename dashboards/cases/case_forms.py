"""What a browser may send to the case desk beside commands: a new case."""

from __future__ import annotations

from typing import Literal

import msgspec


class OpeningForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A new case; origin and who opens it are never the browser's to say."""

    kind: str
    title: str
    area: str = ""
    text: str = ""
    source: Literal["clerk", "grid", "hotline"] = "clerk"
    severity: int = 1
    handler: str = ""
    condition: str = ""
    lon: float | None = None
    lat: float | None = None
    attachments: tuple[str, ...] = ()
