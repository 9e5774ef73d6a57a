"""What the log is spared."""

from logging import LogRecord


def without_trace_of_refusals(record: LogRecord) -> bool:
    """That somebody may not open a page is a line; the way through the code to it tells nobody anything."""
    if getattr(record, "status_code", None) == 403:
        record.exc_info = None
    return True
