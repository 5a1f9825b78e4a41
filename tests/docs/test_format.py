"""docs/format.md held to its word: a reader written from it alone, beside the loader."""

import hashlib
import json
import re
from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, QueryBuilder

from shls_core.photographs.split import HELD_OUT, TRAIN
from storage.records.manifests import SCHEMA_VERSION
from storage.rows.loader import SequenceLoader
from storage.rows.stage_graph import SCHEMAS, STAGES
from storage.rows.stage_names import OF_STILLS
from storage.tables.ledger import SCHEMA as RUNS_SCHEMA
from storage.tables.names import SCHEMA as NAMES_SCHEMA
from storage.withdrawal.erasure import erase, plan_erasure, write_tombstone

PAGE = (Path(__file__).parents[2] / "docs" / "format.md").read_text(encoding="utf-8")
HEAD = 6
KINDS = {"content": "content", "notes": "note", "statistics": "statistic"}


def canonical(value):
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def digest_of_parts(parts):
    sha = hashlib.sha256()
    for part in parts:
        sha.update(len(part).to_bytes(8, "big") + part)
    return sha.hexdigest()


def parts_of(value):
    if isinstance(value, bytes):
        return [value]
    if isinstance(value, list) and value and isinstance(value[0], bytes):
        return [str(len(value)).encode(), *value]
    return [canonical(value)]


def tables_of(page):
    """The columns of every stage as the page tells them: lists of (name, type, kind)."""
    found = {}
    for section in re.split(r"^### ", page, flags=re.MULTILINE)[1:]:
        rows = re.findall(r"^\| `(\w+)` \| `([\w<>]+)` \|(?: (\w+) \|)?", section, flags=re.MULTILINE)
        stage = re.match(r"`(\w+)`:", section)
        if rows:
            found[stage[1] if stage else "every stage"] = rows
    return found


class Reader:
    """Reads a store, knowing the page and nothing else."""

    def __init__(self, root, dataset_id):
        self.root = root
        self.dataset = self.record(dataset_id)
        assert (self.dataset["kind"], self.dataset["schema_version"]) == ("dataset", SCHEMA_VERSION)

    def bytes_of(self, digest):
        data = (self.root / "objects" / digest[:2] / digest).read_bytes()
        assert hashlib.sha256(data).hexdigest() == digest
        return data

    def record(self, digest):
        data = self.bytes_of(digest)
        record = json.loads(data)
        assert canonical(record) == data
        return record

    def manifest(self, stage):
        manifest = self.record(self.dataset["stages"][stage])
        assert (manifest["kind"], manifest["stage"]) == ("stage", stage)
        return manifest

    def rows(self, stage):
        """Every row of a stage, by sample id."""
        found = {}
        for shard in self.manifest(stage)["shards"]:
            source = pa.BufferReader(self.bytes_of(shard["digest"]))
            rows = pq.ParquetFile(source, page_checksum_verification=True).read().to_pylist()
            assert [row["sample_id"] for row in rows] == sorted(row["sample_id"] for row in rows)
            assert (len(rows), sum(row["rejected"] is not None for row in rows)) == (
                shard["rows"],
                shard["rejected"],
            )
            found |= {row["sample_id"]: row for row in rows}
        return found


def map_of(data, dtype, height, width):
    raw = pa.Codec("zstd").decompress(data, decompressed_size=height * width * np.dtype(dtype).itemsize)
    return np.frombuffer(raw, dtype).reshape(height, width)


def frame_of(data):
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]


@pytest.fixture
def reader(staged):
    return Reader(staged.store.root, staged.dataset)


@pytest.fixture
def reader_of(staged, staged_clusters):
    """A function that gives the reader of the dataset with a stage."""

    def reader(stage):
        made = staged if stage in OF_STILLS else staged_clusters
        return Reader(made.store.root, made.dataset)

    return reader


def test_the_page_is_about_this_version():
    assert PAGE.startswith(f"# The format, version {SCHEMA_VERSION}\n")


def test_every_column_is_on_the_page_with_its_type_and_place():
    told = tables_of(PAGE)
    assert set(told) == {"every stage", *STAGES}
    for stage in STAGES:
        schema = SCHEMAS[stage]
        told_columns = [(name, kind) for name, kind, _ in [*told["every stage"], *told[stage]]]
        columns = [(field.name, re.sub("(element|item): ", "", str(field.type))) for field in schema.arrow]
        assert told_columns == columns
        places = [(field.name, KINDS[part]) for part in KINDS for field in getattr(schema, part)]
        assert [(name, place) for name, _, place in told[stage]] == places


