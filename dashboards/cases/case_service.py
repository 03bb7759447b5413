"""What the case desk's routes answer: questions to memory and store, commands to the bus."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from citybrain.accounts.roles import (
    DISPATCH_CASES,
    EXPORT_CASES,
    OPEN_CASES,
    SEE_CASES,
    SEE_DESK,
    SEE_WALLS,
    may,
)
from citybrain.accounts.roles import title as role_title
from citybrain.cases import opening_checks
from citybrain.cases.action_kind import CaseContext
from citybrain.cases.case_engine import OPEN
from citybrain.cases.dispatching import Matter
from citybrain.cases.opening import CaseOpening
from citybrain.cases.personal_numbers import masked_details
from citybrain.cases.records import Case, CaseStep
from citybrain.cases.remarks import files_of
from citybrain.floor.clock import Clock
from citybrain.floor.errors import StoreError
from citybrain.floor.reason import Reason
from citybrain.floor.text import Text
from citybrain.workflow.commands import NO_RECORD, Actor, Command
from citybrain.workflow.scope import Scope
from dashboards.cases import case_queries
from dashboards.cases.case_actions import actions_of, shared_actions
from dashboards.cases.case_book import CaseBook
from dashboards.cases.case_clock_card import clocks_shown
from dashboards.cases.case_detail import detail_of, linked_ids, visited
from dashboards.cases.case_forms import OpeningForm
from dashboards.cases.case_history import history_of
from dashboards.cases.case_pages import CasePages, QueueAsked
from dashboards.cases.case_people import CasePeople
from dashboards.cases.files.file_service import FileService
from dashboards.cases.forecasts import CaseForecasts
from dashboards.command_sender import CommandSender
from dashboards.desk import queries as desk_queries
from dashboards.desks.desk_session import DeskSession, actor_of
from dashboards.desks.forms import CommandForm, FormRefusal
from dashboards.desks.store_archive import StoreArchive
from dashboards.lists.case_rows import CaseRows
from dashboards.lists.cases_live import CasesLive
from dashboards.lists.list_rows import instant

NOUN = "case"
CLOSED = 300
STEPS = 500
LONGEST_SEARCH = 200
MOST_MARKED = 200
"""Cases with which something is done at once."""
_NO_CASE = Text("没有这个案件，或不在您的权限内", "no such case that you may see")
_NUMBER = "?"
"""The number of a case that is only looked at; its owner gives the real one."""


@dataclass
class CaseService:
    """Answers one person's requests; knows nothing of HTTP.

    Attributes:
        alerts_beside: returns the open alerts that a case came of, as far as a person may see them.
    """

    archive: StoreArchive
    live: CasesLive
    actions: CommandSender
    clock: Clock
    book: CaseBook
    rows: CaseRows
    people: CasePeople
    pages: CasePages
    files: FileService
    forecasts: CaseForecasts
    alerts_beside: Callable[[DeskSession, Case], list[dict[str, Any]]] = lambda _session, _case: []

    @property
    def known_actions(self) -> frozenset[str]:
        """All that can be asked for, but for opening a case."""
        setup = self.book.engine.setup
        names = {name for one in setup.every_version() for _, name, _ in one.placed()}
        beside = {"supervise", "answer_supervision", "end_supervision"}
        return frozenset(names | beside)

    def actor(self, session: DeskSession) -> Actor:
        """Return who acts: with the units of the account, and those that list it as a member."""
        return self.book.engine.setup.units.as_member(actor_of(session))

    def scope(self, session: DeskSession) -> Scope:
        """Return which cases a person may see; of somebody whose role sees none, refuse.

        Raises:
            FormRefusal: the role sees no cases.
        """
        if not may(session.role, SEE_CASES):
            raise FormRefusal(403, Text("您的角色不能查看案件", "your role may not see cases"))
        return Scope.of(self.actor(session))

    def me(self, session: DeskSession) -> dict[str, Any]:
        """Return who sits there, and what the role may do."""
        self.scope(session)
        actor = self.actor(session)
        return {
            "user": session.user,
            "title": session.title or self.people.title(session.user),
            "role": session.role,
            "role_title": role_title(session.role).both(),
            "units": actor.departments,
            "areas": session.areas,
            "csrf": session.csrf,
            "opens": may(session.role, OPEN_CASES),
            "dispatches": may(session.role, DISPATCH_CASES),
            "exports": may(session.role, EXPORT_CASES),
            "desk": may(session.role, SEE_DESK),
            "walls": may(session.role, SEE_WALLS),
            "city": self.book.page(),
        }

    async def case(self, session: DeskSession, name: str) -> dict[str, Any]:
        """Return one case as the desk shows it; see `look`."""
        return (await self.look(session, name))[1]

    async def look(self, session: DeskSession, name: str) -> tuple[Case, dict[str, Any]]:
        """Return one case, by its id or its number, and its history and what can be done.

        Memory is ahead of the store, and answers while that is away: then without the history.

        Raises:
            FormRefusal: there is none that the person may see.
            StoreError: the store does not answer, and the case is not open.
        """
        scope, open_one = self.scope(session), self.live.cases.find(name, self.scope(session))
        steps: list[CaseStep] | None = None
        try:
            found, steps = await self.archive.answer(lambda c: self._read(c, name, scope))
            found = _newer(open_one, found)
        except StoreError:
            if open_one is None:
                raise
            found = open_one
        if found is None:
            raise FormRefusal(404, _NO_CASE)
        linked = await self._linked(found, scope)
        numbers = {one.id: one.number for one in linked}
        title = self.people.title
        return found, {
            "case": detail_of(found, self.rows, self.book, title, linked),
            "visited": visited(steps or [], found),
            "files": await self.files.shown_of(found),
            "near": self.pages.near(found, scope) if found.open else [],
            "alerts": self.alerts_beside(session, found),
            "clocks": clocks_shown(self.book, found, self.clock.now(), self.forecasts.of),
            "history": None if steps is None else history_of(steps, self.book, title, numbers),
            "actions": actions_of(
                self.book, found, self.actor(session), self.clock.now(), self.people.titles
            ),
        }

    async def seen(self, session: DeskSession, name: str) -> Case:
        """Return one case that a person may see, by its id or its number.

        Raises:
            FormRefusal: there is none.
            StoreError: the store does not answer, and the case is not open.
        """
        scope = self.scope(session)
        found = self.live.cases.find(name, scope)
        if found is None:
            found = await self.archive.answer(lambda c: case_queries.case(c, name, scope))
        if found is None:
            raise FormRefusal(404, _NO_CASE)
        return found

    async def queue(self, session: DeskSession, asked: QueueAsked) -> dict[str, Any]:
        """Return the first of the open cases that the person wants to see, and how many there are.

        Raises:
            FormRefusal: the role sees no cases.
        """
        return await self.pages.page(self.actor(session), self.scope(session), asked, self.book)

    async def closed(self, session: DeskSession, words: str) -> dict[str, Any]:
        """Return the rows of the cases that were closed last and in which `words` are found.

        Raises:
            StoreError: the store does not answer.
        """
        scope = self.scope(session)
        setup = self.book.engine.setup
        ends = {
            f"{one.id}/{name}"
            for one in setup.every_version()
            for name, stage in one.stages.items()
            if stage.ends
        }
        looked_for = [self._word(word) for word in words[:LONGEST_SEARCH].split()]
        found = await self.archive.answer(
            lambda c: case_queries.closed_cases(c, ends, looked_for, scope, CLOSED)
        )
        return {"rows": [self._closed_row(one) for one in found]}

    def destination(self, session: DeskSession, name: str) -> dict[str, Any]:
        """Return which unit has to deal with a case, why, and how many open cases each unit has.

        Raises:
            FormRefusal: it is not open, or the person may not see it.
        """
        scope, setup = self.scope(session), self.book.engine.setup
        case = self.live.cases.find(name, scope)
        if case is None:
            raise FormRefusal(404, Text("没有这个未结案件", "no such open case that you may see"))
        day = self.clock.now().astimezone(ZoneInfo(setup.city.time_zone)).date()
        matter = Matter(case.kind, setup.theme_of(case.kind), case.condition, case.area)
        found = setup.dispatch.destination(matter, day)
        return {
            "unit": found.unit,
            "why": self.book.why_there(found.reason).both(),
            "load": self._load(scope),
        }

    def colleagues(self, session: DeskSession, unit: str) -> dict[str, Any]:
        """Return those who may work a case of `unit`; only of what the person may see."""
        scope = self.scope(session)
        if scope.departments and unit not in scope.departments:
            return {"people": []}
        return {"people": self.people.of(unit, self.book.engine.setup.units)}

    async def command(self, session: DeskSession, forms: Sequence[CommandForm]) -> dict[str, Any]:
        """Put what is asked for on the bus; whether it is accepted shows later.

        Raises:
            FormRefusal: the role sees no cases, or a case is given to somebody who cannot work it.
            StoreError: a closed case cannot be read.
            BusError: Kafka does not take it.
        """
        scope = self.scope(session)
        commands = [
            self._command(
                session, self.people.properly_given(form), await self._closed_one(form, scope)
            )
            for form in forms
        ]
        for one in commands:
            if given := files_of(one):
                await self.seen(session, one.target)
                await self.files.attach(session.user, one.target, given)
        await asyncio.to_thread(self.actions.send, commands)
        return {"sent": [(one.target, one.id) for one in commands]}

    async def choices(self, session: DeskSession, ids: Sequence[str]) -> dict[str, Any]:
        """Return what can be done with some of several open cases at once.

        Raises:
            FormRefusal: the role sees no cases, or those are too many.
        """
        scope = self.scope(session)
        if len(ids) > MOST_MARKED:
            words = f"request: ids: {len(ids)} at once; send at most {MOST_MARKED}"
            raise FormRefusal(400, Text(f"一次最多选 {MOST_MARKED} 件", words))
        cases = [one for name in ids if (one := self.live.cases.find(name, scope))]
        found = await asyncio.to_thread(
            shared_actions,
            *(self.book, cases, self.actor(session), self.clock.now(), self.people.titles),
        )
        return {"actions": found}

    async def open(self, session: DeskSession, form: OpeningForm) -> dict[str, Any]:
        """Ask for a new case; its owner gives it its number.

        Raises:
            FormRefusal: it cannot be opened so.
            BusError: Kafka does not take it.
        """
        self.scope(session)
        opening = CaseOpening(**msgspec.structs.asdict(form))
        asked = CommandForm(OPEN, str(uuid.uuid4()))
        command = self._command(session, asked, opening.as_record())
        looked_at = msgspec.structs.replace(command, actor=self.actor(session))
        context = CaseContext(self.clock.now(), number=_NUMBER)
        setup = self.book.engine.setup
        refused = opening_checks.refusal(setup, looked_at, opening, context)
        if refused is not None:
            raise FormRefusal(422, self.book.say(None, refused, self.people.titles))
        await self.files.attach(session.user, command.target, form.attachments)
        await asyncio.to_thread(self.actions.send, [command])
        return {"sent": [(command.target, command.id)]}

    async def outcomes(self, session: DeskSession, ids: Sequence[str]) -> dict[str, Any]:
        """Return what became of the person's own commands, as far as it is known.

        Raises:
            StoreError: the store does not answer.
        """
        self.scope(session)
        heard = self.live.outcomes.own(ids, session.user)
        found: dict[str, tuple[str, Reason]] = {
            name: (one.outcome, Reason(one.reason, one.arguments)) for name, one in heard.items()
        }
        asked = [name for name in ids if self.live.outcomes.of(name) is None]
        if asked and not found:  # decided so long ago that only the store knows
            user = session.user
            told = await self.archive.answer(lambda c: desk_queries.outcomes(c, asked, user))
            found = {name: (one.outcome, one.reason) for name, one in told.items()}
        targets = {name: one.target for name, one in heard.items()}
        return {
            "outcomes": {
                name: {
                    "outcome": outcome,
                    "reason": self._said(session, targets.get(name, ""), reason),
                }
                for name, (outcome, reason) in found.items()
            }
        }

    def _said(self, session: DeskSession, target: str, reason: Reason) -> Text | None:
        if not reason.code:
            return None
        case = self.live.cases.find(target, self.scope(session))
        return self.book.say(case, reason, self.people.titles)

    def _command(
        self, session: DeskSession, form: CommandForm, record: msgspec.Raw = NO_RECORD
    ) -> Command:
        return Command(
            id=str(uuid.uuid4()),
            action=form.action,
            target=form.target,
            actor=actor_of(session),
            at=self.clock.now(),
            expected=form.expected,
            details=masked_details(form.details),
            record=record,
            noun=NOUN,
        )

    async def _closed_one(self, form: CommandForm, scope: Scope) -> msgspec.Raw:
        """Return a closed case that the person may see, for an owner who holds it no more."""
        if self.live.cases.find(form.target, scope) is not None:
            return NO_RECORD
        found = await self.archive.answer(lambda c: case_queries.case(c, form.target, scope))
        if found is None or found.open:
            return NO_RECORD
        return msgspec.Raw(msgspec.json.encode(found))

    def _read(self, client: Any, name: str, scope: Scope) -> tuple[Case | None, list[CaseStep]]:
        found = case_queries.case(client, name, scope)
        # An open one that is not in the store yet has no history there either.
        return found, case_queries.steps(client, found.id if found else name, STEPS)

    async def _linked(self, case: Case, scope: Scope) -> list[Case]:
        """Return the cases that `case` is linked with, as far as they are to be seen and known."""
        ids = [name for names in linked_ids(case).values() for name in names]
        found = {one.id: one for name in ids if (one := self.live.cases.find(name, scope))}
        others = [name for name in ids if name not in found]
        if others:
            try:
                told = await self.archive.answer(lambda c: case_queries.cases(c, others, scope))
            except StoreError:
                told = []
            found |= {one.id: one for one in told}
        return list(found.values())

    def _word(self, text: str) -> case_queries.SearchWord:
        city = self.book.engine.setup.city
        return case_queries.SearchWord(
            text,
            tuple(name for name, kind in city.kinds.items() if _called(kind.title, text)),
            tuple(code for code, area in city.areas.items() if _called(area.title, text)),
        )

    def _closed_row(self, case: Case) -> dict[str, Any]:
        return self.rows.row_of(case) | {"closed": instant(case.legs[-1].closed_at)}

    def _load(self, scope: Scope) -> dict[str, int]:
        counts: dict[str, int] = {}
        for case in self.live.cases.records.seen_by(scope):
            counts[case.unit] = counts.get(case.unit, 0) + 1
        return counts


def _newer(live: Case | None, stored: Case | None) -> Case | None:
    if live is None or (stored is not None and stored.version > live.version):
        return stored
    return live


def _called(title: Text, text: str) -> bool:
    return text in title.zh or text.lower() in title.en.lower()
