"""The process `citybrain notify`: reads city.notifications, sends, and writes what became of it.

Of several senders one sends, the others stand by (`sender_election.py`). Each receiver has a queue
and a worker of its own. Everything is at least once: a notice counts as settled when its receipt is
on the topic, and a sender that starts goes on with what is not.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import structlog

from citybrain.city import City, load_city
from citybrain.city.following import CheckedCity, Following
from citybrain.floor import bus
from citybrain.floor.alarm_path import NOTIFIER, SIGN_EVERY_S, SignOfLife
from citybrain.floor.clock import Clock, SystemClock
from citybrain.floor.dead_letters import FailedRecord
from citybrain.floor.errors import BusError
from citybrain.floor.heartbeat import Heart
from citybrain.floor.settings import Settings
from citybrain.floor.topics import NOTIFICATIONS
from citybrain.notices.routing import Receiver, Routing
from citybrain.notices.routing_files import routing_of
from citybrain.notices.secrets import missing
from notifier.alive_report import AliveReport
from notifier.channel import Channel, ChannelKind, ChannelSetup, channel_kinds, channel_options
from notifier.metrics import NotifierMetrics
from notifier.notification_topic import NotificationReader, NotificationWriter, Records
from notifier.outbox import Outbox
from notifier.sender_election import SenderElection
from notifier.settled_notices import LOOK_BACK

log = structlog.get_logger(__name__)

PATIENCE_S = 4.0
BROKER_AGAIN_S = 1.0
FAILED = 1
MOST_LOOKUPS = 64


def run(settings: Settings, checked: CheckedCity = load_city) -> None:
    """Send until SIGTERM or SIGINT; `checked` reads the city's folder when it changed.

    Raises:
        ConfigError: the city's folder is wrong.
    """
    heart = Heart("notify", settings)
    heart.start()
    kinds, folder = channel_kinds(), settings.city_folder

    def routed(city: City) -> Routing:
        return routing_of(city, channel_options(), settings.screens_url)

    following = Following(
        folder,
        first=lambda: routed(load_city(folder)),
        read=lambda: routed(checked(folder)),
        what="routing",
    )
    routing = following.current
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    for name in {receiver.kind for receiver in routing.receivers.values()} & kinds.keys():
        kinds[name].warm_up()
    if not _wait_for_broker(settings, stop):
        return
    metrics = NotifierMetrics()
    metrics.serve(settings.metrics_port)
    election = SenderElection(settings, stop)
    election.start()
    if election.wait():
        asyncio.run(serve(settings, following, metrics, stop, election.lost, heart))
    election.join(PATIENCE_S)
    if election.lost.is_set():
        sys.exit(FAILED)


async def serve(
    settings: Settings,
    following: Following[Routing],
    metrics: NotifierMetrics,
    stop: threading.Event,
    lost: threading.Event,
    heart: Heart,
) -> None:
    """Send until `stop` is set, or the turn is `lost`."""
    # A name that cannot be looked up holds a thread; those of others must not wait for it.
    lookups = ThreadPoolExecutor(MOST_LOOKUPS, thread_name_prefix="lookup")
    asyncio.get_running_loop().set_default_executor(lookups)
    clock, routing = SystemClock(), following.current
    writer = NotificationWriter(settings, clock, metrics.count_set_aside)
    writer.start()
    setup = ChannelSetup(settings.data, routing.names, clock=clock)
    channels = OpenChannels(channel_kinds(), setup, routing)
    outbox = Outbox(routing, channels.of, writer, clock, metrics)
    _say_what_is_missing(routing, settings.data)
    reader = _start_reader(settings, outbox, clock, writer.set_aside, stop)
    heart.watch(reader.parts)
    beating = asyncio.create_task(heart.follow_loop())

    async def reload(routing: Routing) -> None:
        outbox.routing = routing
        _say_what_is_missing(routing, settings.data)

    watching = asyncio.create_task(following.run(reload))
    signing = asyncio.create_task(_sign(writer, clock))
    reporting = asyncio.create_task(AliveReport(settings, clock).run())
    log.info("notify_started", receivers=len(routing.receivers))
    while not (stop.is_set() or lost.is_set()) and reader.is_alive():
        await asyncio.sleep(0.1)
    stop.set()
    watching.cancel()
    beating.cancel()
    signing.cancel()
    reporting.cancel()
    await outbox.close()
    await channels.close()
    await asyncio.to_thread(writer.close, PATIENCE_S)
    log.info("notify_stopped", left=len(outbox.settled))


class OpenChannels:
    """The ways to receivers, one of each kind.

    Those that receivers need now are opened at once, as some take a while; others when a receiver
    of their kind is added.
    """

    def __init__(
        self, kinds: Mapping[str, ChannelKind], setup: ChannelSetup, routing: Routing
    ) -> None:
        """Open what the receivers of `routing` need of `kinds`, with `setup`."""
        self._kinds, self._setup = kinds, setup
        needed = {receiver.kind for receiver in routing.receivers.values()}
        self._open = {name: kinds[name].open(setup) for name in sorted(needed & kinds.keys())}

    def of(self, receiver: Receiver) -> Channel:
        """Return the way to `receiver`; call it on the loop."""
        if receiver.kind not in self._open:
            self._open[receiver.kind] = self._kinds[receiver.kind].open(self._setup)
        return self._open[receiver.kind]

    async def close(self) -> None:
        """Close what was opened."""
        for channel in self._open.values():
            await channel.close()


def _start_reader(
    settings: Settings,
    outbox: Outbox,
    clock: Clock,
    failed: Callable[[FailedRecord], object],
    stop: threading.Event,
) -> NotificationReader:
    loop = asyncio.get_running_loop()

    def replay(records: Records, last: bool) -> None:
        outbox.replay(records)
        if last:
            left = outbox.resume()
            log.info("notifications_replayed", unsettled=left)

    def tell(call: Callable[..., None]) -> Callable[..., None]:
        def later(*given: object) -> None:
            loop.call_soon_threadsafe(call, *given)

        return later

    since = clock.now() - LOOK_BACK
    reader = NotificationReader(settings, since, tell(replay), tell(outbox.take), failed, stop)
    reader.start()
    return reader


async def _sign(writer: NotificationWriter, clock: Clock) -> None:
    """Give a sign of life, on the way that receipts take."""
    while True:
        writer.put([SignOfLife(NOTIFIER, clock.now())])
        await asyncio.sleep(SIGN_EVERY_S)


def _say_what_is_missing(routing: Routing, folder: Path) -> None:
    for name, problem in missing(routing.receivers.values(), folder, os.environ).items():
        log.warning("secret_missing", receiver=name, problem=problem)


def _wait_for_broker(settings: Settings, stop: threading.Event) -> bool:
    """Wait until the topic is there; return False when told to stop."""
    told = False
    while not stop.is_set():
        try:
            bus.ensure_topics(settings, (NOTIFICATIONS,))
        except BusError as error:
            if not told:
                log.warning("broker_away", problem=str(error))
            told = True
            stop.wait(BROKER_AGAIN_S)
        else:
            return True
    return False
