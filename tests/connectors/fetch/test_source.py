import re
from datetime import UTC, datetime, timedelta

import pytest

from citybrain.city.records import Feed
from connectors.fetch import source as contract
from connectors.fetch.source import check_sources, sources
from connectors.mapping.json_messages import read_messages
from connectors.mapping.json_rows import JsonRows
from tests.connectors.fetch_contexts import MemoryLog, city, drain, feed
from tests.repository import ROOT


def test_every_kind_of_source_is_found_by_its_module():
    assert {"file_drop", "kafka"} <= sources().keys()


@pytest.mark.parametrize("name", sorted(sources()))
def test_every_kind_says_what_it_is_and_explains_its_options(name):
    source = sources()[name]
    assert source.title
    assert all(option.help for option in source.options.values())
    assert not any(
        option.problem(option.default) for option in source.options.values() if option.default
    )


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        pytest.param(feed("file_drop", pattern="*.csv"), [], id="right"),
        pytest.param(
            feed("file_dorp"),
            ["feeds.roads.source: unknown source 'file_dorp'; did you mean 'file_drop'?"],
            id="unknown source",
        ),
        pytest.param(
            feed("file_drop", folderr="/x"),
            [
                "feeds.roads.options: unknown option 'folderr' of source file_drop; did you mean "
                "'folder'?"
            ],
            id="unknown option",
        ),
        pytest.param(
            feed("kafka", q="1"),
            ["feeds.roads.options: unknown option 'q' of source kafka; known are topic"],
            id="nothing like it",
        ),
        pytest.param(
            feed("file_drop", encoding="ebcdic"),
            [
                "feeds.roads.options.encoding: 'ebcdic' is none of auto, utf-8, gb18030, gbk, "
                "gb2312, big5, latin-1, cp1252, utf-16; of CSV: auto finds UTF-8, GB18030, UTF-16"
            ],
            id="wrong value",
        ),
    ],
)
def test_a_feeds_source_and_options_are_checked(wrong, expected):
    found = [str(fault).removeprefix("cities/test/feeds: ") for fault in check_sources(city(wrong))]
    assert found == expected


DOCUMENT = (ROOT / "docs" / "connectors.md").read_text()


@pytest.mark.parametrize("name", sorted(sources()))
def test_the_document_names_every_kind_and_option(name):
    assert f"`{name}`" in DOCUMENT
    for option in sources()[name].options:
        assert re.search(rf"[`.]{option}`", DOCUMENT)


def test_the_documents_example_of_a_new_kind_works(tmp_path):
    code = re.search(r"```python\n(.*?)```", DOCUMENT, re.DOTALL)
    names = {
        **vars(contract),
        "UTC": UTC,
        "datetime": datetime,
        "timedelta": timedelta,
        "Feed": Feed,
        "JsonRows": JsonRows,
        "read_messages": read_messages,
        "fetch_lines": lambda _, after: [b'{"id":%d}' % n for n in range(after + 1, 4)],
    }
    exec(compile(code[1], "docs/connectors.md", "exec"), names)  # noqa: S102  # our own document
    log = MemoryLog()
    polling = names["SOURCE"].open(feed("polling", url="u"), log.context(tmp_path))
    assert drain(polling, log) == 1
    assert (log.rows(), log.sent[0][0]) == (["1", "2", "3"], "u@1-3")
    again = names["SOURCE"].open(feed("polling", url="u"), log.context(tmp_path))
    assert drain(again, log) == 0
