"""`citybrain replay`: feed the running city with recorded data and the simulator."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path
from typing import Annotated

import structlog
import typer

from citybrain.cases.case_engine import CaseEngine
from citybrain.city import load_city
from citybrain.city.records import City
from citybrain.floor import bus
from citybrain.floor.clock import SystemClock, millis
from citybrain.floor.errors import ConfigError, Fault
from citybrain.floor.heartbeat import Heart
from citybrain.floor.settings import Settings, from_environment
from citybrain.floor.strict import suggest
from citybrain.roof.replay.clerk_desk import ClerkDesk
from citybrain.roof.replay.department_doors import DOORS
from citybrain.roof.replay.feeder import Feeder, FeederOptions
from citybrain.roof.replay.replay_state import StateFile
from citybrain.roof.replay.simulate import Simulator
from citybrain.roof.replay.simulated_clerks import SimulatedClerks
from citybrain.roof.replay.simulation_plan import SimulationPlan, load_plan
from citybrain.workflow.command_seal import CommandSeal
from dashboards.command_sender import CommandSender

log = structlog.get_logger(__name__)

_PAUSE_S = 0.5
_GRACE_S = 4.0


def run(settings: Settings, options: FeederOptions | None = None) -> None:
    """Feed the city until SIGTERM or SIGINT; the doors may be away meanwhile.

    Raises:
        ConfigError: the city's folder or an option is wrong.
        LaunchError: another replay runs on the same data folder.
    """
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: _stop(stop))
    heart = Heart("replay", settings)
    heart.start()
    _feed(settings, options or FeederOptions(), stop)


def _stop(stop: threading.Event) -> None:
    """Ask to stop; end anyway where a door keeps us waiting, for progress survives that."""
    stop.set()
    grace = threading.Timer(_GRACE_S, os._exit, (0,))
    grace.daemon = True
    grace.start()


def _feed(settings: Settings, options: FeederOptions, stop: threading.Event) -> None:
    city = _city(settings, options)
    plan = load_plan(city)
    simulator = Simulator(city, plan, rate=options.rate)
    doors = {name: make(settings) for name, make in DOORS.items()}
    state = StateFile(settings.data / "replay")
    feeder = Feeder(city, simulator, doors, state, options)
    desk = _clerk_desk(settings, city, plan, state)
    log.info("replay_started", speed=options.speed, rate=options.rate, only=options.only or "all")
    clock = SystemClock()
    try:
        while not stop.is_set():
            now = clock.now()
            busy = feeder.round(millis(now))
            if not options.only:
                busy |= desk.round(now)
            if not busy:
                stop.wait(_PAUSE_S)
    finally:
        feeder.close()
        desk.close()
        log.info("replay_stopped")


def _clerk_desk(
    settings: Settings, city: City, plan: SimulationPlan, state: StateFile
) -> ClerkDesk:
    clerks = SimulatedClerks(CaseEngine.of(city), plan)
    key = settings.command_key_path

    def connect() -> CommandSender:
        return CommandSender(lambda: bus.producer(settings), CommandSeal.of(key))

    return ClerkDesk(clerks, state, connect, key)


def _city(settings: Settings, options: FeederOptions) -> City:
    city = load_city(settings.city_folder)
    if options.only and options.only not in city.feeds:
        problem, remedy = f"unknown feed {options.only!r}", suggest(options.only, city.feeds)
        raise ConfigError([Fault("command line", "--only", problem, remedy)])
    return city


def replay(
    speed: Annotated[float, typer.Option(min=0.001, help="Recorded seconds a second.")] = 60.0,
    rate: Annotated[float, typer.Option(min=0.0, help="Times the usual incidents.")] = 1.0,
    only: Annotated[str, typer.Option(help="Id of the one feed to feed.")] = "",
    data: Annotated[Path | None, typer.Option(help="Folder of the data sets.")] = None,
    days: Annotated[int, typer.Option(min=0, help="Simulated days to fill in.")] = 8,
) -> None:
    """Feed the city with recorded data (origin replay) and the simulator (origin simulated)."""
    run(from_environment(), FeederOptions(speed, rate, only, data, days))
