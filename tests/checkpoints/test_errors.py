"""What a user gets to read for each wrong file: the file's name, the reason, the remedy."""

from __future__ import annotations

import json
import struct
import zipfile

import pytest
import torch
from checkpoint_files import golden_state, keys, small_state
from safetensors.torch import save, save_file

from kling_foley_core.checkpoints import load_network, load_state, recognise
from kling_foley_core.errors import InputError

FLOW = "mmaudio_small_16k"
ZEROS = torch.zeros(2, 2)


def folder(path):
    path.mkdir()
    (path / "v1-44.pth").touch()


def cut_header(path):
    path.write_bytes(save({"a": torch.zeros(4)})[:30])


def cut_data(path):
    path.write_bytes(save({"a": torch.zeros(1000)})[:-1000])


def bad_header(path):
    path.write_bytes(struct.pack("<Q", 8) + b"{ nonsen")


def header_of(stored, data=bytes(16)):
    """Writes a safetensors file of 16 bytes of data under any header."""

    def write(path):
        header = json.dumps(stored).encode()
        path.write_bytes(struct.pack("<Q", len(header)) + header + data)

    return write


def entry(shape=(4,), place=(0, 16), dtype="F32"):
    return {"t": {"dtype": dtype, "shape": shape, "data_offsets": place}}


def unknown_type(path):
    header_of(entry([2], [0, 1], "F4"), b"\0")(path)


def cut_zip(path):
    torch.save({"a": torch.zeros(1000)}, path)
    path.write_bytes(path.read_bytes()[:2000])


def other_zip(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "hello")


def pickled_code(path):
    torch.save(torch.nn.Linear(2, 2), path)


# name -> (writes the file, words its message must have)
NOT_CHECKPOINTS = {
    "missing": (lambda p: None, ["does not exist", "check the path"]),
    "folder": (folder, ["is a folder", "choose a file in it: v1-44.pth"]),
    "empty": (lambda p: p.touch(), ["empty", "download it again"]),
    "zeros": (lambda p: p.write_bytes(bytes(1000)), ["begins with zeros", "download it again"]),
    "lfs": (
        lambda p: p.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 4\n"),
        ["Git-LFS pointer", "git lfs pull"],
    ),
    "html": (lambda p: p.write_text("<!DOCTYPE html>\n<html>"), ["a web page", "download button"]),
    "html2": (lambda p: p.write_text("\n <html lang='en'>"), ["a web page", "download button"]),
    "json": (lambda p: p.write_text('{"error": "not found"}'), ["JSON", "Choose the weights file"]),
    "refusal": (lambda p: p.write_text("Access denied. Log in."), ["refusal", "accept the model's licence"]),
    "gguf": (lambda p: p.write_bytes(b"GGUF\3\0\0\0"), ["GGUF", "safetensors"]),
    "noise": (
        lambda p: p.write_bytes(b"RIFF1234WAVEfmt "),
        ["neither safetensors nor a torch file", "Give a"],
    ),
    "cut_header": (cut_header, ["is cut off", "the file has 30", "download it again"]),
    "cut_data": (cut_data, ["is cut off", "promises 40", "download it again"]),
    "bad_header": (bad_header, ["damaged safetensors header", "download it again"]),
    "unknown_type": (unknown_type, ["tensor t is stored as F4", "fp16, bf16 or fp32"]),
    "cut_zip": (cut_zip, ["is cut off", "download it again"]),
    "other_zip": (other_zip, ["zip archive", "unpack it"]),
    "bad_pickle": (lambda p: p.write_bytes(b"\x80\x02}q\x00("), ["damaged torch file", "download it again"]),
    "code": (pickled_code, ["holds code objects (torch.nn.modules.linear.Linear)", "safetensors conversion"]),
    "tensor": (
        lambda p: torch.save(torch.zeros(77, 8), p),
        ["single tensor of shape (77, 8)", "empty_string.pth"],
    ),
    "list": (lambda p: torch.save([1, 2], p), ["holds a list", "official weights file"]),
    "no_tensors": (lambda p: save_file({}, p), ["no tensors", "This pack reads"]),
    "training": (
        lambda p: torch.save({"weights": 1, "optimizer": {"lr": 1.0}, "ema": {}, "it": 3}, p),
        ["training checkpoint (top level: weights, optimizer, ema, it)", "hub folder weights/"],
    ),
    "nested": (lambda p: torch.save({"a": {"b": ZEROS}, "c": 1}, p), ["no flat list", "a, c", "official"]),
}


