"""What a case remembers of its life, each a fact with who, when and in which words.

Nothing here is ever edited away: an answer is added to what was asked, an end to what was begun.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from citybrain.floor.clock import Instant


class Doing(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """That somebody did something.

    Attributes:
        at: when.
        by: account name, or ``engine``.
        comment: in which words.
    """

    at: Instant
    by: str
    comment: str = ""


class Leg(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One run from opening to closing; reopening begins another, and leaves this as it was.

    Attributes:
        opened_at, opened_by: when it began, and by whom.
        reason: why it was reopened, in words; "" of the first.
        closed_at, closed_by: when it ended, and by whom; None and "" while it runs.
        stage: the stage in which it ended.
        outcome: what that stage ends as: ``closed``, ``rejected`` …
    """

    opened_at: Instant
    opened_by: str
    reason: str = ""
    closed_at: Instant | None = None
    closed_by: str = ""
    stage: str = ""
    outcome: str = ""


class CaseReturn(Doing, frozen=True):
    """That a unit gave a case back because it is not its own.

    Attributes:
        unit: which.
    """

    unit: str


class CaseTransfer(Doing, frozen=True):
    """That a case went from one unit to another without coming back in between.

    Attributes:
        from_unit, to_unit: which.
    """

    from_unit: str
    to_unit: str


class Redo(Doing, frozen=True):
    """That a case was sent back to be done again.

    Attributes:
        unit: who has to.
    """

    unit: str


class Extension(Doing, frozen=True):
    """That more time was asked for, and what was answered.

    Attributes:
        limit: key of the limit.
        leg: index of the leg in which it was asked.
        answer: ``approved``, ``declined``, ``lapsed`` (the stage was left before anybody answered),
            or "" while nobody answered.
        answered_at, answered_by, words: when, by whom, and how.
    """

    limit: str
    leg: int
    answer: Literal["", "approved", "declined", "lapsed"] = ""
    answered_at: Instant | None = None
    answered_by: str = ""
    words: str = ""


class Deferral(Doing, frozen=True):
    """That a case that cannot be solved now was put aside (挂账).

    Attributes:
        until: when it comes back at the latest.
        ended_at, ended_by: when it came back, and who brought it.
    """

    until: Instant
    ended_at: Instant | None = None
    ended_by: str = ""


class JointPart(Doing, frozen=True):
    """One unit's part of a case that several do together.

    Attributes:
        unit: who does it.
        due_at: until when.
        done_at, done_by, result: when it was done, by whom, and what came of it.
        withdrawn_at: when it was taken back, or ended with the case.
    """

    unit: str
    due_at: Instant
    done_at: Instant | None = None
    done_by: str = ""
    result: str = ""
    withdrawn_at: Instant | None = None

    @property
    def open(self) -> bool:
        """Whether it is still to be done."""
        return self.done_at is None and self.withdrawn_at is None


class SupervisionStep(Doing, frozen=True):
    """One step of a supervision.

    Attributes:
        what: ``raised``, ``answered`` or ``ended``.
        level: id of the level that it was raised to, or stood at.
    """

    what: Literal["raised", "answered", "ended"]
    level: str


class Supervision(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """That somebody watches over a case beside who works it.

    Attributes:
        level: id of the level reached.
        unit: who supervises.
        supervised: the units that had the case or a part of it since: they never end it.
        steps: all of them.
        opened_at, closed_at: when it began, and when it ended.
    """

    level: str
    unit: str
    supervised: tuple[str, ...]
    steps: tuple[SupervisionStep, ...]
    opened_at: Instant
    closed_at: Instant | None = None

    @property
    def open(self) -> bool:
        """Whether it goes on."""
        return self.closed_at is None


class AppealReview(Doing, frozen=True):
    """What one reviewer said of an appeal.

    Attributes:
        verdict: ``upheld`` or ``rejected``.
    """

    verdict: Literal["upheld", "rejected"]


class Appeal(Doing, frozen=True):
    """That a unit appealed after closing: the fact stays; two reviews may flag it exempt.

    Attributes:
        leg: index of the leg that it is about.
        reviews: the first, and the second.
    """

    leg: int
    reviews: tuple[AppealReview, ...] = ()

    @property
    def state(self) -> Literal["first_review", "second_review", "upheld", "rejected"]:
        """How far it is."""
        if any(one.verdict == "rejected" for one in self.reviews):
            return "rejected"
        return ("first_review", "second_review", "upheld")[len(self.reviews)]


class Revisit(Doing, frozen=True):
    """That somebody was asked whether it is solved.

    Attributes:
        result: ``satisfied``, ``unsatisfied`` or ``unreached``.
    """

    result: Literal["satisfied", "unsatisfied", "unreached"]


class CaseFlag(Doing, frozen=True):
    """A mark that stays: a problem order 问题工单, an exemption after an appeal.

    Attributes:
        what: ``problem``, ``exempt``, ``unreached``, ``reported`` (its source says that it is
            solved) or ``not_seen`` (it was said to be solved, and its signal was still there).
        leg: index of the leg that it is about.
    """

    what: Literal["problem", "exempt", "unreached", "reported", "not_seen"]
    leg: int


class Signal(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is measured of what a case is about: whether its cause is still there.

    Attributes:
        id: the same for every alert of the same rule, key and world (UUID text).
        alert: id of the alert that told of it last.
        holds: whether it is there, as far as was told.
        since: since when that is so.
        watch_s: seconds for which it is watched once the case is said to be solved.
        verdict: what was found then: ``gone``, or "" while nothing is.
    """

    id: str
    alert: str
    since: Instant
    watch_s: int
    holds: bool = True
    verdict: Literal["", "gone"] = ""
