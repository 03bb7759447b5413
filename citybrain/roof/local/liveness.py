"""Judge from outside whether a process moves: pure, one look after the other.

What counts is not how long something took but how long the process *could* have moved: while its
threads stand in line for a processor, no time passes for it. So on a starved machine slow is not
taken for stuck, and what is really stuck (stopped, an interpreter that hangs, a task that died) is
found although the machine is busy. Time that the broker or the store had to wait for a processor
does not count against parts that need them.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from citybrain.floor.heartbeat import PartProgress

SHOWN_S = 20.0
"""Seconds in which it could have moved and did not: it is called stalled."""
RESTART_S = 50.0
"""The same: it is ended, to be started anew; with looks and start that is within 90 s."""
WAIT_S = 600.0
"""How long a part may say that it waits for something without trying again meanwhile."""
HUNG_CPU_S = 10.0
"""Seconds of a processor without a single beat: the interpreter hangs, however starved."""
LONGEST_LOOK_S = 15.0
"""What passes between two looks counts as no more: whoever looked was away itself."""
STARVED = 0.5
"""Share of the time in line for a processor from which a process is called slow."""
BEAT = "heartbeat"


class ProcessSigns(msgspec.Struct, frozen=True):
    """What one look at a process from outside saw; all seconds only ever grow.

    Attributes:
        at_s: when, of a clock that never goes back.
        beat: number of its newest heartbeat; None: it gives none.
        parts: how far its parts are, where the ends of logs are filled in as far as known.
        cpu_s: processor time that it used.
        in_line_s: thread → time for which it could have run but got no processor.
        needs_in_line_s: the same of the broker and of the store, the most of their threads each.
        reachable: whether the broker answers; without it nothing of a log can move.
        store_answers: whether the store does, as far as somebody needs it.
    """

    at_s: float
    beat: int | None
    parts: dict[str, PartProgress] = {}
    cpu_s: float = 0.0
    in_line_s: dict[int, float] = {}
    needs_in_line_s: dict[int, float] = {}
    reachable: bool = True
    store_answers: bool = True


class LivenessHistory(msgspec.Struct, frozen=True):
    """What is remembered from one look to the next.

    Attributes:
        last: the look before.
        stood_s: part → seconds in which it could have moved since it last did.
        hung_cpu_s: processor time used since the last heartbeat.
    """

    last: ProcessSigns
    stood_s: dict[str, float] = {}
    hung_cpu_s: float = 0.0


class Liveness(msgspec.Struct, frozen=True):
    """How a process does.

    Attributes:
        state: ``moving``, ``idle`` (nothing waits for it), ``slow`` (it gets too little of a
            processor) or ``stalled``.
        words: what stands or is waited for; "": nothing.
        is_stuck: whether it has to be started anew.
        starved: share of the time for which it stood in line for a processor.
    """

    state: str
    words: str = ""
    is_stuck: bool = False
    starved: float = 0.0


def judge(history: LivenessHistory | None, signs: ProcessSigns) -> tuple[LivenessHistory, Liveness]:
    """Return what to remember and how the process does, by `signs` after `history`."""
    if history is None:
        return LivenessHistory(signs), Liveness("idle", _waits(signs))
    last = history.last
    passed = min(max(0.0, signs.at_s - last.at_s), LONGEST_LOOK_S)
    in_line = _grown(last.in_line_s, signs.in_line_s, passed)
    chance = passed - in_line
    for_others = max(0.0, chance - _grown(last.needs_in_line_s, signs.needs_in_line_s, passed))
    beats = signs.beat is None or signs.beat != last.beat
    stood = {} if beats else {BEAT: history.stood_s.get(BEAT, 0.0) + chance}
    for name, part in signs.parts.items():
        if _stands(last.parts.get(name), part, signs):
            stood[name] = history.stood_s.get(name, 0.0) + (
                for_others if part.needs_broker else chance
            )
    hung = 0.0 if beats else history.hung_cpu_s + max(0.0, signs.cpu_s - last.cpu_s)
    found = LivenessHistory(signs, stood, hung)
    return found, _judged(found, in_line / passed if passed else 0.0)


def _judged(history: LivenessHistory, starved: float) -> Liveness:
    signs = history.last
    worst = max(history.stood_s, key=lambda name: _share(history, name), default="")
    share = _share(history, worst) if worst else 0.0
    if worst == BEAT and history.hung_cpu_s >= HUNG_CPU_S:
        share = 1.0
    words = _words(history, worst) if worst else ""
    if share >= 1.0:
        return Liveness("stalled", words, is_stuck=True, starved=starved)
    if share >= SHOWN_S / RESTART_S:
        return Liveness("stalled", words, starved=starved)
    if starved >= STARVED:
        return Liveness("slow", "waits for a processor", starved=starved)
    working = any(_is_due(part, signs) for part in signs.parts.values() if part.topic)
    return Liveness("moving" if working else "idle", _waits(signs), starved=starved)


def _stands(before: PartProgress | None, part: PartProgress, signs: ProcessSigns) -> bool:
    """Whether there was something to do and nothing was done of it."""
    if before is None or before.done != part.done or before.tried != part.tried:
        return False
    return _is_due(part, signs)


def _is_due(part: PartProgress, signs: ProcessSigns) -> bool:
    if part.needs_broker and not signs.reachable:
        return False
    if part.of_store and not signs.store_answers:
        return False
    if part.end is None:  # of a log: nobody told
        return not part.topic
    return part.end > part.done


def _share(history: LivenessHistory, name: str) -> float:
    """Return how much of its limit a part has stood."""
    part = history.last.parts.get(name)
    limit = WAIT_S if part is not None and part.waits_for else RESTART_S
    return history.stood_s[name] / limit


def _grown(before: Mapping[int, float], now: Mapping[int, float], most: float) -> float:
    """Return the most by which one of the threads' times grew, of those seen at both looks."""
    grown = [now[thread] - before[thread] for thread in now.keys() & before.keys()]
    return min(max(0.0, *grown), most) if grown else 0.0


def _words(history: LivenessHistory, name: str) -> str:
    stood = f"for {history.stood_s[name]:.0f} s"
    part = history.last.parts.get(name)
    if part is None:
        return f"no heartbeat {stood}"
    waits = f", waits for {part.waits_for}" if part.waits_for else ""
    if part.topic:
        return f"{part.topic}[{part.partition}] stands at {part.done} of {part.end} {stood}{waits}"
    return f"{name} stands {stood}{waits}"


def _waits(signs: ProcessSigns) -> str:
    """Return what its parts say that they wait for."""
    known = {part.waits_for for part in signs.parts.values() if part.waits_for}
    if any(part.needs_broker for part in signs.parts.values()) and not signs.reachable:
        known.add("the broker")
    if any(part.of_store for part in signs.parts.values()) and not signs.store_answers:
        known.add("the store")
    return f"waits for {', '.join(sorted(known))}" if known else ""
