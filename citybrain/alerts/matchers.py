"""Conditions on an alert's labels: ``level=~"red|orange"`` as text, and whether they hold.

Regular expressions are anchored at both ends (`citybrain.floor.patterns`). A name that is not made
of letters, digits, ``_``, ``.`` and ``-`` can be put in quotes, as Alertmanager takes them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Literal, cast

from citybrain.alerts.silence_records import Matcher
from citybrain.floor.patterns import MOST_CHARACTERS, PatternError, check_pattern, fits

Labels = Mapping[str, tuple[str, ...]]
"""What `citybrain.alerts.labels.labels` returns: name → values, none where it has none."""
Op = Literal["=", "!=", "=~", "!~"]

_ONE = re.compile(
    r"""\s*(?:(?P<name>[^\W\d][\w.-]*)|"(?P<quoted_name>(?:[^"\\]|\\.)+)")\s*
    (?P<op>=~|!~|!=|=)\s*
    (?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<bare>(?:[^\s"',{}=~!][^\s"',{}]*)?))\s*""",
    re.VERBOSE,
)
_PLAIN_NAME = re.compile(r"[^\W\d][\w.-]*")


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
            check_pattern(matcher.value)
        except PatternError as error:
            problem = f"{matcher.value!r} is not a regular expression: {error}"
            raise MatcherError(problem, "correct it, or use = for the text itself") from None


def judged(matcher: Matcher, value: str) -> bool | None:
    """Whether `matcher` holds of one value; None: it cannot be judged."""
    positive = matcher.op in ("=", "=~")
    if matcher.op in ("=", "!="):
        return (value == matcher.value) is positive
    found = fits(matcher.value, value)
    return None if found is None else found is positive


def holds(matcher: Matcher, labels: Labels, *, unsure: bool = False) -> bool:
    """Whether `matcher` holds; a label that is not there has the one value "".

    Args:
        matcher: the condition.
        labels: what it is asked of.
        unsure: what to say where it cannot be judged: who hides by it says no, who tells by it
            says yes.
    """
    found = [judged(matcher, value) for value in labels.get(matcher.name) or ("",)]
    if None in found:
        return unsure
    return any(found) if matcher.op in ("=", "=~") else all(found)


def first_failing(
    matchers: Iterable[Matcher], labels: Labels, *, unsure: bool = False
) -> Matcher | None:
    """Return the first of `matchers` that does not hold; None: all do."""
    return next((one for one in matchers if not holds(one, labels, unsure=unsure)), None)


def match(matchers: Iterable[Matcher], labels: Labels, *, unsure: bool = False) -> bool:
    """Whether all of `matchers` hold."""
    return first_failing(matchers, labels, unsure=unsure) is None


def show(matcher: Matcher) -> str:
    """Return `matcher` as text that `parse` reads."""
    name = matcher.name if _PLAIN_NAME.fullmatch(matcher.name) else _quoted(matcher.name)
    return f"{name}{matcher.op}{_quoted(matcher.value)}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _matcher(one: re.Match[str]) -> Matcher:
    name = _plain(one["quoted_name"]) if one["name"] is None else one["name"]
    value = one["bare"] if one["quoted"] is None else _plain(one["quoted"])
    matcher = Matcher(name, cast("Op", one["op"]), value)
    check(matcher)
    return matcher


def _plain(quoted: str) -> str:
    """Take the backslash off a quote or a backslash; others belong to the regular expression."""
    return re.sub(r"\\(.)", lambda escape: escape[1] if escape[1] in '"\\' else escape[0], quoted)
