"""What somebody meets who may not open a page: words in their own language, a way out, and no trace in the log."""

import io
import logging
import re

import pytest
from django.urls import reverse
from django.utils import translation

from locations.models import User
from tests.reports.page_rows import text_of

FRENCH = {"Accept-Language": "fr-CA,fr;q=0.9"}
WITHOUT_A_PAGE = ("sam", "ian")


@pytest.fixture(autouse=True)
def english_afterwards():
    yield
    translation.deactivate()


@pytest.fixture
def log():
    """What the process writes where its log goes."""
    (handler,) = (each for each in logging.getLogger().handlers if type(each) is logging.StreamHandler)
    written = io.StringIO()
    before = handler.setStream(written)
    yield written
    handler.setStream(before)


@pytest.mark.parametrize("address", ["reports:drift", "reports:desk", "reports:settings", "reports:auditors"])
def test_refusal_speaks_the_readers_language(client, world, address):
    client.force_login(world.ana)
    answer = client.get(reverse(address), headers=FRENCH)
    assert answer.status_code == 403
    assert answer.headers["Content-Language"] == "fr"
    said = text_of(answer)
    assert re.search(r"Cette page n’est pas destinée à ce compte\. Seuls les [\w ,]+ et [\w’ ]+\.", said)
    assert "Ce compte, ana@example.org, est destiné aux auditeurs." in said
    assert "Only" not in said
    assert "mes pages" in said


def test_refusal_is_english_for_who_reads_english_and_names_who_may(client, world):
    client.force_login(world.ana)
    said = text_of(client.get(reverse("reports:drift")))
    assert "Only regional managers, directors and executives read results." in said
    assert "This account, ana@example.org, is for auditors." in said


def test_managers_pages_stay_english_for_who_reads_french(client, world):
    client.force_login(world.mia)
    assert client.get(reverse("reports:drift"), headers=FRENCH).headers["Content-Language"] == "en-gb"


@pytest.mark.parametrize("person", WITHOUT_A_PAGE)
def test_account_that_every_page_refuses_gets_words_and_a_way_out(client, world, person):
    client.force_login(getattr(world, person))
    for address in (reverse("home"), reverse("reports:drift")):
        answer = client.get(address, follow=True)
        body = answer.content.decode().partition("<main")[2]
        assert f'action="{reverse("sign-out")}"' in body
        assert f'href="{reverse("home")}"' not in body, "a way back to the page that refuses"
    said = text_of(client.get(reverse("home")))
    assert "There is no page for this account yet." in said
    assert f"This account, {person}@example.org, is for {'stores' if person == 'sam' else 'integrators'}." in said


def test_account_without_any_role_is_told_so_in_its_language(client, world):
    client.force_login(User.objects.create_user("new@example.org"))
    assert "Ce compte, new@example.org, n’a pas encore de rôle." in text_of(
        client.get(reverse("home"), headers=FRENCH)
    )


@pytest.mark.parametrize("person", ["ana", "mia", "dan", "sue", "root", *WITHOUT_A_PAGE])
def test_way_from_the_door_never_ends_in_a_refusal(client, world, person):
    client.force_login(getattr(world, person))
    assert client.get(reverse("home"), follow=True).status_code == 200


def test_ordinary_refusal_leaves_a_line_and_no_trace_in_the_log(client, world, log):
    client.force_login(world.ana)
    client.get(reverse("reports:drift"))
    assert "Forbidden (Permission denied): /reports/" in log.getvalue()
    assert "Traceback" not in log.getvalue()


def test_failure_keeps_its_trace(log):
    """A page that breaks is told with the way to the place."""
    logger = logging.getLogger("django.request")
    try:
        raise ZeroDivisionError
    except ZeroDivisionError:
        logger.exception("Internal Server Error: %s", "/reports/", extra={"status_code": 500})
    assert "Traceback" in log.getvalue()


def test_admin_and_whatever_names_no_icon_have_one(client, world):
    client.force_login(world.root)
    page = client.get(reverse("admin:index")).content.decode()
    links = re.findall(r'<link[^>]*rel="icon"[^>]*>', page)
    icons = [icon for link in links for icon in re.findall(r'href="([^"]+)"', link)]
    assert icons
    assert all("favicon" in icon for icon in icons)
    client.logout()
    answer = client.get("/favicon.ico")
    assert answer.status_code == 307
    assert answer.url == icons[0]
