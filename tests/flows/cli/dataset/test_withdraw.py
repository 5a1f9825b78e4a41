"""`shls dataset withdraw`, `reinstate`, `withdrawn`, `purge`, and what the other commands say then."""

import json

import pytest

from storage.canonical import digest_bytes
from storage.store import Store

NAME = "coffee.jpg"


@pytest.fixture
def image(photographs):
    return digest_bytes((photographs / NAME).read_bytes())


@pytest.fixture
def at(used_store):
    return ("--store", used_store)


@pytest.fixture
def with_config(first_run, at):
    return ("--config", first_run.config, *at)


def printed(result, exit_code=0):
    assert result.exit_code == exit_code, result.stderr
    return json.loads(result.stdout)


def refused(result):
    assert result.exit_code == 1
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("error: ") == 1
    return result.stderr.splitlines()[-1]


@pytest.mark.slow
def test_withdraw_regenerate_audit(first_run, used_store, photographs, image, at, with_config, shls):
    """The new dataset is clean, the old checkpoint is listed, its replacement is not."""
    old, old_checkpoint = first_run.outcome.dataset.dataset, first_run.outcome.training.checkpoint
    (told,) = printed(
        shls("dataset", "withdraw", photographs / NAME, "--reason", "consent revoked", *at, "--json")
    )["withdrawn"]
    assert (told["photograph"], told["is_new"], told["is_in_store"]) == (image, True, True)
    assert told["datasets"] == [{"dataset": old, "names": ["tiny@v1"]}]
    # Its few steps draw no sequence of this photograph: lineage knows to the step.
    assert told["checkpoints"] == [{"checkpoint": old_checkpoint, "how": "never drawn"}]
    again = shls("dataset", "withdraw", NAME, "--reason", "no", *at)
    assert f"{image} was withdrawn on" in again.stdout
    assert "already (consent revoked)" in again.stdout

    line = "1 photograph left out: withdrawn (consent revoked)"
    assert line in shls("dataset", "plan", *with_config).stdout
    plan = printed(shls("dataset", "plan", *with_config, "--json"))
    assert plan["left_out"] == {"consent revoked": 1}
    assert plan["stages"][0]["told"] == [f"1 photograph withdrawn ({NAME})"]

    assert f"got {old[:12]}… with {image[:12]}… (consent revoked)" in refused(shls("train", *with_config))
    forced = printed(shls("train", "--allow-withdrawn", *with_config, "--json"))
    assert (forced["checkpoint"], forced["allowed_withdrawn"]) == (old_checkpoint, [image])
    run = Store.open(used_store).ledger.runs()[-1]
    assert (run["kind"], json.loads(run["details"])["allowed_withdrawn"]) == ("train", [image])

    built = shls("dataset", "build", *with_config, "--json")
    assert line in built.stderr
    new = printed(built)["dataset"]
    trained = printed(shls("train", *with_config, "--json"))
    assert trained["allowed_withdrawn"] == []
    assert trained["checkpoint"] != old_checkpoint

    (listed,) = printed(shls("dataset", "withdrawn", *at, "--json"))["withdrawn"]
    assert [found["dataset"] for found in listed["datasets"]] == [old]
    assert listed["checkpoints"] == told["checkpoints"]
    shown = shls("dataset", "withdrawn", *at).stdout
    assert f"{image}  consent revoked" in shown
    assert f"still descends from it: checkpoint {old_checkpoint[:12]} (never drawn)" in shown
    assert new[:12] not in shown
    assert trained["checkpoint"][:12] not in shown
    facts = printed(shls("dataset", "show", "tiny@v1", *at, "--json"))
    assert facts["withdrawn"] == {image: "consent revoked"}
    assert printed(shls("dataset", "show", "tiny", *at, "--json"))["withdrawn"] == {}


