"""A photo as it came -> upright, bounded, without metadata, with a thumbnail."""

import io
import warnings
from dataclasses import dataclass

from django.conf import settings
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

FORMATS = ("JPEG", "PNG", "WEBP")
LONG_EDGE = 2048
THUMBNAIL_EDGE = 320


class PhotoRefused(ValueError):
    """The file is no photo that can be kept; the message says why and what to do."""


class PhotoTooLarge(PhotoRefused):
    """More bytes than `PHOTO_MAX_BYTES`."""


@dataclass(frozen=True)
class Prepared:
    """JPEG bytes without metadata, and the size of the picture in pixels."""

    image: bytes
    thumbnail: bytes
    width: int
    height: int


def prepare(data: bytes) -> Prepared:
    """Verify and normalise. The size in pixels is checked before any pixel is decoded. Raises PhotoRefused."""
    if len(data) > settings.PHOTO_MAX_BYTES:
        sentence = _("The photo has {sent} bytes; at most {most} are taken.")
        raise PhotoTooLarge(sentence.format(sent=_grouped(len(data)), most=_grouped(settings.PHOTO_MAX_BYTES)))
    if data[4:12] in {b"ftypheic", b"ftypheix", b"ftypmif1", b"ftyphevc"}:
        raise PhotoRefused(_("HEIC photos cannot be read here: set the camera to “most compatible” (JPEG)."))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the limit below is the one that holds
            picture: Image.Image = Image.open(io.BytesIO(data), formats=FORMATS)
        if picture.width * picture.height > settings.PHOTO_MAX_PIXELS:
            sentence = _("The photo measures {width} x {height}; at most {most} pixels are taken.")
            size = {"width": picture.width, "height": picture.height, "most": settings.PHOTO_MAX_PIXELS}
            raise PhotoRefused(sentence.format(**{name: _grouped(n) for name, n in size.items()}))
        picture.draft("RGB", (LONG_EDGE, LONG_EDGE))  # JPEG decodes straight to about the size that is kept
        picture = ImageOps.exif_transpose(picture).convert("RGB")
    except UnidentifiedImageError:
        raise PhotoRefused(_("This file is no JPEG, PNG or WebP photo.")) from None
    except Image.DecompressionBombError:
        sentence = _("More than {most} pixels are not taken.")
        raise PhotoRefused(sentence.format(most=_grouped(settings.PHOTO_MAX_PIXELS))) from None
    except (OSError, SyntaxError, ValueError) as error:
        if isinstance(error, PhotoRefused):
            raise
        raise PhotoRefused(_("The photo is damaged or cut off: take it or send it again.")) from error
    picture.thumbnail((LONG_EDGE, LONG_EDGE))
    small = picture.copy()
    small.thumbnail((THUMBNAIL_EDGE, THUMBNAIL_EDGE))
    return Prepared(_jpeg(picture, 85), _jpeg(small, 80), *picture.size)


def _grouped(n: int) -> str:
    return number_format(n, force_grouping=True)


def _jpeg(picture: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality, optimize=True, progressive=True)
    return out.getvalue()
