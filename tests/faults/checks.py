"""What was promised, asked of the database and the store: after each fault what must always hold, at the end all of it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol

from curation.exports.manifest import NoManifest, verify_folder
from tests.faults.stack import Stack

# question → what a row of its answer means; whatever happens, none of them ever has a row
ALWAYS = {
    "SELECT j.item_id, count(*) FROM annotation_judgment j JOIN annotation_queue q ON q.id = j.queue_id "
    "WHERE j.counted AND j.supersedes_id IS NULL GROUP BY j.item_id, q.overlap HAVING count(*) > q.overlap": (
        "more counted judgments than the overlap"
    ),
    "SELECT item_id, rater_id FROM annotation_judgment WHERE counted AND supersedes_id IS NULL "
    "GROUP BY 1, 2 HAVING count(*) > 1": "one rater counted twice on an item",
    "SELECT s.id FROM annotation_slot s LEFT JOIN annotation_judgment j ON j.id = s.judgment_id "
    "WHERE (s.state = 'done') <> (j.id IS NOT NULL) OR (j.id IS NOT NULL AND j.rater_id <> s.rater_id)": (
        "a slot that does not fit its judgment"
    ),
    "SELECT j.id FROM annotation_judgment j WHERE j.counted AND NOT EXISTS "
    "(SELECT 1 FROM annotation_slot s WHERE s.judgment_id = j.id) AND NOT EXISTS "
    "(SELECT 1 FROM annotation_judgment later WHERE later.supersedes_id = j.id)": (
        "a counted judgment without its slot"
    ),
    "SELECT source_id, stage, builds_key, count(*) FROM curation_seriesfile "
    "GROUP BY 1, 2, 3 HAVING count(*) > 1": "measured more than once a build",
    "SELECT clip_id, kind, count(*) FROM curation_rendition GROUP BY 1, 2 HAVING count(*) > 1": (
        "a rendition twice"
    ),
    "SELECT job_id, count(*) FROM curation_exportrecord GROUP BY 1 HAVING count(*) > 1": (
        "one export written down twice"
    ),
    "SELECT j.id, j.state FROM curation_exportjob j LEFT JOIN curation_exportrecord r ON r.job_id = j.id "
    "WHERE (j.state = 'done') <> (r.id IS NOT NULL)": "an export that is done without its record, or not with it",
}
_AT_THE_END = {
    "SELECT id, stage, state, failure FROM curation_scoringtarget WHERE state <> 'done'": "a target not done",
    "SELECT c.id FROM curation_clip c JOIN curation_corpus k ON k.id = c.corpus_id LEFT JOIN curation_scorecard s "
    "ON s.clip_id = c.id AND s.origin = 'measured' WHERE k.slug = 'films' AND c.is_current "
    "AND (s.id IS NULL OR s.luminance IS NULL)": "a clip without its numbers",
    "SELECT id, state FROM curation_exportjob WHERE state IN ('waiting', 'leased')": "an export still open",
    "SELECT id, error FROM curation_exportjob WHERE state = 'failed' AND error NOT LIKE '%No space left%' "
    "AND error NOT LIKE 'the worker that was at it was lost%'": "an export that failed for another reason than its faults",
}


class Acknowledged(Protocol):
    """Whoever sent judgments: what the site said it has, by id, and what it refused."""

    acknowledged: dict[str, str]
    odd: list[str]
    refused: int
    resent: int


class Watch:
    """The checks after each fault. ``looks`` counts them, ``wrong`` keeps what they found."""

    def __init__(self, stack: Stack, senders: Iterable[Acknowledged]) -> None:
        self.stack, self.senders = stack, list(senders)
        self.looks = self.judgments_seen = 0
        self.wrong: list[str] = []
        self._seen: set[str] = set()
        self._one_at_a_time = threading.Lock()

    def look(self) -> None:
        """Every promise of ``ALWAYS``, and that what was acknowledged since the last look is there as it was sent."""
        with self._one_at_a_time:
            self._look()

    def _look(self) -> None:
        self.looks += 1
        for question, meaning in ALWAYS.items():
            self.wrong += [f"{meaning}: {row}" for row in self.stack.rows(question)]
        fresh = {
            id: answer
            for sender in self.senders
            for id, answer in list(sender.acknowledged.items())
            if id not in self._seen
        }
        kept = kept_answers(self.stack, list(fresh))
        self.wrong += lost_of(fresh, kept)
        self._seen |= fresh.keys()
        self.judgments_seen = len(self._seen)


def kept_answers(stack: Stack, ids: list[str] | None = None) -> dict[str, str]:
    """Answers of these judgments (None: of all), by id, as the database has them."""
    question = "SELECT id::text, answer FROM annotation_judgment"
    rows = stack.rows(question) if ids is None else stack.rows(f"{question} WHERE id = ANY(%s::uuid[])", ids)
    return {str(id): str(answer) for id, answer in rows}


def lost_of(acknowledged: Mapping[str, str], kept: Mapping[str, str]) -> list[str]:
    """A sentence for each judgment that was acknowledged and is not kept as it was sent."""
    return [
        f"judgment {id} was acknowledged and is not there as it was sent"
        for id, answer in acknowledged.items()
        if kept.get(id) != answer
    ]


def check(
    stack: Stack, senders: list[Acknowledged], films: int, asked: list[tuple[int, str]]
) -> tuple[dict[str, int], list[str]]:
    """Counts, and everything that is not as it was promised, once nothing strikes any more and no work is open."""
    acknowledged = {id: answer for sender in senders for id, answer in sender.acknowledged.items()}
    kept = kept_answers(stack)
    lost = lost_of(acknowledged, kept)
    wrong = list(lost)
    for question, meaning in (ALWAYS | _AT_THE_END).items():
        wrong += [f"{meaning}: {row}" for row in stack.rows(question)]
    (sources,) = stack.rows(
        "SELECT count(*) FROM curation_source s JOIN curation_corpus k ON k.id = s.corpus_id WHERE k.slug = 'films'"
    )
    if sources[0] != films:
        wrong.append(f"{sources[0]} films, not {films}")
    (targets,) = stack.rows("SELECT count(*), coalesce(sum(attempts), 0) FROM curation_scoringtarget")
    exports = _check_exports(stack, asked, wrong)
    verified = json.loads(stack.manage("audit", "verify", "--json"))
    wrong += [f"audit log: {sentence}" for sentence in verified["faults"]]
    wrong += [f"refused: {one}" for sender in senders for one in sender.odd[:3]]
    counts = {
        "judgments acknowledged": len(acknowledged),
        "judgments kept": len(kept),
        "judgments lost": len(lost),
        "answers refused": sum(sender.refused for sender in senders),
        "requests that failed and were sent again": sum(sender.resent for sender in senders),
        "films measured": int(str(sources[0])),
        "targets measured once": int(str(targets[0])),
        **exports,
        "audit events sealed": verified["links"],
    }
    return counts, wrong


def _check_exports(stack: Stack, asked: list[tuple[int, str]], wrong: list[str]) -> dict[str, int]:
    """Each folder is whole and known, each list that was asked for is there, and nothing half written lies about."""
    root = stack.storage / "exports"
    records = stack.rows("SELECT subset_id, format, destination FROM curation_exportrecord")
    known = {str(destination) for _, _, destination in records}
    for destination in sorted(known):
        try:
            wrong += [f"export {destination}: {fault}" for fault in verify_folder(root / destination)]
        except (NoManifest, OSError) as fault:
            wrong.append(f"export {destination}: {fault}")
    there = {(subset, format) for subset, format, _ in records}
    wrong += [f"export {one} was asked for and is not there" for one in asked if tuple(one) not in there]
    for manifest in root.rglob("manifest.json") if root.exists() else ():
        name = manifest.parent.relative_to(root).as_posix()
        if name not in known and not _hidden(manifest.relative_to(root)):
            wrong.append(f"an export that nobody knows of: {name}")
    left = [path.name for path in root.glob(".writing-*")]
    wrong += [f"half an export was left behind: {name}" for name in left]
    states = dict(stack.rows("SELECT state, count(*) FROM curation_exportjob GROUP BY 1"))
    return {
        "exports asked for": sum(int(str(count)) for count in states.values()),
        "exports whole": int(str(states.get("done", 0))),
        "exports absent, with the reason": int(str(states.get("failed", 0))),
    }


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)
