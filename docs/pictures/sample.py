"""Draws docs/pictures/sample.png from a store: one pseudo-sequence and what it was made from.

python docs/pictures/sample.py store quickstart [SAMPLE]
"""

import sys
from dataclasses import replace
from pathlib import Path

from flows.cli.dataset.contact_sheet import contact_sheet, sample_row, write_sheet
from storage.rows.stage_graph import STAGES
from storage.store import Store
from tasks.planning.baseline import Baseline
from tasks.staging.samples import SampleReader


def main() -> None:
    store = Store.open(sys.argv[1])
    dataset = Baseline.of(store, sys.argv[2])
    ingest = dataset.artifacts["ingest"].manifest
    artifacts = {stage: dataset.artifacts[stage].id for stage in STAGES}
    reader = SampleReader(store.objects, artifacts, ingest.parameters["max_side"])
    wanted = sys.argv[3] if len(sys.argv) > 3 else ""
    sample = reader.sample(next(name for name in reader.sample_ids() if name.startswith(wanted)))
    row = sample_row(sample)
    sheet = contact_sheet([replace(row, tiles=row.tiles[:7])], captions=False)
    write_sheet(sheet, Path(__file__).with_name("sample.png"))


if __name__ == "__main__":
    main()
