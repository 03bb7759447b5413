"""Files of cases: who may bring, see and attach them.

A file is brought first and belongs to nobody but whoever brought it; a command that names it lets
it belong to a case, and whoever sees the case may see it from then on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog

from citybrain.cases.files.clean_file import BadFileError, clean_file
from citybrain.cases.files.file_store import WAITS, FileRecord, FileStore
from citybrain.cases.records import Case
from citybrain.cases.remarks import FILE_ID
from citybrain.floor.audit_entry import printable
from citybrain.floor.clock import Clock, millis
from citybrain.floor.text import Text
from dashboards.desks.forms import FormRefusal

log = structlog.get_logger(__name__)

MOST_WAITING = 40
"""Files of one person that belong to no case yet."""
MOST_UPLOADS = 16
"""Files that are under way at once: their bytes are in memory."""
MOST_NOTES = 20_000
"""What is said of so many files is remembered; it does not change once they belong to a case."""
_DROP_EVERY = timedelta(hours=1)
_NO_FILE = Text("没有这个文件，或不在您的权限内", "no such file that you may see")


@dataclass
class FileService:
    """Brings, shows and attaches files; knows nothing of HTTP.

    Attributes:
        store: keeps them.
        clock: the present.
    """

    store: FileStore
    clock: Clock
    _busy: set[str] = field(default_factory=set)
    _one: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))
    _notes: dict[str, FileRecord] = field(default_factory=dict)
    _dropped_at: datetime | None = None

    @contextmanager
    def one_upload(self, user: str) -> Iterator[None]:
        """Hold a person's only upload: a file is up to 20 MB, and all of it is in memory.

        Raises:
            FormRefusal: another one of the person is under way, or too many of others are.
        """
        if user in self._busy:
            words = "another file of yours is under way; send one after the other"
            raise FormRefusal(429, Text("您有一个文件正在上传，请逐个上传", words))
        if len(self._busy) >= MOST_UPLOADS:
            words = f"{MOST_UPLOADS} files are under way already; try again in a moment"
            raise FormRefusal(429, Text("同时上传的人较多，请稍后再试", words))
        self._busy.add(user)
        try:
            yield
        finally:
            self._busy.discard(user)

    async def bring(self, user: str, name: str, content: bytes) -> dict[str, Any]:
        """Keep a file that somebody brings; return what the desk shows of it.

        Raises:
            FormRefusal: it is no file that can be kept, too many wait, or there is no room.
        """
        async with self._one:
            return shown(await asyncio.to_thread(self._bring, user, name, content))

    async def waiting(self, user: str, name: str) -> tuple[FileRecord, bytes]:
        """Return the small picture of a photo that a person brought and that waits for a case.

        Raises:
            FormRefusal: there is none.
        """
        return await asyncio.to_thread(self._waiting, user, name)

    async def of_case(self, case: Case, name: str, *, small: bool) -> tuple[FileRecord, bytes]:
        """Return a file of a case that the person may see.

        Raises:
            FormRefusal: the case has none of that id.
        """
        if name not in case.attachments:
            raise FormRefusal(404, _NO_FILE)
        return await asyncio.to_thread(self._of_case, name, small)

    async def shown_of(self, case: Case) -> list[dict[str, Any]]:
        """Return what the desk shows of the files of a case, in the order in which they came."""
        if not case.attachments:
            return []
        return await asyncio.to_thread(self._shown_of, case.attachments)

    async def attach(self, user: str, case: str, names: Iterable[str]) -> None:
        """Let files belong to the case with the id `case`, of which a command will name them.

        Raises:
            FormRefusal: one was not brought by `user`, or belongs to another case.
        """
        await asyncio.to_thread(self._attach, user, case, tuple(names))

    def _bring(self, user: str, name: str, content: bytes) -> FileRecord:
        try:
            file = clean_file(content)
        except BadFileError as error:
            raise FormRefusal(422, error.said) from error
        try:
            self._drop_old()
            if self.store.waiting_count(user) >= MOST_WAITING:
                words = f"{MOST_WAITING} files of yours belong to no case yet; attach those first"
                raise FormRefusal(
                    429, Text(f"您有 {MOST_WAITING} 个文件未归入案件，请先归入", words)
                )
            return self.store.put(file, printable(name) or "file", user, self.clock.now())
        except OSError as error:
            raise _no_room(error) from error

    def _drop_old(self) -> None:
        now = self.clock.now()
        if self._dropped_at is None or now - self._dropped_at >= _DROP_EVERY:
            self._dropped_at = now
            if dropped := self.store.drop_waiting(now):
                log.info("files_dropped", count=dropped, why="they belonged to no case for a day")

    def _waiting(self, user: str, name: str) -> tuple[FileRecord, bytes]:
        note = self.store.waiting(user, name) if FILE_ID.fullmatch(name) else None
        if note is None or not note.is_photo:
            raise FormRefusal(404, _NO_FILE)
        return note, self._read(note, small=True)

    def _of_case(self, name: str, small: bool) -> tuple[FileRecord, bytes]:
        note = self._noted(name)
        if note is None or (small and not note.is_photo):
            raise FormRefusal(404, _NO_FILE)
        return note, self._read(note, small=small)

    def _read(self, note: FileRecord, *, small: bool) -> bytes:
        try:
            return self.store.read(note, small=small)
        except FileNotFoundError as error:
            raise FormRefusal(404, _NO_FILE) from error
        except OSError as error:
            raise _away(error) from error

    def _shown_of(self, names: Sequence[str]) -> list[dict[str, Any]]:
        try:
            found = [(name, self._noted(name)) for name in names]
        except FormRefusal:  # the place of files is away, the case is not
            found = [(name, None) for name in names]
        return [shown(note) if note else {"id": name} for name, note in found]

    def _attach(self, user: str, case: str, names: Sequence[str]) -> None:
        notes = [self._own(user, case, name) for name in names]
        try:
            for note in notes:
                if not note.case:
                    self.store.keep(note, case)
        except OSError as error:
            raise _no_room(error) from error

    def _own(self, user: str, case: str, name: str) -> FileRecord:
        note = None
        if FILE_ID.fullmatch(name):
            # One that a command named before, of which nobody knows what became, is named again.
            note = self.store.waiting(user, name) or self._noted(name)
        if note is not None and not note.case and note.at + WAITS < self.clock.now():
            note = None
        if note is None or note.by != user or note.case not in {"", case}:
            words = "no such file of yours that can be attached; bring it again"
            raise FormRefusal(422, Text("没有您可归入的这个文件，请重新上传", words))
        return note

    def _noted(self, name: str) -> FileRecord | None:
        note = self._notes.get(name)
        if note is None:
            try:
                note = self.store.kept(name)
            except OSError as error:
                raise _away(error) from error
            if note is not None:
                if len(self._notes) >= MOST_NOTES:
                    self._notes.clear()
                self._notes[name] = note
        return note


def shown(note: FileRecord) -> dict[str, Any]:
    """Return what the desk shows of a file."""
    return {
        "id": note.id,
        "name": note.name,
        "photo": note.is_photo,
        "size": note.size,
        "width": note.width,
        "height": note.height,
        "at": millis(note.at),
    }


def _no_room(error: OSError) -> FormRefusal:
    log.error("file_not_kept", error=str(error))
    words = "the file could not be kept; is there room where files are? see CITYBRAIN_FILES_URL"
    return FormRefusal(507, Text("文件没有保存：存储无法写入，请联系管理员", words))


def _away(error: OSError) -> FormRefusal:
    log.error("files_away", error=str(error))
    words = "the place of files does not answer; see CITYBRAIN_FILES_URL"
    return FormRefusal(503, Text("文件存储无应答", words))
