"""The containers that are read, by FFmpeg's names: one file that holds a film, a picture or a sound itself.

Not among them: playlists and manifests (hls, dash, concat, imf, sdp, rtsp), which name other files and
addresses; patterns of names (image2); scripts and drawings (lavfi, avisynth, svg), devices, and headerless
samples. Our choice: what cameras, phones, recorders, editors and the web write.
"""

from __future__ import annotations

_FILMS = (
    "mov", "matroska", "avi", "flv", "mpegts", "mpeg", "mpegvideo", "asf", "ogg", "mxf", "gxf", "nut", "wtv",
    "rm", "dv", "ivf", "obu", "h261", "h263", "h264", "hevc", "vvc", "av1", "m4v", "vc1", "mjpeg",
    "yuv4mpegpipe",
)  # fmt: skip
ANIMATIONS = ("gif", "apng")  # a film, or a still picture if there is one frame
PICTURES = (
    "png_pipe", "jpeg_pipe", "webp_pipe", "bmp_pipe", "tiff_pipe", "gif_pipe", "jpegxl_pipe", "j2k_pipe",
    "qoi_pipe", "exr_pipe", "hdr_pipe", "dpx_pipe", "pam_pipe", "pbm_pipe", "pgm_pipe", "ppm_pipe",
    "psd_pipe",
)  # fmt: skip
_SOUNDS = (
    "wav", "w64", "aiff", "caf", "au", "flac", "mp3", "aac", "ac3", "eac3", "dts", "truehd", "mlp", "amr",
    "ape", "wv", "tta", "tak", "mpc", "mpc8", "dsf", "voc",
)  # fmt: skip
FORMATS = (*_FILMS, *ANIMATIONS, *PICTURES, *_SOUNDS)


def is_format(container_format: str, *names: str) -> bool:
    """Whether a container's own name ("mov,mp4,m4a,3gp,3g2,mj2") is one of `names`."""
    return bool(set(container_format.split(",")) & set(names))
