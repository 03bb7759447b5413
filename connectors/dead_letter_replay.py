"""Replay dead letters: map their bytes with the mapping of today, and publish what is now good.

Each letter is a batch of its own in the ledger, so that a letter that became an event never
becomes one again, whoever replays it, and after a crash in the middle neither.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import pyarrow as pa

from citybrain.city.records import City, Feed
from citybrain.floor import bus
from citybrain.floor.clock import Clock
from citybrain.floor.dead_letters import DeadLetter, decode_letter
from citybrain.floor.events import Envelope
from citybrain.floor.settings import Settings
from citybrain.floor.topics import DEAD_LETTERS
from connectors.door.answers import Answer, DoorRefusal
from connectors.door.bodies import media_of
from connectors.door.idempotency import LETTERS, BatchLedger, landed_parts, part
from connectors.door.intake import Haul, Intake
from connectors.door.unpacking import unpack
from connectors.envelope_cutter import cut
from connectors.mapping.further_events import further_of
from connectors.mapping.row_refusals import KEPT
from connectors.publisher import Publisher, Shipment
from connectors.sources import http_push

_ALL = 2**62
_GZIP = b"\x1f\x8b"
_DONE = Answer(202, b"")


@dataclass
class Replayed:
    """What became of letters.

    Attributes:
        events: events published.
        replayed: letters that became events now.
        before: letters that had become events on an earlier replay.
        refused: letters that are still refused, with the reason.
    """

    events: int = 0
    replayed: int = 0
    before: int = 0
    refused: list[tuple[DeadLetter, str]] = field(default_factory=list)


def read_letters(
    settings: Settings, feed: str = "", since: datetime | None = None
) -> Iterator[DeadLetter]:
    """Yield the letters on Kafka, each once; those of one partition in order. Blocks.

    Raises:
        BusError: Kafka does not answer.
    """
    seen: set[str] = set()
    for partition in range(bus.partitions(settings, DEAD_LETTERS)):
        for _, value in bus.read_range(settings, DEAD_LETTERS, partition, 0, _ALL):
            letter = decode_letter(value)
            if letter.letter_id in seen or (feed and letter.feed != feed):
                continue
            if since is None or letter.received_at >= since:
                seen.add(letter.letter_id)
                yield letter


class LetterReplay:
    """Replays letters, one after another."""

    def __init__(
        self,
        settings: Settings,
        city: City,
        *,
        ledger: BatchLedger,
        publisher: Publisher,
        clock: Clock,
    ) -> None:
        """Map as `city` says today; send through `publisher`, and note it in `ledger`."""
        self._settings, self._city = settings, city
        self._ledger, self._publisher, self._clock = ledger, publisher, clock
        self._intakes: dict[str, Intake] = {}

    def run(self, letters: Iterable[DeadLetter]) -> Replayed:
        """Replay `letters`; return what became of them.

        Raises:
            BusError: Kafka does not answer; what was replayed before it went is noted.
        """
        done = Replayed()
        for letter in letters:
            self._replay(letter, done)
        return done

    def _replay(self, letter: DeadLetter, done: Replayed) -> None:
        feed = self._city.feeds.get(letter.feed)
        if feed is None:
            done.refused.append((letter, f"feed {letter.feed!r} is gone"))
            return
        envelopes, bad, reason = self._map(letter)
        if not envelopes:
            done.refused.append((letter, reason))
            return
        behind = self._publisher.end(letter.feed)
        digest = hashlib.blake2b(letter.raw, digest_size=16).digest()
        standing = self._ledger.claim(
            LETTERS, letter.letter_id, digest, behind=behind, now=self._clock.now()
        )
        if standing.answer is not None:
            done.before += 1
            return
        if standing.busy:
            done.refused.append((letter, "another replay works on it"))
            return
        if bad:  # of a letter of many rows: each gets a letter of its own
            self._publisher.send_letters(bad).receipt()
            done.refused += [(one, one.reason) for one in bad]
        landed = landed_parts(self._settings, standing.attempts)
        for shipment in self._send(envelopes, landed):
            shipment.receipt()
        self._ledger.finish(LETTERS, letter.letter_id, _DONE)
        done.replayed += 1
        done.events += sum(envelope.table.num_rows for envelope in envelopes)

    def _map(self, letter: DeadLetter) -> tuple[list[Envelope], list[DeadLetter], str]:
        """Return the envelopes of what is good in `letter`, letters of the rest, and a reason."""
        feed = self._city.feeds[letter.feed]
        intake = self._intakes.setdefault(feed.id, Intake(feed, self._city))
        body = f"{letter.header}\n".encode() + letter.raw if letter.header else letter.raw
        packed = "gzip" if body.startswith(_GZIP) else ""
        name = f"letter:{letter.letter_id}"
        # Single rows were kept as UTF-8, whole bodies as they came.
        charset = "utf-8" if letter.header else http_push.encoding_of(feed)
        if len(letter.raw) == KEPT:
            return [], [], "only its beginning is kept"
        try:
            # Ids that are made of the batch's name must be those of a first sending of this row.
            hauls = list(
                intake.take(
                    unpack(body, packed),
                    media_of(letter.media_type, charset),
                    name,
                    self._clock.now(),
                )
            )
        except DoorRefusal as refusal:
            return [], [], refusal.message
        tables, letters = _wanted(hauls, feed, further_of(letter.field))
        envelopes = [
            Envelope(feed.id, feed.department, table, 0, part(name, index))
            for index, table in enumerate(tables)
        ]
        return envelopes, letters, letters[0].reason if letters else "it gives no such event now"

    def _send(self, envelopes: list[Envelope], landed: frozenset[str]) -> list[Shipment]:
        return [self._publisher.send(one, []) for one in envelopes if one.batch not in landed]


def _wanted(
    hauls: Sequence[Haul], feed: Feed, further: str
) -> tuple[list[pa.Table], list[DeadLetter]]:
    """Return the events to publish, and the letters of those that are still refused.

    Args:
        hauls: what the bytes of a letter give now.
        feed: its feed.
        further: the further event that the letter is about: the first one of its row, and the
            others, went on when it was refused. "": all.
    """
    letters = [one for haul in hauls for one in haul.outcome.letters]
    if not further:
        return [some for haul in hauls for some in cut(haul.table) if some.num_rows], letters
    number = [*feed.also, further].index(further) + 1
    mine = [haul.table.filter(pa.array(haul.which == number)) for haul in hauls]
    refused = [one for one in letters if further_of(one.field) in ("", further)]
    return [some for some in mine if some.num_rows], refused
