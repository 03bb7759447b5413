"""Files of cases through the desk's doors: who may bring, see and attach them."""

from __future__ import annotations

import asyncio
import json
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest

from citybrain.cases.files.file_store import FileStore
from citybrain.floor.clock import ManualClock
from dashboards.cases.files import file_service
from dashboards.desks.forms import FormRefusal
from tests.citybrain.cases.files.photos import photo
from tests.dashboards.cases.staff import CLERK, DISPATCHER, VIEWER
from tests.dashboards.cases.test_case_service import (  # noqa: F401  a fixture
    COMMANDS,
    OPEN,
    TOKEN,
    Desk,
    setup,
)
from tests.dashboards.making import NOW
from tests.fakes import Answered

FILES = "/cases/api/files"


@pytest.fixture
def desk(setup: Any) -> Desk:  # noqa: F811  the fixture
    return Desk(setup)


async def bring(desk: Desk, content: bytes, name: str = "a.jpg") -> Answered:
    return await desk.client.post(f"{FILES}?name={name}", content, TOKEN)


async def _knows_nothing(_ask: Any) -> None:
    return None


def attaching(case: str, *names: str) -> dict[str, Any]:
    details = {"files": ",".join(names)}
    return {"commands": [{"action": "attach", "target": case, "details": details}]}


async def test_file_when_brought_and_attached_then_whoever_sees_the_case_sees_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = desk.registry.open(NOW)
    desk.hear()
    brought = await bring(desk, photo(), "%E4%BA%95%E7%9B%96.jpg")
    assert brought.status == 201, brought.json
    name = brought.json["id"]
    assert (brought.json["name"], brought.json["photo"]) == ("井盖.jpg", True)
    preview = await desk.ask(f"{FILES}/{name}/small")
    assert (preview.status, preview.headers["content-type"]) == (200, "image/jpeg")

    sent = await desk.post(COMMANDS, attaching(case.id, name))
    assert sent.status == 202, sent.json
    desk.hear()

    shown = (await desk.case(case))["files"]
    assert [(one["id"], one["name"], one["width"]) for one in shown] == [(name, "井盖.jpg", 60)]
    for small in ("", "?small=1"):
        answer = await desk.ask(f"/cases/api/cases/{case.id}/files/{name}{small}")
        assert answer.status == 200
        assert answer.body.startswith(b"\xff\xd8")
        assert b"camera of a citizen" not in answer.body
        assert answer.headers["content-disposition"].startswith("inline; filename*=UTF-8''%E4%BA")
    # Whom the case does not concern sees nothing of it.
    monkeypatch.setattr(desk.service.archive, "answer", _knows_nothing)
    desk.as_(CLERK)
    other = await desk.ask(f"/cases/api/cases/{case.id}/files/{name}")
    mine = await desk.ask(f"{FILES}/{name}/small")
    assert (other.status, mine.status) == (404, 404)


async def test_file_when_it_comes_with_a_new_case_then_the_case_has_it(desk: Desk) -> None:
    name = (await bring(desk, photo())).json["id"]
    kind = next(iter(desk.registry.engine.setup.city.kinds))
    opening = {"kind": kind, "title": "井盖缺失", "attachments": [name]}
    sent = await desk.post(OPEN, opening)
    assert sent.status == 202, sent.json
    desk.hear()
    (target, _), *_ = sent.json["sent"]
    found = desk.live.cases.find(target, desk.service.scope(DISPATCHER))
    assert found is not None
    assert found.attachments == (name,)
    assert desk.service.files.store.waiting_count(DISPATCHER.user) == 0


