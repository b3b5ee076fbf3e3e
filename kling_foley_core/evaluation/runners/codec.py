"""The codec on recordings it has not been trained on, as in the paper's table 3: one pair of rows a class.

"mel" is the original's mel through the vocoder, which is as good as the codec can get; "codec" is all of
it. Mono; distances are means over clips (distances.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from ...codec import FoleyCodec
from ...codec.level import at_level
from ...progress import Progress, silent
from ..measures import distances
from ..measures.statistics import mean
from ..report.table import lines
from .held_out_sounds import HeldOutSound

VOICES = ("speech", "singing")  # PESQ is defined for voices
NEEDS_PESQ = "pip install pesq"
FAINTEST = 1e-4  # RMS: there is nothing to compare in silence
COLUMNS = {
    "pesq": ("PESQ", 2),
    "si_sdr": ("SI-SDR", 2),
    "sdr": ("SDR", 2),
    "lsd": ("LSD", 2),
    "mcd": ("MCD", 2),
    "mel": ("mel", 2),
    "stft": ("STFT", 2),
}
Numbers = dict[str, float | None]


def evaluate_codec(
    codec: FoleyCodec, sounds: Sequence[HeldOutSound], progress: Progress = silent, *, most: int = 24
) -> dict[str, Any]:
    """`most`: clips of a class. Returns {"rows": {"speech: mel": {...}, "speech: codec": {...}, ...}, ...}"""
    kinds = dict.fromkeys(sound.kind for sound in sounds)
    chosen = {kind: [s for s in sounds if s.kind == kind][:most] for kind in kinds}
    total = sum(len(entries) for entries in chosen.values())
    rows: dict[str, Numbers] = {}
    done, used = 0, {}
    for kind, entries in chosen.items():
        found: dict[str, list[Numbers]] = {"mel": [], "codec": []}
        for sound in entries:
            wave = levelled(codec, torch.from_numpy(sound.wave()))
            if wave.square().mean().sqrt() > FAINTEST:
                for way, decoded in both_ways(codec, wave).items():
                    found[way].append(compared(decoded, wave, codec, kind))
            done += 1
            progress("codec", done, total)
        used[kind] = len(found["mel"])
        rows |= {f"{kind}: {way}": _means(numbers) for way, numbers in found.items() if numbers}
    return {"clips": used, "pesq": None if distances.can_pesq() else f"needs {NEEDS_PESQ}", "rows": rows}


def levelled(codec: FoleyCodec, wave: Tensor) -> Tensor:
    """[N] at the level that the codec learned, where it learned one: recordings are of any level."""
    return wave if codec.learned_db is None else at_level(wave[None, None], codec.learned_db)[0, 0]


@torch.inference_mode()
def both_ways(codec: FoleyCodec, wave: Tensor) -> dict[str, Tensor]:
    """wave [N] -> decoded [N] through the vocoder alone and through everything."""
    padded = torch.nn.functional.pad(wave, (0, -len(wave) % codec.samples_per_latent))[None]
    padded = padded.to(next(codec.parameters()).device)
    latent = codec.encode(padded[None]).mean
    sounds = {
        "mel": codec.vocode(codec.mel(padded)),
        "codec": codec.decode(latent, gain_db=codec.lost_db(padded[None], latent)),
    }
    return {way: sound[0, 0, : len(wave)].cpu() for way, sound in sounds.items()}


def compared(decoded: Tensor, wave: Tensor, codec: FoleyCodec, kind: str) -> Numbers:
    config = codec.mel_config
    voice = kind in VOICES and distances.can_pesq()
    return {
        "pesq": distances.pesq(decoded, wave, codec.sampling_rate) if voice else None,
        "si_sdr": distances.si_sdr(decoded, wave),
        "sdr": distances.sdr(decoded, wave),
        "lsd": distances.log_spectral_distance(decoded, wave),
        "mcd": distances.mel_cepstral_distortion(decoded, wave, config),
        "mel": distances.mel_distance(decoded, wave, config),
        "stft": distances.stft_distance(decoded, wave),
    }


def codec_table(result: dict[str, Any]) -> str:
    note = "" if result["pesq"] is None else f"\nPESQ {result['pesq']}"
    return lines(result["rows"], COLUMNS) + note


def _means(numbers: list[Numbers]) -> Numbers:
    return {name: mean(n[name] for n in numbers if n[name] is not None) for name in numbers[0]}
