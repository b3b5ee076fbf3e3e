"""Makes sound_networks.safetensors at reduced width, and the lists of the tensors of PANNs Cnn14 (16 kHz),
VGGish and PaSST, by the authors' own code.

    python tests/golden/make_sound_networks.py AV_BENCHMARK PASST_HEAR21

are checkouts of hkchengrex/av-benchmark (050a5cd) and hkchengrex/passt_hear21 (1ab7789: that of kkoutini
without its printing). torch, torchaudio, torchvision, torchlibrosa, librosa and timm are needed; what else
their modules import serves other networks and is replaced by nothing. Weights are random, rounded to
bfloat16; tolerances are 20 times the difference of a run in float64.
"""

from __future__ import annotations

import gzip
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from unittest.mock import MagicMock, patch

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

HERE = Path(__file__).parent
RATE, SAMPLES, SECONDS = 22050, 48510, 2.1
NOT_NEEDED = (
    *("pytorchvideo", "pytorchvideo.data", "pytorchvideo.data.clip_sampling", "resampy"),
    *("av_bench.extract", "av_bench.extraction_models"),
)


def main(av_benchmark: str, passt_hear21: str) -> None:
    sys.path[:0] = [av_benchmark, passt_hear21]
    for name in NOT_NEEDED:
        sys.modules[name] = MagicMock()
    made: dict[str, Tensor] = {}
    apart: dict[str, Tensor] = {}
    waves = {rate: heard(rate) for rate in (16000, 32000)}
    for prefix, network, run in (panns(waves[16000]), vggish(waves[16000]), passt(waves[32000])):
        state = network.state_dict()
        exact, found = run(lambda x: x.double()), run(lambda x: x.float())
        made |= found
        apart |= {n: (found[n].double() - exact[n]).abs() for n in found}
        for name, values in state.items():
            if not name.startswith("spectrogram_extractor"):
                short = values.bfloat16()
                kept = short if values.is_floating_point() and torch.equal(short.float(), values) else values
                made[f"{prefix}.{name}"] = kept
    stated = {
        "config": {"rate": RATE, "seconds": SECONDS},
        "atol": {n: max(20 * d.max().item(), 1e-5) for n, d in apart.items()},
        "mean_atol": {n: max(20 * d.mean().item(), 2e-6) for n, d in apart.items()},
        "fp32_vs_fp64": {n: d.max().item() for n, d in apart.items()},
    }
    tensors = {n: t.contiguous() for n, t in ({"in.sound": sound()} | made).items()}
    save_file(tensors, HERE / "sound_networks.safetensors", {k: json.dumps(v) for k, v in stated.items()})


def panns(wave: Tensor) -> tuple[str, nn.Module, Callable]:
    from av_bench.panns.models import Cnn14, ConvBlock

    def whole() -> Cnn14:  # it fetches its weights, and loads them
        with (
            patch.object(os.path, "exists", lambda path: True),
            patch.object(torch, "load", lambda *a, **k: {"model": {}}),
            patch.object(Cnn14, "load_state_dict", lambda self, state: None),
        ):
            return Cnn14(["2048", "logits"], 16000, 512, 160, 64, 50, 8000, 527)

    network, widths = whole(), (1, 4, 4, 8, 8, 16, 16)
    write_list("panns_cnn14_16k", "Cnn14_16k_mAP=0.438.pth", network.state_dict())
    for i in range(1, 7):
        setattr(network, f"conv_block{i}", ConvBlock(*widths[i - 1 : i + 1]))
    network.fc1, network.fc_audioset = nn.Linear(16, 24), nn.Linear(24, 10)
    draw_weights(network.eval(), 1, kept=("spectrogram_extractor", "logmel_extractor"))
    network.bn0.running_mean.fill_(-30.0)
    network.bn0.running_var.fill_(256.0)

    def run(cast: Callable) -> dict[str, Tensor]:
        found = cast(network)(cast(wave)[None])
        return {"out.panns_embedding": found["2048"][0], "out.panns_logits": found["logits"][0]}

    return "w_panns", network, run


def vggish(wave: Tensor) -> tuple[str, nn.Module, Callable]:
    from av_bench.vggish.vggish import VGG, VGGish, make_layers

    write_list("vggish", "vggish-10086976.pth", VGG(make_layers()).state_dict())
    network = VGGish(device=torch.device("cpu"), pretrained=False, postprocess=False)
    before, widths = 1, [4, 8, 8, 8, 16, 16]
    for i, layer in enumerate(network.features):
        if isinstance(layer, nn.Conv2d):
            network.features[i] = nn.Conv2d(before, widths[0], 3, padding=1)
            before = widths.pop(0)
    for i, (a, b) in {0: (16 * 24, 24), 2: (24, 24), 4: (24, 16)}.items():
        network.embeddings[i] = nn.Linear(a, b)
    draw_weights(network.eval(), 2)
    windows = network._preprocess(wave[None])
    network.preprocess = False

    def run(cast: Callable) -> dict[str, Tensor]:
        seen = {"out.vggish_mel": cast(windows)[0, :, None, ::4, ::4]}
        return {"out.vggish": cast(network)(cast(windows))[0], **seen}

    return "w_vggish", network, run


