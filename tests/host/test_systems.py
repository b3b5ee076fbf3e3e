"""Networks that belong together, by one choice; those that don't are all told at once, before the work; and
weights are kept in the number type that was chosen."""

from __future__ import annotations

import json

import pytest
from golden_weights import write_weight_files
from graphs import SAMPLER, latent, save_latent, up_to_sampler, with_nodes
from inside import measured

SMALL = "small (built in)"
OF_SMALL = ["flow network", "text encoder", "visual encoder", "sync encoder", "codec (VAE)"]


@pytest.fixture(scope="module")
def found(host) -> dict:
    return measured(host, "inside_systems")


def test_every_part_that_does_not_fit_is_told_with_its_file_and_the_wanted_one(found):
    said = found["mismatches"]["sampler"]
    for part in OF_SMALL[1:]:
        assert f"{part} {SMALL} has" in said
    assert said.count("flow network mmaudio_large_44k_v2.pth needs") == 5  # the text's width and length
    for wanted in ("apple_DFN5B", "synchformer_state_dict.pth", "v1-44.pth"):
        assert wanted in said


def test_a_renderer_of_another_sync_encoder_and_another_codec_are_refused(found):
    said = found["mismatches"]
    assert "where sync encoder synchformer.pth needs 768" in said["stereo"]
    assert said["codec"].startswith(f"codec: it is v1-44.pth, but the latent was made for {SMALL}")


def test_without_a_renderer_sound_stays_as_it_is(found):
    assert found["mismatches"]["no stereo"]


@pytest.mark.parametrize(
    ("choice", "weights", "least", "most"),
    [
        ("fp32", "float32", 0, 0),
        ("bf16", "bfloat16", 1e-4, 0.01),
        ("fp16", "float16", 0, 0),  # as the built-in file is
        ("fp8", "float8_e4m3fn", 1e-3, 0.1),
    ],
)
def test_weights_are_kept_in_the_type_chosen_and_still_make_the_sound(found, choice, weights, least, most):
    found = found["precisions"][choice]
    assert found["model"] == [f"torch.{weights}"]
    of_encoders = "float16" if choice == "fp8" else weights  # which the host takes by itself
    assert found["visual"] == found["sync"] == [f"torch.{of_encoders}"]
    compute = "bfloat16" if choice == "bf16" else "float32"
    assert found["text"] == [f"torch.{of_encoders}", f"torch.{compute}"]
    assert found["tokens"] and least <= found["away"] <= most


def test_the_built_in_system_is_all_there(found):
    loaded = found["loaded"]
    assert loaded["model"] == SMALL and loaded["one sync encoder"]
    assert loaded["networks"] == [
        "T5TextEncoder",
        "LookEncoder",
        "MotionEncoder",
        "FoleyCodec",
        "StereoRenderer",
    ]
    assert loaded["precision"] == [["torch.bfloat16"], ["torch.bfloat16"], ["torch.float32"]]


def test_what_the_built_in_model_knows_is_said_of_films_once_and_kept_with_the_sound(found):
    first, *others = found["notes"]["shown"]
    assert first[0] == "Conditioning" and "generated scenes" in first[1]
    assert "mmaudio_large_44k_v2.pth" in first[1] and "synchformer_state_dict.pth" in first[1]
    of_film, of_words, _ = found["notes"]["carried"]
    assert of_film == first[1] and of_words is None
    assert not any("generated scenes" in text for _, text in others)


def test_a_sound_longer_than_its_film_is_said(found):
    (node, text), *muxed = found["notes"]["shown"][1:]
    assert node == "StereoRender" and text.startswith("The sound is 1.42 s long, the video 0.90 s")
    assert found["notes"]["carried"][2] == text
    assert muxed == [
        ["VideoWithSound", "The sound is 2.00 s long, the video 1.00 s: it was cut."],
        ["VideoWithSound", "The sound is 0.50 s long, the video 1.00 s: silence was put behind it."],
        ["VideoWithSound", "Of 3 sounds the first is in the video; Foley Preview plays all of them."],
    ]


def test_entries_name_the_parts_that_are_missing_and_mean_the_system_they_name(found):
    entries = found["entries"]
    assert entries["entry"] == "a.pth lacks codec (VAE), vocoder"
    assert entries["meant"] == "a.pth lacks nothing.pth"
    assert "b.pth has 20 latent channels" in entries["refused"] and entries["wired"] is True


def systems(server) -> list[str]:
    return server.get("/object_info/KlingFoleySystemLoader")["KlingFoleySystemLoader"]["input"]["required"][
        "system"
    ][1]["options"]


def with_system(graph: dict, system: str, **more) -> dict:
    """The graph up to the sampler, with one loader in place of all."""
    graph = up_to_sampler(graph)
    loader = ("KlingFoleySystemLoader", {"system": system, **more})
    for node, slot in {"2": 0, "3": 1, "4": 2, "5": 3, "6": 4}.items():
        del graph[node]
        graph = json.loads(json.dumps(graph).replace(f'["{node}", 0]', f'["40", {slot}]'))
    return with_nodes(graph, n40=loader, n30=save_latent(SAMPLER))


def test_the_system_makes_what_its_single_loaders_make(server, graph):
    single = server.run(with_nodes(up_to_sampler(graph), n30=save_latent(SAMPLER)))
    whole = server.run(with_system(graph, SMALL))
    assert whole.status == single.status == "success", whole.error
    assert (latent(server, whole, "30") - latent(server, single, "30")).abs().max() == 0


def test_a_set_of_files_is_listed_with_what_it_lacks_refused_and_taken_when_it_is_whole(server, graph):
    folder = server.base / "models/foley/golden"
    write_weight_files(folder, network="flow.pth")
    vocoder = folder / "bigvgan_generator.pt"
    try:
        kept = vocoder.read_bytes()
        vocoder.unlink()
        listed = systems(server)
        assert listed[0] == SMALL and "flow.pth lacks vocoder" in listed
        refused = server.run(with_system(graph, "flow.pth lacks vocoder"))
        assert refused.status in ("refused", "error") and refused.ran in ([], ["40"])
        assert "system flow.pth: not all of it is here." in refused.error
        assert "vocoder: " in refused.error and "it was trained with" in refused.error
        vocoder.write_bytes(kept)
        assert "flow.pth" in systems(server)
        graph = with_system(graph, "flow.pth lacks vocoder")  # as a workflow was saved before
        graph["8"]["inputs"]["text"] = graph["9"]["inputs"]["text"] = ""
        graph[SAMPLER]["inputs"]["steps"] = 2
        outcome = server.run(graph)
        assert outcome.status == "success", outcome.error
        assert latent(server, outcome, "30").shape[1] != 16  # the built-in model has so many channels
    finally:
        for file in folder.iterdir():
            file.unlink()


def test_a_system_that_is_gone_is_explained(server, graph):
    outcome = server.run(with_system(graph, "nowhere.pth"))
    assert outcome.status in ("refused", "error")
    assert "system nowhere.pth: it is in none of the folders" in outcome.error


def test_errors_carry_no_path_of_the_pack(server, graph):
    graph["14"]["inputs"]["positive"] = ["8", 0]
    outcome = server.run(graph)
    assert outcome.status == "error" and outcome.error_type == "InputError"
