"""Where visits are rare, the first page and the plan say how few drops are found, once and as plainly as it is."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from bench.product import database_chains as chains
from locations.accounts.roles import Role
from locations.models import Membership, User
from reports.detection.data.fitted_run import FittedRun
from reports.detection.scan.scan import request_scan, run_scan
from reports.detection.views.finding import SELDOM, Finding, SeldomFound
from reports.models import LocationResult, Run, Tally
from reports.pages.sentences import words
from reports.pages.sentences.finding import cadence, one_in, seldom_found
from tests.reports.page_rows import text_of

DRIFT, NEXT = reverse("reports:drift"), reverse("reports:next")
SAID = re.compile(
    r"At ((?:the \d+ stores with about |the one store with )?one visit [a-z ]+), "
    r"(about 1 in \d+ drops|hardly any drop) of (\d+) points? is found within half a year; more visits find more\."
)


def scanned(read_at, *, every_days: float, n_visits: int):
    made = chains.make_chain(n_locations=6, n_visits=n_visits, every_days=every_days)
    run_scan(request_scan(standard=made.standard, as_of=made.end).pk)
    read_at(made.end)
    return made


@pytest.fixture
def rare(db, read_at):
    return scanned(read_at, every_days=70.0, n_visits=8)


@pytest.fixture
def reader(client, db):
    def signed_in(made):
        user = User.objects.create_user("max@example.org")
        for region in {place.region for place in made.locations}:
            Membership.objects.create(user=user, region=region, role=Role.MANAGER)
        client.force_login(user)
        return client

    return signed_in


def found_in(page) -> list[tuple[str, str, str]]:
    return SAID.findall(text_of(page))


def test_at_one_visit_in_two_months_both_pages_say_once_how_few_drops_are_found(reader, rare):
    client = reader(rare)
    first, plan = (found_in(client.get(page)) for page in (DRIFT, NEXT))
    assert len(first) == 1
    assert first == plan
    often, share, points = first[0]
    assert often == "one visit every two months"
    finding = Finding.of(FittedRun.last(rare.standard), as_of=rare.end)
    told = float(finding.within_half_year(8))
    assert told < SELDOM
    assert share == one_in(told)
    assert 1 <= int(points) <= 15


def test_where_visits_are_frequent_nothing_is_said(reader, read_at):
    made = scanned(read_at, every_days=3.5, n_visits=100)
    client = reader(made)
    assert found_in(client.get(DRIFT)) == []
    assert found_in(client.get(NEXT)) == []


def test_of_some_stores_it_is_said_of_how_many(reader, rare):
    LocationResult.objects.filter(location__in=rare.locations[:4]).update(n_visits=90)
    (said,) = found_in(reader(rare).get(DRIFT))
    assert said[0] == "the 2 stores with about one visit every two months"


def test_a_store_with_few_visits_is_told_of_as_many_as_a_large_drop_takes(reader, rare):
    new, newest = rare.locations[:2]
    for place, n in ((new, 5), (newest, 2)):
        kept = Tally.objects.filter(location=place).order_by("-started_at").values("pk")[:n]
        Tally.objects.filter(location=place).exclude(pk__in=list(kept.values_list("pk", flat=True))).update(
            is_excluded=True
        )
    run_scan(request_scan(standard=rare.standard, as_of=rare.end).pk)
    client, finding = reader(rare), Finding.of(FittedRun.last(rare.standard), as_of=rare.end)
    n, size = finding.more_visits(5), round(100 * finding.large_drop)
    page = text_of(client.get(reverse("reports:location", args=[new.pk])))
    assert f"{new.name}: a drop of {size} points would take about {n} more visits to show." in page
    page = text_of(client.get(reverse("reports:location", args=[newest.pk])))
    assert f"{newest.name}: two more visits are needed before anything can be said." in page
    table = text_of(client.get(DRIFT)).partition("All stores")[2]
    assert f"about {n} more visits needed" in table
    assert f"about {finding.more_visits(2)} more visits needed" in table


def test_with_one_store_and_two_visits_nothing_is_made_up(reader, read_at):
    made = chains.make_chain(n_locations=1, n_visits=2, every_days=30.0)
    run_scan(request_scan(standard=made.standard, as_of=made.end).pk)
    read_at(made.end)
    assert Finding.of(FittedRun.last(made.standard), as_of=made.end) is None
    page = text_of(reader(made).get(DRIFT))
    assert SAID.findall(page) == []
    assert "4 more visits needed" in page


def test_a_run_of_an_older_release_tells_nothing(rare):
    Run.objects.update(effects=None)
    assert Finding.of(FittedRun.last(rare.standard), as_of=rare.end) is None


def test_more_visits_never_make_drops_rarer_found(rare):
    finding = Finding.of(FittedRun.last(rare.standard), as_of=rare.end)
    shares = finding.within_half_year(range(6, 80)).tolist()
    assert shares == sorted(shares)
    more = [finding.more_visits(n) for n in range(6, 40)]
    assert more == sorted(more, reverse=True)
    later = Finding.of(FittedRun.last(rare.standard), as_of=rare.end + timedelta(weeks=20))
    assert later.within_half_year(8) < finding.within_half_year(8)


def said(**changed) -> str:
    given = {"n_stores": 4, "n_able": 4, "usual_weeks": 13.0, "share": 0.083, "drop": 0.081}
    return seldom_found(SeldomFound(**given | changed)).replace(words.NBSP, " ")


def test_the_sentence_counts_stores_and_drops_as_one_says_it():
    end = " is found within half a year; more visits find more."
    assert said() == f"At one visit a quarter, about 1 in 12 drops of 8 points{end}"
    assert said(n_able=9) == f"At the 4 stores with about one visit a quarter, about 1 in 12 drops of 8 points{end}"
    assert said(n_stores=1) == f"At the one store with one visit a quarter, about 1 in 12 drops of 8 points{end}"
    assert said(share=0.01, drop=0.011) == f"At one visit a quarter, hardly any drop of 1 point{end}"
    assert seldom_found(None) == ""


@pytest.mark.parametrize(
    ("weeks", "text"),
    [(4.0, "a month"), (6.0, "every six weeks"), (9.0, "every two months"), (13.1, "a quarter"),
     (26.1, "every six months"), (52.2, "a year or less")],
)  # fmt: skip
def test_a_cadence_is_named_as_people_name_it(weeks, text):
    assert cadence(weeks) == text
