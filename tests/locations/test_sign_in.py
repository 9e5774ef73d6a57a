"""Who is signed in stays so over an upgrade, and signs in by the address."""

from django.contrib.auth import BACKEND_SESSION_KEY
from django.urls import reverse


def test_a_session_of_the_previous_release_is_still_signed_in(client, world):
    client.force_login(world.mia)
    session = client.session
    session[BACKEND_SESSION_KEY] = "locations.backends.RoleBackend"
    session.save()
    assert client.get(reverse("reports:drift")).status_code == 200


def test_signing_in_by_the_address_in_any_case_leads_on(client, world):
    world.mia.set_password("plumb-line-demo")
    world.mia.save()
    answer = client.post(reverse("sign-in"), {"username": world.mia.email.upper(), "password": "plumb-line-demo"})
    assert answer.status_code == 302
    assert client.get(reverse("reports:drift")).status_code == 200
