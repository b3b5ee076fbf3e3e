"""The page says what the curation says, shows pictures, and is no way in for what strangers wrote."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from urllib.parse import unquote

import pytest
from PIL import Image

from kling_foley_core.data.curation import Cutting, curate
from kling_foley_core.data.curation.limits import DEFAULT
from kling_foley_core.data.curation.report import write_page
from kling_foley_core.data.curation.report.histogram import limit_histogram
from kling_foley_core.data.curation.report.shown import shown_rejected, shown_used
from kling_foley_core.data.manifest import Rejected, read_manifest
from kling_foley_core.media import save_audio
from kling_foley_core.pages.histogram import HEIGHT, WIDTH, histogram

from ..films import write_film
from ..sounds import RATE, knocks

HOSTILE = '</script><script>alert(1)</script><img src=x onerror=a()> $title & "quoted" \' \u202e \u2028 end'


class Seen(HTMLParser):
    """Tags with their attributes, and all text outside of scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags, self.text, self.inside = [], "", ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.inside = tag

    def handle_data(self, data):
        if self.inside not in ("script", "style"):
            self.text += data


@pytest.fixture(scope="module")
def curation(tmp_path_factory):
    folder = tmp_path_factory.mktemp("set")
    film = write_film(folder / "a film #1.mp4", knocks(2, 1), 2, 1)
    sound = folder / "b.wav"
    save_audio(sound, knocks(2, 2), RATE)
    save_audio(folder / "silent.wav", 0 * knocks(2, 2), RATE)
    rows = [("id", "video", "audio", "caption"), ("film", film, "", HOSTILE), (HOSTILE, "", sound, "b"),
            ("silent", "", folder / "silent.wav", "c"), ("gone", folder / "gone.mp4", "", "d")]  # fmt: skip
    with (folder / "set.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    return curate(
        read_manifest(folder / "set.csv", {}), replace(DEFAULT, short_side=64.0), Cutting(2.0, 2.0, 0.0, 0)
    )


@pytest.fixture(scope="module")
def page(curation, tmp_path_factory):
    return write_page(tmp_path_factory.mktemp("page"), curation)


def test_nothing_that_strangers_wrote_becomes_markup(curation, page):
    seen = Seen(page.read_text(encoding="utf-8"))
    scripts = [attributes for tag, attributes in seen.tags if tag == "script"]
    assert scripts == [{"src": "rows.js"}, {}]
    assert not [name for _, attributes in seen.tags for name in attributes if name.startswith("on")]
    assert all(attributes["src"].startswith("pictures/") for tag, attributes in seen.tags if tag == "img")
    assert seen.text.count("<script>alert(1)</script>") == 2  # the caption, and the id
    assert "<" not in (page.parent / "rows.js").read_text(encoding="ascii")


def test_every_row_is_listed_with_its_reason(curation, page):
    rows = json.loads((page.parent / "rows.js").read_text().removeprefix("const ROWS = ").rstrip(";\n"))
    reasons = {row[0]: row[1] for row in rows}
    assert sorted(reasons.values()) == ["missing file", "silence_ratio", "used", "used"]
    assert reasons["gone"] == "missing file" and rows[0][6].startswith("</script>")
    assert (page.parent / "check.csv").exists()


def test_players_and_pictures_are_where_they_are_said_to_be(curation, page):
    seen = Seen(page.read_text(encoding="utf-8"))
    media = [attributes["src"] for tag, attributes in seen.tags if tag in ("video", "audio")]
    assert len(media) == 3
    for source in media:
        file, part = source.split("#")
        assert part == "t=0,2" and (page.parent / unquote(file)).exists()
    images = [attributes["src"] for tag, attributes in seen.tags if tag == "img"]
    posters = [attributes["poster"] for tag, attributes in seen.tags if tag == "video"]
    assert len(images) == 3 and len(posters) == 1
    for name in images + posters:
        with Image.open(page.parent / name) as image:
            assert image.format == "JPEG" and image.width <= 720


def test_a_file_that_is_gone_by_then_is_said_on_its_card(curation, tmp_path):
    name, piece = next(iter(curation.pieces.items()))
    lost = replace(piece, clip=replace(piece.clip, video=tmp_path / "lost.mp4"))
    page = write_page(tmp_path, replace(curation, pieces={**curation.pieces, name: lost}))
    assert "lost.mp4' doesn" in Seen(page.read_text()).text


def test_every_reason_is_shown_however_many_there_are_of_one(curation):
    many = [Rejected(f"a{k}", "common", "why") for k in range(1000)]
    rare = [Rejected(f"b{k}", reason, "why") for k, reason in enumerate(("rare", "rarer"))]
    shown = shown_rejected(replace(curation, rejected=(*many, *rare)), 10)
    assert [r.reason for r, _ in shown].count("common") == 8 and len(shown) == 10
    assert len(shown_rejected(replace(curation, rejected=tuple(many[:3])), 10)) == 3
    assert [piece.clip.id for piece in shown_used(curation, 1)] == ["film"]


def test_a_histogram_counts_and_marks_its_limit():
    drawn = limit_histogram("x", "dB", [1.0, 1.0, 2.0], [3.0], 2.5, at_most=True)
    bars = re.findall(r'<rect class="(\w+)" x="([\d.]+)".*?height="([\d.]+)"', drawn)
    heights = {(kind, float(x)): float(height) for kind, x, height in bars}
    assert heights["used", 0.0] == pytest.approx(2 * heights["rejected", 39 * WIDTH / 40])
    assert max(heights.values()) < HEIGHT
    limit = float(re.search(r'<line class="limit" x1="([\d.]+)"', drawn)[1])
    assert limit == pytest.approx(WIDTH * 0.75, abs=3)
    assert "≤ 2.5 dB · 1 of 4 miss it" in drawn
    assert limit_histogram("x", "", [], [], 1.0, at_most=True) == ""
    assert "miss it" in limit_histogram("x", "", [0.5], [], 0.5, at_most=False)


def test_an_axis_has_all_values_of_few_and_none_of_the_rare_of_many():
    few = histogram("x", "", {"used": [-30.0, 0.0, 0.0, 35.0]}, 0.0)
    ends = re.findall(r'<text x="[\d.]+" y="144"[^>]*>([^<]*)<', few)
    assert ends == ["\u221230.0", "2.5", "35.0"]
    many = histogram("x", "", {"used": [*range(-500, 500), 10**6]}, 0.0)
    assert re.findall(r'<text x="320" y="144"[^>]*>([^<]*)<', many) == ["495"]
