"""What the real sets say, read without our readers and mapping: csv, json, xml and zoneinfo.

For the store large sets are sampled, the same rows always: weeks are its partitions, and years of
them take minutes. Whole they go through the mapping alone (tests/feeds/test_whole_sets.py).
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

BALTIMORE_MONTHS = (("03", "2018"), ("11", "2018"))
"""Months of whose requests are taken: those in which clocks go forward and back."""
BEIJING_HOURS, LOOP_READINGS = 1_464, 24
"""The first two months of Beijing; the first two hours of all of Los Angeles' loops."""
BOXES = {
    "100001": (-76.60995, 39.19, -76.52, 39.38),
    "100002": (-76.72, 39.19, -76.60995, 39.38),
    "100003": (3, 50, 8, 54),
    "100004": (106, 39, 107.5, 40),
    "100005": (-123, 37, -121, 38.5),
}
SEVERITIES = {"rats_reported": 3, "request_closed": 0}
PEMS_FLOW = "Lane 1 Flow (Veh/5 Minutes)"


@dataclass(frozen=True)
class SaidEvent:
    """An event as a row says it; `at` in milliseconds UTC, places WGS-84."""

    kind: str
    at: int
    value: float | None = None
    subject: str = ""
    text: str = ""
    lon: float | None = None
    lat: float | None = None
    attrs: tuple[tuple[str, str], ...] = ()

    def row(self) -> tuple[Any, ...]:
        """Return it as the store should have it."""
        area = "" if self.lon is None or self.lat is None else area_of(self.lon, self.lat)
        severity = SEVERITIES.get(self.kind, 1)
        plain = (self.kind, self.at, self.value, self.subject, self.text, self.lon, self.lat)
        return (*plain, area, severity, self.attrs)


@dataclass
class SaidSet:
    """A set: what is delivered, and what it says.

    Attributes:
        feed: the feed that it is delivered for.
        body: what is delivered.
        rows: how many rows it has.
        events: what they say.
        refused: (line, field, reason) of each row or further event that is none.
        further: how many of the events are further ones of their rows.
    """

    feed: str
    body: bytes
    rows: int = 0
    events: list[SaidEvent] = field(default_factory=list)
    refused: list[tuple[int, str, str]] = field(default_factory=list)
    further: int = 0


def area_of(lon: float, lat: float) -> str:
    """Return the code of the box that a place lies in, "" where in none."""
    return next((c for c, (w, s, e, n) in BOXES.items() if w < lon < e and s < lat < n), "")


def instant(text: str, form: str, zone: str) -> int:
    """Return local time as milliseconds UTC.

    Raises:
        ValueError: it is none, or does not exist there.
    """
    local = datetime.strptime(text, form).replace(tzinfo=ZoneInfo(zone))
    back = local.astimezone(ZoneInfo("UTC")).astimezone(ZoneInfo(zone))
    if back.replace(tzinfo=None) != local.replace(tzinfo=None):
        raise ValueError(f"{text!r} does not exist in {zone}: clocks went forward")
    return round(local.timestamp() * 1000)


def baltimore(folder: Path, *, whole: bool = False) -> SaidSet:
    """Return Baltimore's requests: a row is opened, and mostly closed."""
    body = (folder / "service_requests" / "baltimore_311_10k.csv").read_bytes()
    said = SaidSet("baltimore_requests", body if whole else _months(body))
    body = said.body
    form, zone = "%m/%d/%Y %I:%M:%S %p", "America/New_York"
    for line, row in _table(body):
        said.rows += 1
        place = {
            "lon": float(row["Longitude"]) if row["Longitude"] else None,
            "lat": float(row["Latitude"]) if row["Latitude"] else None,
            "subject": row["Neighborhood"],
            "attrs": _attrs(method=row["MethodReceived"], days=row["DaysOpen"]),
        }
        rats = row["SRType"] in ("SW-Rat Rubout", "SW-Rat Rubout Proactive")
        kind = "rats_reported" if rats else "request_opened"
        try:
            at = instant(row["CreatedDate"], form, zone)
        except ValueError as error:
            said.refused.append((line, "occurred_at", str(error)))
            continue
        said.events.append(SaidEvent(kind, at, text=f"{row['SRType']}:{row['Agency']}", **place))
        if not row["CloseDate"]:
            continue
        try:
            at = instant(row["CloseDate"], form, zone)
        except ValueError as error:
            said.refused.append((line, "also.closed.occurred_at", str(error)))
            continue
        said.events.append(SaidEvent("request_closed", at, text=row["SRStatus"], **place))
        said.further += 1
    return said


