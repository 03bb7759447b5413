"""`citybrain up`, `status`, `down` and `reset` with everything that they start."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from citybrain.accounts.accounts_file import AccountsFile
from citybrain.accounts.passwords import verify
from citybrain.floor.settings import Settings, to_environment
from citybrain.floor.store import connect
from citybrain.roof.local import running_state
from citybrain.roof.local.process_plan import plan
from citybrain.roof.local.status_report import WORKS, is_up
from tests.conftest import REPOSITORY, free_ports, listens
from tests.waiting import eventually

pytestmark = pytest.mark.acceptance

START_S = 240


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    broker, _controller, store, gateway, screens = free_ports(5)
    found = replace(
        Settings(),
        cities=REPOSITORY / "cities",
        data=tmp_path_factory.mktemp("up") / "data",
        kafka=f"127.0.0.1:{broker}",
        store_url=f"http://127.0.0.1:{store}",
        gateway_port=gateway,
        screens_port=screens,
    )
    yield found
    cli(found, "down")


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "citybrain.roof.cli", *arguments]


def cli(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments),
        cwd=REPOSITORY,
        env=os.environ | to_environment(settings) | {"COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


def pids(settings: Settings) -> dict[str, int]:
    snapshot = running_state.read(settings)
    return {one.name: one.pid for one in snapshot.processes} if snapshot else {}


def stored(settings: Settings) -> dict[str, int]:
    """Return how many events of each origin are in the store."""
    with connect(settings) as client:
        found = client.query("SELECT origin, count() FROM events GROUP BY origin")
    return {str(origin): int(count) for origin, count in found.result_rows}


def asked(settings: Settings, what: str) -> list[int]:
    """Return numbers about the stored events."""
    with connect(settings) as client:
        (found,) = client.query(f"SELECT {what} FROM events").result_rows  # noqa: S608  our own
    return list(map(int, found))


def cases_of_reports(settings: Settings) -> list[tuple[str, str]]:
    """Return title and workflow of the cases that live records of feeds became."""
    asked = "SELECT title, workflow FROM cases FINAL WHERE source = 'event' AND origin = 'live'"
    with connect(settings) as client:
        return [(str(title), str(flow)) for title, flow in client.query(asked).result_rows]


def push_as_readme_says(settings: Settings) -> int:
    """Paste README's command; return how many events the door accepted."""
    readme = (REPOSITORY / "README.md").read_text("utf-8")
    (pasted,) = [block for block in re.findall(r"```sh\n(.*?)```", readme, re.S) if "curl" in block]
    pasted = pasted.replace("18080", str(settings.gateway_port))
    pasted = pasted.replace("data/secrets", f"{settings.data}/secrets")
    done = subprocess.run(["bash", "-c", pasted], capture_output=True, text=True, check=True)
    return int(json.loads(done.stdout)["accepted"])


def check_doors_told(settings: Settings, said: str) -> None:
    """Check that the wall's address and the administrator's password are told, and are right.

    What opens the wall is told by a command of its own, and stands in nothing else.
    """
    address = f"http://127.0.0.1:{settings.screens_port}"
    shown = cli(settings, "walls", "address").stdout
    token = re.fullmatch(rf"{address}/\?token=(cbw_\S{{43}})\n", shown)
    assert f"\nwall     {address}/\n" in said
    assert "cbw_" not in said + cli(settings, "status").stdout
    password = re.search(r"^administrator admin, password (\S{23})$", said, re.M)
    assert token is not None
    assert password is not None
    shelf = AccountsFile(settings.accounts_path)
    wall, account = shelf.wall(token[1]), shelf.account("admin")
    assert wall is not None
    assert account is not None
    assert verify(password[1], account.password)
    assert f"desk     {address}/desk\n" in said


def test_attached_up_runs_everything_until_ctrl_c(settings: Settings) -> None:
    started = subprocess.Popen(
        command("up"),
        cwd=REPOSITORY,
        env=os.environ | to_environment(settings) | {"COLUMNS": "200"},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        eventually(lambda: is_up(running_state.read(settings)), START_S)
        eventually(lambda: {"replay", "simulated"} <= set(stored(settings)), START_S)
        second = cli(settings, "up")
        refused = cli(settings, "reset", "--yes")
        family = pids(settings)
    finally:
        started.send_signal(signal.SIGINT)
        said, _ = started.communicate(timeout=60)
    assert second.returncode == 1
    assert second.stderr == (
        f"citybrain: {settings.data}: the system already runs on this folder "
        f"(supervisor {started.pid}); see './city status', stop it with './city down'\n"
    )
    assert refused.returncode == 1
    assert started.returncode == 0
    check_doors_told(settings, said)
    assert [name for name, pid in family.items() if psutil.pid_exists(pid)] == []
    ports = [spot.port for one in plan(settings) for spot in one.listening]
    assert [port for port in ports if listens(port)] == []


def test_detached_up_leaves_it_running_until_down(settings: Settings) -> None:
    started = cli(settings, "up", "--detach")
    assert started.returncode == 0, started.stdout + started.stderr
    assert push_as_readme_says(settings) == 1
    eventually(lambda: asked(settings, "countIf(text = '人民路井盖缺失')") == [1], START_S)
    eventually(
        lambda: cases_of_reports(settings) == [("人民路井盖缺失", "city_management")], START_S
    )
    events, ids = asked(settings, "sum(sign), uniqExact(event_id)")
    assert events == ids
    looked = cli(settings, "status")
    assert looked.returncode == 0
    planned = plan(settings)
    told = looked.stdout.splitlines()[1 : len(planned) + 1]
    lines = [line.split()[:2] for line in told]
    assert [name for name, _ in lines] == [one.name for one in planned]
    assert {state for _, state in lines} <= WORKS  # slow on a crowded machine
    maps = {name: Path(f"/proc/{pid}/maps").read_text() for name, pid in pids(settings).items()}
    assert [name for name, mapped in maps.items() if "/pandas/" in mapped] == []
    assert "administrator" not in started.stdout
    assert "cbw_" not in (settings.data / "log" / "up.log").read_text()
    stopped = cli(settings, "down")
    assert (stopped.returncode, stopped.stdout) == (0, "stopped\n")
    assert cli(settings, "status").returncode == 3


def test_taken_port_stops_the_start_with_a_line(settings: Settings, tmp_path: Path) -> None:
    with socket.socket() as taker:
        taker.bind(("127.0.0.1", 0))
        taker.listen()
        port = taker.getsockname()[1]
        done = cli(replace(settings, data=tmp_path, gateway_port=port), "up")
    assert done.returncode == 1
    assert done.stderr.startswith(f"citybrain: gateway: port {port} of 127.0.0.1 is taken")
    assert done.stderr.endswith("stop that program, or set CITYBRAIN_GATEWAY_PORT\n")
    assert not (tmp_path / "kafka").exists()


def test_reset_removes_everything(settings: Settings) -> None:
    done = cli(settings, "reset", "--yes")
    assert done.returncode == 0
    assert list(settings.data.iterdir()) == []
