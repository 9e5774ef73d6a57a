"""What the stories of an auditor's phone share: people of their own, and the gestures of a thumb."""

import io
import json
from types import SimpleNamespace
from uuid import uuid4

import pytest
from PIL import Image

from tests.browser.between import between
from tests.patience import turns, wait_until

STAGES = """
import datetime, json
from django.contrib.auth.hashers import make_password
from audits.models import Assignment, Standard
from config.demo.places import PASSWORD
from locations.models import Location, Membership, Region, User
from locations.accounts.roles import Role
from tests.making import publish_small_standard
password = make_password(PASSWORD)  # once: it is slow on purpose
version = publish_small_standard(Standard.objects.create(key={mark!r}, name="Service standard"))
today = datetime.date.today()
made = []
for number in range({n}):
    name = {mark!r} + str(number)
    region = Region.objects.create(name=name)
    auditor = User.objects.create(email=name + "@example.org", password=password, first_name="Ana")
    owner = User.objects.create(email=name + "-owner@example.org", password=password, is_staff=True)
    Membership.objects.create(user=auditor, region=region, role=Role.AUDITOR)
    Membership.objects.create(user=owner, region=region, role=Role.STANDARDS)
    for place in ("Harbour Street", "Mill Lane"):
        location = Location.objects.create(code=name + place[0], name=place, region=region, timezone="Europe/London")
        Assignment.objects.create(
            location=location, version=version, auditor=auditor, opens_on=today - datetime.timedelta(days=1),
            closes_on=today + datetime.timedelta(days=4),
        )
    made.append({{"auditor": auditor.email, "owner": owner.email, "version": version.pk}})
print(json.dumps(made))
"""

STORED = """
import json
from audits.models import Visit
visits = []
for visit in Visit.objects.filter(auditor__email={auditor!r}):
    said = lambda rows: {{o.criterion.key: [o.get_state_display(), o.value, o.note] for o in rows}}
    visits.append({{
        "id": str(visit.pk), "receipt": visit.receipt, "location": visit.location.name, "note": visit.note,
        "context": [visit.staff_seen, visit.customers_waiting, visit.busyness],
        "interactions": [[i.label, said(i.observations.all())] for i in visit.interactions.all()],
        "visit": said(visit.observations.filter(interaction=None)),
        "photos": [[p.criterion.key, p.width and max(p.width, p.height)] for p in visit.photos.all()],
        "taken": [
            [p.taken_at.isoformat(), p.gps_grade, p.width, p.height] for p in visit.photos.order_by("taken_at")
        ],
    }})
print(json.dumps(visits))
"""


RETURN = """
from audits.models import Visit
from audits.review.returns import return_visit
from locations.models import Membership, User
from locations.accounts.roles import Role
visit = Visit.objects.get(pk={id!r})
reviewer = User.objects.create(email="rev-" + str(visit.pk) + "@example.org")
Membership.objects.create(user=reviewer, region=visit.location.region, role=Role.REVIEWER)
item = {{"criterion": "greeted", "interaction": visit.interactions.get().pk, "comment": "Which door was it?"}}
return_visit(visit=visit, by=reviewer, comment="One thing, please.", items=[item])
"""
"""A reviewer sends the visit `id` back, with a word on its greeting."""


@pytest.fixture(scope="module")
def stages(server):
    """Enough regions, each with an auditor, a standards owner and two assignments, for every test to have its own."""
    made = server.run(STAGES.format(mark=f"phone-{uuid4().hex[:8]}-", n=20))
    return json.loads(made.splitlines()[-1])


@pytest.fixture
def stage(server, stages):
    """An auditor whom no other test knows; `stored()` is what the server holds of their visits."""
    people = stages.pop()
    stored = STORED.format(auditor=people["auditor"])
    return SimpleNamespace(**people, stored=lambda: json.loads(server.run(stored).splitlines()[-1]))


@pytest.fixture
def proxied(server):
    """Between phone and server; the page opens at its `url`."""
    with between(server.url) as found:
        yield found


@pytest.fixture
def phone(phone_page, sign_in, stage):
    """The list of visits, signed in."""
    sign_in(phone_page, stage.auditor)
    phone_page.goto("/phone/")
    phone_page.get_by_text("Harbour Street").wait_for()
    return phone_page


@pytest.fixture
def ready(phone):
    """The list, after one visit online: it has its worker."""
    phone.get_by_text("Opens without a connection").wait_for()
    return phone


def camera_says(*, taken: str) -> Image.Exif:
    """What a camera held upright writes into its file: turn it, when, and where."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x8769] = {0x9003: taken, 0x9011: "+00:00"}
    exif[0x8825] = {1: "N", 2: (51.0, 30.0, 0.0), 3: "W", 4: (0.0, 7.0, 30.0)}
    return exif


def picture(number: int = 0, exif: Image.Exif | None = None) -> dict:
    """A photo as a camera makes it: larger than what is sent; each number gives another."""
    made = io.BytesIO()
    drawn = Image.linear_gradient("L").resize((2400, 1800)).rotate(number * 7).convert("RGB")
    drawn.save(made, "JPEG", **({"exif": exif} if exif else {}))
    return {"name": "camera.jpg", "mimeType": "image/jpeg", "buffer": made.getvalue()}


def begin(page, place="Harbour Street"):
    page.get_by_role("link", name=place).click()
    page.get_by_role("heading", name="Before you start").wait_for()


def on(page, criterion):
    """The controls of one criterion."""
    return page.locator(f'[data-criterion="{criterion}"]')


def say(page, criterion, answer):
    on(page, criterion).get_by_text(answer, exact=True).click()


def go_on(page, to):
    page.locator("#next").click()
    page.get_by_role("heading", name=to).wait_for()


def wait_saved(page):
    """Until the phone has kept all that was typed so far."""
    page.locator("#saved:not([aria-busy])", has_text="On this phone").wait_for()


def wait_value(field, text):
    """Until this stands in the field. The page's policy forbids Playwright to poll by a sentence of script."""
    wait_until(
        lambda: field.input_value() == text,
        f"{text!r} in the field",
        words=lambda: f"{field.input_value()!r} stands there.",
        pause=turns(field.page),
    )


def send_one(page):
    """A short visit, from the list to its receipt."""
    begin(page)
    answer_shortly(page)
    page.get_by_role("button", name="Send", exact=True).click()
    page.locator("#step").get_by_text("Received, no. ").wait_for()


def arrives_with_another_answer(page) -> list:
    """An earlier copy of the visit arrives with another answer, and its receipt is lost; gives what was answered."""
    sent: list = []

    def other_answers(route):
        if not sent:
            visit = json.loads(route.request.post_data)
            visit["interactions"][0]["observations"][0]["value"] = True
            sent.append(route.fetch(post_data=json.dumps(visit)))
        route.continue_()

    page.route("**/api/v1/visits/*/", other_answers)
    return sent


def answer_shortly(page):
    """The least that makes a visit."""
    go_on(page, "Greeting")
    say(page, "greeted", "No")
    wait_saved(page)
    page.locator("#overview").click()
    page.get_by_role("heading", name="Check and send").wait_for()
