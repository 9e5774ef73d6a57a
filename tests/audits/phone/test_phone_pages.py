"""The phone's pages: who may open them, how long they may be kept, and what their bytes must never hold."""

import re

import pytest
from django.conf import settings
from django.urls import reverse
from PIL import Image, ImageChops

from audits.models import Criterion, Option, Section, Standard, Version
from audits.phone.release import release
from audits.standards.cloning import clone
from audits.standards.publication import publish, retire
from config.assets.icons import FOLDER, SIZES, draw

PHONE, ME = "/phone/", "/phone/me/"


def form_url(version, **query) -> str:
    address = reverse("audits:form", args=[version.pk])
    return f"{address}?{'&'.join(f'{name}={value}' for name, value in query.items())}" if query else address


def form_text(client, version, **query) -> str:
    response = client.get(form_url(version, **query))
    assert response.status_code == 200, response.content
    return response.content.decode()


@pytest.fixture
def telling(world) -> Version:
    """A version whose hopes are numbers and words that occur nowhere else."""
    standard = Standard.objects.create(key="telling", name="Telling standard")
    version = Version.objects.create(standard=standard, number=3, note="internalnote")
    section = Section.objects.create(version=version, key="till", title="At the till", guidance="Look <closely>.")
    common = {"section": section, "weight": 7.125, "is_critical": True, "wants_photo": True}
    asked = Criterion.objects.create(key="asked", text="Was a bag offered?", yes_conforms=False, position=0, **common)
    level = Criterion.objects.create(
        key="tone", text="In what tone?", kind="level", dimension="delivery", shown_if=asked, shown_if_value="yes",
        position=1, guidance="As you heard it.", **common,
    )  # fmt: skip
    for position, (value, label, conformity) in enumerate([("a", "Flat", 0.4375), ("b", "Warm", 0.9375)]):
        Option.objects.create(criterion=level, value=value, label=label, conformity=conformity, position=position)
    Criterion.objects.create(
        key="wait", text="Seconds in line", kind="seconds", full_credit=31.5, zero_credit=121.5, position=2, **common
    )
    Criterion.objects.create(
        key="bags", text="Bags on the floor", kind="count", full_credit=0.25, zero_credit=13.75, position=3, **common
    )
    Criterion.objects.create(
        key="felt", text="How was it?", kind="text", dimension="perception", position=4, **common
    )
    return publish(version=version, by=world.sue)


# ---- what the bytes hold


def test_form_holds_every_section_criterion_and_anchor(client, world, telling):
    client.force_login(world.ana)
    page = form_text(client, telling)
    for words in (
        "At the till",
        "Was a bag offered?",
        "In what tone?",
        "Flat",
        "Warm",
        "Seconds in line",
        "How was it?",
    ):
        assert words in page
    assert "Look &lt;closely&gt;." in page
    assert 'data-shown-if="asked" data-shown-value="yes"' in page


def test_form_holds_nothing_of_what_is_hoped_for(client, world, telling):
    client.force_login(world.ana)
    page = form_text(client, telling)
    for number in ("7.125", "31.5", "121.5", "0.25", "13.75", "0.4375", "0.9375", "4375", "9375"):
        assert number not in page, f"{number} tells the auditor what is hoped for"
    for word in ("critical", "weight", "conform", "credit", "threshold", "dimension", "completion", "delivery",
                 "perception", "internalnote"):  # fmt: skip
        assert word not in page.lower(), f"“{word}” reached the phone"


def test_two_versions_that_differ_only_in_what_is_hoped_for_give_the_same_form(client, world, telling):
    draft = clone(version=telling)
    criteria = Criterion.objects.filter(section__version=draft)
    criteria.update(weight=99, is_critical=False, yes_conforms=True, dimension="completion")
    criteria.filter(kind__in=["count", "seconds"]).update(full_credit=5, zero_credit=6)
    Option.objects.filter(criterion__in=criteria).update(conformity=0.5)
    other = publish(version=draft, by=world.sue)
    client.force_login(world.ana)
    before, after = form_text(client, telling), form_text(client, other)
    same = after.replace(f'data-version="{other.pk}"', f'data-version="{telling.pk}"').replace("v4", "v3")
    assert same == before


