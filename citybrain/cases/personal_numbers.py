"""Numbers by which a person is known are taken out of what cases say; pure.

A case holds nobody's telephone, identity card or mail address: who reported stands where the matter
came from. People write them into texts all the same, so they are masked where a text comes in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

MASK = "***"
_GAP = r"[ \-]?"
_MOBILE = rf"(?<!\d)(?:\+?86{_GAP})?1[3-9]\d{_GAP}\d{{4}}{_GAP}\d{{4}}(?!\d)"
_IDENTITY = r"(?<!\d)[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])\d{3}[\dXx](?!\d)"
_MAIL = r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
_PERSONAL = re.compile(f"{_IDENTITY}|{_MOBILE}|{_MAIL}", re.ASCII)
WRITTEN = ("comment", "text", "title")
"""Details of commands that people write."""


def masked(text: str) -> str:
    """Return `text` with what is such a number masked."""
    return _PERSONAL.sub(MASK, text)


def masked_details(details: Mapping[str, str]) -> dict[str, str]:
    """Return the details of a command, what people wrote without such numbers."""
    return {name: masked(said) if name in WRITTEN else said for name, said in details.items()}
