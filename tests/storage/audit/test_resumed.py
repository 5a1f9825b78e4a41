import json

from storage.audit.resumed import left_states, resumed_trainings

KEY, S1, S2, CHECKPOINT = "k" * 64, "1" * 64, "2" * 64, "c" * 64


def run(run_id, kind="train", outputs=(), verdict=None, inputs=(), **details):
    return {
        "run_id": run_id,
        "kind": kind,
        "outputs": list(outputs),
        "inputs": list(inputs),
        "verdict": verdict,
        "details": json.dumps(details),
    }


def state(step, digest):
    return {"key": KEY, "step": step, "digest": digest}


def test_a_state_that_an_interrupted_run_left_is_known():
    runs = [
        run("r1", left_state=state(5, S1)),
        run("r2", outputs=[CHECKPOINT], went_on_from=state(5, S1)),
    ]
    (found,) = resumed_trainings(runs, [CHECKPOINT])
    assert (found.step, found.state, found.left_by, found.reproduced) == (5, S1, "r1", False)
    assert "as run r1 left it" in str(found)
    assert "--reproduce" not in str(found)
    assert resumed_trainings(runs, []) == ()
    assert left_states(runs, KEY) == {5: ("r1", S1)}
    assert left_states(runs, "other") == {}


def test_what_comes_of_an_unrecorded_state_is_no_better_recorded():
    runs = [
        run("r1", went_on_from=state(5, S1), left_state=state(9, S2)),
        run("r2", outputs=[CHECKPOINT], went_on_from=state(9, S2)),
    ]
    (found,) = resumed_trainings(runs, [CHECKPOINT])
    assert found.left_by is None
    assert "which no run recorded" in str(found)
    assert f"`shls train --reproduce {CHECKPOINT[:12]}` proves the weights" in str(found)
    again = run("r3", kind="reproduce", verdict="agrees", inputs=["d" * 64, CHECKPOINT])
    (found,) = resumed_trainings([*runs, again], [CHECKPOINT])
    assert found.reproduced
    assert "trained again with the same weights" in str(found)


def test_a_training_without_interruption_did_not_go_on():
    assert resumed_trainings([run("r", outputs=[CHECKPOINT])], [CHECKPOINT]) == ()
