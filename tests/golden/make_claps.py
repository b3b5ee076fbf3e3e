"""Makes what laion_clap.safetensors and ms_clap.safetensors expect, by the authors' own packages, from the
weights of reduced width that the two files hold.

    PYTHONPATH=PACKAGES:tests python tests/golden/make_claps.py

PACKAGES has laion_clap 1.1.7, msclap 1.3.4, torchlibrosa 0.1.0 and librosa (`pip install --target PACKAGES
--no-deps` of the first three). torch, torchaudio, torchvision, timm and transformers are needed; what else
their modules import serves training and is replaced by nothing. Sounds, texts and lists of tokens are those
of clap_tiny.py. Where the packages draw a stretch of a longer sound at random, the middle one is taken.
Prints by how much each vector differs from the one that was there.
"""

from __future__ import annotations

import importlib
import json
import random
import sys
from contextlib import AbstractContextManager, ExitStack
from importlib.machinery import ModuleSpec
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from unittest.mock import MagicMock, patch

import numpy as np
import torch
import torchaudio
import transformers
from clap_tiny import TEXTS, completed, sound, write_gpt2, write_roberta
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

HERE = Path(__file__).parent
NOT_NEEDED = ("braceexpand", "h5py", "pandas", "sklearn", "sklearn.metrics", "webdataset", "wget")
ATOL = 1e-5
WIDTH, HEADS, SPACE = 8, [1, 2, 4, 8], 32
TEXT_WIDTH, TEXT_DEPTH = 64, 2
Found = dict[str, Tensor]


def main() -> None:
    for name in NOT_NEEDED:
        sys.modules[name] = MagicMock(__spec__=ModuleSpec(name, None))
    for name, make in (("laion_clap", laion), ("ms_clap", microsoft)):
        path = HERE / f"{name}.safetensors"
        with safe_open(path, "pt") as file:
            stored = {key: file.get_tensor(key) for key in file.keys()}
        weights = {key.removeprefix("w."): value for key, value in stored.items() if key.startswith("w.")}
        state = completed({n: t.float() if t.is_floating_point() else t for n, t in weights.items()})
        with TemporaryDirectory() as folder, torch.no_grad():
            made = {f"out.{key}": value.contiguous() for key, value in make(state, Path(folder)).items()}
        for key, value in made.items():
            sys.stdout.write(f"{name} {key}: {(value - stored[key]).abs().max():.1e}\n")
        tolerances = json.dumps(dict.fromkeys(made, ATOL))
        stated = {"config": '{"head": 64}', "atol": tolerances, "mean_atol": tolerances}
        save_file({f"w.{n}": t for n, t in weights.items()} | made, path, stated)


