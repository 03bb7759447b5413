"""What is said of a case and put to it, without anything becoming of that; pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec.structs import replace

from citybrain.accounts.roles import COMMENT_CASES
from citybrain.cases.action_kind import ActionKind, PlacedAction
from citybrain.cases.records import HELD, Case
from citybrain.floor.reason import Reason
from citybrain.floor.text import Text
from citybrain.workflow.commands import Command

MOST_FILES = 40
"""Files that a case can carry; its owner has all of their ids in memory."""
_LONGEST_SHOWN = 40
FILE_ID = re.compile(r"[0-9a-f]{32}")
"""What every id of a file looks like."""
WORDS = {
    "bad_file_id": Text("没有“{given}”这个文件", "there is no file '{given}'"),
    "too_many_files": Text("一个案件最多 {most} 个文件", "a case carries {most} files at the most"),
}
"""Why a file cannot be put to a case."""


def files_refusal(given: Sequence[str], there: Sequence[str] = ()) -> Reason | None:
    """Return why files cannot be put to a case that has those that are `there`."""
    for one in given:
        if not FILE_ID.fullmatch(one):
            return Reason("bad_file_id", {"given": one[:_LONGEST_SHOWN]})
    if len(dict.fromkeys((*there, *given))) > MOST_FILES:
        return Reason("too_many_files", {"most": str(MOST_FILES)})
    return None


def files_of(command: Command) -> list[str]:
    """Return the ids of files that a command brings; none but ``attach`` brings any."""
    return [one for one in command.details.get("files", "").split(",") if one]


def _comment(placed: PlacedAction, case: Case, command: Command) -> Case:
    del placed
    return replace(case, comment=command.details["comment"])


def _attach(placed: PlacedAction, case: Case, command: Command) -> Case:
    del placed
    files = dict.fromkeys((*case.attachments, *files_of(command)))
    return replace(case, attachments=tuple(files))


def _files_fit(placed: PlacedAction, case: Case, command: Command) -> Reason | None:
    del placed
    return files_refusal(files_of(command), case.attachments)


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
        fits=_files_fit,
        held=HELD,
        any_version=True,
    ),
)
