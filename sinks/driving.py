"""Carry out steps that are given as effects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sinks.ledger_entries import Effect, Steps


def drive(steps: Steps, perform: Callable[[Effect], Any]) -> None:
    """Have `perform` do each effect of `steps`, whose answer the next one may follow from."""
    answer: Any = None
    while True:
        try:
            effect = steps.send(answer)
        except StopIteration:
            return
        answer = perform(effect)
