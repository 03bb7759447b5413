"""Why somebody was, or was not, told of an alert, in words for people; pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from citybrain.alerts.records import Alert, Mute
from citybrain.floor.levels import TITLES
from citybrain.floor.text import Text
from citybrain.notices.records import DeliveryReceipt, Notice
from dashboards.desk.notice_words import outcome_of, purpose_of


class Line(NamedTuple):
    """One reason: ``yes``, ``no``, ``note`` or ``next``, the sentence, whom alone it is about."""

    sign: str
    said: Text
    receiver: str = ""


_SIGNS = ("yes", "note", "no", "next")
_MUTES = {
    "silence": Text("静默生效", "a silence holds"),
    "inhibition": Text("被其他告警抑制", "another alert inhibits it"),
    "hours": Text("不在通知时段", "outside the hours of its route"),
    "grouping": Text("已随同地事件一并通知", "told together with others of its place"),
    "exercise": Text("演练告警，只到演练接收人", "an exercise: exercise receivers alone"),
    "age": Text("获知时已过一小时以上", "it was more than an hour old when it was heard of"),
    "rate": Text("接收人达到频率上限", "its receiver has had enough for now"),
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
    sent = [_sent(one, delivered, receipts, name(one.receiver)) for one in notices]
    first, last = _of_alert(alert, told=bool(notices))
    return {
        "told": bool(delivered),
        "lines": [_said(line) for line in (*first, *sent, *last, *routes)],
    }


def by_person(
    alert: Alert,
    notices: Sequence[Notice],
    receipts: Sequence[DeliveryReceipt],
    *,
    name: Callable[[str], Text],
    person: Callable[[str], Text | None],
    routes: Sequence[Line] = (),
) -> dict[str, Any]:
    """Return the same as `why`, person by person.

    Args:
        alert: the alert as it stands.
        notices: what was asked to be sent of it.
        receipts: what became of that.
        name: what a receiver is called.
        person: whose own receiver it is; None: nobody's alone.
        routes: what the routing says now, line by line.

    Returns:
        ``people``: those who were told and those who are not, each with the best that became of
        it and all that was; ``rest``: what is of no single one.
    """
    delivered = {one.key for one in receipts if one.outcome == "delivered"}
    groups: dict[Text, list[Line]] = {}
    for notice in notices:
        who = person(notice.receiver) or name(notice.receiver)
        line = _sent(notice, delivered, receipts, name(notice.receiver))
        groups.setdefault(who, []).append(line)
    for line in routes:
        if line.receiver:
            who = person(line.receiver) or name(line.receiver)
            groups.setdefault(who, []).append(line)
    first, last = _of_alert(alert, told=bool(notices))
    of_all = [line for line in routes if not line.receiver]
    return {
        "people": [_of_person(who, found) for who, found in groups.items()],
        "rest": [_said(line) for line in (*first, *last, *of_all)],
    }


def _of_alert(alert: Alert, *, told: bool) -> tuple[list[Line], list[Line]]:
    """Return what is to be said before and after what was sent."""
    first = [_state(alert), *(_muted(mute) for mute in alert.mutes)]
    if told or alert.mutes or alert.state == "pending":
        return first, []
    none = Text("没有发出过通知：没有匹配的接收人", "no notice: no receiver matches")
    return first, [Line("no", none)]


def _said(line: Line) -> tuple[str, ...]:
    return line.sign, *line.said.both()


def _of_person(who: Text, lines: Sequence[Line]) -> dict[str, Any]:
    """Return one person: the best that became of its notices, and all of them, newest first."""
    best = min(lines, key=lambda line: _SIGNS.index(line.sign)).sign
    told = [_said(line) for line in reversed(lines)]
    return {"name": who.both(), "sign": best, "lines": told}


def _state(alert: Alert) -> Line:
    if alert.state == "pending":
        not_yet = Text("条件成立时间还不够，未触发", "it has not held for long enough to fire")
        return Line("no", not_yet)
    level, title = TITLES[alert.episode.level], alert.episode.title
    zh = f"已触发：{title.zh}（{level.zh}）"
    return Line("yes", Text(zh, f"it fired: {title.en} ({level.en.lower()})"))


def _muted(mute: Mute) -> Line:
    kind = _MUTES.get(mute.kind, Text(mute.kind, mute.kind))
    zh = f"{kind.zh}：{mute.reason.zh or mute.by}"
    return Line("no", Text(zh, f"{kind.en}: {mute.reason.en or mute.by}"))


def _sent(
    notice: Notice, delivered: set[str], receipts: Sequence[DeliveryReceipt], receiver: Text
) -> Line:
    purpose = purpose_of(notice.purpose)
    zh, en = f"{receiver.zh}（{purpose.zh}）", f"{receiver.en} ({purpose.en})"
    if notice.key in delivered:
        return Line("yes", Text(f"{zh}已送达", f"{en}: delivered"))
    last = max((one for one in receipts if one.key == notice.key), key=_attempt, default=None)
    if last is None:
        return Line("note", Text(f"{zh}已发出，尚无回执", f"{en}: sent, no receipt yet"))
    outcome = outcome_of(last.outcome)
    if last.outcome == "handed_over":
        return Line("note", Text(f"{zh}{outcome.zh}", f"{en}: {outcome.en}"))
    detail = f": {last.detail}" if last.detail else ""
    told = f"{en}: not delivered, {outcome.en}{detail}"
    return Line("no", Text(f"{zh}未送达：{outcome.zh}{detail}", told))


def _attempt(receipt: DeliveryReceipt) -> int:
    return receipt.attempt
