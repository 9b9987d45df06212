"""Reading every packet of a file without decoding: true times, true sizes, and whether the file is whole."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from statistics import median
from typing import Any

import av.error

from curation.media import pulse
from curation.media.containers import Opened, error_words
from curation.media.errors import TooLong, Truncated, Unreadable

MAX_PACKETS = 20_000_000
# A header may round its duration, or count a last frame that was never written; more than this is a cut-off file.
END_SLACK_S = 1.0
END_SLACK_SHARE = 0.02


@dataclass(slots=True)
class StreamPackets:
    """What the packets of one stream say. Times are on the stream's own clock, in ticks of its time base."""

    time_base: Fraction
    starts: list[int] = field(default_factory=list)
    has_all_pts: bool = True
    last_end: int | None = None
    bytes: int = 0
    packets: int = 0
    key_packets: int = 0
    corrupt: int = 0

    def add(self, packet: Any) -> None:
        self.packets += 1
        self.bytes += packet.size
        self.key_packets += bool(packet.is_keyframe)
        self.corrupt += bool(packet.is_corrupt)
        tick = packet.pts if packet.pts is not None else packet.dts
        self.has_all_pts &= packet.pts is not None
        if tick is None:
            return
        self.starts.append(tick)
        end = tick + (packet.duration or 0)
        if self.last_end is None or end > self.last_end:
            self.last_end = end

    @property
    def first_s(self) -> float | None:
        return None if not self.starts else float(min(self.starts) * self.time_base)

    @property
    def end_s(self) -> float | None:
        """End of the last packet; a last packet without a duration is given the median interval."""
        if not self.starts or self.last_end is None:
            return None
        last = max(self.starts)
        end = self.last_end
        if end <= last and len(self.starts) > 1:
            end = last + round(median(self.intervals()))
        return float(end * self.time_base)

    def intervals(self) -> list[int]:
        """Ticks between neighbouring packets in presentation order."""
        ordered = sorted(self.starts)
        return [after - before for before, after in pairwise(ordered)]


def read_packets(
    opened: Opened, streams: list[Any], *, max_packets: int = MAX_PACKETS
) -> dict[int, StreamPackets]:
    """Demux the whole file once; per stream index what its packets say.

    Raises TooLong beyond `max_packets`, Unreadable if the container breaks, Truncated if the packets end well
    before the header says.
    """
    found = {stream.index: StreamPackets(time_base=stream.time_base) for stream in streams}
    seen = 0
    try:
        for packet in opened.container.demux(*streams):
            pulse.beat()
            if packet.dts is None and packet.size == 0:
                continue  # the empty packet that asks a decoder to flush
            seen += 1
            if seen > max_packets:
                raise TooLong(f"has more than {max_packets} packets", path=opened.path)
            found[packet.stream_index].add(packet)
    except (av.error.FFmpegError, OSError) as error:
        raise Unreadable(f"breaks off while it is read ({error_words(error)})", path=opened.path) from error
    for stream in streams:
        check_whole(opened, stream, found[stream.index].end_s)
    return found


def check_whole(opened: Opened, stream: Any, reached_s: float | None) -> None:
    """Raise Truncated if `stream` ends at `reached_s` (its own clock) but its header promises more."""
    if stream.duration is None or stream.time_base is None:
        return
    start = stream.start_time or 0
    promised_s = float((start + stream.duration) * stream.time_base)
    slack = max(END_SLACK_S, END_SLACK_SHARE * promised_s)
    if reached_s is None or reached_s < promised_s - slack:
        got = "nothing" if reached_s is None else f"{reached_s:.2f} s"
        raise Truncated(
            f"its header promises {promised_s:.2f} s of {stream.type} but the file holds {got}; it was cut off, copy "
            "it again",
            path=opened.path,
        )
