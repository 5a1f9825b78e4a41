"""The script that one would write first: scikit-image, PNG files, multiprocessing.

A fair and competent baseline, but not tuned: numpy throughout, no Python loop over pixels, one thread per
process, images read once per step. Saliency is frequency-tuned [1]_ (the distance of the blurred image from
its mean Lab colour). It costs a twentieth of a superpixel method and gives usable masks of salient objects.

.. [1] R. Achanta et al., "Frequency-tuned salient region detection", CVPR 2009,
   doi:10.1109/CVPR.2009.5206596
"""

import time
from multiprocessing import Pool
from pathlib import Path

import numpy as np
from skimage import color, filters, io, measure, morphology, segmentation, transform
from threadpoolctl import threadpool_limits

FRAME = 256
NUM_FRAMES = 3
MAX_OBJECTS = 3


def run(images: Path, out: Path, workers: int) -> dict[str, float]:
    """Make everything; return the seconds of every step, by the name of the corresponding stage."""
    names = sorted(path.name for path in images.iterdir())
    for folder in ("masks", "frames", "labels", "superpixels"):
        (out / folder).mkdir(parents=True)
    steps = (
        ("saliency", make_mask, [(images / name, out) for name in names]),
        ("sequences", make_sequence, [(images, name, names, out) for name in names]),
        ("superpixels", make_superpixels, [(path, out) for path in _frames_to_come(names, out)]),
    )
    seconds = {}
    with Pool(workers, initializer=threadpool_limits, initargs=(1,)) as pool:
        pool.map(len, ["started"] * workers)
        for step, function, jobs in steps:
            started = time.perf_counter()
            pool.starmap(function, jobs, chunksize=8)
            seconds[step] = time.perf_counter() - started
    return seconds


def _frames_to_come(names: list[str], out: Path) -> list[Path]:
    return [out / "frames" / f"{Path(name).stem}_{time}.png" for name in names for time in range(NUM_FRAMES)]


def make_mask(path: Path, out: Path) -> None:
    """Write the pseudo-mask of a photograph: the salient components, numbered."""
    image = io.imread(path)
    lab = filters.gaussian(color.rgb2lab(image), sigma=1, channel_axis=-1)
    saliency = np.linalg.norm(lab - lab.mean(axis=(0, 1)), axis=2)
    salient = morphology.opening(saliency > filters.threshold_otsu(saliency), morphology.disk(2))
    labels = measure.label(salient, connectivity=1)
    sizes = np.bincount(labels.ravel())
    largest = [label for label in np.argsort(-sizes) if label and sizes[label] > 0.001 * labels.size]
    mask = np.zeros(labels.shape, np.uint8)
    for number, label in enumerate(largest[:MAX_OBJECTS], start=1):
        mask[labels == label] = number
    io.imsave(out / "masks" / f"{path.stem}.png", mask, check_contrast=False)


def make_sequence(images: Path, name: str, names: list[str], out: Path) -> None:
    """Write the frames and masks of the sequence that starts from a photograph."""
    rng = np.random.default_rng(names.index(name))
    image, mask = _read(images, name, out)
    pasted = []
    for source in rng.choice(names, size=int(rng.integers(0, MAX_OBJECTS))):
        image_of_source, mask_of_source = _read(images, source, out)
        if cut := _cut(image_of_source, mask_of_source, rng):
            pasted.append(cut)
    num_own = int(mask.max())
    for moment in range(NUM_FRAMES):
        frame, labels = _template(image, mask, moment, rng)
        for number, (patch, shape, place) in enumerate(pasted, start=num_own + 1):
            _paste(frame, labels, patch, shape, place, number, rng)
            place += rng.uniform(-25, 25, 2)
        stem = f"{Path(name).stem}_{moment}.png"
        io.imsave(out / "frames" / stem, np.uint8(255 * np.clip(frame, 0, 1)), check_contrast=False)
        io.imsave(out / "labels" / stem, labels, check_contrast=False)


def make_superpixels(path: Path, out: Path) -> None:
    """Write the superpixels of a frame."""
    labels = segmentation.slic(io.imread(path), n_segments=300, compactness=20, sigma=1, start_label=0)
    io.imsave(out / "superpixels" / path.name, labels.astype(np.uint16), check_contrast=False)


