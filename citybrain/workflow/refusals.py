"""Why a command is refused, for every type of record; the order is that of `Workflow.refusal`."""

from __future__ import annotations

from citybrain.floor.reason import Phrases, Reason
from citybrain.floor.text import Text

ROLE = Reason("role_may_not")
SCOPE = Reason("out_of_scope")
FROM_THE_FUTURE = Reason("from_the_future")
NOT_SIGNED = Reason("not_signed")

PHRASES = Phrases(
    {
        "role_may_not": Text("您的角色不能这样做", "your role may not do this"),
        "no_action": Text("没有这个操作，请刷新页面", "there is no such action; reload the page"),
        "out_of_scope": Text(
            "不在您负责的部门或区域内",
            "outside the departments or areas that you act for",
        ),
        "from_the_future": Text(
            "时间在未来，请校准电脑时钟", "it is of the future; set the computer's clock right"
        ),
        "not_signed": Text(
            "不是由本系统的页面发出的，请重新操作",
            "no page of this system signed it; do it again",
        ),
        "missing": Text("缺少{name}", "give {name}"),
        "no_time": Text("'{given}' 不是时间", "'{given}' is no time"),
        "no_version": Text("没有第 {expected} 版", "there is no version {expected}"),
        "faulty": Text(
            "处理出错，没有执行；已告知运维人员",
            "it could not be carried out; the operators have been told",
        ),
    }
)


def no_action(name: str) -> Reason:
    """Return why an action is refused that no workflow has."""
    return Reason("no_action", {"action": name})


def missing(name: str) -> Reason:
    """Return why an action is refused that lacks the detail `name`."""
    return Reason("missing", {"name": name})


def faulty(error: Exception) -> Reason:
    """Return why a command was given up that raised."""
    return Reason("faulty", {"problem": repr(error)})
