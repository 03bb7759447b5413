"""Durations as people write them: ``90s``, ``10m``, ``1h30m``, ``7d``."""

from __future__ import annotations

import re
from datetime import timedelta

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_CHINESE = {"d": "天", "h": "小时", "m": "分钟", "s": "秒"}
_WHOLE = re.compile(r"(\d+[smhd])+")
_PART = re.compile(r"(\d+)([smhd])")
LONGEST_S = 400 * 86_400
"""The longest duration that a file of the city's folder can name: a year and some weeks."""
_REMEDY = "give at most 400d"
_SHOWN = 60
"""Letters of a text that a fault repeats."""


class TooLongError(ValueError):
    """It is a duration, but longer than any can be.

    Attributes:
        remedy: what to give instead.
    """

    def __init__(self, text: str) -> None:
        """Say so of `text`."""
        super().__init__(f"{shortened(text)!r} is longer than any duration can be")
        self.remedy = _REMEDY


def seconds(text: str) -> int:
    """Return the seconds in `text`, up to `LONGEST_S`.

    Raises:
        TooLongError: they are more.
        ValueError: it is no duration.
    """
    found = any_seconds(text)
    if found > LONGEST_S:
        raise TooLongError(text)
    return round(found)


def any_seconds(text: str) -> float:
    """Return the seconds in `text`, infinity where a number holds no more.

    Raises:
        ValueError: it is no duration.
    """
    if not _WHOLE.fullmatch(text):
        raise ValueError(f"{shortened(text)!r} is not a duration")
    return sum(float(count) * _UNITS[unit] for count, unit in _PART.findall(text))


def duration(text: str) -> timedelta:
    """Return the duration in `text`.

    Raises:
        TooLongError: it is longer than `LONGEST_S`.
        ValueError: it is no duration.
    """
    return timedelta(seconds=seconds(text))


def words(total_s: int) -> str:
    """Return `total_s` seconds in the shortest such form: 5400 → ``1h30m``."""
    parts = []
    for unit, size in reversed(_UNITS.items()):
        count, total_s = divmod(total_s, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


def words_zh(total_s: int) -> str:
    """Return `total_s` seconds in Chinese: 5400 → ``1小时30分钟``."""
    return "".join(f"{count}{_CHINESE[unit]}" for count, unit in _PART.findall(words(total_s)))


def shortened(text: str) -> str:
    """Return what somebody wrote, cut where it would fill the screen."""
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
