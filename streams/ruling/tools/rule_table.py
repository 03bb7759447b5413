"""The rulebook as a Markdown table, for people who want to read all rules at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from citybrain.city import City
from citybrain.floor.duration import words
from citybrain.floor.levels import LEVELS, NUMERALS
from citybrain.floor.text import Text
from citybrain.rules.reader import PLATFORM_THEME
from citybrain.rules.rule import Rule
from streams.ruling.condition import kind_of

_PLATFORM = Text("平台", "Platform")
_EXAMPLE = "example"
_HEAD = """\
# The warning rules: {city}

What `citybrain rules list` prints; a test keeps it true. How to read and write a rule:
[rules.md](rules.md). Levels are Ⅳ blue, Ⅲ yellow, Ⅱ orange, Ⅰ red. A threshold without a source is
an example: somebody chose it so that the rule can be tried; put your own."""


def catalogue(rules: Iterable[Rule], city: City) -> str:
    """Return all of `rules` as Markdown, a table a theme."""
    found = list(rules)
    parts = [_HEAD.format(city=city.title.en)]
    for theme in (*city.themes, PLATFORM_THEME):
        of_theme = [rule for rule in found if rule.theme == theme]
        if of_theme:
            parts.append("\n".join(_table(theme, of_theme, city)))
    return "\n\n".join(parts) + "\n"


def _table(theme: str, rules: list[Rule], city: City) -> Iterator[str]:
    title = city.themes[theme].title if theme in city.themes else _PLATFORM
    yield f"## {title.zh} {title.en} ({len(rules)})"
    yield ""
    yield "| rule | alert | looks at | per | levels | source |"
    yield "|---|---|---|---|---|---|"
    for rule in rules:
        yield f"| {' | '.join(_cells(rule, city))} |"


def _cells(rule: Rule, city: City) -> list[str]:
    name = f"`{rule.id}`" if rule.enabled else f"`{rule.id}` (off)"
    alert = f"{rule.title.zh} {rule.title.en}"
    basis = "" if rule.basis == _EXAMPLE else rule.basis
    cells = [name, alert, _measure(rule), ", ".join(rule.by) or "city", _levels(rule, city), basis]
    return [cell.replace("|", "\\|") for cell in cells]


def _measure(rule: Rule) -> str:
    parts = [kind_of(rule).measure(rule)]
    parts += [f"{column} {text}" for column, text in rule.where.items()]
    lasting = round(rule.for_.total_seconds())
    return "; ".join([*parts, *([f"for {words(lasting)}"] if lasting else [])])


def _levels(rule: Rule, city: City) -> str:
    if rule.level is not None:
        return NUMERALS[rule.level]
    given, sign = (rule.below, "≤") if rule.below else (rule.above, "≥")
    levels = " · ".join(f"{NUMERALS[level]} {given[level]}" for level in LEVELS if level in given)
    kind = kind_of(rule)
    unit = kind.unit(rule, city)
    said = "" if unit == "1" or (unit == "s" and kind.durations) else unit
    return f"{sign} {levels} {said}".strip()
