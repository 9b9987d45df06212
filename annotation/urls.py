"""The addresses of review."""

from __future__ import annotations

from django.urls import path

from annotation.views import agreement, certificates, estimates, queues, raters, rounds, work

app_name = "annotation"
urlpatterns = [
    path("review/", queues.queues, name="queues"),
    path("review/new/", queues.queue_new, name="queue_new"),
    path("review/me/", raters.me, name="me"),
    path("review/rounds/", rounds.rounds, name="rounds"),
    path("review/rounds/<int:pk>/", rounds.round_page, name="round"),
    path("review/rounds/<int:pk>/close", rounds.close, name="round_close"),
    path("review/rounds/<int:pk>/decide", rounds.decide, name="round_decide"),
    path("review/leases", work.leases, name="leases"),
    path("review/judgments", work.judgments, name="judgments"),
    path("review/judgments/<uuid:judgment>/retract", work.retract, name="retract"),
    path("review/report", work.report, name="report"),
    path("review/reports/<int:pk>", queues.report_done, name="report_resolve"),
    path("review/items/<int:item>/draft", work.draft, name="draft"),
    path("review/items/<int:item>/context", work.item_context, name="item_context"),
    path("review/items/<int:item>/original", work.original, name="original"),
    path("review/<int:pk>/", queues.queue, name="queue"),
    path("review/<int:pk>/state", queues.queue_state, name="queue_state"),
    path("review/<int:pk>/work/", work.work, name="work"),
    path("review/<int:pk>/claim", work.claim, name="claim"),
    path("review/<int:pk>/progress", work.progress, name="progress"),
    path("review/<int:pk>/estimates/", estimates.estimates, name="estimates"),
    path("review/<int:pk>/estimates/clips/", estimates.estimate_clips, name="estimate_clips"),
    path("review/<int:pk>/certificate", certificates.certificate_new, name="certificate_issue"),
    path("certificates/<int:pk>/", certificates.certificate, name="certificate"),
    path("certificates/<int:pk>.json", certificates.certificate_file, name="certificate_file"),
    path("subsets/<int:pk>/certify/", certificates.certify, name="certify"),
    path("corpora/<slug:corpus>/certificates/", certificates.certificates, name="certificates"),
    path("corpora/<slug:corpus>/plan/", estimates.sample_plan, name="sample_plan"),
    path("corpora/<slug:corpus>/agreement/headline", agreement.headline, name="agreement_headline"),
]
