from django.urls import path

from reports.pages.director import backtest_views
from reports.pages.director import views as director
from reports.pages.manager import views as manager
from reports.pages.planner import views as planner
from reports.pages.reviewer import views as reviewer
from reports.pages.visit import views as visit

app_name = "reports"
urlpatterns = [
    path("reports/", manager.drift, name="drift"),
    path("reports/locations/", manager.locations, name="locations"),
    path("reports/locations/<int:location_id>/", manager.location, name="location"),
    path("reports/next/", planner.next_visits, name="next"),
    path("reports/auditors/", director.auditors, name="auditors"),
    path("reports/runs/", director.runs, name="runs"),
    path("reports/runs/new/", director.run_new, name="run-new"),
    path("reports/runs/<int:run_id>/", director.run, name="run"),
    path("reports/backtests/", backtest_views.backtests, name="backtests"),
    path("reports/backtests/new/", backtest_views.backtest_new, name="backtest-new"),
    path("reports/backtests/<int:backtest_id>/", backtest_views.backtest, name="backtest"),
    path("reports/backtests/<int:backtest_id>/flags.csv", backtest_views.backtest_flags, name="backtest-flags"),
    path("reports/backtests/<int:backtest_id>/stop/", backtest_views.backtest_stop, name="backtest-stop"),
    path("reports/backtests/<int:backtest_id>/go-on/", backtest_views.backtest_go_on, name="backtest-go-on"),
    path("reports/backtests/<int:backtest_id>/adopt/", backtest_views.backtest_adopt, name="backtest-adopt"),
    path("reports/settings/", backtest_views.settings, name="settings"),
    path("visits/", reviewer.desk, name="desk"),
    path("visits/<uuid:visit_id>/", visit.visit, name="visit"),
    path("visits/<uuid:visit_id>/approve/", reviewer.approve, name="visit-approve"),
    path("visits/<uuid:visit_id>/return/", reviewer.return_, name="visit-return"),
    path("visits/<uuid:visit_id>/exclude/", reviewer.exclude, name="visit-exclude"),
]
