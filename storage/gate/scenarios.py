"""Scenarios that can occur in a pseudo-sequence, derived from the statistics of its row."""

from collections.abc import Callable, Mapping
from typing import Literal, get_args

import pandas as pd

Scenario = Literal["single-object", "several-objects", "clone", "partial-occlusion", "leaving", "returning"]
SCENARIOS: tuple[Scenario, ...] = get_args(Scenario)

_LEAST_OCCLUDED_SHARE = 0.05
"""Hidden share of an object from which on it counts as partly occluded; less only touches its outline."""
_FEWEST_FRAMES: Mapping[Scenario, int] = {"returning": 3}
"""Fewest frames of a scenario: visible, gone, and visible again are three."""

_HAPPENS: Mapping[Scenario, Callable[[pd.DataFrame], "pd.Series[bool]"]] = {
    "single-object": lambda sequences: sequences["num_objects"] == 1,
    "several-objects": lambda sequences: sequences["num_objects"] > 1,
    "clone": lambda sequences: sequences["has_clone"] > 0,
    "partial-occlusion": lambda sequences: sequences["occluded_share"] >= _LEAST_OCCLUDED_SHARE,
    "leaving": lambda sequences: sequences["num_leaves"] > 0,
    "returning": lambda sequences: sequences["num_returns"] > 0,
}


def fits_into(scenario: Scenario, num_frames: int) -> bool:
    """Return whether a scenario can occur in a sequence of `num_frames` frames."""
    return num_frames >= _FEWEST_FRAMES.get(scenario, 2)


def training_column(scenario: Scenario) -> str:
    """Return the name of the column that marks the training sequences in which a scenario occurs.

    Examples
    --------
    >>> training_column("partial-occlusion")
    'train_sequences_with_partial_occlusion'
    """
    return f"train_sequences_with_{scenario.replace('-', '_')}"


def scenario_columns(sequences: pd.DataFrame, is_train: "pd.Series[int]") -> dict[str, "pd.Series[int]"]:
    """Return one column of 0 and 1 per scenario: whether it occurs in a sequence that is trained on.

    Parameters
    ----------
    sequences
        Statistics of the sequences, one row each.
    is_train
        1 for the sequences of the training split.
    """
    return {
        training_column(scenario): happens(sequences).astype(int) * is_train
        for scenario, happens in _HAPPENS.items()
    }
