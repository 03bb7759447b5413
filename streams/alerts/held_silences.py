"""The silences that the alerts' owner holds: what is asked for, if it can be used, what is due."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from citybrain.alerts import silences
from citybrain.alerts.silence_records import Recurrence, Silence
from citybrain.city.hours_of_day import EVERY_DAY, minutes
from citybrain.floor.reason import Reason
from citybrain.workflow.commands import Command
from streams.owned.held_records import REMEMBERED
from streams.owned.undo import UndoLog


class HeldSilences:
    """Silences by id, also those that were over of late.

    Attributes:
        known: the newest version of each.
    """

    def __init__(self, undo: UndoLog | None = None) -> None:
        """Hold none yet; `undo` takes back what is kept in an attempt that fails."""
        self.known: dict[str, Silence] = {}
        self._undo = undo or UndoLog()

    def keep(self, silence: Silence) -> None:
        """Take a silence in, unless a newer version of it is known."""
        before = self.known.get(silence.id)
        if before is None or silence.version > before.version:
            self._undo.note(lambda: self._put_back(silence, before))
            self.known[silence.id] = silence

    def _put_back(self, silence: Silence, before: Silence | None) -> None:
        if before is None:
            del self.known[silence.id]
        else:
            self.known[silence.id] = before

    def commanded(self, command: Command) -> Silence | Reason:
        """Return the silence as `command` leaves it, or why that is refused."""
        before = self.known.get(command.target)
        if command.action == "silence":
            return silences.KNOWN if before else _asked(command)
        refused = silences.change_refusal(before, command)
        if refused is not None or before is None:
            return refused or silences.UNKNOWN
        change = silences.approved if command.action == "approve_silence" else silences.ended
        return change(before, command)

    def turning(self, since: datetime, now: datetime) -> Iterator[Silence]:
        """Yield those that begin or end after `since` and by `now`."""
        return (one for one in self.known.values() if silences.begins_or_ends(one, since, now))

    def to_remind(self, now: datetime) -> list[Silence]:
        """Return those whose creators are to be reminded that they end."""
        due = ((silences.reminder_at(one), one) for one in self.known.values())
        return [one for at, one in due if at is not None and at <= now < one.ends_at]

    def forget(self, now: datetime) -> None:
        """Let go of silences that were over for `REMEMBERED`."""
        over = [name for name, one in self.known.items() if one.ends_at < now - REMEMBERED]
        for name in over:
            del self.known[name]


def _asked(command: Command) -> Silence | Reason:
    asked = silences.asked(command)
    return asked if isinstance(asked, Reason) else _unusable(asked) or asked


def _unusable(silence: Silence) -> Reason | None:
    """Return why the hours of `silence` could not be evaluated."""
    try:
        _check_hours(silence.recurrence)
    except ValueError as error:
        return Reason("silence_unusable", {"problem": str(error)})
    return None


def _check_hours(recurrence: Recurrence | None) -> None:
    for text in (recurrence.start, recurrence.end) if recurrence else ():
        minutes(text)
    days = _strange(recurrence.weekdays if recurrence else ())
    if days:
        raise ValueError(f"{days[0]} is no weekday, which are 1 (Monday) to 7 (Sunday)")


def _strange(weekdays: Iterable[int]) -> list[int]:
    return [day for day in weekdays if day not in EVERY_DAY]
