"""A matter in six commands by four packages; runs in an environment of its own.

Reads the number of cases from the command line; writes peer → CPU seconds, commands and how many
cases were closed, as JSON. Each is used as its documents recommend. Nobody's role, scope or version
is asked, and no clock runs. Three keep a state in memory, and nothing is written; DBOS keeps each
command in SQLite, its local default.
"""

from __future__ import annotations

import itertools
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable

TURNS = ("accept", "file", "dispatch", "resolve", "revisit")
STAGES = ("reporting", "filing", "dispatching", "handling", "feedback", "closed")


def by_transitions(cases: int) -> Callable[[], int]:
    from transitions import Machine  # type: ignore[import-not-found]  # noqa: PLC0415

    class Case:
        state: str

    machine = Machine(
        model=None,
        states=list(STAGES),
        transitions=[
            {"trigger": turn, "source": STAGES[place], "dest": STAGES[place + 1]}
            for place, turn in enumerate(TURNS)
        ],
        initial=STAGES[0],
        auto_transitions=False,
    )

    def run() -> int:
        closed = 0
        for _ in range(cases):
            case = Case()
            machine.add_model(case)
            for turn in TURNS:
                case.trigger(turn)  # type: ignore[attr-defined]
            closed += case.state == STAGES[-1]
            machine.remove_model(case)
        return closed

    return run


def by_statemachine(cases: int) -> Callable[[], int]:
    from statemachine import (  # type: ignore[import-not-found]  # noqa: PLC0415
        State,
        StateMachine,
    )

    class Case(StateMachine):  # type: ignore[misc]
        reporting = State(initial=True)
        filing = State()
        dispatching = State()
        handling = State()
        feedback = State()
        closed = State(final=True)
        accept = reporting.to(filing)
        file = filing.to(dispatching)
        dispatch = dispatching.to(handling)
        resolve = handling.to(feedback)
        revisit = feedback.to(closed)

    def run() -> int:
        closed = 0
        for _ in range(cases):
            case = Case()
            for turn in TURNS:
                case.send(turn)
            closed += case.is_terminated
        return closed

    return run


def by_spiff(cases: int) -> Callable[[], int]:
    from SpiffWorkflow.bpmn import BpmnWorkflow  # type: ignore[import-not-found]  # noqa: PLC0415
    from SpiffWorkflow.bpmn.parser import (  # type: ignore[import-not-found]  # noqa: PLC0415
        BpmnParser,
    )
    from SpiffWorkflow.util.task import TaskState  # type: ignore[import-not-found]  # noqa: PLC0415

    parser = BpmnParser()
    parser.add_bpmn_str(_bpmn().encode())
    spec = parser.get_spec("case")

    def run() -> int:
        closed = 0
        for _ in range(cases):
            case = BpmnWorkflow(spec)
            case.do_engine_steps()
            for _turn in TURNS:
                case.get_next_task(state=TaskState.READY, manual=True).run()
                case.do_engine_steps()
            closed += case.is_completed()
        return closed

    return run


def by_dbos(cases: int) -> Callable[[], int]:
    from dbos import DBOS  # type: ignore[import-not-found]  # noqa: PLC0415

    following = {turn: STAGES[place + 1] for place, turn in enumerate(TURNS)}
    folder = tempfile.mkdtemp(prefix="dbos-")
    database = f"sqlite:///{folder}/cases.sqlite"
    quiet = {"run_admin_server": False, "log_level": "ERROR"}
    DBOS.destroy(destroy_registry=True)
    DBOS(config={"name": "cases", "system_database_url": database, **quiet})

    @DBOS.step()  # type: ignore[untyped-decorator]
    def go_on(turn: str) -> str:
        return following[turn]

    @DBOS.workflow()  # type: ignore[untyped-decorator]
    def case() -> str:
        stage = STAGES[0]
        for turn in TURNS:
            stage = go_on(turn)
        return stage

    DBOS.launch()

    def run() -> int:
        closed: int = sum(case() == STAGES[-1] for _ in range(cases))
        DBOS.destroy(destroy_registry=True)
        shutil.rmtree(folder)
        return closed

    return run


def _bpmn() -> str:
    names = ["start", *TURNS, "end"]
    tasks = "".join(f'<manualTask id="{turn}" name="{turn}"/>' for turn in TURNS)
    flows = "".join(
        f'<sequenceFlow id="to_{after}" sourceRef="{before}" targetRef="{after}"/>'
        for before, after in itertools.pairwise(names)
    )
    return (
        '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" '
        'targetNamespace="http://bpmn.io/schema/bpmn"><process id="case" isExecutable="true">'
        f'<startEvent id="start"/>{tasks}<endEvent id="end"/>{flows}</process></definitions>'
    )


PEERS = {
    "transitions": by_transitions,
    "python-statemachine": by_statemachine,
    "SpiffWorkflow (BPMN)": by_spiff,
    "DBOS (each command in SQLite)": by_dbos,
}
FEWER = {"DBOS (each command in SQLite)": 10}
"""Peers that are a hundred times as slow work so many times fewer cases."""


def main(cases: int) -> None:
    told = {}
    for name, make in PEERS.items():
        count = cases // FEWER.get(name, 1)
        make(max(count // 20, 1))()
        run = make(count)
        began = time.process_time()
        closed = run()
        cpu_s = time.process_time() - began
        told[name] = {"cpu_s": cpu_s, "commands": count * (1 + len(TURNS)), "closed": closed}
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main(int(sys.argv[1]))
