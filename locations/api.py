"""Readings for machines: bring them in, in bulk and as often as one likes; read them back."""

from django.conf import settings
from drf_spectacular.utils import OpenApiParameter, PolymorphicProxySerializer, extend_schema
from rest_framework.exceptions import APIException, PermissionDenied, ValidationError
from rest_framework.pagination import CursorPagination
from rest_framework.response import Response
from rest_framework.views import APIView

from locations.accounts.roles import READS_RESULTS, WRITES_READINGS
from locations.imports.readings import (
    UNKNOWN_LOCATION,
    Problem,
    ReadingCheck,
    ReadingRow,
    known_metrics,
    store_readings,
    writable_places,
)
from locations.models import Location, Metric, Reading
from locations.serializers import (
    ReadingPageSerializer,
    ReadingSerializer,
    RefusedSerializer,
    SentReadingSerializer,
    SentReadingsSerializer,
    StoredSerializer,
)

MAX_ROWS = 50_000
SHOWN_ERRORS = 100
NO_OBJECT = Problem("", "", "is no object with location, metric, period_start and value")


class TooLarge(APIException):
    status_code = 413
    default_code = "too_large"


class ReadingPages(CursorPagination):
    ordering = "pk"
    page_size = 500
    page_size_query_param = "page_size"
    max_page_size = 5_000


class ReadingsView(APIView):
    @extend_schema(
        operation_id="readings_list",
        parameters=[
            OpenApiParameter("location", description="A location's code."),
            OpenApiParameter("metric", description="A metric's key."),
            OpenApiParameter("cursor", description="From `next` or `previous` of another page."),
            OpenApiParameter("page_size", int, description="At most 5,000; 500 when absent."),
        ],
        responses={
            200: ReadingPageSerializer,
            400: RefusedSerializer,
            403: RefusedSerializer,
            404: RefusedSerializer,
        },
    )
    def get(self, request):
        """The readings of one's regions, oldest record first."""
        if not request.user.has_role(READS_RESULTS):
            raise PermissionDenied("Reading results needs the role of a manager, director or executive.")
        readings = Reading.objects.visible_to(request.user, READS_RESULTS).select_related("location", "metric")
        if code := request.query_params.get("location"):
            visible = Location.objects.visible_to(request.user, READS_RESULTS)
            place = visible.filter(code=code).first() if is_storable(code) else None
            if place is None:
                raise ValidationError({"detail": f"location={code!r}: {UNKNOWN_LOCATION}."})
            readings = readings.filter(location=place)
        if key := request.query_params.get("metric"):
            metric = Metric.objects.filter(key=key).first() if is_storable(key) else None
            if metric is None:
                raise ValidationError({"detail": f"metric={key!r}: no metric has this key."})
            readings = readings.filter(metric=metric)
        pages = ReadingPages()
        page = pages.paginate_queryset(readings, request, view=self)
        return pages.get_paginated_response(ReadingSerializer(page, many=True).data)

    @extend_schema(
        operation_id="readings_store",
        request=PolymorphicProxySerializer(
            component_name="SentReadingsOrList",
            serializers=[SentReadingsSerializer, SentReadingSerializer(many=True)],
            resource_type_field_name=None,
            many=False,
        ),
        responses={200: StoredSerializer, 400: RefusedSerializer, 403: RefusedSerializer, 413: RefusedSerializer},
    )
    def post(self, request):
        """Store up to 50,000 readings, a list or `{"readings": [...]}`; the same again changes nothing.

        When any row is wrong, nothing is stored and `errors` names rows by their index.
        """
        if not request.user.has_role(WRITES_READINGS):
            raise PermissionDenied("Bringing in readings needs the role of an integrator or director.")
        rows, errors, n_errors = self._checked(self._sent(request), request.user)
        if n_errors:
            detail = f"{n_errors:,} errors: nothing was stored."
            return Response({"detail": detail, "errors": errors, "n_errors": n_errors}, status=400)
        stored = store_readings(rows=rows)
        return Response(StoredSerializer(stored).data)

    def _sent(self, request) -> list:
        size = int(request.META.get("CONTENT_LENGTH") or 0)
        if size > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:  # DRF reads the stream without asking for this setting
            limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE >> 20
            raise TooLarge(f"The request has {size:,} bytes: send at most {limit} MB at a time.")
        try:
            data = request.data
        except RecursionError:
            raise ValidationError({"detail": "The JSON is nested too deeply to be read."}) from None
        sent = data.get("readings") if isinstance(data, dict) else data
        if not isinstance(sent, list):
            raise ValidationError({"detail": 'Send a JSON list of readings, or {"readings": [...]}.'})
        if len(sent) > MAX_ROWS:
            raise TooLarge(f"{len(sent):,} readings: send at most {MAX_ROWS:,} at a time.")
        return sent

    def _checked(self, sent: list, user) -> tuple[list[ReadingRow], list[dict], int]:
        """The sound rows, the first errors, and how many errors there are in all."""
        check = ReadingCheck(places=writable_places(user), metrics=known_metrics(), location_field="location")
        names = ("location", "metric", "period_start", "period_end", "value")
        rows: list[ReadingRow] = []
        errors: list[dict] = []
        n_errors = 0
        seen: dict[tuple, int] = {}
        for index, item in enumerate(sent):
            row, problems = check(*map(item.get, names)) if isinstance(item, dict) else (None, [NO_OBJECT])
            unknown = sorted(set(item) - set(names)) if isinstance(item, dict) else []
            problems += [Problem(name, "", "is no field of a reading") for name in unknown]
            if row and (first := seen.setdefault(row[:3], index)) != index:
                problems.append(
                    Problem("period_start", "", f"repeats the location, metric and period of row {first}")
                )
            if row and not problems:
                rows.append(row)
            n_errors += len(problems)
            errors += [_error(index, problem) for problem in problems[: SHOWN_ERRORS - len(errors)]]
        return rows, errors, n_errors


def is_storable(text: str) -> bool:
    """PostgreSQL refuses a zero byte even in a question."""
    return "\0" not in text


def _error(index: int, problem: Problem) -> dict:
    shown = f"{str(problem.value)[:60]!r}: " if problem.value not in ("", None) else ""
    return {
        "row": index,
        "field": problem.field[:60].encode(errors="replace").decode(),
        "message": f"{shown}{problem.message}.",
    }
