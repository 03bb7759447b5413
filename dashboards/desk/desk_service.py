"""What the desk's routes answer: questions to the store and commands to the bus, for one person."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

import msgspec
from clickhouse_connect.driver.exceptions import ClickHouseError

from citybrain.accounts.roles import SEE_CASES, may
from citybrain.accounts.roles import title as role_title
from citybrain.alerts.handling import RESULTS, HandlingPolicy
from citybrain.alerts.records import Alert
from citybrain.alerts.silence_records import Silence
from citybrain.alerts.silences import PHRASES as SILENCE_PHRASES
from citybrain.alerts.silences import may_hide_red, selects_red
from citybrain.alerts.standing import is_open
from citybrain.alerts.workflow import PHRASES as WORKFLOW_PHRASES
from citybrain.floor.clock import Clock
from citybrain.floor.levels import RANKS
from citybrain.floor.reason import Phrases, Reason
from citybrain.floor.text import Text
from citybrain.notices.rota import Person
from citybrain.workflow.commands import NO_RECORD, Command
from citybrain.workflow.scope import WHOLE_CITY, Scope
from dashboards import alert_queries
from dashboards.command_sender import CommandSender
from dashboards.desk import handover_queries, queries
from dashboards.desk.colleagues import Directory, people, properly_assigned, titles_of
from dashboards.desk.detail import detail_of, history_of, related_of
from dashboards.desk.handover import hand_over
from dashboards.desk.hidden_counts import HiddenCounts
from dashboards.desk.queries import Outcome
from dashboards.desk.rights import PLAIN, actions_of, verdicts
from dashboards.desk.silence_forms import LOOK_BACK, SilenceForm, check, silence_of
from dashboards.desk.silence_list import listed, rules_of
from dashboards.desk.why_told import Line, by_person, why
from dashboards.desks.desk_session import DeskSession, actor_of
from dashboards.desks.forms import CommandForm, FormRefusal
from dashboards.desks.store_archive import StoreArchive
from dashboards.lists.alerts_live import AlertsLive
from dashboards.lists.list_rows import row_of

CLOSED = 300
STEPS = 200
TOP_RULES = 6
LONGEST_SHIFT = timedelta(hours=48)


SAY = WORKFLOW_PHRASES.joined(SILENCE_PHRASES)
"""Why commands are refused, in words."""


class RoutingQuestions(Protocol):
    """What the city's routing says; `dashboards.desk.routing_guide` has the real one."""

    def explain(self, alert: Alert, now: datetime) -> Sequence[Line]:
        """Return, line by line, who would hear of an alert now, and what comes next."""
        ...

    def name(self, receiver: str) -> Text:
        """Return what a receiver is called."""
        ...

    def receivers(self) -> Iterable[str]:
        """Return the names of all receivers."""
        ...

    def hear(self, alert: Alert, now: datetime) -> list[str]:
        """Return the names of the receivers that an alert's routes tell at first."""
        ...

    def blast(self, silence: Silence, alerts: Iterable[Alert]) -> HiddenCounts:
        """Return how many of `alerts` a silence matches."""
        ...


async def no_case(_session: DeskSession, _alert: str) -> None:
    """Return the case that an alert became, where there are no cases: none."""


