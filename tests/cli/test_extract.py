"""`kling-foley world --shards` and `data extract` as they are typed."""

from __future__ import annotations

from pathlib import Path

import pytest

from kling_foley_core.cli import main
from kling_foley_core.data.shards import Shards

WORLD = (
    "world",
    "--clips",
    "3",
    "--seconds",
    "2",
    "--held-out",
    "1",
    "--families",
    "bounce",
    "--device",
    "cpu",
)


def run(*arguments: object) -> int:
    return main([str(a) for a in arguments])


@pytest.fixture(scope="module")
def raw(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("world") / "raw"
    assert run(*WORLD, "--shards", folder, "--model", "none", "--shard-size", 2) == 0
    return folder


def test_raw_shards_and_features_of_them(raw, tmp_path, capsys) -> None:
    assert set(Shards(raw, "held_out").read(0).arrays) == {"sound", "seen", "visual_frames", "sync_frames"}
    assert run("data", "extract", raw, "--out", tmp_path, "--keep", "sound", "--device", "cpu") == 0
    said = capsys.readouterr().out
    assert "3 samples, 0 skipped, 1 shards" in said
    assert [line.split()[0] for line in said.splitlines() if "/s" not in line][:7] == [
        "read", "codec", "visual", "sync", "text", "write", "all",
    ]  # fmt: skip
    assert set(Shards(tmp_path).read(2).arrays) == {"latent", "visual", "sync", "text", "sound"}


def test_workers_share_the_shards(tmp_path, capsys) -> None:
    command = (*WORLD, "--shards", tmp_path, "--model", "none", "--keep", "sound", "--shard-size", 1)
    assert run(*command, "--worker", "0/2") == 0
    assert "1 of 3 shards are not there yet" in capsys.readouterr().err
    assert [p.name for p in sorted(tmp_path.glob("*.tar"))] == ["000000.tar", "000002.tar"]
    assert run(*command, "--worker", "1/2") == 0
    assert "not there" not in capsys.readouterr().err and len(Shards(tmp_path, check=True)) == 3


@pytest.mark.parametrize(
    "arguments, line",
    [
        (("world",), "world: say where to"),
        (("world", "--shards", "OUT", "--worker", "2/2"), "--worker 2/2"),
        (("world", "--shards", "OUT", "--model", "nowhere"), "--model nowhere: neither small nor none"),
        (("world", "--shards", "OUT", "--model", "none", "--keep", "latent"), "--keep latent: choose of"),
        (("world", "--shards", "OUT", "--model", "none", "--shard-size", "0"), "--shard-size 0"),
        (("data", "extract", "RAW", "--model", "none", "--out", "RAW"), "--out RAW: it is the source"),
    ],
)
def test_bad_input_is_one_line(raw, tmp_path, capsys, arguments, line) -> None:
    places = {"OUT": str(tmp_path / "out"), "RAW": str(raw)}
    assert run(*(places.get(a, a) for a in arguments)) == 2
    said = capsys.readouterr().err.strip().splitlines()[-1]
    for name, place in places.items():
        line = line.replace(name, place)
    assert line in said and not list((tmp_path / "out").glob("*.tar"))
