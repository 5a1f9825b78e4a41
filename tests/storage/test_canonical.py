import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.canonical import canonical_json, digest_bytes, digest_json, digest_parts

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text('aé"\\\n😀')
)
JSON_VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abé", max_size=3), inner),
    max_leaves=12,
)
quick = settings(max_examples=60)


def with_keys_turned_round(value):
    if isinstance(value, dict):
        return {key: with_keys_turned_round(value[key]) for key in reversed(value)}
    return [with_keys_turned_round(item) for item in value] if isinstance(value, list) else value


def test_spelling():
    value = {"b": [None, True, 1, 0.5], "a": {"é": "\n"}}
    assert canonical_json(value) == '{"a":{"é":"\\n"},"b":[null,true,1,0.5]}'.encode()


@quick
@given(JSON_VALUES)
def test_order_of_keys_changes_nothing_and_nothing_is_lost(value):
    spelled = canonical_json(value)
    assert canonical_json(with_keys_turned_round(value)) == spelled
    assert json.loads(spelled) == value
    assert digest_json(value) == digest_bytes(spelled)


@quick
@given(JSON_VALUES, JSON_VALUES)
def test_values_that_differ_are_spelled_differently(one, other):
    # repr, not ==: 1, 1.0 and True are equal in Python and are not the same fact.
    if repr(with_sorted_keys(one)) != repr(with_sorted_keys(other)):
        assert canonical_json(one) != canonical_json(other)


def with_sorted_keys(value):
    if isinstance(value, dict):
        return {key: with_sorted_keys(value[key]) for key in sorted(value)}
    return [with_sorted_keys(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_numbers_that_json_cannot_spell_are_refused(number):
    with pytest.raises(ValueError, match="Out of range float values"):
        canonical_json({"share": [number]})


def test_digest_of_bytes_is_sha_256():
    # FIPS 180-4, the example for "abc".
    assert digest_bytes(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@quick
@given(st.lists(st.binary(max_size=4), max_size=4), st.lists(st.binary(max_size=4), max_size=4))
def test_where_one_part_ends_counts(one, other):
    assert (digest_parts(one) == digest_parts(iter(other))) == (one == other)
