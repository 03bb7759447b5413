"""What is kept of a file that somebody brings: its pixels, upright, and nothing beside them."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from citybrain.cases.files import clean_file as module
from citybrain.cases.files.clean_file import (
    LONGEST,
    LONGEST_SIDE,
    BadFileError,
    CleanFile,
    clean_file,
)
from tests.citybrain.cases.files.photos import SIDEWAYS, photo

NO_PHOTO = "no photo or PDF that can be read; send JPEG, PNG, WebP or PDF"


def opened(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_photo_when_the_camera_noted_things_then_the_pixels_alone_are_kept(form: str) -> None:
    given = photo(form=form, orientation=1)
    assert b"camera of a citizen" in given
    file = clean_file(given)
    assert (file.media_type, file.width, file.height) == ("image/jpeg", 60, 40)
    for content in (file.content, file.small):
        assert b"camera of a citizen" not in content
        assert not opened(content).getexif()


def test_photo_when_the_camera_was_turned_then_it_is_kept_upright() -> None:
    file = clean_file(photo(orientation=SIDEWAYS))
    image = opened(file.content)
    assert (image.size, file.width, file.height) == ((40, 60), 40, 60)
    top, bottom = image.getpixel((20, 5)), image.getpixel((20, 55))
    assert top[0] > 200 > bottom[0]  # what was left is above now
    assert bottom[2] > 200 > top[2]


def test_photo_when_it_is_large_then_made_smaller_with_a_small_picture() -> None:
    file = clean_file(photo(6000, 3000))
    assert (file.width, file.height) == (LONGEST_SIDE, LONGEST_SIDE // 2)
    assert opened(file.small).size == (320, 160)


def test_photo_when_parts_of_it_are_clear_then_it_stays_a_png() -> None:
    file = clean_file(photo(form="PNG", mode="RGBA"))
    assert (file.media_type, opened(file.content).mode) == ("image/png", "RGBA")
    assert opened(file.small).mode == "RGB"


def test_photo_when_something_hides_behind_it_then_that_is_gone() -> None:
    file = clean_file(photo() + b"PK\x03\x04<script>alert(1)</script>")
    assert b"script" not in file.content


def test_file_when_it_is_a_pdf_then_kept_as_it_is() -> None:
    file = clean_file(b"%PDF-1.7 whatever")
    assert (file.content, file.media_type) == (b"%PDF-1.7 whatever", "application/pdf")
    assert (file.small, file.width) == (b"", 0)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        pytest.param(b"", "the file is empty", id="empty"),
        pytest.param(
            b"%PDF-" + b"0" * LONGEST, "the file has more than 20 MB; make it smaller", id="long"
        ),
        pytest.param(photo()[:300], NO_PHOTO, id="cut-off"),
        pytest.param(b"<svg xmlns='http://www.w3.org/2000/svg'/>", NO_PHOTO, id="svg"),
        pytest.param(b"<html><script>1</script>", NO_PHOTO, id="html"),
        pytest.param(b"MZ\x90\x00", NO_PHOTO, id="program"),
        pytest.param(b"%!PS-Adobe-3.0 EPSF-3.0", NO_PHOTO, id="postscript"),
    ],
)
def test_file_when_it_cannot_be_kept_then_refused_and_told_what_to_do(
    content: bytes, why: str
) -> None:
    with pytest.raises(BadFileError) as caught:
        clean_file(content)
    assert str(caught.value) == why
    assert caught.value.said.zh


@pytest.mark.parametrize("form", ["GIF", "TIFF", "BMP", "ICO"])
def test_photo_when_of_another_form_then_refused(form: str) -> None:
    made = io.BytesIO()
    Image.new("RGB", (20, 20)).save(made, form)
    with pytest.raises(BadFileError, match=NO_PHOTO):
        clean_file(made.getvalue())


def test_photo_when_a_few_bytes_claim_many_pixels_then_refused_before_they_are_made() -> None:
    head = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(b"\0" * 99)), (b"IEND", b"")]
    bomb = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in chunks
    )
    with pytest.raises(BadFileError):
        clean_file(bomb)


def test_photo_when_it_has_a_few_pixels_too_many_then_told_how_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(module.MOST_PIXELS, "JPEG", 1_000_000)
    with pytest.raises(BadFileError, match=r"^the photo has 2 megapixels; 1 are the most$"):
        clean_file(photo(2000, 1000))


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow tells of damaged EXIF, which is dropped
@given(st.binary(max_size=400), st.integers(0, 600), st.sampled_from(["JPEG", "PNG", "WEBP"]))
def test_file_when_any_bytes_stand_in_it_then_kept_or_refused_in_words(
    noise: bytes, at: int, form: str
) -> None:
    whole = photo(form=form)
    for content in (noise, whole[:at] + noise + whole[at:], whole[:at] + noise):
        kept = _kept(content)
        assert isinstance(kept, str) or kept.media_type == "application/pdf" or opened(kept.content)


def _kept(content: bytes) -> CleanFile | str:
    """Return what is kept of a file, or why nothing is."""
    try:
        return clean_file(content)
    except BadFileError as error:
        return str(error)
