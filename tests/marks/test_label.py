"""The label in the comment of every kind of file, beside what the file says itself, and found again."""

from __future__ import annotations

import av
import pytest
import torch
from media.clips import steady, write_clip

from kling_foley_core.marks.inspection import describe_media, labels_of
from kling_foley_core.marks.label import BEGINNING, label, labelled, labels_in
from kling_foley_core.media import mux, save_audio

RATE = 16000
WAVE = 0.1 * torch.randn(2, RATE, generator=torch.Generator().manual_seed(0))
FILM = label("small", in_part=True)


def film(folder, suffix, comment=None):
    """A clip with a title, and a comment if given."""
    codec = {"codec": "libvpx-vp9"} if suffix == "webm" else {}
    write_clip(folder / f"plain.{suffix}", steady(25, 25), **codec)
    path = folder / f"in.{suffix}"
    with av.open(str(folder / f"plain.{suffix}")) as source, av.open(str(path), "w") as out:
        out.metadata.update({"title": "The forge"} | ({"comment": comment} if comment else {}))
        stream = out.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = stream
                out.mux(packet)
    return path


def comment_of(path):
    with av.open(str(path)) as container:
        return {key.lower(): value for key, value in container.metadata.items()}.get("comment")


@pytest.mark.parametrize("suffix", ["wav", "flac", "mp3"])
def test_a_sound_file_says_by_what_it_was_made(tmp_path, suffix):
    path, text = tmp_path / f"a.{suffix}", label("mmaudio_large_44k_v2", in_part=False)
    save_audio(path, WAVE, RATE, label=text)
    assert comment_of(path) == text
    assert "Kling-Foley, model mmaudio_large_44k_v2." in text
    assert text.endswith("http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia")
    save_audio(path, WAVE, RATE)
    assert comment_of(path) is None and labels_of(path) == []


@pytest.mark.parametrize("suffix", ["mp4", "m4v", "mov", "mkv", "webm"])
def test_a_film_keeps_its_own_words_before_the_label(tmp_path, suffix):
    source = film(tmp_path, suffix, "Take two\nof three")
    mux(source, WAVE, RATE, tmp_path / f"out.{suffix}", label=FILM)
    assert comment_of(tmp_path / f"out.{suffix}") == f"Take two\nof three\n{FILM}"
    with av.open(str(tmp_path / f"out.{suffix}")) as container:
        assert "The forge" in container.metadata.values()
    assert labels_of(tmp_path / f"out.{suffix}") == [FILM]
    mux(source, WAVE, RATE, tmp_path / f"plain_out.{suffix}")
    assert comment_of(tmp_path / f"plain_out.{suffix}") == "Take two\nof three"


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_a_new_sound_takes_the_label_of_the_old_one_with_it(tmp_path, suffix):
    mux(film(tmp_path, suffix, "Take two"), WAVE, RATE, tmp_path / f"one.{suffix}", label=FILM)
    again = label("another", in_part=True)
    mux(tmp_path / f"one.{suffix}", WAVE, RATE, tmp_path / f"two.{suffix}", label=again)
    assert comment_of(tmp_path / f"two.{suffix}") == f"Take two\n{again}"


def test_without_a_comment_and_beside_a_cover_there_is_a_label(tmp_path):
    """A cover in mp4 allows no names but those of iTunes: the comment is one."""
    mux(film(tmp_path, "mp4"), WAVE, RATE, tmp_path / "out.mp4", label=FILM)
    assert comment_of(tmp_path / "out.mp4") == FILM
    cover = av.VideoFrame.from_ndarray(torch.zeros(16, 16, 3, dtype=torch.uint8).numpy(), format="rgb24")
    with av.open(str(film(tmp_path, "mp4"))) as source, av.open(str(tmp_path / "c.mp4"), "w") as out:
        streams = [out.add_stream_from_template(source.streams.video[0]), out.add_stream("png", rate=1)]
        streams[1].width = streams[1].height = 16
        streams[1].pix_fmt = "rgb24"
        streams[1].disposition = av.stream.Disposition.attached_pic
        for packet in streams[1].encode(cover):
            out.mux(packet)
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = streams[0]
                out.mux(packet)
    mux(tmp_path / "c.mp4", WAVE, RATE, tmp_path / "covered.mp4", label=FILM)
    assert labels_of(tmp_path / "covered.mp4") == [FILM]
    with av.open(str(tmp_path / "covered.mp4")) as container:
        assert len(container.streams.video) == 2


def test_the_label_is_one_line_whatever_the_model_is_called():
    text = label("a\nmodel", in_part=False)
    assert "\n" not in text and "model a model." in text
    assert label(None, in_part=False).startswith(f"{BEGINNING}. ")
    assert labelled({"COMMENT": "x"}, text) == {"COMMENT": f"x\n{text}"}, "the key as the film spells it"


def test_labels_of_others_are_found_and_other_sources_are_not():
    others = "https://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
    assert labels_in([f"by hand\n{others}", others, FILM]) == [others, FILM]
    assert labels_in(["http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture", ""]) == []


def test_inspection_tells_sounds_films_and_other_files_apart(tmp_path):
    save_audio(tmp_path / "a.wav", WAVE, RATE, label=label("small", in_part=False))
    said = describe_media(tmp_path / "a.wav")
    assert "kind       sound" in said and "watermark  none found" in said and "model small" in said
    assert "film without sound" in describe_media(film(tmp_path, "mkv"))
    (tmp_path / "a.txt").write_text("no media")
    assert describe_media(tmp_path / "a.txt") is None


def test_the_graph_that_comfyui_saved_is_told(tmp_path):
    with av.open(str(tmp_path / "a.flac"), "w") as out:
        out.metadata["prompt"] = '{"3": {"class_type": "KlingFoleyConditioning", "inputs": {}}}'
        stream = out.add_stream("flac", rate=RATE, layout="mono")
        frame = av.AudioFrame.from_ndarray(torch.zeros(1, 4096, dtype=torch.int16).numpy(), layout="mono")
        frame.sample_rate = RATE
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            out.mux(packet)
    assert "ComfyUI's graph in the file makes sound with Kling-Foley" in describe_media(tmp_path / "a.flac")
