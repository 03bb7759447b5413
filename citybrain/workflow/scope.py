"""One scope: whether somebody may see or touch a record, in memory and in SQL alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, NamedTuple, Protocol, TypeVar


class Belonging(NamedTuple):
    """Whom a record concerns.

    Attributes:
        departments: ids of the departments or units that it is about; none: of no single one.
        area: code of where it is, "" where that is not known or is the whole city.
    """

    departments: tuple[str, ...]
    area: str


class Belongs(Protocol):
    """A record that knows whom it concerns."""

    @property
    def belonging(self) -> Belonging:
        """Whom it concerns."""
        ...


class Holder(Protocol):
    """Somebody with a scope: an actor, a session, an account."""

    @property
    def departments(self) -> tuple[str, ...]:
        """Ids of departments; empty: all."""
        ...

    @property
    def areas(self) -> tuple[str, ...]:
        """Area codes, with all below them; empty: all."""
        ...


class ScopeColumns(NamedTuple):
    """SQL expressions of a table that say whom a row concerns.

    Attributes:
        departments: an ``Array(String)``.
        area: a ``String``.
    """

    departments: str
    area: str


R = TypeVar("R", bound=Belongs)


@dataclass(frozen=True)
class Scope:
    """The departments and areas that somebody may see and act for; empty: all.

    Attributes:
        departments: ids; a record must be about one of them.
        areas: codes; a record must lie in one of them.
    """

    departments: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()

    @classmethod
    def of(cls, holder: Holder) -> Scope:
        """Return the scope of `holder`; equal for all who may see the same."""
        return cls(tuple(sorted(holder.departments)), tuple(sorted(holder.areas)))

    def covers(self, record: Belongs) -> bool:
        """Return whether `record` is in it; one without a place is in no area."""
        departments, area = record.belonging
        ours = not self.departments or not set(self.departments).isdisjoint(departments)
        return ours and (not self.areas or area.startswith(self.areas))

    def condition(self, columns: ScopeColumns) -> tuple[str, dict[str, object]]:
        """Return the same as an SQL condition, and the values that it binds."""
        parts, values = ["1"], dict[str, object]()
        if self.departments:
            parts.append(f"hasAny({columns.departments}, {{departments:Array(String)}})")
            values["departments"] = list(self.departments)
        if self.areas:
            within = (
                f"arrayExists(code -> startsWith({columns.area}, code), {{areas:Array(String)}})"
            )
            parts.append(within)
            values["areas"] = list(self.areas)
        return " AND ".join(parts), values


WHOLE_CITY = Scope()
"""Sees everything: the platform itself, and walls, which show the city as a whole."""
NOTHING_SEEN = Scope(departments=("\0",))
"""Sees nothing: of nobody who is known."""


class Sealed(Generic[R]):
    """Records that only a scope opens: who holds them must say for whom they look."""

    __slots__ = ("_records",)

    def __init__(self, records: Iterable[R]) -> None:
        """Seal `records`."""
        self._records = records

    def seen_by(self, scope: Scope) -> Iterator[R]:
        """Yield those that `scope` covers."""
        return (record for record in self._records if scope.covers(record))
