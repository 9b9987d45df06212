"""What can be wrong with a media file: each error has a stable `reason` code and a sentence for people."""

from __future__ import annotations

from pathlib import Path


class MediaError(Exception):
    """A file could not be used.

    `reason` is a short stable code to store and count by; `path` says where; `at_s` the presentation time in
    seconds, where known. `str(error)` is one sentence that says what, where and, where possible, what to do.
    """

    reason = "media_error"

    def __init__(self, sentence: str, *, path: str | Path | None = None, at_s: float | None = None) -> None:
        self.sentence = sentence
        self.path = None if path is None else str(path)
        self.at_s = at_s
        super().__init__(sentence)

    def __str__(self) -> str:
        where = "" if self.path is None else f"{Path(self.path).name}: "
        when = "" if self.at_s is None else f" (at {self.at_s:.3f} s)"
        return f"{where}{self.sentence}{when}"


class Missing(MediaError):
    """There is no such file, or it is not an ordinary file."""

    reason = "missing"


class Empty(MediaError):
    """The file has no bytes."""

    reason = "empty"


class RefusedContainer(MediaError):
    """The bytes are not of a container that is read here (a playlist, text, an unknown format)."""

    reason = "refused_container"


class RefusedCodec(MediaError):
    """The container is fine; the coding inside is not one that is read here."""

    reason = "refused_codec"


class Unreadable(MediaError):
    """The container is a known one, but its content cannot be made sense of."""

    reason = "unreadable"


class Truncated(MediaError):
    """The file ends before its own header says that it does."""

    reason = "truncated"


class Damaged(MediaError):
    """Too many packets inside cannot be decoded."""

    reason = "damaged"


class NoPicture(MediaError):
    """There is no moving picture in the file."""

    reason = "no_picture"


class NoSound(MediaError):
    """There is no sound in the file."""

    reason = "no_sound"


class TooLong(MediaError):
    """More seconds, frames or packets than the limits allow."""

    reason = "too_long"


class TooLarge(MediaError):
    """More pixels in a picture, or bytes in a result, than the limits allow."""

    reason = "too_large"


class TooSlow(MediaError):
    """Reading took longer than it may."""

    reason = "too_slow"


class OutOfMemory(MediaError):
    """Reading wanted more memory than it may have."""

    reason = "out_of_memory"


class DecoderCrashed(MediaError):
    """The process that decodes died over this file."""

    reason = "decoder_crashed"


class DecoderKilled(DecoderCrashed):
    """The process that decodes was killed from outside, as a machine short of memory does: worth another attempt."""

    reason = "decoder_killed"


class CannotWrite(MediaError):
    """What was to be made could not be written: a full disk, say. The file that is read is not to blame."""

    reason = "cannot_write"


class OutsideFolder(MediaError):
    """A name points outside the folder that it must stay in."""

    reason = "outside_folder"


class BadSpan(MediaError):
    """A span or region that the video does not have."""

    reason = "bad_span"


REASONS: dict[str, type[MediaError]] = {
    kind.reason: kind
    for kind in (
        MediaError, Missing, Empty, RefusedContainer, RefusedCodec, Unreadable, Truncated, Damaged, NoPicture,
        NoSound, TooLong, TooLarge, TooSlow, OutOfMemory, DecoderCrashed, DecoderKilled, CannotWrite, OutsideFolder, BadSpan,
    )
}  # fmt: skip
"""Every reason code and its class, so that an error can cross a process boundary by name."""
