"""Read the times that departments write, whole columns at once, as UTC milliseconds.

A time without an offset is local time of the feed's zone. Where clocks went back it is there
twice: the earlier instant is taken. Where they went forward it does not exist: the row is refused.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from citybrain.floor.clock import millis
from citybrain.floor.wall_clock import DAY_MS
from connectors.mapping.numbers import to_floats
from connectors.mapping.texts import filled, quote

UNKNOWN = np.iinfo(np.int64).min
"""Stands for a time that could not be read."""
_PER_UNIT = {"epoch_s": 1000.0, "epoch_ms": 1.0}
_LIMIT = 2.0**53
_WHOLE_ISO = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}"
_ISO = (
    r"^\s*(\d{4}-\d{2}-\d{2})"
    r"(?:[Tt ](\d{2}:\d{2})(:\d{2})?(?:[.,](\d{1,9}))?)?"
    r"\s?(?:([Zz])|([+-])(\d{2}):?(\d{2})?)?\s*$"
)

_HOUR, _MINUTE = re.compile(r"%[-_0]?[HIkl]"), re.compile(r"%[-_0]?[MRTcrsX+]")
_PARSERS_OWN = re.compile(r"%[^A-Za-z%]")
_EXAMPLE = datetime(2026, 1, 31, 20, 5, 7, tzinfo=UTC)

Millis = NDArray[np.int64]


def read_times(column: pa.Array, form: str, zone: str) -> Millis:
    """Return the instants in `column`, `UNKNOWN` where there is none.

    Args:
        column: as the source sent it.
        form: ``iso``, ``epoch_s``, ``epoch_ms`` or a strftime pattern.
        zone: IANA name of the zone of times without an offset.
    """
    if form in _PER_UNIT:
        return _read_epochs(column, _PER_UNIT[form])
    text = filled(column)
    if form == "iso":
        return _read_iso(text, zone)
    times = _read_pattern(text, form, zone)
    if (unknown := times == UNKNOWN).any():
        return _read_iso_too(text, times, unknown, zone)
    return times


def _read_iso_too(text: pa.Array, times: Millis, unknown: NDArray[np.bool_], zone: str) -> Millis:
    """Return `times` with those of `unknown` that are whole ISO 8601, whatever the pattern is.

    A workbook's dates are no text that could have a pattern; they come so. With its T it cannot be
    mistaken for anything else.
    """
    whole = pc.match_substring_regex(text, _WHOLE_ISO).to_numpy(zero_copy_only=False) & unknown
    found = times.copy()
    if whole.any():
        found[whole] = _read_iso(text.filter(pa.array(whole)), zone)
    return found


def explain_time(text: str, form: str, zone: str) -> str:
    """Return why `text` could not be read as a time."""
    if form in _PER_UNIT:
        return (
            f"{quote(text)} is not a number of {'milli' * (form == 'epoch_ms')}seconds since 1970"
        )
    try:
        parsed = _parse_alone(text.strip(), form)
    except ValueError:
        parsed = None
    if parsed is not None and parsed.tzinfo is None and _is_gap(parsed, zone):
        return f"{quote(text)} does not exist in {zone}: clocks went forward"
    if form == "iso":
        return f"{quote(text)} is not an ISO 8601 time such as 2026-01-31T08:00:00+08:00"
    return f"{quote(text)} is not a time of the form {form!r}"


def _parse_alone(text: str, form: str) -> datetime:
    return datetime.fromisoformat(text) if form == "iso" else datetime.strptime(text, form)  # noqa: DTZ007


def _is_gap(naive: datetime, zone: str) -> bool:
    there = naive.replace(tzinfo=ZoneInfo(zone))
    back = there.astimezone(ZoneInfo("UTC")).astimezone(ZoneInfo(zone))
    return back.replace(tzinfo=None) != naive


def _read_epochs(column: pa.Array, factor: float) -> Millis:
    values, _ = to_floats(column)
    values = values * factor
    with np.errstate(invalid="ignore"):
        good = np.abs(values) < _LIMIT
    return np.where(good, np.rint(np.where(good, values, 0.0)).astype(np.int64), UNKNOWN)


def _read_iso(text: pa.Array, zone: str) -> Millis:
    """Read at once what is all alike (Arrow's parser is ten times quicker), else by its parts."""
    for kind in (pa.timestamp("us", "UTC"), pa.timestamp("us")):
        try:
            read = text.cast(kind)
        except pa.ArrowInvalid:
            continue
        return _localise(read, zone)
    return _read_iso_parts(pl.Series("text", pl.from_arrow(text)), zone)


def _read_iso_parts(text: pl.Series, zone: str) -> Millis:
    parts = text.str.extract_groups(_ISO).struct.unnest()
    parts.columns = ["day", "clock", "second", "fraction", "zulu", "sign", "hours", "minutes"]
    whole = pl.format(
        "{}T{}{}",
        pl.col("day"),
        pl.col("clock").fill_null("00:00"),
        pl.col("second").fill_null(":00"),
    )
    micros = pl.col("fraction").fill_null("0").str.pad_end(6, "0").str.head(6).cast(pl.Int64)
    shift = pl.col("hours").cast(pl.Int64) * 60 + pl.col("minutes").cast(pl.Int64).fill_null(0)
    read = parts.select(
        naive=whole.str.to_datetime("%Y-%m-%dT%H:%M:%S", strict=False, time_unit="us")
        + micros.cast(pl.Duration("us")),
        given=pl.col("zulu").is_not_null() | pl.col("sign").is_not_null(),
        shift=shift.fill_null(0) * pl.when(pl.col("sign") == "-").then(-60_000).otherwise(60_000),
    )
    naive = read["naive"].to_arrow()
    utc, local = _localise(naive, "UTC"), _localise(naive, zone)
    moved = np.where(utc == UNKNOWN, UNKNOWN, utc - read["shift"].to_numpy())
    return np.where(read["given"].to_numpy(), moved, local)


def pattern_problem(form: str) -> str:
    """Return why no time can be read by the pattern `form`, "" where times can."""
    example = _EXAMPLE.strftime(form)
    try:
        (read,) = _read_pattern(pa.array([example]), form, "UTC")
    except pl.exceptions.PolarsError as error:
        return str(error).splitlines()[0]
    if read // DAY_MS == millis(_EXAMPLE) // DAY_MS or _PARSERS_OWN.search(form):
        return ""
    return f"{quote(example)}, which is written so, is no whole time"


def _read_pattern(text: pa.Array, form: str, zone: str) -> Millis:
    if _HOUR.search(form) and not _MINUTE.search(form):  # the parser wants both
        text, form = pc.binary_join_element_wise(text, "00", " "), f"{form} %M"
    aware = any(mark in form for mark in ("%z", "%:z", "%#z"))
    form = form.replace("%z", "%#z").replace(".%f", "%.f")
    series = pl.Series("text", pl.from_arrow(text)).str.strip_chars()
    read = series.str.to_datetime(form, strict=False, time_unit="us").to_arrow()
    return _localise(read, "UTC" if aware else zone)


def _localise(times: pa.Array, zone: str) -> Millis:
    """Return microsecond timestamps, naive ones as of `zone`, as milliseconds."""
    if times.type.tz is None and zone != "UTC":
        try:
            times = pc.assume_timezone(times, zone, ambiguous="earliest", nonexistent="raise")
        except (pa.ArrowInvalid, ValueError):
            series = pl.Series("times", pl.from_arrow(times))
            times = series.dt.replace_time_zone(
                zone, ambiguous="earliest", non_existent="null"
            ).to_arrow()
    micros = times.cast(pa.int64())
    if not micros.null_count:
        return np.asarray(micros.to_numpy()) // 1000
    known = micros.is_valid().to_numpy(zero_copy_only=False)
    return np.where(known, micros.fill_null(0).to_numpy() // 1000, UNKNOWN)
