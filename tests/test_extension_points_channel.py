"""A channel is dropped in as one file; the one of the document works too."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from typer.testing import CliRunner

import notifier.channels
from citybrain.city.references import RecordFault
from citybrain.floor.errors import ConfigError
from citybrain.notices import channel_options as channel_options_module
from citybrain.notices.notice_message import pack
from citybrain.notices.routing import Names
from citybrain.notices.routing_files import load_routing, routing_faults
from notifier import channel as channel_contract
from notifier.channel import ChannelError, ChannelSetup, channel_kinds, channel_options
from notifier.commands import routes
from notifier.sender import OpenChannels
from tests.citybrain.notices.city import small_city
from tests.citybrain.notices.sample import notice, receiver
from tests.dropped import Dropper, dropper
from tests.repository import ROOT


@pytest.fixture
def drop(tmp_path: Path) -> Iterator[Dropper]:
    with dropper(tmp_path / "dropped") as drop:
        yield drop


PIGEON = '''
    """A carrier pigeon: made up for a test."""

    from citybrain.city.references import RecordFault
    from citybrain.notices.channel_options import ChannelOptions
    from notifier.channel import ChannelError, ChannelKind, RefusalKind


    class Pigeon:
        def __init__(self, folder):
            self._folder = folder

        async def send(self, message, receiver):
            loft = self._folder / receiver.options["loft"]
            if not loft.is_dir():
                raise ChannelError(f"no loft {loft.name}", kind=RefusalKind.DENIED)
            (loft / receiver.id).write_text(message.title, encoding="utf-8")
            return "landed"

        async def close(self):
            (self._folder / "closed").touch()


    def _check(options):
        if not options.get("loft"):
            yield RecordFault("loft", "the pigeon has nowhere to go", "name a folder")


    CHANNEL = ChannelKind(
        options=ChannelOptions(title="bird", keys=("loft",), check=_check),
        open=lambda setup: Pigeon(setup.folder),
    )
    '''


async def test_channel_when_a_file_is_dropped_in_then_receivers_name_it_and_are_told(
    drop: Dropper, tmp_path: Path
) -> None:
    drop(notifier.channels, "pigeon", PIGEON)
    town = small_city(tmp_path)
    file = town.folder / "routing.yaml"
    text = file.read_text("utf-8")
    written = text.replace(
        "kind: webhook, url: http://127.0.0.1:9/hook", "kind: pigeon, loft: roof"
    )
    file.write_text(written, "utf-8")
    (tmp_path / "roof").mkdir()

    routing = load_routing(town, channel_options())
    receiver = routing.receivers["two"]
    ways = OpenChannels(channel_kinds(), ChannelSetup(tmp_path, routing.names), routing)
    said = await ways.of(receiver).send(pack("two", [notice(1)], "en"), receiver)
    await ways.close()

    assert (said, receiver.options) == ("landed", {"loft": "roof"})
    assert "title 1" in (tmp_path / "roof" / "two").read_text("utf-8")
    assert (tmp_path / "closed").exists()
    shown = (
        CliRunner()
        .invoke(routes, ["check", "--city", str(town.folder)], env={"COLUMNS": "300"})
        .stdout
    )
    assert "bird" in shown


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        pytest.param(
            "kind: webhook, url: http://127.0.0.1:9/hook",
            "kind: pigeon",
            "receivers.two.loft: the pigeon has nowhere to go; name a folder",
            id="its own check",
        ),
        pytest.param(
            "kind: webhook, url: http://127.0.0.1:9/hook",
            "kind: pigeon, loft: roof, url_file: x",
            "receivers.two.url_file: a receiver of kind 'pigeon' has none; take it away",
            id="an option of others",
        ),
        pytest.param(
            "one: {title: {zh: 一号, en: One}, kind: log}",
            "one: {title: {zh: 一号, en: One}, kind: log, loft: roof}",
            "receivers.one.loft: only a bird has one; take it away",
            id="its option elsewhere",
        ),
        pytest.param(
            "one: {title: {zh: 一号, en: One}, kind: log}",
            "one: {title: {zh: 一号, en: One}, kind: log, lift: roof}",
            "receivers.one.lift: unknown key 'lift'; did you mean 'loft'?",
            id="misspelt",
        ),
        pytest.param(
            "one: {title: {zh: 一号, en: One}, kind: log}",
            "one: {title: {zh: 一号, en: One}, kind: pigoen, loft: roof}",
            "receivers.one.kind: unknown kind of receiver 'pigoen'; did you mean 'pigeon'?",
            id="unknown",
        ),
    ],
)
def test_channel_when_a_receiver_is_wrong_then_the_file_says_so(
    drop: Dropper, tmp_path: Path, before: str, after: str, said: str
) -> None:
    drop(notifier.channels, "pigeon", PIGEON)
    town = small_city(tmp_path)
    file = town.folder / "routing.yaml"
    text = file.read_text("utf-8")
    assert before in text
    file.write_text(text.replace(before, after), "utf-8")

    (fault,) = routing_faults(town, channel_options())
    assert str(fault).partition(": ")[2] == said


async def test_channel_of_the_document_when_used_then_it_rings(tmp_path: Path) -> None:
    document = (ROOT / "docs" / "notification.md").read_text("utf-8")
    code = re.search(r"```python\n(.*?)```", document, re.DOTALL)
    assert code is not None
    rung: list[tuple[str, str]] = []

    async def ring(_line: Path, number: str, title: str) -> None:
        if number == "0":
            raise OSError(5, "dead")
        rung.append((number, title))

    names = {**vars(channel_contract), **vars(channel_options_module), "RecordFault": RecordFault}
    names |= {"ring": ring, "Iterator": Iterator, "Mapping": Mapping}
    exec(compile(code[1], "docs/notification.md", "exec"), names)  # noqa: S102  our own document
    kind, message = names["CHANNEL"], pack("two", [notice(1)], "en")
    pager = kind.open(ChannelSetup(tmp_path, Names()))

    assert [fault.item for fault in kind.options.check({"number": "x"})] == ["number"]
    assert await pager.send(message, receiver("two", kind="pager", options={"number": "7"}))
    with pytest.raises(ChannelError, match="no line: dead"):
        await pager.send(message, receiver("two", kind="pager", options={"number": "0"}))
    assert rung == [("7", message.title)]


def test_routing_when_no_channel_is_known_then_receivers_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="unknown kind of receiver"):
        load_routing(small_city(tmp_path), {})
