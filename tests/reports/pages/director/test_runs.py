"""The list of stores and the pages of scans: asked for, under way, done or failed."""

from django.urls import reverse
from django.utils import timezone

from reports.models import Run
from tests.reports import page_rows as pages
from tests.reports.page_rows import text_of


def test_stores_are_found_by_name_code_and_region(as_mia, chain):
    def found(query):
        response = as_mia.get(reverse("reports:locations"), {"q": query})
        return [store.name for store in response.context["list"].stores.object_list]

    assert found("harb") == ["Harbour Street"]
    assert found("M1") == ["Mill Lane"]
    assert found("north") == ["Harbour Street", "Mill Lane"]
    assert found("cove") == []


def test_search_without_a_hit_says_what_was_sought(as_mia):
    assert "No store of yours has “<b>”" in text_of(as_mia.get(reverse("reports:locations"), {"q": "<b>"}))


def test_run_shows_settings_threshold_and_digest(as_mia, chain):
    said = text_of(as_mia.get(reverse("reports:run", args=[chain.run.pk])))
    for shown in ("36 visits to 3 stores", "523 : 1", "3 points", "5f" * 32, "0.1.0+abc", "0.08", "1 open flag"):
        assert shown in said


def test_run_under_way_looks_again_by_itself_and_a_done_one_does_not(as_mia, chain):
    running = pages.make_run(chain.standard, state="running", n_done=1, n_total=4, finished_at=None)
    assert 'http-equiv="refresh"' in as_mia.get(reverse("reports:run", args=[running.pk])).content.decode()
    assert 'http-equiv="refresh"' in as_mia.get(reverse("reports:runs")).content.decode()
    assert 'http-equiv="refresh"' not in as_mia.get(reverse("reports:run", args=[chain.run.pk])).content.decode()


def test_director_starts_a_scan_and_lands_on_it(client, chain):
    client.force_login(chain.dan)
    response = client.post(reverse("reports:run-new"), {"standard": "service"})
    run = Run.objects.get(state="waiting")
    assert response.url == reverse("reports:run", args=[run.pk])
    assert run.requested_by == chain.dan


def test_second_scan_is_not_started_while_one_is_under_way(client, chain):
    running = pages.make_run(chain.standard, state="running", finished_at=None, started_at=timezone.now())
    client.force_login(chain.dan)
    response = client.post(reverse("reports:run-new"), {"standard": "service"}, follow=True)
    assert response.redirect_chain[0][0] == reverse("reports:run", args=[running.pk])
    assert "is under way already" in text_of(response)
    assert not Run.objects.filter(state="waiting").exists()


def test_manager_may_not_start_a_scan_and_a_link_cannot(as_mia, client, chain):
    response = as_mia.post(reverse("reports:run-new"), {"standard": "service"})
    assert response.status_code == 403
    assert "Only directors and executives start a scan." in text_of(response)
    client.force_login(chain.dan)
    assert client.get(reverse("reports:run-new")).status_code == 405
    assert client.post(reverse("reports:run-new"), {"standard": "none"}).status_code == 404


def test_run_says_whose_estimate_it_carries_on_and_when_the_next_is_due(as_mia, chain):
    Run.objects.filter(pk=chain.run.pk).update(why_estimated="It is 28 days old.")
    carried = pages.make_run(
        chain.standard, estimated_by=chain.run, parameters={"refit_days": 28.0, "incremental": True}
    )
    said = text_of(as_mia.get(reverse("reports:run", args=[carried.pk])))
    assert f"as estimated in scan {chain.run.pk} , carried on since" in said
    assert "What all stores share is estimated anew every 28 days" in said
    assert "Looks only at stores with news yes" in said
    assert "estimated anew: It is 28 days old." in text_of(as_mia.get(reverse("reports:run", args=[chain.run.pk])))
