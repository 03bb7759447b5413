"""Who sits at the desk, as far as the desk must know; sign-in itself is elsewhere."""

from __future__ import annotations

from typing import Protocol

from starlette.requests import HTTPConnection

from citybrain.workflow.commands import Actor


class DeskSession(Protocol):
    """A person who signed in.

    `departments` and `areas` are what the person may see and act for; empty: all. `csrf` is the
    token that every command must carry in the header ``X-CSRF-Token``.
    """

    @property
    def user(self) -> str:
        """Account name."""
        ...

    @property
    def title(self) -> str:
        """The person's name on screens, "" where it is the account's."""
        ...

    @property
    def role(self) -> str:
        """Viewer, officer, commander, rule_author or administrator."""
        ...

    @property
    def departments(self) -> tuple[str, ...]:
        """Ids of departments; empty: all."""
        ...

    @property
    def areas(self) -> tuple[str, ...]:
        """Area codes; empty: all."""
        ...

    @property
    def csrf(self) -> str:
        """The token of this session's commands."""
        ...


class DeskGate(Protocol):
    """Knows sessions by their requests, for pages and sockets alike."""

    def current(self, connection: HTTPConnection) -> DeskSession | None:
        """Return whose request it is; None: nobody's who signed in. Must not block."""
        ...


def actor_of(session: DeskSession) -> Actor:
    """Return what a command says of who commands."""
    return Actor(
        user=session.user,
        role=session.role,
        departments=tuple(session.departments),
        areas=tuple(session.areas),
    )
