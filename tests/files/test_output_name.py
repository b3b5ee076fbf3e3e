"""Whatever an id is, its file lies in the folder of outputs."""

from __future__ import annotations

import pytest

from kling_foley_core.files.output_name import output_name

DOTS = "." * 100


@pytest.mark.parametrize(
    "name",
    ["/etc/x", "../x", "a/../../x", f"{DOTS}a/etc/x", f"{DOTS}/etc/x", f"{' ' * 100}./x", ".", "///"],
)
def test_no_id_leads_out_of_the_folder(tmp_path, name) -> None:
    made = output_name(name, ".wav", set())
    assert not made.is_absolute() and ".." not in made.parts
    assert (tmp_path / made).resolve().is_relative_to(tmp_path.resolve()) and made.suffix == ".wav"


def test_plain_ids_are_kept_and_no_two_files_are_one() -> None:
    taken: set[str] = set()
    assert output_name("a/b c.d", ".wav", taken).as_posix() == "a/b c.d.wav"
    names = [output_name(name, ".wav", taken).as_posix() for name in ("A/B c.d", f"{DOTS}a/etc/x", "a/etc/x")]
    assert len({name.casefold() for name in names}) == 3
    cut = output_name("x" * 99 + ".y", ".wav", taken).as_posix()
    assert cut.startswith("x" * 99 + "-"), "no dot at the end, where it is cut"
