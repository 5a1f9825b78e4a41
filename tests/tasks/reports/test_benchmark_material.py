"""Pictures and baseline belong to the evaluation, or there is an error."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

from shls_core.benchmarks.davis.layout import davis_split
from shls_core.benchmarks.video import of_davis
from shls_core.errors import InputError
from shls_core.files.masks.indexed_png import write_mask
from shls_core.files.masks.label_files import read_mask
from tasks.reports.benchmark_material import benchmark_material, score_copies
from tasks.scoring.benchmark import FACTS
from tasks.scoring.benchmark_choice import material_digest
from tasks.scoring.davis_scoring import score_results


def made(evaluated):
    return benchmark_material(evaluated.record, evaluated.davis, evaluated.results)


def test_every_video_has_four_pictures_with_their_scores(evaluated):
    pictures = made(evaluated).pictures
    assert list(pictures) == ["judo", "dog"]
    # J of judo's objects is 1/3 and 1 on every frame, F 1/2 and 1; here F is half of J.
    assert [one.caption for one in pictures["judo"]] == [
        "0% · frame 0 · given",
        "33% · frame 1 · J 67, F 33",
        "66% · frame 2 · J 67, F 33",
        "99% · frame 3 · J 67, F 33",
    ]
    assert pictures["dog"][1].text == ("Frame 1 of dog, at 33%, with result and annotation. J 100, F 50")


def test_frames_may_be_png_like_the_masks(evaluated):
    before = made(evaluated).pictures["judo"]
    for path in sorted(evaluated.davis.rglob("JPEGImages/480p/*/*.jpg")):
        with Image.open(path) as frame:
            frame.save(path.with_suffix(".png"))
        path.unlink()
    videos = [of_davis(video, 2017) for video in davis_split(evaluated.davis, "val")]
    material = material_digest(videos)
    assert material != evaluated.record.material
    record = evaluated.record.model_copy(update={"material": material})
    facts = evaluated.results / FACTS
    facts.write_text(json.dumps(json.loads(facts.read_text()) | {"material": material}))
    pictures = benchmark_material(record, evaluated.davis, evaluated.results).pictures["judo"]
    assert [one.caption for one in pictures] == [one.caption for one in before]


def test_a_picture_tells_the_scores_of_its_frame(evaluated):
    judo, *others = evaluated.record.objects
    moving = judo.model_copy(update={"frame_j": (0.9, 0.6, 0.0), "frame_f": (0.8, 0.5, 0.0)})
    record = evaluated.record.model_copy(update={"objects": (moving, *others)})
    pictures = benchmark_material(record, evaluated.davis, evaluated.results).pictures["judo"]
    # The other object has J 1 and F .5 throughout.
    assert [one.caption.split(" · ")[-1] for one in pictures] == [
        "given", "J 95, F 65", "J 80, F 50", "J 50, F 25",
    ]  # fmt: skip


def test_copies_score_as_a_folder_of_copies_does(davis_benchmark, tmp_path):
    root, results = davis_benchmark
    for number in (2, 3):  # something has to move
        path = root / "Annotations" / "480p" / "judo" / f"{number:05d}.png"
        write_mask(path, np.roll(read_mask(path), number, axis=0))
    for video in davis_split(root, "val"):
        first = read_mask(video.annotation_paths[0])
        for path in video.annotation_paths:
            write_mask(results / video.name / path.name, np.where(first == 255, 0, first).astype(np.uint8))
    copied = [one for video in davis_split(root, "val") for one in score_copies(video, 2017)]
    assert copied == score_results(root, results, "val", workers=1)
    assert copied[0].scores.j_mean < 1


def test_masks_of_another_evaluation_are_refused(evaluated):
    noted = evaluated.results / FACTS
    noted.write_text(json.dumps(json.loads(noted.read_text()) | {"checkpoint": "0" * 64, "split": "dev"}))
    with pytest.raises(InputError, match=r"got those of another \(other checkpoint, split\)"):
        made(evaluated)


def test_masks_that_nobody_vouches_for_are_refused(evaluated):
    (evaluated.results / FACTS).unlink()
    with pytest.raises(InputError, match=r"found no evaluation\.json"):
        made(evaluated)


def test_other_frames_than_those_evaluated_are_refused(evaluated):
    frames = evaluated.davis / "JPEGImages" / "480p" / "dog"
    shutil.copy(frames.parent / "judo" / "00000.jpg", frames / "00000.jpg")
    with pytest.raises(InputError, match="expected the frames and annotations that were evaluated"):
        made(evaluated)
