"""What routing.yaml says, as frozen records: receivers, routes, escalation, inhibition."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from zoneinfo import ZoneInfo

from citybrain.alerts.handling import HandlingPolicy
from citybrain.alerts.silence_records import Matcher
from citybrain.city import Subject
from citybrain.city.work_calendar import WorkCalendar
from citybrain.floor.text import Text
from citybrain.notices.hours import Hours
from citybrain.notices.rota import Duty, Person, Rota

POST = "rota"
"""The `kind` of a receiver that is a post, told as whoever holds it; others are channels."""
LANGUAGES = ("zh", "en", "both")


@dataclass(frozen=True)
class Receiver:
    """Somebody or something that can be told.

    Attributes:
        id: its name.
        title: its name for people.
        kind: the channel, by its name in `notifier/channels/`, or `POST` (whoever is on duty).
        options: what the channel takes, written beside the other keys: where it is reached …
        rota: id of the post in rota.yaml whose holder is told.
        language: ``zh``, ``en`` or ``both``.
        per_minute: messages a minute; what is more waits and is told together.
        timeout: of an attempt.
        attempts: until it is given up.
        retry: wait after the first failed attempt; four times as long after each further one, at
            most five minutes.
        fallback: receiver that is told instead where this one was given up.
        exercise: whether it is for exercises; it then hears of nothing else.
    """

    id: str
    title: Text
    kind: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    rota: str = ""
    language: str = "both"
    per_minute: int = 20
    timeout: timedelta = timedelta(seconds=10)
    attempts: int = 6
    retry: timedelta = timedelta(seconds=2)
    fallback: str = ""
    exercise: bool = False


@dataclass(frozen=True)
class EscalationStep:
    """Who is told when nobody has acknowledged, so long `after` the first notice."""

    after: timedelta
    to: tuple[str, ...]


@dataclass(frozen=True)
class Escalation:
    """What happens while nobody acts.

    Attributes:
        id: its name.
        steps: on no acknowledgement, in order of time.
        repeat: after the last step it is told again and again, until somebody acknowledges.
        no_progress: time after the acknowledgement, at which the alert is still open.
        no_progress_to: who is told then, and each `no_progress` later until it is handled.
    """

    id: str
    steps: tuple[EscalationStep, ...] = ()
    repeat: timedelta | None = None
    no_progress: timedelta | None = None
    no_progress_to: tuple[str, ...] = ()


@dataclass(frozen=True)
class Inhibition:
    """Alerts that keep others quiet while they are open.

    Attributes:
        id: its name.
        source: matchers of those that do.
        target: matchers of those kept quiet.
        equal: labels that must have a value in common; where one of both has none, they have not.
        covers: label all of whose values must be found among sources (feeds that are silent).
        title: the reason, for people.
    """

    id: str
    source: tuple[Matcher, ...]
    target: tuple[Matcher, ...]
    title: Text
    equal: tuple[str, ...] = ()
    covers: str = ""


@dataclass(frozen=True)
class Route:
    """A node of the tree: alerts that match it and none of its children's go to its receivers.

    Attributes:
        path: names from the root, joined by slashes; unique.
        matchers: all must hold.
        to: receivers; inherited where not given.
        continue_: whether the siblings after it are tried too.
        repeat: its receivers are told again so often while nobody acknowledges; None: never.
        group_interval: messages of one group to one receiver are this far apart at least.
        escalation: what happens while nobody acts.
        active: it tells only in one of these hours (names; none: always).
        mute: it does not tell in any of these hours.
        resolved: whether the end of an alert is told too.
        routes: its children, tried in order.
    """

    path: str
    matchers: tuple[Matcher, ...] = ()
    to: tuple[str, ...] = ()
    continue_: bool = False
    repeat: timedelta | None = None
    group_interval: timedelta = timedelta()
    escalation: Escalation | None = None
    active: tuple[str, ...] = ()
    mute: tuple[str, ...] = ()
    resolved: bool = True
    routes: tuple[Route, ...] = ()

    def walk(self) -> Iterator[Route]:
        """Yield it and all below it."""
        yield self
        for route in self.routes:
            yield from route.walk()


@dataclass(frozen=True)
class Names:
    """What people call what an alert carries as ids.

    Attributes:
        areas, feeds, departments, themes, people: id → title.
        subjects: id → what is known of a device, an asset.
        city: title of the city.
        desk_url: address of the duty desk, for links; "": none.
    """

    areas: Mapping[str, Text] = field(default_factory=dict)
    feeds: Mapping[str, Text] = field(default_factory=dict)
    departments: Mapping[str, Text] = field(default_factory=dict)
    themes: Mapping[str, Text] = field(default_factory=dict)
    people: Mapping[str, Text] = field(default_factory=dict)
    subjects: Mapping[str, Subject] = field(default_factory=dict)
    city: Text | None = None
    desk_url: str = ""


@dataclass(frozen=True)
class Routing:
    """All that routing.yaml, rota.yaml, calendar.yaml and handling.yaml say.

    Attributes:
        root: the tree of routes.
        receivers: by id.
        hours: by id.
        inhibitions: the built-in ones, then the city's.
        exercise_to: receivers that stand in for all others during an exercise.
        people, rotas: by id.
        calendar: working days.
        zone: the city's.
        names: titles.
        channels: what each kind of receiver is called, in a word.
        handling: what is asked of those who handle alerts.
    """

    root: Route
    receivers: Mapping[str, Receiver]
    zone: ZoneInfo
    hours: Mapping[str, Hours] = field(default_factory=dict)
    inhibitions: tuple[Inhibition, ...] = ()
    exercise_to: tuple[str, ...] = ()
    people: Mapping[str, Person] = field(default_factory=dict)
    rotas: Mapping[str, Rota] = field(default_factory=dict)
    calendar: WorkCalendar = field(default_factory=WorkCalendar)
    names: Names = field(default_factory=Names)
    channels: Mapping[str, str] = field(default_factory=dict)
    handling: HandlingPolicy = field(default_factory=HandlingPolicy)


@dataclass(frozen=True)
class RoutedReceiver:
    """A receiver that is told in the end, and why it is this one.

    Attributes:
        receiver: its id, never of kind `POST`.
        named: the receiver that the route names (the post, or itself).
        person: who is on duty, "" where no rota is asked.
        duty: the shift.
    """

    receiver: str
    named: str
    person: str = ""
    duty: Duty | None = None
