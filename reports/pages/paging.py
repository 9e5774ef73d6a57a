"""Lists are bounded: a page of rows at a time."""

from collections.abc import Callable
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet


def page_of(
    found: QuerySet,
    *,
    number: str,
    size: int,
    rows: Callable[[list], list],
    count: int | None = None,
    first: list | None = None,
) -> Page[Any]:
    """Page `number` of what was found, as the rows made of it; an odd number falls back to a page that is there.

    count, first : how many were found, and the first page of them, where those were read before.
    """
    paginator = Paginator(found, size)
    if count is not None:
        paginator.count = count
    page: Page[Any] = paginator.get_page(number or 1)
    page.object_list = rows(first if first is not None and page.number == 1 else list(page.object_list))
    return page
