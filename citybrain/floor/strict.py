"""Build frozen dataclasses from YAML, strictly, and say the line of everything that is wrong.

Works on PyYAML's node tree, which keeps the lines and shows duplicate keys, instead of on plain
dicts. A fault never stops the reading: what is faulty is left out and the rest is read on, so that
all faults of a file are found in one reading.
"""

from __future__ import annotations

import contextlib
import dataclasses
import difflib
import functools
import math
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import yaml

from citybrain.floor.duration import TooLongError, duration, shortened
from citybrain.floor.errors import Fault

T = TypeVar("T")
_TAG = "tag:yaml.org,2002:"
_WORDS = {"bool": "a truth value", "null": "empty", "timestamp": "a date", "seq": "a list"}
_MOST_NAMES = 12
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TEXT_TAGS = ("str", "int", "float")


class _Skip(Exception):
    """The item is faulty (already noted) and cannot be built."""


class Document:
    """One YAML file being read: its faults so far, and the line of each item.

    Attributes:
        path: the file.
        faults: all that is wrong with it, in reading order.
    """

    def __init__(self, path: Path) -> None:
        """Start on `path`; nothing is read yet."""
        self.path = path
        self.faults: list[Fault] = []
        self._lines: dict[str, int] = {}

    def fault(self, item: str, problem: str, remedy: str, *, line: int | None = None) -> None:
        """Note that `item` is wrong, at its own line unless another is given."""
        place = f"{self.path}:{line or self.line(item)}"
        self.faults.append(Fault(place, item or "file", problem, remedy))

    def sorted_faults(self) -> list[Fault]:
        """Return the faults by line."""
        return sorted(self.faults, key=lambda fault: int(fault.place.rpartition(":")[2]))

    def line(self, item: str) -> int:
        """Return the line of `item`, or of the nearest thing around it that has one."""
        while item and item not in self._lines:
            item = item.rpartition(".")[0]
        return self._lines.get(item, 1)

    def root(self) -> yaml.Node | None:
        """Return the file's root node; None (and a fault) where it cannot be read."""
        try:
            return _compose(self.path.read_text("utf-8"))
        except FileNotFoundError:
            self.fault("", "missing", "make it; docs/city.md shows what belongs in it")
        except OSError as error:
            remedy = "make it a file that this account may read"
            self.fault("", f"cannot be read: {error.strerror}", remedy)
        except UnicodeDecodeError as error:
            self.fault("", f"not UTF-8 at byte {error.start}", "save it as UTF-8")
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            problem = f"not YAML: {error.problem}"
            self.fault("", problem, "check indentation, quotes and brackets there", line=line)
        except yaml.reader.ReaderError as error:
            problem = f"not YAML: {error.reason}: U+{int(error.character):04X}"
            self.fault("", problem, "take the character out")
        return None

    def entries(self, node: yaml.Node | None, item: str) -> dict[str, yaml.Node]:
        """Return the key → node pairs of a mapping; faults for duplicates and for no mapping."""
        if not isinstance(node, yaml.MappingNode):
            self.fault(item, f"{_word(node)} where keys are expected", "write 'key: value' lines")
            return {}
        found: dict[str, yaml.Node] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                self.fault(
                    item, f"{_word(key)} as a key", "give one word before the ':'", line=line
                )
                continue
            name = str(key.value)
            inner = join(item, name)
            if name in found:
                first = self.line(inner)
                self.fault(inner, f"duplicate key, first on line {first}", "keep one", line=line)
                continue
            self._lines[inner] = line
            found[name] = value
        return found

    def record(
        self, node: yaml.Node, kind: type[T], item: str, given: Mapping[str, Any] | None = None
    ) -> T | None:
        """Return `node` as a `kind`, or None (and faults) where it is not one.

        Args:
            node: a mapping, or for a `kind` with `SHORTHAND` also what that field takes.
            kind: a dataclass; fields without a default are required.
            item: dotted path of the node.
            given: values of fields that are known from elsewhere and may not be written.
        """
        try:
            return self._dataclass(node, kind, item, given or {})
        except _Skip:
            return None

    def _dataclass(self, node: yaml.Node, kind: type[T], item: str, given: Mapping[str, Any]) -> T:
        short = getattr(kind, "SHORTHAND", None)
        hints = _hints(typing.cast("Any", kind))
        if short is not None and not isinstance(node, yaml.MappingNode):
            return kind(**{short: self._value(node, hints[short], item)})
        if not isinstance(node, yaml.MappingNode):
            raise self._not(node, "keys with values", item)
        wanted = {
            field.name.rstrip("_"): field  # `for_` is written `for`
            for field in dataclasses.fields(kind)  # type: ignore[arg-type]
            if field.name not in given
        }
        entries = self.entries(node, item)
        values = dict(given)
        for name in (name for name in entries if name in wanted):
            with contextlib.suppress(_Skip):
                field = wanted[name].name
                values[field] = self._value(entries[name], hints[field], join(item, name))
        there = {name.rstrip("_") for name in values}
        if not self._complete(entries, wanted, item) or not _required(wanted) <= there:
            raise _Skip
        return kind(**values)

    def _complete(
        self,
        entries: Mapping[str, yaml.Node],
        wanted: Mapping[str, dataclasses.Field[Any]],
        item: str,
    ) -> bool:
        unknown = [name for name in entries if name not in wanted]
        for name in unknown:
            self.fault(join(item, name), f"unknown key {name!r}", suggest(name, wanted))
        missing = [name for name in wanted if name in _required(wanted) - entries.keys()]
        for name in missing:
            self.fault(item, f"key {name!r} is missing", f"add '{name}: …'")
        return not missing

    def _value(self, node: yaml.Node, hint: Any, item: str) -> Any:
        origin, args = typing.get_origin(hint), typing.get_args(hint)
        if origin in (types.UnionType, typing.Union):
            return self._value(node, next(arg for arg in args if arg is not type(None)), item)
        if origin is tuple:
            return self._tuple(node, args[0], item)
        if origin is not None and issubclass(origin, Mapping):
            return self._mapping(node, args[1], item)
        if dataclasses.is_dataclass(hint):
            return self._dataclass(node, typing.cast("type[Any]", hint), item, {})
        return self._scalar(node, hint, item)

    def _tuple(self, node: yaml.Node, inner: Any, item: str) -> tuple[Any, ...]:
        if isinstance(node, yaml.ScalarNode):
            return (self._value(node, inner, item),)
        if not isinstance(node, yaml.SequenceNode):
            raise self._not(node, "a list", item)
        parts = [(f"{item}[{index}]", part) for index, part in enumerate(node.value)]
        self._lines.update({name: part.start_mark.line + 1 for name, part in parts})
        return tuple(self._value(part, inner, name) for name, part in parts)

    def _mapping(self, node: yaml.Node, inner: Any, item: str) -> dict[str, Any]:
        if not isinstance(node, yaml.MappingNode):
            raise self._not(node, "keys with values", item)
        built: dict[str, Any] = {}
        for name, value in self.entries(node, item).items():
            with contextlib.suppress(_Skip):
                built[name] = self._value(value, inner, join(item, name))
        return built

    def _scalar(self, node: yaml.Node, hint: type[Any], item: str) -> Any:
        words, tags, make = _SCALARS[hint]
        tag = node.tag.removeprefix(_TAG)
        if not isinstance(node, yaml.ScalarNode) or tag not in tags:
            raise self._not(node, words, item)
        try:
            return make(node.value)
        except TooLongError as error:
            self.fault(item, str(error), error.remedy)
            raise _Skip from None
        except (ValueError, OverflowError):
            raise self._not(node, words, item) from None

    def _not(self, node: yaml.Node, words: str, item: str) -> _Skip:
        text = node.value if isinstance(node, yaml.ScalarNode) else None
        quotes = words == "text" and text is not None and text != ""
        remedy = f'put it in quotes: "{text}"' if quotes else f"give {words}"
        shown = repr(shortened(text)) if text else _word(node)
        self.fault(item, f"{shown} is not {words}", remedy)
        return _Skip()


