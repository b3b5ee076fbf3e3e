"""Synchformer whole against the authors' code at reduced width, its mels against torchaudio's, its file."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
import torch
from checkpoint_files import keys, small_state
from clips import write_clip
from golden_files import golden
from torch import Tensor, nn

from kling_foley_core.checkpoints.compare import faults
from kling_foley_core.checkpoints.header import meta_state
from kling_foley_core.encoders.sync.synchformer import Synchformer, SynchformerConfig
from kling_foley_core.errors import InputError
from kling_foley_core.evaluation.networks.film_frames import FilmFrames
from kling_foley_core.evaluation.networks.finding import find_networks, missing, not_used, open_network
from kling_foley_core.evaluation.networks.synchformer import file as module
from kling_foley_core.evaluation.networks.synchformer.audio_half import AudioHalf, AudioHalfConfig
from kling_foley_core.evaluation.networks.synchformer.comparison import OFFSETS, Comparison
from kling_foley_core.evaluation.networks.synchformer.log_mel import log_mels
from kling_foley_core.evaluation.networks.synchformer.network import SynchformerNetwork
from kling_foley_core.evaluation.networks.transformer import TransformerConfig
from kling_foley_core.media import read_views
from kling_foley_core.networks.without_values import WithoutValues

TOY = SynchformerConfig(image_size=16, patch=8, patch_frames=2, dim=16, depth=1, heads=2)


def audio_half(width: int, heads: int) -> AudioHalfConfig:
    body = TransformerConfig(width=width, layers=2, heads=heads, mlp=4 * width, eps=1e-12, extra_key=False)
    return AudioHalfConfig(body=body, patch=16, stride=10)


def comparison(width: int) -> TransformerConfig:
    return TransformerConfig(width=width, layers=3, heads=8, mlp=4 * width, eps=1e-5, extra_key=False)


def loaded(network: nn.Module, state: dict[str, Tensor]) -> nn.Module:
    network.load_state_dict(state, strict=True)
    return network.eval()


def golden_network() -> SynchformerNetwork:
    weights = golden("synchformer_whole").weights()
    audio = loaded(AudioHalf(audio_half(32, 2)), module.audio_half_state(weights))
    compare = loaded(Comparison(comparison(32)), module.comparison_state(weights))
    torch.manual_seed(0)
    return SynchformerNetwork(Synchformer(TOY).eval(), audio, compare)


def test_golden_tokens_and_logits() -> None:
    file, network = golden("synchformer_whole"), golden_network()
    wave = file["in.wave"].float() / 32768
    file.check("out.tokens", network.of_sound(wave[None], 16000)["tokens"])
    file.check("out.logits", network.compare(file["in.film_tokens"], file["in.sound_tokens"]))


def test_mels_are_torchaudios() -> None:
    transforms = pytest.importorskip("torchaudio.transforms", reason="torchaudio is in the dev extra")
    mel = transforms.MelSpectrogram(16000, n_fft=1024, win_length=400, hop_length=160, n_mels=128)
    wave = golden("synchformer_whole")["in.wave"].float() / 32768
    segments = torch.stack([wave[s : s + 10240] for s in range(0, len(wave) - 10239, 5120)])
    want = torch.cat([(mel(segments) + 1e-6).log(), torch.zeros(len(segments), 128, 1)], dim=-1)
    want = (want + 4.2677393) / 9.1379948
    assert want.shape == (8, 128, 66)
    torch.testing.assert_close(log_mels(wave), want, atol=1e-4, rtol=0)
    assert (log_mels(wave) - want).abs().mean() < 2e-6


def test_a_sound_is_heard_as_one_channel_and_to_its_8_seconds() -> None:
    network = golden_network()
    draw = torch.Generator().manual_seed(1)
    wave = 0.1 * torch.randn(2, 9 * 16000, generator=draw)
    tokens = network.of_sound(wave, 16000)["tokens"]
    assert tokens.shape == (24, 6, 32)
    assert torch.equal(tokens, network.of_sound(wave.mean(0, keepdim=True)[:, : 8 * 16000], 16000)["tokens"])
    four = network.of_sound(wave, 16000, seconds=4.0)["tokens"]
    torch.testing.assert_close(four, tokens[:11], atol=1e-5, rtol=0)


def test_a_film_is_seen_as_the_sync_encoder_sees_it(tmp_path: Path) -> None:
    network = golden_network()
    path = write_clip(tmp_path / "film.mp4", seconds=2.5)
    tokens = network.of_film(FilmFrames(path))["tokens"]
    assert tokens.shape == (6, 8, 16)
    frames = read_views(path, {"sync": network.visual.view})["sync"]
    assert torch.equal(tokens.flatten(0, 1), network.visual(frames[None])[0])
    later = network.of_film(FilmFrames(path, 1.0, Fraction(8, 25)))["tokens"]
    torch.testing.assert_close(later, tokens[1:3], atol=1e-5, rtol=0)


def test_the_first_and_the_last_14_segments_are_compared() -> None:
    network = golden_network()
    draw = torch.Generator().manual_seed(2)
    film, sound = torch.randn(20, 8, 32, generator=draw), torch.randn(19, 6, 32, generator=draw)
    logits = network.compare(film, sound)
    first, last = network.compare(film[:14], sound[:14]), network.compare(film[5:19], sound[5:19])
    torch.testing.assert_close(logits, torch.stack([first[0], last[0]]), atol=1e-5, rtol=0)
    assert logits.shape == (2, len(OFFSETS)) and OFFSETS[[0, 10, 20]].tolist() == [-2, 0, 2]


def test_what_is_too_short_is_named(tmp_path: Path) -> None:
    network = golden_network()
    with pytest.raises(InputError, match="the sound has 0.5 s, but Synchformer needs 0.64 s"):
        network.of_sound(torch.zeros(1, 8000), 16000)
    with pytest.raises(InputError, match="0.4 s of film are judged, but Synchformer needs 0.64 s"):
        network.of_film(FilmFrames(write_clip(tmp_path / "film.mp4", seconds=0.4)))
    with pytest.raises(InputError, match="share 13 segments, but Synchformer compares 14, which last 4.8 s"):
        network.compare(torch.zeros(13, 8, 32), torch.zeros(24, 6, 32))


def test_the_public_files_tensors_are_all_used_and_fit() -> None:
    state = meta_state(keys("synchformer_full"))
    with WithoutValues(), torch.device("meta"):
        halves = {
            module.audio_half_state: AudioHalf(module.AUDIO_HALF),
            module.comparison_state: Comparison(module.COMPARISON),
        }
    values = 0
    for of_file, network in halves.items():
        assert faults(of_file(state), network.state_dict()) == []
        values += sum(p.numel() for p in network.parameters())
    seen = sum(t.numel() for n, t in state.items() if n.startswith("vfeat_extractor."))
    assert values + seen == sum(t.numel() for t in state.values())


def test_a_whole_file_is_found_and_opened_and_the_visual_half_is_not(tmp_path: Path, monkeypatch) -> None:
    body = TransformerConfig(width=64, layers=12, heads=1, mlp=256, eps=1e-12, extra_key=False)
    monkeypatch.setattr(module, "AUDIO_HALF", AudioHalfConfig(body=body, patch=16, stride=10))
    monkeypatch.setattr(module, "COMPARISON", comparison(64))
    state = small_state("synchformer_full")
    half = {n: t for n, t in state.items() if n.startswith("vfeat_extractor.")}
    torch.save(half, tmp_path / "half.pth")
    assert find_networks([tmp_path]) == {}
    (sentence,) = (s for s in not_used([tmp_path]) if "Synchformer" in s)
    assert "half.pth is Synchformer's visual half alone" in sentence
    assert "get synchformer_state_dict.pth" in sentence
    assert "DeSync" in missing("synchformer")
    torch.save({n: t.half() for n, t in state.items()}, tmp_path / "whole.pth")
    network = open_network("synchformer", find_networks([tmp_path]))
    tokens = network.of_sound(torch.zeros(1, 16000), 16000)["tokens"]
    assert tokens.shape == (2, 6, 64) and tokens.isfinite().all()
    assert torch.equal(network.visual.cls_token, state["vfeat_extractor.cls_token"].half().float())


def test_a_file_with_a_tensor_missing_is_refused(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(module, "load_network", lambda *a, **k: None)
    state = small_state("synchformer_full")
    del state["transformer.blocks.1.attn.key.bias"]
    torch.save(state, tmp_path / "whole.pth")
    monkeypatch.setattr(
        module,
        "AUDIO_HALF",
        AudioHalfConfig(
            TransformerConfig(width=64, layers=12, heads=1, mlp=256, eps=1e-12, extra_key=False), 16, 10
        ),
    )
    monkeypatch.setattr(module, "COMPARISON", comparison(64))
    with pytest.raises(InputError, match="comparison.*missing .*qkv.bias"):
        module.load(tmp_path / "whole.pth", torch.device("cpu"))
