from shls_core.photographs.split import HELD_OUT, TRAIN, HeldOutConfig, split_of

SCENES = [f"scene {number}" for number in range(2000)]


def test_the_share_is_kept_on_average():
    config = HeldOutConfig(share=0.2)
    held_out = sum(split_of(scene, config) == HELD_OUT for scene in SCENES)
    assert 0.17 * len(SCENES) < held_out < 0.23 * len(SCENES)


def test_nothing_is_held_out_at_a_share_of_zero():
    assert {split_of(scene, HeldOutConfig(share=0)) for scene in SCENES} == {TRAIN}


def test_a_larger_share_moves_scenes_one_way_only():
    small, large = HeldOutConfig(share=0.1), HeldOutConfig(share=0.3)
    assert all(split_of(scene, large) == HELD_OUT for scene in SCENES if split_of(scene, small) == HELD_OUT)


def test_the_seed_draws_another_split():
    sides = [[split_of(scene, HeldOutConfig(share=0.5, seed=seed)) for scene in SCENES] for seed in (0, 1)]
    assert sides[0] != sides[1]
