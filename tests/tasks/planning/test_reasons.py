import pytest

from tasks.planning.reasons import Reason, counted


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        (
            Reason(kind="parameter", name="sigma", before=1.0, after=None),
            "parameter sigma from 1.0 to nothing",
        ),
        (
            Reason(kind="parameter", name="scale", before=[1, 2], after=[1]),
            "parameter scale from [1, 2] to [1]",
        ),
        (Reason(kind="package", name="numpy", before="2.3", after="2.4"), "package numpy from 2.3 to 2.4"),
        (Reason(kind="module", name="a.b", before="0", after="1"), "code of module a.b changed"),
        (Reason(kind="module", name="a.b", before="0"), "code of module a.b no longer used"),
        (Reason(kind="module", name="a.b", after="1"), "code of module a.b newly used"),
        (
            Reason(kind="code", name="code", before="0" * 64, after="1" * 64),
            "code changed, from 000000000000… to 111111111111…",
        ),
        (Reason(kind="baseline", name="nothing there"), "nothing there"),
        (Reason(kind="shard", name="rows of other shards", count=1), "1 row of other shards"),
        (Reason(kind="shard", name="rows of other shards", count=2), "2 rows of other shards"),
    ],
)
def test_a_reason_is_a_sentence(reason, told):
    assert str(reason) == told


def test_rows_are_counted_and_the_first_few_named():
    (reason,) = counted("input", "photographs added", ["d.jpg", "b.jpg", "a.jpg", "c.jpg"])
    assert str(reason) == "4 photographs added (a.jpg, b.jpg, c.jpg, …)"
    (reason,) = counted("row", "new rows", ["a.jpg"])
    assert str(reason) == "1 new row (a.jpg)"
    assert counted("row", "new rows", []) == []


def test_rows_of_one_photograph_name_it_once():
    (reason,) = counted("row", "new rows", ["a.jpg", "a.jpg"])
    assert (reason.count, reason.examples) == (2, ("a.jpg",))
