"""What a film has survives wherever the container holds it, also through a trim; what doesn't is said before
the work.
"""

from __future__ import annotations

import io
import struct
from contextlib import suppress
from fractions import Fraction

import av
import numpy as np
import pytest
import torch
from av.stream import Disposition
from media.clips import numbered, numbers, steady, turned, write_clip
from media.signals import noise

from kling_foley_core.media import FrameView, check_target, load_audio, mux, probe, read_views
from kling_foley_core.media.hdr import content_light, mastering_display
from kling_foley_core.media.opacity import opacity_decoder
from kling_foley_core.media.timecode import later_timecode

EVERY = {"v": FrameView(25, 16, "stretch")}
WAVE = 0.1 * torch.ones(1, 16000)


def film(path):
    with av.open(str(path)) as container:
        (stream,) = (s for s in container.streams.video if not s.disposition & Disposition.attached_pic)
        return [bytes(p) for p in container.demux(stream) if p.size]


def first_frame(path):
    with av.open(str(path)) as container:
        return next(container.decode(video=0))


def encoder(name: str) -> str:
    if name not in av.codecs_available:
        pytest.skip(f"this build of FFmpeg has no {name}; the wheels of PyAV have it")
    return name


def noted(path, output, **window) -> tuple[str, ...]:
    """What mux says, which the check has said before."""
    notes = check_target(path, output, **window)
    assert not output.exists() and mux(path, WAVE, 16000, output, **window) == notes
    return notes


@pytest.fixture
def edited(tmp_path):
    """30 frames to be shown, from frame 17 on, behind 5 that are not: the keyframe is frame 12."""
    write_clip(tmp_path / "whole.mp4", steady(25, 47), gop=12)
    with av.open(str(tmp_path / "whole.mp4")) as source, av.open(str(tmp_path / "a.mp4"), "w") as out:
        old = source.streams.video[0]
        stream = out.add_stream_from_template(old, opaque=True)
        with suppress(RuntimeError):  # PyAV before 16
            stream.time_base = old.time_base
        begin = round(Fraction(17, 25) / old.time_base)
        key = round(Fraction(12, 25) / old.time_base)
        for packet in source.demux(old):
            if packet.size and packet.pts >= key:
                packet.pts, packet.dts, packet.stream = packet.pts - begin, packet.dts - begin, stream
                out.mux(packet)
    return tmp_path / "a.mp4"


@pytest.mark.parametrize("suffix", ["mp4", "mov"])
def test_an_edit_list_within_a_group_of_pictures_is_kept(edited, tmp_path, suffix):
    output = tmp_path / f"out.{suffix}"
    assert noted(edited, output) == ()
    assert film(output) == film(edited) and len(film(output)) == 35
    assert numbers(read_views(output, EVERY)["v"]) == list(range(17, 47))
    assert probe(output).duration == probe(edited).duration and probe(output).zero == 0
    assert load_audio(output)[0].shape[1] == 16000


def test_containers_without_edit_lists_get_what_is_shown(edited, tmp_path):
    (note,) = noted(edited, tmp_path / "out.mkv")
    assert note == "The picture is encoded anew with libx264: no keyframe at 0 s."
    assert numbers(read_views(tmp_path / "out.mkv", EVERY)["v"]) == list(range(17, 47))


def test_a_keyframe_too_far_before_the_window_is_not_carried_along(tmp_path):
    write_clip(tmp_path / "a.mp4", steady(1, 30), gop=100, b_frames=0)
    (note,) = noted(tmp_path / "a.mp4", tmp_path / "out.mp4", start=25, seconds=2)
    assert "encoded anew" in note and len(film(tmp_path / "out.mp4")) == 2


def box(kind: bytes, *fields: bytes) -> bytes:
    return struct.pack(">I4s", 8 + sum(map(len, fields)), kind) + b"".join(fields)


HDR = [
    box(b"mdcv", struct.pack(">8H2I", 13250, 34500, 7500, 3000, 34000, 16000, 15635, 16450, 10_000_000, 1)),
    box(b"clli", struct.pack(">2H", 1000, 400)),
    box(b"dvvC", struct.pack(">BBHB", 1, 0, 8 << 9 | 4 << 3 | 1 << 2 | 1, 1 << 4), bytes(19)),
]


