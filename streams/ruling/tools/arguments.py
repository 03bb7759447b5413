"""What people name on the command line: rules, and stretches of time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from citybrain.floor.duration import any_seconds
from citybrain.floor.errors import ConfigError, Fault
from citybrain.floor.strict import suggest
from citybrain.rules.rule import Rule

_MINUTE, _LONG = 60, 90 * 60
"""Seconds from which a span is told in minutes, and in hours."""


def chosen_rules(rules: Mapping[str, Rule], names: Sequence[str], command: str) -> list[Rule]:
    """Return the rules called `names`, in that order; all where no name is given.

    Raises:
        ConfigError: there is no rule of a name; `command` says who asked.
    """
    faults = [
        Fault(command, name, "no such rule", suggest(name, rules))
        for name in names
        if name not in rules
    ]
    if faults:
        raise ConfigError(faults)
    return [rules[name] for name in names] if names else list(rules.values())


def stretch(
    since: str, until: str, now: datetime, zone: ZoneInfo, command: str
) -> tuple[datetime, datetime]:
    """Return the stretch of time from `since` to `until`, aware.

    Args:
        since: ISO instant (of `zone` where it has no offset) or a duration before `until`.
        until: the same, a duration before `now`; "" is `now`.
        now: the present instant.
        zone: of the city.
        command: says who asked.

    Raises:
        ConfigError: one of them is neither, or nothing lies between them.
    """
    end = instant(until, now, zone, f"{command}: --until") if until else now
    start = instant(since, end, zone, f"{command}: --since")
    if start >= end:
        raise fault(f"{command}: --since", since, "the range is empty", "begin before its end")
    return start, end


def instant(text: str, before: datetime, zone: ZoneInfo, place: str) -> datetime:
    """Return the instant that `text` says: ISO, or a duration before `before`.

    Raises:
        ConfigError: it is neither; `place` says what it was for.
    """
    try:
        return before - timedelta(seconds=any_seconds(text))
    except (ValueError, OverflowError):
        pass
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        remedy = "write 2026-03-01T08:00, or 30d for so long before"
        raise fault(place, text, "neither an instant nor a duration", remedy) from None
    return found if found.tzinfo else found.replace(tzinfo=zone)


def fault(place: str, item: str, problem: str, remedy: str) -> ConfigError:
    """Return one fault of what was asked for."""
    return ConfigError([Fault(place, item, problem, remedy)])


def minutes(span: timedelta) -> str:
    """Return `span`, of either sign, as people read it: ``4 min``, ``1.5 h``."""
    total = abs(span.total_seconds())
    if total < _MINUTE:
        return f"{total:.0f} s"
    return f"{total / 60:.0f} min" if total < _LONG else f"{total / 3600:.1f} h"