@pytest.mark.parametrize("name", NOT_CHECKPOINTS)
def test_files_that_are_no_checkpoints(name, tmp_path):
    write, words = NOT_CHECKPOINTS[name]
    path = tmp_path / f"{name}.safetensors"  # the suffix is never believed
    write(path)
    refused(path, words)


def refused(path, words):
    with pytest.raises(InputError) as caught:
        recognise(path)
    message = str(caught.value)
    assert message.startswith(str(path)), message
    assert not [w for w in words if w not in message], message


def named(*names: str, shape=(2, 2)) -> dict[str, torch.Tensor]:
    return {n: torch.zeros(shape) for n in names}


FOREIGN = {
    "lora": (named("blocks.0.q.lora_A.weight", "blocks.0.q.lora_B.weight"), ["a LoRA", "LoRA loader"]),
    "flow_lora": (named("joint_blocks.0.latent_block.linear1.lora_down.weight"), ["a LoRA", "LoRA loader"]),
    "sd": (
        named("model.diffusion_model.input_blocks.0.0.weight", "x"),
        ["Stable Diffusion", "mmaudio_large_44k_v2"],
    ),
    "sd3": (
        named("joint_blocks.0.x_block.a", "joint_blocks.0.context_block.a"),
        ["Stable Diffusion 3", "Choose"],
    ),
    "flux": (
        named("double_blocks.0.img_mod.lin.weight", "single_blocks.0.linear1.weight"),
        ["Flux", "Choose"],
    ),
    "wan": (
        named("blocks.0.cross_attn.q", "blocks.0.self_attn.q", "patch_embedding.w"),
        ["Wan video", "Choose"],
    ),
    "stable_audio": (
        named("model.model.transformer.layers.0.self_attn.to_qkv.weight"),
        ["Stable Audio", "Choose"],
    ),
    "image_vae": (named("decoder.conv_in.weight", shape=(4, 4, 3, 3)), ["image model's VAE", "v1-44.pth"]),
    "clip_text": (
        {
            n: torch.zeros(1)
            for n in keys("clip_dfn5b_vit_h14_378_transformers")
            if n.startswith("text_model.")
        },
        ["text half alone", "whole CLIP file"],
    ),
    "siglip": (
        named("vision_model.head.probe", "logit_bias", "text_model.embeddings.x"),
        ["SigLIP", "DFN5B"],
    ),
    "clap": (named("audio_model.audio_encoder.x", "text_model.embeddings.x"), ["CLAP", "T5-Base"]),
    "bigvgan_do": (
        named("mpd.discriminators.0.x", "mrd.discriminators.0.x"),
        ["discriminators", "bigvgan_generator.pt"],
    ),
    "hifigan": (
        named("conv_pre.weight", "ups.0.weight", "resblocks.0.convs1.0.weight", "conv_post.weight"),
        ["HiFi-GAN", "Get BigVGAN"],
    ),
    "hunyuan_fp8": (
        {n: torch.zeros(1).to(torch.float8_e4m3fn) for n in keys("hunyuanvideo_foley_xl")},
        ["flow network of HunyuanVideo-Foley", "MMAudio or Kling-Foley"],
    ),
    "dac": ({n: torch.zeros(1) for n in keys("dac_vae_128d_48k")}, ["DAC VAE", "MMAudio's VAE"]),
    "llm": (
        named("model.embed_tokens.weight", "model.layers.0.mlp.up_proj.weight"),
        ["language model", "T5-Base"],
    ),
    "t5xxl": (
        named(
            "encoder.block.0.layer.0.SelfAttention.q.weight",
            "encoder.block.0.layer.1.DenseReluDense.wi_0.weight",
        ),
        ["T5-XXL", "T5-Base"],
    ),
    "unknown": (
        named("a.b", "c.d"),
        ["none of the networks", "2 tensors, such as a.b, c.d", "This pack reads"],
    ),
}


