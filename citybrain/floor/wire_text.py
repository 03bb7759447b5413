"""The alphabet of what leaves the house as JSON or as a line of chat; pure.

Texts come from departments' systems and may hold anything that fits into Python's `str`: halves
of surrogate pairs, which no UTF-8 has, control characters, code points that Unicode calls none.
A receiver's parser may fall over each of them, and then a message is lost.
"""

from __future__ import annotations

import json
import re
from typing import Any

REPLACEMENT = "\ufffd"
_NONE = re.compile("[\ud800-\udfff]")
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]")
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ufdd0-\ufdef\ufeff\ufffe\uffff]")


def plain_text(text: str) -> str:
    """Return `text` in characters that every service takes: lines, tabs and what can be seen."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROLS.sub(REPLACEMENT, _NONE.sub(REPLACEMENT, text))


def wire_json(value: Any) -> bytes:
    """Return `value` (dicts, lists, texts, numbers, None) as JSON in UTF-8.

    Halves of surrogate pairs become U+FFFD; control characters and code points that are none are
    escaped.

    Raises:
        ValueError: a number is infinite or none.
        TypeError: JSON has no such value.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    text = _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", _NONE.sub(REPLACEMENT, text))
    return text.encode()
