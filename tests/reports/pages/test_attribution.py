"""Why a plain share moved where no flag was raised, from tallies to the sentences of a store's page and its row."""

import re
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audits.models import Visit
from bench.product import database_chains as chains
from locations.models import Membership, Region, User
from reports.detection.data.fitted_run import FittedRun
from reports.detection.data.packed_effects import pack, unpack
from reports.detection.scan.scan import request_scan, run_scan
from reports.detection.views.attribution import Moved, moved
from reports.measure.drift.attribution import Attribution, Share
from reports.models import DriftFlag, LocationResult, Run, Tally
from reports.pages.manager import explanations
from reports.pages.manager.attribution import briefly
from tests.reports.page_rows import text_of

STRICT, LENIENT = "a0", "a1"


@pytest.fixture
def scanned(db):
    """Twelve stores; the last eight visits of the first are by a0, those before by a1, and fewer kept is seen."""
    made = chains.make_chain(n_locations=12, n_visits=20)
    own = list(Tally.objects.filter(location=made.locations[0]).order_by("started_at"))
    for number, tally in enumerate(own):
        tally.auditor = f"code:{STRICT if number >= 12 else LENIENT}"
        seen = np.full((3, 15), 240, np.uint8)
        seen[:, : 4 if number >= 12 else 2] = 0
        tally.matrix = seen.tobytes()
        tally.save()
    run = run_scan(request_scan(standard=made.standard, as_of=made.end).pk)
    effects, codes = unpack(run.effects)
    severity = np.where(codes.auditors == f"code:{STRICT}", -0.8, 0.0)
    none = {name: np.zeros_like(getattr(effects, name)) for name in ("daypart", "staffing", "day")}
    run.effects = pack(replace(effects, auditor=severity, **none), codes)
    run.save()
    DriftFlag.objects.all().delete()  # what a scan with so severe an auditor would not have raised
    made.run = run
    return made


@pytest.fixture
def manager(scanned):
    user = User.objects.create_user("max@example.org", "correct horse battery")
    for region in Region.objects.all():
        Membership.objects.create(user=user, region=region, role="manager")
    return user


def test_the_auditor_who_took_over_is_found(scanned):
    place = scanned.locations[0].pk
    found = moved(FittedRun.last(scanned.standard).visits([place]), [place])[place]
    assert found.told == ["auditor"]
    assert found.found.n_further == 8
    assert found.found.change == pytest.approx(-2 / 15)


def test_the_page_says_it_and_names_nobody(client, scanned, manager):
    client.force_login(manager)
    said = text_of(client.get(reverse("reports:location", args=[scanned.locations[0].pk])))
    assert "The plain share of behaviours kept fell from 87 % to 73 % over the last eight visits" in said
    assert "A stricter auditor took over here: eight of the last eight visits" in said
    assert STRICT not in said.split("Seen, in their words")[0]


def test_how_severe_an_auditor_is_head_office_alone_is_told_on_the_page(client, scanned, manager):
    address, severity = (
        reverse("reports:location", args=[scanned.locations[0].pk]),
        r"rates? about \d+ points? stricter",
    )
    client.force_login(manager)
    said = text_of(client.get(address))
    assert "stricter than those before" in said
    assert not re.search(severity, said)
    Membership.objects.filter(user=manager).update(role="director")
    assert re.search(severity, text_of(client.get(address)).replace("\u00a0", " "))


def test_a_flag_takes_its_place(client, scanned, manager):
    visit = Visit.objects.filter(location=scanned.locations[0]).first()
    when = visit.started_at
    DriftFlag.objects.create(
        location=scanned.locations[0], standard=scanned.standard, run=scanned.run, direction="decline",
        channel="overall", flagged_at=when, flagged_by=visit, onset_at=when, onset_low=when, onset_high=when,
        evidence=500, seen=0.7, expected=0.85, n_visits=8,
    )  # fmt: skip
    client.force_login(manager)
    said = text_of(client.get(reverse("reports:location", args=[scanned.locations[0].pk])))
    assert "stricter auditor" not in said


def test_the_drift_report_says_it_in_a_line(client, scanned, manager):
    client.force_login(manager)
    said = text_of(client.get(reverse("reports:drift")))
    assert "steady: stricter auditor, −" in said


def test_a_whole_page_of_stores_takes_as_many_queries_as_one(scanned):
    counts = []
    for places in (scanned.locations[:1], scanned.locations):
        with CaptureQueriesContext(connection) as captured:
            found = briefly(FittedRun.last(scanned.standard), [place.pk for place in places])
        counts.append(len(captured))
        assert scanned.locations[0].pk in found
    assert counts[0] == counts[1]


