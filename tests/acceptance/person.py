"""Somebody at the duty desk: signs in at the real door, sees the list, gives commands."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

import httpx
from websockets.sync.client import connect

from citybrain.accounts import changes
from citybrain.floor.clock import SystemClock
from citybrain.floor.settings import Settings
from tests.dashboards.access.house import form_of
from tests.waiting import eventually

PASSWORD = "a long password of this test"  # noqa: S105  of nobody
SIGN_IN_S = 15.0


def enrol(settings: Settings, **roles: str) -> None:
    """Make an account of each name; they can sign in within a second."""
    for name, role in roles.items():
        changes.add(settings.accounts_path, name, PASSWORD, SystemClock().now(), role=role)


class Person:
    """One person and the browser."""

    def __init__(self, settings: Settings, name: str) -> None:
        """Sign in; an account that was just made is known to the screens a second later."""
        self._host = f"{settings.screens_host}:{settings.screens_port}"
        self._http = httpx.Client(base_url=f"http://{self._host}", timeout=30)
        eventually(lambda: self._signs_in(name), SIGN_IN_S, every_s=1.0)
        self._csrf = self._http.get("/desk/api/me").json()["csrf"]

    def _signs_in(self, name: str) -> bool:
        form = form_of(self._http.get("/login").text)
        fields = {"name": name, "password": PASSWORD, "form": form}
        answer = self._http.post("/login", data=fields, headers={"origin": f"http://{self._host}"})
        assert answer.status_code == HTTPStatus.SEE_OTHER, answer.text
        return True

    def alerts(self) -> list[dict[str, Any]]:
        """Return the rows of the live list, as it is when it is opened."""
        cookies = "; ".join(f"{one.name}={one.value}" for one in self._http.cookies.jar)
        address = f"ws://{self._host}/desk/live"
        headers = {"Cookie": cookies}
        with connect(address, additional_headers=headers, max_size=None) as socket:
            whole = json.loads(socket.recv(timeout=30))
        assert whole["type"] == "whole"
        rows: list[dict[str, Any]] = whole["rows"]
        return rows

    def acknowledge(self, alert: dict[str, Any]) -> tuple[str, dict[str, str] | None]:
        """Acknowledge what a row of the list shows; return outcome, and why it was refused."""
        command = {"action": "acknowledge", "target": alert["id"], "expected": alert["v"]}
        ((_, name),) = self._post("commands", {"commands": [command]})["sent"]
        known = eventually(lambda: self._post("outcomes", {"ids": [name]})["outcomes"], 60)
        return known[name]["outcome"], known[name]["reason"]

    def is_refused(self, alert: dict[str, Any]) -> tuple[int, str]:
        """Try to acknowledge a row; return the answer's status, and why it is refused."""
        command = {"action": "acknowledge", "target": alert["id"], "expected": alert["v"]}
        answer = self._http.post(
            "/desk/api/commands",
            json={"commands": [command]},
            headers={"x-csrf-token": self._csrf},
        )
        return answer.status_code, answer.json()["error"]

    def details(self, alert: str) -> dict[str, Any]:
        """Return what the desk tells of an alert."""
        return self._get(f"alerts/{alert}")

    def silences(self) -> list[dict[str, Any]]:
        """Return the rows of the list of silences."""
        rows: list[dict[str, Any]] = self._get("silences")["silences"]
        return rows

    def outcomes(self, *commands: str) -> dict[str, Any]:
        """Return what became of the person's own commands, by id."""
        outcomes: dict[str, Any] = self._post("outcomes", {"ids": commands})["outcomes"]
        return outcomes

    def _get(self, path: str) -> Any:
        answer = self._http.get(f"/desk/api/{path}")
        assert answer.is_success, answer.text
        return answer.json()

    def _post(self, path: str, body: Any) -> Any:
        answer = self._http.post(
            f"/desk/api/{path}", json=body, headers={"x-csrf-token": self._csrf}
        )
        assert answer.is_success, answer.text
        return answer.json()