def test_what_a_reader_of_the_page_sees_is_what_the_loader_gives(reader, staged):
    sequences, superpixels = reader.rows("sequences"), reader.rows("superpixels")
    seen = 0
    for split in (TRAIN, HELD_OUT):
        for sequence in SequenceLoader(staged.store.objects, staged.dataset, split):
            row, maps = sequences[sequence.sample_id], superpixels[sequence.sample_id]["superpixel_maps"]
            size = row["height"], row["width"]
            assert row["split"] == split
            assert np.array_equal([frame_of(frame) for frame in row["frames"]], sequence.frames)
            assert np.array_equal([map_of(mask, "<u1", *size) for mask in row["masks"]], sequence.masks)
            assert np.array_equal(
                [map_of(labels, "<u2", *size) for labels in maps], sequence.stored["superpixel_maps"]
            )
            seen += 1
    assert seen == sum(row["rejected"] is None for row in superpixels.values()) >= 6


@pytest.mark.parametrize("stage", STAGES)
def test_digests_are_those_of_the_page(reader_of, stage):
    reader = reader_of(stage)
    content = [name for name, _, place in tables_of(PAGE)[stage] if place == "content"]
    accepted = {}
    for sample_id, row in reader.rows(stage).items():
        if row["rejected"] is None:
            parts = [part for name in content for part in parts_of(row[name])]
            assert digest_of_parts(parts) == row["digest"]
            accepted[sample_id] = row["digest"]
        else:
            assert row["digest"] is None
    manifest = reader.manifest(stage)
    assert hashlib.sha256(canonical(accepted)).hexdigest() == manifest["content_digest"]


@pytest.mark.parametrize("stage", STAGES)
def test_every_field_of_a_manifest_is_on_the_page(reader_of, stage):
    reader = reader_of(stage)
    manifest = reader.manifest(stage)
    for field in (*manifest, *manifest["shards"][0], *next(iter(manifest["statistics"].values()))):
        assert f"`{field}`" in PAGE, field
    assert manifest["rows"] == sum(shard["rows"] for shard in manifest["shards"])


def test_shards_are_laid_out_as_the_page_says(reader_of):
    for stage in STAGES:
        reader = reader_of(stage)
        types = {name: kind for name, kind, _ in tables_of(PAGE)[stage]}
        for shard in reader.manifest(stage)["shards"]:
            data = reader.bytes_of(shard["digest"])
            file = pq.ParquetFile(pa.BufferReader(data))
            for number in range(file.num_row_groups):
                group = file.metadata.row_group(number)
                assert group.num_rows <= 16
                for column in (group.column(place) for place in range(group.num_columns)):
                    name = column.path_in_schema.split(".")[0]
                    packed = "binary" in types.get(name, "")
                    assert column.compression == ("UNCOMPRESSED" if packed else "ZSTD")
                    assert column.has_dictionary_page is False
                    if packed:
                        values = file.read_row_group(number, [name])[name].drop_null().to_pylist()
                        flat = [
                            v for value in values for v in (value if isinstance(value, list) else [value])
                        ]
                        end = column.data_page_offset + column.total_compressed_size
                        for value in reversed(flat):
                            assert data[end - len(value) : end] == value
                            end -= len(value) + 4
                            assert int.from_bytes(data[end : end + 4], "little") == len(value)


