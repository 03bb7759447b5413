"""Photos as phones make them."""

from __future__ import annotations

import io

from PIL import Image

ORIENTATION, CAMERA, GPS = 0x0112, 0x010F, 0x8825
SIDEWAYS = 6
"""The camera was turned: what is shown is the picture turned by 90 degrees clockwise."""


def photo(
    width: int = 60,
    height: int = 40,
    form: str = "JPEG",
    *,
    orientation: int = 0,
    mode: str = "RGB",
) -> bytes:
    """Return a photo, its left half red and its right half blue, with what a camera notes."""
    image = Image.new(mode, (width, height), "red" if mode == "RGB" else (255, 0, 0, 90))
    image.paste("blue" if mode == "RGB" else (0, 0, 255, 90), (width // 2, 0, width, height))
    exif = Image.Exif()
    exif[CAMERA] = "the camera of a citizen"
    if orientation:
        exif[ORIENTATION] = orientation
    exif.get_ifd(GPS)[2] = (39.0, 40.0, 1.0)
    made = io.BytesIO()
    image.save(made, form, exif=exif)
    return made.getvalue()
