"""Saliency maps and pseudo-masks compared with other detectors, as a Markdown table.

The detectors of OpenCV-contrib compute their maps in a separate environment, because OpenCV-contrib replaces
the OpenCV that this project uses. Without that environment they are left out:

    python -m venv contrib && contrib/bin/pip install opencv-contrib-python-headless
    python benchmarks/saliency.py --images PHOTOGRAPHS --truth MASKS --contrib contrib/bin/python

Photographs and masks have the same names; SOD has 300 photographs of BSDS500, named by number. The halves
are the even and the odd numbers: the configuration was chosen on the even ones.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

DETECTORS = {
    "spectral residual": "StaticSaliencySpectralResidual",
    "fine grained": "StaticSaliencyFineGrained",
}


def draw_maps(images: Path, folder: Path, algorithm: str) -> None:
    """Write the map of every photograph; runs in the environment of OpenCV-contrib."""
    import cv2
    import numpy as np

    detector = getattr(cv2.saliency, f"{algorithm}_create")()
    for path in sorted(images.iterdir()):
        found, values = detector.computeSaliency(cv2.imread(str(path)))
        assert found, path
        values = values.astype(np.float32) / (255 if values.dtype == np.uint8 else 1)
        cv2.imwrite(str(folder / f"{path.stem}.png"), np.rint(255 * values.clip(0, 1)).astype(np.uint8))


def table(images: str, truth: str, contrib: str | None) -> None:
    """Print one line per detector."""
    from shls_core.saliency.config import SaliencyConfig, SharpeningConfig
    from tasks.runs.execution_config import ExecutionConfig
    from tasks.staging.mask_measurement import measure_masks, measuring_jobs

    as_drawn = SharpeningConfig(side_px=0)
    rows = {"RBD, as published": SaliencyConfig(sharpening=as_drawn), "RBD, sharpened": SaliencyConfig()}
    with tempfile.TemporaryDirectory() as drawn:
        for name, algorithm in DETECTORS.items() if contrib else ():
            folder = Path(drawn) / algorithm
            folder.mkdir()
            subprocess.run([contrib, __file__, "--draw", images, folder, algorithm], check=True)
            rows[name] = SaliencyConfig(detector=f"maps:{folder}", sharpening=as_drawn)

        print("| map | half | MAE | max F | S | IoU of the mask |\n|---|---|---|---|---|---|")
        for name, config in rows.items():
            jobs = measuring_jobs(images, truth, config, max_side=640)
            for half, parity in (("even", 0), ("odd", 1)):
                chosen = [job for job in jobs if int(Path(job.photograph).stem) % 2 == parity]
                measured = measure_masks(chosen, ExecutionConfig(backend="serial"))
                compared = [(name, measured.detector)]
                compared += [("centre prior", measured.centre_prior)] if name == "RBD, as published" else []
                for what, scores in compared:
                    figures = " | ".join(f"{value:.3f}" for value in scores.model_dump().values())
                    print(f"| {what} | {half} | {figures} |", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--draw"]:
        draw_maps(Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4])
    else:
        parser = argparse.ArgumentParser(
            description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
        )
        parser.add_argument("--images", required=True, help="folder of photographs")
        parser.add_argument("--truth", required=True, help="folder of masks")
        parser.add_argument("--contrib", help="Python of an environment with OpenCV-contrib")
        options = parser.parse_args()
        table(options.images, options.truth, options.contrib)
