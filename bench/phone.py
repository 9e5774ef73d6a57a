"""What the phone's form costs: bytes on the wire and times, beside the same questions as bare HTML.

Chromium with the network and the processor of a cheap phone (1.6 Mbps, 150 ms, 4x slower) opens the form of a
standard with N criteria in a fresh profile; the median of some runs is printed with the bound that it must keep.

    kB, JS kB     all that comes until 4 s after the first question, headers too; of scripts their bodies
    ready s       the first input is painted; what is typed there counts (tests/browser/test_phone_early.py)
    kept s        the form's scripts run, and each change is kept at once
    warm s        the same as ready, when the service worker has everything: the network as it is, the processor slow
    floor s       ready of the same questions as bare HTML, from a server as near as ours, in the same run

Needs chromium and the packages of `make install` plus the test group; builds its own server and database.
"""

import argparse
import gzip
import http.server
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

HOME = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(HOME))

from bench.product.chromium import ARGUMENTS, SMALL_PHONE, chromium  # noqa: E402
from bench.servers import free_port  # noqa: E402
from config.demo.__main__ import environment  # noqa: E402

EMULATED = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 200_000}
SLOWER = 4
BOUNDS = {25: {"kB": 60, "JS kB": 25, "ready s": 1.5}, 200: {"kB": 90, "ready s": 2.0, "longest task ms": 200}}
BY_ITSELF_MS = 4000  # until then the page has loaded what nobody had to ask for

STAGE = """
import datetime
from django.contrib.auth.hashers import make_password
from audits.models import Assignment, Criterion, Option, Section, Standard, Version
from audits.standards.publication import publish
from locations.models import Location, Membership, Region, User
region = Region.objects.create(name="Bench")
ana = User.objects.create(email="ana@example.org", password=make_password("bench"))
Membership.objects.create(user=ana, region=region, role="auditor")
today = datetime.date.today()
for n in {sizes}:
    version = Version.objects.create(standard=Standard.objects.create(key=f"s{{n}}", name=f"Of {{n}}"), number=1)
    for s in range(max(1, n // 25)):
        section = Section.objects.create(version=version, key=f"s{{s}}", title=f"Section {{s + 1}}", position=s)
        for c in range(25):
            kind = ["yes_no", "level", "seconds", "count", "text"][c % 5]
            criterion = Criterion.objects.create(section=section, key=f"c{{s}}-{{c}}", position=c, kind=kind,
                text=f"Was behaviour {{c + 1}} of moment {{s + 1}} carried out as the standard describes it?",
                guidance="Look at what is done, not at what is said about it.",
                dimension="perception" if kind == "text" else "completion")
            if kind == "level":
                for value in range(3):
                    Option.objects.create(criterion=criterion, value=f"l{{value}}", conformity=value / 2,
                        label=f"Anchor {{value}} in words", position=value)
    publish(version=version, by=None)
    place = Location.objects.create(code=f"B{{n}}", name=f"Place {{n}}", region=region, timezone="Europe/London")
    Assignment.objects.create(location=place, version=version, auditor=ana, opens_on=today, closes_on=today)
    print(version.pk)
"""

FLOOR = """<!doctype html><title>Floor</title><meta name=viewport content="width=device-width"><form>%s</form>"""

READY = """
window.__longest = 0;
new PerformanceObserver((list) => {
  for (const task of list.getEntries()) window.__longest = Math.max(window.__longest, task.duration);
}).observe({ type: 'longtask', buffered: true });
let there = 0;
let painted = 0;
const look = () => {
  const input = document.querySelector('#step input, body > form input');
  if (!there && input && getComputedStyle(input).visibility === 'visible') there = performance.now();
  if (there && painted) window.__ready ??= Math.max(there, painted);
  if (document.querySelector('#saved[data-tone="waiting"]')) window.__kept ??= performance.now();
};
new PerformanceObserver((list) => {
  painted = list.getEntriesByName('first-contentful-paint')[0]?.startTime ?? painted;
  look();
}).observe({ type: 'paint', buffered: true });
new MutationObserver(look).observe(document, { childList: true, subtree: true, attributes: true });
"""


def start(data_dir: Path) -> tuple[str, subprocess.Popen, dict]:
    env = os.environ | environment(data_dir)
    manage = [sys.executable, "manage.py"]
    subprocess.run([*manage, "migrate", "--verbosity", "0"], cwd=HOME, env=env, check=True)
    subprocess.run([*manage, "collectstatic", "--noinput", "--verbosity", "0"], cwd=HOME, env=env, check=True)
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}", "--worker-class"]
    command += ["gthread", "--threads", "4", "--log-level", "error"]
    process = subprocess.Popen(command, cwd=HOME, env=env)
    url = f"http://127.0.0.1:{port}"
    for _ in range(100):
        try:
            urllib.request.urlopen(f"{url}/healthz")
            return url, process, env
        except OSError:
            time.sleep(0.1)
    sys.exit("The server did not start within ten seconds.")


def sign_in(browser, url: str):
    context = browser.new_context(**SMALL_PHONE, base_url=url)
    page = context.new_page()
    page.goto("/sign-in/")
    page.fill("input[name=username]", "ana@example.org")
    page.fill("input[name=password]", "bench")
    page.click("button[type=submit]")
    page.wait_for_url("**/phone/")
    page.get_by_text("Up to date").wait_for()
    return context.storage_state(indexed_db=True)


