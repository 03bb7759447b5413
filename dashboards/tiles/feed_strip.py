"""The screen's feeds: which are live, late, silent or never came, and how old their newest is.

Of an irregular one it is said when it was last heard of.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from citybrain.floor.clock import millis
from dashboards.wall.honesty import IRREGULAR, FeedFreshness
from dashboards.wall.screen_view import ScreenView
from dashboards.wall.tile import Tile

WORST_FIRST = {"never": 0, "silent": 1, "late": 2, IRREGULAR: 3, "live": 4}


@dataclass(frozen=True, kw_only=True)
class FeedStrip(Tile):
    """One chip a feed, the worst first, so that nothing wrong hides at the end.

    Attributes:
        dense: squares without names, for many feeds.
    """

    kind: ClassVar[str] = "feeds"

    dense: bool = False

    def read(self, view: ScreenView) -> dict[str, Any]:
        """Return rows of (feed, state, last instant) and how many feeds are in each state."""
        states = sorted(
            view.states.values(), key=lambda item: (WORST_FIRST.get(item.state, 0), item.feed)
        )
        return {
            "dense": self.dense,
            "rows": [
                [item.feed, item.state, millis(last) if (last := _last(item)) else None]
                for item in states
            ],
            "counts": Counter(item.state for item in states),
            "derived": any(item.derived for item in states),
        }


def _last(feed: FeedFreshness) -> datetime | None:
    """Return of when its newest event is; of an irregular feed, when that came."""
    return feed.last_seen_at if feed.state == IRREGULAR else feed.watermark
