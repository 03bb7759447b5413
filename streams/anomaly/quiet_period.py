"""Tell an episode once: after an alarm, for a while only what is clearly rarer is told."""

from __future__ import annotations

CLEARLY = 1.5
"""How much greater the rarity must be to be clearly so: 3.6 after 2.4, 9 after 6."""


class Quiet:
    """What was told last, and when."""

    def __init__(self, rest: int, alarm: float, told: tuple[int, float] = (0, 0.0)) -> None:
        """Begin with what was `told` last.

        Args:
            rest: values after one that is told in which a less rare one is not.
            alarm: rarity of an alarm; after one, only what is `CLEARLY` rarer is told.
            told: number and rarity of the value told last.
        """
        self._rest, self._alarm = rest, alarm
        self.told = told

    def lets(self, seen: int, rarity: float) -> bool:
        """Tell whether `rarity`, of value number `seen`, is to be told."""
        at, last = self.told
        needed = last * CLEARLY if last >= self._alarm else last
        if rarity <= 0 or (seen - at <= self._rest and rarity <= needed):
            return False
        self.told = (seen, rarity)
        return True
