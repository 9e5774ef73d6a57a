"""Says at the end of a run what was not tested here, so that a skip is never mistaken for a pass."""

import pytest

MARKS = {
    "servers": "PostgreSQL, Redis and a real Celery worker",
    "browser": "the pages in a browser",
    "shared": "real data",
}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.skipped and not hasattr(report, "wasxfail"):
        # a plain attribute travels from xdist's workers to the process that writes the summary
        report.not_tested = [mark for mark in MARKS if item.get_closest_marker(mark)] or ["other"]
    return report


def pytest_terminal_summary(terminalreporter, config) -> None:
    found: dict[tuple[str, str], int] = {}
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        for mark in getattr(report, "not_tested", ["other"]):
            key = (MARKS.get(mark, "single tests"), reason.removeprefix("Skipped: "))
            found[key] = found.get(key, 0) + 1
    if not found:
        return
    terminalreporter.section("NOT TESTED HERE", sep="=", yellow=True, bold=True)
    for (what, reason), n in sorted(found.items()):
        terminalreporter.line(f"  {what}: {n} test{'s' if n > 1 else ''} skipped. {reason}", yellow=True)
