"""Read the receivers of routing.yaml: keys of their own, and those of their channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import ClassVar

import yaml

from citybrain.city.references import check_id
from citybrain.floor.strict import Document, join, suggest
from citybrain.notices.channel_options import Channels, default_kind
from citybrain.notices.routing import Receiver
from citybrain.notices.routing_reader import Top, note

_OWN = frozenset(one.name for one in fields(Receiver)) - {"id", "options"}


@dataclass(frozen=True)
class _Option:
    """One value that a channel takes."""

    SHORTHAND: ClassVar[str] = "text"

    text: str


def read_receivers(document: Document, top: Top, channels: Channels) -> dict[str, Receiver]:
    """Return the receivers by id, without those whose shape is wrong."""
    found: dict[str, Receiver] = {}
    nodes = document.entries(top["receivers"], "receivers") if "receivers" in top else {}
    for name, node in nodes.items():
        item = join("receivers", name)
        note(document, item, check_id(name))
        record = _receiver(document, node, name, channels)
        if record is not None:
            found[name] = record
    return found


def _receiver(
    document: Document, node: yaml.Node, name: str, channels: Channels
) -> Receiver | None:
    item = join("receivers", name)
    if not isinstance(node, yaml.MappingNode):
        return document.record(node, Receiver, item, {"id": name, "options": {}})
    # Of all keys at once, so that each has its line and none is there twice.
    entries = document.entries(node, item)
    options = _options(document, item, entries, channels)
    given = {"id": name, "options": options}
    if "kind" not in entries:
        given["kind"] = default_kind(channels)
    own = [(key, value) for key, value in node.value if str(key.value) in _OWN]
    rest = yaml.MappingNode(node.tag, own, node.start_mark, node.end_mark)
    return document.record(rest, Receiver, item, given)


def _options(
    document: Document, item: str, entries: Mapping[str, yaml.Node], channels: Channels
) -> dict[str, str]:
    keys = {key for channel in channels.values() for key in channel.keys}
    options: dict[str, str] = {}
    for key, value in entries.items():
        if key in keys:
            read = document.record(value, _Option, join(item, key))
            options |= {key: read.text} if read is not None else {}
        elif key not in _OWN:
            document.fault(join(item, key), f"unknown key {key!r}", suggest(key, keys | _OWN))
    return options
