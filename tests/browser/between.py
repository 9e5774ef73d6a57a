"""Stands between a phone and the server, where a test may change what passes.

Playwright's own routes do not see what a service worker asks for.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "accept-encoding", "content-length"}


@dataclass
class Passing:
    """An answer on its way back."""

    path: str
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Between:
    url: str
    change: Callable[[Passing], Passing | None] = lambda passing: passing
    """Its None closes the connection: the answer is lost."""


@contextmanager
def between(server_url: str) -> Iterator[Between]:
    target = urlsplit(server_url).netloc

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def pass_on(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length) if length else None
            asked = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
            upstream = HTTPConnection(target)
            upstream.request(self.command, self.path, body, asked)
            answer = upstream.getresponse()
            passing = Passing(self.path, answer.status, {}, answer.read())
            cookies = []
            for name, value in answer.getheaders():
                if name.lower() == "set-cookie":
                    cookies.append(value)
                elif name.lower() not in HOP_BY_HOP:
                    passing.headers[name] = value
            upstream.close()
            changed = found.change(passing)
            if changed is None:
                self.close_connection = True
                return
            self.send_response(changed.status)
            for name, value in [*changed.headers.items(), *(("Set-Cookie", value) for value in cookies)]:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(changed.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(changed.body)

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = pass_on  # noqa: N815 - names given by http.server

        def log_message(self, *args) -> None:
            """The server has a log of its own."""

    door = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found = Between(f"http://127.0.0.1:{door.server_port}")
    Thread(target=door.serve_forever, daemon=True).start()
    try:
        yield found
    finally:
        door.shutdown()
        door.server_close()
