import itertools

import cv2
import numpy as np
import pytest
import skimage.data
from hypothesis import given
from hypothesis import strategies as st

from shls_core.photographs.near_duplicates import (
    NEAR_DUPLICATE_BITS,
    group_scenes,
    near_duplicate_groups,
    near_duplicate_pairs,
)
from shls_core.photographs.perceptual_hash import perceptual_hash

# Few distinct bits, so that near ones occur.
HASHES = st.lists(st.none() | st.integers(0, 255).map(lambda bits: f"{bits:016x}"), max_size=12)


def distance(one, other):
    return bin(int(one, 16) ^ int(other, 16)).count("1")


def components(count, linked):
    """Group 0..count-1 by brute force."""
    group = list(range(count))
    for _ in range(count):
        for one, other in itertools.product(range(count), repeat=2):
            if linked(one, other):
                group[one] = group[other] = min(group[one], group[other])
    return group


@given(HASHES, st.integers(0, 8))
def test_groups_are_what_brute_force_finds(hashes, max_bits):
    def near(one, other):
        return None not in (hashes[one], hashes[other]) and distance(hashes[one], hashes[other]) <= max_bits

    group = components(len(hashes), near)
    expected = [[place for place in range(len(hashes)) if group[place] == number] for number in set(group)]
    assert near_duplicate_groups(hashes, max_bits) == sorted(part for part in expected if len(part) > 1)


@given(HASHES, st.data(), st.integers(0, 4))
def test_photographs_of_a_scene_and_near_duplicates_share_the_smallest_scene(hashes, data, max_bits):
    scenes = data.draw(st.lists(st.sampled_from("abcd"), min_size=len(hashes), max_size=len(hashes)))

    def linked(one, other):
        if scenes[one] == scenes[other]:
            return True
        return None not in (hashes[one], hashes[other]) and distance(hashes[one], hashes[other]) <= max_bits

    group = components(len(hashes), linked)
    expected = [
        min(scene for scene, other in zip(scenes, group, strict=True) if other == own) for own in group
    ]
    assert group_scenes(scenes, hashes, max_bits) == expected


def test_many_equal_hashes_give_few_pairs():
    assert len(near_duplicate_pairs(["0f" * 8] * 5000, 4)) == 4999


def hash_of(pixels):
    value = perceptual_hash(np.ascontiguousarray(pixels))
    assert value is not None
    return value


@pytest.mark.parametrize("name", ["astronaut", "chelsea", "coffee", "rocket"])
def test_a_picture_in_other_bytes_is_near_and_another_is_not(name):
    pixels = getattr(skimage.data, name)()
    height, width, _ = pixels.shape
    jpeg = cv2.imdecode(cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 40])[1], cv2.IMREAD_COLOR)
    smaller = cv2.resize(pixels, (width * 9 // 10, height * 9 // 10), interpolation=cv2.INTER_AREA)
    others = [getattr(skimage.data, other)() for other in ("astronaut", "coffee", "rocket") if other != name]
    assert len(hash_of(pixels)) == 16
    for same in (jpeg, smaller):
        assert distance(hash_of(pixels), hash_of(same)) <= NEAR_DUPLICATE_BITS
    for other in others:
        assert distance(hash_of(pixels), hash_of(other)) > 2 * NEAR_DUPLICATE_BITS


@pytest.mark.parametrize("grey", [0, 3, 128, 255])
def test_a_flat_image_has_no_hash(grey):
    noise = np.random.default_rng(grey).integers(-3, 4, (90, 120, 3))
    assert perceptual_hash(np.clip(grey + noise, 0, 255).astype(np.uint8)) is None
