"""The alphabet of what leaves the house: JSON, lines of chat, XML, CSV, a terminal; pure.

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
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
CONTROLS = (
    *(code for code in range(0x20) if code not in (0x09, 0x0A)),
    *range(0x7F, 0xA0),
    *range(0x202A, 0x202F),
    *range(0x2066, 0x206A),
    *range(0xD800, 0xE000),
)
"""Code points that a terminal must not be sent: controls, turns of direction, halves of pairs."""
_SHOWN = {code: repr(chr(code))[1:-1] for code in CONTROLS}
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ufdd0-\ufdef\ufeff\ufffe\uffff]")


def plain_text(text: str) -> str:
    """Return `text` in characters that every service takes: lines, tabs and what can be seen."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROLS.sub(REPLACEMENT, _NONE.sub(REPLACEMENT, text))


def xml_text(text: str) -> str:
    """Return `text` in characters that XML 1.0 has (section 2.2, ``Char``)."""
    return _NO_XML.sub(REPLACEMENT, text)


def csv_text(text: str) -> str:
    """Return `text` as a cell that no spreadsheet takes for a formula.

    Source: OWASP, "CSV Injection": a cell that begins so gets a quote before it.
    """
    return f"'{text}" if text[:1] in _FORMULA else text


def terminal_text(text: str) -> str:
    """Return `text` with what would move the cursor, colour or hide something in sight.

    Lines and tabs stay.
    """
    return text.translate(_SHOWN)


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
