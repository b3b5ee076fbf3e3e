"""A container's own framing: where it breaks is said, what lists more than there is is refused unread."""

from __future__ import annotations

import io
import struct

import av
import numpy as np
import pytest
from media.clips import numbered, steady, write_clip
from media.signals import noise
from PIL import Image

from kling_foley_core.errors import InputError
from kling_foley_core.media.audio import load_audio
from kling_foley_core.media.framing import framing_note
from kling_foley_core.media.probe import probe

FRAGMENTS = {"movflags": "frag_keyframe+empty_moov"}
NOISY = list(np.random.default_rng(0).integers(0, 255, (40, 48, 64, 3), np.uint8))
# name: (suffix, format, clip's codec, sound's codec)
FILMS = {
    "recorded.mkv": ("matroska", "libx264", "aac"),
    "live.webm": ("webm", "libvpx", "libopus"),
    "a.mkv": ("matroska", "libx264", "flac"),
    "a.flv": ("flv", "libx264", "aac"),
    "a.ts": ("mpegts", "libx264", "aac"),
    "a.avi": ("avi", "mpeg4", "libmp3lame"),
    "a.ogg": ("ogg", "libvpx", "libopus"),
}


class Pipe(io.RawIOBase):
    """A file that can't go back."""

    def __init__(self):
        self.written = bytearray()

    def writable(self):
        return True

    def seekable(self):
        return False

    def write(self, data):
        self.written += bytes(data)
        return len(data)


def film(name):
    """The bytes of 1.6 s of film and sound."""
    format, codec, sound_codec = FILMS[name]
    piped = name.startswith(("recorded", "live"))
    out = Pipe() if piped else io.BytesIO()
    how = {"codec": codec, "sound_codec": sound_codec, "format": format, "pictures": NOISY, "gop": 5}
    write_clip(out, steady(25, 40), sound=noise(2, 76_800).numpy(), b_frames=0, **how)
    return bytes(out.written) if piped else out.getvalue()


def animation(format):
    pictures = [Image.fromarray(p) for p in NOISY[:20]]
    out = io.BytesIO()
    pictures[0].save(out, format, save_all=True, append_images=pictures[1:], duration=80)
    return out.getvalue()


@pytest.fixture(scope="module", params=[*FILMS, "a.gif", "a.png"])
def whole(request):
    kind = request.param.rsplit(".")[1].upper()
    return animation(kind) if kind in ("GIF", "PNG") else film(request.param)


def said(data):
    return framing_note(io.BytesIO(data), "it")


def test_whole_files_are_not_spoken_of(whole):
    assert said(whole) is None


@pytest.mark.parametrize("part", [0.35, 0.6, 0.97])
def test_a_cut_file_says_so(whole, part):
    data = whole[: int(len(whole) * part)]
    assert said(data) == "it is cut off in the middle: what can be read is used."
    assert probe(io.BytesIO(data)).notes


@pytest.mark.parametrize("part", [0.4, 0.7])
def test_bytes_taken_out_of_the_middle_are_said(whole, part):
    at = int(len(whole) * part)
    data = whole[:at] + whole[at + 100 :]
    note = said(data)
    assert "damaged at byte" in note or "cut off" in note
    assert probe(io.BytesIO(data)).notes


def test_sound_that_is_cut_off_says_so(caplog):
    data = film("a.ogg")
    load_audio(io.BytesIO(data))
    assert not caplog.messages
    load_audio(io.BytesIO(data[: len(data) * 9 // 10]))
    assert len(caplog.messages) == 1 and "cut off" in caplog.messages[0]


def test_chunks_of_an_avi_are_followed():
    """FFmpeg would stop where they are overwritten, and the tail is too short to be missed."""
    data = bytearray(film("a.avi"))
    at = data.rindex(b"00dc", 0, data.index(b"idx1"))
    data[at : at + 8] = b"\xff" * 8
    assert said(data) == f"it is damaged at byte {at} of {len(data)}: what can be read is used."


def sound(format, codec):
    """Two seconds of sound alone."""
    out = io.BytesIO()
    with av.open(out, "w", format=format) as container:
        stream = container.add_stream(codec, rate=48000, layout="mono")
        wave = np.random.default_rng(0).uniform(-0.5, 0.5, (1, 96_000)).astype(np.float32)
        frame = av.AudioFrame.from_ndarray(wave, format="fltp", layout="mono")
        frame.sample_rate, frame.pts = 48000, 0
        resampler = av.AudioResampler(
            stream.codec_context.format.name, "mono", 48000, stream.codec_context.frame_size or 1024
        )
        for part in (frame, None):
            for made in resampler.resample(part):
                container.mux(stream.encode(made))
        container.mux(stream.encode(None))
    return out.getvalue()


SOUNDS = {"mp3": "libmp3lame", "flac": "flac", "ogg": "libopus"}


@pytest.mark.parametrize("format", SOUNDS)
def test_lost_sound_is_told(format, caplog):
    """A cut at two thirds; and a hole at the beginning, from which on time would be counted."""
    data = sound(format, SOUNDS[format])
    load_audio(io.BytesIO(data))
    assert not caplog.messages
    harmed = [data[: len(data) * 2 // 3]]
    if format != "mp3":  # it has neither checksums nor numbers
        begin, end = len(data) // 10, len(data) // 3
        harmed.append(data[:begin] + bytes(end - begin) + data[end:])
    for bad in harmed:
        caplog.clear()
        load_audio(io.BytesIO(bad))
        assert len(caplog.messages) == 1


def test_what_follows_an_mp4_is_no_damage():
    """Cameras fill up, and phones append their own data."""
    out = io.BytesIO()
    write_clip(out, steady(25, 5), format="mp4")
    for behind in (bytes(100), b"\xff" * 64, b"SEFT" + bytes(range(20))):
        assert said(out.getvalue() + behind) is None
        assert probe(io.BytesIO(out.getvalue() + behind)).notes == ()


@pytest.mark.parametrize("table", ["stsd", "stsz", "stts", "ctts", "stss", "stsc", "stco"])
def test_a_table_that_lists_more_than_there_is(table):
    out = io.BytesIO()
    write_clip(out, steady(25, 40), format="mp4")
    data = bytearray(out.getvalue())
    at = data.index(table.encode()) + 4 + 4 * (1 + (table in ("stsd", "stsz")))
    data[at : at + 4] = struct.pack(">I", 2**28)
    with pytest.raises(InputError, match=f"lists {2**28} entries in its table '{table}'"):
        probe(io.BytesIO(data))


def test_a_run_of_more_samples_than_there_are():
    out = io.BytesIO()
    write_clip(out, steady(25, 40), format="mp4")
    data = bytearray(out.getvalue())
    at = data.index(b"stts") + 12  # the first entry's number of samples
    data[at : at + 4] = struct.pack(">I", 2**31)
    with pytest.raises(InputError, match="in its table 'stts'"):
        probe(io.BytesIO(data))


def test_numbered_pictures_of_a_png_are_whole():
    out = io.BytesIO()
    Image.fromarray(numbered(3, 64, 48)).save(out, "PNG")
    assert said(out.getvalue()) is None and "cut off" in said(out.getvalue()[:-20])
