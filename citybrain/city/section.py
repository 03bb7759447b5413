"""Records of one kind as they are collected from the files that hold them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Generic, TypeVar

from citybrain.city.references import RecordFault
from citybrain.floor.strict import Document, join, suggest

T = TypeVar("T")


class Section(Generic[T]):
    """Records of one kind, perhaps from several files.

    Ids count as known even where their record is faulty, so that one fault is not told twice.
    """

    def __init__(self) -> None:
        """Start empty."""
        self.ids: dict[str, Document] = {}
        self.records: dict[str, T] = {}
        self._items: dict[str, str] = {}

    def read(
        self, document: Document, key: str, kind: type[T], given: Callable[[str], dict[str, Any]]
    ) -> None:
        """Read the records under `key` of a file whose only key that is."""
        root = document.root()
        if document.faults:
            return
        top = document.entries(root, "")
        for name in top:
            if name != key:
                document.fault(name, f"unknown key {name!r}", suggest(name, [key]))
        if key not in top:
            document.fault("", f"key {key!r} is missing", f"add '{key}:' with its records")
            return
        for name, node in document.entries(top[key], key).items():
            self._add(
                document,
                join(key, name),
                name,
                document.record(node, kind, join(key, name), given(name)),
            )

    def _add(self, document: Document, item: str, name: str, record: T | None) -> None:
        if name in self.ids:
            first = self.ids[name]
            where = f"{first.path}:{first.line(self._items[name])}"
            document.fault(item, f"id is taken by {where}", "give it another")
            return
        self.ids[name] = document
        self._items[name] = item
        if record is not None:
            self.records[name] = record

    def change(self, change: Callable[[T], T]) -> None:
        """Replace each record by what `change` makes of it."""
        self.records = {name: change(record) for name, record in self.records.items()}

    def check(self, check: Callable[[T], Iterable[RecordFault]]) -> None:
        """Note what `check` finds wrong with each record, at its line."""
        for name, record in self.records.items():
            document, item = self.ids[name], self._items[name]
            for found in check(record):
                document.fault(
                    join(item, found.item) if found.item else item, found.problem, found.remedy
                )
