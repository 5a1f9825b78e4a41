"""The project's own configurations: found by name, fit for their methods, ablations what they are named."""

import re
from pathlib import Path
from typing import Any

import pytest

from flows.configuration import CONFIGS, QUICKSTART, PipelineConfig, load_config
from shls_core.errors import ConfigError


@pytest.mark.parametrize("path", sorted(CONFIGS.rglob("*.yaml")), ids=lambda path: path.name)
def test_every_configuration_of_the_project_loads(path):
    config = load_config(str(path))
    assert config.with_changes() == config


def changed(one: PipelineConfig, other: PipelineConfig) -> dict[str, Any]:
    """What differs, by dotted key."""

    def flat(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
        found = {}
        for key, value in values.items():
            found |= flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: value}
        return found

    before, after = flat(one.model_dump()), flat(other.model_dump())
    return {key: after.get(key) for key in before | after if after.get(key) != before.get(key)}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("refinement_off", {"method.network.refinement.mode": "off"}),
        ("refinement_whole_frame", {"method.network.refinement.mode": "whole_frame"}),
        ("memory_0", {"method.memory.memory_size": 0}),
        ("memory_1k", {"method.memory.memory_size": 1000}),
        ("memory_2k", {"method.memory.memory_size": 2000}),
        ("memory_4k", {"method.memory.memory_size": 4000}),
        ("memory_all", {"method.memory.memory_cap": 1000.0}),
        ("superpixels_1k", {"propagation.num_superpixels": 1000}),
        ("superpixels_3k", {"propagation.num_superpixels": 3000}),
        ("superpixels_4k", {"propagation.num_superpixels": 4000}),
        ("superpixels_5k", {"propagation.num_superpixels": 5000}),
        ("segmenter_skimage", {"superpixels.segmenter": "skimage-slic"}),
        (
            "segmenter_watershed",
            {"superpixels.segmenter": "watershed", "superpixels.sigma": 2.0, "superpixels.basin_depth": 0.77},
        ),
    ],
)
def test_an_ablation_differs_from_the_paper_by_what_it_is_named_after(name, expected):
    paper = load_config(str(CONFIGS / "paper.yaml"))
    assert changed(paper, load_config(str(CONFIGS / "ablations" / f"{name}.yaml"))) == expected


def test_every_ablation_is_told_above():
    [mark] = test_an_ablation_differs_from_the_paper_by_what_it_is_named_after.pytestmark
    assert {name for name, _ in mark.args[1]} == {
        path.stem for path in (CONFIGS / "ablations").glob("*.yaml")
    }


@pytest.mark.parametrize(
    "path", sorted((CONFIGS / "ablations" / "stills").iterdir()), ids=lambda path: path.stem
)
def test_an_ablation_of_weights_changes_nothing_but_their_use(path):
    differing = changed(load_config(str(CONFIGS / "stills.yaml")), load_config(str(path)))
    assert differing
    assert all(
        key.startswith(("method.memory.", "propagation.", "adaptation.", "superpixels.")) for key in differing
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("single_frames", {"method.views.num_frames": 1, "training.batch_size": 80}),
        ("frames_15", {"method.views.num_frames": 15}),
        ("oxuva", {"name": "oxuva", "method.views.gap": 10}),
        ("cross_view_weight_0", {"method.cross_view_weight": 0.0}),
        ("cross_view_weight_1", {"method.cross_view_weight": 1.0}),
        ("grid_4", {"method.grid": 4}),
        ("cross_view_grid_8", {"method.cross_view_grid": 8}),
        ("view_off", {"method.views.regularise": False}),
        ("anchors_fixed", {"method.anchor_jitter": "none"}),
        ("anchors_apart", {"method.anchor_jitter": "cell"}),
        ("running_norm", {"method.regularising_norm": "running"}),
        ("half_pixel_256", {"method.views.crop": 256, "method.alignment": "half_pixel"}),
        (
            "trackingnet",
            {
                "name": "trackingnet",
                "method.views.gap": 10,
                "method.views.short_side": (256, 256),
                "training.steps": 70_400,
                "training.optimiser": "sgd",
                "training.betas": (0.9, 0.999),
                "training.learning_rate": 1e-3,
                "training.decay_every": 16_000,
                "training.decay": 0.9,
            },
        ),
        (
            "kinetics",
            {
                "name": "kinetics",
                "method.views.gap": 10,
                "method.views.short_side": (256, 256),
                "training.steps": 97_500,
                "training.optimiser": "sgd",
                "training.betas": (0.9, 0.999),
                "training.learning_rate": 1e-3,
                "training.decay_every": 75_000,
            },
        ),
    ],
)
def test_an_ablation_of_dul_differs_from_it_by_what_it_is_named_after(name, expected):
    dul = load_config(str(CONFIGS / "dul.yaml"))
    assert changed(dul, load_config(str(CONFIGS / "ablations" / "dul" / f"{name}.yaml"))) == expected


