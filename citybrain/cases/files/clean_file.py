"""A file that somebody brings, made fit to be kept: told by its bytes, photos drawn anew; pure.

A photo is decoded and encoded again, upright, without EXIF (place, camera, owner), text or whatever
else a hostile file hides beside its pixels; so what others open was written here. A PDF cannot be
made anew and is kept as it is: browsers get it as a download, never as a page.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

from PIL import Image, ImageOps

from citybrain.floor.errors import CityBrainError
from citybrain.floor.text import Text

LONGEST = 20 * 1024 * 1024
"""Bytes of a file as it is brought."""
LONGEST_SIDE, SMALL_SIDE = 2560, 320
"""Pixels of a photo's longer side as it is kept, and of its small picture."""
MOST_PIXELS = {"JPEG": 64_000_000, "PNG": 25_000_000, "WEBP": 25_000_000}
"""Of a photo as it is brought; a JPEG is decoded at a fraction of its size."""
JPEG, PNG, PDF = "image/jpeg", "image/png", "application/pdf"
_QUALITY, _SMALL_QUALITY = 85, 75
_PDF_HEAD = b"%PDF-"


class BadFileError(CityBrainError):
    """A file that cannot be kept, and why in both languages."""

    def __init__(self, said: Text) -> None:
        """Refuse a file, with the reason `said`."""
        super().__init__(said.en)
        self.said = said


@dataclass(frozen=True)
class CleanFile:
    """A file as it is kept.

    Attributes:
        content: its bytes.
        media_type: what they are.
        small: a small JPEG of a photo; b"" of a PDF.
        width, height: of a photo, pixels; 0 of a PDF.
    """

    content: bytes
    media_type: str
    small: bytes = b""
    width: int = 0
    height: int = 0


def clean_file(content: bytes) -> CleanFile:
    """Return `content` fit to be kept. Takes up to a second and 200 MB; one at a time.

    Raises:
        BadFileError: it is empty, too long, of no known type, damaged, or has too many pixels.
    """
    if not content:
        raise BadFileError(Text("文件是空的", "the file is empty"))
    if len(content) > LONGEST:
        most = LONGEST // 1024**2
        raise BadFileError(
            Text(
                f"文件超过 {most} MB，请压缩", f"the file has more than {most} MB; make it smaller"
            )
        )
    if content.startswith(_PDF_HEAD):
        return CleanFile(content, PDF)
    return _photo(content)


def _photo(content: bytes) -> CleanFile:
    try:
        with Image.open(io.BytesIO(content), formats=list(MOST_PIXELS)) as found:
            _check_size(found)
            found.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
            upright = ImageOps.exif_transpose(found)
            upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
            plain = _plain(upright)
    except BadFileError:
        raise
    except Exception as error:  # a decoder raises what it likes: it is the file's fault
        raise BadFileError(
            Text(
                "不是可读取的照片或 PDF；请用 JPEG、PNG、WebP 或 PDF",
                "no photo or PDF that can be read; send JPEG, PNG, WebP or PDF",
            )
        ) from error
    small = plain.convert("RGB")
    small.thumbnail((SMALL_SIDE, SMALL_SIDE))
    is_png = plain.mode == "RGBA"
    kept = _encoded(plain, "PNG") if is_png else _encoded(plain, "JPEG", _QUALITY)
    return CleanFile(
        kept,
        PNG if is_png else JPEG,
        _encoded(small, "JPEG", _SMALL_QUALITY),
        plain.width,
        plain.height,
    )


def _check_size(found: Image.Image) -> None:
    most = MOST_PIXELS[found.format or "PNG"]
    if found.width * found.height > most:
        many, limit = found.width * found.height // 10**6, most // 10**6
        raise BadFileError(
            Text(
                f"照片有 {many} 百万像素，最多 {limit} 百万",
                f"the photo has {many} megapixels; {limit} are the most",
            )
        )


def _plain(image: Image.Image) -> Image.Image:
    """Return the pixels of `image` alone: what it carries beside them is left behind."""
    mode = "RGBA" if "A" in image.getbands() or "transparency" in image.info else "RGB"
    pixels = image.convert(mode)
    plain = Image.new(mode, pixels.size)
    plain.paste(pixels)
    return plain


def _encoded(image: Image.Image, form: str, quality: int = 0) -> bytes:
    made = io.BytesIO()
    image.save(made, form, **({"quality": quality} if quality else {}))
    return made.getvalue()
