"""A container's own framing: where it breaks is said, what lists more than there is is refused unread."""

from __future__ import annotations

import io
import struct
import zlib

import av
import numpy as np
import pytest
from media.clips import numbered, steady, write_clip
from media.signals import noise
from media.torn import Torn
from PIL import Image

from kling_foley_core.errors import InputError
from kling_foley_core.media.audio import load_audio
from kling_foley_core.media.framing import check_claims, framing_note
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


def test_a_file_that_cannot_be_read_further_says_so(whole):
    data = Torn(whole, len(whole) * 6 // 10)
    assert framing_note(data, "it") == (
        "it can't be read to its end (Input/output error): what can be read is used."
    )


def test_what_can_be_read_of_a_file_that_cannot_be_read_further(caplog):
    data = film("a.mkv")
    assert probe(Torn(data, len(data) * 6 // 10)).notes
    load_audio(Torn(data, len(data) * 6 // 10))
    assert len(caplog.messages) == 1


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


def pcm(path):
    """The bytes of ten seconds of uncompressed sound, the tables before them."""
    with av.open(str(path), "w", format="mov", options={"movflags": "faststart"}) as out:
        stream = out.add_stream("pcm_s16le", rate=48000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.full((1, 480_000), 99, np.int16), format="s16", layout="mono")
        frame.sample_rate, frame.pts = 48000, 0
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path.read_bytes()


def test_uncompressed_sound_that_is_cut_off_is_used(tmp_path, caplog):
    """Samples of one size have no table, only their number."""
    data = pcm(tmp_path / "a.mov")
    assert data.index(b"moov") < data.index(b"mdat")
    wave, rate = load_audio(io.BytesIO(data[: len(data) // 2]))
    assert rate == 48000 and 4.9 < wave.shape[-1] / rate < 5
    assert len(caplog.messages) == 1 and "cut short" in caplog.messages[0]
    at = data.index(b"stsz") + 12
    with pytest.raises(InputError, match=f"lists {2**31} entries in its table 'stsz'"):
        load_audio(io.BytesIO(data[:at] + struct.pack(">I", 2**31) + data[at + 4 :]))


class Watched(io.FileIO):
    """A file that remembers the most bytes asked for at once."""

    most = 0

    def read(self, count=-1):
        self.most = max(self.most, count if count >= 0 else 2**63)
        return super().read(count)


def runs(path, count, last):
    """An mp4 of nothing but a table of `count` runs, the last one of `last` samples, the others of none."""
    size, table = 16 + 8 * count, struct.pack(">4sII", b"ctts", 0, count)
    for kind in (b"stbl", b"minf", b"mdia", b"trak", b"moov"):
        table, size = kind + struct.pack(">I", size) + table, size + 8
    path.write_bytes(struct.pack(">I4s4sI", 16, b"ftyp", b"isom", 0) + struct.pack(">I", size) + table)
    with path.open("r+b") as file:
        file.truncate(16 + size)
        file.seek(-8, io.SEEK_END)
        file.write(struct.pack(">II", last, 0))
    return Watched(path)


def test_a_large_table_is_read_in_pieces(tmp_path):
    with runs(tmp_path / "a.mp4", 300_000, 2**22) as file:
        check_claims(file, "it")
        assert file.most == 2**20
    with runs(tmp_path / "a.mp4", 300_000, 2**22 + 1) as file, pytest.raises(InputError, match="'ctts'"):
        check_claims(file, "it")


def test_too_large_a_table_is_not_read(tmp_path):
    with runs(tmp_path / "a.mp4", 2**22 + 1, 0) as file:
        with pytest.raises(InputError, match=f"lists {2**22 + 1} entries in its table 'ctts'"):
            check_claims(file, "it")
        assert file.most < 100


def test_a_large_chunk_of_a_png_is_read_in_pieces(tmp_path):
    chunk = b"prVt" + bytes(3 * 2**20)
    behind, whole = struct.pack(">I", zlib.crc32(chunk)), animation("PNG")
    data = bytearray(whole[:33] + struct.pack(">I", len(chunk) - 4) + chunk + behind + whole[33:])
    (tmp_path / "a.png").write_bytes(data)
    with Watched(tmp_path / "a.png") as file:
        assert framing_note(file, "it") is None and file.most == 2**20
    data[33 + 3 * 2**20] = 1  # in its last piece
    assert "damaged at byte 33 of" in said(data)


def test_too_large_a_chunk_of_a_png_is_refused(tmp_path):
    path, size = tmp_path / "a.png", 2**29 + 1
    path.write_bytes(animation("PNG")[:33] + struct.pack(">I4s", size, b"IDAT"))
    with path.open("r+b") as file:
        file.truncate(33 + 12 + size)
    with Watched(path) as file:
        with pytest.raises(InputError, match="a chunk of 536,870,913 bytes: at most 536,870,912 are read"):
            check_claims(file, "it")
        assert file.most < 100


def test_numbered_pictures_of_a_png_are_whole():
    out = io.BytesIO()
    Image.fromarray(numbered(3, 64, 48)).save(out, "PNG")
    assert said(out.getvalue()) is None and "cut off" in said(out.getvalue()[:-20])
