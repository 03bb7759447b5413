"""A session: who somebody is for as long as the cookie holds, and what the role may do."""

from __future__ import annotations

from datetime import datetime

import msgspec

from citybrain.accounts.roles import READER, WALL, may
from citybrain.floor.errors import CityBrainError


class AccessSession(msgspec.Struct, frozen=True, kw_only=True):
    """A person who signed in, or a wall that its token opened.

    Attributes:
        id: random, new at each sign-in; the wall's id for walls.
        user: account name; ``wall:<name>`` for walls.
        role: as in `citybrain.accounts.roles`; ``wall`` for walls.
        title: the person's name on screens.
        departments: ids that it may see and act for; empty: all.
        areas: area codes, with everything below them; empty: all.
        csrf: what every request that changes something must carry as ``X-CSRF-Token``; "" for
            walls, which change nothing.
        seen_at: when the cookie was last made anew; None for walls.
    """

    id: str
    user: str
    role: str
    title: str = ""
    departments: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    csrf: str = ""
    seen_at: datetime | None = None

    @property
    def is_wall(self) -> bool:
        """Whether it is a wall and nobody in particular."""
        return self.role == WALL.id

    @property
    def is_token(self) -> bool:
        """Whether a token made it, and nobody who signed in."""
        return self.role in (WALL.id, READER.id)

    def may(self, action: str) -> bool:
        """Return whether its role may do `action`."""
        return may(self.role, action)


class NotAllowedError(CityBrainError):
    """Somebody asked for what the role may not do."""


def require(session: AccessSession, action: str) -> None:
    """Check that the role of `session` may do `action`.

    Raises:
        NotAllowedError: it may not.
    """
    if not session.may(action):
        problem = f"{session.user}: {action}: the role {session.role!r} may not do this"
        raise NotAllowedError(f"{problem}; ask somebody whose role may, see 'accounts roles'")
