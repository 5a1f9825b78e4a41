import dataclasses

import pytest

from storage.canonical import digest_json
from storage.records.manifests import StageManifest, get_record
from tasks.planning.making import Making, changes

MAKING = Making(
    stage="saliency",
    parameters={"saliency": {"sigma": 1.0, "deep": {"er": [1, 2]}}, "seed": None},
    code_digest="c" * 64,
    modules={"a": "1", "b": "2"},
    versions={"numpy": "2.3"},
    schema_version=2,
)


def told(**replaced):
    return [str(reason) for reason in changes(MAKING, dataclasses.replace(MAKING, **replaced))]


def test_nothing_differs_from_itself():
    assert changes(MAKING, MAKING) == []


@pytest.mark.parametrize(
    ("replaced", "expected"),
    [
        (
            {"parameters": {"saliency": {"sigma": 1.0, "deep": {"er": [1, 3]}}, "seed": 7}},
            ["parameter saliency.deep.er from [1, 2] to [1, 3]", "parameter seed from nothing to 7"],
        ),
        (
            {"modules": {"b": "3", "c": "4"}, "code_digest": "d" * 64},
            [
                "code of module a no longer used",
                "code of module b changed",
                "code of module c newly used",
            ],
        ),
        ({"modules": None, "code_digest": "d" * 64}, ["code changed, from cccccccccccc… to dddddddddddd…"]),
        ({"modules": None}, []),
        (
            {"versions": {"scipy": "1.0"}},
            ["package numpy from 2.3 to nothing", "package scipy from nothing to 1.0"],
        ),
        ({"schema_version": 3}, ["schema version from 2 to 3"]),
    ],
)
def test_every_difference_is_named(replaced, expected):
    assert told(**replaced) == expected


def test_what_a_manifest_records_is_how_its_stage_is_made(ten):
    for name, outcome in ten.build().items():
        (stage,) = (stage for stage in ten.stages() if stage.name == name)
        manifest = get_record(ten.store.objects, outcome.artifact, StageManifest)
        recorded, now = Making.recorded(ten.store.objects, manifest), Making.of(stage)
        assert recorded == now
        assert recorded.digest == now.digest
        assert digest_json(recorded.modules) == manifest.code_digest
        assert f"tasks.stages.{name}" in recorded.modules
