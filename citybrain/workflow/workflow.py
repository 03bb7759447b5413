"""What a type of record can go through: its states, and the actions of people on it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

from msgspec.structs import replace

from citybrain.accounts.roles import may
from citybrain.floor.reason import Reason
from citybrain.floor.text import Text
from citybrain.workflow import refusals
from citybrain.workflow.commands import Actor, Command
from citybrain.workflow.scope import Scope
from citybrain.workflow.steps import Change, Record

R = TypeVar("R", bound=Record)
C = TypeVar("C", bound=Change[Any])


def _content(_actor: Actor, _record: Record) -> Reason | None:
    return None


def _fits(_record: Record, _command: Command) -> Reason | None:
    return None


@dataclass(frozen=True)
class Action(Generic[R]):
    """One thing that people do with a record; all that there is to say of it stands here.

    Attributes:
        name: as commands name it, an imperative.
        done: as the step that it makes is called.
        title: what a button says.
        told: what the step says.
        key: the key on the desk that does it; "": it stands in the menu of what is rare.
        grant: what a role must have to do it (`citybrain.accounts.roles`).
        apply: record and command → the fields that it changes.
        from_states: states in which it makes sense; empty: all.
        needs: details that it cannot do without.
        allowed: beyond role, scope and state: why this actor may not do it with this record.
        fits: why the details that were given cannot be.
        any_version: whether it is done whatever version the person saw.
        alone: whether a command on one record is all there is; else its owner says what it is on.
    """

    name: str
    done: str
    title: Text
    told: Text
    grant: str
    apply: Callable[[R, Command], dict[str, Any]]
    from_states: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    allowed: Callable[[Actor, R], Reason | None] = _content
    fits: Callable[[R, Command], Reason | None] = _fits
    any_version: bool = False
    alone: bool = True
    key: str = ""


@dataclass(frozen=True)
class Workflow(Generic[R, C]):
    """A type of record.

    Attributes:
        noun: what one is called in codes: ``alert``; reasons are ``no_<noun>``,
            ``<noun>_state``, ``<noun>_changed``.
        change: the class of its steps.
        states: every state, with what it is called.
        by_itself: steps of the owner that leave what a person decides upon as it was.
        actions: by name.
    """

    noun: str
    change: type[C]
    states: Mapping[str, Text]
    by_itself: frozenset[str] = frozenset()
    actions: Mapping[str, Action[R]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        noun: str,
        change: type[C],
        states: Mapping[str, Text],
        *,
        by_itself: Iterable[str] = (),
        actions: Iterable[Action[R]] = (),
    ) -> Workflow[R, C]:
        """Return the workflow with `actions`.

        Raises:
            ValueError: two have one name, or one names a state that there is not.
        """
        found: dict[str, Action[R]] = {}
        for action in actions:
            strange = [state for state in action.from_states if state not in states]
            if action.name in found or strange:
                problem = f"names no state of a {noun}: {strange}" if strange else "stands twice"
                raise ValueError(f"{noun}: action {action.name}: {problem}; mend its declaration")
            found[action.name] = action
        return cls(noun, change, states, frozenset(by_itself), found)

    def step(self, record: R, what: str, now: datetime, *, by: str, cause: str, **fields: Any) -> C:
        """Return the step `what`; `fields` are what it changes, `details` what it says."""
        details = fields.pop("details", {})
        version = record.version + 1
        if what not in self.by_itself:
            fields |= {"touched": version, "touched_by": by, "touched_what": what}
        after = replace(record, version=version, updated_at=now, **fields)
        return self.change(
            id=record.id,
            version=version,
            what=what,
            at=now,
            by=by,
            cause=cause,
            after=after,
            details=details,
        )

    def action_on(self, record: R | None, name: str) -> Action[R] | None:
        """Return the action `name` as it is done with `record`; None: there is no such action.

        It is the same for every record, unless a type of record says otherwise.
        """
        del record
        return self.actions.get(name)

    def commanded(
        self, record: R, command: Command, cause: str, said: Mapping[str, str] | None = None
    ) -> C:
        """Return what an accepted command changes; `refusal` was asked before.

        Args:
            record: as it stands.
            command: that.
            cause: what made the step.
            said: what the step says beside the command's details and id.

        Raises:
            KeyError: there is no such action.
        """
        action = self.action_on(record, command.action)
        if action is None:
            raise KeyError(command.action)
        fields = action.apply(record, command)
        details = {**command.details, **(said or {}), "command": command.id}
        by = command.actor.user
        return self.step(
            record, action.done, command.at, by=by, cause=cause, details=details, **fields
        )

    def refusal(self, record: R | None, command: Command) -> Reason | None:
        """Return why `command` on `record` is refused, the first of these; None: it is accepted.

        The action is unknown, the role may not, there is no such record, it is outside the
        actor's scope, its state does not fit, a detail is missing or cannot be, somebody has
        changed it meanwhile.
        """
        action = self.action_on(record, command.action)
        if action is None:
            return refusals.no_action(command.action)
        if not may(command.actor.role, action.grant):
            return refusals.ROLE
        if record is None:
            return Reason(f"no_{self.noun}")
        return (
            self._verdict(command.actor, record, action)
            or self._missing(action, command)
            or action.fits(record, command)
            or self._changed(record, action, command)
        )

    def verdict(self, actor: Actor, record: R, action: str) -> Reason | None:
        """Return why `action` would be refused of `actor` whatever else is given; for buttons.

        Raises:
            KeyError: there is no such action.
        """
        found = self.action_on(record, action)
        if found is None:
            raise KeyError(action)
        if not may(actor.role, found.grant):
            return refusals.ROLE
        return self._verdict(actor, record, found)

    def _verdict(self, actor: Actor, record: R, action: Action[R]) -> Reason | None:
        if not Scope.of(actor).covers(record):
            return refusals.SCOPE
        if action.from_states and record.state not in action.from_states:
            by = {"what": record.touched_what, "by": record.touched_by}
            code = f"{self.noun}_state_by" if record.touched_by else f"{self.noun}_state"
            return Reason(code, {"state": record.state, **(by if record.touched_by else {})})
        return action.allowed(actor, record)

    def _missing(self, action: Action[R], command: Command) -> Reason | None:
        lacks = (name for name in action.needs if not command.details.get(name, "").strip())
        found = next(lacks, None)
        return None if found is None else refusals.missing(found)

    def _changed(self, record: R, action: Action[R], command: Command) -> Reason | None:
        expected = command.expected
        if expected is None or action.any_version:
            return None
        if record.touched <= expected <= record.version:
            return None
        if expected > record.version:
            return Reason("no_version", {"expected": str(expected)})
        return Reason(
            f"{self.noun}_changed",
            {
                "expected": str(expected),
                "what": record.touched_what,
                "by": record.touched_by,
                "state": record.state,
                "version": str(record.touched),
            },
        )
