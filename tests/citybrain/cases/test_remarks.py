"""What is said of a case and put to it, wherever it stands."""

from __future__ import annotations

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
    case = desk.do(CLERK, "attach", desk.handled(), files="f1,f2")
    case = desk.do(SANITATION, "attach", case, files="f2,f3,")
    assert case.attachments == ("f1", "f2", "f3")
    assert desk.refusal(CLERK, "attach", case) == "give files"
    assert desk.refusal(SUPERVISOR, "attach", case, files="f4") == (
        "here that is for: clerk, mediator, grid worker, dispatcher"
    )
