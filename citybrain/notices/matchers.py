"""Conditions on an alert's labels: ``level=~"red|orange"`` as text, and whether they hold.

Regular expressions are RE2's (through Arrow): they take linear time whatever somebody writes into a
silence, and are anchored at both ends.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from typing import Literal, cast

import pyarrow as pa
import pyarrow.compute as pc

from citybrain.alerts.silence_records import Matcher

Labels = Mapping[str, tuple[str, ...]]
"""What `citybrain.alerts.labels.labels` returns: name → values, none where it has none."""
Op = Literal["=", "!=", "=~", "!~"]

MOST_CHARACTERS = 500
_ONE = re.compile(
    r"""\s*(?P<name>[A-Za-z_][A-Za-z0-9_.]*)\s*(?P<op>=~|!~|!=|=)\s*
    (?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<bare>(?:[^\s"',{}=~!][^\s"',{}]*)?))\s*""",
    re.VERBOSE,
)
_PLAIN = re.compile(r"[^\\.*+?()\[\]{}|^$]*")


class MatcherError(ValueError):
    """A text that is no matcher.

    Attributes:
        problem: what is wrong.
        remedy: what to do about it.
    """

    def __init__(self, problem: str, remedy: str) -> None:
        """Keep both; the message is ``problem; remedy``."""
        self.problem, self.remedy = problem, remedy
        super().__init__(f"{problem}; {remedy}")


def parse(text: str) -> Matcher:
    """Return the matcher that `text` says, e.g. ``theme=traffic`` or ``level=~"red|orange"``.

    Raises:
        MatcherError: it is none, or its regular expression is none.
    """
    found = parse_all(text)
    if len(found) != 1:
        problem = f"{text!r} holds {len(found)} conditions"
        raise MatcherError(problem, "write one, or a list of them")
    return found[0]


def parse_all(text: str) -> tuple[Matcher, ...]:
    """Return the matchers in `text`, joined by commas, with or without braces around.

    Raises:
        MatcherError: one of them is none.
    """
    inner = text.strip()
    if inner.startswith("{") and inner.endswith("}"):
        inner = inner[1:-1]
    found, at = [], 0
    while at < len(inner):
        one = _ONE.match(inner, at)
        if one is None or inner[one.end() : one.end() + 1] not in ("", ","):
            remedy = 'write name="value", or with !=, =~ or !~ between them'
            raise MatcherError(f"{text!r} is not a condition on a label", remedy)
        at = one.end() + 1
        found.append(_matcher(one))
    return tuple(found)


def check(matcher: Matcher) -> None:
    """Make sure that `matcher` can be evaluated.

    Raises:
        MatcherError: its regular expression is none, or too long.
    """
    if len(matcher.value) > MOST_CHARACTERS:
        problem = f"{matcher.name}: {len(matcher.value)} characters"
        raise MatcherError(problem, f"write at most {MOST_CHARACTERS}")
    if matcher.op in ("=~", "!~"):
        try:
            _fits(matcher.value, "")
        except pa.ArrowInvalid as error:
            reason = str(error).removeprefix("Invalid regular expression: ").split(": ")[0]
            problem = f"{matcher.value!r} is not a regular expression: {reason}"
            raise MatcherError(problem, "correct it, or use = for the text itself") from None


def holds(matcher: Matcher, labels: Labels) -> bool:
    """Whether `matcher` holds; a label that is not there has the one value ""."""
    values = labels.get(matcher.name) or ("",)
    found = any(
        value == matcher.value if matcher.op in ("=", "!=") else _fits(matcher.value, value)
        for value in values
    )
    return found if matcher.op in ("=", "=~") else not found


def first_failing(matchers: Iterable[Matcher], labels: Labels) -> Matcher | None:
    """Return the first of `matchers` that does not hold; None: all do."""
    return next((matcher for matcher in matchers if not holds(matcher, labels)), None)


def match(matchers: Iterable[Matcher], labels: Labels) -> bool:
    """Whether all of `matchers` hold."""
    return first_failing(matchers, labels) is None


def show(matcher: Matcher) -> str:
    """Return `matcher` as text that `parse` reads."""
    escaped = matcher.value.replace("\\", "\\\\").replace('"', '\\"')
    return f'{matcher.name}{matcher.op}"{escaped}"'


def _matcher(one: re.Match[str]) -> Matcher:
    quoted = one["quoted"]
    value = one["bare"] if quoted is None else re.sub(r"\\(.)", _unescaped, quoted)
    matcher = Matcher(one["name"], cast("Op", one["op"]), value)
    check(matcher)
    return matcher


def _unescaped(escape: re.Match[str]) -> str:
    """Take the backslash off a quote or a backslash; others belong to the regular expression."""
    return escape[1] if escape[1] in '"\\' else escape[0]


@functools.lru_cache(maxsize=65_536)
def _fits(pattern: str, value: str) -> bool:
    if _PLAIN.fullmatch(pattern):
        return pattern == value
    anchored = rf"\A(?:{pattern})\z"
    return bool(pc.match_substring_regex(pa.scalar(value), anchored).as_py())
