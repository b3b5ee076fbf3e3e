"""A media file is one file: nothing else is opened, nobody is asked, what is no file is refused at once."""

from __future__ import annotations

import io
import os
import shutil
import socket
import sys

import numpy as np
import pytest
from media.clips import steady, write_clip
from media.torn import Torn
from media.watching import listener, opened
from PIL import Image

from kling_foley_core.errors import InputError
from kling_foley_core.media.audio import load_audio
from kling_foley_core.media.probe import probe
from kling_foley_core.media.reader import read_views
from kling_foley_core.media.views import FrameView

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="needs inotify (Linux) to see who opens a file")
NAMELESS = "opened as a media file"

HLS = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:1.2,\n{}\n#EXT-X-ENDLIST\n"
CONCAT = "ffconcat version 1.0\nfile '{}'\n"
DASH = (
    '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
    'mediaPresentationDuration="PT2S"><Period><AdaptationSet mimeType="video/mp4"><Representation id="a" '
    'bandwidth="1"><BaseURL>{0}</BaseURL><SegmentList><SegmentURL media="{0}"/></SegmentList>'
    "</Representation></AdaptationSet></Period></MPD>"
)
PLAYLISTS = {"m3u8": HLS, "ffconcat": CONCAT, "mpd": DASH}


def given(path):
    """The ways to hand over a file: a path, an open file that knows its name, and bytes."""
    yield path
    with open(path, "rb") as file:
        yield file
    yield io.BytesIO(path.read_bytes())


def refused(path, message=NAMELESS):
    for source in given(path):
        for read in (probe, load_audio):
            with pytest.raises(InputError, match=message) as caught:
                read(source)
            assert "\n" not in str(caught.value)


@LINUX
@pytest.mark.parametrize("suffix", [None, "mp4", "mkv"])
@pytest.mark.parametrize("kind", PLAYLISTS)
def test_playlists_open_no_other_file(tmp_path, kind, suffix):
    film, playlist = tmp_path / "film.ts", tmp_path / f"list.{suffix or kind}"
    write_clip(film, steady(25, 30))
    for address in (f"file://{film}", str(film), f"../{tmp_path.name}/film.ts", "film.ts"):
        playlist.write_text(PLAYLISTS[kind].format(address))
        with opened(film) as events:
            refused(playlist)
        assert events == []


@LINUX
def test_the_watch_sees_an_opened_file(tmp_path):
    write_clip(tmp_path / "film.ts", steady(25, 30))
    with opened(tmp_path / "film.ts") as events:
        probe(tmp_path / "film.ts")
    assert events


@pytest.mark.parametrize("scheme", ["http", "tcp", "rtmp", "rtsp", "ftp", "hls+http", "gopher"])
@pytest.mark.parametrize("kind", PLAYLISTS)
def test_playlists_ask_nobody(tmp_path, kind, scheme):
    playlist = tmp_path / f"list.{kind}"
    with listener() as (port, asked):
        playlist.write_text(PLAYLISTS[kind].format(f"{scheme}://127.0.0.1:{port}/film.ts"))
        refused(playlist)
    assert asked == []


