"""Why somebody was, or was not, told of an alert, in words for people; pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from citybrain.alerts.records import Alert, DeliveryReceipt, Mute, Notice, Text
from citybrain.floor.levels import TITLES
from dashboards.desk.notice_words import outcome_of, purpose_of

Line = tuple[str, str, str]
"""``yes``, ``no``, ``note`` or ``next``, then the sentence in Chinese and in English."""

_MUTES = {
    "silence": ("静默生效", "a silence holds"),
    "inhibition": ("被其他告警抑制", "another alert inhibits it"),
    "hours": ("不在通知时段", "outside the hours of its route"),
    "grouping": ("已随同地事件一并通知", "told together with others of its place"),
    "exercise": ("演练告警，只到演练接收人", "an exercise: exercise receivers alone"),
    "age": ("获知时已过一小时以上", "it was more than an hour old when it was heard of"),
    "rate": ("接收人达到频率上限", "its receiver has had enough for now"),
}


def why(
    alert: Alert,
    notices: Sequence[Notice],
    receipts: Sequence[DeliveryReceipt],
    *,
    name: Callable[[str], Text],
    routes: Sequence[Line] = (),
) -> dict[str, Any]:
    """Return whether somebody was told, and the reasons, the strongest first.

    Args:
        alert: the alert as it stands.
        notices: what was asked to be sent of it.
        receipts: what became of that.
        name: what a receiver is called.
        routes: what the routing says now, line by line.
    """
    delivered = {one.key for one in receipts if one.outcome == "delivered"}
    lines = [_state(alert), *(_muted(mute) for mute in alert.mutes)]
    lines += [_sent(one, delivered, receipts, name(one.receiver)) for one in notices]
    if not notices and not alert.mutes and alert.state != "pending":
        lines.append(("no", "没有发出过通知：没有匹配的接收人", "no notice: no receiver matches"))
    return {"told": bool(delivered), "lines": [*lines, *routes]}


def _state(alert: Alert) -> Line:
    if alert.state == "pending":
        zh, en = "条件成立时间还不够，未触发", "it has not held for long enough to fire"
        return "no", zh, en
    zh, en = TITLES[alert.episode.level]
    title = alert.episode.title
    return "yes", f"已触发：{title.zh}（{zh}）", f"it fired: {title.en} ({en.lower()})"


def _muted(mute: Mute) -> Line:
    zh, en = _MUTES.get(mute.kind, (mute.kind, mute.kind))
    return "no", f"{zh}：{mute.reason.zh or mute.by}", f"{en}: {mute.reason.en or mute.by}"


def _sent(
    notice: Notice, delivered: set[str], receipts: Sequence[DeliveryReceipt], receiver: Text
) -> Line:
    purpose = purpose_of(notice.purpose)
    zh, en = f"{receiver.zh}（{purpose.zh}）", f"{receiver.en} ({purpose.en})"
    if notice.key in delivered:
        return "yes", f"{zh}已送达", f"{en}: delivered"
    last = max((one for one in receipts if one.key == notice.key), key=_attempt, default=None)
    if last is None:
        return "note", f"{zh}已发出，尚无回执", f"{en}: sent, no receipt yet"
    outcome = outcome_of(last.outcome)
    detail = f": {last.detail}" if last.detail else ""
    return "no", f"{zh}未送达：{outcome.zh}{detail}", f"{en}: not delivered, {outcome.en}{detail}"


def _attempt(receipt: DeliveryReceipt) -> int:
    return receipt.attempt
