"""10,000 reviewed clips out of Rushes and out of Label Studio: all that a user waits for, on both sides.

Rushes, served and worked as `manage.py up` does: from the click on *Export* through the worker that takes the job (evidence,
tracks and turns along, README, manifest with a hash of every file, the folder renamed) and the page that asks how far it
is, at its own pace, to the whole of `tasks.json` in a file of the user's. The list was frozen before, which is said apart.
Label Studio, by gunicorn over PostgreSQL: from the request of its export as JSON to the whole of the answer in a file of the
user's. Both hold the same tasks with the same annotations.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import httpx
from django.contrib.auth.hashers import make_password

from annotation.simulation import Visitor
from benchmarks.machine import calibrate, say
from benchmarks.peer_room import peer_server
from curation.config.running import running
from curation.embedded.locations import PostgresHome
from curation.models import ExportRecord, Subset, User
from curation.services.subsets import subset_freeze

REVIEWED = 10_000
START = "start"
QUICKER = 20.0
TIMES = 3
_PASSWORD = "only-for-this-benchmark"
_CONFIG = (
    '<View><Video name="video" value="$video"/><Choices name="tier" toName="video">'
    + "".join(f'<Choice value="{word}"/>' for word in ("sft", "pretrain", "reject"))
    + "</Choices></View>"
)


def beside(subset: Subset, peer: str, home: PostgresHome) -> dict[str, Any]:
    """Both sides of ``subset``; ``peer`` is the address of a Label Studio server, or ``START``."""
    report: dict[str, Any] = {"calibration": calibrate()}
    say(f"calibration: {json.dumps(report['calibration'])}")
    began = time.perf_counter()
    again = subset_freeze(corpus=subset.corpus, name="again", tiers=["sft"], validated_only=True)
    report["freezing_s"] = time.perf_counter() - began
    with tempfile.TemporaryDirectory() as folder:
        tasks_file, theirs_file = Path(folder) / "tasks.json", Path(folder) / "theirs.json"
        report["rushes_s"] = _rushes(again, tasks_file)
        tasks = json.loads(tasks_file.read_text())
        with _server(peer, home) as (address, token):
            report["label_studio_s"] = _label_studio(address, token, tasks, theirs_file)
        found = json.loads(theirs_file.read_text())
    ours, theirs = median(report["rushes_s"]), median(report["label_studio_s"])
    report |= {
        "same": _answers(tasks) == _answers(found) and len(tasks) == REVIEWED,
        "ratio": theirs / ours,
        "ratio_with_freezing": theirs / (ours + report["freezing_s"]),
        "calibration_after": calibrate(),
    }
    say(
        f"{REVIEWED:,} reviewed clips, from the click to the file: Rushes {_seconds(report['rushes_s'])} "
        f"(and {report['freezing_s']:.2f} s to freeze the list, once); Label Studio "
        f"{_seconds(report['label_studio_s'])}; median against median {report['ratio']:.1f} x quicker "
        f"({report['ratio_with_freezing']:.1f} x with the freezing), wanted {QUICKER:.0f} x; every annotation in both: "
        f"{report['same']}"
    )
    say(f"calibration after: {json.dumps(report['calibration_after'])}")
    return report


def _seconds(each: list[float]) -> str:
    return f"{', '.join(f'{one:.2f}' for one in each)} s"


def _answers(tasks: list[dict[str, Any]]) -> dict[str, list[str]]:
    """What was settled of each clip, by its name."""
    return {
        task["data"]["clip"]: [
            choice
            for annotation in task["annotations"]
            for result in annotation["result"]
            for choice in result["value"]["choices"]
        ]
        for task in tasks
    }


def _rushes(subset: Subset, into: Path) -> list[float]:
    """Seconds of each export, as somebody at a browser has it; the first one warms up and is not counted."""
    user, _ = User.objects.get_or_create(username="bench-auditor", defaults={"role": "auditor"})
    User.objects.filter(pk=user.pk).update(password=make_password(_PASSWORD))
    with running(say=lambda text: None, host="127.0.0.1", port=8600) as rushes:
        workers, site = rushes.workers(), rushes.site()
        workers()
        visitor = Visitor(site())
        visitor.sign_in(user.username, _PASSWORD)
        return [_export(visitor, subset, into) for _ in range(TIMES + 1)][1:]


def _export(visitor: Visitor, subset: Subset, into: Path) -> float:
    before = set(subset.export_records.values_list("pk", flat=True))
    began = time.perf_counter()
    visitor.submit(f"/subsets/{subset.pk}/", {"format": "label-studio", "to": "here"})
    page = _page(visitor, f"/subsets/{subset.pk}/")
    while asking := re.search(r'hx-get="(/exports/jobs/\d+/[^"]*)" hx-trigger="every (\d+)ms"', page):
        time.sleep(int(asking[2]) / 1000)
        page = _page(visitor, asking[1])
    record = ExportRecord.objects.filter(subset=subset).exclude(pk__in=before).get()
    address = f"{visitor.site}/exports/{record.pk}/files/tasks.json"
    with visitor.opener.open(urllib.request.Request(address), timeout=600) as answer, into.open("wb") as file:
        shutil.copyfileobj(answer, file)
    return time.perf_counter() - began


def _page(visitor: Visitor, path: str) -> str:
    with visitor.opener.open(urllib.request.Request(visitor.site + path), timeout=60) as answer:
        return str(answer.read().decode())


@contextmanager
def _server(peer: str, home: PostgresHome) -> Iterator[tuple[str, str]]:
    if peer != START:
        yield peer.rstrip("/"), os.environ["LABEL_STUDIO_TOKEN"]
        return
    with peer_server(home, people=0) as (address, tokens):
        yield address, tokens[0]


def _label_studio(address: str, token: str, tasks: list[dict[str, Any]], into: Path) -> list[float]:
    """The tasks taken in, then seconds of each export of them; the first one warms up and is not counted."""
    client = httpx.Client(
        base_url=address, headers={"Authorization": f"Token {token}"}, timeout=1800, trust_env=False
    )
    made = client.post("/api/projects", json={"title": "export benchmark", "label_config": _CONFIG})
    project = made.raise_for_status().json()["id"]
    try:
        began = time.perf_counter()
        for first in range(0, len(tasks), 500):
            piece = [{**task, "id": None} for task in tasks[first : first + 500]]
            client.post(f"/api/projects/{project}/import", json=piece).raise_for_status()
        say(f"  {len(tasks):,} tasks with annotations imported there in {time.perf_counter() - began:.1f} s")
        found = []
        for _ in range(TIMES + 1):
            began = time.perf_counter()
            asked = {"exportType": "JSON"}
            with (
                client.stream("GET", f"/api/projects/{project}/export", params=asked) as answer,
                into.open("wb") as file,
            ):
                answer.raise_for_status()
                for block in answer.iter_bytes():
                    file.write(block)
            found.append(time.perf_counter() - began)
        return found[1:]
    finally:
        client.delete(f"/api/projects/{project}")
