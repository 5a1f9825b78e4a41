import pytest

from storage.records.ancestors import AncestorMissing, ancestors, parents

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


def test_every_ancestor_is_there_once_after_its_own_parents():
    assert list(ancestors(RECORDS["two"], RECORDS.get)) == ["dul", "other", "one"]
    assert ancestors(RECORDS["dul"], RECORDS.get) == {}


def test_a_long_chain_is_no_deep_recursion():
    chain = {str(number): {"starts_from": str(number - 1)} for number in range(1, 5000)} | {"0": {}}
    assert len(ancestors(chain["4999"], chain.get)) == 4999


def test_a_missing_ancestor_is_named():
    with pytest.raises(AncestorMissing, match=r"^checkpoint gone…, which it learned from, is missing$"):
        ancestors(RECORDS["orphan"], RECORDS.get)
