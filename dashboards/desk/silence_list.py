"""The list of silences: which hold, wait, or are over; and what each hides now; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from citybrain.alerts.records import Alert
from citybrain.alerts.silence_records import Silence
from citybrain.alerts.silences import may_hide_red, state_of
from citybrain.floor.clock import millis

DONE_SHOWN = timedelta(days=2)
_ORDER = ("waits", "active", "planned", "expired")


def listed(
    silences: Sequence[Silence], alerts: Iterable[Alert], now: datetime
) -> list[dict[str, Any]]:
    """Return what the desk shows of each silence; those long over are left out.

    Args:
        silences: the newest version of each.
        alerts: the open alerts, for how many of them each keeps quiet.
        now: the present instant.
    """
    hidden = Counter(mute.by for alert in alerts for mute in alert.mutes if mute.kind == "silence")
    shown = [one for one in silences if _over_at(one) > now - DONE_SHOWN]
    rows = [_row(one, state_of(one, now), hidden[one.id]) for one in shown]
    return sorted(rows, key=lambda row: (_ORDER.index(row["state"]), row["ends_at"]))


def rules_of(silences: Iterable[Silence]) -> list[str]:
    """Return the rules that the silences name."""
    matchers = (matcher for silence in silences for matcher in silence.matchers)
    return sorted({one.value for one in matchers if one.name == "rule" and one.op == "="})


def _over_at(silence: Silence) -> datetime:
    return silence.expired_at or silence.ends_at


def _row(silence: Silence, state: str, hides: int) -> dict[str, Any]:
    recurrence = silence.recurrence
    return {
        "id": silence.id,
        "version": silence.version,
        "state": state,
        "matchers": [
            {"name": one.name, "op": one.op, "value": one.value} for one in silence.matchers
        ],
        "starts_at": millis(silence.starts_at),
        "ends_at": millis(_over_at(silence)),
        "recurrence": None
        if recurrence is None
        else {
            "weekdays": recurrence.weekdays,
            "start": recurrence.start,
            "end": recurrence.end,
        },
        "creator": silence.creator,
        "approver": silence.approver,
        "spares_red": not silence.approver and may_hide_red(silence.matchers),
        "reason": silence.reason,
        "hides": hides,
        "would_hide": silence.would_hide,
        "would_hide_red": silence.would_hide_red,
    }