async def test_attach_when_the_file_has_waited_too_long_then_refused(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = desk.registry.open(NOW)
    desk.hear()
    name = (await bring(desk, photo())).json["id"]
    monkeypatch.setattr(desk.service.files, "clock", ManualClock(NOW + timedelta(hours=25)))
    answer = await desk.post(COMMANDS, attaching(case.id, name))
    assert (answer.status, answer.json["error"]) == (
        422,
        "no such file of yours that can be attached; bring it again",
    )


async def test_pdf_when_looked_at_then_it_is_a_download(desk: Desk) -> None:
    case = desk.registry.open(NOW)
    desk.hear()
    name = (await bring(desk, b"%PDF-1.7 x", "letter.pdf")).json["id"]
    await desk.post(COMMANDS, attaching(case.id, name))
    desk.hear()
    answer = await desk.ask(f"/cases/api/cases/{case.id}/files/{name}")
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''letter.pdf"
    assert answer.headers["content-type"] == "application/pdf"
    for path in (f"/cases/api/cases/{case.id}/files/{name}?small=1", f"{FILES}/{name}/small"):
        assert (await desk.ask(path)).status == 404


async def test_attach_when_the_file_is_another_persons_or_cases_then_refused_and_nothing_sent(
    desk: Desk,
) -> None:
    case, other = desk.registry.open(NOW), desk.registry.open(NOW)
    desk.hear()
    name = (await bring(desk, photo())).json["id"]
    desk.as_(CLERK)
    stolen = desk.service.files.store.waiting(CLERK.user, name)
    assert stolen is None
    desk.as_(DISPATCHER)
    await desk.post(COMMANDS, attaching(other.id, name))
    before = len(desk.registry.sent)
    for given in (name, "0" * 32, "../../accounts.sqlite", "x"):
        answer = await desk.post(COMMANDS, attaching(case.id, given))
        assert (answer.status, answer.json["error"]) == (
            422,
            "no such file of yours that can be attached; bring it again",
        )
    assert len(desk.registry.sent) == before
    # The same again, of which nobody knows what became of it, is no other file.
    assert (await desk.post(COMMANDS, attaching(other.id, name))).status == 202


@pytest.mark.parametrize(
    ("content", "status", "why"),
    [
        pytest.param(b"", 422, "the file is empty", id="empty"),
        pytest.param(
            b"GIF89a",
            422,
            "no photo or PDF that can be read; send JPEG, PNG, WebP or PDF",
            id="gif",
        ),
        pytest.param(
            b"0" * (20 * 1024**2 + 1),
            413,
            "request: more than 20971520 bytes; send less",
            id="too-long",
        ),
    ],
)
async def test_file_when_it_cannot_be_kept_then_refused_in_both_languages(
    desk: Desk, content: bytes, status: int, why: str
) -> None:
    answer = await bring(desk, content)
    assert (answer.status, answer.json["error"]) == (status, why)
    assert answer.json["words"][0]
    assert desk.service.files.store.waiting_count(DISPATCHER.user) == 0


@pytest.mark.parametrize("path", [f"{FILES}?name=x", f"{FILES}/x/small"])
async def test_files_when_nobody_signed_in_or_without_token_then_refused(
    desk: Desk, path: str
) -> None:
    posts = "small" not in path
    for guest, status in ((None, 401), (VIEWER, 403)):
        desk.as_(guest)
        answer = await (desk.client.post(path, photo(), TOKEN) if posts else desk.ask(path))
        assert answer.status == status
    if posts:
        desk.as_(DISPATCHER)
        assert (await desk.client.post(path, photo(), {})).status == 403


async def test_upload_when_one_of_the_person_is_under_way_then_the_next_is_asked_to_wait(
    desk: Desk,
) -> None:
    files = desk.service.files
    with files.one_upload(DISPATCHER.user):
        answer = await bring(desk, photo())
        assert (answer.status, answer.json["error"]) == (
            429,
            "another file of yours is under way; send one after the other",
        )
        with files.one_upload("somebody else"):
            pass
    with ExitStack() as others:
        for number in range(16):
            others.enter_context(files.one_upload(f"clerk_{number}"))
        answer = await bring(desk, photo())
        assert (answer.status, answer.json["error"]) == (
            429,
            "16 files are under way already; try again in a moment",
        )
    assert (await bring(desk, photo())).status == 201


async def test_upload_when_too_many_wait_then_refused_and_old_ones_make_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(file_service, "MOST_WAITING", 2)
    clock = ManualClock(NOW)
    files = file_service.FileService(FileStore("memory://many"), clock)
    for _ in range(2):
        await files.bring("zhang", "x", photo())
    with pytest.raises(FormRefusal, match=r"^2 files of yours belong to no case yet; attach those"):
        await files.bring("zhang", "x", photo())
    await files.bring("li", "x", photo())
    clock.advance(timedelta(days=2))
    await files.bring("zhang", "x", photo())
    assert files.store.waiting_count("zhang") == 1


async def test_files_when_their_place_is_away_then_said_so_and_the_case_is_shown(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = desk.registry.open(NOW)
    desk.hear()
    name = (await bring(desk, photo())).json["id"]
    await desk.post(COMMANDS, attaching(case.id, name))
    desk.hear()

    def away(*_: Any, **__: Any) -> Any:
        raise OSError("connection refused")

    fs = desk.service.files.store._fs
    desk.service.files._notes.clear()
    monkeypatch.setattr(type(fs), "cat_file", away)
    monkeypatch.setattr(type(fs), "pipe_file", away)
    assert (await desk.case(case))["files"] == [{"id": name}]
    answer = await desk.ask(f"/cases/api/cases/{case.id}/files/{name}")
    assert (answer.status, answer.json["error"]) == (
        503,
        "the place of files does not answer; see CITYBRAIN_FILES_URL",
    )
    answer = await bring(desk, photo())
    assert (answer.status, answer.json["error"]) == (
        507,
        "the file could not be kept; is there room where files are? see CITYBRAIN_FILES_URL",
    )


async def test_upload_when_it_does_not_end_then_given_up_and_the_next_may_come(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboards.cases.files.file_routes.SLOWEST_S", 0.05)

    async def never(*_: Any, **__: Any) -> Any:
        await asyncio.Event().wait()

    monkeypatch.setattr("dashboards.cases.files.file_routes.own_post", never)
    answer = await bring(desk, photo())
    assert (answer.status, answer.json["error"]) == (
        408,
        "the file did not come within 0 s; try again",
    )
    monkeypatch.undo()
    assert (await bring(desk, photo())).status == 201
    assert json.loads(answer.body)["words"][0] == "文件上传超时，请重试"
