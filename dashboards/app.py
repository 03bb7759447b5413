"""The screens' process: Dash pages, the live sockets, health and metrics on one ASGI server."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import re
import signal
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from functools import partial
from zoneinfo import ZoneInfo

import structlog
import uvicorn
from dash import ClientsideFunction, Dash, Input, dcc, html
from dash.exceptions import DependencyException
from fastapi import FastAPI, Request, Response, WebSocket, WebSocketDisconnect
from fastapi.responses import JSONResponse, PlainTextResponse
from plotly.utils import PlotlyJSONEncoder
from prometheus_client import CONTENT_TYPE_LATEST, Gauge, generate_latest

from citybrain.cases.case_engine import CaseEngine
from citybrain.cases.files.file_store import FileStore
from citybrain.city import City, load_city
from citybrain.city.following import CheckedCity, Following
from citybrain.floor.clock import SystemClock
from citybrain.floor.heartbeat import Heart
from citybrain.floor.http_server import BoundedHttp
from citybrain.floor.settings import Settings
from citybrain.floor.store import connect_reader
from citybrain.floor.text import Text
from citybrain.notices.channel_options import Channels
from dashboards.access.access_setup import PATHS, AccessDoor, door_of
from dashboards.cases.alert_links import AlertLinks
from dashboards.cases.case_desk import CaseDesk, case_desk_of, steps_of
from dashboards.cases.case_layout import case_desk as case_layout
from dashboards.cases.case_service import CaseService
from dashboards.desk.desk_setup import DutyDesk, desk_of
from dashboards.desk.layout import desk as desk_layout
from dashboards.desk.page_version import version_of
from dashboards.desk.routing_guide import RoutingGuide, guide_of
from dashboards.lists.alerts_frame import AlertsFrame
from dashboards.lists.cases_frame import CaseCounts, LatestCases
from dashboards.open.routes import add_open_routes
from dashboards.page_files import ASSETS, FOLDERS, START, add_page_files
from dashboards.security import SecureHeaders, content_policy, foreign
from dashboards.skeleton import skeleton
from dashboards.tiles.alerts import ALERTS
from dashboards.tiles.open_cases import LATEST_CASES, OPEN_CASES
from dashboards.wall.pages import heading, names, wall
from dashboards.wall.screen import Screen, find_screens, queries_of
from dashboards.wall.store_reader import StoreReader
from dashboards.wall.wall_live import FedFrame, Live

log = structlog.get_logger(__name__)

STORE_TIMEOUT_S = 10
"""Below the age at which a wall turns grey: what comes late is better than nothing."""
GRACE_S = 2
MOST_FRAME = 64 * 1024
"""Bytes of a frame from a browser, which has nothing to say on a socket."""
VIEWERS = Gauge("citybrain_screens_viewers", "Browsers that watch a screen.", ["screen"])
REFUSED = 4403
UNKNOWN = 4404


def run(settings: Settings, channels: Channels, checked: CheckedCity = load_city) -> None:
    """Serve the screens until SIGTERM or SIGINT.

    Args:
        settings: this process's settings.
        channels: what receivers of routing.yaml may name.
        checked: reads the city's folder when it changed.
    """
    # uvicorn raises the signal again when it is done; without a handler that would be a crash.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    # These warn at every retry of an outage, which the screens log once.
    for library in ("urllib3.connectionpool", "clickhouse_connect", "kafka"):
        logging.getLogger(library).setLevel(logging.CRITICAL)
    heart = Heart("screens", settings)
    heart.viewers = 0
    heart.start()
    server = build(settings, channels, checked, heart)
    log.info("screens_start", host=settings.screens_host, port=settings.screens_port)
    uvicorn.run(
        server,
        host=settings.screens_host,
        port=settings.screens_port,
        timeout_graceful_shutdown=GRACE_S,
        http=BoundedHttp,
        ws_per_message_deflate=False,
        ws_max_size=MOST_FRAME,
        server_header=False,
        proxy_headers=False,  # whom to believe is a setting of ours
        access_log=False,
        log_config=None,
    )


def _tell_viewers(heart: Heart, viewers: int) -> None:
    """Put the number of viewers into the heartbeat; that somebody came is told at once."""
    came = viewers > 0 and not heart.viewers
    heart.viewers = viewers
    if came:
        heart.beat()


@dataclass(frozen=True)
class ShownCity:
    """What the screens go by: the city, whom its routing tells, what its cases go through."""

    city: City
    guide: RoutingGuide
    cases: CaseEngine


def build(
    settings: Settings,
    channels: Channels,
    checked: CheckedCity = load_city,
    heart: Heart | None = None,
) -> FastAPI:
    """Return the ASGI application of the screens; it reads the store once it is started.

    Args:
        settings: this process's settings.
        channels: what receivers of routing.yaml may name.
        checked: reads the city's folder when it changed.
        heart: tells what it does.
    """

    def shown(city: City) -> ShownCity:
        return ShownCity(city, guide_of(city, channels), CaseEngine.of(city))

    folder = settings.city_folder
    following = Following(
        folder, first=lambda: shown(load_city(folder)), read=lambda: shown(checked(folder))
    )
    city = following.current.city
    screens = find_screens()
    reader = StoreReader(
        lambda: connect_reader(settings, timeout_s=STORE_TIMEOUT_S),
        ZoneInfo(city.time_zone),
        queries_of(screens),
        city.readings,
    )
    door = door_of(settings, SystemClock())
    version = page_version(city, screens)
    desk = desk_of(
        settings,
        SystemClock(),
        door.gate,
        version=version,
        guide=following.current.guide,
        directory=door.gate.accounts,
    )
    cases = case_desk_of(
        steps_of(settings),
        desk.live.outcomes,
        desk.service.archive,
        desk.service.actions,
        SystemClock(),
        door.gate,
        version=version,
        engine=following.current.cases,
        directory=door.gate.accounts,
        files=FileStore(settings.files_address),
    )
    live = wall_of(city, screens, reader, desk, cases)
    if heart:
        live.told = partial(_tell_viewers, heart)
    return serve(city, live, desk, door, heart, following, cases=cases)


def wall_of(
    city: City,
    screens: Mapping[str, Screen],
    reader: StoreReader,
    desk: DutyDesk,
    cases: CaseDesk | None = None,
) -> Live:
    """Return the wall; its open alerts are those of `desk`, told at once when one changes.

    Its open cases are those of `cases`.
    """
    clock = SystemClock()
    fed: dict[str, FedFrame] = {ALERTS.name: AlertsFrame(desk.live)}
    if cases:
        told = (cases.live, cases.index, clock)
        fed[OPEN_CASES.name] = CaseCounts(*told)
        # The book is another one after the city's folder was changed.
        unit = partial(_unit_in, cases.service)
        fed[LATEST_CASES.name] = LatestCases(*told, unit)
    live = Live(city, screens, reader, clock, fed, desk.live.alarm)
    desk.live.listeners.append(live.hear)
    return live


def _unit_in(service: CaseService, unit: str) -> Text:
    return service.book.unit(unit)


def page_version(city: City, screens: Mapping[str, Screen]) -> str:
    """Return what tells this page from one of another release or another configuration."""
    layout = json.dumps(_layout(city, screens), cls=PlotlyJSONEncoder, sort_keys=True)
    return version_of(ASSETS, [layout])


def serve(  # noqa: PLR0913  the parts that it serves
    city: City,
    live: Live,
    desk: DutyDesk,
    door: AccessDoor,
    heart: Heart | None = None,
    following: Following[ShownCity] | None = None,
    *,
    cases: CaseDesk | None = None,
) -> FastAPI:
    """Return the ASGI application around `live`, `desk` and `cases`, with `door` before all.

    What it does is told by `heart`, where there is one; it goes over to what `following` finds.
    """

    async def reload(shown: ShownCity) -> None:
        routing = shown.guide.pipeline.routing
        desk.service.reroute(shown.guide, routing.handling, routing.people)
        messages.city = shown.city
        live.reload(shown.city)
        layout = await asyncio.to_thread(_layout, shown.city, live.screens)
        version = await asyncio.to_thread(page_version, shown.city, live.screens)
        if cases:
            cases.reload(shown.cases, version)
        if version != desk.live.version:  # pages that are open load themselves anew
            dash.layout = layout
            desk.live.version = version
            live.renew()

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        # Dash sets itself up on its first request to "/"; a page that asks for anything else
        # before that, or that is still open from before a restart, would get no assets.
        # There is no public way; a test guards this one.
        dash._setup_server()  # type: ignore[no-untyped-call]  # noqa: SLF001
        door.start()
        parts = [live.run(), desk.live.run(), *([heart.follow_loop()] if heart else [])]
        parts += [cases.run()] if cases else []
        parts += [following.run(reload)] if following else []
        tasks = [asyncio.create_task(part) for part in parts]
        yield
        for task in tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        desk.close()
        await door.close()

    server = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    server.add_exception_handler(DependencyException, _no_such_file)
    _add_routes(server, live)
    desk.add_to(server)
    if cases:
        links = AlertLinks(desk.live, cases.service)
        desk.service.case_beside = links.case_beside
        cases.service.alerts_beside = links.alerts_beside
        cases.add_to(server, door.auditor.note)
    messages = add_open_routes(server, city, desk, door.gate, SystemClock())
    dash = _dash(server, city, live)
    walls = frozenset({"/", *(f"/{name}" for name in live.hubs)})
    door.add_to(server, city, walls)
    paths = walls | PATHS | {"/desk", "/cases", "/healthz", "/metrics"}
    server.add_middleware(SecureHeaders, policy=content_policy(dash.csp_hashes()), paths=paths)
    return server


def _no_such_file(_request: Request, _error: Exception) -> Response:
    """Answer who asks for a script that Dash does not have, which it takes for its own fault."""
    return PlainTextResponse("no such file\n", 404)


def _layout(city: City, screens: Mapping[str, Screen]) -> html.Div:
    parts = {
        "wall": skeleton(wall(city, screens)),
        "desk": skeleton(desk_layout(city)),
        "cases": skeleton(case_layout(city)),
    }
    start = dcc.Store(id="page", data={"skeleton": parts, "names": names(city, screens)})
    return html.Div([start, dcc.Store(id="snapshot"), dcc.Store(id="pulse")])


def _dash(server: FastAPI, city: City, live: Live) -> Dash:
    dash = Dash(
        __name__,
        server=server,  # type: ignore[arg-type]  # its type knows Flask alone
        assets_folder=str(ASSETS),
        # Charts and fonts are Dash's to load; our own scripts are modules, which it cannot.
        assets_ignore=f"^{re.escape(START)}$",
        assets_path_ignore=[f"^{name}$" for name in FOLDERS],
        index_string=add_page_files(server),
        use_pages=False,
        title=heading(city).zh,
        update_title="",
        add_log_handler=False,
    )
    dash.layout = _layout(city, live.screens)
    for store in ("page", "snapshot", "pulse"):
        draw = ClientsideFunction("wall", store)
        dash.clientside_callback(draw, Input(store, "data"))  # type: ignore[no-untyped-call]
    return dash


def _add_routes(server: FastAPI, live: Live) -> None:
    @server.get("/healthz")
    async def healthz() -> Response:
        store = "down" if live.down_since else "up"
        return JSONResponse({"ok": True, "boot": live.boot, "store": store})

    @server.get("/metrics")
    async def metrics() -> Response:
        for name, hub in live.hubs.items():
            VIEWERS.labels(name).set(hub.viewers)
        return PlainTextResponse(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    @server.websocket("/live/{screen}")
    async def follow(socket: WebSocket, screen: str) -> None:
        if foreign(socket.headers):
            await socket.close(REFUSED, "foreign origin")
            return
        if screen not in live.hubs:
            await socket.close(UNKNOWN, "no such screen")
            return
        await socket.accept()
        hub = live.enter(screen)
        try:
            # A closed tab shows as either, depending on who notices first.
            with contextlib.suppress(WebSocketDisconnect, RuntimeError):
                async for text in hub.follow():
                    await socket.send_text(text)
        finally:
            live.leave(screen)
