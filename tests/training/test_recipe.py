"""A recipe is complete and exact, or an error that names the field."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest

from kling_foley_core.errors import InputError
from kling_foley_core.training.parts.codec import CodecRecipe
from kling_foley_core.training.parts.encoders import EncodersRecipe
from kling_foley_core.training.parts.generator import GeneratorRecipe
from kling_foley_core.training.parts.stereo import StereoRecipe
from kling_foley_core.training.parts.vocoder import VocoderRecipe
from kling_foley_core.training.recipe import read_recipe, recipe_source


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


RECIPES = {
    "codec": CodecRecipe,
    "vocoder": VocoderRecipe,
    "encoders": EncodersRecipe,
    "generator": GeneratorRecipe,
    "stereo": StereoRecipe,
}


@pytest.mark.parametrize("part", RECIPES)
def test_our_own_recipes_are_read(part) -> None:
    assert read_recipe(recipe_source(None, part), RECIPES[part]).run.steps > 100


@pytest.mark.parametrize(
    ("part", "change", "message"),
    [
        ("generator", "guidance.every=0", "every must be 1 or more"),
        ("generator", "run.parallel=both", 'run.parallel = "both": choose one of ddp, fsdp'),
        ("generator", "run.accumulate=0", "run.accumulate = 0: give 1 or more"),
        ("generator", "crops.batch=0", "batch 1 or more"),
        ("encoders", "audio_encoders_first=99999", "encoders would learn nothing"),
        ("encoders", "semantic.every_steps=0", "semantic.every_steps = 0"),
        ("codec", "losses.r1_steps=0", "losses.r1_steps = 0"),
        ("codec", "run.parallel=fsdp", 'run.parallel = "fsdp": this part takes "ddp" alone'),
        ("vocoder", "run.compile=true", "run.compile = true: this part takes false alone"),
        ("stereo", "run.activation_checkpointing=true", "activation_checkpointing = true: this part"),
        ("encoders", "run.compile=true", "run.compile = true"),
        ("codec", "frames=16", "frames = 16"),
        ("vocoder", "frames=33", "frames = 33"),
    ],
)
def test_what_would_fail_later_is_refused_at_once(part, change, message) -> None:
    with pytest.raises(InputError, match=message):
        read_recipe(recipe_source(None, part, [change]), RECIPES[part])


def test_a_recipe_in_another_encoding_is_named(tmp_path) -> None:
    (tmp_path / "r.toml").write_bytes("# für\n".encode("latin-1"))
    with pytest.raises(InputError, match="UTF-8"):
        read_recipe(tmp_path / "r.toml", CodecRecipe)


def test_a_recipe_that_is_not_there_is_named(tmp_path) -> None:
    with pytest.raises(InputError, match="--recipe .*big: there is no such file"):
        recipe_source(tmp_path / "big", "codec")


def test_changes_are_made_in_the_text_and_the_rest_stays(tmp_path) -> None:
    path = tmp_path / "r.toml"
    path.write_text(GOOD.replace("steps = 3", "steps = 3   # few") + "# end\n")
    changes = ["steps=7", "name = a b", "inner.sizes=[4]", "shares={a = 2.0}"]
    source = recipe_source(path, "codec", changes)
    assert read_recipe(source, Outer) == Outer(7, 1.0, "a b", {"a": 2.0}, Inner((4,), (0.0, 1.5)))
    assert "steps = 7   # few\n" in source.text and source.text.endswith("# end\n")
    for change, message in (
        ("sizes=[4]", "the recipe has no sizes; it has steps, rate"),
        ("inner.size=3", "has no inner.size"),
        ("steps", "write it as table.field=value"),
        ("steps=", "write it as table.field=value"),
    ):
        with pytest.raises(InputError, match=f"^--set {re.escape(change)}: .*{message}"):
            recipe_source(path, "codec", [change])


def test_a_change_of_tables_is_made_in_all_of_them() -> None:
    source = recipe_source(None, "generator", ["crops.batch=4"])
    assert [c.batch for c in read_recipe(source, GeneratorRecipe).crops] == [4, 4, 4]