def _read(images: Path, name: str, out: Path) -> tuple[np.ndarray, np.ndarray]:
    return io.imread(images / name), io.imread(out / "masks" / f"{Path(name).stem}.png")


def _template(
    image: np.ndarray, mask: np.ndarray, moment: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    height, width = mask.shape
    scale = FRAME / min(height, width)
    centred = transform.AffineTransform(scale=scale) + transform.AffineTransform(
        translation=((FRAME - scale * width) / 2, (FRAME - scale * height) / 2)
    )
    matrix = centred if moment == 0 else centred + _about_centre(FRAME, FRAME, rng)
    frame = transform.warp(image, matrix.inverse, output_shape=(FRAME, FRAME), mode="reflect")
    labels = transform.warp(
        mask, matrix.inverse, output_shape=(FRAME, FRAME), order=0, preserve_range=True
    ).astype(np.uint8)
    return (frame if moment == 0 else _jitter(frame, rng)), labels


def _about_centre(height: int, width: int, rng: np.random.Generator) -> transform.AffineTransform:
    """Return a random rotation, shear, scale and shift about the centre."""
    centre = np.array([width / 2, height / 2])
    change = transform.AffineTransform(
        scale=rng.uniform(0.8, 1.2, 2),
        rotation=np.deg2rad(rng.uniform(-30, 30)),
        shear=np.deg2rad(rng.uniform(-15, 15)),
        translation=rng.uniform(-15, 15, 2),
    )
    return (
        transform.AffineTransform(translation=-centre)
        + change
        + transform.AffineTransform(translation=centre)
    )


def _cut(
    image: np.ndarray, mask: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Return an object, its shape, and where its corner goes, resized to 10-60 % of the frame."""
    objects = measure.regionprops(mask)
    if not objects:
        return None
    drawn = objects[rng.integers(len(objects))]
    top, left, bottom, right = drawn.bbox
    scale = min(
        rng.uniform(0.1, 0.6) * FRAME / min(bottom - top, right - left),
        FRAME / max(bottom - top, right - left),
    )
    size = max(2, round(scale * (bottom - top))), max(2, round(scale * (right - left)))
    patch = transform.resize(image[top:bottom, left:right], size)
    shape = transform.resize(drawn.image.astype(float), size) > 0.5
    return patch, shape, rng.uniform(0, FRAME - np.array(size))


def _paste(
    frame: np.ndarray,
    labels: np.ndarray,
    patch: np.ndarray,
    shape: np.ndarray,
    place: np.ndarray,
    number: int,
    rng: np.random.Generator,
) -> None:
    """Paste an object under a random homography."""
    height, width = shape.shape
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], float)
    moved = corners + rng.uniform(-0.1, 0.1, (4, 2)) * (width, height) + place[::-1]
    matrix = transform.ProjectiveTransform.from_estimate(moved, corners)
    rows = slice(*np.clip([moved[:, 1].min(), moved[:, 1].max() + 1], 0, FRAME).astype(int))
    columns = slice(*np.clip([moved[:, 0].min(), moved[:, 0].max() + 1], 0, FRAME).astype(int))
    size = rows.stop - rows.start, columns.stop - columns.start
    if 0 in size:
        return
    offset = transform.ProjectiveTransform(
        np.array([[1, 0, columns.start], [0, 1, rows.start], [0, 0, 1]], float)
    )
    inside = transform.warp(shape.astype(float), offset + matrix, output_shape=size, order=0) > 0.5
    pixels = transform.warp(_jitter(patch, rng), offset + matrix, output_shape=size, mode="edge")
    frame[rows, columns][inside] = pixels[inside]
    labels[rows, columns][inside] = number


def _jitter(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Change brightness, contrast, saturation and hue."""
    image = image * rng.uniform(0.8, 1.2)
    image = image.mean() + (image - image.mean()) * rng.uniform(0.8, 1.2)
    hsv = color.rgb2hsv(np.clip(image, 0, 1))
    hsv[..., 0] = (hsv[..., 0] + rng.uniform(-0.01, 0.01)) % 1
    hsv[..., 1] = np.clip(hsv[..., 1] * rng.uniform(0.8, 1.2), 0, 1)
    return color.hsv2rgb(hsv)
