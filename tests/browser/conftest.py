"""The demonstration as it really runs (gunicorn, Celery worker, beat), and Chromium in front of it.

A test asks for `phone_page` or `desktop_page` and signs in with `sign_in`. The server's database is its own:
`server.run` looks into it. With SCREENSHOTS=DIR the last state of every page is kept there as a picture.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bench.product.chromium import ARGUMENTS, SMALL_PHONE, NoBrowser, chromium
from bench.servers import free_port
from config.demo.__main__ import environment
from config.demo.places import PASSWORD
from tests.browser.stage import phone, proxied, ready, stage, stages  # noqa: F401 - fixtures
from tests.patience import STILL, has_ended, last_words, sizes, wait_until

STORES, WEEKS = 18, 52


@pytest.fixture(scope="session")
def program() -> str:
    """Where the browser is; skips where there is none."""
    try:
        return chromium()
    except NoBrowser as error:
        pytest.skip(str(error))


@dataclass
class Server:
    """The running demonstration."""

    url: str
    data_dir: Path
    process: subprocess.Popen
    log: Path

    def run(self, code: str) -> str:
        """What Python `code` prints in the server's own Django: looks into its database, or changes it."""
        command = [sys.executable, "manage.py", "shell", "--no-imports", "--command", code]
        env = os.environ | environment(self.data_dir)
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def signs(self) -> list[int]:
        """Change while it loads, and while its processes work."""
        return sizes([self.log, *sorted((self.data_dir / "log").glob("*.log"))])


@pytest.fixture(scope="session")
def server(program, tmp_path_factory) -> Iterator[Server]:
    """A small invented chain, scored and scanned, behind the same processes as in production.

    Where there is no `program`, nobody would look at it.
    """
    data_dir, port = tmp_path_factory.mktemp("demo"), free_port()
    log = data_dir / "demo.log"
    command = [sys.executable, "-m", "config.demo", "--port", str(port)]
    command += ["--stores", str(STORES), "--weeks", str(WEEKS)]
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, env=os.environ | {"DATA_DIR": str(data_dir)}, stdout=out, stderr=subprocess.STDOUT
        )
    found = Server(f"http://127.0.0.1:{port}", data_dir, process, log)
    try:
        _wait_until_ready(found)
        yield found
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def _wait_until_ready(server: Server) -> None:
    wait_until(
        lambda: "Plumbline is ready" in server.log.read_text(errors="replace"),
        "The demonstration, ready",
        signs=server.signs,
        is_over=lambda: has_ended(server.process),
        words=lambda: last_words(server.log),
    )


@pytest.fixture(scope="session")
def browser(program):
    from playwright.sync_api import sync_playwright

    # Playwright keeps an event loop in this thread; Django would take every test after it for asynchronous code.
    os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser, server, request) -> Iterator[Callable]:
    """Opens pages; afterwards keeps a picture of each and fails when a script failed in one."""
    opened, faults = [], []

    def open_page(name: str, **context):
        given = {"base_url": server.url, "locale": "en-GB", "timezone_id": "Europe/London"} | context
        page = browser.new_context(**given).new_page()
        page.set_default_timeout(1000 * STILL)
        page.on("pageerror", lambda error: faults.append(f"{name}: {error}"))
        page.on("console", lambda said: faults.append(f"{name}: {said.text}") if _is_refusal(said) else None)
        opened.append((name, page))
        return page

    yield open_page
    for name, page in opened:
        _keep_picture(page, f"{request.node.name}-{name}")
        page.context.close()
    assert not faults, faults


def _is_refusal(said) -> bool:
    """What the Content-Security-Policy blocked is a fault of the page."""
    return said.type == "error" and "Content Security Policy" in said.text


def _keep_picture(page, name: str) -> None:
    if folder := os.environ.get("SCREENSHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.fixture
def phone_page(open_page):
    """A small phone in the aisle."""
    return open_page("phone", **SMALL_PHONE)


@pytest.fixture
def desktop_page(open_page):
    return open_page("desktop", viewport={"width": 1280, "height": 900})


@pytest.fixture
def sign_in() -> Callable:
    """sign_in(page, email): through the sign-in page, as everybody does."""

    def sign_in(page, email: str) -> None:
        page.goto("/sign-in/")
        page.fill("input[name=username]", email)
        page.fill("input[name=password]", PASSWORD)
        page.click("button[type=submit]")
        page.wait_for_url(lambda url: "/sign-in/" not in url)

    return sign_in
