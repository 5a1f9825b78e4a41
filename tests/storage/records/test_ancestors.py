from collections import Counter

import pytest

from storage.records.ancestors import AncestorMissing, ancestors, own_datasets, parents, scored_checkpoints

RECORDS = {
    "dul": {},
    "one": {"starts_from": "dul", "pseudo_masks_by": "dul"},
    "two": {"starts_from": "one", "pseudo_masks_by": "other"},
    "other": {"starts_from": "dul"},
    "orphan": {"starts_from": "gone"},
}


def test_a_parent_that_gave_weights_and_pseudo_masks_is_one_parent():
    assert parents(RECORDS["dul"]) == ()
    assert parents(RECORDS["one"]) == ("dul",)
    assert parents(RECORDS["two"]) == ("other", "one")


def test_a_score_is_of_one_checkpoint_or_of_two():
    assert scored_checkpoints({"checkpoint": "one"}) == ("one",)
    assert scored_checkpoints({"checkpoint": "one", "joined_with": None}) == ("one",)
    assert scored_checkpoints({"checkpoint": "one", "joined_with": "dul"}) == ("one", "dul")


def test_every_ancestor_is_there_once_after_its_own_parents():
    assert list(ancestors(RECORDS["two"], RECORDS.get)) == ["dul", "other", "one"]
    assert ancestors(RECORDS["dul"], RECORDS.get) == {}


def test_every_record_is_read_once():
    read = Counter()

    def counted(digest):
        read[digest] += 1
        return RECORDS.get(digest)

    ancestors(RECORDS["two"], counted)
    assert read == {"dul": 1, "one": 1, "other": 1}


def test_a_training_has_the_dataset_that_validates_too_if_it_is_another():
    assert own_datasets({"dataset": "films"}) == ("films",)
    assert own_datasets({"dataset": "films", "validation_dataset": "films"}) == ("films",)
    assert own_datasets({"dataset": "films", "validation_dataset": "stills"}) == ("films", "stills")


def test_a_long_chain_is_no_deep_recursion():
    chain = {str(number): {"starts_from": str(number - 1)} for number in range(1, 5000)} | {"0": {}}
    assert len(ancestors(chain["4999"], chain.get)) == 4999


def test_a_missing_ancestor_is_named():
    with pytest.raises(AncestorMissing, match=r"^checkpoint gone…, which it learned from, is missing$"):
        ancestors(RECORDS["orphan"], RECORDS.get)
