from __future__ import annotations

import msgspec
import pytest

from streams.windows.window_snapshot import decode_snapshot, encode_snapshot
from tests.streams.flow import MINUTE, NOON, envelope, feed, merged, owner, told


def test_snapshot_when_restored_then_the_owner_goes_on_as_if_never_stopped():
    first = owner(feed("levels"), feed("gauges"))
    merged(
        first,
        [
            envelope("levels", [(0, "level", 1.0), (62_000, "flow", 2.0)]),
            envelope("gauges", [(70_000, "level", 4.0)], rejected=3),
        ],
    )
    first.tick(NOON + 70_000, {})

    again = owner(feed("levels"), feed("gauges"))
    again.restore(decode_snapshot(encode_snapshot(first.snapshot(NOON + 70_000))))
    for made in (first, again):
        merged(made, [envelope("levels", [(1_000, "level", 8.0), (130_000, "level", 1.0)])], 2)
    ticks = [made.tick(NOON + 2 * MINUTE, {}) for made in (first, again)]

    assert again.offset == 2
    assert told(ticks[0].windows) == told(ticks[1].windows)
    assert told(ticks[0].windows) != []
    assert ticks[0].health.equals(ticks[1].health)


def test_snapshot_when_a_feed_left_then_its_windows_are_told_and_nobody_waits_for_it():
    first = owner(feed("levels"), feed("gauges"))
    merged(first, [envelope("gauges", [(0, "level", 1.0)])])

    again = owner(feed("levels"))
    again.restore(decode_snapshot(encode_snapshot(first.snapshot(NOON))))

    tick = again.tick(NOON + 2 * MINUTE, {})
    assert [(row["feed"], row["accepted"]) for row in tick.health.to_pylist()] == [("levels", 0)]
    assert told(tick.windows) == told(first.tick(NOON + 2 * MINUTE, {}).windows) != []


def test_snapshot_when_of_another_version_then_it_is_refused():
    snapshot = msgspec.structs.replace(owner().snapshot(NOON), version=2)

    with pytest.raises(ValueError, match=r"^snapshot of version 2; this program reads 1$"):
        decode_snapshot(encode_snapshot(snapshot))


@pytest.mark.parametrize("value", [b"", b"\xc0", b"\x81\xa1a\x01"], ids=["empty", "nil", "other"])
def test_snapshot_when_it_is_none_then_it_is_refused(value: bytes):
    with pytest.raises(ValueError):  # noqa: PT011  # msgspec's words
        decode_snapshot(value)