def test_rows_lie_in_the_shard_of_their_bits(reader):
    for stage in OF_STILLS:
        shards = [
            [row["sample_id"] for row in rows]
            for shard in reader.manifest(stage)["shards"]
            for rows in [pq.read_table(pa.BufferReader(reader.bytes_of(shard["digest"]))).to_pylist()]
        ]
        num_rows = sum(map(len, shards))
        num_bits = next(bits for bits in range(32) if 2**bits >= -(-num_rows // 2))  # rows_per_shard: 2
        places = [
            {int(hashlib.sha256(name.encode()).hexdigest(), 16) >> (256 - num_bits) for name in shard}
            for shard in shards
        ]
        assert all(len(place) == 1 for place in places)
        assert places == sorted(places, key=min)
        assert len(set(map(min, places))) == len(places)


@pytest.mark.parametrize("stage", ["footage", "clips"])
def test_rows_of_videos_follow_each_other(reader_of, stage):
    reader = reader_of(stage)
    shards = [
        pq.read_table(pa.BufferReader(reader.bytes_of(shard["digest"]))).to_pylist()
        for shard in reader.manifest(stage)["shards"]
    ]
    num_rows = sum(map(len, shards))
    num_bits = next(bits for bits in range(32) if 2**bits >= -(-num_rows // 2))  # rows_per_shard: 2
    groups = {}
    for rows in shards:
        for row in rows:
            bits = int(hashlib.sha256(row["source_ids"][0].encode()).hexdigest(), 16) >> (256 - num_bits)
            groups.setdefault(bits, []).append((row["source_ids"][0], row["first"] or 0, row["sample_id"]))
    expected = [
        sorted(name for _, _, name in sorted(groups[bits])[start : start + 2])
        for bits in sorted(groups)
        for start in range(0, len(groups[bits]), 2)
    ]
    assert [[row["sample_id"] for row in rows] for rows in shards] == expected


def test_ids_of_videos_and_clips_are_those_of_the_page(reader_of, videos):
    footage, clips = reader_of("footage").rows("footage"), reader_of("clips").rows("clips")
    assert {row["file_name"] for row in footage.values()} == {path.name for path in videos.iterdir()}
    for video_id, row in footage.items():
        path = videos / row["file_name"]
        if path.is_dir():
            files = sorted(path.iterdir(), key=lambda file: int(file.stem))
            digests = [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]
            listed = [[file.name, digest] for file, digest in zip(files, digests, strict=True)]
            assert video_id == hashlib.sha256(canonical(["frames", listed])).hexdigest()
            assert [hashlib.sha256(frame).hexdigest() for frame in row["frames"]] == digests
        else:
            assert video_id == hashlib.sha256(path.read_bytes()).hexdigest()
    for sample_id, row in clips.items():
        if row["rejected"] is None:
            facts = ["clip", row["video_id"], row["first"], len(row["frames"])]
            assert sample_id == hashlib.sha256(canonical(facts)).hexdigest()
            assert all(frame_of(frame).shape == (row["height"], row["width"], 3) for frame in row["frames"])
            numbers = footage[row["video_id"]]["numbers"]
            assert row["numbers"] == numbers[row["first"] :][: row["num_frames"]]


def test_the_worked_example_holds():
    (example,) = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    exec(example, {})


def test_the_tables_of_the_ledger_have_the_columns_of_the_page():
    names, runs = (
        re.findall(r"`([a-z_]+)`", paragraph)
        for paragraph in PAGE.split("## Names and runs")[1].split("\n\n")[1:3]
    )
    assert [name for name in dict.fromkeys(names) if name in NAMES_SCHEMA.names] == NAMES_SCHEMA.names
    assert list(dict.fromkeys(runs)) == RUNS_SCHEMA.names


def test_a_name_leads_to_a_dataset(store):
    store.names.publish("photos", "0" * 64)
    store.names.publish("photos", "1" * 64)
    table = DeltaTable(store.root / "ledger" / "names")
    read = QueryBuilder().register("names", table).execute("SELECT * FROM names ORDER BY number").read_all()
    rows = pa.table(read).to_pylist()
    assert [(row["name"], row["version"], row["digest"]) for row in rows] == [
        ("photos", 1, "0" * 64),
        ("photos", 2, "1" * 64),
    ]


def test_what_was_erased_can_still_be_proved_from_the_page(staged, staged_copy, photographs, record_run):
    image = hashlib.sha256((photographs / "coffee.jpg").read_bytes()).hexdigest()
    record_run(staged_copy, "withdraw", [image], {"reason": "consent revoked"})
    erasure = plan_erasure(staged_copy, [image])
    record_run(staged_copy, "purge", [image], {}, (write_tombstone(staged_copy, erasure),))
    erase(staged_copy, erasure)

    table = DeltaTable(staged_copy.root / "ledger" / "runs")
    read = QueryBuilder().register("runs", table).execute("SELECT * FROM runs ORDER BY number").read_all()
    (purge,) = [run for run in pa.table(read).to_pylist() if run["kind"] == "purge"]
    reader = Reader(staged_copy.root, staged.dataset)
    (tombstone,) = map(reader.record, purge["outputs"])
    assert (tombstone["kind"], tombstone["source_ids"]) == ("tombstone", [image])
    erased = {shard["object"]: shard for shard in tombstone["erased"]}
    for field in (*tombstone, *next(iter(erased.values()))):
        assert f"`{field}`" in PAGE, field

    seen = 0
    for stage in OF_STILLS:
        digests = {}
        for shard in reader.manifest(stage)["shards"]:
            stone = erased.get(shard["digest"], {"redacted": shard["digest"], "rows": {}})
            rows = pq.read_table(pa.BufferReader(reader.bytes_of(stone["redacted"]))).to_pylist()
            assert len(rows) == shard["rows"]
            for row in rows:
                if row["rejected"] == "erased by order":
                    filled = {name for name, value in row.items() if value is not None}
                    kept = {"sample_id", "row_key", "parents", "source_ids", "rejected"}
                    assert filled == kept | ({"split"} if stage == "sequences" else set())
                    row["digest"] = stone["rows"].pop(row["sample_id"])
                    seen += 1
                if row["digest"] is not None:
                    digests[row["sample_id"]] = row["digest"]
            assert stone["rows"] == {}
        assert hashlib.sha256(canonical(digests)).hexdigest() == reader.manifest(stage)["content_digest"]
    assert seen == sum(len(shard.rows) for shard in erasure.shards) > 4
