import numpy as np
import pyarrow as pa
import pytest

from storage.lineage.arrays import booleans, integers, no_rows, string, strings


@pytest.mark.parametrize(
    "values", [[], ["a"], ["", None, "é", "abc"], [None] * 9, [str(number) for number in range(70)]]
)
def test_strings_are_those_that_pyarrow_makes(values):
    array = strings(values)
    array.validate(full=True)
    assert array.equals(pa.array(values, pa.string()))


def test_one_string_is_a_scalar():
    assert string("é") == pa.scalar("é")


def test_numbers_and_truth_values_are_those_that_pyarrow_makes():
    values, is_valid = np.arange(20), np.arange(20) % 3 > 0
    assert integers(values).equals(pa.array(values))
    assert integers(values, is_valid).equals(pa.array(values, mask=~is_valid))
    assert booleans(is_valid).equals(pa.array(is_valid))
    for array in (integers(values, is_valid), booleans(is_valid), integers(values[:0])):
        array.validate(full=True)


def test_a_table_without_rows_has_its_columns():
    schema = pa.schema([pa.field("a", pa.string())])
    assert no_rows(schema).equals(schema.empty_table())
