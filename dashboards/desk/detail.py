"""One alert in full as the right side of the desk shows it, and its history; pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from citybrain.alerts.closing import RESOLVED, still_holds
from citybrain.alerts.records import Alert, AlertChange, Evidence
from citybrain.floor.clock import millis
from citybrain.floor.levels import RANKS
from citybrain.floor.text import Text
from citybrain.notices.records import DeliveryReceipt, Notice
from dashboards.desk.notice_words import outcome_of, purpose_of
from dashboards.desk.queries import RelatedEvent
from dashboards.lists.list_rows import instant, row_of

LEVEL_STEPS = ("fired", "raised", "lowered")
MILLISECOND = timedelta(milliseconds=1)


def detail_of(alert: Alert) -> dict[str, Any]:
    """Return all that the desk shows of `alert` itself."""
    episode = alert.episode
    return {
        **row_of(alert),
        "summary": episode.summary.both(),
        "response": episode.response.both(),
        "rule_version": episode.version,
        "key": episode.key,
        "labels": episode.labels,
        "kinds": episode.kinds,
        "feeds": episode.feeds,
        "comment": alert.comment,
        "result": alert.result,
        "started": instant(episode.started_at),
        "fired": instant(episode.fired_at),
        "until": instant(alert.acknowledged_until),
        "closed": instant(alert.closed_at),
        "evidence": _evidence(episode.evidence),
    }


def related_of(events: Sequence[RelatedEvent]) -> list[dict[str, Any]]:
    """Return the events behind an alert as the desk lists them."""
    return [{**one._asdict(), "at": millis(one.at)} for one in events]


def history_of(
    changes: Sequence[AlertChange],
    notices: Sequence[Notice],
    receipts: Sequence[DeliveryReceipt],
    name: Callable[[str], Text],
) -> list[dict[str, Any]]:
    """Return what happened to an alert, oldest first: its steps, and its notices with receipts.

    Args:
        changes: its steps.
        notices: what was sent of it.
        receipts: what became of that.
        name: what a receiver is called.
    """
    told = [_change(one) for one in changes if one.what != "notified" or not notices]
    by_key: dict[str, list[DeliveryReceipt]] = {}
    for receipt in receipts:
        by_key.setdefault(receipt.key, []).append(receipt)
    told += [_notice(one, by_key.get(one.key, []), name(one.receiver)) for one in notices]
    return sorted(told, key=lambda step: int(step["at"]))


def _change(change: AlertChange) -> dict[str, Any]:
    return {
        "type": "change",
        "at": millis(change.at),
        "what": change.what,
        "by": change.by,
        "version": change.version,
        "details": change.details,
        "words": _words(change),
        "reached": _reached(change),
        "held": change.what == RESOLVED and still_holds(change.after),
    }


def _reached(change: AlertChange) -> dict[str, Any] | None:
    """Return which level a step reached, at which threshold, and when by the data's own time."""
    if change.what not in LEVEL_STEPS:
        return None
    episode = change.after.episode
    points = episode.evidence.points
    at = points[-1][0] if points and change.what != "fired" else episode.fired_at
    return {
        "level": RANKS[episode.level],
        "threshold": episode.evidence.threshold,
        "at": instant(at),
    }


def _words(change: AlertChange) -> list[str] | None:
    # What the step itself does not name, the alert after it does.
    if change.what == "muted" and change.after.mutes:
        return change.after.mutes[0].reason.both()
    return None


def _notice(notice: Notice, receipts: Sequence[DeliveryReceipt], name: Text) -> dict[str, Any]:
    return {
        "type": "notice",
        "at": millis(notice.at),
        "receiver": notice.receiver,
        "name": name.both(),
        "purpose": purpose_of(notice.purpose).both(),
        "fallback": bool(notice.fallback_of),
        "receipts": [_receipt(one) for one in sorted(receipts, key=lambda one: one.attempt)],
    }


def _receipt(receipt: DeliveryReceipt) -> dict[str, Any]:
    return {
        "outcome": receipt.outcome,
        "words": outcome_of(receipt.outcome).both(),
        "attempt": receipt.attempt,
        "at": millis(receipt.at),
        "took": (receipt.at - receipt.started_at) // MILLISECOND,
        "detail": receipt.detail,
    }


def _evidence(evidence: Evidence) -> dict[str, Any]:
    return {
        "measure": evidence.measure,
        "value": evidence.value,
        "threshold": evidence.threshold,
        "unit": evidence.unit,
        "above": evidence.above,
        "clear": evidence.clear,
        "words": evidence.words.both(),
        "points": [(millis(at), value) for at, value in evidence.points],
        "events": evidence.events,
    }
