"""The evaluator's two files, to the letter."""

import math

from shls_core.benchmarks.davis.tables import global_table, per_sequence_table
from shls_core.metrics.scores import ObjectScores, Scores

SCORES = Scores(j_mean=0.6834, j_recall=1.0, j_decay=-0.0315, f_mean=0.6875, f_recall=0.5, f_decay=0.25)


def test_the_global_table():
    assert global_table(SCORES) == (
        "J&F-Mean,J-Mean,J-Recall,J-Decay,F-Mean,F-Recall,F-Decay\n"
        "0.685,0.683,1.000,-0.032,0.688,0.500,0.250\n"
    )


def test_the_table_of_objects():
    objects = [
        ObjectScores(sequence=name, object_id=number, frame_j=(), frame_f=(), scores=SCORES)
        for name, number in (("dog", 1), ("judo", 2))
    ]
    assert per_sequence_table(objects) == ("Sequence,J-Mean,F-Mean\ndog_1,0.683,0.688\njudo_2,0.683,0.688\n")


def test_a_decay_that_has_no_value_is_left_empty():
    unknown = Scores(**{**vars(SCORES), "f_decay": math.nan})
    assert global_table(unknown).endswith("0.500,\n")
