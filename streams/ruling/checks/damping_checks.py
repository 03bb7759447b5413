"""Damping, `where` and `clear` that a kind of condition never looks at, or cannot end by."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from citybrain.city.references import RecordFault
from citybrain.floor.duration import shortened, words
from citybrain.rules.rule import Rule
from streams.ruling.condition import ConditionKind

MOST_IN_A_ROW = 1000
"""Observations that `fires_after` and `clears_after` may ask for."""
LONGEST = timedelta(days=30)
"""What `for` and `hold` may be: an alert that stays open for longer says nothing of today."""
SHORTEST = timedelta(minutes=1)
"""What `stale_after` may be: readings of one minute are one."""
_ITS_OWN = "take it away: the rules that it reads have their own"
_BY_ITSELF = "take it away: it is clear when its time is over"
_AT_ONCE = "take it away: it is counted by time, not by readings"
_NO_READINGS = "take it away: it rests on no readings of which one could be missing"
_OPEN = "take it away; 'hold' keeps it open for longer"


def check_damping(rule: Rule, kind: ConditionKind) -> Iterator[RecordFault]:
    """Yield which of these keys of `rule` count for nothing, or are impossible."""
    idle = _idle(kind)
    if not kind.rests(rule):
        idle["stale_after"] = _NO_READINGS
    for name, value in _given(rule).items():
        if name in idle:
            yield RecordFault(name, "counts for nothing here", idle[name])
        elif isinstance(value, timedelta) and value > LONGEST:
            problem = f"{words(round(value.total_seconds()))} is impossible"
            yield RecordFault(name, problem, f"give at most {LONGEST.days}d")
        elif name == "stale_after" and value < SHORTEST:
            problem = f"{words(round(value.total_seconds()))} is impossible"
            yield RecordFault(name, problem, "give at least 1m, and more than a cadence")
        elif isinstance(value, int) and not 1 <= value <= MOST_IN_A_ROW:
            problem = f"{shortened(str(value))} is impossible"
            yield RecordFault(name, problem, f"give 1 to {MOST_IN_A_ROW}")
        elif name == "clears_after" and _clear_once(rule, kind):
            problem = f"it is found clear once, never {value} times in a row"
            yield RecordFault(name, problem, _OPEN)


def _given(rule: Rule) -> dict[str, Any]:
    """Return those of the keys that are not as they would be anyway."""
    values: dict[str, tuple[Any, Any]] = {
        "where": (rule.where, {}),
        "clear": (rule.clear, None),
        "for": (rule.for_, timedelta()),
        "fires_after": (rule.fires_after, 1),
        "clears_after": (rule.clears_after, 1),
        "hold": (rule.hold, timedelta()),
        "stale_after": (rule.stale_after, None),
    }
    return {name: value for name, (value, usual) in values.items() if value != usual}


def _idle(kind: ConditionKind) -> dict[str, str]:
    """Return the keys that the kind never looks at, each with a remedy."""
    if kind.reads == "alerts":
        names = ("where", "clear", "for", "fires_after", "clears_after", "hold")
        return dict.fromkeys(names, _ITS_OWN)
    idle = {"where": "take it away; 'feeds' says which"} if kind.reads == "feeds" else {}
    idle |= {"clear": _BY_ITSELF} if kind.single else {}
    return idle | ({"fires_after": _AT_ONCE} if kind.durations else {})


def _clear_once(rule: Rule, kind: ConditionKind) -> bool:
    """Whether it is found clear as it becomes so, and then no more until it holds again.

    A step that is missing may come several times.
    """
    missing = any(step.absent for step in getattr(rule.condition, "steps", ()))
    return (kind.single and not missing) or kind.places or kind.durations
