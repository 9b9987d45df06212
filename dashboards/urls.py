"""The addresses of the dashboards: a page per corpus, and what the page asks for."""

from __future__ import annotations

from django.urls import path

from dashboards import views

app_name = "dashboards"
urlpatterns = [
    path("corpora/<slug:corpus>/agreement/", views.agreement, name="agreement"),
    path("dashboards/agreement/<path:inside>", views.agreement_inside, name="agreement-inside"),
    path("corpora/<slug:corpus>/thresholds/", views.thresholds, name="thresholds"),
    path("corpora/<slug:corpus>/thresholds/save", views.thresholds_save, name="thresholds-save"),
    path("dashboards/thresholds/<path:inside>", views.thresholds_inside, name="thresholds-inside"),
    path("corpora/<slug:corpus>/subgroups/", views.subgroups, name="subgroups"),
    path("dashboards/subgroups/<path:inside>", views.subgroups_inside, name="subgroups-inside"),
    path("corpora/<slug:corpus>/operations/", views.operations, name="operations"),
    path("dashboards/operations/<path:inside>", views.operations_inside, name="operations-inside"),
    path(
        "dashboards/bundles/<str:release>/_dash-component-suites/<str:package>/<path:inside>",
        views.bundle,
        name="bundle",
    ),
    path("corpora/<slug:corpus>/behind/<slug:dashboard>/<slug:number>/", views.behind, name="behind"),
    path(
        "corpora/<slug:corpus>/dashboards/<slug:dashboard>/<slug:table>.csv",
        views.table_csv,
        name="table-csv",
    ),
]
