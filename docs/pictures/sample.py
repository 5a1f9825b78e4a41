"""Draws docs/pictures/sample.png from a store: one pseudo-sequence and what it was made from.

python docs/pictures/sample.py store quickstart [SAMPLE]
"""

import sys
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw
from skimage.segmentation import find_boundaries

from shls_core.crops import Box, crop
from shls_core.images import decode_frame, decode_image
from storage.artifact import StageArtifact
from storage.codecs import decode_map
from storage.manifest import DatasetManifest, get_record
from storage.references import resolve
from storage.shards import RowReader
from storage.store import Store

SIDE_PX, GAP_PX, LABEL_PX = 192, 8, 22
COLOURS = np.array([[0, 0, 0], [226, 61, 61], [53, 152, 81], [226, 187, 46], [64, 99, 216]], np.uint8)


def tile(picture: np.ndarray, smooth: bool = True) -> np.ndarray:
    how = cv2.INTER_CUBIC if smooth else cv2.INTER_NEAREST
    return cv2.resize(picture, (SIDE_PX, SIDE_PX), interpolation=how)


def with_mask(frame: np.ndarray, mask: np.ndarray) -> np.ndarray:
    large, labels = tile(frame), tile(mask, smooth=False)
    tinted = np.where(labels[..., None] > 0, (large * 0.55 + COLOURS[labels] * 0.45).astype(np.uint8), large)
    tinted[find_boundaries(labels, mode="inner")] = 255
    return tinted


def with_superpixels(frame: np.ndarray, labels: np.ndarray) -> np.ndarray:
    large = tile(frame)
    large[find_boundaries(tile(labels.astype(np.float32), smooth=False).astype(int), mode="inner")] = (
        255,
        230,
        90,
    )
    return large


def main() -> None:
    store = Store.open(sys.argv[1])
    dataset = get_record(store.objects, resolve(store, sys.argv[2], "dataset"), DatasetManifest)
    rows = RowReader(store.objects)

    def table(artifact_id, *columns):
        return {
            address.sample_id: (address, row)
            for address, row in StageArtifact(store.objects, artifact_id).accepted(columns)
        }

    sequences = table(dataset.sequences, "template_id", "num_objects", "split")
    wanted = sys.argv[3] if len(sys.argv) > 3 else next(iter(sequences))
    sample_id = next(name for name in sequences if name.startswith(wanted))
    address, row = sequences[sample_id]
    sequence = rows.row(address.shard, address.index, ("height", "width", "frames", "masks"))
    still_at, _ = table(dataset.saliency)[row["template_id"]]
    still = rows.row(
        still_at.shard, still_at.index, ("image_id", "top", "left", "height", "width", "saliency_map", "mask")
    )
    image_at, _ = table(dataset.ingest)[still["image_id"]]
    photograph = decode_image(rows.row(image_at.shard, image_at.index, ("image",))["image"], 640)
    box = Box(still["top"], still["left"], still["top"] + still["height"], still["left"] + still["width"])
    size = still["height"], still["width"]
    superpixels_at, _ = table(dataset.superpixels)[sample_id]
    maps = rows.row(superpixels_at.shard, superpixels_at.index, ("superpixel_maps",))["superpixel_maps"]

    part = crop(photograph, box)
    frames = [decode_frame(frame) for frame in sequence["frames"]]
    shape = sequence["height"], sequence["width"]
    masks = [decode_map(mask, *shape, np.uint8) for mask in sequence["masks"]]
    saliency = cv2.cvtColor(decode_map(still["saliency_map"], *size, np.uint8), cv2.COLOR_GRAY2RGB)
    tiles = [
        ("photograph (crop)", tile(part)),
        ("saliency map", tile(saliency)),
        ("pseudo-mask", with_mask(part, (decode_map(still["mask"], *size, np.uint8) > 0).astype(np.uint8))),
        *(
            (f"frame {time} and mask", with_mask(*pair))
            for time, pair in enumerate(zip(frames, masks, strict=True))
        ),
        ("superpixels", with_superpixels(frames[0], decode_map(maps[0], *shape, np.uint16))),
    ][:7]
    sheet = Image.new("RGB", (len(tiles) * (SIDE_PX + GAP_PX) - GAP_PX, SIDE_PX + LABEL_PX), "white")
    draw = ImageDraw.Draw(sheet)
    for number, (label, picture) in enumerate(tiles):
        left = number * (SIDE_PX + GAP_PX)
        sheet.paste(Image.fromarray(picture), (left, LABEL_PX))
        draw.text((left, 3), label, fill="black", font_size=15)
    sheet.save(Path(__file__).with_name("sample.png"), optimize=True)


if __name__ == "__main__":
    main()
