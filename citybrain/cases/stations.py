"""Where departments stand on duty: always 常驻, in turn 轮驻, or when called 随驻; pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from citybrain.floor.text import Text

STANDING, TURN, ON_CALL = "standing", "turn", "on_call"
DUTIES = (STANDING, TURN, ON_CALL)
DUTY_TITLES = {
    STANDING: Text("常驻", "always there"),
    TURN: Text("轮驻", "its turn"),
    ON_CALL: Text("随驻", "on call"),
}


@dataclass(frozen=True)
class StationTurns:
    """Units that take turns at a station.

    Attributes:
        starts_on: ISO date on which the first turn begins.
        units: the turns in their order, each the ids of the units that stand together.
        turn_days: days of a turn.
    """

    starts_on: str
    units: tuple[tuple[str, ...], ...]
    turn_days: int = 7


@dataclass(frozen=True)
class Station:
    """A place at which units stand on duty.

    Attributes:
        standing: who is always there.
        turns: who takes turns.
        on_call: who comes when called.
    """

    standing: tuple[str, ...] = ()
    turns: StationTurns | None = None
    on_call: tuple[str, ...] = ()

    def on_duty(self, day: date) -> dict[str, str]:
        """Return the units on duty on a day of the city, each with how."""
        found = dict.fromkeys(self.on_call, ON_CALL)
        if self.turns is not None and self.turns.units:
            begun = date.fromisoformat(self.turns.starts_on)
            turn = (day - begun).days // self.turns.turn_days
            names = self.turns.units[turn % len(self.turns.units)]
            found |= dict.fromkeys(names, TURN)
        return found | dict.fromkeys(self.standing, STANDING)