@dataclass
class DeskService:
    """Answers one person's requests; knows nothing of HTTP.

    Attributes:
        case_beside: returns the case that an alert became, as far as a person may see it.
    """

    archive: StoreArchive
    live: AlertsLive
    actions: CommandSender
    clock: Clock
    guide: RoutingQuestions
    directory: Directory
    handling: HandlingPolicy = PLAIN
    rota: Mapping[str, Person] = field(default_factory=dict)
    case_beside: Callable[[DeskSession, str], Awaitable[dict[str, Any] | None]] = no_case

    def reroute(
        self, guide: RoutingQuestions, handling: HandlingPolicy, rota: Mapping[str, Person]
    ) -> None:
        """Explain and offer by another routing from now on."""
        self.guide, self.handling, self.rota = guide, handling, rota

    def me(self, session: DeskSession) -> dict[str, Any]:
        """Return who sits there, and what the role may do."""
        titles = {name: title.both() for name, title in self._titles().items()}
        return {
            "user": session.user,
            "title": session.title or titles.get(session.user, [session.user])[0],
            "role": session.role,
            "role_title": role_title(session.role).both(),
            "departments": session.departments,
            "areas": session.areas,
            "csrf": session.csrf,
            "cases": may(session.role, SEE_CASES),
            "actions": sorted(actions_of(session.role)),
            "people": people(self.directory.content, self._is_reachable),
            "titles": titles,
            "handling": handling_of(self.handling),
        }

    async def alert(self, session: DeskSession, alert_id: str) -> dict[str, Any]:
        """Return one alert with its history.

        Raises:
            Refusal: there is none that the person may see.
            StoreError: the store does not answer.
        """
        scope = Scope.of(session)

        def ask(client: Any) -> Any:
            found = alert_queries.alert(client, alert_id, scope)
            if found is None:
                return None
            steps = queries.changes(client, alert_id, STEPS)
            notices, receipts = queries.sent(client, alert_id, STEPS)
            return found, steps, notices, receipts, _related(client, found, scope)

        answer = await self.archive.answer(ask)
        if answer is None:
            raise FormRefusal(
                404, Text("没有这条告警，或不在您的权限内", "no such alert that you may see")
            )
        found, steps, notices, receipts, events = answer
        say, name, sent = self._phrases().say, self.guide.name, (found, notices, receipts)
        routes = self.guide.explain(found, self.clock.now())
        return {
            "alert": detail_of(found) | {"case": self.live.case_version(found.id)},
            "case": await self.case_beside(session, found.id),
            "events": None if events is None else related_of(events),
            "history": history_of(steps, notices, receipts, name),
            "why": why(*sent, name=name, routes=routes)
            | by_person(*sent, name=name, person=self._holder, routes=routes),
            "actions": {
                action: None if reason is None else say(reason)
                for action, reason in verdicts(found, actor_of(session), self.handling).items()
            },
        }

    async def closed(self, session: DeskSession) -> dict[str, Any]:
        """Return the rows of the alerts that were closed last.

        Raises:
            StoreError: the store does not answer.
        """
        scope = Scope.of(session)
        found = await self.archive.answer(lambda c: queries.closed_alerts(c, scope, CLOSED))
        rows = [detail_row(one) for one in found]
        return {"rows": rows}

    async def command(
        self,
        session: DeskSession,
        forms: Sequence[CommandForm],
        *,
        record: msgspec.Raw = NO_RECORD,
    ) -> dict[str, Any]:
        """Put what is asked for on the bus; whether it is accepted shows later.

        Args:
            session: who asks.
            forms: what for.
            record: the record that comes with it, as JSON, where one does.

        Raises:
            Refusal: the role may not do it, or somebody is to be given an alert who cannot act
                on it.
            BusError: Kafka does not take it.
        """
        may = actions_of(session.role)
        if denied := [form for form in forms if form.action not in may]:
            # Who owns the records refuses it too, and has it in the audit log.
            await asyncio.to_thread(self.actions.send, self._commands(session, denied, record))
            _need(session, denied[0].action)
        forms = [properly_assigned(form, self.directory.content) for form in forms]
        commands = self._commands(session, forms, record)
        await asyncio.to_thread(self.actions.send, commands)
        return {"sent": [(one.target, one.id) for one in commands]}

    def _commands(
        self, session: DeskSession, forms: Sequence[CommandForm], record: msgspec.Raw
    ) -> list[Command]:
        now = self.clock.now()
        return [
            Command(
                id=str(uuid.uuid4()),
                action=form.action,
                target=form.target,
                actor=actor_of(session),
                at=now,
                expected=form.expected,
                details=form.details,
                record=record,
            )
            for form in forms
        ]

    async def outcomes(self, session: DeskSession, ids: Sequence[str]) -> dict[str, Any]:
        """Return what became of the person's own commands, as far as it is known.

        Raises:
            StoreError: the store does not answer.
        """
        heard = {name: entry for name in ids if (entry := self.live.outcome(name))}
        own = {name: one for name, one in heard.items() if one.user == session.user}
        found = {
            name: Outcome(one.outcome, Reason(one.reason, one.arguments))
            for name, one in own.items()
        }
        asked = [name for name in ids if name not in heard]
        if asked and not found:  # decided so long ago that only the store knows
            user = session.user
            found = await self.archive.answer(lambda c: queries.outcomes(c, asked, user))
        say = self._phrases().say
        return {"outcomes": {name: _outcome(one, say) for name, one in found.items()}}

    async def preview(self, session: DeskSession, form: SilenceForm) -> dict[str, Any]:
        """Return what a silence would have hidden in the last 30 days, and would hide now.

        Raises:
            Refusal: it is no silence, or the role may not silence anything.
            StoreError: the store does not answer.
        """
        _need(session, "silence")
        check(form, final=False)
        silence = silence_of(form, silence="", creator=session.user, now=self.clock.now())
        scope = Scope.of(session)
        past = await self._counted(silence, scope)
        present = self.guide.blast(silence, self.live.alerts.records.seen_by(scope))
        return {
            "count": past.count,
            "red": past.red,
            "needs_approval": past.red > 0 or selects_red(silence.matchers),
            "spares_red": may_hide_red(silence.matchers),
            "open": present.count,
            "rules": [
                {"rule": one.rule, "title": one.title.both(), "count": one.count, "red": one.red}
                for one in past.rules[:TOP_RULES]
            ],
        }

    async def silence(self, session: DeskSession, form: SilenceForm) -> dict[str, Any]:
        """Ask for a silence, with what it would have hidden counted anew.

        Raises:
            Refusal: it is no silence, or the role may not silence anything.
            StoreError: the store does not answer, so nobody knows what it would hide.
            BusError: Kafka does not take it.
        """
        _need(session, "silence")
        check(form, final=True)
        now, name = self.clock.now(), str(uuid.uuid4())
        silence = silence_of(form, silence=name, creator=session.user, now=now)
        past = await self._counted(silence, WHOLE_CITY)
        silence = msgspec.structs.replace(
            silence,
            would_hide=past.count,
            would_hide_red=past.red,
            needs_approval=past.red > 0 or selects_red(silence.matchers),
        )
        record = msgspec.Raw(msgspec.json.encode(silence))
        return await self.command(session, [CommandForm("silence", name)], record=record)

    async def silences(self, session: DeskSession) -> dict[str, Any]:
        """Return the silences, how many open alerts each keeps quiet, and what rules are called.

        Raises:
            StoreError: the store does not answer.
        """
        scope = Scope.of(session)
        now = {one.id: one for one in self.live.silences.seen_by(scope)}
        past = (await self.archive.answer(queries.silences)).seen_by(scope)
        found = [*now.values(), *(one for one in past if one.id not in now)]
        rules = rules_of(found)
        titles = await self.archive.answer(lambda c: queries.rule_titles(c, rules))
        rows = listed(found, self._seen(session), self.clock.now())
        return {"silences": rows, "rules": titles}

    async def shift(self, session: DeskSession, hours: int) -> dict[str, Any]:
        """Return what happened in the last `hours`.

        Raises:
            Refusal: it is too long a time.
            StoreError: the store does not answer.
        """
        if not 0 < hours <= LONGEST_SHIFT // timedelta(hours=1):
            words = f"shift: {hours} h; give 1 to {LONGEST_SHIFT // timedelta(hours=1)}"
            raise FormRefusal(400, Text("交接时段须在 1 至 48 小时之间", words))
        scope, start = Scope.of(session), self.clock.now() - timedelta(hours=hours)
        seen = self._seen(session)
        now = [one.episode.origin for one in seen if is_open(one)]
        past = await self.archive.answer(lambda c: handover_queries.past(c, start, scope, now))
        return hand_over(past, seen)

    async def _counted(self, silence: Silence, scope: Scope) -> HiddenCounts:
        since = silence.created_at - LOOK_BACK

        def count(client: Any) -> HiddenCounts:
            return self.guide.blast(
                silence, queries.candidates(client, since, silence.matchers, scope)
            )

        return await self.archive.answer(count)

    def _holder(self, receiver: str) -> Text | None:
        """Return whose own receiver it is; None: nobody's, or of several."""
        found = [one.title for one in self.rota.values() if receiver in one.receivers]
        return found[0] if len(found) == 1 else None

    def _is_reachable(self, user: str) -> bool:
        person = self.rota.get(user)
        return person is not None and bool(person.receivers)

    def _titles(self) -> dict[str, Text]:
        rota = {name: person.title for name, person in self.rota.items()}
        return titles_of(self.directory.content, rota)

    def _phrases(self) -> Phrases:
        """Return the words of refusals, with people by their titles."""
        parts = SAY.terms["by"]
        return Phrases(SAY.phrases, {**SAY.terms, "by": {**self._titles(), **parts}})

    def _seen(self, session: DeskSession) -> list[Alert]:
        scope = Scope.of(session)
        return list(self.live.alerts.records.seen_by(scope))


