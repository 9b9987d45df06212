from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from curation.analytics.errors import BadSegment, NoSnapshot
from curation.analytics.segments import SegmentWriter, open_segment
from curation.analytics.store import SnapshotStore, Words
from curation.analytics.table import open_table
from tests.curation.analytics.worlds import METRICS, build_world


def write_segment(folder, *parts):
    with SegmentWriter(folder) as segment:
        for part in parts:
            segment.append(part)


def columns_of(ids, value=1.0, **more):
    count = len(ids)
    return {
        "clip_id": np.array(ids),
        "length_us": np.full(count, 1e6),
        "usable": np.ones(count, np.int8),
        "luminance": np.full(count, value, np.float32),
        **more,
    }


@pytest.mark.parametrize("deltas", [0, 1, 4])
def test_a_table_holds_the_latest_of_every_clip(tmp_path, deltas):
    world = build_world(tmp_path, seed=deltas, deltas=deltas)
    seen = {}
    for chunk in world.table.chunks:
        assert np.all(np.diff(chunk.column("clip_id")) > 0)
        for i, key in enumerate(chunk.column("clip_id").tolist()):
            assert key not in seen
            seen[key] = {name: float(chunk.column(name)[i]) for name in METRICS}
    expected = {
        key: {name: float("nan") if row[name] is None else row[name] for name in METRICS}
        for key, row in world.rows.items()
    }
    np.testing.assert_equal(seen, expected)
    assert world.table.rows == len(world.rows)
    assert len(world.table.chunks) <= 2


def test_what_is_read_stays_as_it_was_while_others_publish(tmp_path):
    store, words = SnapshotStore(tmp_path), Words()
    with store.writing():
        store.publish([columns_of([1, 2], 1.0)], words=words, watermark={})
        before, stamp = open_table(store), store.stamp()
        store.publish([columns_of([2, 3], 2.0)], words=words, watermark={"upto": 7})
        store.prune(store.manifest(), grace_s=-1)
    assert store.stamp() != stamp
    assert before.chunks[0].column("luminance").tolist() == [1.0, 1.0]
    after = open_table(store)
    assert after.take("luminance", np.arange(after.rows)).tolist() == [1.0, 2.0, 2.0]
    assert (after.generation, after.manifest.watermark) == (2, {"upto": 7})


def test_beginning_anew_prunes_what_nobody_names(tmp_path):
    store = SnapshotStore(tmp_path)
    with store.writing():
        store.publish([columns_of([1])], words=Words(), watermark={})
        manifest = store.publish([columns_of([5])], words=Words(), watermark={}, replace=True)
        assert store.prune(manifest, grace_s=-1) == 1
    assert open_table(store).rows == 1
    assert len([folder for folder in tmp_path.iterdir() if folder.is_dir()]) == 1


def test_a_writer_killed_before_the_manifest_has_published_nothing(tmp_path, monkeypatch):
    store = SnapshotStore(tmp_path)
    with store.writing():
        store.publish([columns_of([1])], words=Words(), watermark={})
        monkeypatch.setattr(SnapshotStore, "_put", lambda self, name, content: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            store.publish([columns_of([2])], words=Words(), watermark={})
        monkeypatch.undo()
        assert open_table(store).rows == 1
        store.publish([columns_of([2])], words=Words(), watermark={})
    assert open_table(store).rows == 2


def test_nothing_published_is_an_error_and_not_an_empty_corpus(tmp_path):
    with pytest.raises(NoSnapshot):
        open_table(SnapshotStore(tmp_path / "new"))


def test_words_keep_their_codes():
    words = Words()
    assert [words.code("language", word) for word in (None, "en", "fr", "en", "")] == [0, 1, 2, 1, 0]
    again = Words(words.as_dict())
    assert [again.code("language", word) for word in ("fr", "de")] == [2, 3]
    with pytest.raises(OverflowError, match="branch"):
        for i in range(200):
            words.code("branch", str(i))


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        (columns_of([2, 1]), "ascend"),
        (columns_of([1, 1]), "ascend"),
        (columns_of([1], float("inf")), "infinity"),
        (columns_of([1], colour=np.array([1])), "colour"),
        ({"clip_id": np.array([1])}, "absent"),
        (columns_of([1], sharpness=np.array([1.0, 2.0])), "different lengths"),
    ],
)
def test_a_segment_that_nobody_could_trust_is_not_written(tmp_path, columns, says):
    with pytest.raises(BadSegment, match=says):
        write_segment(tmp_path / "s1", columns)
    assert list(tmp_path.iterdir()) == []


def test_a_segment_is_written_part_by_part(tmp_path):
    late = columns_of([5], sharpness=np.array([7.0]))
    write_segment(tmp_path / "s1", columns_of([1, 2]), late, columns_of([6]))
    rows, columns = open_segment(tmp_path / "s1")
    assert (rows, columns["clip_id"].tolist()) == (4, [1, 2, 5, 6])
    np.testing.assert_equal(columns["sharpness"], np.array([np.nan, np.nan, 7.0, np.nan], np.float32))
    with pytest.raises(BadSegment, match="comes after"):
        write_segment(tmp_path / "s2", columns_of([3]), columns_of([3]))


def test_a_check_that_found_nothing_new_leaves_readers_alone(tmp_path):
    store = SnapshotStore(tmp_path)
    with store.writing():
        store.publish([columns_of([1])], words=Words(), watermark={"upto": 1})
        stamp = store.stamp()
        store.note_checked({"upto": 9})
        assert (store.stamp(), store.checked()[0]) == (stamp, {"upto": 9})
        store.publish([columns_of([2])], words=Words(), watermark={"upto": 10})
    assert store.checked()[0] == {"upto": 10}


def test_a_damaged_segment_is_noticed(tmp_path):
    write_segment(tmp_path / "s1", columns_of([1, 2]))
    (tmp_path / "s1" / "luminance").write_bytes(b"abc")
    with pytest.raises(BadSegment, match="luminance"):
        open_segment(tmp_path / "s1")


_READER = """
import json, sys, time
from pathlib import Path
from curation.analytics.store import SnapshotStore
from curation.analytics.table import open_table
store, seen = SnapshotStore(Path(sys.argv[1])), set()
end = time.monotonic() + 20
while time.monotonic() < end:
    table = open_table(store)
    values = {float(v) for chunk in table.chunks for v in chunk.column("luminance")}
    rows = table.rows
    assert values == {float(table.generation)}, (values, table.generation)
    assert rows == 2000 + table.generation, rows
    seen.add(table.generation)
    if table.generation >= 40:
        break
print(json.dumps(len(seen)))
"""


def test_readers_in_other_processes_always_see_one_whole_state(tmp_path):
    """Each publication changes every row: a mixture of two would show at once."""
    store = SnapshotStore(tmp_path)
    with store.writing():
        store.publish([columns_of(range(2001), 1.0)], words=Words(), watermark={})
        root = Path(__file__).resolve().parents[3]
        readers = [
            subprocess.Popen([sys.executable, "-c", _READER, str(tmp_path)], cwd=root, stdout=subprocess.PIPE)
            for _ in range(2)
        ]
        for number in range(2, 41):
            whole = number % 3 == 0
            store.publish(
                [columns_of(range(2000 + number), float(number))], words=Words(), watermark={}, replace=whole
            )
            store.prune(store.manifest(), grace_s=0.05)
    for reader in readers:
        out, _ = reader.communicate(timeout=60)
        assert reader.returncode == 0
        assert json.loads(out) >= 1
