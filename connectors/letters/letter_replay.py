"""Replay dead letters: map their bytes with the mapping of today, and publish what is now good.

They go in batches of some ten thousand. Each letter has a place of its own in the ledger, so that
one that became events never becomes any again, whoever replays it, and after a crash in the middle
neither: claimed → on Kafka → marked → settled. What a crash left between two of these is found out
before anything is sent: by the name of its envelope, on Kafka.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import uuid4

import pyarrow as pa

from citybrain.city.records import City, Feed
from citybrain.floor import bus
from citybrain.floor.clock import Clock
from citybrain.floor.dead_letters import DeadLetter, LetterMarks, Mark, decode_letters
from citybrain.floor.events import Envelope
from citybrain.floor.settings import Settings
from citybrain.floor.topics import DEAD_LETTERS
from connectors.door.answers import DoorRefusal
from connectors.door.bodies import media_of
from connectors.door.idempotency import Attempt, landed_parts, part
from connectors.door.intake import Haul, Intake
from connectors.door.rows_outcome import kind_of_reason
from connectors.door.unpacking import unpack
from connectors.envelope_cutter import cut
from connectors.fetch.source import EnvelopeReceipt
from connectors.letters.joint_mapping import LetterGroup, group_of, map_together, name_of
from connectors.letters.letter_ledger import LetterClaim, LetterLedger, LettersStanding
from connectors.mapping.further_events import further_of
from connectors.mapping.row_refusals import KEPT
from connectors.publisher import Publisher, Shipment
from connectors.sources import http_push

TOGETHER = 10_000
"""Letters that are replayed together: as many rows as an envelope holds."""
HELD = 5 * TOGETHER
"""Letters of different sorts that wait for others of their sort."""
SHOWN = 100
_ALL = 2**62
_GZIP = b"\x1f\x8b"


@dataclass
class Replayed:
    """What became of letters.

    Attributes:
        events: events published.
        replayed: letters that became events now.
        before: letters that had become events on an earlier replay.
        discarded: letters that had been discarded.
        refused: letters that are still refused.
        reasons: the sort of reason → how many of those.
        shown: the first of them, each with its reason.
    """

    events: int = 0
    replayed: int = 0
    before: int = 0
    discarded: int = 0
    refused: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    shown: list[tuple[DeadLetter, str]] = field(default_factory=list)

    def refuse(self, refused: Sequence[tuple[DeadLetter, str]]) -> None:
        """Count letters that are still refused."""
        self.refused += len(refused)
        self.reasons.update(kind_of_reason(reason) for _, reason in refused)
        self.shown += refused[: SHOWN - len(self.shown)]


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
            for letter in decode_letters(value):
                if letter.letter_id in seen or (feed and letter.feed != feed):
                    continue
                if since is None or letter.received_at >= since:
                    seen.add(letter.letter_id)
                    yield letter


class LetterDesk:
    """What replaying and discarding share: the ledger, and who marks letters.

    Attributes:
        ledger: remembers what became of each letter.
    """

    def __init__(
        self,
        ledger: LetterLedger,
        send_marks: Callable[[LetterMarks], object],
        clock: Clock,
        by: str,
    ) -> None:
        """Work for the user `by`; `send_marks` returns when Kafka has them."""
        self.ledger, self._send_marks = ledger, send_marks
        self._clock, self._by = clock, by

    @property
    def now(self) -> datetime:
        """The present instant."""
        return self._clock.now()

    def settle(
        self, letters: Sequence[DeadLetter], mark: Mark, claim: LetterClaim | None = None
    ) -> None:
        """Mark letters, then remember it: a mark that comes twice is one.

        Args:
            letters: which.
            mark: what became of them.
            claim: theirs, if they were claimed for it.

        Raises:
            BusError: Kafka did not take the marks; nothing is remembered.
        """
        feeds: dict[str, list[str]] = {}
        for letter in letters:
            feeds.setdefault(letter.feed, []).append(letter.letter_id)
        for feed, names in feeds.items():
            marks = LetterMarks(feed=feed, letter_ids=names, mark=mark, at=self.now, by=self._by)
            self._send_marks(marks)
        if claim is None:
            self.ledger.settle_letters([one.letter_id for one in letters], mark, self.now)
        else:
            self.ledger.settle(claim, mark, self.now)


def discard(desk: LetterDesk, letters: Iterable[DeadLetter]) -> tuple[int, int]:
    """Have `letters` be nothing, ever; return how many, and how many had become events or may.

    Raises:
        BusError: Kafka does not answer; what was discarded before it went is marked.
    """
    done = left = 0
    for some in _batched(letters):
        known = desk.ledger.standing([one.letter_id for one in some], desk.now)
        free = [
            one
            for one in some
            if one.letter_id not in known.open and known.settled.get(one.letter_id) != "replayed"
        ]
        desk.settle(free, "discarded")
        done, left = done + len(free), left + len(some) - len(free)
    return done, left


class LetterReplay:
    """Replays letters, those of a sort together."""

    def __init__(
        self, settings: Settings, city: City, *, desk: LetterDesk, publisher: Publisher
    ) -> None:
        """Map as `city` says today; send through `publisher`, and note it at `desk`."""
        self._settings, self._city = settings, city
        self._desk, self._ledger, self._publisher = desk, desk.ledger, publisher
        self._intakes: dict[str, Intake] = {}
        self._landed: dict[Attempt, frozenset[str]] = {}
        self._behind: dict[str, EnvelopeReceipt] = {}

    def run(self, letters: Iterable[DeadLetter], *, again: bool = False) -> Replayed:
        """Replay `letters`; return what became of them.

        Args:
            letters: any, in any order.
            again: also those that were replayed or discarded before.

        Raises:
            BusError: Kafka does not answer; what was replayed before it went is noted.
        """
        done, waiting, held = Replayed(), dict[LetterGroup | None, list[DeadLetter]](), 0
        for letter in letters:
            some = waiting.setdefault(group_of(letter), [])
            some.append(letter)
            held += 1
            if len(some) == TOGETHER or held == HELD:
                fullest = max(waiting, key=lambda group: len(waiting[group]))
                held -= len(waiting[fullest])
                self._batch(fullest, waiting.pop(fullest), done, again=again)
        for group, some in waiting.items():
            self._batch(group, some, done, again=again)
        return done

    def _batch(
        self, group: LetterGroup | None, letters: list[DeadLetter], done: Replayed, *, again: bool
    ) -> None:
        """Replay letters of one group; None: each is alone."""
        known = self._ledger.standing([one.letter_id for one in letters], self._desk.now)
        left = [
            one
            for one in self._left(letters, known, done, again=again)
            if self._has_feed(one, done)
        ]
        if group is not None and left:
            left = self._together(self._intake(left[0].feed), left, known, done)
        for letter in left:
            self._alone(letter, done, again=again)

    def _left(
        self,
        letters: Sequence[DeadLetter],
        known: LettersStanding,
        done: Replayed,
        *,
        again: bool,
    ) -> Iterator[DeadLetter]:
        """Yield what is to be replayed; settle what a crash left on Kafka."""
        landed = []
        for letter in letters:
            name = letter.letter_id
            mark = known.settled.get(name)
            if name in known.busy:
                done.refuse([(letter, "another replay works on it")])
            elif mark is not None and not again:
                done.discarded += mark == "discarded"
                done.before += mark == "replayed"
            elif any(self._has_landed(letter, one) for one in known.open.get(name, ())):
                landed.append(letter)
            else:
                yield letter
        if landed:
            self._desk.settle(landed, "replayed")
            done.before += len(landed)

    def _has_landed(self, letter: DeadLetter, attempt: Attempt) -> bool:
        """Say whether an envelope with all of `letter` is on Kafka since `attempt`."""
        if not attempt.part and group_of(letter) is None:
            return False  # of many rows: what landed of it is looked for when it comes again
        if attempt not in self._landed:
            self._landed[attempt] = landed_parts(self._settings, [attempt])
        return (attempt.part or part(name_of(letter), 0)) in self._landed[attempt]

    def _has_feed(self, letter: DeadLetter, done: Replayed) -> bool:
        if letter.feed in self._city.feeds:
            return True
        done.refuse([(letter, f"feed {letter.feed!r} is gone")])
        return False

    def _intake(self, feed: str) -> Intake:
        if feed not in self._intakes:
            self._intakes[feed] = Intake(self._city.feeds[feed], self._city)
        return self._intakes[feed]

    def _together(
        self, intake: Intake, letters: list[DeadLetter], known: LettersStanding, done: Replayed
    ) -> list[DeadLetter]:
        """Replay letters of one group in as few envelopes as they need; return what is left."""
        feed = intake.feed
        mapped = map_together(intake, letters, self._desk.now)
        if not mapped.good:
            done.refuse(mapped.refused)
            return mapped.alone
        batch, parts, envelopes, first = f"letters:{uuid4().hex}", dict[str, str](), [], 0
        for index, table in enumerate(cut(mapped.table)):
            envelopes.append(Envelope(feed.id, feed.department, table, 0, part(batch, index)))
            some = mapped.good[first : first + table.num_rows]
            parts |= dict.fromkeys((one.letter_id for one in some), envelopes[-1].batch)
            first += len(some)
        # All that is sent from now on lies behind what was sent last.
        behind = self._behind.get(feed.id) or self._publisher.end(feed.id)
        claim = self._ledger.claim(parts, known, behind=behind, now=self._desk.now)
        if claim is None:  # another replay or a discarding went on meanwhile: look at each anew
            return letters
        done.refuse(mapped.refused)
        for shipment in [self._publisher.send(one, []) for one in envelopes]:
            self._behind[feed.id] = shipment.receipt()
        self._desk.settle(mapped.good, "replayed", claim)
        done.replayed += len(mapped.good)
        done.events += mapped.table.num_rows
        return mapped.alone

    def _alone(self, letter: DeadLetter, done: Replayed, *, again: bool) -> None:
        name, now = letter.letter_id, self._desk.now
        known = self._ledger.standing([name], now)
        if not list(self._left([letter], known, done, again=again)):
            return
        envelopes, bad, reason = mapped_alone(self._intake(letter.feed), letter, now)
        if not envelopes:
            done.refuse([(letter, reason)])
            return
        tried = known.open.get(name, ())
        if again or any(one.part for one in tried):  # those attempts bear other names, or are over
            known, tried = replace(known, open={}), ()
        behind = self._publisher.end(letter.feed)
        claim = self._ledger.claim({name: ""}, known, behind=behind, now=now)
        if claim is None:
            done.refuse([(letter, "another replay works on it")])
            return
        if bad:  # of a letter of many rows: each gets a letter of its own
            self._publisher.send_letters(bad).receipt()
            done.refuse([(one, one.reason) for one in bad])
        landed = landed_parts(self._settings, tried)
        for shipment in self._send(envelopes, landed):
            shipment.receipt()
        self._desk.settle([letter], "replayed", claim)
        done.replayed += 1
        done.events += sum(envelope.table.num_rows for envelope in envelopes)

    def _send(self, envelopes: list[Envelope], landed: frozenset[str]) -> list[Shipment]:
        return [self._publisher.send(one, []) for one in envelopes if one.batch not in landed]


def mapped_alone(
    intake: Intake, letter: DeadLetter, now: datetime
) -> tuple[list[Envelope], list[DeadLetter], str]:
    """Return the envelopes of what is good in `letter`, letters of the rest, and a reason."""
    feed, name = intake.feed, name_of(letter)
    body = f"{letter.header}\n".encode() + letter.raw if letter.header else letter.raw
    packed = "gzip" if body.startswith(_GZIP) else ""
    # Single rows were kept as UTF-8, whole bodies as they came.
    charset = "utf-8" if letter.header else http_push.encoding_of(feed)
    if len(letter.raw) == KEPT:
        return [], [], "only its beginning is kept"
    try:
        media = media_of(letter.media_type, charset)
        # Ids that are made of the batch's name must be those of a first sending of this row.
        hauls = list(intake.take(unpack(body, packed), media, name, now))
    except DoorRefusal as refusal:
        return [], [], refusal.message
    tables, letters = _wanted(hauls, feed, further_of(letter.field))
    envelopes = [
        Envelope(feed.id, feed.department, table, 0, part(name, index))
        for index, table in enumerate(tables)
    ]
    return envelopes, letters, letters[0].reason if letters else "it gives no such event now"


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


def _batched(letters: Iterable[DeadLetter]) -> Iterator[list[DeadLetter]]:
    some: list[DeadLetter] = []
    for letter in letters:
        some.append(letter)
        if len(some) == TOGETHER:
            yield some
            some = []
    if some:
        yield some