def _need(session: DeskSession, action: str) -> None:
    """Refuse at once what the role may not; whose record it is decides who owns the records."""
    if action not in actions_of(session.role):
        raise FormRefusal(403, Text("您的角色不能这样做", "your role may not do this"))


def _related(client: Any, alert: Alert, scope: Scope) -> list[queries.RelatedEvent] | None:
    """Return the events behind an alert; None where the store does not say."""
    try:
        return queries.related_events(client, alert, scope)
    except (ClickHouseError, OSError):
        return None


def _outcome(found: Outcome, say: Callable[[Reason], Text]) -> dict[str, Any]:
    said = say(found.reason) if found.reason.code else None
    return {"outcome": found.outcome, "reason": said}


def handling_of(policy: HandlingPolicy) -> dict[str, Any]:
    """Return what the page has to know of how alerts are handled; levels by rank."""
    return {
        "answer_s": round(policy.answer_within.total_seconds()),
        "explained": [RANKS[level] for level in policy.explained],
        "second": [RANKS[level] for level in policy.second_person],
        "results": {name: title.both() for name, title in {**RESULTS, **policy.results}.items()},
        "choices": list(policy.results),
    }


def detail_row(alert: Alert) -> dict[str, Any]:
    """Return the row of a closed alert, with when it was closed."""
    closed = alert.closed_at or alert.updated_at
    return row_of(alert) | {"closed": round(closed.timestamp() * 1000)}
