"""Presets: what each sets, what overrides it, and what is recorded."""

import re
from pathlib import Path
from typing import get_args

import pytest

from flows import quality_in_use
from flows.checkpoint_in_use import checkpoint_in_use
from flows.joined_checkpoints import joined
from flows.memory_in_use import JOINED_L2
from flows.quality import QUALITIES, QualityName, quality_help, quality_named
from shls_core.errors import InputError

PAGE = Path(__file__).parents[2] / "docs" / "results" / "quality.md"


@pytest.fixture
def found(tmp_path):
    return checkpoint_in_use("pretrained", None, str(tmp_path / "none"))


@pytest.fixture
def processor(monkeypatch):
    """Return a function that says whether the device computes in bfloat16."""
    return lambda has: monkeypatch.setattr(quality_in_use, "computes_bfloat16", lambda device: has)


def test_every_name_is_one_preset():
    assert tuple(one.name for one in QUALITIES) == get_args(QualityName)
    assert [quality_named(name).name for name in get_args(QualityName)] == ["fast", "balanced", "best"]
    with pytest.raises(InputError, match=r"^expected --quality fast, balanced, best, got good$"):
        quality_named("good")


def test_help_and_page_say_what_each_sets():
    table = re.findall(r"^\| `(\w+)` \|(.*)\|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert [name for name, _ in table] == [one.name for one in QUALITIES]
    for one, (_, cells) in zip(QUALITIES, table, strict=True):
        assert f"{one}: {one.meaning}" in quality_help()
        switches = (one.discriminative, one.bfloat16, one.snap, one.adapts)
        said = [cell.strip() for cell in cells.split("|")]
        assert said[:5] == [str(one.max_side), *("on" if switch else "off" for switch in switches)]


@pytest.mark.parametrize("quality", QUALITIES, ids=lambda one: one.name)
@pytest.mark.parametrize("has", [True, False])
def test_a_preset_sets_its_switches(found, processor, quality, has):
    processor(has)
    used = found.with_options(quality=quality.name)
    assert used.config.propagation.precision == ("bf16" if has and quality.bfloat16 else "fp32")
    assert used.config.adaptation.mode == ("after_video" if quality.adapts else "off")
    assert used.on_videos().max_side == quality.max_side
    assert (used.config.method.memory.discriminative is not None) == quality.discriminative


def test_without_a_preset_nothing_changes(found):
    assert found.with_options().config == found.config
    assert found.on_videos().max_side is None
    assert "quality" not in found.parameters()
    assert "quality" not in found.model_dump()


def test_options_override_a_preset_in_both_directions(found, processor):
    processor(True)
    best = found.with_options(quality="best", adapt=False)
    assert best.config.adaptation.mode == "off"
    assert best.on_videos(100).max_side == 100
    fast = found.with_options(quality="fast", adapt=True, num_superpixels=50)
    assert fast.config.adaptation.mode == "after_video"
    assert fast.config.propagation.num_superpixels == 50
    labels = found.with_options("label_propagation", quality="fast")
    assert labels.config.propagation.label_propagation.snap == "superpixels"
    bare = found.with_options("label_propagation", snap=False, quality="fast")
    assert bare.config.propagation.label_propagation.snap == "none"
    assert found.with_options(snap=False).config == found.config


def test_a_model_of_the_video_keeps_its_settings_or_is_switched_on(found, processor):
    processor(False)
    memory = found.config.method.memory.model_dump()
    tuned = found.with_changes(method={"memory": memory | {"discriminative": {"l2": 0.5}}})
    assert tuned.with_options(quality="fast").config.method.memory.discriminative.l2 == 0.5
    without = found.with_changes(method={"memory": memory | {"discriminative": None}})
    assert without.with_options(quality="fast").config.method.memory.discriminative is not None
    pooled = found.with_options("superpixel_memory", quality="fast").config
    assert pooled.propagation.superpixel_memory.memory.discriminative is not None
    assert pooled.method == found.config.method


def test_joined_descriptors_have_their_penalty_however_the_model_was_switched_on(found, processor):
    processor(False)
    both = joined(found, found)
    assert both.config.method.memory.discriminative.l2 == JOINED_L2
    pooled = both.with_options("superpixel_memory", quality="fast").config.propagation.superpixel_memory
    assert pooled.memory.discriminative.l2 == JOINED_L2
    alone = found.with_options("superpixel_memory", quality="fast").config.propagation.superpixel_memory
    assert alone.memory.discriminative.l2 != JOINED_L2
    configured = found.model_copy(update={"is_configured": True})
    kept = joined(configured, found).with_options(quality="fast").config.method.memory.discriminative.l2
    assert kept == found.config.method.memory.discriminative.l2 != JOINED_L2


def test_the_ledger_has_the_name_and_what_it_chose(found, processor):
    processor(True)
    kept = found.with_options(quality="balanced").parameters()
    assert kept["quality"] == "balanced"
    assert kept["propagation"]["precision"] == "bf16"
    assert kept["method"]["memory"]["discriminative"]
