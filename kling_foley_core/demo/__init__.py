"""The embedded clip that `kling-foley demo` gives a sound to: a ball that bounces from left to right.

`draw(path)` made `bouncing_ball.mp4` and makes it again: gravity 9.81 m/s^2, restitution 0.8, one metre 160
pixels, so the times of impact are known (`impacts()`).
"""

from __future__ import annotations

from pathlib import Path

CLIP = Path(__file__).with_name("bouncing_ball.mp4")
FPS, SECONDS, WIDTH, HEIGHT = 25, 4, 320, 240
GRAVITY, RESTITUTION, METRE, DROP, RADIUS = 9.81, 0.8, 160.0, 1.1, 14


def impacts() -> list[float]:
    """Seconds at which the ball touches the ground."""
    fall = (2 * DROP / GRAVITY) ** 0.5
    times, flight = [fall], 2 * fall
    while times[-1] < SECONDS and flight > 0.08:
        flight *= RESTITUTION
        times.append(times[-1] + flight)
    return [t for t in times if t < SECONDS]


def height(t: float) -> float:
    """Metres above the ground at time t."""
    before = [i for i in impacts() if i <= t]
    if not before:
        return DROP - GRAVITY * t * t / 2
    since = t - before[-1]
    speed = (2 * GRAVITY * DROP) ** 0.5 * RESTITUTION ** len(before)
    return max(0.0, speed * since - GRAVITY * since * since / 2)


def draw(path: str | Path, seconds: int = SECONDS) -> None:
    """Writes the clip: H.264, no sound."""
    import av
    from PIL import Image, ImageDraw

    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"crf": "23", "preset": "slow"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for i in range(FPS * seconds):
            t = i / FPS
            image = Image.new("RGB", (WIDTH, HEIGHT), (206, 214, 222))
            pen = ImageDraw.Draw(image)
            pen.rectangle((0, HEIGHT - 30, WIDTH, HEIGHT), fill=(120, 96, 74))
            x, y = 30 + (WIDTH - 60) * t / seconds, HEIGHT - 30 - RADIUS - METRE * height(t)
            pen.ellipse((x - RADIUS, y - RADIUS, x + RADIUS, y + RADIUS), fill=(206, 60, 44))
            for packet in stream.encode(av.VideoFrame.from_image(image)):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