# Headers of whole files that say what can't be; the words that say which of it.
DAMAGED_HEADERS = {
    "negative": (entry([-1, 4]), "the shape [-1, 4]"),
    "both_negative": (entry([-2, -2]), "the shape [-2, -2]"),
    "overflow": (entry([2**62, 4]), f"the shape [{2**62}, 4]"),
    "overflow_beside_nothing": (entry([2**62, 2**62, 0], [0, 0]), f"[{2**62}, {2**62}, 0]"),
    "too_large_beside_nothing": (entry([2**64, 0], [0, 0]), f"[{2**64}, 0]"),
    "fraction": (entry([1.5]), "the shape [1.5]"),
    "text": (entry(["x"]), "the shape ['x']"),
    "truth": (entry([True], [0, 4]), "the shape [True]"),
    "number": (entry(4), "the shape 4"),
    "absent": (entry(None), "the shape None"),
    "too_small": (entry([2, 3]), "[2, 3] of F32, lies at 0 to 16"),
    "too_large": (entry([2, 1]), "[2, 1] of F32, lies at 0 to 16"),
    "other_type": (entry([4], dtype="F16"), "[4] of F16, lies at 0 to 16"),
    "backwards": (entry([4], [16, 0]), "lies at 16 to 0"),
    "before": (entry([4], [-16, 0]), "lies at -16 to 0"),
    "three_places": (entry([4], [0, 8, 16]), "values to unpack"),
    "text_places": (entry([4], ["0", "16"]), "lies at 0 to 16"),
    "no_places": ({"t": {"dtype": "F32", "shape": [4]}}, "data_offsets"),
    "no_entry": ({"t": [4]}, "list"),
    "type_list": (entry(dtype=[]), "unhashable"),
    "metadata_list": ({"__metadata__": ["kling-foley"], **entry()}, "__metadata__"),
    "metadata_empty_list": ({"__metadata__": [], **entry()}, "__metadata__"),
    "metadata_text": ({"__metadata__": "kling-foley", **entry()}, "__metadata__"),
    "metadata_number": ({"__metadata__": {"format": 1}, **entry()}, "__metadata__"),
}


@pytest.mark.parametrize("name", DAMAGED_HEADERS)
def test_headers_that_can_not_be(name, tmp_path):
    stored, words = DAMAGED_HEADERS[name]
    path = tmp_path / "x.safetensors"
    header_of(stored)(path)
    refused(path, ["damaged safetensors header", words, "download it again"])


def test_a_header_nested_without_end(tmp_path):
    path = tmp_path / "x.safetensors"
    header = b'{"t":' + b"[" * 200_000
    path.write_bytes(struct.pack("<Q", len(header)) + header)
    refused(path, ["damaged safetensors header", "download it again"])


def test_headers_that_can_be(tmp_path):
    """No metadata said as null, tensors without values, single values: all of it only of no use."""
    path = tmp_path / "x.safetensors"
    empty, single = entry([0, 8], [16, 16])["t"], entry([], [16, 20])["t"]
    header_of({"__metadata__": None, **entry(), "u": empty, "v": single}, bytes(20))(path)
    refused(path, ["none of the networks", "3 tensors, such as t, u, v"])


