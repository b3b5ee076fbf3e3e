"""The agreement of sound and caption, with a tiny CLAP of random weights."""

from __future__ import annotations

import json

import pytest
import torch

from kling_foley_core.data.curation.clap import Clap
from kling_foley_core.data.curation.measures import MeasureCache, measure
from kling_foley_core.errors import InputError
from kling_foley_core.media import resample, save_audio

from .sounds import RATE, knocks, sine

CAPTION = "someone knocks on wood"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace
    from transformers import ClapConfig, ClapFeatureExtractor, ClapModel, PreTrainedTokenizerFast

    torch.manual_seed(0)
    text = {"vocab_size": 40, "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2,
            "intermediate_size": 32, "max_position_embeddings": 90, "projection_dim": 8}  # fmt: skip
    audio = {"spec_size": 64, "num_mel_bins": 16, "hidden_size": 32, "patch_embeds_hidden_size": 16,
             "depths": [1, 1], "num_attention_heads": [2, 2], "window_size": 4, "projection_dim": 8,
             "num_classes": 4, "enable_fusion": False, "patch_stride": [4, 4]}  # fmt: skip
    config = ClapConfig(text_config=text, audio_config=audio, projection_dim=8)
    path = tmp_path_factory.mktemp("clap")
    ClapModel(config).save_pretrained(path)
    sound = {"feature_size": 16, "sampling_rate": 16000, "max_length_s": 2, "truncation": "rand_trunc"}
    ClapFeatureExtractor(**sound).save_pretrained(path)
    words = {word: k for k, word in enumerate(["<s>", "<pad>", "</s>", "<unk>", *CAPTION.split(), "rain"])}
    tokenizer = Tokenizer(WordLevel(words, "<unk>"))
    tokenizer.pre_tokenizer = Whitespace()
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="<unk>", pad_token="<pad>").save_pretrained(
        path
    )
    return path


def test_it_is_the_cosine_that_transformers_says(folder):
    from transformers import AutoTokenizer, ClapFeatureExtractor, ClapModel

    wave, model = knocks(2, 1, 16000), ClapModel.from_pretrained(folder)
    inputs = ClapFeatureExtractor.from_pretrained(folder)(
        wave[0].numpy(), sampling_rate=16000, return_tensors="pt"
    )
    inputs |= AutoTokenizer.from_pretrained(folder)(CAPTION, return_tensors="pt")
    with torch.no_grad():
        out = model(**inputs)
    cosine = torch.cosine_similarity(out.audio_embeds, out.text_embeds)
    assert Clap(folder).agreement(wave, 16000, CAPTION) == pytest.approx(float(cosine), abs=1e-5)


def test_rate_channels_and_repetition_do_not_matter_and_the_words_do(folder):
    clap, wave = Clap(folder), knocks(2, 1, 16000)
    once = clap.agreement(wave, 16000, CAPTION)
    assert clap.agreement(resample(wave.repeat(2, 1), 16000, 48000), 48000, CAPTION) == pytest.approx(
        once, abs=0.02
    )
    assert clap.agreement(torch.cat([wave, wave], 1), 16000, CAPTION) == pytest.approx(once, abs=1e-5)
    assert clap.agreement(wave, 16000, "rain") != pytest.approx(once, abs=1e-3)
    assert clap.agreement(wave, 16000, CAPTION) == once


def test_a_caption_of_any_length_and_a_moment_of_sound(folder):
    clap = Clap(folder)
    assert -1 <= clap.agreement(sine(440, 0.05), RATE, "rain " * 500) <= 1


def test_it_is_a_measure_of_what_has_a_caption(folder, tmp_path):
    save_audio(tmp_path / "a.wav", knocks(2, 1), RATE)
    clap, cache, spans = Clap(folder), MeasureCache(tmp_path / "kept"), [(0.0, 2.0)]
    options = {"clap": clap, "cache": cache}
    (said,) = measure(None, tmp_path / "a.wav", spans, caption=CAPTION, **options)
    assert said.clap == pytest.approx(clap.agreement(knocks(2, 1), RATE, CAPTION), abs=1e-3)
    assert measure(None, tmp_path / "a.wav", spans, **options)[0].clap is None
    assert measure(None, tmp_path / "a.wav", spans, caption=CAPTION, cache=cache)[0].clap is None
    assert measure(None, tmp_path / "a.wav", spans, caption=CAPTION, **options) == [said]


@pytest.mark.parametrize("config", [None, "{", json.dumps({"model_type": "bert"})])
def test_another_folder_is_refused_in_one_line(tmp_path, config):
    if config:
        (tmp_path / "config.json").write_text(config)
    with pytest.raises(InputError, match="^--clap ") as caught:
        Clap(tmp_path)
    assert len(str(caught.value).splitlines()) == 1


def test_missing_and_damaged_weights_are_refused(folder, tmp_path):
    for name in ("config.json", "preprocessor_config.json"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    with pytest.raises(InputError, match="has no model.safetensors"):
        Clap(tmp_path)
    (tmp_path / "model.safetensors").write_bytes((folder / "model.safetensors").read_bytes()[:5000])
    with pytest.raises(InputError, match="can't be loaded"):
        Clap(tmp_path)
