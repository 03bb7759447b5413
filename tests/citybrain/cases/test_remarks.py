"""What is said of a case and put to it, wherever it stands."""

from __future__ import annotations

from citybrain.cases.remarks import MOST_FILES
from tests.citybrain.cases.sample import (
    CLERK,
    DISPATCHER,
    SANITATION,
    SUPERVISOR,
    CaseDesk,
    actor,
)


def test_comment_when_the_case_went_on_meanwhile_then_it_is_taken_all_the_same() -> None:
    desk = CaseDesk()
    case = desk.handled()
    desk.do(SANITATION, "accept", case)
    case = desk.do(CLERK, "comment", case, expected=1, comment="来电补充")
    assert case.comment == "来电补充"
    assert desk.refusal(CLERK, "comment", case) == "give a few words"


def test_comment_when_it_stands_still_or_is_closed_then_it_is_taken() -> None:
    desk = CaseDesk()
    parent, child, closed = desk.open(), desk.handled(), desk.closed()
    child = desk.do(DISPATCHER, "merge", child, into=parent.id, comment="x")
    held = desk.do(SUPERVISOR, "suspend", desk.handled(), comment="x")
    for case in (child, held, closed):
        assert desk.do(CLERK, "comment", case, comment="补充").comment == "补充"


def test_comment_when_the_role_may_not_then_refused() -> None:
    desk = CaseDesk()
    assert desk.refusal(actor("v", "viewer"), "comment", desk.open(), comment="x") == (
        "your role may not do this"
    )


def test_attach_when_files_come_twice_then_each_is_there_once() -> None:
    desk = CaseDesk()
    one, two, three = "1" * 32, "a" * 32, "3" * 32
    case = desk.do(CLERK, "attach", desk.handled(), files=f"{one},{two}")
    case = desk.do(SANITATION, "attach", case, files=f"{two},{three},")
    assert case.attachments == (one, two, three)
    assert desk.refusal(CLERK, "attach", case) == "give files"
    assert desk.refusal(SUPERVISOR, "attach", case, files="4" * 32) == (
        "here that is for: clerk, mediator, grid worker, dispatcher"
    )


def test_attach_when_the_id_is_none_then_refused() -> None:
    desk = CaseDesk()
    assert desk.refusal(CLERK, "attach", desk.handled(), files="../../etc/passwd") == (
        "there is no file '../../etc/passwd'"
    )


def test_attach_when_a_case_would_carry_too_many_then_refused_and_none_is_put_to_it() -> None:
    desk = CaseDesk()
    names = [f"{n:032x}" for n in range(MOST_FILES + 1)]
    case = desk.do(CLERK, "attach", desk.handled(), files=",".join(names[:-1]))
    assert desk.refusal(CLERK, "attach", case, files=names[-1]) == (
        "a case carries 40 files at the most"
    )
    assert desk.do(CLERK, "attach", case, files=names[0]).attachments == tuple(names[:-1])