@pytest.mark.parametrize("old", [False, True])
@pytest.mark.parametrize(
    ("make", "form"),
    [
        (torch.Tensor.to_sparse, "sparse_coo"),
        (torch.Tensor.to_sparse_csr, "sparse_csr"),
        (lambda t: torch.quantize_per_tensor(t, 0.1, 0, torch.quint8), "quint8"),
    ],
)
@pytest.mark.filterwarnings("ignore::UserWarning")  # torch's, about what it is asked to write and read
def test_tensors_in_forms_that_no_network_takes(make, form, old, tmp_path):
    """The file is whole, so nobody is sent to download it again."""
    path = tmp_path / "x.pth"
    state = {"a": ZEROS, "b": make(torch.eye(3))}
    torch.save({"generator": state}, path, _use_new_zipfile_serialization=not old)
    refused(path, [f"tensor b is stored as {form}, which this pack can't read", "fp16, bf16 or fp32"])


@pytest.mark.parametrize("name", FOREIGN)
def test_files_of_other_models(name, tmp_path):
    state, words = FOREIGN[name]
    path = tmp_path / f"{name}.safetensors"
    save_file(state, path)
    refused(path, words)


def without_some(state):
    return {n: t for n, t in state.items() if "fused_blocks.3.attn" not in n}


DAMAGED = {
    "missing": (
        without_some,
        [
            "a flow network (MM-DiT)",
            "4 missing (fused_blocks.3.attn.qkv.weight",
            "Get mmaudio_",
            "hkchengrex/MMAudio",
        ],
    ),
    "no_first": (
        lambda s: {n: t for n, t in s.items() if n != "empty_clip_feat"},
        ["looks like a flow network", "tensor empty_clip_feat is missing", "Get mmaudio_"],
    ),
    "unexpected": (lambda s: s | named("extra.one", "extra.two"), ["2 unexpected (extra.one, extra.two)"]),
    "shape": (
        lambda s: s | {"clip_cond_proj.weight": torch.zeros(64, 65)},
        ["1 of the wrong shape (clip_cond_proj.weight [64, 65] instead of [64, 64])"],
    ),
    "integers": (
        lambda s: s | {"clip_cond_proj.weight": torch.zeros(64, 64, dtype=torch.int8)},
        ["1 stored as whole numbers (clip_cond_proj.weight)"],
    ),
    "scaled": (
        lambda s: s | named("clip_cond_proj.scale_weight"),
        ["1 unexpected", "separate scales", "fp16, bf16 or fp32"],
    ),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_networks_with_wrong_tensors(name, tmp_path):
    change, words = DAMAGED[name]
    path = tmp_path / f"{name}.safetensors"
    save_file(change(small_state(FLOW)), path)
    refused(path, words)


def test_a_piece_of_a_split_model(tmp_path):
    state = dict(list(small_state("clip_dfn5b_vit_h14_378_transformers").items())[:-2])
    path = tmp_path / "model-00001-of-00002.safetensors"
    save_file(state, path)
    refused(path, ["one piece of a model", "open_clip_pytorch_model.bin"])


@pytest.mark.parametrize("name", ["latent_mean", "latent_std"])
def test_flow_network_without_statistics(name, tmp_path):
    """Only the values tell, so the header passes and loading refuses."""
    state = golden_state("mmdit_v2")
    state[name] = torch.full_like(state[name], torch.nan)
    path = tmp_path / "x.safetensors"
    save_file(state, path)
    assert recognise(path).kind == "mmdit"
    with pytest.raises(InputError, match=rf"x\.safetensors.*{name}.*not numbers.*Get the released file"):
        load_state(path)


def test_damage_that_only_reading_finds(tmp_path):
    """Bytes after the promised end: names and shapes are whole, the container isn't."""
    path = tmp_path / "x.safetensors"
    path.write_bytes(save(small_state("vae_16k")) + b"more")
    with pytest.raises(InputError, match=r"x\.safetensors is damaged .*download it again"):
        load_state(path)


def test_wrong_kind_for_the_place(tmp_path):
    path = tmp_path / "x.safetensors"
    save_file(small_state("vae_16k"), path)
    wanted = r"x\.safetensors holds vae.*not one mmdit: a flow network .* is wanted here\. Get mmaudio_large"
    with pytest.raises(InputError, match=wanted):
        load_network(path, "mmdit")