def describe(path, entry: bytes, boxes: list[bytes]) -> None:
    """Puts boxes into the description of an mp4's picture, as cameras and mastering tools do."""
    data, new = bytearray(path.read_bytes()), b"".join(boxes)
    at = data.index(entry) - 4

    def grow(begin: int, end: int) -> bool:
        while begin < end:
            size, kind = struct.unpack_from(">I4s", data, begin)
            inner = {b"stsd": 16}.get(kind, 8)
            parent = kind in (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd")
            if begin == at or (parent and grow(begin + inner, begin + size)):
                struct.pack_into(">I", data, begin, size + len(new))
                return True
            begin += size
        return False

    (size,) = struct.unpack_from(">I", data, at)
    assert grow(0, len(data))
    path.write_bytes(data[: at + size] + new + data[at + size :])


def light(path) -> tuple[str | None, str | None]:
    frame = first_frame(path)
    return mastering_display(frame), content_light(frame)


@pytest.fixture
def bright(tmp_path):
    write_clip(
        tmp_path / "a.mp4",
        steady(25, 40),
        size=(128, 96),
        codec=encoder("libx265"),
        pix_fmt="yuv420p10le",
        gop=30,
    )
    entry = b"hev1" if b"hev1" in (tmp_path / "a.mp4").read_bytes() else b"hvc1"
    describe(tmp_path / "a.mp4", entry, HDR)
    shown = "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1)"
    assert light(tmp_path / "a.mp4") == (shown, "1000,400")
    return tmp_path / "a.mp4"


@pytest.mark.parametrize("suffix", ["mp4", "mov", "mkv"])
def test_hdr_metadata_and_bits_survive(bright, tmp_path, suffix):
    output = tmp_path / f"out.{suffix}"
    for window in ({}, {"start": Fraction(1, 5), "seconds": 1}):
        output.unlink(missing_ok=True)
        notes = noted(bright, output, **window)
        assert bool(notes) == (suffix == "mkv" and bool(window))
        assert light(output) == light(bright)
        assert first_frame(output).format.name == "yuv420p10le" and probe(output).codec == "hevc"
        if not notes and suffix != "mov":  # FFmpeg writes it into no mov
            assert HDR[2][8:] in output.read_bytes()


def test_what_no_encoder_keeps_is_said(bright, tmp_path):
    (note,) = noted(bright, tmp_path / "out.webm", start=Fraction(1, 5), seconds=1)
    assert "anew with libsvtav1, without its HDR metadata: " in note
    assert first_frame(tmp_path / "out.webm").format.name == "yuv420p10le"


def write_transparent(path, codec: str, pix_fmt: str, gop: int) -> None:
    """Numbered frames whose upper half has an opacity of 60 of 255."""
    options = {"auto-alt-ref": "0", "cpu-used": "8", "deadline": "realtime"} if "vpx" in codec else {}
    with av.open(str(path), "w") as out:
        stream = out.add_stream(encoder(codec), rate=25, options=options)
        (stream.width, stream.height), stream.pix_fmt = (64, 48), pix_fmt
        stream.codec_context.gop_size = gop
        if "vpx" in codec:
            stream.metadata["alpha_mode"] = "1"
        for i in range(40):
            picture = np.dstack([numbered(i, 64, 48), np.full((48, 64), 255, np.uint8)])
            picture[:24, :, 3] = 60
            out.mux(
                stream.encode(av.VideoFrame.from_ndarray(picture, format="rgba").reformat(format=pix_fmt))
            )
        out.mux(stream.encode(None))


def opacity(path) -> tuple[int, int]:
    """Of the first frame shown, above and below."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        decoder = opacity_decoder(stream)
        frames = (frame for packet in container.demux(stream) for frame in decoder.decode(packet))
        picture = next(frames).to_ndarray(format="rgba")
    return int(picture[8, 32, 3]), int(picture[40, 32, 3])


@pytest.mark.parametrize("codec", ["libvpx", "libvpx-vp9"])
@pytest.mark.parametrize("suffix", ["webm", "mkv"])
def test_transparency_beside_the_picture_survives(tmp_path, codec, suffix):
    write_transparent(tmp_path / "a.webm", codec, "yuva420p", 30)
    assert noted(tmp_path / "a.webm", tmp_path / f"out.{suffix}") == ()
    assert film(tmp_path / f"out.{suffix}") == film(tmp_path / "a.webm")
    (note,) = noted(tmp_path / "a.webm", tmp_path / f"cut.{suffix}", start=0.2, seconds=1)
    assert note == f"The picture is encoded anew with {codec}: no keyframe at 0.2 s."
    for name in ("a.webm", f"out.{suffix}", f"cut.{suffix}"):
        above, below = opacity(tmp_path / name)
        assert abs(above - 60) <= 3 and below >= 252
    assert numbers(read_views(tmp_path / f"cut.{suffix}", EVERY)["v"])[:25] == list(range(5, 30))


def test_transparency_that_the_target_can_not_hold_is_said_before_the_work(tmp_path):
    write_transparent(tmp_path / "a.webm", "libvpx-vp9", "yuva420p", 30)
    (note,) = noted(tmp_path / "a.webm", tmp_path / "out.mp4")
    assert note == "Left out, since mp4 can't hold it: transparency."
    assert film(tmp_path / "out.mp4") == film(tmp_path / "a.webm")


@pytest.mark.parametrize(
    ("codec", "pix_fmt"),
    [("prores_ks", "yuva444p10le"), ("png", "rgba"), ("qtrle", "argb"), ("ffv1", "bgra")],
)
def test_transparent_pictures_survive_a_trim(tmp_path, codec, pix_fmt):
    """Also where the window begins in the middle of a frame, which is then shown for the rest of its time."""
    suffix = "mkv" if codec == "ffv1" else "mov"
    write_transparent(tmp_path / f"a.{suffix}", codec, pix_fmt, 1)
    output = tmp_path / f"out.{suffix}"
    assert noted(tmp_path / f"a.{suffix}", output, start=Fraction(23, 100), seconds=1) == ()
    assert set(film(output)) <= set(film(tmp_path / f"a.{suffix}"))
    assert (
        opacity(output) == opacity(tmp_path / f"a.{suffix}")
        and probe(output).pixel_format == probe(tmp_path / f"a.{suffix}").pixel_format
    )
    with av.open(str(output)) as container:
        times = [
            p.pts * p.time_base
            for p in container.demux(container.streams.video[0])
            if p.size and not p.is_discard
        ]
    assert times[0] == 0 and abs(times[1] - Fraction(1, 100)) <= Fraction(1, 1000)


SRT = b"1\n00:00:00,200 --> 00:00:00,600\nHello\n\n2\n00:00:01,000 --> 00:00:01,400\nWorld\n"
CHAPTERS = [
    {"id": i, "start": a, "end": b, "time_base": Fraction(1, 1000), "metadata": {"title": title}}
    for i, (a, b, title) in enumerate([(0, 800, "One"), (800, 1600, "Two")], 1)
]


def write_rich(path, cover: bytes) -> None:
    """With subtitles, a font, a cover, chapters and a timecode."""
    write_clip(path.with_suffix(".mp4"), steady(25, 40), gop=12, tags={"title": "Anvil"})
    with (
        av.open(str(path.with_suffix(".mp4"))) as source,
        av.open(io.BytesIO(SRT), format="srt") as words,
        av.open(str(path), "w") as out,
    ):
        out.metadata["title"] = "Anvil"
        out.set_chapters(CHAPTERS)
        old, said = source.streams.video[0], words.streams.subtitles[0]
        streams = {
            old: out.add_stream_from_template(old, opaque=True),
            said: out.add_stream_from_template(said),
        }
        streams[old].codec_context.framerate = old.average_rate
        streams[old].metadata["timecode"] = "01:00:00:00"
        streams[said].metadata["language"] = "eng"
        out.add_attachment("a.ttf", "font/ttf", b"a font")
        out.add_attachment("cover.png", "image/png", cover)
        for container, stream in ((source, old), (words, said)):
            for packet in container.demux(stream):
                if packet.size:
                    packet.stream = streams[stream]
                    out.mux(packet)


def extras(path) -> dict[str, object]:
    with av.open(str(path)) as container:
        covers = [s for s in container.streams.video if s.disposition & Disposition.attached_pic]
        tags = {k.lower(): v for k, v in container.streams.video[0].metadata.items()}
        found = {
            "fonts": [(s.name, s.data) for s in container.streams if s.type == "attachment"],
            "timecode": tags.get("timecode"),
            "title": {k.lower(): v for k, v in container.metadata.items()}.get("title"),
            "chapters": [
                (
                    round(float(c["start"] * c["time_base"]), 2),
                    round(float(c["end"] * c["time_base"]), 2),
                    c["metadata"]["title"],
                )
                for c in container.chapters()
            ],
        }
        said = list(container.streams.subtitles)
        packets = [p for p in container.demux(*said, *covers) if p.size] if said or covers else []
        found["covers"] = [bytes(p) for p in packets if p.stream in covers]
        found["words"] = [
            (round(float(p.pts * p.time_base), 2), bytes(p)) for p in packets if p.stream in said
        ]
    return found


needs_attachments = pytest.mark.skipif(
    not hasattr(av.container.OutputContainer, "add_attachment"), reason="needs PyAV 16 or newer"
)


@needs_attachments
def test_what_lies_beside_the_picture_survives(tmp_path):
    from PIL import Image

    picture = io.BytesIO()
    Image.new("RGB", (8, 8), (200, 0, 0)).save(picture, "PNG")
    write_rich(tmp_path / "a.mkv", picture.getvalue())
    assert noted(tmp_path / "a.mkv", tmp_path / "out.mkv") == ()
    before, after = extras(tmp_path / "a.mkv"), extras(tmp_path / "out.mkv")
    assert after == before
    assert before["covers"] == [picture.getvalue()] and before["fonts"] == [("a.ttf", b"a font")]
    assert before["words"] == [(0.2, b"Hello"), (1.0, b"World")] and before["timecode"] == "01:00:00:00"
    notes = noted(tmp_path / "a.mkv", tmp_path / "cut.mkv", start=Fraction(12, 25), seconds=Fraction(4, 5))
    after = extras(tmp_path / "cut.mkv")
    assert notes == () and after["covers"] == before["covers"] and after["fonts"] == before["fonts"]
    assert after["words"] == [(0.0, b"Hello"), (0.52, b"World")] and after["timecode"] == "01:00:00:12"
    assert after["chapters"] == [(0.0, 0.32, "One"), (0.32, 0.8, "Two")]
    (note,) = noted(tmp_path / "a.mkv", tmp_path / "out.mp4")
    assert note.endswith("since mp4 can't hold it: subtitles (subrip, eng), the attached file a.ttf.")
    after = extras(tmp_path / "out.mp4")
    assert after["covers"] == before["covers"] and after["timecode"] == "01:00:00:00"
    assert after["chapters"] == before["chapters"] and after["title"] == "Anvil"


def test_sound_tracks_that_are_replaced_are_counted(tmp_path):
    write_clip(tmp_path / "a.mkv", steady(25, 40), sound=noise(2, 48000).numpy())
    with av.open(str(tmp_path / "a.mkv")) as source, av.open(str(tmp_path / "b.mkv"), "w") as out:
        picture, sound = source.streams.video[0], source.streams.audio[0]
        first = out.add_stream_from_template(picture, opaque=True)
        out.add_stream_from_template(sound)
        out.add_stream_from_template(sound)
        for packet in source.demux(picture):
            if packet.dts is not None:
                packet.stream = first
                out.mux(packet)
    (note,) = noted(tmp_path / "b.mkv", tmp_path / "out.mkv")
    assert "takes the place of all 2 sound tracks" in note


def test_a_mirrored_picture_is_turned_where_the_container_can_not_say_so(tmp_path):
    stored = np.zeros((48, 64, 3), np.uint8)
    stored[:24, :32] = 255
    write_clip(tmp_path / "a.mp4", steady(25, 20), pictures=[stored] * 20)
    turned(tmp_path / "a.mp4", (-1, 0, 0, 1))
    noted(tmp_path / "a.mp4", tmp_path / "out.mkv")
    before, after = (read_views(tmp_path / n, EVERY)["v"][0].float() for n in ("a.mp4", "out.mkv"))
    assert before[:, 4, 12].mean() > 200 and (before - after).abs().mean() < 8


def test_pictures_of_another_size_on_the_way_keep_their_shape(tmp_path):
    """Encoded anew, with bars: a film strung together from a wide and a tall one."""
    for name, size in (("a.h264", (128, 64)), ("b.h264", (64, 128))):
        white = np.full((size[1], size[0], 3), 250, np.uint8)
        write_clip(tmp_path / name, steady(25, 20), size=size, pictures=[white] * 20, b_frames=0)
    (tmp_path / "ab.h264").write_bytes(
        (tmp_path / "a.h264").read_bytes() + (tmp_path / "b.h264").read_bytes()
    )
    mux(tmp_path / "ab.h264", WAVE, 16000, tmp_path / "out.mkv", start=0.2, seconds=1)
    with av.open(str(tmp_path / "out.mkv")) as container:
        pictures = [f.to_ndarray(format="gray8") for f in container.decode(video=0)]
    assert {p.shape for p in pictures} == {(64, 128)}
    wide, tall = pictures[5] > 128, pictures[20] > 128
    assert wide.mean() > 0.99 and tall[:, 52:76].all() and not tall[:, :44].any() and not tall[:, 84:].any()


@pytest.mark.parametrize(
    ("timecode", "rate", "frames", "later"),
    [
        ("01:00:00:00", 24, 36, "01:00:01:12"),
        ("23:59:59:23", 24, 1, "00:00:00:00"),
        ("00:00:59;29", Fraction(30000, 1001), 1, "00:01:00;02"),
        ("00:09:59;29", Fraction(30000, 1001), 1, "00:10:00;00"),
        ("00:01:00;02", Fraction(30000, 1001), 1798, "00:02:00;02"),
        ("00:00:00;00", Fraction(30000, 1001), 107_892, "01:00:00;00"),
        ("00:00:59;59", Fraction(60000, 1001), 1, "00:01:00;04"),
        ("no timecode", 25, 3, "no timecode"),
        ("01:00:00:00", 30_000, 3, None),
    ],
)
def test_timecodes_move_on(timecode, rate, frames, later):
    assert later_timecode(timecode, Fraction(rate), frames / Fraction(rate)) == later