def beijing(folder: Path, *, whole: bool = False) -> SaidSet:
    """Return Beijing's hours: a row has three readings, ``NA`` is refused of the third."""
    path = folder / "air_quality" / "PRSA_Data_Aotizhongxin_20130301-20170228.csv"
    lines = path.read_bytes().splitlines(keepends=True)
    said = SaidSet("beijing_air", b"".join(lines if whole else lines[: BEIJING_HOURS + 1]))
    for line, row in _table(said.body):
        said.rows += 1
        local = datetime(*(int(row[part]) for part in ("year", "month", "day", "hour")))  # type: ignore[arg-type]  # noqa: DTZ001
        at = round(local.replace(tzinfo=ZoneInfo("Asia/Shanghai")).timestamp() * 1000)
        more: dict[str, Any] = {"subject": row["station"], "attrs": _attrs(wind=row["wd"])}
        for kind, column in {"pm25": "PM2.5", "pm10": "PM10", "ozone": "O3"}.items():
            if row[column] == "NA" and kind == "ozone":
                said.refused.append((line, "also.ozone.value", "'NA' is not a number"))
                continue
            value = None if row[column] == "NA" else float(row[column])
            said.events.append(SaidEvent(kind, at, value, **more))
            said.further += kind != "pm25"
    return said


def los_angeles(folder: Path) -> SaidSet:
    """Return two hours of Los Angeles' loops, as NDJSON of one reading a line."""
    text = (folder / "traffic" / "metr_la_los_speed.csv").read_text("utf-8")
    said, lines = SaidSet("los_angeles_loops", b""), []
    for number, row in enumerate(csv.DictReader(io.StringIO(text))):
        if number == LOOP_READINGS:
            break
        local = datetime(2012, 3, 1) + timedelta(minutes=5 * number)  # noqa: DTZ001
        at = round(local.replace(tzinfo=ZoneInfo("America/Los_Angeles")).timestamp() * 1000)
        for sensor, mph in row.items():
            time = local.isoformat(" ", "minutes")
            lines.append(json.dumps({"sensor": sensor, "time": time, "mph": float(mph)}))
            said.events.append(SaidEvent("vehicle_speed", at, float(mph) * 1.609344, sensor))
            said.rows += 1
    said.body = "\n".join(lines).encode()
    return said


def pems(folder: Path) -> SaidSet:
    """Return two months of a detector of California."""
    said = SaidSet("pems_detector", (folder / "traffic" / "pems_single_train.csv").read_bytes())
    for _, row in _table(said.body):
        said.rows += 1
        at = instant(row["5 Minutes"], "%d/%m/%Y %H:%M", "America/Los_Angeles")
        attrs = _attrs(observed=row["% Observed"])
        flow = float(row[PEMS_FLOW]) * 12
        said.events.append(SaidEvent("vehicle_flow", at, flow, "pems", attrs=attrs))
    return said


