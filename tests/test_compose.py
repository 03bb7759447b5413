"""docker-compose.yml cannot be run in CI, so everything in it that can be checked by reading is."""

from __future__ import annotations

import re
import socket
import subprocess
from dataclasses import fields
from typing import Any

import click
import pytest
import yaml
from typer.core import TyperGroup
from typer.main import get_command

from citybrain.floor.bus import MAX_RECORD
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
    ours = ("gateway", "notify", "replay", "replay-keys", "ruler", "screens", "sink", "stream")
    assert tuple(OURS) == ours


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
    store = SERVICES["store"]["environment"]
    assert listeners == f"PLAINTEXT://{settings.kafka}"
    assert settings.store_url == "http://store:8123"
    assert settings.store_user == store["CLICKHOUSE_USER"]
    assert settings.database == store["CLICKHOUSE_DB"]


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
    "name", ["kafka", "store", "stream", "ruler", "notify", "sink", "replay", "replay-keys"]
)
def test_what_no_client_needs_is_not_published(name: str) -> None:
    assert published(name) == []


@pytest.mark.parametrize("name", ["gateway", "screens", "stream", "ruler", "notify", "sink"])
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
    for service in SERVICES.values():
        for name, value in service["environment"].items():
            if re.search(r"PASSWORD|SECRET|TOKEN", name):
                assert name.endswith("_FILE")
                assert value == "/run/secrets/store_password"
                assert service["secrets"] == ["store_password"]
    assert COMPOSE["secrets"] == {"store_password": {"file": "./deploy/secrets/store_password"}}
    ignored = (ROOT / "deploy/secrets/.gitignore").read_text().split()
    assert ignored == ["*", "!.gitignore"]


def test_every_named_volume_and_network_is_declared_and_used() -> None:
    used = {text.split(":")[0] for item in SERVICES.values() for text in item.get("volumes", [])}
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
    assert SERVICES["kafka"]["environment"]["KAFKA_MESSAGE_MAX_BYTES"] == str(MAX_RECORD)
