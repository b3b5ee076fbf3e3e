"""LAION-CLAP and MS-CLAP against golden vectors (golden/make_claps.py): laion_clap 1.1.7 and msclap 1.3.4
(with av-benchmark's reader of sounds) at reduced width; where they draw a stretch at random, the middle
one."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import torch
from clap_tiny import TEXTS, completed, sound, write_gpt2, write_roberta
from golden_files import Golden, golden

from kling_foley_core.errors import InputError
from kling_foley_core.evaluation.clips.kept import Kept
from kling_foley_core.evaluation.clips.networks import Networks
from kling_foley_core.evaluation.networks.catalogue import NETWORKS
from kling_foley_core.evaluation.networks.clap import laion, microsoft
from kling_foley_core.evaluation.networks.clap.htsat import renamed
from kling_foley_core.evaluation.networks.clap.htsat import sizes as htsat_sizes
from kling_foley_core.evaluation.networks.clap.stretch import middle, repeated, repeated_then_silent
from kling_foley_core.evaluation.networks.clap.tensors import below

pytest.importorskip("transformers")

KEYS = Path(__file__).parent / "keys"
CPU = torch.device("cpu")
Tiny = tuple[Golden, laion.LaionClap | microsoft.MsClap]


def laion_file(folder: Path) -> Path:
    """As trained on many processors, beside what its trainer kept."""
    write_roberta(folder / "roberta-base")
    state = completed(golden("laion_clap").weights())
    state |= {"text_branch.embeddings.position_ids": torch.arange(82)[None]}
    state |= {"audio_branch.layers.0.blocks.1.attn_mask": torch.zeros(64, 64, 64)}
    named = {f"module.{name}": tensor for name, tensor in state.items()}
    torch.save({"epoch": 15, "name": "x", "optimizer": {"state": {}}, "state_dict": named}, folder / "it.pt")
    return folder / "it.pt"


def ms_file(folder: Path) -> Path:
    write_gpt2(folder / "gpt2")
    state = completed(golden("ms_clap").weights())
    state |= {"caption_encoder.base.h.0.attn.bias": torch.ones(1, 1, 300, 300, dtype=torch.bool)}
    torch.save({"model": state}, folder / "it.pth")
    return folder / "it.pth"


FILES = {"laion_clap": laion_file, "ms_clap": ms_file}


@pytest.fixture(scope="module")
def laion_tiny(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    return golden("laion_clap"), laion.load_laion_clap(laion_file(tmp_path_factory.mktemp("laion")), CPU)


@pytest.fixture(scope="module")
def ms_tiny(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    return golden("ms_clap"), microsoft.load_ms_clap(ms_file(tmp_path_factory.mktemp("ms")), CPU)


@pytest.mark.parametrize(
    ("name", "seconds", "rate", "channels"),
    [("stereo_8s_44k", 8, 44100, 2), ("mono_3s_48k", 3, 48000, 1), ("mono_12s_16k", 12, 16000, 1)],
)
def test_laion_of_sound(laion_tiny: Tiny, name: str, seconds: int, rate: int, channels: int) -> None:
    file, network = laion_tiny
    found = network.of_sound(sound(seconds, rate, channels), rate, max(8.0, seconds))["embedding"]
    file.check(f"out.{name}", found)


@pytest.mark.parametrize(
    ("name", "seconds", "rate"),
    [("mono_8s_48k", 8, 48000), ("mono_2s_44k", 2.5, 44100), ("mono_7s_44k", 7, 44100)],
)
def test_ms_of_sound(ms_tiny: Tiny, name: str, seconds: float, rate: int) -> None:
    file, network = ms_tiny
    file.check(f"out.{name}", network.of_sound(sound(seconds, rate, 1), rate)["embedding"])


@pytest.mark.parametrize("place", range(len(TEXTS)))
@pytest.mark.parametrize("tiny", ["laion_tiny", "ms_tiny"])
def test_of_text(request: pytest.FixtureRequest, tiny: str, place: int) -> None:
    file, network = request.getfixturevalue(tiny)
    file.check(f"out.text_{place}", network.of_text(TEXTS[place])["embedding"])


@pytest.mark.parametrize("tiny", ["laion_tiny", "ms_tiny"])
def test_what_lies_behind_the_seconds_is_not_heard(request: pytest.FixtureRequest, tiny: str) -> None:
    _, network = request.getfixturevalue(tiny)
    wave = sound(3, 16000, 1) - sound(3, 16000, 1)[:, :32000].mean()  # LAION's mean is of all, so it is none
    wave[:, 32000:] = 0.05 * (wave[:, 32000:] - wave[:, 32000:].mean())
    longer, cut = network.of_sound(wave, 16000, 1.5), network.of_sound(wave[:, :32000], 16000, 1.5)
    torch.testing.assert_close(longer["embedding"], cut["embedding"], atol=2e-4, rtol=0)
    other = network.of_sound(wave, 16000, 3.0)["embedding"]
    assert (other - longer["embedding"]).abs().max() > 1e-2


def test_ms_mixes_channels(ms_tiny: Tiny) -> None:
    _, network = ms_tiny
    both = sound(7, 44100, 2)
    torch.testing.assert_close(network.of_sound(both, 44100), network.of_sound(both.mean(0, True), 44100))


def test_stretches() -> None:
    wave = torch.arange(5.0)
    assert middle(wave, 2).tolist() == [1, 2] and middle(wave, 9).tolist() == wave.tolist()
    assert repeated(wave, 12).tolist() == [0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1]
    assert repeated_then_silent(wave, 12).tolist() == [0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 0]


@pytest.mark.parametrize("name", FILES)
def test_a_tensor_is_missing(tmp_path: Path, name: str) -> None:
    path = FILES[name](tmp_path)
    stored = torch.load(path, weights_only=True)
    (key,) = stored.keys() & {"model", "state_dict"}
    for part, said in (
        ("layers.1.blocks.0.mlp.fc1.weight", "ClapAudio"),
        ("patch_embed.proj.weight", "patch_embed.proj.weight"),
        (
            "_projection.0.weight" if name == "laion_clap" else "audio_encoder.projection.linear1.weight",
            "linear1|0.weight",
        ),
    ):
        (gone, *_) = (n for n in stored[key] if part in n)
        torch.save({key: {n: t for n, t in stored[key].items() if n != gone}}, path)
        with pytest.raises(InputError, match=said):
            NETWORKS[name].load(path, CPU)


@pytest.mark.parametrize("name", FILES)
def test_other_tokens_are_other_features(tmp_path: Path, name: str) -> None:
    path = FILES[name](tmp_path)
    networks = partial(Networks, {name: path}, "cpu", Kept(tmp_path / "features"))
    first = networks().facts(name)
    (folder,) = (p for p in tmp_path.iterdir() if (p / "merges.txt").is_file())
    (tmp_path / "another").mkdir()
    (tmp_path / "another/tokenizer.json").write_text('{"model": {"vocab": {"!": 0, "<s>": 0}, "merges": []}}')
    assert networks().facts(name) == first, "a list that is not taken"
    merges = (folder / "merges.txt").read_text().splitlines()
    (folder / "merges.txt").write_text("\n".join(merges[:-1]))
    assert networks().facts(name) != first


@pytest.mark.parametrize("name", FILES)
def test_tokens_are_missing(tmp_path: Path, name: str) -> None:
    path = FILES[name](tmp_path)
    (folder,) = (p for p in tmp_path.iterdir() if p.is_dir())
    (folder / "vocab.json").unlink()
    with pytest.raises(InputError, match=f"tokenizer.json from .*{folder.name}"):
        NETWORKS[name].load(path, CPU)


@pytest.mark.parametrize(
    ("name", "module", "htsat", "width", "text"),
    [
        ("laion_clap", laion, "module.audio_branch.", (128, 1024, 12), "module.text_branch."),
        ("ms_clap", microsoft, "audio_encoder.base.htsat.", (96, 768, 6), "caption_encoder.base."),
    ],
)
def test_full_width(name: str, module, htsat: str, width: tuple[int, ...], text: str) -> None:
    """The authors' own networks, by name and shape: recognised, not taken for each other, and just what
    transformers' networks hold."""
    import transformers

    shapes = full(name)
    assert [kind.name for kind in NETWORKS.values() if kind.file and kind.recognise(shapes)] == [name]
    assert not any(kind.instead(shapes) for kind in NETWORKS.values())
    with torch.device("meta"):
        state = {n: torch.empty(shape) for n, shape in shapes.items()}
        sound_state = below(state, htsat)
        config = transformers.ClapAudioConfig(**htsat_sizes(sound_state))
    audio = without_values(transformers.ClapAudioModel, config)
    assert (config.patch_embeds_hidden_size, config.hidden_size, config.depths[2]) == width
    assert shapes_of(renamed(sound_state)) == audio
    text_sizes = module.sizes(below(state, text))
    kind = "Roberta" if module is laion else "GPT2"
    config = getattr(transformers, f"{kind}Config")(**text_sizes)
    words = without_values(getattr(transformers, f"{kind}Model"), config)
    dropped = (*microsoft.MASKS, "position_ids")
    assert {n: s for n, s in shapes_of(below(state, text)).items() if not n.endswith(dropped)} == words
    assert config.hidden_size == 768 and config.num_attention_heads == 12


