"""Bodies of requests, read up to a bound so that nobody fills the server's memory, and bodies of answers."""

from io import BytesIO

from django.conf import settings
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser, JSONParser
from rest_framework.renderers import JSONRenderer


class PayloadTooLarge(APIException):
    status_code = 413


def read_bounded(stream, parser_context, *, refusal: str, most: int) -> bytes:
    """The body; raises PayloadTooLarge, if it can, before anything was read.

    refusal : the sentence that says so, with `{most}` and `{sent}` for the two numbers of bytes.
    """
    announced = int(parser_context["request"].META.get("CONTENT_LENGTH") or 0)
    data = stream.read(most + 1) if announced <= most else b""
    if announced > most or len(data) > most:
        numbers = {"most": most, "sent": announced}
        grouped = {name: number_format(n, force_grouping=True) for name, n in numbers.items()}
        raise PayloadTooLarge(refusal.format(**grouped))
    return data


class PictureParser(BaseParser):
    """The body as bytes, under `picture`; never more than may be stored."""

    media_type = "image/*"

    def parse(self, stream, media_type=None, parser_context=None) -> dict[str, bytes]:
        refusal = _("A photo has at most {most} bytes; this one has {sent}.")
        return {"picture": read_bounded(stream, parser_context, refusal=refusal, most=settings.PHOTO_MAX_BYTES)}


class BoundedJsonParser(BaseParser):
    """JSON up to DATA_UPLOAD_MAX_MEMORY_SIZE, and 413 beyond.

    No subclass of JSONParser: REST framework would read the body before, and Django answer a page of HTML.
    """

    media_type = "application/json"

    def parse(self, stream, media_type=None, parser_context=None):
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        refusal = _("JSON for this address has at most {most} bytes; this one has {sent}.")
        data = read_bounded(stream, parser_context, refusal=refusal, most=most)
        try:
            return JSONParser().parse(BytesIO(data), media_type, parser_context)
        except RecursionError:
            raise ParseError(_("This JSON is nested too deeply to be read.")) from None


class AsciiJsonRenderer(JSONRenderer):
    """Escapes all but ASCII: half of a surrogate pair, which a phone may have typed, has no UTF-8."""

    ensure_ascii = True
