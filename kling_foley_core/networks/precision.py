"""Buffers that keep their number type when the network around them is cast.

Statistics of latents and mels and the anti-aliasing filters come with the checkpoint, so they have to be
persistent buffers; but `.half()` or `.to(torch.bfloat16)` on the network would round them along with the
weights. They move, they aren't rounded.
"""

from __future__ import annotations

from torch import nn


class PreciseBuffers(nn.Module):
    """A module whose own buffers follow it to another device, but never to another number type."""

    def _apply(self, fn, recurse: bool = True):
        before = dict(self._buffers)
        super()._apply(fn, recurse)
        for name, old in before.items():
            new = self._buffers[name]
            if old is not None and new.dtype != old.dtype:
                source = new if old.is_meta else old  # a meta buffer has no values to keep
                self._buffers[name] = source.to(device=new.device, dtype=old.dtype)
        return self