def test_relatives_are_told() -> None:
    clap, ms = full("laion_clap"), full("ms_clap")
    fusing = clap | {"module.audio_branch.patch_embed.mel_conv2d.weight": (128, 1, 4, 12)}
    assert not laion.is_laion_clap(fusing) and "fusion" in laion.other_laion_clap(fusing)
    deeper = {n: s for n, s in clap.items() if ".layers.2.blocks.11." not in n}
    assert not laion.is_laion_clap(deeper) and "another size" in laion.other_laion_clap(deeper)
    assert "2022" in microsoft.other_ms_clap({"audio_encoder.base.conv_block1.conv1.weight": (64, 1, 3, 3)})
    assert "captioner" in microsoft.other_ms_clap({f"clap.{n}": s for n, s in ms.items()})
    assert laion.other_laion_clap({"a": (1,)}) == microsoft.other_ms_clap({"a": (1,)}) == ""


def full(name: str) -> dict[str, tuple[int, ...]]:
    with gzip.open(KEYS / f"{name}.json.gz") as file:
        return {n: tuple(shape) for n, shape in json.load(file).items()}


def without_values(network: Callable, config: object) -> dict[str, tuple[int, ...]]:
    """The names and shapes of what the network of full width is filled with."""
    with torch.device("meta"), pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.Tensor, "item", lambda tensor: 0.0)  # transformers 4 asks for drop-out's rates
        made = network(config)
    return {n: s for n, s in shapes_of(made.state_dict()).items() if not n.endswith(microsoft.MASKS)}


def shapes_of(state: dict[str, torch.Tensor]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(tensor.shape) for name, tensor in state.items()}
