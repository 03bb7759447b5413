"""The city's own cases: whose limits are nearly used up, and whose are overdue.

What a step on `city.cases` says of the clocks of its case (`citybrain.cases.limit_events`) goes the
way of every feed: a resend is known, the newest version counts, rules, store and walls see it. The
feed's `origin` says which cases: those of live matters, or those that are simulated.
"""

from __future__ import annotations

from functools import partial

import msgspec

from citybrain.cases.limit_events import limits_as_json
from citybrain.cases.records import CaseStep
from citybrain.city.records import Feed
from citybrain.floor.topics import CASES
from connectors.fetch.json_topic import JsonTopic
from connectors.fetch.source import FetchContext, Fetcher, SourceKind

_STEP = msgspec.json.Decoder(CaseStep)


def _read(origin: str, value: bytes) -> bytes:
    """Return a message as rows; one that is no step stays as it is, for its letter."""
    try:
        return limits_as_json(_STEP.decode(value), origin)
    except msgspec.MsgspecError:
        return value


def _open(feed: Feed, context: FetchContext) -> Fetcher:
    return JsonTopic(feed, context, CASES.name, partial(_read, feed.origin))


SOURCE = SourceKind(title="limits of the city's own cases: nearly used up, overdue", open=_open)