def laion(state: Found, folder: Path) -> Found:
    with ExitStack() as offline:  # it fetches three lists of tokens when it is imported
        for kind in ("Bert", "Roberta", "Bart"):
            tokenizer = getattr(transformers, f"{kind}Tokenizer")
            offline.enter_context(patch.object(tokenizer, "from_pretrained"))
        package = importlib.import_module("laion_clap")
    model = importlib.import_module("clap_module.model")
    vocabulary = write_roberta(folder)
    sizes = {"num_hidden_layers": TEXT_DEPTH, "num_attention_heads": 1, "intermediate_size": 96}
    config = transformers.RobertaConfig(
        vocab_size=vocabulary, hidden_size=TEXT_WIDTH, max_position_embeddings=82, type_vocab_size=1,
        pad_token_id=1, layer_norm_eps=1e-5, **sizes,
    )  # fmt: skip
    audio = json.loads(Path(package.__path__[0], "clap_module/model_configs/HTSAT-base.json").read_text())
    with (
        reduced(importlib.import_module("clap_module.htsat"), 4),
        patch.object(model.RobertaModel, "from_pretrained", lambda name: transformers.RobertaModel(config)),
    ):
        text = {**audio["text_cfg"], "model_type": "roberta"}
        clap = model.CLAP(8 * WIDTH, audio["audio_cfg"], text, joint_embed_shape=SPACE)
    clap.text_projection[0] = nn.Linear(TEXT_WIDTH, SPACE)
    fill(clap, state)
    whole = package.CLAP_Module.__new__(package.CLAP_Module)
    nn.Module.__init__(whole)
    whole.model, whole.model_cfg, whole.enable_fusion = clap, audio, False
    whole.tokenize = transformers.RobertaTokenizer.from_pretrained(folder)
    found = {
        f"text_{i}": whole.get_text_embedding([text], use_tensor=True)[0] for i, text in enumerate(TEXTS)
    }
    for name, seconds, rate, channels in (
        ("stereo_8s_44k", 8, 44100, 2),
        ("mono_3s_48k", 3, 48000, 1),
        ("mono_12s_16k", 12, 16000, 1),
    ):
        wave = sound(seconds, rate, channels).mean(0)  # av-benchmark's reader: mixed, centred, resampled
        wave = torchaudio.functional.resample(wave - wave.mean(), rate, 48000)[: 48000 * seconds]
        with patch.object(np.random, "randint", lambda low, high: (high - 1) // 2):
            found[name] = whole.get_audio_embedding_from_data([wave], use_tensor=True)[0]
    return found


def microsoft(state: Found, folder: Path) -> Found:
    wrapper = importlib.import_module("msclap.CLAPWrapper")
    vocabulary = write_gpt2(folder)
    config = transformers.GPT2Config(
        vocab_size=vocabulary, n_positions=300, n_embd=TEXT_WIDTH, n_layer=TEXT_DEPTH, n_head=1,
        bos_token_id=None, eos_token_id=None,
    )  # fmt: skip
    tokenizer = transformers.GPT2Tokenizer.from_pretrained(folder)
    networks, texts = (
        importlib.import_module("msclap.models.htsat"),
        importlib.import_module("msclap.models.clap"),
    )
    with (
        reduced(networks, 2),
        patch.object(texts.AutoModel, "from_pretrained", lambda name: transformers.GPT2Model(config)),
        patch.object(wrapper.torch, "load", lambda *a, **k: {"model": {}}),
        patch.object(wrapper.AutoTokenizer, "from_pretrained", lambda name: tokenizer),
    ):
        whole = wrapper.CLAPWrapper("none", version="2023", use_cuda=False)
    for part in (whole.clap.audio_encoder, whole.clap.caption_encoder):
        part.projection = texts.Projection(TEXT_WIDTH, SPACE)  # HTSAT's 8 * WIDTH are as many
    fill(whole.clap, state)
    if not hasattr(tokenizer, "encode_plus"):  # before version 5
        type(tokenizer).encode_plus = lambda self, text, **more: self(text, **more)
    found = {f"text_{i}": whole.get_text_embeddings([text])[0] for i, text in enumerate(TEXTS)}
    for name, seconds, rate in (
        ("mono_8s_48k", 8, 48000),
        ("mono_2s_44k", 2.5, 44100),
        ("mono_7s_44k", 7, 44100),
    ):
        with (
            patch.object(wrapper.torchaudio, "load", return_value=(sound(seconds, rate, 1), rate)),
            patch.object(random, "randrange", lambda count: count // 2),
        ):
            found[name] = whole.get_audio_embeddings([""], resample=True)[0]
    return found


def reduced(module: ModuleType, third: int) -> AbstractContextManager:
    """While it lasts the module's HTSAT is of reduced width, with `third` blocks in the third stage."""
    network = module.HTSAT_Swin_Transformer
    whole, sizes = network.__init__, {"embed_dim": WIDTH, "depths": [2, 2, third, 2], "num_heads": HEADS}
    return patch.object(network, "__init__", lambda self, **given: whole(self, **{**given, **sizes}))


def fill(network: nn.Module, state: Found) -> None:
    """All that the vectors depend on: what is missing are heads and masks."""
    missing, unexpected = network.eval().load_state_dict(state, strict=False)
    unused = (
        "tscam_conv.",
        "head.",
        "attn_mask",
        "transform.",
        ".attn.bias",
        "position_ids",
        "token_type_ids",
    )
    left = [name for name in missing if not any(part in name for part in unused)]
    if left or unexpected:
        raise SystemExit(f"not filled: {left}; not known: {unexpected}")


if __name__ == "__main__":
    main()
