"""Inside ComfyUI's process (see inside.py): a batch of three through sampler, codec and stereo renderer,
against each item by itself from the noise that the host gives it (LatentFromBatch's batch_index)."""

from __future__ import annotations

from fractions import Fraction

import torch
from inside import part, seen

ITEMS, FRAMES, STEPS = 3, 60, 6


@torch.inference_mode()
def three_and_singles() -> dict[str, float]:
    """Largest differences, relative to the largest value: of the latent; then of what each node makes of one
    and the same latent, mel and sound, alone and in the batch."""
    networks, nodes = (
        part("nodes.host.networks"),
        {n: part(f"nodes.{n}") for n in ("sampling", "codec", "stereo")},
    )
    small = networks.SMALL_CHOICE
    model, codec = networks.hosted_model(small), networks.hosted_codec(small, networks.IN_CODEC)
    stereo = networks.hosted_stereo(small)
    draw = torch.Generator().manual_seed(1)
    sync = torch.randn(1, 32, stereo.network.config.sync_dim, generator=draw)
    film = seen("sync", sync, Fraction(FRAMES * 1024 - 512, 44100))
    positive, negative, *_ = (
        part("nodes.conditioning").Conditioning.execute(1.0, 0.0, 0.0, sync_features=film).result
    )

    def sampled(latent):
        return nodes["sampling"].Sampler.execute(model, positive, negative, latent, STEPS, 4.5, 9).result[0]

    def decoded(samples):
        return nodes["codec"].CodecDecode.execute(codec, {"samples": samples}).result

    def rendered(audio, mel, way):
        return nodes["stereo"].StereoRender.execute(stereo, audio, mel, film, way).result[0]["waveform"]

    empty = torch.zeros(ITEMS, codec.network.latent_dim, FRAMES)
    batch = sampled({"samples": empty})["samples"]
    audio, mel = decoded(batch)
    both = {way: rendered(audio, mel, on) for way, on in (("stereo", None), ("stereo_mels", codec))}
    worst = dict.fromkeys(("latent", "mel", "audio", "stereo", "stereo_mels", "items_differ"), 0.0)

    def note(name, alone, together):
        worst[name] = max(worst[name], ((alone - together).abs().max() / together.abs().max()).item())

    for i in range(ITEMS):
        one = slice(i, i + 1)
        note("latent", sampled({"samples": empty[one], "batch_index": [i]})["samples"], batch[one])
        sound, spectrum = decoded(batch[one])
        note("mel", spectrum.log_mel, mel.log_mel[one])
        note("audio", sound["waveform"], audio["waveform"][one])
        note("stereo", rendered(sound, spectrum, None), both["stereo"][one])
        note("stereo_mels", rendered(sound, spectrum, codec), both["stereo_mels"][one])
        note("items_differ", batch[one], batch[i - 1 :][:1])
    end = decoded(sampled({"samples": empty[2:], "batch_index": [2]})["samples"])[0]["waveform"]
    return worst | {"end_to_end": ((end - audio["waveform"][2:]).abs().max() / end.abs().max()).item()}


CHECKS = (three_and_singles,)