def test_everybody_gets_the_same_bytes(client, world):
    pages = set()
    for person in (world.ana, world.abe, world.root):
        client.force_login(person)
        pages.add(client.get(form_url(world.version)).content)
    assert len(pages) == 1
    (page,) = pages
    for secret in (b"csrf", world.ana.email.encode(), b"sessionid"):
        assert secret not in page


def test_pages_run_no_inline_script_or_style(client, world):
    client.force_login(world.ana)
    for address in (PHONE, form_url(world.version)):
        response = client.get(address)
        page = response.content.decode()
        assert re.findall(r"<script(?![^>]*\bsrc=)[^>]*>", page) == []
        assert re.findall(r"<style|\sstyle=|\son[a-z]+=", page) == []
        assert "default-src 'self'" in response.headers["Content-Security-Policy"]


def test_everybody_gets_the_same_list_and_it_holds_nobodys_name(client, world):
    """The phone keeps the page, and another person may sign in on it."""
    pages = set()
    for person in (world.ana, world.abe):
        client.force_login(person)
        response = client.get(PHONE)
        assert "no-store" in response.headers["Cache-Control"]
        pages.add(response.content)
    assert len(pages) == 1
    assert world.ana.email.encode() not in pages.pop()


def test_the_phone_learns_whose_session_it_is_and_gets_the_cookie_that_sending_needs(client, world):
    client.force_login(world.ana)
    response = client.get(ME)
    who = {"id": world.ana.pk, "name": str(world.ana), "email": world.ana.email}
    assert response.json() == who | {"language": "en-gb"}
    assert "csrftoken" in response.cookies
    assert "no-store" in response.headers["Cache-Control"]


# ---- without a connection


def worker_text(client) -> str:
    response = client.get(reverse("audits:worker"))
    assert response.headers["Content-Type"].startswith("text/javascript")
    assert "no-store" in response.headers["Cache-Control"]
    return response.content.decode()


def test_the_worker_keeps_every_file_that_list_and_form_name(client, world):
    kept = worker_text(client)
    client.force_login(world.ana)
    pages = client.get(PHONE).content.decode() + form_text(client, world.version)
    named = set(re.findall(r'(?:src|href)="(/static/[^"]+\.(?:js|css))"', pages))
    assert len(named) == 5  # two styles, a script for each page, and the one that runs before the form
    assert {name for name in named if f'"{name}"' not in kept} == set()


def test_the_worker_names_the_release_and_so_do_the_pages_that_it_keeps(client, world):
    assert f'"release": "{release()}"' in worker_text(client)
    client.force_login(world.ana)
    for address in (PHONE, form_url(world.version)):
        assert client.get(address).headers["Plumbline-Release"] == release()


def test_the_app_can_be_installed_with_icons_that_are_there(client):
    manifest = client.get(reverse("audits:manifest")).json()
    assert manifest["start_url"] == manifest["scope"] == PHONE
    assert manifest["display"] == "standalone"
    for icon in manifest["icons"]:
        assert (settings.BASE_DIR / icon["src"].lstrip("/")).is_file()
    assert {"192x192", "512x512"} <= {icon["sizes"] for icon in manifest["icons"]}


@pytest.mark.parametrize("size", SIZES)
def test_the_icons_are_those_that_the_code_draws(size):
    with Image.open(FOLDER / f"icon-{size}.png") as kept:
        assert ImageChops.difference(kept.convert("RGB"), draw(size)).getbbox() is None


# ---- who may open them


@pytest.mark.parametrize("person", ["ana", "abe", "root"])
def test_those_who_receive_visits_open_list_and_form(client, world, person):
    client.force_login(getattr(world, person))
    assert client.get(PHONE).status_code == 200
    assert client.get(form_url(world.version)).status_code == 200


@pytest.mark.parametrize("person", ["mia", "cal", "dan", "sue", "ian", "sam"])
def test_other_roles_are_refused(client, world, person):
    client.force_login(getattr(world, person))
    assert client.get(PHONE).status_code == 403
    assert client.get(form_url(world.version)).status_code == 403


