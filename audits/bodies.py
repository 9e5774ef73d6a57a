"""Bodies of requests, read up to a bound so that nobody fills the server's memory, and bodies of answers."""

from io import BytesIO

from django.conf import settings
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser, JSONParser
from rest_framework.renderers import JSONRenderer


class PayloadTooLarge(APIException):
    status_code = 413


def read_bounded(stream, parser_context, *, what: str, most: int) -> bytes:
    """The body; raises PayloadTooLarge, if it can, before anything was read."""
    announced = int(parser_context["request"].META.get("CONTENT_LENGTH") or 0)
    data = stream.read(most + 1) if announced <= most else b""
    if announced > most or len(data) > most:
        raise PayloadTooLarge(f"{what} has at most {most:,} bytes; this one has {announced:,}.")
    return data


class PictureParser(BaseParser):
    """The body as bytes, under `picture`; never more than may be stored."""

    media_type = "image/*"

    def parse(self, stream, media_type=None, parser_context=None) -> dict[str, bytes]:
        return {"picture": read_bounded(stream, parser_context, what="A photo", most=settings.PHOTO_MAX_BYTES)}


class BoundedJsonParser(BaseParser):
    """JSON up to DATA_UPLOAD_MAX_MEMORY_SIZE, and 413 beyond.

    No subclass of JSONParser: REST framework would read the body before, and Django answer a page of HTML.
    """

    media_type = "application/json"

    def parse(self, stream, media_type=None, parser_context=None):
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        data = read_bounded(stream, parser_context, what="JSON for this address", most=most)
        try:
            return JSONParser().parse(BytesIO(data), media_type, parser_context)
        except RecursionError:
            raise ParseError("This JSON is nested too deeply to be read.") from None


class AsciiJsonRenderer(JSONRenderer):
    """Escapes all but ASCII: half of a surrogate pair, which a phone may have typed, has no UTF-8."""

    ensure_ascii = True
