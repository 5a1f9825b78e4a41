"""Trees of DAVIS as systems, tools and people leave them: the same score, or one line with the fault."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

from shls_core.errors import InputError
from shls_core.files.masks.indexed_png import write_mask
from shls_core.files.masks.label_files import read_mask
from shls_core.metrics.scores import global_scores
from tasks.scoring.benchmark_choice import BenchmarkChoice, material_digest
from tasks.scoring.davis_scoring import score_results

_NUM_FRAMES = 5


def square(number):
    mask = np.zeros((24, 32), np.uint8)
    mask[6:16, 4 + number : 14 + number] = 1
    return mask


@pytest.fixture
def tree(tmp_path):
    """Two videos of five frames, and results that are the annotations."""
    return made(tmp_path, ("bear", "cow"))


def made(tmp_path, names, frame="{:05d}", num_frames=_NUM_FRAMES):
    root, results = tmp_path / "DAVIS", tmp_path / "results"
    for name in names:
        for folder in ("JPEGImages/480p", "Annotations/480p"):
            (root / folder / name).mkdir(parents=True)
        for number in range(num_frames):
            stem = frame.format(number)
            picture = Image.fromarray(square(number)[..., None].repeat(3, axis=2) * 90)
            picture.save(root / "JPEGImages/480p" / name / f"{stem}.jpg")
            write_mask(root / "Annotations/480p" / name / f"{stem}.png", square(number))
    (root / "ImageSets/2017").mkdir(parents=True)
    (root / "ImageSets/2017/val.txt").write_text("\n".join(names) + "\n")
    shutil.copytree(root / "Annotations/480p", results)
    return root, results


def scored(root, results, split="val", year=2017):
    return global_scores(score_results(root, results, split, year, workers=1)).jf_mean


def every(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


def rewritten(folder, change, suffix=".png"):
    for path in every(folder):
        image = change(Image.open(path))
        path.unlink()
        image.save(path.with_suffix(suffix))


def apple(root, results):
    for folder in (root / "Annotations/480p/bear", root / "JPEGImages/480p/bear", results / "bear"):
        for path in every(folder):
            path.with_name(f"._{path.name}").write_bytes(b"\0\5\x16\7")
        (folder / ".DS_Store").write_bytes(b"x")


def full_resolution(root, results):
    for kind in ("Annotations", "JPEGImages"):
        (root / kind / "480p").rename(root / kind / "Full-Resolution")


def listed(text):
    return lambda root, results: (root / "ImageSets/2017/val.txt").write_bytes(text)


_PAIRS = "".join(
    f"/JPEGImages/480p/{name}/{number:05d}.jpg /Annotations/480p/{name}/{number:05d}.png\n"
    for name in ("bear", "cow")
    for number in range(_NUM_FRAMES)
)


def same(image):
    return image


HARMLESS = {
    "whole": lambda root, results: None,
    "apple": apple,
    "bom": listed(b"\xef\xbb\xbfbear\r\ncow\r\n"),
    "crlf": listed(b"bear\r\n\r\n cow \r\n"),
    "pairs": listed(_PAIRS.encode()),
    "full resolution": full_resolution,
    "unsupervised": lambda root, results: (root / "Annotations").rename(root / "Annotations_unsupervised"),
    "rgb": lambda root, results: rewritten(results, lambda image: image.convert("RGB")),
    "upper": lambda root, results: rewritten(results, same, ".PNG"),
    "upper annotations": lambda root, results: rewritten(root / "Annotations", same, ".PNG"),
    "tiff": lambda root, results: rewritten(results, same, ".tiff"),
    "bmp": lambda root, results: rewritten(results, same, ".bmp"),
}


@pytest.mark.parametrize("fault", HARMLESS)
def test_the_score_is_the_same(tree, fault):
    HARMLESS[fault](*tree)
    assert scored(*tree) == 1.0


def test_names_may_have_spaces_and_numbers_no_padding(tmp_path):
    assert scored(*made(tmp_path / "spaces", ("my bear", "cow"))) == 1.0
    root, results = made(tmp_path / "unpadded", ("bear",), frame="{}", num_frames=12)
    assert scored(root, results) == 1.0
    [video] = BenchmarkChoice("davis", root, "val").videos()
    assert video.wanted == tuple(map(str, range(12)))  # in the order of time
    assert [path.stem for path in video.given_paths] == ["0"]


def test_lists_of_2016_lie_beside_the_resolution(tree):
    root, results = tree
    (root / "ImageSets/2017").rename(root / "ImageSets/480p")
    (root / "ImageSets/480p/val.txt").write_text(_PAIRS)
    rewritten(results, white)
    assert scored(root, results, year=2016) == 1.0


def test_void_in_annotations_is_no_object(tree):
    root, results = tree
    for path in every(root / "Annotations"):
        mask = read_mask(path)
        mask[:, :3] = 255
        write_mask(path, mask)
    assert scored(root, results) == 1.0


def halved(image):
    return image.resize((image.width // 2, image.height // 2), Image.Resampling.NEAREST)


def first_masks_alone(root, results):
    for path in every(root / "Annotations"):
        if path.stem != "00000":
            path.unlink()


def white_first(image):
    values = np.asarray(image)
    turned = Image.frombytes("P", image.size, (1 - values).tobytes())
    turned.putpalette([255, 255, 255, 0, 0, 0])
    return turned


def white(image):
    return Image.fromarray(np.asarray(image) * np.uint8(255))


FAULTS = {
    "jpeg": (
        lambda root, results: rewritten(results, white, ".jpg"),
        r"got JPEG, which changes values: .*bear/00001\.jpg",
    ),
    "size": (
        lambda root, results: rewritten(results, halved),
        r"expected a mask of 32x24 px, .* got 16x12: .*bear/00001\.png",
    ),
    "white": (
        lambda root, results: rewritten(results, white),
        r"got 255, which is void and for annotations only: .*--year 2016 .*00001\.png",
    ),
    "palette": (
        lambda root, results: rewritten(results, white_first),
        "background and objects may be swapped",
    ),
    "missing": (
        lambda root, results: (results / "bear/00003.png").unlink(),
        r"1 are missing: 00003\.png",
    ),
    "no folder": (
        lambda root, results: shutil.rmtree(results / "bear"),
        "found no such folder; folders there: cow",
    ),
    "test-dev": (first_masks_alone, r"got the first alone \(00000\.png\), as in test-dev"),
    "no annotations": (
        lambda root, results: (root / "Annotations").rename(root / "Masks"),
        r"folders of .*: .*Masks",
    ),
    "traversal": (listed(b"bear\n../cow\n"), r"got '\.\./cow': a name has no slash"),
    "twice": (
        lambda root, results: shutil.copy(results / "cow/00002.png", results / "cow/00002.bmp"),
        r"expected one mask of a frame, got 00002\.bmp and 00002\.png",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_one_line_that_names_it(tree, fault):
    change, told = FAULTS[fault]
    change(*tree)
    with pytest.raises(InputError, match=told) as raised:
        scored(*tree)
    assert len(str(raised.value).splitlines()) == 1


def test_the_digest_covers_the_annotations_that_are_read_and_nothing_else(tree):
    root, _ = tree
    choice = BenchmarkChoice("davis", root, "val")
    before = material_digest(choice.videos())
    for path in every(root / "Annotations"):
        path.with_name(f"._{path.name}").write_bytes(b"x")
    assert material_digest(choice.videos()) == before
    for path in every(root / "Annotations"):
        if not path.name.startswith("."):
            path.rename(path.with_suffix(".PNG"))
    path = root / "Annotations/480p/cow/00004.PNG"
    assert path in choice.videos()[1].files()
    assert material_digest(choice.videos()) != before


def test_youtube_vos_is_read_past_what_systems_leave(youtube_vos):
    meta = youtube_vos / "valid/meta.json"
    meta.write_bytes(b"\xef\xbb\xbf" + meta.read_bytes())
    masks = youtube_vos / "valid/Annotations/dog"
    for path in every(masks):
        path.with_name(f"._{path.name}").write_bytes(b"\0\5\x16\7")
        path.rename(path.with_suffix(".PNG"))
    _, dog = BenchmarkChoice("youtube-vos", youtube_vos, "valid").videos()
    assert [path.name for path in dog.given_paths] == ["00005.PNG", "00010.PNG"]
    listed_videos = json.loads(meta.read_bytes().decode("utf-8-sig"))
    listed_videos["videos"]["../dog"] = listed_videos["videos"]["dog"]
    meta.write_text(json.dumps(listed_videos))
    with pytest.raises(InputError, match=r"got '\.\./dog': a name has no slash"):
        BenchmarkChoice("youtube-vos", youtube_vos, "valid").videos()
