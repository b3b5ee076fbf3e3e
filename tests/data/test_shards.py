"""Shards hold what was put in, are whole or absent, are read by the webdataset package too, and are met in
an order that the seed alone decides."""

import json
import os
import tarfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kling_foley_core.data.shards import Batches, Crop, Header, Sample, Shards, write_header, write_shard
from kling_foley_core.data.shards.order import epoch_order
from kling_foley_core.data.shards.plan import plan_of, write_plan
from kling_foley_core.data.shards.writer import is_whole
from kling_foley_core.errors import InputError

HEADER = Header(("latent", "sync", "sound"), {"vae": "abc"}, True, 44100, 512, "test")


def sample(number: int, seconds: float = 4.0, split: str = "train") -> Sample:
    draw = np.random.default_rng(number)
    arrays = {
        "latent": draw.normal(size=(2, 9, 4)).astype("<f2"),
        "sync": draw.normal(size=(5, 3)).astype("<f2"),
    }
    labels, facts = (("hit wood", 0.5, 0.75),), {"n": number, **({"class": "speech"} if number == 1 else {})}
    return Sample(f"clip {number}/ä.x", f"caption {number}", seconds, 1.0, 9.0, split, labels, facts, arrays)


def write(folder, shards=3, each=4, seconds=lambda n: 4.0):
    write_header(folder, HEADER)
    for k in range(shards):
        numbers = range(k * each, (k + 1) * each)
        write_shard(folder, k, (sample(n, seconds(n)) for n in numbers), [{"id": f"bad{k}", "why": "cut"}])
    return folder


def test_a_sample_comes_back_as_it_was_written(tmp_path):
    shards = Shards(write(tmp_path), check=True)
    assert len(shards) == 12
    for number in (0, 7, 11):
        read, made = shards.read(number), sample(number)
        assert read.labels == made.labels and read.facts == made.facts and read.id == made.id
        for name in ("latent", "sync"):
            np.testing.assert_array_equal(read.arrays[name], made.arrays[name])
    assert [s["id"] for s in shards.skipped] == ["bad0", "bad1", "bad2"]
    assert set(shards.read(3, ["sync"]).arrays) == {"sync"}
    assert [e.kind for e in shards.entries[:3]] == ["", "speech", ""]


def test_the_webdataset_package_reads_them(tmp_path):
    wds = pytest.importorskip("webdataset", reason="needs the package webdataset, the twin")
    write(tmp_path)
    read = list(wds.WebDataset(str(tmp_path / "{000000..000002}.tar"), shardshuffle=False).decode())
    assert len(read) == 12
    for number, found in enumerate(read):
        np.testing.assert_array_equal(found["latent.npy"], sample(number).arrays["latent"])
        assert found["json"]["caption"] == f"caption {number}"


def test_names_of_any_length_have_room_in_a_tar(tmp_path):
    names = ["a" * 101, "a" * 102, "folder/" * 140, "音" * 40, "b.c"]
    write_header(tmp_path, HEADER)
    write_shard(tmp_path, 0, (replace(sample(k), id=name) for k, name in enumerate(names)))
    shards = Shards(tmp_path)
    assert [shards.read(k).id for k in range(5)] == names
    np.testing.assert_array_equal(shards.read(3).arrays["latent"], sample(3).arrays["latent"])
    with tarfile.open(tmp_path / "000000.tar") as tar:
        members = tar.getnames()
    assert len(set(members)) == 15 and all(name.count(".") <= 2 and "/" not in name for name in members)


def test_tar_lists_all_of_one_sample_side_by_side(tmp_path):
    write(tmp_path)
    with tarfile.open(tmp_path / "000000.tar") as tar:
        keys = [name.split(".")[0] for name in tar.getnames()]
    assert keys == [k for k in dict.fromkeys(keys) for _ in range(3)]


def cut(folder):
    (folder / "000001.tar").write_bytes((folder / "000001.tar").read_bytes()[:-512])


