"""Patterns that people give, and the one engine that may see them: RE2.

RE2 takes time in proportion to the text, whatever the pattern. What decides by a pattern, shows its
effect and enforces it all ask here; so no two engines can read the same pattern in two ways, and
nobody's pattern meets an engine that backtracks. Python's `re` is for patterns of our own.
"""

from __future__ import annotations

import functools
from typing import Any

import re2

MOST_CHARACTERS = 500
_PROGRAM_BYTES = 256 * 1024
"""What a compiled pattern may take: it keeps repetitions of repetitions out, which are slow."""
_COMPILED, _JUDGED = 4_096, 65_536
_MAGIC = frozenset("*?[")


class PatternError(ValueError):
    """A pattern that cannot be used; the message says why, and names no place."""


def check_pattern(pattern: str) -> None:
    """Make sure that `pattern` is a regular expression of RE2 that is not too large.

    Raises:
        PatternError: it is none, or too large.
    """
    _compiled(pattern)


@functools.lru_cache(maxsize=_JUDGED)
def fits(pattern: str, text: str) -> bool | None:
    """Return whether the regular expression `pattern` matches all of `text`.

    None: that cannot be judged, as the pattern cannot be used or the text is no Unicode. Who hides
    something by a pattern then hides nothing, and who tells by one tells.
    """
    try:
        return _compiled(pattern).fullmatch(text) is not None
    except (PatternError, UnicodeEncodeError):
        return None


def is_glob(pattern: str) -> bool:
    """Return whether a word holds one of ``* ? [``."""
    return not _MAGIC.isdisjoint(pattern)


def fits_glob(pattern: str, text: str) -> bool | None:
    """Return whether `pattern` with ``*``, ``?``, ``[ab]`` and ``[!ab]`` matches all of `text`.

    None: that cannot be judged.
    """
    return fits(_regular(pattern), text) if is_glob(pattern) else pattern == text


@functools.lru_cache(maxsize=_COMPILED)
def _compiled(pattern: str) -> Any:
    options = re2.Options()
    options.max_mem, options.log_errors, options.dot_nl = _PROGRAM_BYTES, False, True
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        problem = error.args[0] if error.args else "unknown"
        words = problem.decode(errors="replace") if isinstance(problem, bytes) else str(problem)
        raise PatternError(words.split(": ")[0]) from None
    except UnicodeEncodeError:
        raise PatternError("it is no Unicode text") from None


@functools.lru_cache(maxsize=_COMPILED)
def _regular(glob: str) -> str:
    """Return a glob as a regular expression; a bracket that is not closed stands for itself."""
    parts, at = [], 0
    while at < len(glob):
        sign, at = glob[at], at + 1
        if sign in "*?":
            parts.append(".*" if sign == "*" else ".")
            continue
        # The first sign in brackets may be a closing one.
        inverted = glob[at : at + 1] == "!"
        end = glob.find("]", at + inverted + 1) if sign == "[" else -1
        if end < 0:
            parts.append(re2.escape(sign))
            continue
        signs = glob[at + inverted : end].replace("\\", r"\\").replace("[", r"\[")
        parts.append(f"[{'^' if inverted else ''}{_first_kept(signs)}]")
        at = end + 1
    return "".join(parts)


def _first_kept(signs: str) -> str:
    """Take its meaning from what is special as the first sign in brackets."""
    return f"\\{signs}" if signs[:1] in ("]", "^") else signs
