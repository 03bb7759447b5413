"""The signal that a case came from, and whether it is gone once somebody says it is solved; pure.

A case that an alert began is about something that is measured. Its alert's owner tells when that
begins and ends. Once the case is said to be solved it is watched for a while: a signal that is
still there at the end of it, or comes back meanwhile, sends the case back with that as evidence.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, Literal

from citybrain.cases.case_parts import Signal
from citybrain.cases.records import Case

GONE: Final = "gone"
PERSISTS: Final = "persists"
Verdict = Literal["gone", "persists"]


def verdict_at(case: Case) -> datetime | None:
    """Return when the claim that a case is solved can be judged; None: there is none to judge."""
    signal, claimed = case.signal, case.claimed_at
    if signal is None or claimed is None or signal.verdict:
        return None
    until = claimed + timedelta(seconds=signal.watch_s)
    return min(max(signal.since, claimed), until) if _came_back(signal, claimed) else until


def verdict(case: Case, now: datetime) -> Verdict | None:
    """Return what the signal says of that claim at `now`; None: nothing yet."""
    at, signal = verdict_at(case), case.signal
    if at is None or at > now or signal is None:
        return None
    return PERSISTS if signal.holds else GONE


def joins(case: Case, now: datetime) -> bool:
    """Return whether a new alert of a case's signal is of that case: it is open, or watched."""
    signal, claimed = case.signal, case.claimed_at
    if case.open or signal is None or claimed is None:
        return case.open
    return now <= claimed + timedelta(seconds=signal.watch_s)


def _came_back(signal: Signal, claimed: datetime) -> bool:
    return signal.holds and signal.since > claimed
