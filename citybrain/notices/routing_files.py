"""Read a city's routing.yaml, rota.yaml, calendar.yaml and handling.yaml, or say what is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from zoneinfo import ZoneInfo

import yaml

from citybrain.alerts.handling import HandlingPolicy, check_handling
from citybrain.city import City
from citybrain.city.calendar_file import CALENDAR, load_calendar, read_calendar
from citybrain.floor.errors import ConfigError, Fault
from citybrain.floor.strict import Document, suggest
from citybrain.floor.text import Text
from citybrain.notices import routing_checks
from citybrain.notices.channel_options import Channels
from citybrain.notices.hours import Hours
from citybrain.notices.inhibitions import BUILT_IN
from citybrain.notices.label_names import label_names_of
from citybrain.notices.receivers_reader import read_receivers
from citybrain.notices.rota import Person, Rota
from citybrain.notices.route_tree import Tree, read_inhibitions
from citybrain.notices.routing import Escalation, Names, Route, Routing
from citybrain.notices.routing_reader import Texts, Top, expand, ids, note, note_each, records

ROUTING, ROTA, HANDLING = "routing.yaml", "rota.yaml", "handling.yaml"


def load_routing(city: City, channels: Channels, desk_url: str = "") -> Routing:
    """Return who hears of the alerts of `city`.

    Args:
        city: whose folder is read.
        channels: the channels that were found.
        desk_url: address of the duty desk, for links in messages.

    Raises:
        ConfigError: something is wrong; it carries every fault of the four files.
    """
    reader = _Reader(city, channels)
    routing = reader.routing(desk_url)
    faults = [fault for document in reader.documents for fault in document.sorted_faults()]
    if faults or routing is None:
        raise ConfigError(faults)
    return routing


def routing_of(city: City, channels: Channels, desk_url: str = "") -> Routing:
    """Return who hears of the alerts of `city`: nobody where it has no routing.yaml.

    Raises:
        ConfigError: something is wrong with the files that there are.
    """
    if (city.folder / ROUTING).exists():
        return load_routing(city, channels, desk_url)
    document = Document(city.folder / HANDLING)
    handling = _handling(document)
    if document.faults:
        raise ConfigError(document.sorted_faults())
    root, zone = Route("root"), ZoneInfo(city.time_zone)
    return Routing(root, {}, zone, names=names_of(city, desk_url), handling=handling)


def routing_faults(city: City, channels: Channels) -> tuple[Fault, ...]:
    """Return all that is wrong with the four files of `city`; it may have none of them.

    A calendar, or what is done with alerts, says something also where nobody is told.
    """
    try:
        if (city.folder / ROUTING).exists() or (city.folder / ROTA).exists():
            load_routing(city, channels)
        else:
            load_calendar(city)
            routing_of(city, channels)
    except ConfigError as error:
        return error.faults
    return ()


def names_of(city: City, desk_url: str = "") -> Names:
    """Return the titles of what `city` has."""
    return Names(
        areas={area.code: area.title for area in city.areas.values()},
        feeds={feed.id: feed.title for feed in city.feeds.values()},
        departments={one.id: one.title for one in city.departments.values()},
        themes={theme.id: theme.title for theme in city.themes.values()},
        subjects=city.subjects,
        city=city.title,
        desk_url=desk_url,
    )


class _Reader:
    """One reading of the four files."""

    def __init__(self, city: City, channels: Channels) -> None:
        self.city, self._channels = city, channels
        self.documents: list[Document] = []
        self._known = label_names_of(city)

    def routing(self, desk_url: str) -> Routing | None:
        optional = ("exercise_to", "escalations", "hours", "inhibitions")
        document, top = self._open(ROUTING, ("receivers", "route"), optional)
        rota_document, rota_top = self._open(ROTA, ("people", "rotas"))
        calendar_document = self._document(CALENDAR)
        receivers = read_receivers(document, top, self._channels)
        found = routing_checks.Ids(
            receivers,
            rotas=ids(rota_top, "rotas"),
            people=ids(rota_top, "people"),
            hours=ids(top, "hours"),
            escalations=ids(top, "escalations"),
            all_receivers=ids(top, "receivers"),
            channels=self._channels,
        )
        note_each(
            document, "receivers", receivers, lambda one: routing_checks.check_receiver(one, found)
        )
        chains = records(document, top, "escalations", Escalation, with_id=True)
        note_each(
            document, "escalations", chains, lambda one: routing_checks.check_escalation(one, found)
        )
        hours = records(document, top, "hours", Hours)
        note_each(document, "hours", hours, routing_checks.check_hours)
        people, rotas = _duty(rota_document, rota_top, found)
        inhibitions = read_inhibitions(document, top, self._known)
        root = Tree(document, found, chains, self._known).root(top)
        exercise_to = _exercise_to(document, top, found)
        calendar = read_calendar(calendar_document)
        handling = _handling(self._document(HANDLING))
        if root is None:
            return None
        return Routing(
            root=root,
            receivers=receivers,
            zone=ZoneInfo(self.city.time_zone),
            hours=hours,
            inhibitions=(*BUILT_IN, *inhibitions),
            exercise_to=exercise_to,
            people=people,
            rotas=rotas,
            calendar=calendar,
            names=replace(names_of(self.city, desk_url), people=_titles(people)),
            channels={kind: one.title for kind, one in self._channels.items()},
            handling=handling,
        )

    def _document(self, name: str) -> Document:
        document = Document(self.city.folder / name)
        self.documents.append(document)
        return document

    def _open(
        self, name: str, needed: Iterable[str], optional: Iterable[str] = ()
    ) -> tuple[Document, dict[str, yaml.Node]]:
        document = self._document(name)
        root = document.root()
        if document.faults:
            return document, {}
        expand(root)
        top = document.entries(root, "")
        allowed = (*needed, *optional)
        for key in top:
            if key not in allowed:
                document.fault(key, f"unknown key {key!r}", suggest(key, allowed))
        for key in needed:
            if key not in top:
                document.fault("", f"key {key!r} is missing", f"add '{key}: …'")
        return document, top


def _duty(
    document: Document, top: Top, found: routing_checks.Ids
) -> tuple[dict[str, Person], dict[str, Rota]]:
    people = records(document, top, "people", Person)
    rotas = records(document, top, "rotas", Rota)
    note_each(document, "people", people, lambda one: routing_checks.check_person(one, found))
    note_each(document, "rotas", rotas, lambda one: routing_checks.check_rota(one, found))
    return people, rotas


def _titles(people: Mapping[str, Person]) -> dict[str, Text]:
    return {name: person.title for name, person in people.items()}


def _handling(document: Document) -> HandlingPolicy:
    """Return what the city asks of those who handle alerts; it may say nothing."""
    root = document.root() if document.path.exists() else None
    found = document.record(root, HandlingPolicy, "") if root is not None else None
    note(document, "", check_handling(found) if found else ())
    return found or HandlingPolicy()


def _exercise_to(document: Document, top: Top, found: routing_checks.Ids) -> tuple[str, ...]:
    node = top.get("exercise_to")
    read = document.record(node, Texts, "exercise_to") if node is not None else None
    names = read.texts if read else ()
    note(document, "", routing_checks.check_names(names, found, "exercise_to"))
    for name in names:
        receiver = found.receivers.get(name)
        if receiver and not receiver.exercise:
            problem = f"{name!r} is not for exercises"
            document.fault("exercise_to", problem, "write exercise: true there")
    return names
