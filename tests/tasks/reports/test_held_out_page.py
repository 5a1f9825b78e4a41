"""The page of held-out sequences."""

import re

from storage.records.checkpoints import EvaluationRecord, ObjectScore
from tasks.reports.held_out_page import held_out_page


def scores(jf_mean):
    names = ("J&F-Mean", "J-Mean", "J-Recall", "J-Decay", "F-Mean", "F-Recall", "F-Decay")
    return dict.fromkeys(names, jf_mean)


def test_the_checkpoint_stands_beside_its_baselines_and_the_worst_object_comes_first(trained):
    record = EvaluationRecord(
        checkpoint="3a" * 32,
        dataset="d" * 64,
        configuration={},
        code_digest="b" * 64,
        versions={},
        device_kind="cpu",
        num_sequences=2,
        num_frames=8,
        scores=scores(0.37),
        baselines={"copy_first_mask": scores(0.4), "untrained": scores(0.2)},
        objects=(
            ObjectScore(sequence="aa" * 32, object_id=1, j_mean=0.5, f_mean=0.3),
            ObjectScore(sequence="bb" * 32, object_id=2, j_mean=0.1, f_mean=0.2),
        ),
    )
    page = held_out_page("f" * 64, record, trained).decode()
    assert re.findall(
        r'<tr(?: class="this")?><th scope="row">([^<]+)</th><td class="number">(\S+)</td>', page
    ) == [
        ("copy the first mask", "40.0"),
        ("this checkpoint", "37.0"),
        ("the same network, untrained", "20.0"),
    ]
    assert re.findall(r'<code title="\w+">(\w+)</code> (\d)</th>\s*<td[^>]*>(\S+)</td>', page) == [
        ("bb" * 6, "2", "15.0"),
        ("aa" * 6, "1", "40.0"),
    ]
    assert "2 sequences, 2 objects, 8 scored frames" in page
    assert "shls evaluate --checkpoint 3a3a3a3a3a3a --config use.yaml" in page
