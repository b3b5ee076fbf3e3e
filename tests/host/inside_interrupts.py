"""Inside ComfyUI's process (see inside.py): the user cancels in the middle of each node's work, at a layer of
its network or at a frame of its video."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import comfy.model_management as memory
import comfy.ops
import comfy.utils
import folder_paths
import torch
from comfy_api.latest import InputImpl
from inside import part

SECONDS, FPS = 3, 25
CANCELLED = memory.InterruptProcessingException


class Cancel:
    """Counts calls; the flag that the host's Cancel button sets is set in call number `at`."""

    def __init__(self, at: int | None = None) -> None:
        self.calls, self.at = 0, at

    def __call__(self, *_: Any) -> None:
        self.calls += 1
        if self.calls == self.at:
            memory.interrupt_current_processing()


def outcome(work: Callable[[Cancel], Any]) -> dict[str, Any]:
    """Calls in all, calls made once cancelled in the middle, how it ended, and whether a run after that gives
    the same as one before."""
    whole = Cancel()
    before = work(whole)
    half = Cancel(whole.calls // 2)
    try:
        work(half)
        ended = "ran on"
    except CANCELLED:
        ended = "cancelled"
    return {
        "calls": whole.calls,
        "later": half.calls - half.at,
        "ended": ended,
        "again": bool(torch.equal(work(Cancel()), before)),
    }


def at_layers(network: torch.nn.Module, work: Callable[[], Any]) -> dict[str, Any]:
    """The flag is set while one of the network's layers runs."""

    def hooked(cancel: Cancel) -> Any:
        layers = [m for m in network.modules() if isinstance(m, comfy.ops.CastWeightBiasOp)]
        handles = [layer.register_forward_hook(cancel) for layer in layers]
        try:
            return work()
        finally:
            for handle in handles:
                handle.remove()

    return outcome(hooked)


def at_progress(module: str, work: Callable[[], Any]) -> dict[str, Any]:
    """The flag is set before one of the node's reports of progress; that one has to raise."""
    target, real = part(module), part("nodes.host.progress").host_progress

    def patched(cancel: Cancel) -> Any:
        def watched():
            report = real()
            return lambda *call: (cancel(), report(*call))

        target.host_progress = watched
        try:
            return work()
        finally:
            target.host_progress = real

    return outcome(patched)


def look_at_every_report(*_: Any, **__: Any) -> None:
    """What the server does in its progress hook (main.py hijack_progress)."""
    memory.throw_exception_if_processing_interrupted()


@torch.inference_mode()
def nodes() -> dict[str, dict[str, Any]]:
    comfy.utils.set_progress_bar_global_hook(look_at_every_report)
    networks, small = part("nodes.host.networks"), part("nodes.host.networks").SMALL_CHOICE
    visual, sync = networks.hosted_visual_encoder(small), networks.hosted_sync_encoder(small)
    codec, stereo = networks.hosted_codec(small, networks.IN_CODEC), networks.hosted_stereo(small)
    text, model = networks.hosted_text_encoder(small), networks.hosted_model(small)
    draw = torch.Generator().manual_seed(1)
    images = torch.rand(SECONDS * FPS, 48, 64, 3, generator=draw)
    wave = torch.randn(1, 1, SECONDS * 44100, generator=draw) / 10
    sound, latent = (
        {"waveform": wave, "sample_rate": 44100},
        torch.randn(1, codec.network.latent_dim, 130, generator=draw),
    )
    coding, rendering = part("nodes.codec"), part("nodes.stereo").StereoRender
    positive, negative, *_ = part("nodes.conditioning").Conditioning.execute(3.0, 0.0, 0.0).result
    audio, mel = coding.CodecDecode.execute(codec, {"samples": latent}).result
    seeing, moving = part("nodes.visual").VisualFeaturesNode, part("nodes.sync").SyncFeaturesNode

    def sampled():
        empty = {"samples": torch.zeros_like(latent)}
        return (
            part("nodes.sampling")
            .Sampler.execute(model, positive, negative, empty, 12, 4.5, 1)
            .result[0]["samples"]
        )

    with tempfile.TemporaryDirectory() as folder:
        folder_paths.set_temp_directory(folder)
        clip = film(Path(folder) / "clip.mp4")
        video = InputImpl.VideoFromFile(str(clip))

        def muxed():
            made = part("nodes.video").VideoWithSound.execute(video, sound).result[0].get_stream_source()
            size = torch.tensor(Path(made).stat().st_size)
            Path(made).unlink()
            return size

        found = {
            "text": at_layers(
                text.network, lambda: part("nodes.text").TextEncode.execute(text, "a bell").result[0][0][0]
            ),
            "visual": at_layers(
                visual.network, lambda: seeing.execute(visual, 25.0, None, images).result[0].tokens
            ),
            "sync": at_layers(
                sync.network, lambda: moving.execute(sync, 25.0, None, images).result[0].tokens
            ),
            "encode": at_layers(
                codec.network, lambda: coding.CodecEncode.execute(codec, sound).result[0]["samples"]
            ),
            "decode": at_layers(
                codec.network,
                lambda: coding.CodecDecode.execute(codec, {"samples": latent}).result[0]["waveform"],
            ),
            "stereo": at_layers(
                stereo.network, lambda: rendering.execute(stereo, audio, mel).result[0]["waveform"]
            ),
            "stereo, two mels": at_layers(
                codec.network,
                lambda: rendering.execute(stereo, audio, mel, None, codec).result[0]["waveform"],
            ),
            "sampling": at_layers(model.model.diffusion_model, sampled),
            "reading video": at_progress(
                "nodes.frames", lambda: moving.execute(sync, 25.0, video, None).result[0].tokens
            ),
            "reading images": at_progress(
                "nodes.frames", lambda: moving.execute(sync, 25.0, None, images).result[0].tokens
            ),
            "writing video": at_progress("nodes.video", muxed),
        }
        found["left over"] = sorted(path.name for path in Path(folder).iterdir())
    return found


def film(path: Path, codec: str = "libx264") -> Path:
    import av
    import numpy as np

    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=FPS)
        stream.width, stream.height = 64, 48
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        for i in range(SECONDS * FPS):
            picture = np.full((48, 64, 3), 3 * i % 256, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return path


CHECKS = (nodes,)
