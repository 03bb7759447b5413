"""Bring the owner of a partition's windows up to date."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from faust.types import TP

from citybrain.floor.snapshot_parts import Whole
from citybrain.floor.topics import PARTIALS, SNAPSHOTS
from streams.owned.restoring import End, Read, Restoring
from streams.runtime.progress import Progress
from streams.windows.window_owner import WindowOwner
from streams.windows.window_snapshot import decode_snapshot


def windows_restoring(
    read: Read, end: End, new: Callable[[int], WindowOwner], progress: Progress
) -> Restoring[WindowOwner]:
    """Return how owners of windows come back; note in `progress` what is read."""

    def follow(owner: WindowOwner, records: Sequence[tuple[int, bytes]]) -> None:
        owner.merge(records)
        owner.settle()
        # A log of hours takes longer than a worker may stand still.
        progress.processed(TP(PARTIALS.name, owner.partition), owner.offset)

    return Restoring(
        SNAPSHOTS,
        PARTIALS,
        read,
        end,
        new=new,
        restore=lambda owner, _offset, state: owner.restore(decode_snapshot(state)),
        follow=follow,
        position=lambda owner: owner.offset,
        single=_single,
    )


def _single(value: bytes) -> Whole | None:
    """Read a snapshot of one record, as it was written until 2026-11."""
    try:
        return decode_snapshot(value).offset, value
    except ValueError:
        return None
