"""VIDEO with a trim window, IMAGE, and AUDIO of any rate, channels and length."""

from __future__ import annotations

import pytest
from inside import measured

CASES = ["middle", "to the end", "last second", "longer than the clip", "twice", "made of images"]
LENGTHS = {"middle": 1.2, "made of images": 1.2}  # the others: 1 s
ENCODED_AGAIN = 3  # levels of 255: the host encodes images to trim them


@pytest.fixture(scope="module")
def inputs(host) -> dict:
    return measured(host, "inside_inputs")


@pytest.mark.parametrize("case", CASES)
def test_features_see_the_trimmed_part_of_a_video(inputs, case):
    windows = inputs["windows"]
    assert windows["whole"] == [3.0, 3.0]
    if not windows["trimming"]:
        pytest.skip("this ComfyUI's VIDEO has no as_trimmed (it came in 2026)")
    seconds, level = windows[case]
    assert seconds == LENGTHS.get(case, 1.0)
    assert 0 <= level <= (ENCODED_AGAIN if case == "made of images" else 0)


def test_sound_of_any_rate_and_channels_becomes_the_same_latent(inputs):
    sounds = inputs["sounds"]
    assert sounds["48 kHz stereo"] < 0.15
    assert sounds["16 kHz"] < 0.6  # what was above 8 kHz is gone
    assert sounds["6 channels"] < 1e-3 and sounds["not contiguous"] == 0


def test_a_batch_of_sounds_is_encoded_item_by_item(inputs):
    shape, difference = inputs["sounds"]["batch"]
    assert shape[0] == 2 and difference == 0


def test_no_sample_is_lost_however_short_the_sound(inputs):
    assert inputs["sounds"]["one sample"] == [1, 128, 2]
    assert inputs["sounds"]["stereo of odd length"] == [1, 2, 22051]


def test_tenths_are_meant_as_tenths_and_older_hosts_trims_are_seen(inputs):
    windows = inputs["windows"]
    if not windows["trimming"]:
        pytest.skip("this ComfyUI's VIDEO has no as_trimmed (it came in 2026)")
    assert windows["tenths"] == ["2/5", "2/5"]
    assert windows["older host"] == pytest.approx([2.0, 0.4])


def test_short_sounds_keep_their_length_and_can_be_placed(inputs):
    assert len(inputs["short"]) == 8
    for case, (wanted, *made) in inputs["short"].items():
        assert made == [wanted] * 3, case


def test_places_follow_the_films_own_seconds(inputs):
    assert inputs["places"]["half"] < 0.3 < 0.45 < inputs["places"]["squeezed"]  # dB


KEPT = {
    "a.mkv": ".mp4",  # of its reordered pictures Save Video would drop some
    "b.mkv": ".mkv",
    "a.webm": ".webm",
    "a.ts": ".mp4",
    "a.avi": ".mp4",
    "a.mp4": ".mp4",
    "a.mov": ".mov",
}


@pytest.mark.parametrize("name", KEPT)
def test_save_video_writes_every_picture_and_the_container_is_the_films_own(inputs, name):
    assert inputs["films"][name] == [KEPT[name], 75, 0]


@pytest.mark.parametrize("name", KEPT)
def test_save_video_writes_the_trimmed_part(inputs, name):
    if f"{name} trimmed" not in inputs["films"]:
        pytest.skip("this ComfyUI's VIDEO has no as_trimmed (it came in 2026)")
    container, pictures, first = inputs["films"][f"{name} trimmed"]
    assert container == KEPT[name] and 25 <= pictures <= 27 and first == 0


def test_temporary_films_go_with_the_last_video_that_reads_them(inputs):
    found = {"while it is held": True, "while another reads it": True, "afterwards": False}
    assert inputs["temporary"] == found


def test_videos_of_images_keep_their_bits(inputs):
    if inputs["bits"]["bits"] is None:
        pytest.skip("this ComfyUI's videos of images have no bit depth (it came in 2026)")
    assert inputs["bits"]["bits"] == [10, 10]


@pytest.mark.parametrize(
    ("case", "message"),
    [
        ("none", "audio: there is no sound"),
        ("empty", "audio: its waveform is (1, 1, 0)"),
        ("nan", "audio: it has samples that are NaN or infinite"),
        ("whole numbers", "audio: its samples are torch.int16"),
        ("no rate", "audio: its sample_rate is 0"),
        ("hours", "audio: it is 4000 s long"),
        ("rate from a wire", "fps = 1e-09"),
        ("seconds from a wire", "seconds = 1000000000.0"),
        ("no seconds", "seconds = nan"),
        ("batch from a wire", "batch_size = 1000000000"),
        ("two axes", "audio: its waveform is (1, 44100)"),
        ("no frames", "images of shape (0, 8, 8, 3)"),
        ("neither", "video, images: neither is connected"),
        ("another batch", "audio and mel: 1 sound(s), but the mel of 2"),
        ("another length", "audio and mel: the sound has 44 mel frames, the mel 88"),
        ("six channels", "audio: it has 6 channels"),
    ],
)
def test_what_cannot_be_is_explained(inputs, case, message):
    assert message in inputs["refusals"][case]
