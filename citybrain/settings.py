"""What a process needs to know of the machine it runs on: `CITYBRAIN_*` from the environment.

What a city is (departments, feeds, kinds …) is not here but in the city's folder; see
`citybrain.config`. A secret comes from a file (`…_FILE`), never from a variable's value.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from citybrain.errors import ConfigError, Fault

PREFIX = "CITYBRAIN_"


@dataclass(frozen=True)
class Settings:
    """One process's settings; each field is read from `CITYBRAIN_<FIELD>` in upper case.

    Attributes:
        cities: folder that holds the cities' folders.
        city: name of the city's folder.
        data: folder of this machine's state: broker, store, drops, keys, logs.
        kafka: bootstrap servers, ``host:port`` joined by commas.
        partitions: partitions of each partitioned topic, when it is first made.
        replication: replicas of each topic, when it is first made.
        store_url: ClickHouse over HTTP, ``http://host:port``.
        store_user: ClickHouse user.
        store_password_file: file that holds the user's password; none: no password.
        database: ClickHouse database.
        store_cluster: ClickHouse cluster whose replicas all hold the tables; "": one server.
        gateway_host: address that the push door listens on.
        gateway_port: its port.
        screens_host: address that the wall listens on.
        screens_port: its port.
        keys_file: the departments' API keys, hashed; none: ``<data>/keys.json``.
        max_lag: records that the sink may lag behind before the door answers 429.
        min_free_mb: free MiB on the disk of `data` below which the door answers 429.
        log_level: ``debug``, ``info``, ``warning`` or ``error``.
        log_format: ``text`` for people, ``json`` for machines.
        metrics_port: Prometheus port of stream and sink workers; 0: none.
    """

    cities: Path = Path("cities")
    city: str = "wuhai"
    data: Path = Path("data")
    kafka: str = "127.0.0.1:19092"
    partitions: int = 4
    replication: int = 1
    store_url: str = "http://127.0.0.1:18123"
    store_user: str = "default"
    store_password_file: Path | None = None
    database: str = "city"
    store_cluster: str = ""
    gateway_host: str = "127.0.0.1"
    gateway_port: int = 18080
    screens_host: str = "127.0.0.1"
    screens_port: int = 18050
    keys_file: Path | None = None
    max_lag: int = 20_000
    min_free_mb: int = 512
    log_level: str = "info"
    log_format: str = "text"
    metrics_port: int = 0

    @property
    def city_folder(self) -> Path:
        """The folder of this city's configuration."""
        return self.cities / self.city

    @property
    def keys_path(self) -> Path:
        """The file of hashed API keys."""
        return self.keys_file or self.data / "keys.json"

    def store_password(self) -> str:
        """Return the store's password, read from its file; "" where there is none."""
        path = self.store_password_file
        return path.read_text().strip() if path else ""


def from_environment(environment: Mapping[str, str] | None = None) -> Settings:
    """Return the settings that `environment` (by default the process's own) describes.

    Raises:
        ConfigError: a `CITYBRAIN_*` name is unknown or a value is not of its type.
    """
    given = {
        name: text
        for name, text in (os.environ if environment is None else environment).items()
        if name.startswith(PREFIX)
    }
    kinds = {PREFIX + item.name.upper(): item for item in fields(Settings)}
    faults = [_unknown(name, kinds) for name in sorted(given.keys() - kinds.keys())]
    values: dict[str, object] = {}
    for name in sorted(given.keys() & kinds.keys()):
        try:
            values[kinds[name].name] = _parse(str(kinds[name].type), given[name])
        except ValueError:
            problem = f"{given[name]!r} is not a whole number"
            faults.append(Fault("environment", name, problem, "give one, for example 4"))
    if faults:
        raise ConfigError(faults)
    return Settings(**values)  # type: ignore[arg-type]


def _parse(kind: str, text: str) -> object:
    if kind == "int":
        return int(text)
    if kind.startswith("Path"):
        return Path(text)
    return text


def _unknown(name: str, known: Mapping[str, object]) -> Fault:
    close = difflib.get_close_matches(name, known, n=1)
    remedy = f"did you mean {close[0]!r}?" if close else f"known are {', '.join(sorted(known))}"
    return Fault("environment", name, "unknown setting", remedy)


def to_environment(settings: Settings) -> dict[str, str]:
    """Return the variables that `from_environment` reads `settings` from, for a child process."""
    values = {PREFIX + item.name.upper(): getattr(settings, item.name) for item in fields(settings)}
    return {name: str(value) for name, value in values.items() if value is not None}
