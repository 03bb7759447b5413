"""docker-compose.yml cannot be run in CI, so everything in it that can be checked by reading is."""

from __future__ import annotations

import re
import socket
import subprocess
from dataclasses import fields
from typing import Any
from xml.etree import ElementTree

import click
import pytest
import yaml
from typer.core import TyperGroup
from typer.main import get_command

from citybrain.floor import bus
from citybrain.floor.settings import Settings, from_environment
from citybrain.roof.cli import app
from citybrain.roof.local.jars import KAFKA_VERSION
from citybrain.roof.local.liveness import LONGEST_LOOK_S
from connectors.readers.workbook import MOST_MIB
from tests.repository import ROOT

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = sorted(name for name, service in SERVICES.items() if "build" in service)
OFFICIAL = sorted(SERVICES.keys() - set(OURS))
XML = {
    name: ElementTree.parse(ROOT / "deploy" / "clickhouse" / f"{name}.xml").getroot()  # noqa: S314  ours
    for name in ("users", "server")
}
USERS = {user.tag: user for user in XML["users"].find("users") or ()}
DOCKERFILE = (ROOT / "Dockerfile").read_text()
IMAGE_ENVIRONMENT = dict(re.findall(r"(CITYBRAIN_\w+)=(\S+)", DOCKERFILE))


def test_image_is_built_from_the_lock_with_hashes() -> None:
    assert "--require-hashes --requirement requirements.lock" in DOCKERFILE
    copied = {
        name
        for line in re.findall(r"^COPY (?!--from)(?:--\S+ )?(.*) \S+$", DOCKERFILE, re.M)
        for name in line.split()
    }
    allowed = {
        line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line[0] == "!"
    }
    assert copied == allowed


def settings_of(name: str) -> Settings:
    """Return the settings that the service's process would read: the image's, then its own."""
    return from_environment(IMAGE_ENVIRONMENT | SERVICES[name]["environment"])


def published(name: str) -> list[tuple[str, int, int]]:
    """Return (address, host port, container port) of the service's published ports."""
    ports = []
    for text in SERVICES[name].get("ports", []):
        address, host, inner = re.sub(r"\$\{\w+:-([\d.]+)\}", r"\1", text).split(":")
        ports.append((address, int(host), int(inner)))
    return ports


def test_services_are_the_two_stores_and_one_per_command() -> None:
    assert OFFICIAL == ["kafka", "store"]
    ours = ("casework", "gateway", "notify", "replay", "replay-keys", "ruler", "screens", "sink")
    assert tuple(OURS) == (*ours, "stream")


@pytest.mark.parametrize("name", OURS)
def test_command_exists_in_the_cli(name: str) -> None:
    words = SERVICES[name]["command"]
    command: Any = get_command(app)
    rest = [*words]
    while isinstance(command, TyperGroup):
        _, command, rest = command.resolve_command(click.Context(command), rest)
    options = {option for item in command.params for option in item.opts}
    assert {word for word in rest if word.startswith("--")} <= options
    assert name in {words[0], f"replay-{words[0]}"}


@pytest.mark.parametrize("name", OURS)
def test_every_environment_name_is_a_setting_and_every_value_parses(name: str) -> None:
    known = {f"CITYBRAIN_{item.name.upper()}" for item in fields(Settings)}
    assert set(SERVICES[name]["environment"]) <= known
    assert settings_of(name).city == "wuhai"


def test_the_image_sets_only_known_settings_and_ships_the_city() -> None:
    settings = from_environment(IMAGE_ENVIRONMENT)
    assert f"COPY cities {settings.cities}\n" in DOCKERFILE
    assert (ROOT / "cities" / Settings().city).is_dir()


@pytest.mark.parametrize("name", OURS)
def test_addresses_agree_with_the_services_they_name(name: str) -> None:
    settings = settings_of(name)
    listeners = SERVICES["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"]
    assert listeners == f"BROKER://{settings.kafka}"
    assert settings.store_url == "http://store:8123"
    assert {settings.store_reader_user} <= USERS.keys()
    assert settings.database == "city"


@pytest.mark.parametrize(("name", "field"), [("gateway", "gateway"), ("screens", "screens")])
def test_published_port_is_the_one_listened_on_and_loopback_unless_told(
    name: str, field: str
) -> None:
    settings = settings_of(name)
    port = getattr(settings, f"{field}_port")
    assert published(name) == [("127.0.0.1", port, port)]
    assert getattr(settings, f"{field}_host") == "0.0.0.0"  # noqa: S104
    assert "outer" in SERVICES[name]["networks"]


