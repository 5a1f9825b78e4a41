from hypothesis import given
from hypothesis import strategies as st

from shls_core.clips.sampling import even_spans, pieces, spread


@given(count=st.integers(0, 500), most=st.integers(1, 70), first=st.integers(0, 9))
def test_spans_are_even_and_cover_all(count, most, first):
    spans = even_spans(count, most, first)
    assert [number for span in spans for number in range(span.first, span.first + span.length)] == list(
        range(first, first + count)
    )
    assert len(spans) == -(-count // most)
    lengths = [span.length for span in spans]
    assert not lengths or max(lengths) <= most
    assert not lengths or max(lengths) - min(lengths) <= 1


@given(
    count=st.integers(0, 200),
    cuts=st.lists(st.integers(-5, 210), max_size=10),
    min_frames=st.integers(2, 30),
    longer=st.integers(0, 30),
)
def test_no_piece_crosses_a_cut_or_is_too_long(count, cuts, min_frames, longer):
    found = pieces(count, cuts, min_frames, min_frames + longer)
    used = [number for span in found for number in range(span.first, span.first + span.length)]
    assert used == sorted(set(used))
    assert all(0 <= number < count for number in used)
    for span in found:
        assert 0 < span.length <= min_frames + longer
        assert not any(span.first < cut < span.first + span.length for cut in cuts)
        # Only what lies between two cuts may be too short, never a part of it.
        if span.length < min_frames:
            assert span.first in {0, *cuts}
            assert span.first + span.length in {count, *cuts}


def test_a_piece_that_has_no_two_halves_loses_its_rest():
    assert [tuple(span) for span in pieces(37, [], 20, 36)] == [(0, 36)]


@given(count=st.integers(0, 50), most=st.integers(1, 20))
def test_what_is_spread_is_in_order_and_no_more_than_asked(count, most):
    found = spread(range(count), most)
    assert found == sorted(set(found))
    assert len(found) == min(count, most)
