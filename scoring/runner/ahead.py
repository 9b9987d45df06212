"""Reading ahead: one thread decodes and converts the next few pictures while those before them are looked at.

    with ReadAhead(lambda: media.pictures(path), wanted) as ahead:
        for record, converter in ahead:            # FrameRecord, Converter
            ...
    ahead.frames, ahead.read_s

Decoding, scaling and the models all let go of Python's lock while they work, so that reading costs no time of its own
where a second processor is free.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from queue import SimpleQueue

from curation.media.decode import FrameRecord
from curation.media.opener import Pictures
from scoring.runner.frames import Converter
from scoring.scorers.base import Wants

AHEAD = 4
"""Pictures that may wait, decoded and converted; more would only take memory."""

WantedAt = Callable[[float], Sequence[Wants]]
"""What is wanted of the picture at a presentation time; asked once a picture, in order."""

_Item = tuple[FrameRecord, Converter] | BaseException | None


class ReadAhead:
    """The pictures of ``opened()`` in order, each with what ``wanted`` says of it already converted.

    The thread alone opens, reads and closes the file. What that raises is raised to whoever iterates, as it is, after
    the pictures before it. Leaving the ``with`` ends the thread, also in mid-file; it waits for the picture
    that is being decoded. ``frames`` and ``read_s``, the thread's own seconds of decoding and converting, hold
    from then on.
    """

    def __init__(
        self,
        opened: Callable[[], AbstractContextManager[Pictures]],
        wanted: Sequence[WantedAt],
        *,
        ahead: int = AHEAD,
    ) -> None:
        self.frames = 0
        self.read_s = 0.0
        self._opened, self._wanted = opened, wanted
        self._room = threading.Semaphore(ahead)
        self._items: SimpleQueue[_Item] = SimpleQueue()
        self._left = False
        self._thread = threading.Thread(target=self._read, name="reading ahead", daemon=True)

    def __enter__(self) -> ReadAhead:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._left = True
        self._room.release()
        self._thread.join()

    def __iter__(self) -> Iterator[tuple[FrameRecord, Converter]]:
        while not isinstance(item := self._items.get(), BaseException | None):
            self._room.release()
            yield item
        self._items.put(item)  # who asks again is told the same, and does not wait for ever
        if item is not None:
            raise item

    def _read(self) -> None:
        try:
            with self._opened() as reader:
                self._read_all(reader)
                self.frames = reader.summary.frames
            self._items.put(None)
        except BaseException as error:  # whatever it is, it belongs to whoever waits for pictures
            self._items.put(error)

    def _read_all(self, reader: Pictures) -> None:
        began = time.perf_counter()
        for record in reader:
            converter = Converter()
            converter.take(record)
            for wanted in self._wanted:
                for wants in wanted(record.pts_s):
                    converter.pixels(wants)
            self.read_s += time.perf_counter() - began
            self._room.acquire()
            if self._left:
                return
            self._items.put((record, converter))
            began = time.perf_counter()
        self.read_s += time.perf_counter() - began
