"""A house with a door: the real guard and sign-in before pages that only say their names."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI, Request

from citybrain.accounts import changes
from citybrain.accounts.records import Account
from citybrain.city import City
from citybrain.floor.audit_entry import AuditEntry
from citybrain.floor.clock import ManualClock
from citybrain.floor.settings import Settings
from dashboards.access.access_setup import PATHS, AccessDoor, door_of
from dashboards.access.audit_sender import AuditSender
from dashboards.security import SecureHeaders, content_policy

NOW = datetime(2026, 11, 24, 1, tzinfo=UTC)
WALLS = frozenset({"/", "/traffic"})
RIGHT = "a heron at the river"
HOST = "wall.test:18050"
HTML = {"accept": "text/html"}


class Notebook(AuditSender):
    """Keeps what would be sent."""

    def __init__(self) -> None:
        self.entries: list[AuditEntry] = []

    def start(self) -> None:
        pass

    def note(self, told: AuditEntry) -> None:
        self.entries.append(told)

    def close(self, patience_s: float = 2.0) -> None:
        pass

    def told(self) -> list[tuple[str, str, str, str]]:
        """Return action, outcome, user and reason of each entry."""
        return [(one.action, one.outcome, one.user, one.reason) for one in self.entries]


@dataclass
class House:
    """The server, its clock, and what it noted."""

    city: City
    folder: Path
    settings: Settings = field(default_factory=Settings)
    clock: ManualClock = field(default_factory=lambda: ManualClock(NOW))
    audit: Notebook = field(default_factory=Notebook)

    def __post_init__(self) -> None:
        self.settings = replace(self.settings, data=self.folder)
        self.door: AccessDoor = replace(door_of(self.settings, self.clock), auditor=self.audit)
        self.server = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
        for path in (*WALLS, "/desk", "/desk/api/me", "/metrics", "/healthz", "/_dash-layout"):
            self.server.add_api_route(path, _name, methods=["GET", "POST"])
        self.server.add_api_route("/assets/x.css", _name, methods=["GET"])
        self.server.add_api_route("/new", _name, methods=["GET"])
        self.door.add_to(self.server, self.city, WALLS)
        paths = WALLS | PATHS | {"/desk", "/metrics", "/healthz", "/new"}
        self.server.add_middleware(SecureHeaders, policy=content_policy([]), paths=paths)

    def add(self, name: str, role: str = "officer", **more: Any) -> Account:
        """Make an account with the password `RIGHT`."""
        account = changes.add(self.path, name, RIGHT, NOW, role=role, **more)
        self.door.gate.accounts.forget()
        return account

    @property
    def path(self) -> Path:
        return self.settings.accounts_path

    def browser(self, address: str = "10.0.0.7", scheme: str = "http") -> Browser:
        """Return a browser that has no cookies."""
        transport = httpx.ASGITransport(self.server, client=(address, 1234))
        return Browser(transport=transport, base_url=f"{scheme}://{HOST}")


class Browser(httpx.AsyncClient):
    """A browser: keeps cookies, and says where its requests come from."""

    async def form(self, path: str = "/login") -> str:
        """Open the page of sign-in and return its form's token."""
        return form_of((await self.get(path)).text)

    async def sign_in(
        self, name: str, password: str = RIGHT, path: str = "/login", **headers: str
    ) -> httpx.Response:
        """Fill in the form as a person does."""
        fields = {"name": name, "password": password, "form": await self.form(path)}
        told = {"origin": f"{self.base_url.scheme}://{HOST}"} | headers
        return await self.post(path, data=fields, headers=told)

    async def csrf(self) -> str:
        return str((await self.get("/me")).json()["csrf"])


def form_of(page: str) -> str:
    """Return the token of the form of sign-in in the text of its page."""
    found = re.search(r'name="form" value="(\w*)"', page)
    assert found is not None
    return found[1]


def errors(page: httpx.Response) -> list[str]:
    """Return what the page says is wrong."""
    return re.findall(r'role="alert">(.*?)</p>', page.text)


def cookie(answer: httpx.Response, name: str) -> list[str]:
    """Return value and attributes of a cookie that was set, in order."""
    (found,) = [one for one in answer.headers.get_list("set-cookie") if one.startswith(f"{name}=")]
    return found.removeprefix(f"{name}=").split("; ")


async def _name(request: Request) -> str:
    return request.url.path