@pytest.mark.slow
def test_purge_and_then_every_command(
    first_run, used_store, photographs, image, at, with_config, shls, tmp_path
):
    old, checkpoint = first_run.outcome.dataset.dataset, first_run.outcome.training.checkpoint
    assert "which is not" in refused(shls("dataset", "purge", NAME, *at))
    assert shls("dataset", "withdraw", NAME, "--reason", "consent revoked", *at).exit_code == 0
    dry = printed(shls("dataset", "purge", NAME, "--dry-run", *at, "--json"))
    assert (dry["photographs"], dry["tombstone"], dry["dry_run"]) == ([image], None, True)
    assert dry["rows"]["ingest"] == 1
    assert printed(shls("dataset", "verify", *at, "--json"))["erased"] == []
    assert "would erase" in shls("dataset", "purge", NAME, "--dry-run", *at).stdout

    gone = printed(shls("dataset", "purge", NAME, *at, "--json"))
    assert {**gone, "tombstone": None, "dry_run": True} == dry
    assert "nothing of them is in the store" in shls("dataset", "purge", image, *at).stdout
    data = (photographs / NAME).read_bytes()
    assert not [path for path in used_store.rglob("*") if path.is_file() and data in path.read_bytes()]

    for reference in (["tiny"], []):
        verified = printed(shls("dataset", "verify", *reference, *at, "--json"))
        assert verified["problems"] == []
        assert len(verified["erased"]) == gone["shards"]
        shown = shls("dataset", "verify", *reference, *at).stdout
        assert f"of photograph {image[:12]} (tombstone {gone['tombstone'][:12]})" in shown
        assert "every byte is as it was written" in shown

    # Whoever looks is answered.
    for command in (
        ("list",), ("show", "tiny"), ("near-duplicates", "tiny"), ("withdrawn",),
        ("diff", "tiny@v1", "tiny@v1"), ("gc", "--keep", "1", "--dry-run"),
    ):  # fmt: skip
        assert shls("dataset", *command, *at).exit_code == 0, command
    assert shls("dataset", "plan", *with_config).exit_code == 0
    assert f"{image[:12]}" in shls("dataset", "plan", *with_config).stdout
    facts = printed(shls("dataset", "show", "tiny", *at, "--json"))
    assert facts["stages"][0]["rejected_reasons"]["erased by order"] == 1
    assert printed(shls("dataset", "gc", "--keep", "1", *at, "--json"))["objects"] == 0

    # Whoever uses it is told in one line.
    assert "--allow-withdrawn" in refused(shls("train", *with_config))
    out = ("--out", tmp_path / "out")
    for command in (
        ("train", "--allow-withdrawn", *with_config),
        ("dataset", "export", "tiny", "--allow-withdrawn", *out, *at),
        ("dataset", "export", "tiny", "--allow-withdrawn", "--format", "training", *out, *with_config),
        ("train", "--reproduce", checkpoint, "--allow-withdrawn", *with_config),
    ):
        assert "erased by order" in refused(shls(*command)), command
    assert not (tmp_path / "out").exists()

    # A dataset without it is built from what is left, and is all there the next time.
    built = printed(shls("dataset", "build", *with_config, "--json"))
    assert [stage["rows_computed"] for stage in built["stages"]][:2] == [0, 0]
    cached = printed(shls("dataset", "build", *with_config, "--json"))
    assert cached["dataset"] == built["dataset"] != old
    assert {stage["status"] for stage in cached["stages"]} == {"cached"}
    assert shls("train", *with_config).exit_code == 0
    difference = printed(shls("dataset", "diff", "tiny@v1", "tiny@v2", *at, "--json"))
    assert difference["photographs"]["withdrawn"] == [image[:12]]

    assert shls("dataset", "reinstate", image[:8], "--reason", "given again", *at).exit_code == 0
    assert printed(shls("dataset", "build", *with_config, "--json"))["dataset"] == old
    assert printed(shls("dataset", "verify", *at, "--json"))["erased"] == []


def test_an_empty_list_and_one_in_advance(at, shls, tmp_path):
    assert printed(shls("dataset", "withdrawn", *at, "--json")) == {"withdrawn": []}
    assert "no photograph is withdrawn" in shls("dataset", "withdrawn", *at).stdout
    (tmp_path / "later.jpg").write_bytes(b"later")
    later = shls("dataset", "withdraw", tmp_path / "later.jpg", "--reason", "never", *at)
    assert later.exit_code == 0
    assert f"withdrawn {digest_bytes(b'later')}; the store has never seen it" in later.stdout


@pytest.mark.parametrize("command", ["withdraw", "reinstate", "purge", "withdrawn"])
def test_help_shows_an_example(shls, command):
    text = " ".join(shls("dataset", command, "--help").stdout.split())
    assert f"shls dataset {command}" in text.split("Example")[1]


@pytest.mark.parametrize("command", [("withdraw", "a.jpg"), ("withdraw", "--reason", "x"), ("purge",)])
def test_what_is_missing_is_told_in_one_line(shls, command):
    result = shls("dataset", *command)
    assert result.exit_code == 2
    assert result.stderr.startswith("error: Missing ")