def _compose(text: str) -> yaml.Node | None:
    """Return the root of `text`, by libyaml where it is there: ten times as fast."""
    try:
        return yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError:
        return yaml.compose(text, Loader=yaml.SafeLoader)  # its words are the same everywhere


@functools.cache
def _hints(kind: type[Any]) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _required(wanted: Mapping[str, dataclasses.Field[Any]]) -> set[str]:
    return {
        name
        for name, field in wanted.items()
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    }


def join(item: str, name: str) -> str:
    """Return the dotted path of `name` inside `item`."""
    return f"{item}.{name}" if item else name


def suggest(name: str, known: Iterable[str]) -> str:
    """Return a remedy for an unknown name: the nearest known one, or all of them."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1)
    if close:
        return f"did you mean {close[0]!r}?"
    rest = len(names) - _MOST_NAMES
    shown = ", ".join(names[:_MOST_NAMES]) + (f" and {rest} more" if rest > 0 else "")
    return f"known are {shown}" if names else "none are known"


def _word(node: yaml.Node | None) -> str:
    if node is None:
        return "empty"
    if isinstance(node, yaml.MappingNode):
        return "a mapping"
    return _WORDS.get(node.tag.removeprefix(_TAG), "a single value")


def _number(text: str) -> float:
    found = float(text)
    if not math.isfinite(found):
        raise ValueError(f"{text!r} is beyond all numbers")
    return found


def _truth(text: str) -> bool:
    return yaml.SafeLoader.bool_values[text.lower()]


_SCALARS: dict[type[Any], tuple[str, tuple[str, ...], Callable[[str], Any]]] = {
    str: ("text", _TEXT_TAGS, str),
    int: ("a whole number", ("int",), int),
    float: ("a number", ("int", "float"), _number),
    bool: ("true or false", ("bool",), _truth),
    Path: ("a path", ("str",), Path),
    timedelta: ("a duration such as 90s, 10m, 1h30m or 7d", ("str",), duration),
}
"""type → (what it is called, YAML tags that it takes, how it is made from the written text).

Text takes numbers too, as they are written: codes such as 150302 need no quotes. It takes no
truth values, because ``on``, ``no`` and ``yes`` are usually meant as words."""
