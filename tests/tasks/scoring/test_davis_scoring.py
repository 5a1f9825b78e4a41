"""A folder of results, scored by several processes."""

import pytest

from shls_core.errors import InputError
from tasks.scoring.davis_scoring import score_results


def test_objects_come_in_the_order_of_the_split_whatever_the_number_of_processes(davis_benchmark):
    alone = score_results(*davis_benchmark, "val", workers=1)
    assert [one.name for one in alone] == ["judo_1", "judo_2", "dog_1"]
    assert score_results(*davis_benchmark, "val", workers=2) == alone


def test_an_error_of_a_worker_comes_through_in_its_own_words(davis_benchmark):
    root, results = davis_benchmark
    (results / "dog" / "00002.png").write_bytes(b"no image")
    with pytest.raises(InputError, match=r"expected a mask as a picture, .*00002\.png"):
        score_results(root, results, "val", workers=2)


def test_what_is_missing_is_found_before_anything_is_scored(davis_benchmark):
    root, results = davis_benchmark
    (results / "judo" / "00001.png").write_bytes(b"no image")
    (results / "dog" / "00003.png").unlink()
    with pytest.raises(InputError, match=r"of which 1 are missing: 00003\.png"):
        score_results(root, results, "val")


def test_results_that_are_no_folder_are_refused(davis_benchmark, tmp_path):
    with pytest.raises(InputError, match="expected a folder of results"):
        score_results(davis_benchmark[0], tmp_path / "nowhere", "val")
