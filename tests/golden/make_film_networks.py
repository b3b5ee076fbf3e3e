"""Makes synchformer_whole.safetensors and imagebind.safetensors, and the list of ImageBind's tensors, by the
authors' own code at reduced width.

    python tests/golden/make_film_networks.py AV_BENCHMARK IMAGEBIND PYTORCHVIDEO

are checkouts of hkchengrex/av-benchmark (050a5cd), facebookresearch/ImageBind (53680b0) and
facebookresearch/pytorchvideo (6cdc929, which ImageBind pins). torch, torchaudio, torchvision, transformers
and timm are needed; what else their modules import serves other networks and is replaced by nothing. Weights
are random, rounded to bfloat16; tolerances are 20 times the difference of a run in float64, 2e-5 at least.
"""

from __future__ import annotations

import gzip
import importlib.util
import json
import sys
from collections.abc import Callable
from pathlib import Path
from unittest.mock import MagicMock

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

HERE = Path(__file__).parent
WIDTH, OUT = 32, 16
RATE, SAMPLES = 16000, 48123
NOT_NEEDED = (
    *("omegaconf", "requests", "colorlog", "pkg_resources", "laion_clap", "msclap", "hear21passt"),
    *("hear21passt.base", "pytorchvideo", "pytorchvideo.data", "iopath", "iopath.common"),
    *("iopath.common.file_io", "torio", "torio.io", "pytorchvideo.data.encoded_video"),
    "av_bench.extraction_models",
)


def main(av_benchmark: str, imagebind: str, pytorchvideo: str) -> None:
    sys.path[:0] = [av_benchmark, imagebind]
    for name in NOT_NEEDED:
        sys.modules[name] = MagicMock()
    sampling = Path(pytorchvideo, "pytorchvideo", "data", "clip_sampling.py")
    spec = importlib.util.spec_from_file_location("pytorchvideo.data.clip_sampling", sampling)
    sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules[spec.name])
    _older_transformers()
    synchformer()
    imagebind_reduced(Path(av_benchmark, "extract_video.py").read_text())
    imagebind_list()


def synchformer() -> None:
    import torchaudio
    from av_bench.extract import encode_audio_with_sync
    from av_bench.synchformer import ast
    from av_bench.synchformer.synchformer import Synchformer
    from av_bench.synchformer.transformer import GlobalTransformer, RandInitPositionalEncoding

    config, sizes = ast.ASTConfig, {"hidden_size": WIDTH, "intermediate_size": 4 * WIDTH}
    ast.ASTConfig = lambda: config(
        num_hidden_layers=2, num_attention_heads=2, attn_implementation="eager", **sizes
    )
    network = Synchformer.__new__(Synchformer)
    nn.Module.__init__(network)
    network.afeat_extractor = ast.AST(
        extract_features=True,
        max_spec_t=66,
        factorize_freq_time=True,
        agg_freq_module="TransformerEncoderLayer",
        agg_time_module="torch.nn.Identity",
        add_global_repr=False,
    )
    network.vproj, network.aproj = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH)
    network.transformer = GlobalTransformer(0.0, 0.1, 0.1, 0.1, n_layer=3, n_head=8, n_embd=WIDTH)
    network.transformer.pos_emb_cfg = RandInitPositionalEncoding([198], WIDTH)
    network.transformer.off_head = nn.Linear(WIDTH, 21)
    draw_weights(network.eval(), 11)
    mel = torchaudio.transforms.MelSpectrogram(
        sample_rate=RATE, win_length=400, hop_length=160, n_fft=1024, n_mels=128
    )
    wave, draw = sound(), torch.Generator().manual_seed(3)
    film, heard = (torch.randn(16, n, WIDTH, generator=draw) for n in (8, 6))

    def run(cast: Callable) -> dict[str, Tensor]:
        network_, mel_ = cast(network), cast(mel)
        tokens = encode_audio_with_sync(network_, cast(wave.float() / 32768)[None], mel_)[0]
        windows = (slice(14), slice(-14, None))
        logits = [network_.compare_v_a(cast(film)[None, w], cast(heard)[None, w]) for w in windows]
        return {"out.tokens": tokens, "out.logits": torch.cat(logits)}

    inputs = {"in.wave": wave, "in.film_tokens": film, "in.sound_tokens": heard}
    sizes = {"width": WIDTH, "layers": 2, "heads": 2, "comparison_heads": 8}
    write("synchformer_whole", network, lambda name: True, inputs, run, sizes)


