"""Rules over alerts that read each other in a circle: they would never come to rest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from citybrain.city.references import RecordFault


def circles(reads: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, ...]]:
    """Yield each circle of two or more, from the rule of it that is reached first.

    Args:
        reads: rule → ids of the rules that it reads; what is not in it reads nothing.
    """
    done: set[str] = set()
    for name in reads:
        yield from _from(name, (), reads, done)


def check_circle(circle: Sequence[str], option: str) -> RecordFault:
    """Return what to say at `option` of the first rule of a circle."""
    problem = f"reads itself, by way of {', '.join(circle[1:])}"
    return RecordFault(option, problem, "take one of these references away")


def _from(
    name: str, path: tuple[str, ...], reads: Mapping[str, Sequence[str]], done: set[str]
) -> Iterator[tuple[str, ...]]:
    if name in path:
        circle = path[path.index(name) :]
        if len(circle) > 1:  # one that reads itself is told as that by its kind
            yield circle
        return
    if name in done:
        return
    for other in dict.fromkeys(reads.get(name, ())):
        yield from _from(other, (*path, name), reads, done)
    done.add(name)