def flip(folder):
    content = bytearray((folder / "000001.tar").read_bytes())
    content[700] ^= 1
    (folder / "000001.tar").write_bytes(content)


def without_index(folder):
    (folder / "000001.json").unlink()


def without_tar(folder):
    (folder / "000001.tar").unlink()


@pytest.mark.parametrize("harm", [cut, flip, without_index, without_tar])
def test_damage_is_named_with_the_file(tmp_path, harm):
    harm(write(tmp_path))
    with pytest.raises(InputError, match="000001.tar is damaged"):
        Shards(tmp_path, check=True)


def test_an_interrupted_shard_leaves_nothing(tmp_path):
    write_header(tmp_path, HEADER)

    def samples():
        yield sample(0)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_shard(tmp_path, 0, samples())
    assert [p.name for p in tmp_path.iterdir()] == ["shards.json"]


def test_two_samples_of_one_id_are_refused(tmp_path):
    write(tmp_path)
    write_shard(tmp_path, 9, [sample(3)])
    with pytest.raises(InputError, match=r"clip 3/ä.x is in .*000000.tar and in .*000009.tar"):
        Shards(tmp_path)


def test_what_the_set_lacks_is_said(tmp_path):
    write(tmp_path)
    with pytest.raises(InputError, match="no text"):
        Shards(tmp_path, needs=("latent", "text"))
    with pytest.raises(InputError, match="no samples of split held_out"):
        Shards(tmp_path, "held_out")
    with pytest.raises(InputError, match=r"holds no shards\.json"):
        Shards(tmp_path / "none")


def test_another_kind_of_shards_in_the_folder_is_refused(tmp_path):
    write(tmp_path)
    write_header(tmp_path, HEADER)
    with pytest.raises(InputError, match="other networks"):
        write_header(tmp_path, Header(HEADER.arrays, {"vae": "other"}, True, 44100, 512, "test"))


def test_a_wrong_array_is_refused_and_nothing_is_written(tmp_path):
    bad = Sample("x", "", 1.0, 0.0, 1.0, "train", arrays={"latent": np.zeros((2, 3, 4), "<f4")})
    with pytest.raises(InputError, match=r"latent is float32"):
        write_shard(tmp_path, 0, [bad])
    assert not list(tmp_path.iterdir())


def test_every_sample_comes_once_an_epoch_and_batches_hold_one_length(tmp_path):
    shards = Shards(write(tmp_path, shards=20, each=5, seconds=lambda n: 4.0 if n % 3 else 8.0))
    crops = (Crop(3.92, 4, 0.75), Crop(8.0, 2, 0.25))
    for epoch in range(3):
        order = list(epoch_order(shards.entries, crops, 7, epoch))
        assert sorted(i for i, _ in order) == list(range(100))
        assert all(shards.entries[i].seconds >= crops[w].seconds for i, w in order)
    met: Counter[int] = Counter()
    batches = Batches(shards.entries, crops, 7)
    for step in range(200):
        crop, indices = batches.batch(step)
        assert len(indices) == crop.batch
        met.update(indices)
    assert max(met.values()) - min(met.values()) <= 2  # at most one epoch begun, and what waits for its batch


def test_the_order_depends_on_the_seed_alone(tmp_path):
    shards = Shards(write(tmp_path))
    first, again = (Batches(shards.entries, [Crop(4.0, 5, 1.0)], 1) for _ in range(2))
    steps = [first.batch(s) for s in range(9)]
    assert again.batch(8) == steps[8] and again.batch(2) == steps[2]
    assert [Batches(shards.entries, [Crop(4.0, 5, 1.0)], 2).batch(s) for s in range(9)] != steps


def test_samples_shorter_than_every_crop_are_counted(tmp_path):
    shards = Shards(write(tmp_path, seconds=lambda n: 4.0 if n else 2.0))
    with pytest.raises(InputError, match=r"1 of 12 samples are shorter than 4 s"):
        Batches(shards.entries, [Crop(4.0, 2, 1.0)], 0)


