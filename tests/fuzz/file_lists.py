"""Texts that name another file, or an address, to read from: playlists, scripts, session descriptions."""

from __future__ import annotations

import random
from pathlib import Path

PORT = 9  # nobody hears: making a socket is the fault

LISTS = {  # @@ is what they name
    "m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-VERSION:3\n#EXTINF:2,\n@@\n#EXT-X-ENDLIST\n",
    "m3u": "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n@@\n",
    "key.m3u8": '#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-KEY:METHOD=AES-128,URI="@@"\n#EXTINF:2,\n@@\n',
    "ffconcat": "ffconcat version 1.0\nfile '@@'\nduration 2\n",
    "mpd": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
    'mediaPresentationDuration="PT2S"><Period><AdaptationSet mimeType="video/mp4"><Representation id="1" '
    'bandwidth="1"><BaseURL>@@</BaseURL><SegmentList><Initialization sourceURL="@@"/>'
    '<SegmentURL media="@@"/></SegmentList></Representation></AdaptationSet></Period></MPD>',
    "sdp": f"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video {PORT} RTP/AVP 96\n"
    "a=rtpmap:96 H264/90000\n",
    "smil": '<smil><body><video src="@@"/></body></smil>',
    "asx": '<asx version="3.0"><entry><ref href="@@"/></entry></asx>',
    "pls": "[playlist]\nFile1=@@\nNumberOfEntries=1\n",
    "avs": 'DirectShowSource("@@")\n',
    "ism": '<SmoothStreamingMedia Duration="20000000"><StreamIndex Url="@@"/></SmoothStreamingMedia>',
    "xml": '<CompositionPlaylist xmlns="http://www.smpte-ra.org/schemas/2067-3/2016">@@'
    "</CompositionPlaylist>",
    "svg": '<svg xmlns="http://www.w3.org/2000/svg"><image href="@@"/></svg>',
    "srt": "1\n00:00:00,000 --> 00:00:02,000\n@@\n",
    "ffmeta": ";FFMETADATA1\ntitle=@@\n",
    "rtsp": f"rtsp://127.0.0.1:{PORT}/x\nRTSPtextRTSP://@@\n",
    "txt": "@@\n",
}


def file_list(chance: random.Random, canary: Path) -> tuple[str, str, str]:
    """(file name, content, what it is); it names a file in the folder `canary`, one beside it (near.ts,
    near.mp4), or an address.
    """
    target, kind = (
        chance.choice(names(canary / chance.choice(("canary.ts", "canary.mp4", "canary.wav")))),
        chance.choice(sorted(LISTS)),
    )
    suffix = chance.choice((kind, kind, kind, "mp4", "mkv", "wav", "avi"))
    return f"x.{suffix}", LISTS[kind].replace("@@", target), f"{kind} that names {target}"


def names(file: Path) -> list[str]:
    """Ways to name a file, and addresses."""
    here = f"127.0.0.1:{PORT}"
    addresses = [
        f"{p}://{here}/a.ts" for p in ("http", "https", "tcp", "udp", "rtp", "rtmp", "ftp", "tls", "srt")
    ]
    through = [
        f"{p}:{file}" for p in ("file", "concat", "crypto", "async", "cache", "subfile,,start,0,end,0,,")
    ]
    others = [
        "near.ts",
        "near.mp4",
        "data:video/mp4;base64,AAAA",
        "pipe:0",
        "fd:0",
        f"unix://{file.parent}/s",
    ]
    return [
        *addresses,
        *through,
        *others,
        str(file),
        f"file://{file}",
        f"hls+file://{file}",
        f"../../canary/{file.name}",
    ]
