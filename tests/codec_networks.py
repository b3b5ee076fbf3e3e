"""Tiny codec and stereo networks with seeded weights, and a host's layers that store bfloat16."""

from __future__ import annotations

from types import SimpleNamespace

import torch
from torch import nn

from kling_foley_core.codec.bigvgan import BigVGAN, BigVGANConfig
from kling_foley_core.codec.codec import FoleyCodec
from kling_foley_core.codec.filterbank import MelConfig
from kling_foley_core.codec.istft_vocoder import ISTFTVocoder, ISTFTVocoderConfig
from kling_foley_core.codec.mel import LogMel
from kling_foley_core.codec.vae import MelVAE, MelVAEConfig
from kling_foley_core.codec.vae_weights import normalise_weights
from kling_foley_core.stereo.renderer import StereoConfig, StereoRenderer

MEL = MelConfig(sampling_rate=8000, n_fft=256, hop=64, n_mels=20, fmin=0, fmax=4000, log="ln")
VAE = MelVAEConfig(
    n_mels=20,
    latent_dim=4,
    width=8,
    multipliers=(1, 2, 4),
    encoder_blocks=2,
    decoder_blocks=3,
    attention=True,
    upsampling="nearest",
)
VAE_TRANSPOSED = MelVAEConfig(
    n_mels=20,
    latent_dim=4,
    width=16,
    multipliers=(1, 2),
    encoder_blocks=1,
    decoder_blocks=1,
    attention=False,
    upsampling="transposed",
)
BIGVGAN = BigVGANConfig(
    n_mels=20,
    width=16,
    upsample_rates=(8, 4, 2),
    upsample_kernels=(16, 8, 4),
    residual_kernels=(3, 5),
    dilations=(1, 3),
    final_bias=True,
    final="tanh",
)
ISTFT = ISTFTVocoderConfig(n_mels=20, n_fft=256, hop=64, width=16, inner=32, layers=2, kernel=5)
STEREO = StereoConfig(n_mels=20, hidden=16, layers=3, kernel=3, sync_dim=6)

NETWORKS = {
    "vae": (MelVAE, VAE, (2, 20, 12)),
    "vae_transposed": (MelVAE, VAE_TRANSPOSED, (2, 20, 12)),
    "bigvgan": (BigVGAN, BIGVGAN, (2, 20, 12)),
    "istft": (ISTFTVocoder, ISTFT, (2, 20, 12)),
    "stereo": (StereoRenderer, STEREO, (2, 20, 12)),
}


def seeded(kind: type[nn.Module], config: object, **kw: object) -> nn.Module:
    """The network with random, non-zero weights; those of a VAE normalised."""
    net = kind(config, **kw)
    generator = torch.Generator().manual_seed(7)
    for p in net.parameters():
        size = 0.3 if p.ndim < 3 else p[0].numel() ** -0.5  # keeps a deep vocoder from amplifying rounding
        p.data = size * torch.randn(p.shape, generator=generator)
    if kind is MelVAE:
        net.load_state_dict(normalise_weights(net.state_dict()))
        net.data_mean.copy_(torch.linspace(-6, -4, config.n_mels)[None, :, None])
        net.data_std.fill_(1.7)
    return net.eval()


def run(net: nn.Module, x: torch.Tensor) -> torch.Tensor:
    """One output that goes through all of a network's layers."""
    if isinstance(net, MelVAE):
        return net.decode(net.encode(x).mean.to(x.dtype))
    if isinstance(net, StereoRenderer):
        return net.gains(x, torch.linspace(-1, 1, 2 * 5 * 6).view(2, 5, 6))
    return net(x)


def small_codec(**kw: object) -> FoleyCodec:
    return FoleyCodec(LogMel(MEL), seeded(MelVAE, VAE), seeded(ISTFTVocoder, ISTFT), **kw).eval()


def storing_host() -> SimpleNamespace:
    """Layer classes like ComfyUI's manual cast: bfloat16 weights, computing in the input's type."""

    def hosted(base: type[nn.Module]) -> type[nn.Module]:
        class Hosted(base):
            hosted = True

            def __init__(self, *args, device=None, dtype=None, **kwargs) -> None:
                super().__init__(*args, device=device, dtype=torch.bfloat16, **kwargs)

            def forward(self, x: torch.Tensor) -> torch.Tensor:
                stored = dict(self._parameters)
                for name, p in stored.items():
                    self._parameters[name] = None if p is None else nn.Parameter(p.to(x))
                try:
                    return super().forward(x)
                finally:
                    self._parameters.update(stored)

        return Hosted

    kinds = (nn.Linear, nn.Conv1d, nn.ConvTranspose1d, nn.LayerNorm)
    return SimpleNamespace(**{kind.__name__: hosted(kind) for kind in kinds})
