"""Inhibitions that every city has; routing.yaml adds its own."""

from __future__ import annotations

from citybrain.alerts.matchers import parse
from citybrain.floor.text import Text
from citybrain.notices.routing import Inhibition

FEED_SILENT = "(.+_)?feed_silent(_.+)?"
"""Ids of rules that say that a whole feed went silent, by feed."""

BUILT_IN = (
    Inhibition(
        id="feed_silent",
        source=(parse(f'rule=~"{FEED_SILENT}"'),),
        target=(parse(f'rule!~"{FEED_SILENT}"'),),
        covers="feed",
        title=Text("数据来源中断，其预警不可信", "its feeds are silent, so it cannot be trusted"),
    ),
    Inhibition(
        id="red_same_cause",
        source=(parse("level=red"),),
        target=(parse('level=~"blue|yellow"'),),
        equal=("hazard", "subject"),
        title=Text("同一对象同一灾种已有红色", "red of the same hazard at the same object"),
    ),
)
"""Place and theme alone are no cause: a gas leak does not make the manhole beside it safe."""
