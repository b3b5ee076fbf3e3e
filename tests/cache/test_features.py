"""A second look at a film or a text asks no encoder and gives the same bits; anything else is encoded."""

from __future__ import annotations

import io
import os
import shutil
from dataclasses import replace

import pytest
import torch
from clips import write_clip

from kling_foley_core.cache import keys
from kling_foley_core.generation import pipeline as module
from kling_foley_core.generation.pipeline import FoleyPipeline
from kling_foley_core.media.masks import Box
from kling_foley_core.weights import BUILT_IN


@pytest.fixture
def clip(tmp_path):
    return write_clip(tmp_path / "clip.mp4")


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "cache"


@pytest.fixture
def reads(monkeypatch):
    """How often frames were read, and of what."""
    seen = []
    read = module.read_slots

    def counted(source, views, **window):
        seen.append(set(views))
        return read(source, views, **window)

    monkeypatch.setattr(module, "read_slots", counted)
    return seen


def loaded(folder, model="small", **settings) -> FoleyPipeline:
    return FoleyPipeline.from_pretrained(model, device="cpu", cache=folder, **settings)


def tokens_of(features) -> list[torch.Tensor]:
    moved = features.movement
    return [features.visual, features.sync, *([] if moved is None else [moved.moves, moved.turns])]


def test_a_second_look_reads_and_encodes_nothing(clip, folder, reads, monkeypatch) -> None:
    first = loaded(folder).encode_video(clip, movement=True)
    again = loaded(folder)

    def no_encoder(*_, **__):
        raise AssertionError("an encoder was asked")

    for encoder in (again.parts.visual, again.parts.sync):
        monkeypatch.setattr(encoder, "vectors", no_encoder)
        monkeypatch.setattr(encoder, "forward", no_encoder)
    second = again.encode_video(clip, movement=True)
    plain = FoleyPipeline.from_pretrained("small", device="cpu").encode_video(clip, movement=True)
    assert reads == [{"visual", "sync", "movement"}] * 2, "the second is the plain one's"
    for made in (second, plain):
        assert all(map(torch.equal, tokens_of(first), tokens_of(made)))
        assert replace(made, visual=None, sync=None, movement=None) == replace(
            first, visual=None, sync=None, movement=None
        )


def test_the_same_sound_with_and_without(clip, folder) -> None:
    ask = {"video": clip, "prompt": "steps", "negative_prompt": "music", "steps": 2}
    plain = FoleyPipeline.from_pretrained("small", device="cpu").generate(**ask).waveform
    for _ in range(2):
        assert torch.equal(loaded(folder).generate(**ask).waveform, plain)


def test_only_what_is_missing_is_made(clip, folder, reads) -> None:
    pipeline = loaded(folder)
    pipeline.encode_video(clip)
    pipeline.encode_video(clip, movement=True)
    pipeline.encode_video(clip, movement=True)
    assert reads == [{"visual", "sync"}, {"movement"}]


def test_a_copy_of_the_film_and_its_bytes_are_the_same_film(clip, folder, reads, tmp_path) -> None:
    pipeline = loaded(folder)
    first = pipeline.encode_video(clip)
    copy = shutil.copy(clip, tmp_path / "copy.mp4")
    for film in (copy, io.BytesIO(clip.read_bytes())):
        assert torch.equal(pipeline.encode_video(film).visual, first.visual)
    assert len(reads) == 1


def test_another_film_window_or_mask_is_encoded(clip, folder, reads, tmp_path) -> None:
    pipeline = loaded(folder)
    mask = torch.zeros(64, 96)
    mask[:, :48] = 1
    masks = [Box(0, 0, 0.5, 1), Box(0, 0, 0.6, 1), mask, 1 - mask]
    windows = [{}, {"start": 0.2}, {"seconds": 0.8}, {"start": 0.2, "seconds": 0.8}]
    asked = windows + [{"mask": mask} for mask in masks]
    for number, ask in enumerate(asked, 1):
        for _ in range(2):
            pipeline.encode_video(clip, **ask)
        assert len(reads) == number, ask
    content = bytearray(clip.read_bytes())
    at = content.index(b"Lavf")
    content[at : at + 4] = b"LAVF"  # one byte of a name: the pictures are the same, the file is another
    clip.write_bytes(content)
    pipeline.encode_video(clip)
    assert len(reads) == len(asked) + 1


def test_another_mask_in_the_same_file_is_another(clip, folder, reads, tmp_path) -> None:
    from PIL import Image

    pipeline, path = loaded(folder), tmp_path / "mask.png"
    for side in (0, 48):
        picture = Image.new("L", (96, 64))
        picture.paste(255, (side, 0, side + 48, 64))
        picture.save(path)
        for _ in range(2):
            pipeline.encode_video(clip, mask=path)
    assert len(reads) == 2


def test_other_weights_types_and_code_encode_anew(clip, folder, reads, tmp_path, monkeypatch) -> None:
    model = tmp_path / "model"
    model.mkdir()
    weights = shutil.copy(BUILT_IN, model / "weights.safetensors")

    def look(**settings) -> int:
        before = len(reads)
        loaded(folder, model, **settings).encode_video(clip)
        return len(reads) - before

    assert look() == 1 and look() == 0 and look(dtype=torch.bfloat16) == 1
    with open(weights, "r+b") as file:
        file.seek(-2, os.SEEK_END)
        last = file.read(1)
        file.seek(-2, os.SEEK_END)
        file.write(bytes([last[0] ^ 1]))
    assert look() == 1 and look() == 0
    keys.code.cache_clear()
    monkeypatch.setattr(keys, "_version", lambda name: "another")
    assert look() == 1
    keys.code.cache_clear()


