from flows.cli.lineage.descent_tree import descent_tree
from storage.lineage.descended import (
    DescendedDataset,
    DescendedRow,
    DescendedScore,
    Descent,
    DrawnSample,
    Exposure,
)
from storage.withdrawal.deny_list import Withdrawal
from tasks.terminal import Terminal

IMAGE = "ab" * 32


def told(descent):
    console = Terminal(width=300, color_system=None)
    with console.capture() as captured:
        console.print(descent_tree(descent))
    return captured.get()


def row(stage, sample_id, **facts):
    return DescendedRow(stage, sample_id, "d", None, f"shard of {sample_id}", (), **facts)


def exposure(checkpoint, **facts):
    nothing = {
        "steps": 10,
        "drawn": (),
        "validated": (),
        "validations": 2,
        "selected_by_validation": True,
        "why_unknown": None,
    }
    return Exposure(checkpoint, "dataset", **{**nothing, **facts})


def test_every_kind_of_exposure_is_told():
    shown = told(
        Descent(
            source=IMAGE,
            rows=(
                row(
                    "ingest",
                    IMAGE,
                    notes={"file_name": "[cat].jpg", "source": None, "licence": "CC0", "consent": "yes"},
                ),
                row("saliency", IMAGE),
                row("sequences", "s1", split="train", roles=("template",)),
                row("sequences", "s2", split="train", roles=("template", "pasted")),
            ),
            shards={"shard of s1": "sequences", "shard of s2": "sequences"},
            datasets=(DescendedDataset("e" * 64, ("photos@v1", "photos@v3"), {}),),
            exposures=(
                exposure("1" * 64, drawn=(DrawnSample("s1", 2, 4), DrawnSample("s2", 1, 3))),
                exposure("2" * 64, validated=("s3",)),
                exposure("3" * 64, validated=("s3",), selected_by_validation=False),
                exposure("4" * 64),
                exposure("5" * 64, steps=None, why_unknown="a shard is not in this store"),
            ),
            scores=(
                DescendedScore("evaluation", "6" * 64, "1" * 64, ("s3",), {"scores": {"J&F-Mean": 0.5}}),
                DescendedScore(
                    "submission", "7" * 64, "1" * 64, (), {"benchmark": "YouTube-VOS", "split": "valid"}
                ),
            ),
            withdrawal=Withdrawal(IMAGE, "consent revoked", "2026-11-25T01:02:03", None, "run"),
            gone_shards={"shard of s1": "erased by order (tombstone 123…)"},
            removed_datasets={"8" * 64: "2026-11-24T01:02:03"},
        )
    )
    for line in (
        "photograph abababababab  [cat].jpg; licence: CC0; consent: yes",
        "withdrawn on 2026-11-25: consent revoked",
        "1 mask",
        "2 samples, template of 2, pasted into 1, 2 in train",
        "2 shards: 2 sequences",
        "1 shard erased by order (tombstone 123…)",
        "eeeeeeeeeeee  photos@v1, photos@v3",
        "5 checkpoints, 1 trained with it",
        "111111111111  trained: drawn 3 times in 2 samples, first for step 3 of 10",
        "evaluation 666666666666  J&F 50.0, it is in 1 scored sequence",
        "submission 777777777777 on YouTube-VOS valid",
        "222222222222  validated: in 1 sample of the 2 validations that chose the weights",
        "333333333333  validated: in 1 sample of the 2 validations that watched the weights",
        "444444444444  in its dataset, never drawn in its 10 steps",
        "555555555555  unknown: a shard is not in this store",
        "dataset 888888888888 was removed by gc on 2026-11-24: its content is unknown",
    ):
        assert line in shown, line
