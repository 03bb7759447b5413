"""Find out in which encoding and with which separator a department wrote its file."""

from __future__ import annotations

import codecs
from typing import BinaryIO

from citybrain.floor.errors import SourceError

ENCODINGS = ("auto", "utf-8", "gb18030", "gbk", "gb2312", "big5", "latin-1", "cp1252", "utf-16")
"""What a feed may say of its text; what is not among these is not found out either."""
SEPARATORS = {"auto": "", "comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}
_BLOCK = 1024 * 1024
_LOOK = 256
_WRONG_SHARE = 0.05


def detect_encoding(stream: BinaryIO) -> str:
    """Return ``utf-8`` or ``gb18030``, whichever `stream` is written in; ASCII counts as UTF-8.

    Wide text is none of these; `wide_text` has turned it into UTF-8 before.

    Reads to the first block with a character beyond ASCII, at most 256 MiB. A text with some
    broken bytes still counts as what nearly all of it is.

    Raises:
        SourceError: it is neither.
    """
    for _ in range(_LOOK):
        block = stream.read(_BLOCK)
        if not block:
            break
        if not block.isascii():
            return _decide(block)
    return "utf-8"


def detect_separator(header: str) -> str:
    """Return the separator that a CSV header line uses: the likely one that it has most of."""
    bare = "".join(header.split('"')[::2])
    return max(",;\t|", key=bare.count)


def _decide(block: bytes) -> str:
    for encoding in ("utf-8", "gb18030"):
        text = codecs.getincrementaldecoder(encoding)("replace").decode(block)
        beyond = sum(map(len, (text.encode("ascii", "ignore"),)))
        wrong = text.count("\ufffd")
        if wrong <= _WRONG_SHARE * (len(text) - beyond):
            return encoding
    raise SourceError("the text is neither UTF-8 nor GB18030; state it in options.encoding")


def known_encoding(charset: str) -> str:
    """Return the one of `ENCODINGS` that `charset` is a name of, "" where it is of none."""
    try:
        name = codecs.lookup(charset).name
    except (LookupError, ValueError):
        return ""
    return _NAMES.get(name, "")


_NAMES = {codecs.lookup(name).name: name for name in ENCODINGS if name != "auto"} | {
    "utf-16-le": "utf-16",
    "utf-16-be": "utf-16",
}