def passt(wave: Tensor) -> tuple[str, nn.Module, Callable]:
    from hear21passt.models.passt import PaSST
    from hear21passt.models.preprocess import AugmentMelSTFT
    from hear21passt.wrapper import PasstBasicWrapper

    sizes = {"img_size": (128, 998), "stride": (10, 10), "distilled": True}
    write_list("passt_s", "passt-s-f128-p16-s10-ap.476-swa.pt", PaSST(**sizes).state_dict())
    # as in get_basic_model
    mel = AugmentMelSTFT(freqm=48, timem=192, fmin_aug_range=10, fmax_aug_range=2000)
    network = PaSST(embed_dim=32, depth=2, num_heads=2, num_classes=10, **sizes)
    draw_weights(network, 3)
    wrapper = PasstBasicWrapper(mel=mel, net=network, mode="all").eval()
    padded = nn.functional.pad(wave, (0, 320000 - len(wave)))[None]
    bands = mel(padded)
    assert torch.equal(wrapper(padded), torch.cat(network(bands[:, None]), dim=1))

    def run(cast: Callable) -> dict[str, Tensor]:
        logits, embedding = cast(network)(cast(bands)[:, None])
        seen = {"out.passt_mel": cast(bands)[0, ::4, :220:10]}
        return {"out.passt_logits": logits[0], "out.passt_embedding": embedding[0], **seen}

    return "w_passt", network, run


def heard(rate: int) -> Tensor:
    """By av-benchmark's reader of files, from a file of `sound`."""
    import av_bench.data.audio_dataset as audio

    audio.torchaudio.load = lambda path: (sound().float() / 32768, RATE)
    return audio.AudioDataset([], audio_length=SECONDS, sr=rate).read_from_file("")[0]


def sound() -> Tensor:
    """int16 [2, SAMPLES]: a rising tone, hiss and four strokes, off zero, unlike in both channels."""
    draw, t = torch.Generator().manual_seed(5), torch.arange(SAMPLES) / RATE
    tone = 0.1 * torch.sin(2 * torch.pi * (300 + 200 * t) * t)
    wave = 0.01 * torch.randn(2, SAMPLES, generator=draw) + tone
    for at in (0.31, 0.9, 1.42, 1.9):
        stroke = torch.tensor([[0.6], [0.2]]) * torch.randn(2, 3000, generator=draw)
        wave[:, int(at * RATE) :][:, :3000] += stroke * torch.exp(-torch.arange(3000) / 400)
    return ((wave + torch.tensor([[0.02], [0.01]])).clamp(-1, 1) * 32767).round().short()


@torch.no_grad()
def draw_weights(network: nn.Module, seed: int, kept: tuple[str, ...] = ("none",)) -> None:
    """Scaled so that every part leaves its mark on what comes out."""
    draw = torch.Generator().manual_seed(seed)
    norms = {n for n, m in network.named_modules() if isinstance(m, nn.LayerNorm | nn.BatchNorm2d)}
    for name, values in network.state_dict().items():
        if name.startswith(kept) or not values.is_floating_point():
            continue
        drawn = torch.randn(values.shape, generator=draw)
        if name.rpartition(".")[0] in norms:
            near_one = name.endswith(("weight", "running_var"))
            drawn = 1 + 0.4 * drawn.clamp(-2, 2) if near_one else 0.2 * drawn
        elif values.ndim > 1 and "weight" in name:
            drawn = drawn * 1.5 / values[0].numel() ** 0.5
        else:
            drawn = 0.3 * drawn
        values.copy_(drawn.bfloat16())


def write_list(name: str, file: str, state: dict[str, Tensor]) -> None:
    stored = {
        "component": name,
        "files": [file],
        "note": "the authors' class",
        "n_tensors": len(state),
        "n_values": sum(t.numel() for t in state.values()),
        "keys": {n: [list(t.shape), str(t.dtype).removeprefix("torch.")] for n, t in state.items()},
    }
    path = HERE.parent / "checkpoints" / "keys" / f"{name}.json.gz"
    path.write_bytes(gzip.compress(json.dumps(stored, separators=(",", ":")).encode(), mtime=0))


if __name__ == "__main__":
    with torch.no_grad():
        main(*sys.argv[1:])
