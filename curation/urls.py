"""The addresses of the facts."""

from __future__ import annotations

from django.urls import path

from curation.views import (
    benchmarks,
    clips,
    corpora,
    exports,
    jobs,
    media,
    persons,
    policies,
    savedfilters,
    sources,
    withdrawals,
)

app_name = "curation"
urlpatterns = [
    path("corpora/<slug:corpus>/", corpora.corpus_home, name="corpus"),
    path("corpora/<slug:corpus>/clips/", clips.clip_browser, name="clips"),
    path("corpora/<slug:corpus>/filters/", savedfilters.filter_save_view, name="filter-save"),
    path("corpora/<slug:corpus>/filters/<int:pk>/", savedfilters.filter_open, name="filter"),
    path(
        "corpora/<slug:corpus>/filters/<int:pk>/remove/",
        savedfilters.filter_remove_view,
        name="filter-remove",
    ),
    path("clips/<int:pk>/", clips.clip_page, name="clip"),
    path("corpora/<slug:corpus>/sources/", sources.source_list, name="sources"),
    path("sources/<int:pk>/", sources.source_page, name="source"),
    path("sources/<int:pk>/withdraw/", withdrawals.source_withdraw_view, name="source-withdraw"),
    path("corpora/<slug:corpus>/persons/", persons.person_list, name="persons"),
    path("persons/<int:pk>/", persons.person_page, name="person"),
    path("persons/<int:pk>/withdraw/", withdrawals.person_withdraw_view, name="person-withdraw"),
    path("corpora/<slug:corpus>/withdrawals/", withdrawals.withdrawal_list, name="withdrawals"),
    path("corpora/<slug:corpus>/failures/", sources.failures, name="failures"),
    path("corpora/<slug:corpus>/policies/", policies.policy_list, name="policies"),
    path("corpora/<slug:corpus>/policies/<int:number>/", policies.policy_page, name="policy"),
    path(
        "corpora/<slug:corpus>/policies/<int:number>/activate/",
        policies.policy_activate_view,
        name="policy-activate",
    ),
    path(
        "corpora/<slug:corpus>/policies/<int:number>/progress/",
        policies.policy_progress,
        name="policy-progress",
    ),
    path("corpora/<slug:corpus>/exports/", exports.export_list, name="exports"),
    path("corpora/<slug:corpus>/exports/count/", exports.subset_count, name="subset-count"),
    path("subsets/<int:pk>/", exports.subset_page, name="subset"),
    path("subsets/jobs/<int:pk>/", jobs.freeze_job, name="freeze-job"),
    path("subsets/jobs/<int:pk>/cancel/", jobs.freeze_cancel_view, name="freeze-cancel"),
    path("corpora/<slug:corpus>/benchmarks/", benchmarks.benchmark_list, name="benchmarks"),
    path("corpora/<slug:corpus>/benchmarks/new/", benchmarks.benchmark_new, name="benchmark-new"),
    path("benchmarks/<int:pk>/", benchmarks.benchmark_page, name="benchmark"),
    path("corpora/<slug:corpus>/splits/new/", benchmarks.split_new, name="split-new"),
    path("splits/<int:pk>/", benchmarks.split_page, name="split"),
    path("exports/jobs/<int:pk>/", jobs.export_job, name="export-job"),
    path("exports/jobs/<int:pk>/cancel/", jobs.export_cancel_view, name="export-cancel"),
    path("exports/<int:pk>/files/<path:name>", exports.export_file, name="export-file"),
    path("media/<int:pk>", media.rendition, name="rendition"),
]