@pytest.mark.parametrize("name", ["torch", "av", "tokenizers", "transformers", "ftfy"])
def test_versions_of_what_encodes_are_part_of_the_keys(monkeypatch, name) -> None:
    first, own = keys.code.__wrapped__(), keys._version
    monkeypatch.setattr(keys, "_version", lambda asked: "0" if asked == name else own(asked))
    assert keys.code.__wrapped__() != first


@pytest.mark.parametrize(
    "name", ["timing.py", "media/reader.py", "encoders/visual/clip.py", "generation/pipeline.py"]
)
def test_code_that_features_depend_on_is_part_of_their_keys(tmp_path, monkeypatch, name) -> None:
    monkeypatch.setattr(keys, "__file__", str(tmp_path / "cache" / "keys.py"))
    module = tmp_path / name
    module.parent.mkdir(parents=True, exist_ok=True)
    seen = set()
    for text in ("RATE = 8", "RATE = 9"):
        module.write_text(text)
        keys.code.cache_clear()
        seen.add(keys.code())
    keys.code.cache_clear()
    assert len(seen) == 2


def test_weights_changed_behind_a_pipeline_are_not_taken_for_its_own(clip, folder, tmp_path) -> None:
    model = tmp_path / "model"
    model.mkdir()
    weights = shutil.copy(BUILT_IN, model / "weights.safetensors")
    pipeline = loaded(folder, model)
    assert pipeline.parts.visual and pipeline.parts.sync and pipeline.parts.text  # they are in memory
    os.utime(weights)
    pipeline.encode_video(clip)
    pipeline.encode_text("rain")
    assert not list(folder.glob("*.safetensors"))


def test_a_film_that_changes_while_it_is_read_is_not_kept(clip, folder, monkeypatch) -> None:
    pipeline, read = loaded(folder), module.read_slots

    def changing(source, *rest, **window):
        yield from read(source, *rest, **window)
        os.utime(clip)

    monkeypatch.setattr(module, "read_slots", changing)
    pipeline.encode_video(clip)
    assert not list(folder.glob("*.safetensors"))


def test_a_damaged_entry_is_made_anew(clip, folder, reads) -> None:
    first = loaded(folder).encode_video(clip)
    for path in folder.glob("*.safetensors"):
        harmed = bytearray(path.read_bytes())
        harmed[-1] ^= 1
        path.write_bytes(harmed)
    assert torch.equal(loaded(folder).encode_video(clip).visual, first.visual) and len(reads) == 2
    loaded(folder).encode_video(clip)
    assert len(reads) == 2


def test_long_features_come_back_as_they_were(clip, folder, monkeypatch) -> None:
    """They stay mapped from the file, which may be thrown out meanwhile."""
    monkeypatch.setattr("kling_foley_core.cache.features.HELD", 0)
    first, second = (loaded(folder).encode_video(clip) for _ in range(2))
    shutil.rmtree(folder)
    assert torch.equal(first.sync, second.sync)


def texts_asked(pipeline, monkeypatch) -> list[str]:
    asked = []
    encode = pipeline.parts.text.encode
    monkeypatch.setattr(pipeline.parts.text, "encode", lambda texts: asked.extend(texts) or encode(texts))
    return asked


def test_each_text_is_encoded_once(folder, monkeypatch) -> None:
    pipeline = loaded(None)
    asked = texts_asked(pipeline, monkeypatch)
    prompt, negative = pipeline.encode_prompts("[0-1] rain [1-2] bells [2-3] rain", "[1-] rain", 3)
    assert asked == ["rain", "bells"]
    assert prompt.tokens[0] is negative.tokens[-1]
    pipeline.encode_prompts("rain", "bells", 3)
    assert asked == ["rain", "bells"]


def test_memory_holds_the_last_texts(monkeypatch) -> None:
    pipeline = loaded(None)
    asked = texts_asked(pipeline, monkeypatch)
    many = [str(k) for k in range(module.TEXTS)]
    for text in ["rain", *many[:-1], "rain", many[-1], "rain", "0"]:
        pipeline.encode_text(text)
    assert asked == ["rain", *many, "0"], "the oldest went"


def test_texts_are_kept_on_disk(folder, monkeypatch) -> None:
    first = loaded(folder).encode_text("rain")
    again = loaded(folder)
    asked = texts_asked(again, monkeypatch)
    assert torch.equal(again.encode_text("rain"), first) and asked == []
    assert again.encode_text("Rain") is not None and asked == ["Rain"]
    other = loaded(folder, dtype=torch.bfloat16)
    assert other.encode_text("rain").dtype == torch.bfloat16


def test_without_a_folder_nothing_is_written(clip, cache_of_the_test) -> None:
    FoleyPipeline.from_pretrained("small", device="cpu").generate(video=clip, prompt="rain", steps=1)
    assert not cache_of_the_test.exists()


def test_a_tokenizer_beside_belongs_to_the_text_encoder(tmp_path) -> None:
    from kling_foley_core.cache.features import _files
    from kling_foley_core.checkpoints.scan import Network

    (tmp_path / "t5.safetensors").touch()
    network = Network(tmp_path / "t5.safetensors", "t5", None)
    assert len(_files(network)) == 1
    (tmp_path / "tokenizer.json").touch()
    assert [seen.path.name for seen in _files(network)] == ["t5.safetensors", "tokenizer.json"]


def test_a_film_or_mask_that_is_gone_is_told_as_ever(clip, folder, tmp_path) -> None:
    from kling_foley_core.errors import InputError

    with pytest.raises(InputError, match="gone.mp4.* doesn't exist"):
        loaded(folder).encode_video(tmp_path / "gone.mp4")
    with pytest.raises(InputError, match="gone.png.* doesn't exist"):
        loaded(folder).encode_video(clip, mask=tmp_path / "gone.png")
