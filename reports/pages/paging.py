"""Lists are bounded: a page of rows at a time."""

from collections.abc import Callable
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet


def page_of(found: QuerySet, *, number: str, size: int, rows: Callable[[list], list]) -> Page[Any]:
    """Page `number` of what was found, as the rows made of it; an odd number falls back to a page that is there."""
    page: Page[Any] = Paginator(found, size).get_page(number or 1)
    page.object_list = rows(list(page.object_list))
    return page
