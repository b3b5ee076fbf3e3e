"""A recipe is complete and exact, or an error that names the field."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import pytest

from kling_foley_core.errors import InputError
from kling_foley_core.training.parts.codec import CodecRecipe
from kling_foley_core.training.parts.encoders import EncodersRecipe
from kling_foley_core.training.parts.generator import GeneratorRecipe
from kling_foley_core.training.parts.stereo import StereoRecipe
from kling_foley_core.training.parts.vocoder import VocoderRecipe
from kling_foley_core.training.recipe import read_recipe, recipe_file


@dataclass(frozen=True)
class Inner:
    sizes: tuple[int, ...]
    span: tuple[float, float]


@dataclass(frozen=True)
class Outer:
    steps: int
    rate: float
    name: str
    shares: dict[str, float]
    inner: Inner


GOOD = """
steps = 3
rate = 1
name = "x"
shares = {a = 1, b = 0.5}
[inner]
sizes = [1, 2, 3]
span = [0, 1.5]
"""


def read(folder, text: str) -> Outer:
    path = folder / "r.toml"
    path.write_text(text)
    return read_recipe(path, Outer)


def test_tables_become_frozen_dataclasses(tmp_path) -> None:
    assert read(tmp_path, GOOD) == Outer(3, 1.0, "x", {"a": 1.0, "b": 0.5}, Inner((1, 2, 3), (0.0, 1.5)))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("rate = 1", "", "rate: missing"),
        ("rate = 1", "rate = 1\nbatch = 2", "batch: unknown"),
        ("sizes = [1, 2, 3]", "", "inner.sizes: missing"),
        ("sizes = [1, 2, 3]", "sizes = [1, 2.5]", "inner.sizes[1] = 2.5"),
        ("span = [0, 1.5]", "span = [0]", "inner.span = [0]"),
        ("steps = 3", "steps = true", "steps = True"),
        ("steps = 3", 'steps = "3"', "steps = '3'"),
        ("b = 0.5", 'b = "half"', "shares.b = 'half'"),
        ("[inner]", "inner = 3\n[other]", "other: unknown"),
        ("steps = 3", "steps 3", "not TOML"),
    ],
)
def test_every_wrong_field_is_named(tmp_path, old, new, message) -> None:
    with pytest.raises(InputError) as error:
        read(tmp_path, GOOD.replace(old, new))
    assert message in str(error.value) and "r.toml" in str(error.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [("a = " + "[" * 100_000, "not TOML"), ("#" * 300_000, "300,000 bytes, and 262,144 are the most")],
)
def test_recipes_of_any_size_and_depth_are_refused(tmp_path, text, message) -> None:
    with pytest.raises(InputError, match=message):
        read(tmp_path, text)


@pytest.mark.parametrize(("part", "cls"), [("codec", CodecRecipe), ("vocoder", VocoderRecipe)])
def test_our_own_recipes_are_read(part, cls) -> None:
    assert read_recipe(recipe_file("small", part), cls).run.steps > 100


OF_WORLDS = {"encoders": EncodersRecipe, "generator": GeneratorRecipe, "stereo": StereoRecipe}


@pytest.mark.parametrize("part", OF_WORLDS)
@pytest.mark.parametrize("held_out", [0, 1, -1, 99999])
def test_some_scenes_are_held_out_and_some_are_not(tmp_path, part, held_out) -> None:
    text = recipe_file("small", part).read_text()
    path = tmp_path / "r.toml"
    path.write_text(re.sub(r"(?m)^held_out = \d+", f"held_out = {held_out}", text))
    with pytest.raises(InputError, match=rf"r\.toml: held_out = {held_out} of worlds\.scenes = "):
        read_recipe(path, OF_WORLDS[part])


@pytest.mark.parametrize(
    ("recipe", "part", "cls", "field", "value", "message"),
    [
        ("sixth", "generator", GeneratorRecipe, "steps", "1000", "first 1000 teach the listener alone"),
        ("third", "encoders", EncodersRecipe, "listeners_first", "2400", "encoders would learn nothing"),
        ("small", "encoders", EncodersRecipe, "pause", "0", "meaning.pause = 0"),
        ("small", "stereo", StereoRecipe, "seconds", "[]", r"worlds.seconds = \[\]"),
        ("small", "stereo", StereoRecipe, "seconds", "[3.5]", r"worlds.seconds = \[3.5\]"),
        ("small", "codec", CodecRecipe, "r1_steps", "0", "losses.r1_steps = 0"),
        ("small", "vocoder", VocoderRecipe, "frames", "33", "crop.frames = 33"),
    ],
)
def test_what_would_fail_later_is_refused_at_once(tmp_path, recipe, part, cls, field, value, message) -> None:
    text, found = re.subn(
        rf"(?m)^{field} = [^#\n]+", f"{field} = {value}", recipe_file(recipe, part).read_text()
    )
    assert found
    (tmp_path / "r.toml").write_text(text)
    with pytest.raises(InputError, match=message):
        read_recipe(tmp_path / "r.toml", cls)


def test_a_kind_of_sound_that_is_none_is_named(tmp_path) -> None:
    text, found = re.subn(
        r"(?m)^(\[data\.shares\]\n)", r"\1musik = 0.1\n", recipe_file("small", "codec").read_text()
    )
    assert found
    (tmp_path / "r.toml").write_text(text)
    with pytest.raises(InputError, match="data.shares = .*musik"):
        read_recipe(tmp_path / "r.toml", CodecRecipe)


def test_a_recipe_in_another_encoding_is_named(tmp_path) -> None:
    (tmp_path / "r.toml").write_bytes("# für\n".encode("latin-1"))
    with pytest.raises(InputError, match="UTF-8"):
        read_recipe(tmp_path / "r.toml", CodecRecipe)


def test_no_part_has_seen_what_another_is_validated_on() -> None:
    read = [read_recipe(recipe_file("small", part), cls) for part, cls in OF_WORLDS.items()]
    assert len({(replace(r.worlds, scenes=0), r.held_out) for r in read}) == 1


def test_an_unknown_recipe_says_which_there_are() -> None:
    with pytest.raises(InputError, match="big.*small"):
        recipe_file("big", "codec")
