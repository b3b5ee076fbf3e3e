"""Video for Foley: one VIDEO of a file or of images, all of it or its first seconds, never more than there
is."""

from __future__ import annotations

import pytest
from inside import measured


@pytest.fixture(scope="module")
def made(host) -> dict[str, str]:
    return measured(host, "inside_source")["made"]


def test_all_of_a_file_and_of_images(made):
    assert made["file"] == "3" and made["images"] == "3"
    assert made["at 29.97"] == "1600/999"


def test_their_first_seconds(made):
    assert made["their beginning"] == "5/4"
    if made["trimming"]:
        assert made["its beginning"] == "6/5"
    else:  # ComfyUI of 2025 has no trimmed videos
        assert made["its beginning"].startswith("seconds: this ComfyUI cuts no video")


@pytest.mark.parametrize(("case", "wanted"), [("more than it has", "3.5"), ("more than there are", "3.01")])
def test_never_more_than_there_is(made, case, wanted):
    assert made[case] == f"seconds: {wanted}, but the video has 3 s; take less, or 0 for all."


def test_one_of_the_two_is_connected(made):
    assert made["neither"] == "video, images: neither is connected; connect one of them."
    assert made["both"] == "video, images: both are connected; connect one of them."