def test_a_session_description_listens_to_nobody(tmp_path):
    """Its port stays free: it can be bound while the file is read."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        port = server.getsockname()[1]
    (tmp_path / "a.sdp").write_text(
        f"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video {port} RTP/AVP 96\n"
        "a=rtpmap:96 H264/90000\n"
    )
    refused(tmp_path / "a.sdp")


@LINUX
def test_names_are_no_patterns(tmp_path):
    for i in range(3):
        Image.new("RGB", (32, 32), (60 * i,) * 3).save(tmp_path / f"img00{i}.png")
    pattern = tmp_path / "img%03d.png"
    with pytest.raises(InputError, match="doesn't exist"):
        probe(pattern)
    Image.new("RGB", (32, 32), (200, 0, 0)).save(pattern)
    with opened(tmp_path / "img000.png") as events:
        seen = read_views(pattern, {"v": FrameView(8, 16, "stretch")}, seconds=1)["v"]
    assert events == [] and seen[-1, :, 8, 8].tolist() == [200, 0, 0]


@LINUX
def test_a_film_that_refers_to_another_file(tmp_path):
    """A QuickTime data reference: mdat lies in a neighbour. Nothing but the file given is read."""
    write_clip(tmp_path / "film.mov", steady(25, 30))
    data = (tmp_path / "film.mov").read_bytes()
    url = b"\0\0\0\x0curl \0\0\0\x01"
    assert url in data
    name = f"file://{tmp_path}/film.mov".encode() + b"\0"
    entry = (12 + len(name)).to_bytes(4, "big") + b"url \0\0\0\0" + name
    grown = bytearray(data.replace(url, entry))
    for box in (b"moov", b"trak", b"mdia", b"minf", b"dinf", b"dref"):
        at = grown.index(box) - 4
        size = int.from_bytes(grown[at : at + 4], "big") + len(entry) - len(url)
        grown[at : at + 4] = size.to_bytes(4, "big")
    (tmp_path / "refers.mov").write_bytes(grown)
    with opened(tmp_path / "film.mov") as events:
        for source in given(tmp_path / "refers.mov"):
            try:
                probe(source)
            except InputError:
                pass
    assert events == []


@pytest.mark.parametrize("link", [False, True])
def test_what_is_no_file_is_refused_at_once(tmp_path, link):
    if not hasattr(os, "mkfifo"):
        pytest.skip("needs named pipes, which this system doesn't have")
    os.mkfifo(tmp_path / "pipe.mp4")
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(tmp_path / "socket.mp4"))
    os.symlink("/dev/zero", tmp_path / "device.mp4")
    for name in ("pipe.mp4", "socket.mp4", "device.mp4"):
        path = tmp_path / name
        if link:
            path = tmp_path / f"link_{name}"
            path.symlink_to(tmp_path / name)
        for read in (probe, load_audio):
            with pytest.raises(InputError, match="a pipe, socket or device"):
                read(path)
    server.close()


def test_file_objects_that_cannot_seek(tmp_path):
    read, write = os.pipe()
    os.close(write)
    with open(read, "rb") as pipe, pytest.raises(InputError, match="can't seek"):
        probe(pipe)
    closed = io.BytesIO(b"x")
    closed.close()
    with pytest.raises(InputError, match="can't seek"):
        probe(closed)


@pytest.mark.parametrize("name", ["a.mp4", "a.mov", "a.webp"])
def test_what_must_be_read_at_once_and_cannot_be(tmp_path, name):
    """The index at the end of the film, all of an animation."""
    if name == "a.webp":
        pictures = [Image.new("RGB", (32, 32), (60 * i,) * 3) for i in range(3)]
        pictures[0].save(tmp_path / name, save_all=True, append_images=pictures[1:])
    else:
        write_clip(tmp_path / name, steady(25, 30))
    data = (tmp_path / name).read_bytes()
    for read in (probe, load_audio):
        with pytest.raises(InputError, match=r"can't be read \(Input/output error\); copy the file again\.$"):
            read(Torn(data, len(data) // 2))


@pytest.mark.parametrize(
    ("name", "message"), [("a" * 300 + ".mp4", "can't be opened"), ("a\0b.mp4", "can't be opened")]
)
def test_names_that_the_system_refuses(tmp_path, name, message):
    with pytest.raises(InputError, match=message):
        probe(tmp_path / name)


def test_a_path_and_a_file_object_give_the_same(tmp_path):
    sound = np.random.default_rng(0).uniform(-0.5, 0.5, (2, 48000)).astype(np.float32)
    for suffix in ("mp4", "mkv", "ts", "avi", "flv", "h264"):
        how = {} if suffix == "h264" else {"sound": sound, "sound_rate": 44100}
        write_clip(tmp_path / f"a.{suffix}", steady(25, 30), **how)
        path, _, data = given(tmp_path / f"a.{suffix}")
        assert probe(path) == probe(data)


@pytest.mark.parametrize(
    "name", ["a%20b.mp4", "pipe:0.mp4", "http:a.mp4", "concat:a.mp4", "a:b|c.mp4", "-i.mp4", "*?[a].mp4"]
)
def test_names_are_only_names(tmp_path, name, monkeypatch):
    write_clip(tmp_path / "a.mp4", steady(25, 10))
    shutil.move(tmp_path / "a.mp4", tmp_path / name)
    monkeypatch.chdir(tmp_path)
    assert probe(name).frame_rate == 25
