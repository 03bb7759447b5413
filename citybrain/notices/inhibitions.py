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
        id="red_over_blue",
        source=(parse("level=red"),),
        target=(parse("level=blue"),),
        equal=("street", "theme"),
        title=Text("同一街道同一主题已有更高级别", "a higher one at the same place"),
    ),
)
