"""What is said of a case and put to it, without anything becoming of that; pure."""

from __future__ import annotations

from msgspec.structs import replace

from citybrain.accounts.roles import COMMENT_CASES
from citybrain.cases.action_kind import ActionKind, PlacedAction
from citybrain.cases.records import HELD, Case
from citybrain.floor.text import Text
from citybrain.workflow.commands import Command


def _comment(placed: PlacedAction, case: Case, command: Command) -> Case:
    del placed
    return replace(case, comment=command.details["comment"])


def _attach(placed: PlacedAction, case: Case, command: Command) -> Case:
    del placed
    given = [one for one in command.details["files"].split(",") if one]
    files = dict.fromkeys((*case.attachments, *given))
    return replace(case, attachments=tuple(files))


KINDS = (
    ActionKind(
        name="comment",
        done="commented",
        title=Text("备注", "Comment"),
        told=Text("备注", "commented"),
        grant=COMMENT_CASES,
        apply=_comment,
        by="anyone",
        where="anywhere",
        needs=("comment",),
        held=HELD,
        any_version=True,
    ),
    ActionKind(
        name="attach",
        done="attached",
        title=Text("附件", "Attach"),
        told=Text("附件", "files attached"),
        grant=COMMENT_CASES,
        apply=_attach,
        by="anyone",
        where="anywhere",
        needs=("files",),
        held=HELD,
        any_version=True,
    ),
)
