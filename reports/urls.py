from django.urls import path

from reports.pages import backtest_views, next_views, review, views

app_name = "reports"
urlpatterns = [
    path("reports/", views.drift, name="drift"),
    path("reports/locations/", views.locations, name="locations"),
    path("reports/locations/<int:location_id>/", views.location, name="location"),
    path("reports/next/", next_views.next_visits, name="next"),
    path("reports/auditors/", views.auditors, name="auditors"),
    path("reports/runs/", views.runs, name="runs"),
    path("reports/runs/new/", views.run_new, name="run-new"),
    path("reports/runs/<int:run_id>/", views.run, name="run"),
    path("reports/backtests/", backtest_views.backtests, name="backtests"),
    path("reports/backtests/new/", backtest_views.backtest_new, name="backtest-new"),
    path("reports/backtests/<int:backtest_id>/", backtest_views.backtest, name="backtest"),
    path("reports/backtests/<int:backtest_id>/flags.csv", backtest_views.backtest_flags, name="backtest-flags"),
    path("reports/backtests/<int:backtest_id>/stop/", backtest_views.backtest_stop, name="backtest-stop"),
    path("reports/backtests/<int:backtest_id>/go-on/", backtest_views.backtest_go_on, name="backtest-go-on"),
    path("reports/backtests/<int:backtest_id>/adopt/", backtest_views.backtest_adopt, name="backtest-adopt"),
    path("reports/settings/", backtest_views.settings, name="settings"),
    path("visits/", review.desk, name="desk"),
    path("visits/<uuid:visit_id>/", views.visit, name="visit"),
    path("visits/<uuid:visit_id>/approve/", review.approve, name="visit-approve"),
    path("visits/<uuid:visit_id>/return/", review.return_, name="visit-return"),
    path("visits/<uuid:visit_id>/exclude/", review.exclude, name="visit-exclude"),
]