def imagebind_reduced(extract_video: str) -> None:
    import av_bench.data.audio_dataset as audio
    from av_bench.data.video_dataset import VideoDataset
    from einops import rearrange
    from imagebind.models.imagebind_model import ImageBindModel, ModalityType

    others = {f"{m}_embed_dim": 8 for m in ("text", "depth", "thermal", "imu")}
    others |= {f"{m}_num_{n}": 1 for m in ("text", "depth", "thermal", "imu") for n in ("blocks", "heads")}
    both = {f"{m}_{n}": v for m in ("vision", "audio") for n, v in (("num_blocks", 2), ("num_heads", 2))}
    network = ImageBindModel(
        vision_embed_dim=WIDTH, audio_embed_dim=WIDTH, out_embed_dim=OUT, **both, **others
    ).eval()
    draw_weights(network, 12)
    begin = extract_video.index("def encode_video_with_imagebind")
    end = extract_video.index("@torch.inference_mode()", begin)
    code = "from __future__ import annotations\n" + extract_video[begin:end]
    names = {"torch": torch, "rearrange": rearrange, "ModalityType": ModalityType}
    exec(code, names)  # noqa: S102  (a function of a script that opens a GPU when it is imported)

    wave = sound()
    loud = wave.float() / 32768
    audio.torchaudio.load = lambda path: (torch.stack([loud, -0.5 * loud.roll(99)]), RATE)
    clips = audio.ImageBindAudioDataset([]).load_and_transform_audio_data("")
    small = torch.randint(0, 256, (4, 3, 14, 20), generator=torch.Generator().manual_seed(9)).byte()
    wide = small.repeat_interleave(20, -1).repeat_interleave(20, -2)
    films, reader = {"out.film": wide, "out.tall_film": wide[..., :200].contiguous()}, VideoDataset([])
    films = {n: torch.stack(reader.crop([reader.ib_transform(f)]))[None] for n, f in films.items()}

    def run(cast: Callable) -> dict[str, Tensor]:
        heard = cast(network)({ModalityType.AUDIO: cast(clips.clone())})[ModalityType.AUDIO][0]
        seen = {n: names["encode_video_with_imagebind"](network, cast(f))[0] for n, f in films.items()}
        return {"out.sound": heard, "out.sound_clips": cast(clips)[0, ..., ::8, ::6], **seen}

    used = ("audio.", "vision.")
    write(
        "imagebind",
        network,
        lambda name: name.split(".", 1)[1].startswith(used),
        {"in.wave": wave, "in.small_frames": small},
        run,
        {"width": WIDTH, "layers": 2, "heads": 2, "out": OUT},
    )


def imagebind_list() -> None:
    from imagebind.models.imagebind_model import imagebind_huge

    linspace = torch.linspace
    torch.linspace = lambda *numbers: linspace(*numbers, device="cpu")  # its values are looked at
    with torch.device("meta"):
        state = imagebind_huge(pretrained=False).state_dict()
    stored = {
        "component": "imagebind_huge",
        "files": ["imagebind_huge.pth"],
        "note": "the authors' class on the meta device",
        "n_tensors": len(state),
        "n_values": sum(t.numel() for t in state.values()),
        "keys": {n: [list(t.shape), str(t.dtype).removeprefix("torch.")] for n, t in state.items()},
    }
    path = HERE.parent / "checkpoints" / "keys" / "imagebind_huge.json.gz"
    path.write_bytes(gzip.compress(json.dumps(stored, separators=(",", ":")).encode(), mtime=0))


def sound() -> Tensor:
    """int16 [SAMPLES]: a rising tone, hiss and five strokes, a little off zero."""
    draw, t = torch.Generator().manual_seed(5), torch.arange(SAMPLES) / RATE
    wave = 0.003 * torch.randn(SAMPLES, generator=draw) + 0.1 * torch.sin(2 * torch.pi * (300 + 200 * t) * t)
    for at in (0.31, 0.9, 1.42, 2.2, 2.75):
        stroke = 0.5 * torch.randn(2000, generator=draw) * torch.exp(-torch.arange(2000) / 300)
        wave[int(at * RATE) :][:2000] += stroke
    return ((wave + 0.01).clamp(-1, 1) * 32767).round().short()


@torch.no_grad()
def draw_weights(network: nn.Module, seed: int) -> None:
    """Scaled so that every part leaves its mark on what comes out."""
    draw = torch.Generator().manual_seed(seed)
    norms = {n for n, module in network.named_modules() if isinstance(module, nn.LayerNorm)}
    for name, values in network.named_parameters():
        drawn = torch.randn(values.shape, generator=draw)
        if name.rpartition(".")[0] in norms:
            drawn = 1 + 0.2 * drawn if name.endswith("weight") else 0.1 * drawn
        elif values.ndim > 1 and "weight" in name:
            drawn = drawn * 1.5 / values[0].numel() ** 0.5
        else:
            drawn = 0.3 * drawn
        values.copy_(drawn.bfloat16())


@torch.no_grad()
def write(
    name: str,
    network: nn.Module,
    used: Callable[[str], bool],
    inputs: dict[str, Tensor],
    run: Callable[[Callable], dict[str, Tensor]],
    config: dict[str, int],
) -> None:
    exact = run(lambda x: x.double())
    made = run(lambda x: x.float())
    apart = {n: (made[n].double() - exact[n]).abs() for n in made}
    weights = {f"w.{n}": t for n, t in network.state_dict().items() if used(n)}
    weights = {n: t.bfloat16() if torch.equal(t.bfloat16().float(), t) else t for n, t in weights.items()}
    stated = {
        "config": config,
        "atol": {n: max(20 * d.max().item(), 2e-5) for n, d in apart.items()},
        "mean_atol": {n: max(20 * d.mean().item(), 4e-6) for n, d in apart.items()},
        "fp32_vs_fp64": {n: d.max().item() for n, d in apart.items()},
    }
    tensors = {n: t.contiguous() for n, t in {**weights, **inputs, **made}.items()}
    save_file(tensors, HERE / f"{name}.safetensors", {n: json.dumps(v) for n, v in stated.items()})


def _older_transformers() -> None:
    """What the copy of AST wants and newer versions lack; decorators of its documentation are left out."""
    from transformers import modeling_utils, pytorch_utils, utils

    documenting = ("add_code_sample_docstrings", "add_start_docstrings")
    for name in (*documenting, "add_start_docstrings_to_model_forward"):
        if not hasattr(utils, name):
            setattr(utils, name, lambda *a, **k: lambda f: f)
    if not hasattr(pytorch_utils, "find_pruneable_heads_and_indices"):
        pytorch_utils.find_pruneable_heads_and_indices = None
    if not hasattr(modeling_utils.PreTrainedModel, "get_head_mask"):
        modeling_utils.PreTrainedModel.get_head_mask = lambda self, mask, layers: [mask] * layers


if __name__ == "__main__":
    main(*sys.argv[1:])
