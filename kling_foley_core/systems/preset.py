"""The preset of a system that files hold, which may be in no table: networks of any size, as found."""

from __future__ import annotations

from ..checkpoints.kinds.mmdit import variant
from ..codec.presets import MELS
from ..mmdit import MMDiT
from ..presets import Preset
from .search import System


def preset_of(system: System) -> Preset:
    """`system`: a complete one."""
    config = {part: network.config for part, network in system.parts.items()}
    network = MMDiT(config["generator"], device="meta")
    return Preset(
        name=variant(config["generator"]),
        generator=config["generator"],
        parameters=sum(t.numel() for t in network.state_dict().values()),
        text=config["text"],
        visual=config["visual"],
        sync=config["sync"],
        mel=MELS[config["vae"].n_mels],
        vae=config["vae"],
        vocoder=config["vocoder"],
        stereo=config.get("stereo"),
    )
