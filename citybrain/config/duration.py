"""Durations as people write them: ``90s``, ``10m``, ``1h30m``, ``7d``."""

from __future__ import annotations

import re
from datetime import timedelta

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_CHINESE = {"d": "天", "h": "小时", "m": "分钟", "s": "秒"}
_WHOLE = re.compile(r"(\d+[smhd])+")
_PART = re.compile(r"(\d+)([smhd])")


def seconds(text: str) -> int:
    """Return the seconds in `text`.

    Raises:
        ValueError: it is no duration.
    """
    if not _WHOLE.fullmatch(text):
        raise ValueError(f"{text!r} is not a duration")
    return sum(int(count) * _UNITS[unit] for count, unit in _PART.findall(text))


def duration(text: str) -> timedelta:
    """Return the duration in `text`.

    Raises:
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
