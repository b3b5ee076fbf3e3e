"""Foley Preview in a real ComfyUI: what it hears and sees of a film whose truth is known, and plays."""

from __future__ import annotations

import wave
from pathlib import Path

import av
import numpy as np
import pytest
from server import DIRECT, PACK

RATE, SECONDS, FPS = 22050, 2.0, 30
CLICKS, TURN = [0.3, 1.0, 1.6], 1.0  # seconds; the square turns back at the second click
KEY = "kling_foley_preview"


@pytest.fixture(scope="module")
def film(server) -> np.ndarray:
    """turn.mp4 without sound and clicks.wav in the host's input folder; the samples [N, 2] as 16 bit."""
    samples = (np.random.default_rng(0).normal(0, 3, (round(SECONDS * RATE), 2))).astype(np.int16)
    burst = np.random.default_rng(1).normal(0, 8000, RATE // 25) * np.exp(-np.arange(RATE // 25) / 150)
    for click in CLICKS:
        samples[round(click * RATE) :][: len(burst)] += burst.astype(np.int16)[:, None]
    samples[:, 0] //= 2  # louder at the right
    with wave.open(str(server.base / "input/clicks.wav"), "wb") as file:
        file.setparams((2, 2, RATE, 0, "NONE", ""))
        file.writeframes(samples.tobytes())
    with av.open(str(server.base / "input/turn.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"crf": "12"})
        stream.width, stream.height, stream.pix_fmt = 160, 80, "yuv420p"
        for i in range(round(SECONDS * FPS)):
            picture = np.full((80, 160, 3), 40, np.uint8)
            left = round(100 - 60 * abs(i / FPS - TURN))
            picture[30:60, left : left + 30] = (250, 90, 30)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return samples


def preview(**more) -> dict:
    """A graph that shows the clicks, with the film or without."""
    return {
        "1": {"class_type": "LoadVideo", "inputs": {"file": "turn.mp4"}},
        "2": {"class_type": "LoadAudio", "inputs": {"audio": "clicks.wav"}},
        "3": {"class_type": "KlingFoleyPreview", "inputs": {"audio": ["2", 0], "fps": 24.0, **more}},
        "4": {"class_type": "SaveImage", "inputs": {"images": ["3", 1], "filename_prefix": "shown"}},
        "5": {"class_type": "SaveAudio", "inputs": {"audio": ["3", 0], "filename_prefix": "heard"}},
    }


def decoded(path: Path) -> np.ndarray:
    """[N, C] in -1..1."""
    with av.open(str(path)) as container:
        to_float = av.AudioResampler(format="flt")
        frames = [f for frame in container.decode(audio=0) for f in to_float.resample(frame)]
        channels = container.streams.audio[0].channels
    return np.concatenate([f.to_ndarray().reshape(-1, channels) for f in frames])


def size(path: Path) -> tuple[int, int]:
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0))
        return frame.width, frame.height


def path_of(server, entry: dict) -> Path:
    """The file that an output's entry names."""
    return server.base / entry["type"] / entry["subfolder"] / entry["filename"]


def player_of(outcome) -> dict:
    assert outcome.status == "success", outcome.error
    assert set(outcome.outputs["3"]) == {KEY}, "the host's own players and pictures stay away"
    (player,) = outcome.outputs["3"][KEY]
    return player


def test_a_turn_and_clicks_are_found_at_their_times_and_the_sound_is_played(server, film):
    outcome = server.run(preview(video=["1", 0]))
    player = player_of(outcome)
    (take,) = player["takes"]
    assert player["seconds"] == SECONDS and player["note"] == ""
    assert take["onsets"] == pytest.approx(CLICKS, abs=0.02)
    assert player["events"] == pytest.approx([TURN], abs=1 / FPS)
    left, right = take["peaks"]
    assert len(left) == len(right) == 600 and max(right) > 1.5 * max(left) > 0
    loud = [i / 600 * SECONDS for i, peak in enumerate(right) if peak > max(right) / 3]
    assert {min(range(3), key=lambda k: abs(CLICKS[k] - t)) for t in loud} == {0, 1, 2}
    played = path_of(server, take["sound"])
    assert played.suffix == ".flac" and played.parent == server.base / "temp"
    assert np.abs(decoded(played) - film / 32768).max() <= 2 / 32768
    (saved,) = server.files(outcome, "5")
    assert np.array_equal(decoded(saved), decoded(played))
    assert size(server.files(outcome, "4")[0]) == (1064, 556)
    for shown, height in ((player["film"], 126), (player | take, 326)):
        assert size(path_of(server, shown["picture"])) == (960, height)
        assert shown["ratio"] == pytest.approx(960 / height)


def test_the_film_is_copied_once_small_and_as_long(server, film):
    images = preview(images=["6", 0], fps=FPS * 1.0)
    images["6"] = {"class_type": "GetVideoComponents", "inputs": {"video": ["1", 0]}}
    quieter = preview(video=["1", 0]) | {
        "2": {"class_type": "AudioAdjustVolume", "inputs": {"audio": ["7", 0], "volume": -6}},
        "7": {"class_type": "LoadAudio", "inputs": {"audio": "clicks.wav"}},
    }
    shown = [player_of(server.run(each))["film"] for each in (preview(video=["1", 0]), quieter, images)]
    copies = {path_of(server, each["file"]) for each in shown}
    assert all(path.parent == server.base / "temp" for path in copies)
    assert path_of(server, shown[0]["file"]) == path_of(server, shown[1]["file"])
    for each in shown:
        assert each["seconds"] == SECONDS and each["aspect"] == 2.0
        with av.open(str(path_of(server, each["file"]))) as container:
            assert container.duration == SECONDS * 1_000_000 and not container.streams.audio
            assert len(list(container.decode(video=0))) == SECONDS * FPS


SMALL = "small (built in)"
TAKES = {  # three sounds of a second, by two steps
    "1": {"class_type": "KlingFoleyModelLoader", "inputs": {"model": SMALL}},
    "2": {
        "class_type": "KlingFoleyCodecLoader",
        "inputs": {"codec": SMALL, "vocoder": "in the codec's file"},
    },
    "3": {"class_type": "KlingFoleyPreview", "inputs": {"audio": ["8", 0], "fps": 24.0}},
    "4": {"class_type": "SaveImage", "inputs": {"images": ["3", 1], "filename_prefix": "shown"}},
    "5": {"class_type": "SaveAudio", "inputs": {"audio": ["3", 0], "filename_prefix": "heard"}},
    "6": {
        "class_type": "KlingFoleyConditioning",
        "inputs": {"seconds": 1.0, "start": 0.0, "source_seconds": 0.0, "codec": ["2", 0], "batch_size": 3},
    },
    "7": {
        "class_type": "KlingFoleySampler",
        "inputs": {"model": ["1", 0], "positive": ["6", 0], "negative": ["6", 1], "latent": ["6", 2]}
        | {"steps": 2, "cfg": 1.0, "seed": 0},
    },
    "8": {"class_type": "KlingFoleyCodecDecode", "inputs": {"codec": ["2", 0], "latent": ["7", 0]}},
}


def test_every_take_of_a_batch_can_be_heard_and_seen(server):
    outcome = server.run(TAKES)
    takes = player_of(outcome)["takes"]
    assert len(takes) == len(server.files(outcome, "4")) == 3
    for take, file in zip(takes, server.files(outcome, "5"), strict=True):
        assert np.array_equal(decoded(path_of(server, take["sound"])), decoded(file))
    pictures = {path_of(server, take["picture"]).read_bytes() for take in takes}
    assert len(pictures) == 3 and len({str(take["peaks"]) for take in takes}) == 3


def test_images_and_their_rate_serve_as_well_and_sound_alone_does(server, film):
    graph = preview(images=["6", 0], fps=FPS * 1.0)
    graph["6"] = {"class_type": "GetVideoComponents", "inputs": {"video": ["1", 0]}}
    slower, alone = preview(images=["6", 0], fps=FPS / 2) | {"6": graph["6"]}, preview()
    seen = []
    for each in (graph, slower, alone):
        outcome = server.run(each)
        player = player_of(outcome)
        seen.append(player["events"])
        assert player["takes"][0]["onsets"] == pytest.approx(CLICKS, abs=0.02)
    assert seen[0] == pytest.approx([TURN], abs=1 / FPS)
    assert seen[1] == seen[2] == []  # at half the rate it turns when the sound is over
    assert player["film"] is None
    assert size(server.files(outcome, "4")[0]) == (1064, 396)


def test_two_films_and_no_sound_are_explained(server, film):
    graph = preview(video=["1", 0], images=["6", 0])
    graph["6"] = {"class_type": "GetVideoComponents", "inputs": {"video": ["1", 0]}}
    outcome = server.run(graph)
    assert outcome.status == "error" and "both are connected" in outcome.error
    graph = preview() | {"6": graph["6"]}
    graph["3"]["inputs"]["audio"] = ["6", 1]
    outcome = server.run(graph)
    assert outcome.status == "error" and "there is no sound" in outcome.error


def test_the_page_gets_one_script_and_its_modules_as_scripts(server):
    """A module of another type than a script's is refused by browsers."""
    ours = [path for path in server.get("/extensions") if "kling-foley" in path]
    assert ours == ["/extensions/kling-foley/kling_foley.js"]
    for script in ("frame_rate.mjs", "player/player.mjs", "player/times.mjs"):
        with DIRECT.open(
            f"http://127.0.0.1:{server.port}/extensions/kling-foley/{script}", timeout=10
        ) as answer:
            assert answer.headers.get_content_type() in ("text/javascript", "application/javascript")
            assert answer.read() == (PACK / "js" / script).read_bytes()
