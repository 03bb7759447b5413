"""Whether anybody looks at a screen: who fills what screens show need not hurry while nobody does.

The screens' processes of this machine tell it in their heartbeats. Where there are none (they run
elsewhere, or do not run) it is not known, and counts as if somebody did.
"""

from __future__ import annotations

from collections.abc import Callable

from citybrain.floor.clock import monotonic
from citybrain.floor.heartbeat import read_beat, running_beats
from citybrain.floor.settings import Settings

SCREENS = "screens"
LOOK_S = 0.25


class Onlookers:
    """Looks at the heartbeats of a data folder's screens, at most every `LOOK_S`."""

    def __init__(self, settings: Settings, now_s: Callable[[], float] = monotonic) -> None:
        """Look at the machine of `settings`; `now_s` returns seconds that only grow."""
        self._settings, self._now_s = settings, now_s
        self._look_at = 0.0
        self._present = True

    @property
    def present(self) -> bool:
        """Whether somebody looks, or it is not known, or does not matter."""
        if self._settings.store_hurries:
            return True
        now_s = self._now_s()
        if now_s >= self._look_at:
            self._look_at = now_s + LOOK_S
            self._present = self._look()
        return self._present

    def _look(self) -> bool:
        beats = [read_beat(path) for _, path in running_beats(self._settings, SCREENS)]
        told = [beat.viewers for beat in beats if beat is not None]
        return not told or any(viewers is None or viewers > 0 for viewers in told)
