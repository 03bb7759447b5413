"""The open alerts as a wall sees them: a frame, made anew only when an alert has changed."""

from __future__ import annotations

import polars as pl

from citybrain.alerts.records import Alert
from citybrain.alerts.standing import is_open, is_red, stands_at, waits
from citybrain.workflow.scope import WHOLE_CITY
from dashboards.lists.alerts_live import AlertsLive

SCHEMA = {
    "state": pl.String(),
    "level": pl.String(),
    "theme": pl.String(),
    "street": pl.String(),
    "origin": pl.String(),
    "muted": pl.String(),
    "waits": pl.Boolean(),
    "red": pl.Boolean(),
    "title_zh": pl.String(),
    "title_en": pl.String(),
    "opened_at": pl.Datetime("ms", "UTC"),
}
_STREET = 9


class AlertsFrame:
    """The alerts that are open now, without those that are still pending.

    Nothing of it says whom an alert is about: walls hang where many see them.
    """

    def __init__(self, live: AlertsLive) -> None:
        """Frame what `live` knows."""
        self._live = live
        self._changes = -1
        self._frame = pl.DataFrame(schema=SCHEMA)

    @property
    def heard(self) -> bool:
        """Whether it is whole and as of now."""
        return self._live.heard

    def frame(self) -> pl.DataFrame:
        """Return the frame; the same one while no alert has changed."""
        if self._changes != self._live.changes:
            self._changes = self._live.changes
            open_ones = self._live.alerts.records.seen_by(WHOLE_CITY)
            rows = [_row(alert) for alert in open_ones if is_open(alert)]
            self._frame = pl.DataFrame(rows, schema=SCHEMA, orient="row")
        return self._frame


def _row(alert: Alert) -> tuple[object, ...]:
    episode = alert.episode
    return (
        alert.state,
        episode.level,
        episode.theme,
        episode.area[:_STREET],
        episode.origin,
        alert.mutes[0].kind if alert.mutes else "",
        waits(alert),
        is_red(alert),
        episode.title.zh,
        episode.title.en,
        stands_at(alert),
    )
