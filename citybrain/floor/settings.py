"""What a process needs to know of the machine it runs on: `CITYBRAIN_*` from the environment.

What a city is (departments, feeds, kinds …) is not here but in the city's folder; see
`citybrain.city`. A secret comes from a file (`…_FILE`), never from a variable's value.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import NamedTuple

from citybrain.floor.errors import ConfigError, Fault

PREFIX = "CITYBRAIN_"


class Login(NamedTuple):
    """Who somebody is to Kafka or to the store."""

    user: str
    password: str


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
        kafka_user: who we are to Kafka.
        kafka_password_file: file that holds our password there; none: the one that the broker of
            this machine made, ``<data>/secrets/kafka.secret``, and where there is none: no sign-in.
        store_url: ClickHouse over HTTP, ``http://host:port``.
        store_user: ClickHouse user that writes.
        store_password_file: file that holds its password; none: the one that the store of this
            machine made, ``<data>/secrets/store-writer.secret``, and where there is none: no
            password.
        store_reader_user: ClickHouse user that may only read.
        store_reader_password_file: file that holds its password; none: the one of this machine's
            store, and where there is none, who reads is `store_user`.
        command_key_file: the key that desks sign commands with and the ruler checks, made when
            missing, the same for all of them; none: ``<data>/secrets/command.key``.
        database: ClickHouse database.
        store_cluster: ClickHouse cluster whose replicas all hold the tables; "": one server.
        gateway_host: address that the push door listens on.
        gateway_port: its port.
        screens_host: address that the wall listens on.
        screens_port: its port.
        keys_file: the departments' API keys, hashed; none: ``<data>/keys.json``.
        accounts_file: people's accounts and the walls' tokens, hashed; none:
            ``<data>/accounts.sqlite``.
        files_url: where photos and papers of cases are kept: a folder, or what fsspec knows an
            address for, ``s3://bucket/folder``; "": ``<data>/files``.
        session_key_file: the key that signs sessions, made when missing, the same for all replicas
            of the screens; none: ``<data>/secrets/session.key``.
        screens_url: address under which browsers find the wall, ``https://…`` behind a TLS proxy;
            "": ``http://<screens_host>:<screens_port>``.
        screens_open: whether the walls are readable without a token or sign-in.
        trusted_proxies: addresses or networks whose ``X-Forwarded-*`` are believed, joined by
            commas; "": nobody's.
        oidc_issuer: OpenID Connect issuer to sign in by, ``https://…``; "": passwords only.
        oidc_client_id: our name at the issuer.
        oidc_client_secret_file: file that holds our secret there; none: a public client.
        oidc_claim: claim of the ID token that says what somebody is; dots lead inwards.
        oidc_roles: values of that claim and the role each gives, ``value=role`` joined by commas;
            the first that fits counts, nobody else gets in.
        oidc_departments_claim: claim that lists the departments somebody may see; "": all.
        max_waiting_rows: rows that may wait for the store before the door answers 429.
        max_waiting_mb: MiB on Kafka that may wait for the store before the door answers 429.
        store_hurries: whether events are in the store at once also while nobody looks at a wall of
            this machine, for who reads the store by machine.
        min_free_mb: free MiB on the disk of `data` below which the door answers 429.
        log_level: ``debug``, ``info``, ``warning`` or ``error``.
        log_format: ``text`` for people, ``json`` for machines.
        alive_url_file: file with the address that the sender posts to each minute while alarms can
            come, for somebody outside to notice when it does not; none: nobody is told.
        instance: name of this process among those of its kind, the same after each start; the
            supervisor gives it. "": none, so a worker that died is missed for a while.
        metrics_port: Prometheus port of stream and sink workers; 0: none.
    """

    cities: Path = Path("cities")
    city: str = "wuhai"
    data: Path = Path("data")
    kafka: str = "127.0.0.1:19092"
    partitions: int = 4
    replication: int = 1
    kafka_user: str = "citybrain"
    kafka_password_file: Path | None = None
    store_url: str = "http://127.0.0.1:18123"
    store_user: str = "writer"
    store_password_file: Path | None = None
    store_reader_user: str = "reader"
    store_reader_password_file: Path | None = None
    command_key_file: Path | None = None
    database: str = "city"
    store_cluster: str = ""
    gateway_host: str = "127.0.0.1"
    gateway_port: int = 18080
    screens_host: str = "127.0.0.1"
    screens_port: int = 18050
    keys_file: Path | None = None
    accounts_file: Path | None = None
    files_url: str = ""
    session_key_file: Path | None = None
    screens_url: str = ""
    screens_open: bool = False
    trusted_proxies: str = ""
    oidc_issuer: str = ""
    oidc_client_id: str = "citybrain"
    oidc_client_secret_file: Path | None = None
    oidc_claim: str = "groups"
    oidc_roles: str = ""
    oidc_departments_claim: str = ""
    max_waiting_rows: int = 1_000_000
    max_waiting_mb: int = 512
    store_hurries: bool = False
    min_free_mb: int = 512
    log_level: str = "info"
    log_format: str = "text"
    alive_url_file: Path | None = None
    instance: str = ""
    metrics_port: int = 0

    @property
    def city_folder(self) -> Path:
        """The folder of this city's configuration."""
        return self.cities / self.city

    @property
    def keys_path(self) -> Path:
        """The file of hashed API keys."""
        return self.keys_file or self.data / "keys.json"

    @property
    def accounts_path(self) -> Path:
        """The file of accounts and walls; one that is called ``.json`` is taken over beside it."""
        return (self.accounts_file or self.data / "accounts.sqlite").with_suffix(".sqlite")

    @property
    def files_address(self) -> str:
        """Where photos and papers of cases are kept."""
        return self.files_url or str(self.data / "files")

    @property
    def session_key_path(self) -> Path:
        """The file of the key that signs sessions."""
        return self.session_key_file or self.data / "secrets" / "session.key"

    @property
    def screens_address(self) -> str:
        """The address under which a browser finds the wall, without a slash at its end."""
        every = {"", "0.0.0.0", "::"}  # noqa: S104
        host = "127.0.0.1" if self.screens_host in every else self.screens_host
        return self.screens_url.rstrip("/") or f"http://{host}:{self.screens_port}"

    @property
    def kafka_secret_path(self) -> Path:
        """The file of the password for Kafka."""
        return self.kafka_password_file or self.data / "secrets" / "kafka.secret"

    @property
    def writer_secret_path(self) -> Path:
        """The file of the password of who writes to the store."""
        return self.store_password_file or self.data / "secrets" / "store-writer.secret"

    @property
    def reader_secret_path(self) -> Path:
        """The file of the password of who reads from the store."""
        return self.store_reader_password_file or self.data / "secrets" / "store-reader.secret"

    @property
    def command_key_path(self) -> Path:
        """The file of the key that commands are signed with."""
        return self.command_key_file or self.data / "secrets" / "command.key"

    def kafka_login(self) -> Login | None:
        """Return who we are to Kafka; None: it asks nobody.

        Raises:
            OSError: the file that is named cannot be read.
        """
        password = _secret(self.kafka_secret_path, is_named=self.kafka_password_file is not None)
        return Login(self.kafka_user, password) if password else None

    def writer_login(self) -> Login:
        """Return who we are to the store when we write.

        Raises:
            OSError: the file that is named cannot be read.
        """
        named = self.store_password_file is not None
        return Login(self.store_user, _secret(self.writer_secret_path, is_named=named))

    def reader_login(self) -> Login:
        """Return who we are to the store when we only read.

        Raises:
            OSError: the file that is named cannot be read.
        """
        named = self.store_reader_password_file is not None
        password = _secret(self.reader_secret_path, is_named=named)
        return Login(self.store_reader_user, password) if password else self.writer_login()


