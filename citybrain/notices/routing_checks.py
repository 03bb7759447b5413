"""What can be wrong with receivers, routes and rota beyond their shape; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

from citybrain.city.hours_of_day import check_date, check_time_of_day, check_weekdays
from citybrain.city.references import RecordFault
from citybrain.floor.strict import suggest
from citybrain.notices.channel_options import Channels, check_keys
from citybrain.notices.hours import DAYS, Hours
from citybrain.notices.rota import Person, Rota
from citybrain.notices.routing import LANGUAGES, POST, Escalation, Receiver

MOST_ATTEMPTS = 20
MOST_PER_MINUTE = 6_000
LONGEST_ATTEMPT = timedelta(minutes=1)
LONGEST_RETRY = timedelta(minutes=5)
_NO_TIME = timedelta()


@dataclass(frozen=True)
class Ids:
    """The ids that may be referred to."""

    receivers: Mapping[str, Receiver]
    rotas: frozenset[str]
    people: frozenset[str]
    hours: frozenset[str]
    escalations: frozenset[str]
    all_receivers: frozenset[str]
    channels: Channels


def check_receiver(receiver: Receiver, ids: Ids) -> Iterator[RecordFault]:
    """Yield what is wrong with a receiver."""
    kinds = (*ids.channels, POST)
    yield from one_of(receiver.kind, kinds, "kind", "kind of receiver")
    yield from one_of(receiver.language, LANGUAGES, "language", "language")
    if receiver.kind in kinds:
        yield from check_keys(receiver.kind, receiver.options, ids.channels)
    if receiver.kind == POST:
        yield from one_of(receiver.rota, ids.rotas, "rota", "rota")
    elif receiver.rota:
        yield RecordFault(
            "rota", f"a receiver of kind {receiver.kind!r} has none", f"write kind: {POST}"
        )
    if not 1 <= receiver.per_minute <= MOST_PER_MINUTE:
        problem = f"{receiver.per_minute} is impossible"
        yield RecordFault("per_minute", problem, f"give 1 to {MOST_PER_MINUTE}")
    if not 1 <= receiver.attempts <= MOST_ATTEMPTS:
        problem = f"{receiver.attempts} is impossible"
        yield RecordFault("attempts", problem, f"give 1 to {MOST_ATTEMPTS}")
    if not _NO_TIME < receiver.timeout <= LONGEST_ATTEMPT:
        yield RecordFault("timeout", "not within a minute", "give 1s to 1m")
    if not _NO_TIME < receiver.retry <= LONGEST_RETRY:
        yield RecordFault("retry", "not within five minutes", "give 1s to 5m")
    yield from _fallback(receiver, ids)


def _fallback(receiver: Receiver, ids: Ids) -> Iterator[RecordFault]:
    if not receiver.fallback:
        return
    yield from one_of(receiver.fallback, ids.all_receivers, "fallback", "receiver")
    chain = [receiver.id]
    following: Receiver | None = receiver
    while following and following.fallback:
        chain.append(following.fallback)
        if following.fallback == receiver.id:
            problem = f"it comes back to itself: {' → '.join(chain)}"
            yield RecordFault("fallback", problem, "end the chain in another one")
            return
        if len(chain) > len(ids.all_receivers) + 1:
            return
        following = ids.receivers.get(following.fallback)
    other = ids.receivers.get(receiver.fallback)
    if other and other.exercise is not receiver.exercise:
        problem = (
            f"{receiver.fallback!r} is " + ("" if other.exercise else "not ") + "for exercises"
        )
        yield RecordFault("fallback", problem, "give one of the same sort")


def check_escalation(chain: Escalation, ids: Ids) -> Iterator[RecordFault]:
    """Yield what is wrong with a chain of escalation."""
    yield from _steps(chain, ids)
    if chain.repeat is not None:
        yield from check_interval(chain.repeat, "repeat")
        if not chain.steps:
            yield RecordFault("repeat", "there is no step to repeat", "give steps, or take it away")
    if chain.no_progress is not None:
        yield from check_interval(chain.no_progress, "no_progress")
    if (chain.no_progress is None) != (not chain.no_progress_to):
        problem = "only one of no_progress and no_progress_to"
        yield RecordFault("", problem, "say after what time and to whom, or neither")
    yield from check_names(chain.no_progress_to, ids, "no_progress_to")
    if not chain.steps and chain.no_progress is None:
        yield RecordFault("", "does nothing", "give steps or no_progress")


def _steps(chain: Escalation, ids: Ids) -> Iterator[RecordFault]:
    for index, step in enumerate(chain.steps):
        item = f"steps[{index}]"
        if step.after <= _NO_TIME:
            yield RecordFault(
                f"{item}.after", "not later than the alert", "give a duration above 0s"
            )
        yield from check_names(step.to, ids, f"{item}.to")
    for index, (one, two) in enumerate(pairwise(chain.steps), 1):
        if two.after <= one.after:
            yield RecordFault(
                f"steps[{index}].after", "not later than the step before", "order the steps by time"
            )


def check_interval(every: timedelta, item: str) -> Iterator[RecordFault]:
    """Yield what is wrong with a time after which something is told again."""
    if every < timedelta(minutes=1):
        yield RecordFault(item, "more often than every minute", "give 1m or more")


def check_names(names: Iterable[str], ids: Ids, item: str) -> Iterator[RecordFault]:
    """Yield which of `names` are no receivers."""
    for name in names:
        yield from one_of(name, ids.all_receivers, item, "receiver")


def check_hours(hours: Hours) -> Iterator[RecordFault]:
    """Yield what is wrong with hours of the week."""
    yield from one_of(hours.days, DAYS, "days", "sort of days")
    yield from check_time_of_day(hours.from_, "from")
    yield from check_time_of_day(hours.until, "until")
    yield from check_weekdays(hours.weekdays, "weekdays")
    if hours.from_ == hours.until:
        yield RecordFault(
            "until", "the same as from", "give another; the whole day is 00:00 to 24:00"
        )


def check_person(person: Person, ids: Ids) -> Iterator[RecordFault]:
    """Yield what is wrong with somebody of the rota."""
    if not person.receivers:
        yield RecordFault("receivers", "cannot be reached", "list at least one receiver")
    yield from check_names(person.receivers, ids, "receivers")
    for name in person.receivers:
        found = ids.receivers.get(name)
        if found and found.kind == POST:
            problem = f"{name!r} is a post, not a channel"
            yield RecordFault("receivers", problem, "name the person's own channels")


def check_rota(rota: Rota, ids: Ids) -> Iterator[RecordFault]:
    """Yield what is wrong with a post of the rota."""
    yield from check_date(rota.starts_on, "starts_on")
    if rota.turn_days < 1:
        yield RecordFault("turn_days", f"{rota.turn_days} is impossible", "give 1 or more")
    if not rota.shifts:
        yield RecordFault("shifts", "no shift", "give at least one, with from and people")
    yield from _shifts(rota, ids)
    for index, override in enumerate(rota.overrides):
        item = f"overrides[{index}]"
        yield from check_date(override.on, f"{item}.on")
        yield from one_of(override.person, ids.people, f"{item}.person", "person")
        if override.shift:
            yield from one_of(override.shift, rota.shifts, f"{item}.shift", "shift")


def _shifts(rota: Rota, ids: Ids) -> Iterator[RecordFault]:
    seen: dict[str, str] = {}
    for name, shift in rota.shifts.items():
        yield from check_time_of_day(shift.from_, f"shifts.{name}.from", most="23:59")
        if shift.from_ in seen:
            problem = f"begins with {seen[shift.from_]!r}"
            yield RecordFault(f"shifts.{name}.from", problem, "give another time")
        seen.setdefault(shift.from_, name)
        if not shift.people:
            yield RecordFault(f"shifts.{name}.people", "nobody", "list who takes turns")
        for person in shift.people:
            yield from one_of(person, ids.people, f"shifts.{name}.people", "person")


def one_of(name: str, known: Iterable[str], item: str, what: str) -> Iterator[RecordFault]:
    """Yield that `name` is none of `known`, where it is not."""
    if name not in known:
        yield RecordFault(item, f"unknown {what} {name!r}", suggest(name, known))
