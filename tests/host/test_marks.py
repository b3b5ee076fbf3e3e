"""Foley Watermark in a real ComfyUI: found by Foley Preview, and in the file that Save Audio writes."""

from __future__ import annotations

import torch

from kling_foley_core.marks.inspection import describe_media
from kling_foley_core.media import save_audio

RATE, SECONDS = 44100, 5


def test_a_marked_sound_is_told_by_the_preview_and_its_file(server):
    wave = 0.1 * torch.randn(2, SECONDS * RATE, generator=torch.Generator().manual_seed(0))
    save_audio(server.base / "input/hiss.wav", wave, RATE)
    outcome = server.run(
        {
            "1": {"class_type": "LoadAudio", "inputs": {"audio": "hiss.wav"}},
            "2": {"class_type": "KlingFoleyWatermark", "inputs": {"audio": ["1", 0]}},
            "3": {"class_type": "KlingFoleyPreview", "inputs": {"audio": ["2", 0], "fps": 24.0}},
            "4": {"class_type": "KlingFoleyPreview", "inputs": {"audio": ["1", 0], "fps": 24.0}},
            "5": {
                "class_type": "SaveAudioMP3",
                "inputs": {"audio": ["3", 0], "quality": "128k", "filename_prefix": "m"},
            },
        }
    )
    assert outcome.status == "success", outcome.error
    notes = [outcome.outputs[node]["kling_foley_preview"][0]["note"] for node in "34"]
    assert notes == ["The sound is watermarked: made by a machine, by Kling-Foley.", ""]
    (saved,) = server.files(outcome, "5")
    said = describe_media(saved)
    assert "watermark  found from 0.0" in said and "label      none" in said


def test_the_preview_reads_out_a_films_label(server, graph):
    """The whole graph's film, labelled, is shown by another preview."""
    graph["21"] = {"class_type": "KlingFoleyPreview", "inputs": {"fps": 24.0}}
    graph["21"]["inputs"] |= {"audio": ["16", 0], "video": ["17", 0]}
    outcome = server.run(graph)
    assert outcome.status == "success", outcome.error
    (player,) = outcome.outputs["21"]["kling_foley_preview"]
    assert "The film's comment says: Sound made by a machine: Kling-Foley, model small" in player["note"]