def dutch_messages(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield half an hour of Dutch lanes, as a department would publish each measure."""
    for line in (folder / "traffic" / "ospbench_ndw_30min.txt").read_text("utf-8").splitlines():
        lane, _, text = line.partition("= ")
        message = json.loads(text)
        measure = "flow" if "flow" in message else "speed"
        yield {**message, "lane": lane, "measure": measure, "value": message[measure]}


def dutch(folder: Path) -> SaidSet:
    """Return half an hour of Dutch lanes; the same message twice is one event."""
    said, seen = SaidSet("dutch_lanes", b""), set()
    for message in dutch_messages(folder):
        said.rows += 1
        at = instant(message["timestamp"], "%Y-%m-%d %H:%M:%S.%f", "Europe/Amsterdam")
        event = SaidEvent(
            f"vehicle_{message['measure']}",
            at,
            float(message["value"]),
            message["lane"],
            lon=message["long"],
            lat=message["lat"],
            attrs=_attrs(accuracy=str(message["accuracy"])),
        )
        if event not in seen:
            said.events.append(event)
        seen.add(event)
    return said


def twin_cities(folder: Path) -> SaidSet:
    """Return two weeks of a detector of Minnesota."""
    body = (folder / "nab" / "data" / "realTraffic" / "occupancy_t4013.csv").read_bytes()
    said = SaidSet("twin_cities_occupancy", body)
    for _, row in _table(body):
        said.rows += 1
        at = instant(row["timestamp"], "%Y-%m-%d %H:%M:%S", "America/Chicago")
        said.events.append(SaidEvent("occupancy", at, float(row["value"]), "t4013"))
    return said


def caltrain(folder: Path) -> SaidSet:
    """Return where Caltrain's vehicles are."""
    feed = json.loads((folder / "gtfs_rt" / "ct-vehicle-positions.pb.json").read_text("utf-8"))
    said = SaidSet("caltrain_vehicles", json.dumps(feed["entity"]).encode())
    for entity in feed["entity"]:
        said.rows += 1
        vehicle = entity["vehicle"]
        said.events.append(
            SaidEvent(
                "vehicle_seen",
                int(vehicle["timestamp"]) * 1000,
                subject=vehicle["vehicle"]["id"],
                text=vehicle["trip"]["routeId"],
                lon=vehicle["position"]["longitude"],
                lat=vehicle["position"]["latitude"],
            )
        )
    return said


def observation(folder: Path) -> SaidSet:
    """Return the one observation among SensorThings' samples."""
    body = (folder / "sensorthings" / "usage_14_response_Observations1.json").read_bytes()
    one = json.loads(body)
    at = round(datetime.fromisoformat(one["phenomenonTime"]).timestamp() * 1000)
    event = SaidEvent("pm25", at, one["result"], attrs=_attrs(result_time=one["resultTime"]))
    return SaidSet("sensorthings", body, 1, [event])


def open311(folder: Path) -> SaidSet:
    """Return GeoReport's sample requests, as a department would turn its XML into JSON."""
    root = ElementTree.parse(folder / "open311" / "georeport_v2_service_requests.xml").getroot()  # noqa: S314
    rows = [{one.tag: one.text or "" for one in request} for request in root]
    said = SaidSet("open311_requests", json.dumps(rows).encode(), len(rows))
    for row in rows:
        at = round(datetime.fromisoformat(row["requested_datetime"]).timestamp() * 1000)
        said.events.append(
            SaidEvent(
                "request_opened",
                at,
                text=row["service_name"],
                lon=float(row["long"]),
                lat=float(row["lat"]),
                attrs=_attrs(status=row["status"]),
            )
        )
    return said


def centres(folder: Path) -> SaidSet:
    """Return the centres of Wuhai's districts, which are in GCJ-02; as sent, not converted."""
    text = (folder / "geo" / "datav_150300_full.json").read_text("utf-8")
    rows = [
        {"adcode": one["adcode"], "name": one["name"], "at": "2021-05-01T08:00:00+08:00"}
        | dict(zip(("lon", "lat"), one["center"], strict=True))
        for one in (feature["properties"] for feature in json.loads(text)["features"])
    ]
    events = [
        SaidEvent("inspection", 1_619_827_200_000, text=row["name"], lon=row["lon"], lat=row["lat"])
        for row in rows
    ]
    return SaidSet("district_centres", json.dumps(rows).encode(), len(rows), events)


def to_gcj02(lon: float, lat: float) -> tuple[float, float]:
    """Return a WGS-84 position in GCJ-02, by the formula that is publicly known."""
    x, y = lon - 105, lat - 35
    root, pi = math.sqrt(abs(x)), math.pi
    waves = 20 * (math.sin(6 * x * pi) + math.sin(2 * x * pi))
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    north += (waves + 20 * math.sin(y * pi) + 40 * math.sin(y / 3 * pi)) * 2 / 3
    north += (160 * math.sin(y / 12 * pi) + 320 * math.sin(y * pi / 30)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    east += (waves + 20 * math.sin(x * pi) + 40 * math.sin(x / 3 * pi)) * 2 / 3
    east += (150 * math.sin(x / 12 * pi) + 300 * math.sin(x / 30 * pi)) * 2 / 3
    axis, flat = 6_378_245.0, 0.00669342162296594323
    bend = 1 - flat * math.sin(lat / 180 * pi) ** 2
    north = north * 180 / ((axis * (1 - flat)) / (bend * math.sqrt(bend)) * pi)
    east = east * 180 / (axis / math.sqrt(bend) * math.cos(lat / 180 * pi) * pi)
    return lon + east, lat + north


def _months(body: bytes) -> bytes:
    """Return the requests of some months, as CSV."""
    reader = csv.DictReader(io.StringIO(body.decode("utf-8-sig"), newline=""))
    text = io.StringIO()
    writer = csv.DictWriter(text, reader.fieldnames or [])
    writer.writeheader()
    for row in reader:
        if (row["CreatedDate"][:2], row["CreatedDate"][6:10]) in BALTIMORE_MONTHS:
            writer.writerow(row)
    return text.getvalue().encode()


def _table(body: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the rows of CSV with the lines that they begin on."""
    reader = csv.DictReader(io.StringIO(body.decode("utf-8-sig"), newline=""))
    line = reader.line_num
    for row in reader:
        line = max(line, 1) + 1
        yield line, row
        line = reader.line_num


def _attrs(**given: str) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((name, text) for name, text in given.items() if text))
