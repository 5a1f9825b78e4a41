import pandas as pd
import pytest

from storage.gate.scenarios import SCENARIOS, fits_into, scenario_columns, training_column

NOTHING = {"num_objects": 0, "has_clone": 0, "occluded_share": 0.0, "num_leaves": 0, "num_returns": 0}


@pytest.mark.parametrize(
    ("scenario", "statistics"),
    [
        ("single-object", {"num_objects": 1}),
        ("several-objects", {"num_objects": 2}),
        ("clone", {"has_clone": 1}),
        ("partial-occlusion", {"occluded_share": 0.05}),
        ("leaving", {"num_leaves": 1}),
        ("returning", {"num_returns": 2}),
    ],
)
def test_each_scenario_is_told_from_its_statistic(scenario, statistics):
    sequences = pd.DataFrame([NOTHING, NOTHING | statistics, NOTHING | statistics])
    columns = scenario_columns(sequences, pd.Series([1, 1, 0]))
    assert list(columns) == [training_column(each) for each in SCENARIOS]
    for name, column in columns.items():
        # The last sequence is held out: nothing is learned from what happens there.
        assert list(column) == ([0, 1, 0] if name == training_column(scenario) else [0, 0, 0])


def test_a_grazed_outline_is_no_occlusion():
    columns = scenario_columns(pd.DataFrame([NOTHING | {"occluded_share": 0.04}]), pd.Series([1]))
    assert sum(int(column.sum()) for column in columns.values()) == 0


def test_two_frames_are_too_few_to_return():
    assert [scenario for scenario in SCENARIOS if not fits_into(scenario, 2)] == ["returning"]
    assert all(fits_into(scenario, 3) for scenario in SCENARIOS)