def _secret(path: Path, *, is_named: bool) -> str:
    """Return what `path` holds; "" where it is the default one, and missing."""
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        if is_named:
            raise
        return ""


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
        except ValueError as error:
            problem, _, remedy = str(error).partition("; ")
            faults.append(Fault("environment", name, problem, remedy))
    if faults:
        raise ConfigError(faults)
    return Settings(**values)  # type: ignore[arg-type]


def _parse(kind: str, text: str) -> object:
    if kind == "int":
        return _whole(text)
    if kind == "bool":
        return _yes(text)
    if kind.startswith("Path"):
        return Path(text)
    return text


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is not a whole number; give one, for example 4") from error


def _yes(text: str) -> bool:
    if text.casefold() not in {"true", "false"}:
        raise ValueError(f"{text!r} is neither true nor false; give one of the two")
    return text.casefold() == "true"


def _unknown(name: str, known: Mapping[str, object]) -> Fault:
    close = difflib.get_close_matches(name, known, n=1)
    remedy = f"did you mean {close[0]!r}?" if close else f"known are {', '.join(sorted(known))}"
    return Fault("environment", name, "unknown setting", remedy)


def to_environment(settings: Settings) -> dict[str, str]:
    """Return the variables that `from_environment` reads `settings` from, for a child process."""
    values = {PREFIX + item.name.upper(): getattr(settings, item.name) for item in fields(settings)}
    return {name: str(value) for name, value in values.items() if value is not None}
