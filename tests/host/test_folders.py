"""The graph finds models by the command's rules, in the folders of both keys."""

from __future__ import annotations

from inside import measured


def test_every_list_offers_the_files_of_both_keys(host, tmp_path):
    found = measured(host, "inside_folders", "--base-directory", str(tmp_path))["lists"]
    assert not found["before"] and found["after"]  # models/foley is there for the user to fill
    assert found["path"]
    for loader, files in found["lists"].items():
        assert set(files) - {"small (built in)"} == {"foley.CKPT", "mmaudio.CKPT", "link/linked.sft"}, loader
