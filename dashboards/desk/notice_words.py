"""What a notice was for, and what became of it, in words for people."""

from __future__ import annotations

from citybrain.floor.text import Text

_PURPOSES = {
    "fired": Text("首次通知", "first notice"),
    "raised": Text("升级通知", "raised"),
    "repeated": Text("重复提醒", "repeat"),
    "escalated": Text("上报", "escalation"),
    "ended": Text("解除通知", "ended"),
    "revised": Text("更正通知", "revised"),
    "acknowledged": Text("受理通知", "acknowledged"),
    "resolved": Text("办结通知", "resolved"),
    "reopened": Text("重新打开", "reopened"),
    "assigned": Text("指派通知", "assigned to you"),
    "assignment_declined": Text("指派被退回", "assignment declined"),
    "assignment_overdue": Text("指派逾期", "assignment not answered"),
    "handover": Text("交接班清单", "hand-over list"),
    "reminder": Text("提醒", "reminder"),
    "receiver_failed": Text("渠道故障", "a receiver fails"),
}
_OUTCOMES = {
    "delivered": Text("已送达", "delivered"),
    "handed_over": Text("已交出，是否送达未知", "handed over, nobody knows whether it arrived"),
    "failed": Text("失败，将重试", "will be tried again"),
    "given_up": Text("未能送达，已放弃", "given up"),
    "limited": Text("限流等待", "waits for its turn"),
    "unknown_receiver": Text("接收人不存在", "unknown receiver"),
}


def purpose_of(name: str) -> Text:
    """Return the words for a notice's purpose, the purpose itself where there are none."""
    return _PURPOSES.get(name, Text(name, name))


def outcome_of(name: str) -> Text:
    """Return the words for a receipt's outcome, the outcome itself where there are none."""
    return _OUTCOMES.get(name, Text(name, name))
