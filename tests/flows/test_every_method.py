"""Every method of the registry goes the whole way of a store of photographs, by the same commands."""

import json

import pytest
import yaml

from shls_core.methods.registry import METHODS

pytestmark = pytest.mark.slow

NARROW = {"width_multiplier": 0.0625, "embedding_size": 8}
TINY = {
    "shls": {"network": {"width_multiplier": 0.125}},
    "dul": {"network": NARROW, "views": {"num_frames": 3, "crop": 33}, "grid": 2, "cross_view_grid": 2},
    "momentum_memory": {
        "network": NARROW,
        "views": {"num_frames": 3, "crop": 33},
        "window": 3,
        "memory_from": 2,
        "num_references": 2,
    },
    "mask_vos": {
        "network": {**NARROW, "decoder_width": 0.0625},
        "views": {"crop": 33, "long_gap": 2},
        "grid": 2,
        "cross_view_grid": 2,
        "pseudo_masks": "shards",
    },
}


@pytest.mark.parametrize("name", sorted(METHODS))
def test_from_photographs_to_a_score_and_everything_that_is_asked_of_it(
    name, shls, config_file, photographs, tmp_path
):
    config = config_file()
    content = yaml.safe_load(config.read_text())
    content["method"] = {"name": name, **TINY[name]}
    config.write_text(yaml.safe_dump(content))

    def told(*arguments, code=0):
        done = shls(*arguments, "--store", tmp_path / "store", "--json")
        assert done.exit_code == code, done.output
        return json.loads(done.stdout)

    first = told("run", "--config", config)
    assert first["training"]["status"] == "computed"
    again = told("run", "--config", config)
    assert again["training"]["status"] == "cached"
    assert again["evaluation"]["status"] == "cached"
    checkpoint, evaluation = first["checkpoint"], first["evaluation"]["id"]
    assert (again["dataset"], again["checkpoint"]) == (first["dataset"], checkpoint)

    assert told("train", "--config", config, "--reproduce", checkpoint)["verdict"] == "agrees"
    assert told("audit", evaluation, "--replay", "2")["verdict"] == "intact"
    told("report", evaluation, "--out", tmp_path / "report.html")
    assert checkpoint[:12] in (tmp_path / "report.html").read_text()

    drawn = {
        photograph.name: times_drawn(told("lineage", "down", photograph), checkpoint)
        for photograph in photographs.iterdir()
    }
    assert sum(drawn.values()) >= 3, "each of the three steps draws one at least"
    seen = max(drawn, key=lambda name: drawn[name])
    (withdrawn,) = told("dataset", "withdraw", photographs / seen, "--reason", "consent revoked")["withdrawn"]
    assert [(one["checkpoint"], one["how"]) for one in withdrawn["checkpoints"]] == [(checkpoint, "trained")]
    refused = shls("train", "--config", config, "--store", tmp_path / "store")
    assert refused.exit_code == 1
    assert withdrawn["photograph"][:12] in refused.stderr


def times_drawn(down, checkpoint):
    """Return how often the training of a checkpoint drew a photograph."""
    return sum(one["times_drawn"] or 0 for one in down["checkpoints"] if one["checkpoint"] == checkpoint)