def test_every_ablation_of_dul_is_told_above():
    [mark] = test_an_ablation_of_dul_differs_from_it_by_what_it_is_named_after.pytestmark
    assert {name for name, _ in mark.args[1]} == {
        path.stem for path in (CONFIGS / "ablations" / "dul").iterdir()
    }


@pytest.mark.parametrize(
    "path", sorted((CONFIGS / "ablations" / "mask_vos").iterdir()), ids=lambda path: path.stem
)
def test_an_ablation_of_mask_vos_changes_something_and_says_where_it_is_used(path):
    published = load_config(str(CONFIGS / "mask_vos.yaml"))
    differing = changed(published, load_config(str(path)))
    assert differing
    assert all(key.startswith(("method.", "clusters.", "rounds", "training.")) for key in differing)
    page = (CONFIGS.parent / "docs" / "methods" / "mask_vos.md").read_text(encoding="utf-8")
    assert f"`{path.stem}`" in page or f"`_{path.stem.rpartition('_')[2]}`" in page


def test_rounds_of_mask_vos_are_a_hundred_epochs_whenever_clusters_are_made():
    for path in (CONFIGS / "mask_vos.yaml", *(CONFIGS / "ablations" / "mask_vos").glob("reclustering_*")):
        config = load_config(str(path))
        assert abs(config.rounds * config.training.steps - 100 * 216) <= 2, path


@pytest.mark.parametrize("name", ["mask_vos", "mask_vos_clips", "mask_vos_quickstart"])
def test_mask_vos_starts_from_the_dul_of_its_size(name):
    config, dul = (
        load_config(str(CONFIGS / f"{one}.yaml")) for one in (name, name.replace("mask_vos", "dul"))
    )
    assert (config.name, config.method.name, config.source) == (name, "mask_vos", dul.source)
    assert config.method.network.width_multiplier == dul.method.network.width_multiplier
    assert config.method.network.embedding_size == dul.method.network.embedding_size
    assert config.method.views.crop % 8 == 1


def assert_that_frames_suffice(config: PipelineConfig) -> None:
    """Frames are as many and as large as the method's views, and synthesis leaves their colours alone."""
    views = config.method.views
    if config.source == "clips":
        assert views.num_frames <= config.clips.min_frames
        assert views.crop <= config.clips.side
        return
    assert views.num_frames <= config.synthesis.num_frames
    assert views.crop <= config.synthesis.frame_size
    colours = config.synthesis.model_dump(include={"brightness", "contrast", "saturation", "hue_turns"})
    assert not any(colours.values())


@pytest.mark.parametrize("name", ["dul", "dul_clips", "dul_stills", "dul_quickstart"])
def test_dul_learns_from_frames_that_are_long_and_large_enough_and_keep_their_colours(name):
    config = load_config(str(CONFIGS / f"{name}.yaml"))
    views = config.method.views
    assert (config.name, config.method.name) == (name, "dul")
    assert views.crop % 8 == 1
    if config.source == "clips":
        assert views.crop <= views.short_side[0] <= views.short_side[1] <= config.clips.side
    assert_that_frames_suffice(config)


