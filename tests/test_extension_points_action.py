"""One more action on alerts is one entry: a process of its own has it, and every part knows it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.repository import ROOT

pytestmark = pytest.mark.services
ACTION = '''
from tests.dropped import add_entry

# What somebody would write into the file: one entry, at the end.
END = """    ),
)
"""
ENTRY = """        Action(
            name="recall",
            done="recalled",
            title=Text("召回", "Recall"),
            told=Text("召回", "recalled"),
            key="y",
            grant=HANDLE,
            apply=lambda alert, command: {"comment": command.details["comment"]},
            from_states=OPEN,
            needs=("comment",),
        ),
"""
add_entry("citybrain.alerts.workflow", END, ENTRY)

from citybrain.alerts.records import AlertChange
from citybrain.city.reading import load_city
from dashboards.desk import layout, rights
from dashboards.desk.handover import DEEDS
from tests.citybrain.alerts.sample import (
    NOON, OFFICER, VIEWER, at, command, entry_said, episode,
)
from tests.repository import WUHAI
from tests.streams.alerts.test_alert_owner import alert_owner, whats

# The owner does it, refuses it, and both stand in the audit.
owner = alert_owner()
owner.take_episode(episode(), "e", NOON)
said = {"comment": "came back"}
refused = owner.take_command(command("recall", actor=VIEWER, details=said), "c", at(1))
lacking = owner.take_command(command("recall", id="r2"), "c", at(1))
done = owner.take_command(command("recall", id="r3", details=said), "c", at(1))
for outcome in (refused, lacking):
    assert (whats(outcome), outcome.audit[0].outcome) == ([], "refused")
    print(entry_said(outcome.audit[0]))
assert whats(done) == ["recalled"]
assert (done.audit[0].action, done.audit[0].outcome) == ("recall", "accepted")
assert owner.records["a1"].comment == "came back"

# The desk offers it to who may, with its key and words, and the hand-over tells of it.
assert "recall" in rights.actions_of("officer") and "recall" not in rights.actions_of("viewer")
assert rights.verdicts(owner.records["a1"], OFFICER)["recall"] is None
assert rights.verdicts(owner.records["a1"], VIEWER)["recall"] is not None
assert '"name": "recall", "key": "y"' in layout.desk(load_city(WUHAI)).to_plotly_json()["props"][
    "data-actions"
]
assert "recalled" in DEEDS
'''


def test_action_when_one_entry_is_added_then_owner_desk_and_hand_over_know_it() -> None:
    done = subprocess.run(
        [sys.executable, "-c", ACTION], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "您的角色不能这样做 / your role may not do this",
        "缺少说明 / give a few words",
    ]