def emulate(page, *, network: bool = True) -> dict[str, float]:
    """Counts what comes over the wire from now on."""
    wire = {"kB": 0.0, "JS kB": 0.0}
    scripts: set[str] = set()
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    if network:
        session.send("Network.emulateNetworkConditions", EMULATED)

    def seen(event):
        if event["type"] == "Script":
            scripts.add(event["requestId"])

    def came(event):
        wire["kB"] += event["encodedDataLength"] / 1000

    def came_in_part(event):
        if event["requestId"] in scripts:
            wire["JS kB"] += event["encodedDataLength"] / 1000

    session.on("Network.responseReceived", seen)
    session.on("Network.dataReceived", came_in_part)
    session.on("Network.loadingFinished", came)
    return wire


def cold(browser, url: str, state, address: str) -> dict[str, float]:
    page = browser.new_context(**SMALL_PHONE, base_url=url, storage_state=state).new_page()
    page.add_init_script(READY)
    wire = emulate(page)
    page.goto(address)
    page.wait_for_function("() => window.__ready > 0")
    page.wait_for_timeout(BY_ITSELF_MS)
    found = {"kB": wire["kB"], "JS kB": wire["JS kB"], "ready s": page.evaluate("window.__ready") / 1000}
    found["kept s"] = page.evaluate("window.__kept") / 1000
    found["longest task ms"] = page.evaluate("window.__longest")
    if page.locator("#step").count():
        found["tap to paint ms"] = tap_to_paint(page)
    page.context.close()
    return found


def tap_to_paint(page) -> float:
    return page.evaluate(
        """async () => {
            const radio = document.querySelector('#step input[type=radio]');
            const start = performance.now();
            radio.click();
            await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
            return performance.now() - start;
        }"""
    )


def warm(browser, url: str, state, address: str) -> float:
    """Seconds to the first question when the worker has all, the network as it is, the processor slow."""
    context = browser.new_context(**SMALL_PHONE, base_url=url, storage_state=state)
    page = context.new_page()
    page.goto("/phone/")
    page.get_by_text("Opens without a connection").wait_for()
    again = context.new_page()
    again.add_init_script(READY)
    emulate(again, network=False)
    again.goto(address)
    again.wait_for_function("() => window.__ready > 0")
    seconds = again.evaluate("window.__ready") / 1000
    context.close()
    return seconds


def floor_page(browser, n: int) -> float:
    """The same questions as bare HTML, from a server as near as ours."""
    ask = "<fieldset><legend>Was behaviour {} done?</legend><input type=radio name={}><input type=radio></fieldset>"
    page = browser.new_context(**SMALL_PHONE).new_page()
    html = FLOOR % "".join(ask.format(i, i) for i in range(n))

    class Door(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = gzip.compress(html.encode())
            self.send_response(200)
            for name, value in [("Content-Type", "text/html"), ("Content-Encoding", "gzip"),
                                ("Content-Length", str(len(body)))]:  # fmt: skip
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            """Quiet."""

    door = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Door)
    threading.Thread(target=door.serve_forever, daemon=True).start()
    page.add_init_script(READY)
    emulate(page)
    page.goto(f"http://127.0.0.1:{door.server_port}/")
    page.wait_for_function("() => window.__ready > 0")
    seconds = page.evaluate("window.__ready") / 1000
    page.context.close()
    door.shutdown()
    return seconds


def report(n: int, runs: list[dict], warmth: list[float], floors: list[float]) -> dict:
    middle = {name: statistics.median(run[name] for run in runs) for name in runs[0]}
    middle["warm s"], middle["floor s"] = statistics.median(warmth), statistics.median(floors)
    middle["of the floor"] = middle["ready s"] / middle["floor s"]
    bounds = {"warm s": 0.6, "tap to paint ms": 100, **BOUNDS.get(n, {})} | ({"of the floor": 2.5} if n == 25 else {})
    print(f"\n{n} criteria, median of {len(runs)}")
    for name, value in middle.items():
        bound = bounds.get(name)
        verdict = "" if bound is None else f"  at most {bound}: {'kept' if value <= bound else 'MISSED'}"
        print(f"  {name:16} {value:8.2f}{verdict}")
    return middle


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[25, 200], help="criteria of each form")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", type=Path, help="write the medians there too")
    given = parser.parse_args()
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory(prefix="plumbline-bench-") as folder, sync_playwright() as playwright:
        url, process, env = start(Path(folder))
        try:
            code = STAGE.format(sizes=given.sizes)
            command = [sys.executable, "manage.py", "shell", "--no-imports", "--command", code]
            made = subprocess.run(command, cwd=HOME, env=env, check=True, capture_output=True, text=True).stdout
            browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
            state = sign_in(browser, url)
            medians = {}
            for n, version in zip(given.sizes, made.split(), strict=True):
                number = given.sizes.index(n) + 1
                address = f"/phone/forms/{version}/#assignment={number}"
                runs = [cold(browser, url, state, address) for _ in range(given.runs)]
                warmth = [warm(browser, url, state, address) for _ in range(given.runs)]
                floors = [floor_page(browser, n) for _ in range(given.runs)]
                medians[n] = report(n, runs, warmth, floors)
            browser.close()
        finally:
            process.terminate()
            process.wait(20)
    if given.json:
        given.json.write_text(json.dumps(medians, indent=1))


if __name__ == "__main__":
    main()
