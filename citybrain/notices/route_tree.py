"""Build the tree of routes and the inhibitions from what routing.yaml says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from citybrain.city.references import RecordFault
from citybrain.floor.strict import Document, join, suggest
from citybrain.floor.text import Text
from citybrain.notices import routing_checks
from citybrain.notices.label_names import PLACE, LabelNames
from citybrain.notices.routing import Escalation, Inhibition, Route
from citybrain.notices.routing_reader import Top, matchers, note, records

NONE = "none"
"""Written as a route's escalation: none, also where the route above has one."""


@dataclass(frozen=True)
class _Node:
    """A route as it is written."""

    match: tuple[str, ...] = ()
    to: tuple[str, ...] = ()
    continue_: bool = False
    repeat: timedelta | None = None
    group_interval: timedelta | None = None
    escalation: str = ""
    active: tuple[str, ...] = ()
    mute: tuple[str, ...] = ()
    resolved: bool | None = None
    routes: Mapping[str, _Node] = field(default_factory=dict)


@dataclass(frozen=True)
class _Inhibits:
    """An inhibition as it is written."""

    title: Text
    source: tuple[str, ...]
    target: tuple[str, ...]
    equal: tuple[str, ...] = ()
    covers: str = ""


class Tree:
    """One reading of the tree."""

    def __init__(
        self,
        document: Document,
        ids: routing_checks.Ids,
        chains: Mapping[str, Escalation],
        known: LabelNames,
    ) -> None:
        """Note faults in `document`; `chains` are the escalations that routes can name."""
        self._document, self._ids, self._chains, self._known = document, ids, chains, known

    def root(self, top: Top) -> Route | None:
        """Return the root with all below it; None: it cannot be read."""
        node = top.get("route")
        written = self._document.record(node, _Node, "route") if node is not None else None
        if written is None:
            return None
        if written.match:
            remedy = "put conditions into its routes"
            self._document.fault("route.match", "every alert takes this one", remedy)
        if not written.to:
            remedy = "say who does: to: […]"
            self._document.fault("route", "nobody hears of what no route takes", remedy)
        return self._route(written, "route", "root", Route(""))

    def _route(self, node: _Node, item: str, path: str, parent: Route) -> Route:
        note(self._document, item, self._wrong(node))
        interval = node.group_interval
        own = Route(
            path=path,
            matchers=matchers(self._document, node.match, join(item, "match"), self._known),
            to=node.to or parent.to,
            continue_=node.continue_,
            repeat=parent.repeat if node.repeat is None else node.repeat or None,
            group_interval=parent.group_interval if interval is None else interval,
            escalation=parent.escalation
            if not node.escalation
            else self._chains.get(node.escalation),
            active=node.active,
            mute=node.mute,
            resolved=parent.resolved if node.resolved is None else node.resolved,
        )
        children = tuple(
            self._route(child, f"{item}.routes.{name}", f"{path}/{name}", own)
            for name, child in node.routes.items()
        )
        return replace(own, routes=children)

    def _wrong(self, node: _Node) -> Iterator[RecordFault]:
        yield from routing_checks.check_names(node.to, self._ids, "to")
        for key, names in (("active", node.active), ("mute", node.mute)):
            for name in names:
                yield from routing_checks.one_of(name, self._ids.hours, key, "hours")
        if node.escalation:
            known = self._ids.escalations | {NONE}
            yield from routing_checks.one_of(node.escalation, known, "escalation", "escalation")
        if node.repeat:
            yield from routing_checks.check_interval(node.repeat, "repeat")
        yield from _unreachable(node)


def read_inhibitions(document: Document, top: Top, known: LabelNames) -> tuple[Inhibition, ...]:
    """Return the city's own inhibitions."""
    found = []
    for name, raw in records(document, top, "inhibitions", _Inhibits).items():
        item = join("inhibitions", name)
        source = matchers(document, raw.source, join(item, "source"), known)
        target = matchers(document, raw.target, join(item, "target"), known)
        note(document, item, _wrong_inhibition(raw, known))
        one = Inhibition(name, source, target, raw.title, raw.equal, raw.covers)
        note(document, item, _causeless(one))
        found.append(one)
    return tuple(found)


def _wrong_inhibition(raw: _Inhibits, known: LabelNames) -> Iterator[RecordFault]:
    for key in ("source", "target"):
        if not getattr(raw, key):
            yield RecordFault(key, "no condition", "say which alerts it is about")
    if bool(raw.equal) == bool(raw.covers):
        problem = "both equal and covers" if raw.covers else "an alert anywhere would do it"
        yield RecordFault("", problem, "say what must be the same: equal: [street]")
    for index, name in enumerate(raw.equal):
        if name not in known.labels:
            remedy = suggest(name, known.labels)
            yield RecordFault(f"equal[{index}]", f"unknown label {name!r}", remedy)
    if raw.covers and raw.covers not in known.labels:
        yield RecordFault(
            "covers", f"unknown label {raw.covers!r}", suggest(raw.covers, known.labels)
        )


def _causeless(one: Inhibition) -> Iterator[RecordFault]:
    """Yield a fault where nothing but place, theme or level links the two."""
    both = all(
        any(m.name not in PLACE and m.op in ("=", "=~") for m in side)
        for side in (one.source, one.target)
    )
    if one.source and one.target and one.equal and not both and PLACE.issuperset(one.equal):
        problem = "keeps quiet what is only beside it"
        remedy = "name the cause: equal: [hazard, street], or rules in source and target"
        yield RecordFault("equal", problem, remedy)


def _unreachable(node: _Node) -> Iterator[RecordFault]:
    swallower = ""
    for name, child in node.routes.items():
        if swallower:
            problem = f"never reached: {swallower!r} before it takes everything"
            yield RecordFault(
                f"routes.{name}", problem, "move it up, or write continue: true there"
            )
        elif not child.match and not child.continue_:
            swallower = name
