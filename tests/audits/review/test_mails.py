"""What auditors are told by mail: when a visit comes back, once, in the language that they used last."""

import pytest
from django.core import mail
from django.urls import reverse

from audits import tasks
from audits.models import Visit
from audits.review.exclusion import exclude
from audits.review.return_mail import tell_of_return
from audits.review.returns import return_visit
from locations.models import User

COMMENT = "Look again at the till."
ITEM = {"criterion": "litter", "comment": "I see four pieces."}


@pytest.fixture
def returned(world, visit):
    return_visit(visit=visit, by=world.mia, comment=COMMENT, items=[ITEM])
    return visit


def test_the_auditor_is_told_what_came_back_and_why(world, returned):
    assert tell_of_return(returned.pk)
    (told,) = mail.outbox
    assert told.to == [world.ana.email]
    assert told.subject == "Your visit to Harbour Street came back"
    assert told.body.startswith("Your visit to Harbour Street of 2 Mar 2026")
    assert f"\n\n{COMMENT}\n\n1 answer has a remark of its own.\n\n" in told.body
    assert "until then it counts nowhere." in told.body
    assert "Mia" not in told.body, "who reviews is nobody's business"


def test_a_mail_speaks_the_language_in_which_its_reader_signed_in_last(client, world, returned):
    signed_in = {"username": "ana@example.org", "password": "correct horse battery"}
    assert client.post(reverse("sign-in"), signed_in, headers={"Accept-Language": "fr"}).status_code == 302
    tell_of_return(returned.pk)
    assert mail.outbox[0].subject == "Votre visite à Harbour Street vous a été renvoyée"
    assert "du 2 mars 2026" in mail.outbox[0].body
    assert "1 réponse porte une remarque." in mail.outbox[0].body
    client.post(reverse("language"), {"language": "en-gb", "next": "/phone/"})
    tell_of_return(returned.pk)
    assert mail.outbox[1].subject == "Your visit to Harbour Street came back"


def test_a_choice_of_no_language_changes_nothing(client, world):
    client.force_login(world.ana)
    before = User.objects.get(pk=world.ana.pk).language
    client.post(reverse("language"), {"language": "tlh", "next": "/phone/"})
    assert User.objects.get(pk=world.ana.pk).language == before


def test_the_mail_waits_for_the_return_to_be_stored(world, visit, monkeypatch, django_capture_on_commit_callbacks):
    asked = []
    monkeypatch.setattr(tasks.mail_of_return, "delay", asked.append)
    with django_capture_on_commit_callbacks(execute=True):
        return_visit(visit=visit, by=world.mia, comment=COMMENT)
        assert asked == []
    assert asked == [str(visit.pk)]


def test_a_broker_that_is_away_undoes_no_return(world, visit, monkeypatch, django_capture_on_commit_callbacks):
    def away(*arguments):
        raise ConnectionError("no broker")

    monkeypatch.setattr(tasks.mail_of_return, "delay", away)
    with django_capture_on_commit_callbacks(execute=True):
        return_visit(visit=visit, by=world.mia, comment=COMMENT)
    assert Visit.objects.returned().filter(pk=visit.pk).exists()


def test_nobody_is_told_of_what_was_decided_meanwhile(world, returned):
    exclude(visit=returned, by=world.mia, reason="Sent twice.")
    assert not tell_of_return(returned.pk)
    assert mail.outbox == []


def test_an_account_that_is_closed_gets_no_mail(world, returned):
    User.objects.filter(pk=world.ana.pk).update(is_active=False)
    assert not tell_of_return(returned.pk)


def test_a_name_of_two_lines_makes_one_subject(world, returned):
    returned.location.name = "Harbour\nBcc: everybody@example.org"
    returned.location.save()
    tell_of_return(returned.pk)
    assert mail.outbox[0].subject == "Your visit to Harbour Bcc: everybody@example.org came back"