def test_the_index_is_json_that_others_can_read(tmp_path):
    write(tmp_path)
    index = json.loads((tmp_path / "000002.json").read_text())
    start, size = index["samples"][1]["members"]["json"]
    content = (tmp_path / "000002.tar").read_bytes()[start : start + size]
    assert json.loads(content)["caption"] == "caption 9"


def test_two_folders_are_one_set(tmp_path):
    write(tmp_path / "a")
    write_header(tmp_path / "b", HEADER)
    write_shard(tmp_path / "b", 0, [sample(50)])
    both = Shards([tmp_path / "a", tmp_path / "b"])
    assert len(both) == 13 and both.read(12).caption == "caption 50"
    assert sorted(i for i, _ in epoch_order(both.entries, [Crop(4.0, 1, 1.0)], 0, 0)) == list(range(13))


def test_folders_of_different_networks_are_refused(tmp_path):
    write(tmp_path / "a")
    write_header(tmp_path / "b", Header(HEADER.arrays, {"vae": "other"}, True, 44100, 512, "test"))
    with pytest.raises(InputError, match=r"b and \S*a differ in vae \(other and abc\)"):
        Shards([tmp_path / "a", tmp_path / "b"])


def test_shards_without_a_networks_arrays_go_with_any_network(tmp_path):
    write(tmp_path / "a")
    for name, networks in (("b", {}), ("c", {"vae": "other"})):
        write_header(tmp_path / name, Header(("sound",), networks, False, 44100, 512, "sounds"))
        write_shard(tmp_path / name, 0, [sample(60 + ord(name))])
    both = Shards([tmp_path / "a", tmp_path / "b"])
    assert len(both) == 13 and both.header.arrays == ("sound",) and both.header.networks == {}
    with pytest.raises(InputError, match="c and .*a differ in vae"):
        Shards([tmp_path / "b", tmp_path / "a", tmp_path / "c"])


def test_a_kill_between_the_two_files_leaves_no_shard_but_a_tar(tmp_path, monkeypatch):
    """The index comes last: what is killed before it is written again."""
    write_header(tmp_path, HEADER)
    replace_file, renamed = os.replace, []

    def killed_at_the_index(source, target):
        if str(target).endswith("000000.json"):
            raise KeyboardInterrupt
        renamed.append(Path(target).name)
        replace_file(source, target)

    monkeypatch.setattr(os, "replace", killed_at_the_index)
    with pytest.raises(KeyboardInterrupt):
        write_shard(tmp_path, 0, [sample(0)])
    assert renamed == ["000000.tar"] and not is_whole(tmp_path, 0)
    monkeypatch.undo()
    write_shard(tmp_path, 0, [sample(0)])
    assert is_whole(tmp_path, 0) and len(Shards(tmp_path, check=True)) == 1


def test_a_plan_says_which_shards_are_not_there_yet(tmp_path):
    write(tmp_path)
    write_plan(tmp_path, plan_of(["a", "b", "c"] * 5, 4))
    with pytest.raises(InputError, match=r"1 of 4 shards are not there yet \(000003.tar"):
        Shards(tmp_path)
    with pytest.raises(InputError, match="begun with another list"):
        write_plan(tmp_path, plan_of(["a", "b", "x"] * 5, 4))
    write_shard(tmp_path, 3, [sample(n) for n in range(12, 15)])
    assert len(Shards(tmp_path)) == 15


def test_an_empty_list_is_refused(tmp_path):
    with pytest.raises(InputError, match="nothing to extract"):
        plan_of([], 4)


def test_every_epoch_has_an_order_of_its_own(tmp_path):
    batches = Batches(Shards(write(tmp_path)).entries, [Crop(4.0, 12, 1.0)], 1)
    first, second = (batches.batch(step)[1] for step in range(2))
    assert sorted(first) == sorted(second) == list(range(12)) and first != second
