"""Words and numbers in a `where` that no event of the city has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from citybrain.city import City
from citybrain.city.references import MAX_SEVERITY, RecordFault
from citybrain.floor.origins import ORIGINS
from citybrain.floor.patterns import is_glob
from citybrain.floor.strict import suggest
from citybrain.rules.rule import Rule
from streams.ruling.intake.rows import CUT
from streams.ruling.intake.where import passes


def check_names(rule: Rule, option: str, city: City) -> Iterator[RecordFault]:
    """Yield what no event has, in the `where` of `rule` and of its steps, which are at `option`."""
    yield from _where("where", rule.where, rule.kinds, city)
    for number, step in enumerate(getattr(rule.condition, "steps", ())):
        if isinstance(where := getattr(step, "where", None), Mapping):
            yield from _where(f"{option}.steps[{number}].where", where, (step.kind,), city)


def _where(
    item: str, where: Mapping[str, str], kinds: Sequence[str], city: City
) -> Iterator[RecordFault]:
    for column, names in _known(kinds, city).items():
        for word in _words(where.get(column, "")):
            if word not in names:
                said = "the rule does not read" if column == "kind" else f"unknown {column}"
                yield RecordFault(f"{item}.{column}", f"{said} {word!r}", suggest(word, names))
    severity = where.get("severity", "")
    if passes(severity, range(MAX_SEVERITY + 1)) is False:
        problem = f"no severity is {severity!r}: they are 0 to {MAX_SEVERITY}"
        yield RecordFault(f"{item}.severity", problem, "give for example '>=2'")
    known = [kind for kind in kinds if kind in city.kinds]
    if "value" in where and known and not any(city.kinds[kind].unit for kind in known):
        problem = f"events of {' and '.join(map(repr, known))} have no value"
        yield RecordFault(f"{item}.value", problem, "take it away")


def _known(kinds: Sequence[str], city: City) -> dict[str, Iterable[str]]:
    """Return column → all words that events of the city have in it."""
    parts = {
        column: [code for code in city.areas if len(code) == digits]
        for column, digits in CUT.items()
    }
    known = {"feed": city.feeds, "department": city.departments, "kind": kinds}
    return {**known, "origin": ORIGINS, "area": city.areas, **parts}


def _words(text: str) -> list[str]:
    """Return the words of a test; patterns and parts of words are left out."""
    if text.startswith("~"):
        return []
    words = text.removeprefix("!").split("|")
    return [word for word in words if word and not is_glob(word)]
