"""What was rendered by other code of the world is not used: every cache's key hangs on the sources."""

from __future__ import annotations

import pytest

from kling_foley_core.evaluation.networks import augmentation, sound_classifiers
from kling_foley_core.foley_world import fingerprint as module
from kling_foley_core.foley_world.fingerprint import fingerprint, world_fingerprint


@pytest.fixture
def sources(tmp_path):
    for name, text in (("a.py", "1"), ("b.py", "2")):
        (tmp_path / name).write_text(text)
    return tmp_path


def test_contents_and_names_count_and_order_does_not(sources) -> None:
    a, b = sources / "a.py", sources / "b.py"
    before = fingerprint([a, b])
    assert fingerprint([b, a]) == before != fingerprint([a])
    a.write_text("2"), b.write_text("1")
    assert fingerprint([a, b]) != before


def test_ends_of_lines_do_not_count(sources) -> None:
    a = sources / "a.py"
    a.write_bytes(b"1\n2\n")
    unix = fingerprint([a])
    a.write_bytes(b"1\r\n2\r\n")
    assert fingerprint([a]) == unix


def test_the_world_is_all_of_its_modules_but_those_that_write_files() -> None:
    names = {p.relative_to(module.WORLD).as_posix() for p in module.WORLD.rglob("*.py")}
    assert {"physics.py", "sound/__init__.py", "draw/__init__.py", "families/__init__.py"} <= names
    assert world_fingerprint() == fingerprint(module.WORLD / n for n in names - {"clips.py", "sheet.py"})


def test_a_changed_source_gives_another_key(sources, monkeypatch) -> None:
    monkeypatch.setattr(module, "WORLD", sources)
    before = sound_classifiers.key_of(3)
    assert sound_classifiers.key_of(3) == before
    (sources / "a.py").write_text("changed")
    assert sound_classifiers.key_of(3) != before


def test_the_classifiers_depend_on_the_augmentation(sources, monkeypatch) -> None:
    before = sound_classifiers.key_of(3)
    monkeypatch.setattr(augmentation, "__file__", str(sources / "a.py"))
    assert sound_classifiers.key_of(3) != before