@pytest.mark.parametrize(
    "name",
    ["kafka", "store", "stream", "ruler", "casework", "notify", "sink", "replay", "replay-keys"],
)
def test_what_no_client_needs_is_not_published(name: str) -> None:
    assert published(name) == []


@pytest.mark.parametrize(
    "name", ["gateway", "screens", "stream", "ruler", "casework", "notify", "sink"]
)
def test_health_check_looks_at_how_far_the_process_is(name: str) -> None:
    settings = settings_of(name)
    ports = {"gateway": settings.gateway_port, "screens": settings.screens_port}
    asked = ["--url", f"http://127.0.0.1:{ports[name]}/healthz"] if name in ports else []
    test = SERVICES[name]["healthcheck"]["test"]
    assert test == ["CMD", "citybrain", "health", name, *asked]
    assert SERVICES[name]["command"][0] == name
    # Looks that are further apart than this count as if they were not.
    assert int(SERVICES[name]["healthcheck"]["interval"].removesuffix("s")) <= LONGEST_LOOK_S


@pytest.mark.services
def test_health_check_of_the_broker_tells_an_answer_from_an_open_port(
    broker_settings: Settings,
) -> None:
    command, shell, flag, script = SERVICES["kafka"]["healthcheck"]["test"]
    assert (command, shell, flag) == ("CMD", "bash", "-c")

    def code(port: int) -> int:
        mine = script.replace("$$", "$").replace("/9092", f"/{port}")
        return subprocess.run([shell, flag, mine], check=False, capture_output=True).returncode

    assert code(int(broker_settings.kafka.rpartition(":")[2])) == 0
    with socket.create_server(("127.0.0.1", 0)) as mute:
        assert code(mute.getsockname()[1]) != 0


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_every_service_is_supervised_and_bounded(name: str) -> None:
    service = SERVICES[name]
    assert service["restart"] == ("no" if name == "replay-keys" else "unless-stopped")
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory"}
    assert service["logging"]["options"]["max-size"]
    assert "test" in service["healthcheck"] or service.get("profiles") == ["demo"]


