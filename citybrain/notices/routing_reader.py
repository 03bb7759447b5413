"""What the readers of routing.yaml and rota.yaml share: sections of records, matchers, faults."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar, TypeVar

import yaml

from citybrain.alerts.matchers import MatcherError, parse
from citybrain.alerts.silence_records import Matcher
from citybrain.city.references import RecordFault, check_id
from citybrain.floor.strict import Document, join
from citybrain.notices.label_names import LabelNames

T = TypeVar("T")
Top = Mapping[str, yaml.Node]
"""The nodes of a file by its first keys."""
_STR = "tag:yaml.org,2002:str"
_MATCHES = ("match", "source", "target")


@dataclass(frozen=True)
class Texts:
    """A list of texts."""

    SHORTHAND: ClassVar[str] = "texts"

    texts: tuple[str, ...] = ()


def records(
    document: Document, top: Top, key: str, kind: type[T], *, with_id: bool = False
) -> dict[str, T]:
    """Return the records under `key` by id, without the faulty ones."""
    found: dict[str, T] = {}
    for name, node in document.entries(top[key], key).items() if key in top else ():
        item = join(key, name)
        note(document, item, check_id(name))
        record = document.record(node, kind, item, {"id": name} if with_id else {})
        if record is not None:
            found[name] = record
    return found


def ids(top: Top, key: str) -> frozenset[str]:
    """Return the ids under `key`, also of faulty records: one fault is told once."""
    node = top.get(key)
    pairs = node.value if isinstance(node, yaml.MappingNode) else ()
    return frozenset(str(name.value) for name, _ in pairs)


def note(document: Document, item: str, found: Iterable[RecordFault]) -> None:
    """Note what was found wrong with `item`."""
    for one in found:
        place = join(item, one.item) if one.item else item
        document.fault(place, one.problem, one.remedy)


def note_each(
    document: Document,
    key: str,
    found: Mapping[str, T],
    check: Callable[[T], Iterable[RecordFault]],
) -> None:
    """Note what `check` finds wrong with each of the records under `key`."""
    for name, record in found.items():
        note(document, join(key, name), check(record))


def matchers(
    document: Document, texts: Iterable[str], item: str, known: LabelNames
) -> tuple[Matcher, ...]:
    """Return the conditions that `texts` say."""
    found = []
    for index, text in enumerate(texts):
        place = f"{item}[{index}]"
        try:
            matcher = parse(text)
        except MatcherError as error:
            document.fault(place, error.problem, error.remedy)
            continue
        note(document, place, known.check(matcher, ""))
        found.append(matcher)
    return tuple(found)


def expand(node: yaml.Node | None) -> None:
    """Turn ``match: {level: [red, orange]}`` into ``match: ['level=~"red|orange"']``, in place."""
    if isinstance(node, yaml.SequenceNode):
        for part in node.value:
            expand(part)
    if not isinstance(node, yaml.MappingNode):
        return
    for index, (key, value) in enumerate(node.value):
        if key.value in _MATCHES and isinstance(value, yaml.MappingNode):
            texts = [_condition(name, own) for name, own in value.value]
            flat = yaml.SequenceNode("", texts, value.start_mark, value.end_mark)
            node.value[index] = (key, flat)
        else:
            expand(value)


def _condition(name: yaml.Node, value: yaml.Node) -> yaml.ScalarNode:
    if isinstance(value, yaml.SequenceNode):
        either = "|".join(re.escape(str(part.value)) for part in value.value)
        text = f'{name.value}=~"{either}"'
    else:
        text = f'{name.value}="{value.value}"'
    return yaml.ScalarNode(_STR, text, name.start_mark, value.end_mark)