PAIRS_ALONE = {
    "method.memory_from": None,
    "method.reference_encoder": "same",
    "training.steps": 120_000,
}
STILLS_INSTEAD = {
    "source": "stills",
    "synthesis.frame_size": 480,
    "synthesis.num_frames": 6,
    "synthesis.brightness": 0.0,
    "synthesis.contrast": 0.0,
    "synthesis.saturation": 0.0,
    "synthesis.hue_turns": 0.0,
}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "pairs",
            PAIRS_ALONE,
        ),
        ("references_1", {"method.references": (-1,)}),
        ("references_3", {"method.references": (0, -3, -1)}),
        ("references_all", {"method.references": "all"}),
        ("momentum_0", {"method.momentum": 0.0}),
        ("momentum_099", {"method.momentum": 0.99}),
        ("cosine", {"method.similarity": "cosine"}),
        ("grid", {"method.reconstruct_at": "grid"}),
        ("same_encoder", {"method.reference_encoder": "same"}),
        ("soft_labels", {"method.labels": "soft"}),
        ("crop_384", {"method.views.crop": 384}),
        (
            "adaptation",
            {
                "adaptation.mode": "after_video",
                "adaptation.steps": 200,
                "adaptation.size": 480,
                "adaptation.learning_rate": 2e-4,
                "adaptation.width": 1.0,
                "adaptation.fuse": 0.0,
            },
        ),
        ("videos_100", {"name": "momentum_memory_videos_100"}),
        (
            "videos_100_pairs",
            {
                "name": "momentum_memory_videos_100_pairs",
                **PAIRS_ALONE,
            },
        ),
        (
            "stills_100",
            {
                "name": "momentum_memory_stills_100",
                **STILLS_INSTEAD,
            },
        ),
        (
            "stills_100_pairs",
            {
                "name": "momentum_memory_stills_100_pairs",
                **STILLS_INSTEAD,
                **PAIRS_ALONE,
            },
        ),
    ],
)
def test_an_ablation_of_momentum_memory_differs_from_it_by_what_it_is_named_after(name, expected):
    whole = load_config(str(CONFIGS / "momentum_memory.yaml"))
    assert changed(whole, load_config(str(CONFIGS / f"ablations/momentum_memory/{name}.yaml"))) == expected


def test_every_ablation_of_momentum_memory_is_told_above():
    [mark] = test_an_ablation_of_momentum_memory_differs_from_it_by_what_it_is_named_after.pytestmark
    assert {name for name, _ in mark.args[1]} == {
        path.stem for path in (CONFIGS / "ablations" / "momentum_memory").iterdir()
    }


@pytest.mark.parametrize(
    "name",
    ["momentum_memory", "momentum_memory_clips", "momentum_memory_stills", "momentum_memory_quickstart"],
)
def test_momentum_memory_learns_from_frames_that_are_long_enough_and_keep_their_colours(name):
    config = load_config(str(CONFIGS / f"{name}.yaml"))
    views = config.method.views
    assert (config.name, config.method.name) == (name, "momentum_memory")
    assert views.crop % 4 == 1
    assert_that_frames_suffice(config)


def test_refinement_is_off_by_default_and_whole_as_published():
    assert PipelineConfig().method.network.refinement.mode == "off"
    assert load_config(QUICKSTART).method.network.refinement.mode == "off"
    assert load_config(str(CONFIGS / "paper.yaml")).method.network.refinement.mode == "roi"


def test_there_is_a_quickstart():
    assert Path(QUICKSTART).is_file()


@pytest.mark.parametrize("name", ["stills", "stills.yaml", "configs/stills", "configs/stills.yaml"])
def test_the_projects_own_configurations_are_found_by_name_from_any_folder(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert load_config(name) == load_config(str(CONFIGS / "stills.yaml"))
    (tmp_path / "mine.yaml").write_text(f"base: {name}\nname: mine")
    assert load_config("mine.yaml").name == "mine"
    assert changed(load_config(name), load_config("mine.yaml")) == {"name": "mine"}


def test_a_file_that_is_there_is_preferred_to_the_projects_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "stills.yaml").write_text("name: mine")
    assert load_config("configs/stills.yaml") == PipelineConfig(name="mine")
    assert load_config("ablations/stills/eq1").name == "stills"


@pytest.mark.parametrize("name", ["still", "configs", "../configs/stills", "a" * 5000, "{folder}/mine"])
def test_other_names_mean_the_path_that_they_are(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.yaml").write_text("name: mine")
    (tmp_path / "configs").mkdir()
    path = name.format(folder=tmp_path)
    with pytest.raises(ConfigError, match=f"^expected a configuration file at {re.escape(path)}: ") as raised:
        load_config(path)
    known = ", ".join(sorted(path.stem for path in CONFIGS.glob("*.yaml")))
    assert "dul_quickstart, dul_stills, mask_vos" in known
    assert str(raised.value).endswith(f"; the project's own are {known}")