@pytest.mark.parametrize("name", OURS)
def test_our_services_cannot_write_their_image_and_wait_for_what_they_need(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["init"] is True
    for needed, condition in service["depends_on"].items():
        if SERVICES[needed]["restart"] == "no":
            assert condition == {"condition": "service_completed_successfully"}
        else:
            assert condition == {"condition": "service_healthy"}
            assert "test" in SERVICES[needed]["healthcheck"]


def test_the_replay_reaches_the_door_and_has_keys_for_it() -> None:
    assert settings_of("replay").gateway_host == "gateway"
    assert SERVICES["replay"]["volumes"] == SERVICES["replay-keys"]["volumes"]


def test_reading_a_workbook_leaves_the_gateway_half_of_its_memory() -> None:
    limit = SERVICES["gateway"]["deploy"]["resources"]["limits"]["memory"]
    assert int(limit.removesuffix("g")) * 1024 >= MOST_MIB * 2


def test_every_image_is_pinned_to_a_version() -> None:
    images = [service["image"] for service in SERVICES.values()]
    images += re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert images
    for image in images:
        assert re.fullmatch(r"[a-z/-]+:\d+\.\d+(\.\d+)?[a-z-]*", image), image


def test_kafka_is_the_version_that_runs_on_one_machine_too() -> None:
    assert SERVICES["kafka"]["image"] == f"apache/kafka:{KAFKA_VERSION}"


def test_no_secret_is_written_inline() -> None:
    for name, service in SERVICES.items():
        used = set()
        for variable, value in service["environment"].items():
            if re.search(r"PASSWORD|SECRET|TOKEN|_KEY", variable):
                assert variable.endswith("_FILE")
                assert value.startswith("/run/secrets/")
            used |= set(re.findall(r"/run/secrets[/:](\w+)", value))
        used |= set(re.findall(r"/run/secrets/(\w+)", " ".join(service.get("entrypoint", []))))
        assert used == set(service["secrets"]), name
    assert COMPOSE["secrets"] == {
        name: {"file": f"./deploy/secrets/{name}"}
        for name in ("kafka_password", "store_password", "store_reader_password", "command_key")
    }
    ignored = (ROOT / "deploy/secrets/.gitignore").read_text().split()
    assert ignored == ["*", "!.gitignore"]


def test_who_is_given_which_secret() -> None:
    given = {name: set(SERVICES[name]["secrets"]) for name in SERVICES}
    assert {name for name in OURS if "kafka_password" not in given[name]} == set()
    assert {name for name in OURS if "store_password" in given[name]} == {"sink"}
    signing = {name for name in OURS if "command_key" in given[name]}
    assert signing == {"ruler", "casework", "screens"}
    assert settings_of("sink").store_user in USERS


def test_the_broker_lets_nobody_in_without_a_password() -> None:
    told = SERVICES["kafka"]["environment"]
    listeners = {one.partition(":")[0] for one in told["KAFKA_LISTENERS"].split(",")}
    protocols = dict(
        one.split(":") for one in told["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"].split(",")
    )
    assert protocols == dict.fromkeys(listeners, "SASL_PLAINTEXT")
    for listener in listeners:
        jaas = told[f"KAFKA_LISTENER_NAME_{listener}_PLAIN_SASL_JAAS_CONFIG"]
        secret = "$${dir:/run/secrets:kafka_password}"  # noqa: S105  where it stands
        assert f'username="citybrain" password="{secret}" user_citybrain="{secret}";' in jaas
    assert told["KAFKA_SASL_ENABLED_MECHANISMS"] == bus.MECHANISM
    assert Settings().kafka_user == "citybrain"


def test_the_store_has_one_who_writes_and_one_who_reads() -> None:
    assert USERS.keys() == {"default", "citybrain", "reader"}
    assert USERS["default"].attrib == {"remove": "remove"}
    grants = {
        name: " ".join(query.text or "" for query in USERS[name].iter("query"))
        for name in ("citybrain", "reader")
    }
    assert not re.search(
        r"SOURCES|READ|WRITE|FILE|URL|SYSTEM RELOAD|ALL|ACCESS", grants["citybrain"]
    )
    assert set(re.findall(r"[A-Z]+", grants["reader"])) == {"GRANT", "SELECT", "SHOW", "ON"}
    profile = XML["users"].find("profiles/reader/readonly")
    assert profile is not None
    assert profile.text == "2"
    for name, variable in (("citybrain", "STORE_WRITER"), ("reader", "STORE_READER")):
        password = USERS[name].find("password")
        assert password is not None
        assert password.attrib == {"from_env": variable}
        assert f"{variable}=" in SERVICES["store"]["entrypoint"][-1]


def test_the_stores_files_lie_where_it_reads_them() -> None:
    mounted = dict(
        text.split(":")[:2] for text in SERVICES["store"]["volumes"] if text.startswith("./")
    )
    assert mounted == {
        "./deploy/clickhouse/users.xml": "/etc/clickhouse-server/users.d/citybrain.xml",
        "./deploy/clickhouse/server.xml": "/etc/clickhouse-server/config.d/citybrain.xml",
    }
    for name in ("system_db", "information_schema"):
        found = XML["server"].find(f".//select_from_{name}_requires_grant")
        assert found is not None
        assert found.text == "true"


def test_every_named_volume_and_network_is_declared_and_used() -> None:
    mounts = [text for item in SERVICES.values() for text in item.get("volumes", [])]
    used = {text.split(":")[0] for text in mounts if not text.startswith("./")}
    assert used == set(COMPOSE["volumes"])
    assert {name for item in SERVICES.values() for name in item["networks"]} == set(
        COMPOSE["networks"]
    )


def test_the_image_does_not_run_as_root() -> None:
    assert re.findall(r"^USER (.+)$", DOCKERFILE, re.MULTILINE) == ["10001:10001"]


def test_what_the_image_copies_is_let_through_by_dockerignore() -> None:
    allowed = (ROOT / ".dockerignore").read_text().split()
    sources = re.findall(r"^COPY (?!--from)(?:--\S+ )?(.+) \S+$", DOCKERFILE, re.MULTILINE)
    for source in " ".join(sources).split():
        assert f"!{source}" in allowed, source
        assert (ROOT / source).exists(), source


def test_largest_record_fits_through_the_broker() -> None:
    assert SERVICES["kafka"]["environment"]["KAFKA_MESSAGE_MAX_BYTES"] == str(bus.MAX_RECORD)
