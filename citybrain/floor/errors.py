"""Every error that a user can meet, drawn as a tree.

    CityBrainError
    ├── ConfigError          a city folder or a setting is wrong (all faults of a file at once)
    ├── EnvelopeError        bytes on city.events are not an envelope that we can read
    ├── RecordRefused        a record that can never be carried out; the others can
    ├── BusError             Kafka cannot be reached or refuses
    ├── StoreError           ClickHouse cannot be reached or refuses
    ├── SourceError          a department's own source cannot be reached or read
    └── LaunchError          the machine is not ready: a taken port, a full disk, an old Python

A message says *place, item, problem, remedy*, for example
``cities/wuhai/feeds/transport.yaml:12: feeds.radar: unknown key 'kindd'; did you mean 'kind'?``.
"""

from __future__ import annotations

from dataclasses import dataclass


class CityBrainError(Exception):
    """Base of all errors whose message is meant for a person."""


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong in a configuration file.

    Attributes:
        place: file, with line where known (``cities/wuhai/kinds/traffic.yaml:7``).
        item: dotted path of the item inside the file (``kinds.manhole_open.unit``).
        problem: what is wrong, quoting the offending value with ``repr``.
        remedy: what to do about it.
    """

    place: str
    item: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        """Render as one line: place, item, problem, remedy."""
        return f"{self.place}: {self.item}: {self.problem}; {self.remedy}"


class ConfigError(CityBrainError):
    """One or more faults of configuration, reported together."""

    def __init__(self, faults: list[Fault]) -> None:
        """Keep `faults` (at least one) and join them, a line each, as the message."""
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in faults))


class EnvelopeError(CityBrainError):
    """A record on `city.events` is not an Arrow IPC stream of the event schema."""


class RecordRefused(CityBrainError):
    """A record that can never be carried out, however often it is read or sent."""


class BusError(CityBrainError):
    """Kafka cannot be reached, or answered with an error."""


class StoreError(CityBrainError):
    """ClickHouse cannot be reached, or answered with an error."""


class SourceError(CityBrainError):
    """A department's own source (folder, file, topic) cannot be reached or read."""


class LaunchError(CityBrainError):
    """This machine cannot run the system as it is; the message says what to do."""
