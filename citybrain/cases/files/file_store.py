"""Where files of cases are kept: a folder, or whatever else fsspec knows an address for (S3).

    files/<ab>/<id>            the content, and <id>.small beside a photo
    waiting/<who>/<id>.json    what is said of a file that belongs to no case yet
    kept/<ab>/<id>.json        what is said of one that does

What is said of a file is written after its content, so a file that is told of is whole. One that
waits for longer than `WAITS` belongs to nobody, and is dropped.
"""

from __future__ import annotations

import contextlib
import hashlib
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta

import fsspec
import msgspec

from citybrain.cases.files.clean_file import CleanFile
from citybrain.floor.clock import Instant
from citybrain.floor.errors import ConfigError, Fault

WAITS = timedelta(days=1)
"""For how long a file can be put to a case."""
DROPPED_AFTER = WAITS + timedelta(hours=1)
"""Later, so that none is dropped which just then comes to a case."""


class FileRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What is said of a file.

    Attributes:
        id: 32 hexadecimal digits, random.
        name: as whoever brought it called it; printable.
        media_type: of the content.
        size: bytes of the content.
        width, height: of a photo, pixels; 0 of others.
        sha256: of the content.
        by: account that brought it.
        at: when (UTC).
        case: id of the case that it belongs to; "": of none yet.
    """

    id: str
    name: str
    media_type: str
    size: int
    width: int
    height: int
    sha256: str
    by: str
    at: Instant
    case: str = ""

    @property
    def is_photo(self) -> bool:
        """Whether it can be shown as a picture."""
        return self.media_type.startswith("image/")


class FileStore:
    """Keeps files. Blocks; every method raises `OSError` where the place does not answer."""

    def __init__(self, url: str) -> None:
        """Keep files under `url`: a folder's path, or ``s3://bucket/folder`` and the like.

        Raises:
            ConfigError: nothing here can reach such an address.
        """
        try:
            self._fs, self._root = fsspec.core.url_to_fs(url, auto_mkdir=True)
        except (ImportError, ValueError) as error:
            remedy = "give a folder, or install the package that reaches such addresses (s3fs)"
            fault = Fault("CITYBRAIN_FILES_URL", url, str(error), remedy)
            raise ConfigError([fault]) from error

    def put(self, file: CleanFile, name: str, by: str, at: datetime) -> FileRecord:
        """Keep a file that belongs to no case yet; return what is said of it."""
        note = FileRecord(
            id=uuid.uuid4().hex,
            name=name,
            media_type=file.media_type,
            size=len(file.content),
            width=file.width,
            height=file.height,
            sha256=hashlib.sha256(file.content).hexdigest(),
            by=by,
            at=at,
        )
        content = self._content(note.id)
        try:
            self._fs.pipe_file(content, file.content)
            if file.small:
                self._fs.pipe_file(f"{content}.small", file.small)
            self._fs.pipe_file(self._waiting(by, note.id), msgspec.json.encode(note))
        except OSError:
            with contextlib.suppress(OSError):
                self.drop(note)  # the disk is full: nothing half written stays
            raise
        return note

    def waiting(self, by: str, name: str) -> FileRecord | None:
        """Return what is said of a file of `by` that belongs to no case yet."""
        return self._note(self._waiting(by, name))

    def kept(self, name: str) -> FileRecord | None:
        """Return what is said of a file that belongs to a case."""
        return self._note(self._kept(name))

    def waiting_count(self, by: str) -> int:
        """Return how many files of `by` belong to no case yet."""
        return len(self._listed(f"waiting/{_folder_of(by)}"))

    def keep(self, note: FileRecord, case: str) -> None:
        """Let a file that waits belong to a case."""
        kept = msgspec.structs.replace(note, case=case)
        self._fs.pipe_file(self._kept(note.id), msgspec.json.encode(kept))
        with contextlib.suppress(FileNotFoundError):
            self._fs.rm_file(self._waiting(note.by, note.id))

    def read(self, note: FileRecord, *, small: bool = False) -> bytes:
        """Return the content of a file, or its small picture.

        Raises:
            FileNotFoundError: it is not there any more.
        """
        content: bytes = self._fs.cat_file(self._content(note.id) + (".small" if small else ""))
        return content

    def all_kept(self) -> Iterator[FileRecord]:
        """Yield what is said of every file that belongs to a case."""
        for folder in self._listed("kept"):
            for path in self._fs.ls(folder, detail=False):
                if (note := self._note(path)) is not None:
                    yield note

    def drop_waiting(self, now: datetime) -> int:
        """Drop the files that have waited too long; return how many those were.

        One that was kept by a process which ended before it said so stays.
        """
        dropped = 0
        for folder in self._listed("waiting"):
            for path in self._fs.ls(folder, detail=False):
                note = self._note(path)
                if note is None or note.at + DROPPED_AFTER >= now:
                    continue
                if self.kept(note.id) is not None:
                    self._fs.rm_file(path)
                    continue
                self.drop(note)
                dropped += 1
        return dropped

    def drop(self, note: FileRecord) -> None:
        """Drop a file, whether it belongs to a case or waits for one."""
        content = self._content(note.id)
        told = self._kept(note.id) if note.case else self._waiting(note.by, note.id)
        for path in (told, content, f"{content}.small"):
            with contextlib.suppress(FileNotFoundError):
                self._fs.rm_file(path)

    def _note(self, path: str) -> FileRecord | None:
        try:
            return msgspec.json.decode(self._fs.cat_file(path), type=FileRecord)
        except (FileNotFoundError, msgspec.DecodeError):
            return None

    def _listed(self, folder: str) -> list[str]:
        try:
            found: list[str] = self._fs.ls(f"{self._root}/{folder}", detail=False)
        except FileNotFoundError:
            return []
        return found

    def _content(self, name: str) -> str:
        return f"{self._root}/files/{name[:2]}/{name}"

    def _kept(self, name: str) -> str:
        return f"{self._root}/kept/{name[:2]}/{name}.json"

    def _waiting(self, by: str, name: str) -> str:
        return f"{self._root}/waiting/{_folder_of(by)}/{name}.json"


def _folder_of(by: str) -> str:
    """Return a name that any file system takes, and that says nothing of who it is."""
    return hashlib.sha256(by.encode()).hexdigest()[:32]
