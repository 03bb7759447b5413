"""A department's own Kafka topic of plain JSON: one object, or an array of them, a message."""

from __future__ import annotations

from citybrain.city.records import Feed
from citybrain.floor.topics import department_topic
from connectors.fetch.json_topic import JsonTopic
from connectors.fetch.source import FetchContext, Fetcher, SourceKind, SourceOption


def _open(feed: Feed, context: FetchContext) -> Fetcher:
    topic = SOURCE.option(feed, "topic") or department_topic(feed.department).name
    return JsonTopic(feed, context, topic)


SOURCE = SourceKind(
    title="a department's own Kafka topic of plain JSON",
    options={"topic": SourceOption("the topic; default departments.<department>")},
    open=_open,
)
