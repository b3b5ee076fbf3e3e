"""The codec: mel, VAE and vocoder joined; wave to latent and latent to wave, mono.

    encode: wave [B, 1, N] -> posterior of [B, latent_dim, ceil(N / (2 hop))]
    decode: z [B, latent_dim, L] -> mel [B, n_mels, 2 L] -> wave [B, 1, 2 L hop] in -1..1

Paper section 4.5. The mel stage stands open between the two halves of `decode`, because the stereo renderer
works there. A sound's level goes around a VAE that doesn't know all levels (`level.py`): `encode` takes it
off, `lost_db` says what `decode` has to add. To a generated latent it adds nothing.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..errors import InputError
from ..progress import Progress, silent
from ..timing import MEL_PER_LATENT, latent_frames
from .checks import check_channels, check_finite, check_mono
from .chunks import decode_in_chunks, decode_in_pieces, vocode_in_chunks
from .filterbank import MelConfig
from .level import at_level, lost_db, with_gain
from .mel import LogMel
from .presets import LEARNED_DB
from .vae import MelVAE, Posterior

BROKEN = "check the sound for a broken file or a division by zero upstream"
CHUNK = 1024  # mel frames vocoded at a time: 12 s at 44.1 kHz, 0.1 GB for a tensor of a full-size BigVGAN
PIECE, SHARED = 8, 1  # seconds: MMAudio's sounds, and over how many of them two decoded pieces are mixed


class FoleyCodec(nn.Module):
    """`vocoder` is a BigVGAN or an ISTFTVocoder: any with n_mels, hop and reach that turns mels to waves.

    Waves, mels and posteriors are float32. The networks run in `dtype`; None means each in its own weights'
    type, which is right unless a host keeps weights in a storage type and casts them layer by layer.
    """

    def __init__(
        self, mel: LogMel, vae: MelVAE, vocoder: nn.Module, *, dtype: torch.dtype | None = None
    ) -> None:
        super().__init__()
        bands = (mel.config.n_mels, vae.config.n_mels, vocoder.n_mels)
        if len(set(bands)) > 1 or vocoder.hop != mel.config.hop:
            raise InputError(
                f"mel, VAE and vocoder have {bands} bands, the mel's hop is {mel.config.hop}, the vocoder's "
                f"{vocoder.hop}: they must agree; choose files of the same sampling rate."
            )
        self.mel, self.vae, self.vocoder = mel, vae, vocoder
        self._dtype = dtype

    @property
    def learned_db(self) -> float | None:
        """RMS in dBFS that every sound is brought to; None: each is taken as it is."""
        return LEARNED_DB.get(self.vae.config)

    @property
    def mel_config(self) -> MelConfig:
        return self.mel.config

    @property
    def sampling_rate(self) -> int:
        return self.mel.config.sampling_rate

    @property
    def hop(self) -> int:
        """Samples per mel frame."""
        return self.mel.config.hop

    @property
    def samples_per_latent(self) -> int:
        return self.hop * MEL_PER_LATENT

    @property
    def latent_dim(self) -> int:
        return self.vae.config.latent_dim

    @property
    def latent_rate(self) -> float:
        """Latent frames per second, 43.07 at 44.1 kHz."""
        return self.sampling_rate / self.samples_per_latent

    def encode(self, wave: Tensor) -> Posterior:
        """Clamps to -1..1, brings the sound to a level that the VAE learned, and adds silence up to a whole
        latent frame, so that no sound is dropped."""
        check_mono(wave)
        check_finite(wave, "wave", BROKEN)
        wave = wave.float().clamp(-1, 1)
        if self.learned_db is not None:
            wave = at_level(wave, self.learned_db)
        padded = F.pad(wave, (0, -wave.shape[-1] % self.samples_per_latent))
        return self.vae.encode(self.mel(padded.squeeze(1)), self._dtype_of(self.vae))

    def lost_db(self, wave: Tensor, z: Tensor) -> Tensor:
        """What decoded z [B, latent_dim, L] needs, in dB [B], to be as loud as the encoded wave [B, 1, N]; 0
        for a VAE that takes any level."""
        if self.learned_db is None:
            return torch.zeros(len(wave))
        decoded = self.vocode(self.decode_mel(z), clip=False)[..., : wave.shape[-1]]
        return lost_db(wave.float().clamp(-1, 1), decoded).cpu()

    def decode_mel(self, z: Tensor) -> Tensor:
        """Latent -> log mel, in the memory of some seconds: exactly, where the VAE is of convolutions; else
        in pieces of the length it was trained at."""
        check_channels(z, "latent", self.latent_dim)
        check_finite(z, "latent", "lower the guidance or sample in float32")
        z = z.to(self._dtype_of(self.vae))
        reach = self.vae.decoder_reach
        if reach is None:
            piece, shared = (
                latent_frames(seconds, self.sampling_rate, self.hop) for seconds in (PIECE, SHARED)
            )
            return decode_in_pieces(self.vae.decode, z, piece, shared)
        return decode_in_chunks(self.vae.decode, z, CHUNK // MEL_PER_LATENT, reach)

    def vocode(
        self,
        mel: Tensor,
        *,
        gain_db: Tensor | None = None,
        chunk: int = CHUNK,
        clip: bool = True,
        progress: Progress = silent,
    ) -> Tensor:
        """Log mel -> wave, with gain_db [B] if given, within -1..1 or as loud as it comes without `clip`;
        `chunk` mel frames at a time, which bounds the memory of a long sound."""
        check_channels(mel, "mel", self.mel.config.n_mels)
        check_finite(mel, "mel", "run the codec in float32 or bfloat16")
        mel = mel.to(self._dtype_of(self.vocoder))

        def finished(wave: Tensor) -> Tensor:
            wave = wave.float() if gain_db is None else with_gain(wave.float(), gain_db)
            return wave.clamp(-1, 1) if clip else wave

        return vocode_in_chunks(self.vocoder, mel, chunk, self.vocoder.reach, progress, finished)

    def decode(
        self,
        z: Tensor,
        *,
        gain_db: Tensor | None = None,
        chunk: int = CHUNK,
        progress: Progress = silent,
    ) -> Tensor:
        """Latent -> wave."""
        return self.vocode(self.decode_mel(z), gain_db=gain_db, chunk=chunk, progress=progress)

    def _dtype_of(self, network: nn.Module) -> torch.dtype:
        return next(network.parameters()).dtype if self._dtype is None else self._dtype
