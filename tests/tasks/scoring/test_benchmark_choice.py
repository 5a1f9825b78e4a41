"""The digest of a benchmark covers every file that is read, whatever its suffix."""

import numpy as np
import pytest
from PIL import Image

from tasks.scoring.benchmark_choice import BenchmarkChoice, material_digest


def frames(root):
    return sorted((root / "JPEGImages" / "480p").rglob("*.*"))


def turned_upside_down(path):
    with Image.open(path) as picture:
        turned = np.asarray(picture)[::-1].copy()
    Image.fromarray(turned).save(path)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp"])
def test_other_frames_or_masks_have_another_digest(davis_benchmark, suffix):
    root, _ = davis_benchmark
    choice = BenchmarkChoice("davis", root, "val")
    for path in frames(root):
        with Image.open(path) as picture:
            path.unlink()
            picture.save(path.with_suffix(suffix))
    found = {material_digest(choice.videos())}
    turned_upside_down(frames(root)[2])
    found.add(material_digest(choice.videos()))
    mask = root / "Annotations" / "480p" / "judo" / "00002.png"
    mask.write_bytes((root / "Annotations" / "480p" / "dog" / "00002.png").read_bytes())
    found.add(material_digest(choice.videos()))
    assert len(found) == 3


def test_what_is_no_frame_changes_nothing(davis_benchmark):
    root, _ = davis_benchmark
    choice = BenchmarkChoice("davis", root, "val")
    before = material_digest(choice.videos())
    (root / "JPEGImages" / "480p" / "judo" / "._00001.jpg").write_bytes(b"\0\5\x16\7")
    (root / "JPEGImages" / "480p" / "judo" / "Thumbs.db").write_bytes(b"x")
    assert material_digest(choice.videos()) == before


def test_the_digest_of_jpegs_is_that_of_before(davis_benchmark):
    """Reports of recorded evaluations find their material again."""
    from storage.canonical import digest_bytes, digest_json

    root, _ = davis_benchmark
    files = [*root.rglob("480p/*/*.png"), *root.rglob("480p/*/*.jpg")]
    digests = {f"{path.parent.name}/{path.name}": digest_bytes(path.read_bytes()) for path in files}
    assert material_digest(BenchmarkChoice("davis", root, "val").videos()) == digest_json(digests)