def test_without_stores_or_run_nothing_is_asked(scanned, django_assert_num_queries):
    fitted = FittedRun.last(scanned.standard)
    with django_assert_num_queries(0):
        assert briefly(fitted, []) == {}
    Run.objects.update(effects=None)
    assert FittedRun.last(scanned.standard) is None


@pytest.fixture
def this_week(scanned, read_at):
    read_at(scanned.end + timedelta(hours=1))
    LocationResult.objects.update(last_visit_at=scanned.end)


def test_a_chain_wide_shift_is_said_on_the_page_of_a_calm_store(client, scanned, manager, this_week):
    client.force_login(manager)
    address = reverse("reports:location", args=[scanned.locations[5].pk])
    Run.objects.update(chain_movement=-0.03)
    assert "The whole chain is down 3 points this week; that is taken out." in text_of(client.get(address))
    Run.objects.update(chain_movement=-0.015)
    assert "whole chain" not in text_of(client.get(address))


def test_a_shift_of_weeks_ago_is_not_said_to_be_of_this_week(client, scanned, manager, this_week, read_at):
    client.force_login(manager)
    store, first = reverse("reports:location", args=[scanned.locations[5].pk]), reverse("reports:drift")
    Run.objects.update(chain_movement=-0.03)
    for address in (store, first):
        assert "The whole chain is down 3 points this week" in text_of(client.get(address))
    read_at(scanned.end + timedelta(weeks=9))
    for address in (store, first):
        assert "The whole chain is down" not in text_of(client.get(address))
    LocationResult.objects.update(last_visit_at=scanned.end + timedelta(weeks=9))  # judged by the effects of then
    for address in (store, first):
        assert "The whole chain is down" not in text_of(client.get(address))


# Sentences


def made(told, **values) -> Moved:
    found = {
        "n": 8, "seen": 0.7, "before": 0.8, "auditor": 0.0, "daypart": 0.0, "staffing": 0.0, "breadth": 0.0,
        "chain": 0.0, "version": 0.0, "n_further": 0, "further_by": 0.0, "in_daypart": Share(-1, 0, 0),
        "in_staffing": Share(-1, 0, 0),
    }  # fmt: skip
    return Moved(Attribution(**found | values), told, "evening", "pressed")


def lines(moved_: Moved) -> list[str]:
    return [str(line).replace("\u00a0", " ") for line in explanations.reasons(moved_, tells_severity=True)]


def test_each_reason_has_its_sentence():
    evening = Share(1, 5, 0)
    assert lines(made(["daypart"], daypart=-0.03, in_daypart=evening))[0] == (
        "More evening visits than before: five of the last eight, none of the eight before. That makes −3 points."
    )
    assert "More visits than before at pressed staffing" in lines(made(["staffing"], staffing=-0.03))[0]
    assert lines(made(["breadth"], breadth=-0.03))[0].startswith("Less was looked at than before: short visits")
    assert lines(made(["chain"], chain=-0.04))[0] == "The whole chain moved: it is down 4 points over the same weeks."
    assert lines(made(["version"], version=-0.05))[0] == (
        "A new version of the standard since then: its criteria are harder. That makes −5 points."
    )
    one = lines(made(["auditor"], auditor=-0.02, n_further=1, further_by=0.16))[0]
    assert "one of the last eight visits was by an auditor who rates about 16 points stricter" in one


def test_where_the_new_daypart_or_staffing_is_unknown_the_sentence_names_none():
    for facet, words in (("daypart", "Visits at other times of day"), ("staffing", "Visits at other staffing")):
        unknown = replace(made([facet], **{facet: -0.03}), daypart="", staffing="")
        assert lines(unknown)[0] == f"{words} than before. That makes −3 points."
        assert "other" in explanations.moved_briefly(unknown)


def test_what_is_left_is_said():
    assert lines(made(["chain"], chain=-0.04))[-1] == (
        "What remains, −6, is no more than visits here usually differ."
    )
    assert lines(made(["chain"], chain=-0.1))[-1] == "Nothing remains."


def test_mostly_is_said_of_half_or_more():
    assert "mostly for reasons" in explanations.moved_first(made(["chain"], chain=-0.06))
    assert "partly for reasons" in explanations.moved_first(made(["chain"], chain=-0.03))
    assert " rose from " in explanations.moved_first(made(["chain"], chain=0.05, seen=0.9))
