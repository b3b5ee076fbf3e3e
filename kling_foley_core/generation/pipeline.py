"""The boxes of the paper's figure joined: video and text in, stereo sound of exactly the video's length out.

    video -> visual tokens, sync tokens -> conditions ┐
    text  -> text tokens ─────────────────────────────┤
    noise ───────────────────────────────────> MM-DiT, flow ODE -> latent -> mel -> mono wave -> left and
    right

Sound is [B, channels, samples] float32 in -1..1 on the CPU. Features are computed once (`encode_video`) and
can be used for any number of prompts and seeds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..cache import FeatureCache
from ..editing import Edit, Known, known_latent, with_kept
from ..encoders.parts import PartwiseEncoding
from ..errors import InputError
from ..files.on_disk import piecewise
from ..flow import USUAL, Follow, euler, noise, solver_of
from ..media.masks import Mask, film_of_file, masks_of
from ..media.muting import muted_slots
from ..media.reader import read_slots
from ..media.reference import read_views_reference
from ..media.views import FrameView
from ..media.window import checked_seconds
from ..mmdit import Features
from ..mmdit.compiled import check_compiler
from ..networks.device import checked_device
from ..networks.number_type import checked_number_type
from ..presets import SMALL, name_of, usual_guidance
from ..progress import Progress, silent
from ..prompts import TimedTokens, parse
from ..stereo.following import VIEW as MOVEMENT_VIEW
from ..stereo.following import Movement, MovementMap
from ..stereo.ways import Stereo, StereoWay, followed, rendered
from ..systems.assembly import Parts, from_files
from ..systems.staged import StagedParts
from ..timing import MIN_SECONDS, Seconds, audio_samples, latent_frames
from ..weights import BUILT_IN
from .sampling import Weights, sample
from .settings import check_prompts, check_settings, fitted, video_window
from .sound import Sound
from .video_features import VideoFeatures

TEXTS = 16  # of which the tokens stay in memory: prompts of several sounds are encoded once


class FoleyPipeline:
    def __init__(
        self,
        parts: Parts | StagedParts,
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.float32,
        cache: FeatureCache | None = None,
    ) -> None:
        self.parts = parts
        self.device, self.dtype = torch.device(device), dtype
        self.cache = cache
        self._texts: dict[str, Tensor] = {}

    @classmethod
    def from_pretrained(
        cls,
        source: str | Path,
        device: torch.device | str | None = None,
        dtype: torch.dtype | str | None = None,
        progress: Progress = silent,
        loras: Sequence[tuple[str | Path, float]] = (),
        cache: Path | None = None,
        keep_loaded: bool | None = None,
        compiled: bool = False,
    ) -> FoleyPipeline:
        """`source`: "small" (built in), or a folder of weight files (each recognised by its tensors), or a
        flow network's file, beside which the others lie. `loras`: LoRA files and their strengths, added to
        the flow network. The encoders and the generator run in `dtype` (default: what is faster,
        networks/number_type.py), the codec always in float32: half precision is audible there. `cache`: a
        folder that keeps what the encoders make, for later pipelines too (cache.cache_folder() is the
        command's); None: nothing is kept on disk.

        Only headers are read here. Networks are loaded at first use, which `progress` is told, and let go
        when another stage's are, unless all are small (systems/staged.py); `keep_loaded` says otherwise.
        `compiled`: the generator by torch.compile, a minute for each kind of length (mmdit/compiled.py).
        """
        device = checked_device(device)
        if compiled:
            check_compiler(device)
        file = BUILT_IN if str(source) == SMALL.name else Path(source)
        parts = from_files(file, device, checked_number_type(dtype), progress, loras, keep_loaded, compiled)
        kept = None if cache is None else FeatureCache(cache, parts.system.parts, device, parts.dtype)
        return cls(parts, device, parts.dtype, kept)

    @torch.inference_mode()
    def encode_video(
        self,
        video: Any,
        *,
        start: float = 0.0,
        seconds: float | None = None,
        progress: Progress = silent,
        movement: bool | None = None,
        mask: Mask | None = None,
    ) -> VideoFeatures:
        """Reads a window of `video` (path or binary file) at each encoder's rate and encodes it, in the
        memory of a few seconds, however long it is. `movement`: also what moves where; None: for models
        without a stereo renderer. `mask`: what of the picture is to sound, the rest is muted: a Box, a
        picture or film, or a tensor [H, W] or [frames, H, W] (media/masks.py)."""
        length, whole = video_window(video, start, seconds)
        names = ["visual", "sync"]
        if self.parts.unloaded.stereo is None if movement is None else movement:
            names.append("movement")
        kept = None if self.cache is None else self.cache.of_film(video, start, length, mask)
        made = {} if kept is None else kept.found(names)
        missing = [name for name in names if name not in made]
        if missing:
            anew = self._seen(missing, video, start, length, mask, progress)
            made |= anew
            if kept is not None:
                kept.keep(anew)
        return VideoFeatures.of(made, length, start, float(whole))

    def _seen(
        self,
        names: list[str],
        video: Any,
        start: float,
        length: Fraction,
        mask: Mask | None,
        progress: Progress,
    ) -> dict[str, Tensor | Movement]:
        """The features of these names, from the film."""
        views = {name: self._view(name) for name in names}
        encodings = {name: self._encoding(name, view.slots(length), progress) for name, view in views.items()}
        slots = read_slots(video, views, start=start, seconds=length, progress=progress)
        if mask is not None:
            slots = muted_slots(slots, masks_of(mask, film_of_file(video, start, length), views))
        for name, frames in slots:
            encodings[name].add(frames)
        return _made(encodings)

    @torch.inference_mode()
    def encode_video_like_reference(
        self, video: Any, *, seconds: float | None = None, progress: Progress = silent
    ) -> VideoFeatures:
        """Features as MMAudio's own reader would have them, quirks included, for comparing with its results:
        it takes the first frame after each slot, may see fewer frames than asked for, and then shortens the
        sound.
        """
        length, whole = video_window(video, 0.0, seconds)
        views = {name: self._view(name) for name in ("visual", "sync")}
        frames, read = read_views_reference(video, views, seconds=length, progress=progress)
        return self.encode_frames(frames, read, 0.0, float(whole), progress)

    @torch.inference_mode()
    def encode_frames(
        self,
        frames: dict[str, Tensor],
        seconds: Seconds,
        start: float = 0.0,
        source_seconds: float | None = None,
        progress: Progress = silent,
    ) -> VideoFeatures:
        """frames: "visual" and "sync", uint8 [T, 3, S, S] each, as the encoders' views ask, and "movement" as
        stereo.following.VIEW asks; each may be missing."""
        encodings = {
            name: self._encoding(name, len(frames[name]), progress)
            for name in ("visual", "sync", "movement")
            if name in frames
        }
        for name, encoding in encodings.items():
            encoding.add(frames[name])
        total = float(seconds) if source_seconds is None else source_seconds
        return VideoFeatures.of(_made(encodings), seconds, start, total)

    def _view(self, name: str) -> FrameView:
        return MOVEMENT_VIEW if name == "movement" else getattr(self.parts.unloaded, name).view

    def _encoding(self, name: str, frames: int, progress: Progress) -> PartwiseEncoding | MovementMap:
        if name == "movement":
            return MovementMap(frames)
        encoder = getattr(self.parts, name)
        return PartwiseEncoding(encoder, frames, encoder.vectors, progress)

    @torch.inference_mode()
    def encode_text(self, text: str) -> Tensor | None:
        """[1, tokens, dim]; None for an empty text, which the generator has a learned embedding for."""
        if not text.strip():
            return None
        tokens = self._texts.pop(text, None)
        if tokens is None:
            tokens = self._tokens(text)
        self._texts[text] = tokens
        for oldest in list(self._texts)[:-TEXTS]:
            del self._texts[oldest]
        return tokens

    def _tokens(self, text: str) -> Tensor:
        tokens = None if self.cache is None else self.cache.text(text)
        if tokens is None:
            tokens = self.parts.text.encode([text])
            if self.cache is not None:
                self.cache.keep_text(text, tokens)
        return tokens

    @torch.inference_mode()
    def encode_prompts(
        self, prompt: str, negative_prompt: str, seconds: Seconds
    ) -> tuple[TimedTokens, TimedTokens]:
        """Both prompts, whose parts may have times, over `seconds` of sound."""
        check_prompts(prompt, negative_prompt, seconds)
        return tuple(
            TimedTokens.encoded(parse(text), seconds, self.encode_text) for text in (prompt, negative_prompt)
        )

    @torch.inference_mode()
    def generate(
        self,
        *,
        video: Any = None,
        features: VideoFeatures | None = None,
        prompt: str = "",
        negative_prompt: str = "",
        start: float = 0.0,
        seconds: float | None = None,
        steps: int | None = None,
        guidance: float | None = None,
        seed: int = 0,
        batch: int = 1,
        stereo: Stereo | StereoWay = "auto",
        progress: Progress = silent,
        picture_guidance: float | None = None,
        edit: Edit | None = None,
        mask: Mask | None = None,
        solver: str = USUAL,
    ) -> Sound:
        """Sound for a video (path or binary file), for features made before, or - with `seconds` - for the
        prompt alone. With an `edit` it is made from an existing sound; what that keeps comes back to the
        sample, at the sound's own rate and with its channels. `mask`: as `encode_video` takes it.

        Both prompts may have parts with times, in seconds of the sound: `rain [2-3.5] a door slams`
        (prompts/parse.py). `solver` is one of flow/solvers.py and `steps` how often it evaluates the network,
        None for what suits it: "adams" 8, "euler" 20 as in the paper; `guidance` None is what suits the
        network (`presets.usual_guidance`), 1 switches the second branch off; `picture_guidance` is the
        picture's own weight, where it is to differ from that of the prompt (flow/guidance.py); item i of the
        batch has the noise of seed + i; `stereo` is one of the ways of stereo/ways.py, or has places by hand.
        Raises InputError, before any work, for values that can't be.
        """
        guidance = usual_guidance(self.parts.unloaded.generator.config) if guidance is None else guidance
        if edit is not None:
            edit, seconds = fitted(edit, video, features, start, seconds)
        check_settings(
            steps,
            guidance,
            batch,
            seconds,
            has_video=video is not None or features is not None,
            picture_guidance=picture_guidance,
            solver=solver,
        )
        if video is not None and features is not None:
            raise InputError(
                "video and features are both given; features already hold what was seen of a video."
            )
        stereo = Stereo.of(stereo).chosen(
            renderer=self.parts.unloaded.stereo is not None,
            video=video is not None or (features is not None and features.movement is not None),
            seconds=None if features is None else float(features.seconds),
        )
        if mask is not None and video is None:
            raise InputError("mask: it chooses what of a video sounds; give a video, or mask its features.")
        if video is not None:
            check_prompts(prompt, negative_prompt, video_window(video, start, seconds)[0])
            movement = stereo.way == "follow" and stereo.places is None
            features = self.encode_video(
                video, start=start, seconds=seconds, progress=progress, movement=movement, mask=mask
            )
        if features is None:
            features = VideoFeatures(None, None, checked_seconds(seconds), 0.0, float(seconds))
        known = None
        if edit is not None:
            known = known_latent(edit, self.parts.codec, self._latent_frames(features.seconds))
        texts, negative_texts = self.encode_prompts(prompt, negative_prompt, features.seconds)
        latent = self.sample(
            features,
            texts,
            negative_texts,
            solver_of(solver).times(steps, 1.0 if edit is None else edit.strength),
            guidance,
            seed,
            batch,
            progress,
            picture_guidance=picture_guidance,
            known=known,
            follow=solver_of(solver).follow,
        )
        sound = self.decode(latent, features, progress, stereo, known.gain_db if known else None)
        if edit is None or edit.varies_all:
            return sound
        return replace(
            sound, waveform=with_kept(edit, sound.waveform, sound.sampling_rate), sampling_rate=edit.rate
        )

    @torch.inference_mode()
    def sample(
        self,
        features: VideoFeatures,
        text: TimedTokens | Tensor | None,
        negative_text: TimedTokens | Tensor | None,
        times: Tensor,
        guidance: float,
        seed: int = 0,
        batch: int = 1,
        progress: Progress = silent,
        x0: Tensor | None = None,
        picture_guidance: float | None = None,
        known: Known | None = None,
        follow: Follow = euler,
    ) -> Tensor:
        """The flow from noise to the codec's latent [B, L, C]. `x0` [B, L, C] replaces the seeded noise; of a
        `known` latent only what is to be made anew is made.
        """
        model, length = self.parts.generator, self._latent_frames(features.seconds)
        given = Features.of(
            features.seconds,
            visual=features.visual,
            sync=features.sync,
            start=features.start,
            total=features.source_seconds,
        )
        x = noise(seed, batch, model.config.latent_dim, length) if x0 is None else x0
        return sample(
            model,
            given,
            TimedTokens.of(text),
            TimedTokens.of(negative_text),
            features.seconds,
            x.to(self.device),
            times,
            Weights(guidance, picture_guidance),
            self.dtype,
            progress,
            known,
            follow,
        )

    def _latent_frames(self, seconds: Seconds) -> int:
        """At least those of one sync segment; what is too much is cut off at the end."""
        codec = self.parts.unloaded.codec
        return latent_frames(max(seconds, MIN_SECONDS), codec.sampling_rate, codec.hop)

    @torch.inference_mode()
    def decode(
        self,
        latent: Tensor,
        features: VideoFeatures,
        progress: Progress = silent,
        stereo: Stereo | StereoWay = "auto",
        gain_db: Tensor | None = None,
    ) -> Sound:
        """Latent [B, L, C] -> mono mel -> left and right, cut to the features' exact length; each of them
        chunk by chunk, and a long one lies on the disk. `gain_db` [1]: how much louder, where the latent is
        that of a sound whose level the codec took off."""
        codec = self.parts.decoder
        samples = audio_samples(features.seconds, codec.sampling_rate)
        stereo = Stereo.of(stereo).chosen(
            renderer=self.parts.unloaded.stereo is not None,
            video=features.movement is not None,
            seconds=float(features.seconds),
        )
        waves = []
        for i, item in enumerate(latent.transpose(1, 2).split(1)):
            mel = codec.decode_mel(item.float()).to(self.device)
            if stereo.way in ("coherent", "mels"):
                renderer = self.parts.stereo
                wave = rendered(codec, renderer, mel, features.sync, stereo.way, progress, gain_db)
            else:
                wave = codec.vocode(mel, gain_db=gain_db, progress=progress)
            wave = wave[..., :samples].cpu()
            if stereo.way == "follow":
                wave = followed(wave, codec.sampling_rate, stereo, features.movement)
            waves.append(wave)
            progress("decoding", i + 1, len(latent))
        wave = waves[0] if len(waves) == 1 else piecewise(lambda *parts: torch.cat(parts), *waves)
        return Sound(wave, codec.sampling_rate, name_of(self.parts.unloaded.generator.config))


def _made(encodings: dict[str, PartwiseEncoding | MovementMap]) -> dict[str, Tensor | Movement]:
    """After their last frames."""
    return {
        name: encoding.movement() if isinstance(encoding, MovementMap) else encoding.tokens()
        for name, encoding in encodings.items()
    }
