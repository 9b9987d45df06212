"""Fills a stack for the storm: a queue with raters, films to measure, exports to write. Prints what it made as JSON."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import django

django.setup()

from django.core.management import call_command  # noqa: E402 - after setup

from curation.services.exports import export_request  # noqa: E402
from curation.services.subsets import subset_freeze  # noqa: E402
from tests import factories, footage  # noqa: E402
from tests.annotation import rooms  # noqa: E402


def main(folder: Path, clips: int, films: int, exports: int, raters: int) -> None:
    world = factories.world(sft=clips // 2, pretrain=clips // 4, reject=clips // 4, undecided=0)
    queue = rooms.verify_queue(world, overlap=max(2, raters - 1), lease_seconds=4)
    names = [factories.user("annotator", username=f"storm-{n}").username for n in range(raters)]
    late = factories.user("annotator", username="storm-late").username
    auditor = factories.user("auditor", username="storm-auditor").username
    asked = []
    for number in range(exports):
        subset = subset_freeze(
            corpus=world.corpus, name=f"part {number}", tiers=["sft"], validated_only=False
        )
        format = ("talkvid-jsonl", "csv", "parquet")[number % 3]
        export_request(subset=subset, format=format)
        asked.append([subset.pk, format])
    for number in range(films):
        footage.video(folder / f"{number}.mp4", seconds=2 + number / 25, size=(160, 120))
    call_command("ingest", str(folder), corpus="films", min_seconds=1.0, stdout=sys.stderr)
    call_command("score", corpus="films", no_wait=True, stdout=sys.stderr, stderr=sys.stderr)
    options = [one["key"] for one in queue.rubric_version.questions[0]["options"]]
    sys.stdout.write(
        json.dumps(
            {
                "queue": queue.pk,
                "logins": names,
                "late": late,
                "auditor": auditor,
                "asked": asked,
                "password": factories.PASSWORD,
                "options": options,
            }
        )
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), *(int(number) for number in sys.argv[2:6]))