def test_nobody_is_asked_to_sign_in(client, world):
    for address in (PHONE, form_url(world.version), form_url(world.version, preview=1)):
        response = client.get(address)
        assert response.status_code == 302
        assert response.headers["Location"].startswith(reverse("sign-in"))


def test_pages_are_for_reading_only(client, world):
    client.force_login(world.ana)
    for address in (PHONE, form_url(world.version), form_url(world.version, preview=1)):
        assert client.post(address).status_code == 405


def test_a_retired_version_still_opens_for_drafts_begun_with_it(client, world):
    retire(version=world.version)
    client.force_login(world.ana)
    assert client.get(form_url(world.version)).status_code == 200


def test_a_draft_is_not_found_by_auditors(client, world):
    client.force_login(world.ana)
    assert client.get(form_url(clone(version=world.version))).status_code == 404


def test_a_version_that_does_not_exist_is_not_found(client, world):
    client.force_login(world.ana)
    assert client.get(reverse("audits:form", args=[999_999])).status_code == 404


def test_standards_owners_preview_drafts_and_nothing_of_it_is_kept(client, world):
    client.force_login(world.sue)
    response = client.get(form_url(clone(version=world.version), preview=1))
    assert response.status_code == 200
    assert "data-preview" in response.content.decode()
    assert "no-store" in response.headers["Cache-Control"]
    assert response.headers["X-Frame-Options"] == "SAMEORIGIN"


@pytest.mark.parametrize("person", ["ana", "mia", "dan"])
def test_previews_are_for_those_who_write_standards(client, world, person):
    client.force_login(getattr(world, person))
    assert client.get(form_url(world.version, preview=1)).status_code == 403


# ---- how long they may be kept


def test_the_form_at_this_release_is_kept_for_good(client, world):
    client.force_login(world.ana)
    kept = client.get(form_url(world.version, r=release(), l="en-gb")).headers["Cache-Control"]
    assert {"private", "immutable", "max-age=31536000"} == set(kept.split(", "))


@pytest.mark.parametrize("query", [{}, {"r": "0123456789ab"}])
def test_without_this_release_in_its_address_the_form_is_asked_for_again(client, world, query):
    client.force_login(world.ana)
    first = client.get(form_url(world.version, **query))
    assert first.headers["Cache-Control"] == "private, no-cache"
    again = client.get(form_url(world.version, **query), headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert again.content == b""


def test_an_etag_lets_nobody_in(client, world):
    client.force_login(world.ana)
    etag = client.get(form_url(world.version)).headers["ETag"]
    client.force_login(world.mia)
    assert client.get(form_url(world.version), headers={"If-None-Match": etag}).status_code == 403


def test_the_list_links_to_the_present_release(client, world):
    client.force_login(world.ana)
    assert f'data-release="{release()}"' in client.get(PHONE).content.decode()


def test_the_form_travels_compressed(client, world):
    client.force_login(world.ana)
    response = client.get(form_url(world.version), headers={"Accept-Encoding": "gzip"})
    assert response.headers["Content-Encoding"] == "gzip"


# ---- what they cost


def long_version(world, number: int, n_criteria: int) -> Version:
    version = Version.objects.create(standard=Standard.objects.create(key=f"s{number}", name="Long"), number=number)
    section = Section.objects.create(version=version, key="all", title="All")
    for position in range(n_criteria):
        Criterion.objects.create(section=section, key=f"c{position}", text=f"Question {position}?", position=position)
    return publish(version=version, by=None)


def test_the_form_costs_the_same_queries_however_long_it_is(client, world, django_assert_num_queries):
    short, long = long_version(world, 1, 2), long_version(world, 2, 40)
    client.force_login(world.ana)
    for version in (short, long):
        with django_assert_num_queries(7):  # session, user, role; version, sections, criteria, options
            client.get(form_url(version))


def test_the_list_costs_three_queries(client, world, django_assert_num_queries):
    client.force_login(world.ana)
    with django_assert_num_queries(3):  # session, user, role
        client.get(PHONE)


def test_a_form_of_25_criteria_is_small_on_the_wire(client, world):
    version = long_version(world, 3, 25)
    client.force_login(world.ana)
    response = client.get(form_url(version), headers={"Accept-Encoding": "gzip"})
    assert len(response.content) < 8_000
