"""The pages of backtests and of the numbers that drift is looked for with: find, check, call one function, answer."""

import csv
from collections.abc import Iterator

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from locations.accounts import refusals
from locations.accounts.requests import SignedInRequest
from locations.accounts.roles import SETS_DRIFT
from reports.detection.backtest import flags_csv, lifecycle
from reports.detection.data.settings import BadSettings, Chosen, choose
from reports.models import Backtest, PastFlag
from reports.pages.access import STARTS_SCANS, for_roles
from reports.pages.director.backtests import backtest_list, backtest_of, backtest_page
from reports.pages.director.forms import BacktestForm, SettingsForm
from reports.pages.director.settings import SettingsPage, settings_page, usual_period
from reports.pages.masthead import masthead

REFRESH_SECONDS = 3
replays = for_roles(SETS_DRIFT, refusals.REPLAY_THE_PAST)
sets = for_roles(SETS_DRIFT, refusals.SET_DRIFT)


@require_safe
@replays
def backtests(request: SignedInRequest) -> HttpResponse:
    about = settings_page(user=request.user, standard=request.GET.get("standard", ""))
    filled = BacktestForm.filled_with(about.chosen) | usual_period(about.facts)
    form = BacktestForm(initial=filled, standard=about.standard, helps=about.helps)
    return _backtests(request, about, form)


@require_POST
@replays
def backtest_new(request: SignedInRequest) -> HttpResponse:
    """Ask for a backtest; what is wrong stands beside its field, with everything as it was typed."""
    about = settings_page(user=request.user, standard=request.POST.get("standard", ""))
    form = BacktestForm(request.POST, standard=about.standard, helps=about.helps)
    if form.is_valid():
        asked = lifecycle.start_backtest(
            standard=about.standard,
            start_on=form.cleaned_data["start_on"],
            stop_on=form.cleaned_data["stop_on"],
            parameters=form.chosen.parameters(),
            requested_by=request.user,
        )
        return redirect("reports:backtest", asked.pk)
    return _backtests(request, about, form, status=422)


def _backtests(request: SignedInRequest, about: SettingsPage, form: BacktestForm, status: int = 200) -> HttpResponse:
    found = backtest_list(user=request.user, page=request.GET.get("page", ""))
    shown = {
        "list": found,
        "form": form,
        "about": about,
        # a page that loads itself again would take away what somebody types
        "refresh": REFRESH_SECONDS if found.is_under_way and request.GET.get("follow") else None,
        "masthead": masthead("settings", user=request.user),
    }
    return render(request, "reports/director/backtests.html", shown, status=status)


@require_safe
@replays
def backtest(request: SignedInRequest, backtest_id: int) -> HttpResponse:
    page = backtest_page(user=request.user, backtest_id=backtest_id, page=request.GET.get("page", ""))
    shown = {
        "page": page,
        "row": page.row,
        "backtest": page.row.backtest,
        "refresh": REFRESH_SECONDS if page.row.is_under_way else None,
        "masthead": masthead("settings", user=request.user),
    }
    return render(request, "reports/director/backtest.html", shown)


@require_safe
@replays
def backtest_flags(request: SignedInRequest, backtest_id: int) -> StreamingHttpResponse:
    """flags.csv: the flags at the stores that the user may see."""
    found = backtest_of(backtest_id)
    rows = flags_csv.rows(found, PastFlag.objects.visible_to(request.user).filter(backtest=found))
    answer = StreamingHttpResponse(_lines(rows), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="flags-{found.pk}.csv"'
    return answer


class _Echo:
    """What `csv` writes to: hands the line back."""

    def write(self, line: str) -> str:
        return line


def _lines(rows: Iterator[tuple[str, ...]]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    return (writer.writerow(flags_csv.harmless(row)) for row in rows)


@require_POST
@replays
def backtest_stop(request: SignedInRequest, backtest_id: int) -> HttpResponse:
    found = backtest_of(backtest_id)
    if lifecycle.stop(found, by=request.user):
        messages.success(request, "It was stopped. What was found so far is kept, should you go on with it.")
    return redirect("reports:backtest", found.pk)


@require_POST
@replays
def backtest_go_on(request: SignedInRequest, backtest_id: int) -> HttpResponse:
    found = backtest_of(backtest_id)
    lifecycle.restart(found)
    return redirect("reports:backtest", found.pk)


@require_POST
@sets
def backtest_adopt(request: SignedInRequest, backtest_id: int) -> HttpResponse:
    """Set the numbers of a backtest that is done for its standard."""
    found = backtest_of(backtest_id)
    if found.state != Backtest.State.DONE:
        messages.error(request, "This backtest is not done: first see what its settings would have flagged.")
        return redirect("reports:backtest", found.pk)
    try:
        chosen = Chosen.from_parameters(found.parameters)
    except BadSettings as wrong:
        messages.error(request, f"These settings were not adopted. {wrong}")
        return redirect("reports:backtest", found.pk)
    choose(standard=found.standard, settings=chosen, by=request.user, adopted_from=found)
    return _saved(request, found.standard.key)


@require_http_methods(["GET", "HEAD", "POST"])
@sets
def settings(request: SignedInRequest) -> HttpResponse:
    """The three numbers of a standard: what is set, what it means here, and another choice."""
    key = request.POST.get("standard", "") if request.method == "POST" else request.GET.get("standard", "")
    about = settings_page(user=request.user, standard=key)
    form = SettingsForm(request.POST or None, initial=SettingsForm.filled_with(about.chosen), helps=about.helps)
    if request.method == "POST" and about.standard and form.is_valid():
        choose(standard=about.standard, settings=form.chosen, by=request.user)
        return _saved(request, about.standard.key)
    shown = {
        "page": about,
        "form": form,
        "may_scan": request.user.has_role(STARTS_SCANS),
        "masthead": masthead("settings", user=request.user),
    }
    return render(request, "reports/director/settings.html", shown, status=422 if form.errors else 200)


def _saved(request: SignedInRequest, key: str) -> HttpResponse:
    messages.success(request, "Saved. The next scan uses these numbers; flags that are open stand until then.")
    return redirect(f"{reverse('reports:settings')}?{urlencode({'standard': key})}")
