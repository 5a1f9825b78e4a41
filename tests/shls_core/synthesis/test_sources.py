import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shls_core.errors import InputError
from shls_core.seeding import generator
from shls_core.synthesis.config import SynthesisConfig
from shls_core.synthesis.sources import HashRing, draw_sources

IDS = [f"image-{number}" for number in range(200)]
POSITIONS = st.integers(min_value=0, max_value=2**64 - 1)


def all_draws(ring: HashRing, config: SynthesisConfig, count: int) -> list[tuple[str, ...]]:
    return [
        draw_sources(IDS[number % 50], ring, config, generator(7, "sources", str(number)))
        for number in range(count)
    ]


def test_a_ring_does_not_depend_on_the_order_of_its_ids():
    forwards, backwards = HashRing(IDS), HashRing([*reversed(IDS), IDS[0]])
    positions = range(0, 2**64, 2**55)
    assert [forwards.owner(one) for one in positions] == [backwards.owner(one) for one in positions]
    assert len(backwards) == len(IDS)


def test_the_owner_is_the_next_point_at_or_after_a_position():
    ring = HashRing(IDS[:5])
    for point, owner in zip(ring._points.tolist(), ring._owners.tolist(), strict=True):
        assert ring.owner(point) == ring.ids[owner]
    # Past the last point the ring begins again.
    assert ring.owner(int(ring._points[-1]) + 1) == ring.owner(0) == ring.ids[ring._owners[0]]


@settings(max_examples=60)
@given(
    pool=st.sets(st.text(min_size=1, max_size=4), min_size=2, max_size=20),
    new=st.text(min_size=5, max_size=6),
    position=POSITIONS,
)
def test_an_added_id_takes_positions_over_and_moves_none_between_others(pool, new, position):
    before, after = HashRing(pool), HashRing(pool | {new})
    for exclude in (None, min(pool)):
        owner = after.owner(position, exclude)
        assert owner in (new, before.owner(position, exclude))


def test_an_added_id_changes_few_draws():
    config = SynthesisConfig(single_object_share=0, clone_probability=0)
    before = all_draws(HashRing(IDS), config, 1000)
    after = all_draws(HashRing([*IDS, "one more"]), config, 1000)
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    assert 0 < len(changed) < 30  # 1,500 draws from 201 images: about 7.5
    for old, new in changed:
        assert all(b == "one more" for a, b in zip(old, new, strict=True) if a != b)


def test_every_id_is_drawn_and_none_dominates():
    config = SynthesisConfig(single_object_share=0, clone_probability=0)
    drawn = [one for sources in all_draws(HashRing(IDS[:20]), config, 2000) for one in sources]
    counts = np.array([drawn.count(one) for one in IDS[:20]])
    assert counts.min() > 0
    assert counts.max() < 4 * counts.mean()


def test_a_template_is_its_own_source_only_when_alone():
    config = SynthesisConfig(single_object_share=0)
    pair = HashRing(["template", "other"])
    for number in range(50):
        assert set(draw_sources("template", pair, config, generator(1, str(number)))) == {"other"}
    alone = HashRing(["template"])
    assert set(draw_sources("template", alone, config, generator(1, "alone"))) == {"template"}


def test_shares_of_single_objects_and_clones():
    ring = HashRing(IDS)
    assert set(all_draws(ring, SynthesisConfig(single_object_share=1), 30)) == {()}
    clones = SynthesisConfig(single_object_share=0, clone_probability=1, max_objects=4)
    assert all(len(set(sources)) == 1 for sources in all_draws(ring, clones, 30))

    default = all_draws(ring, SynthesisConfig(), 2000)
    assert np.mean([not sources for sources in default]) == pytest.approx(0.25, abs=0.04)
    pairs = [sources for sources in default if len(sources) == 2]
    assert np.mean([first == second for first, second in pairs]) == pytest.approx(1 / 3, abs=0.06)


def test_an_empty_pool_is_refused():
    with pytest.raises(InputError, match="at least one image"):
        HashRing([])
