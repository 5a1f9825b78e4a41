"""`shls report` as a person runs it, and the page that every evaluation on a benchmark leaves."""

import html
import itertools
import json
import re

import pytest
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey

from flows.configuration import load_config
from flows.regenerate import regenerate
from storage.objects.objects import object_path
from tasks.reports.writing import write_dataset_report
from tasks.runs.execution_config import ExecutionConfig


def artifact_linking(page, key):
    """The one artifact of this key that links the page; the server answers in parts, however many it has."""
    from prefect.client.orchestration import get_client

    address, named = page.resolve().as_uri(), ArtifactFilter(key=ArtifactFilterKey(any_=[key]))
    with get_client(sync_client=True) as client:
        parts = (client.read_artifacts(artifact_filter=named, offset=n) for n in itertools.count(0, 200))
        artifacts = itertools.chain.from_iterable(itertools.takewhile(bool, parts))
        [linked] = [one for one in artifacts if address in str(one.data)]
    return linked


@pytest.fixture
def benchmark_run(shls, davis_benchmark, first_run, used_store, tmp_path):
    davis, _ = davis_benchmark
    masks = tmp_path / "masks"
    ran = shls(
        "evaluate", "--davis", davis, "--out", masks, "--superpixels", 30, "--config", first_run.config,
        "--store", used_store, "--json",
    )  # fmt: skip
    assert ran.exit_code == 0, ran.output
    return json.loads(ran.stdout)["evaluation"], davis, masks


def test_the_page_made_later_is_the_one_made_at_once(shls, benchmark_run, used_store, tmp_path):
    evaluation, davis, masks = benchmark_run
    out = tmp_path / "again.html"
    ran = shls(
        "report", evaluation[:10], "--davis", davis, "--results", masks, "--out", out,
        "--store", used_store, "--json",
    )  # fmt: skip
    assert ran.exit_code == 0, ran.output
    assert json.loads(ran.stdout) == {"report": str(out), "bytes": out.stat().st_size}
    assert out.read_bytes() == (masks / "report.html").read_bytes()
    assert out.read_bytes().count(b"<img") == 8


def test_the_run_links_to_the_page(benchmark_run):
    evaluation, _, masks = benchmark_run
    assert evaluation in str(artifact_linking(masks / "report.html", "benchmark-report").data)


def test_without_the_benchmark_the_page_has_no_pictures(shls, benchmark_run, used_store, tmp_path):
    evaluation, *_ = benchmark_run
    out = tmp_path / "report.html"
    assert shls("report", evaluation, "--out", out, "--store", used_store).exit_code == 0
    page = out.read_bytes()
    assert b"DAVIS-2017" in page
    assert b"<img" not in page


def test_held_out_sequences_have_a_page_too(shls, first_run, tmp_path):
    out = tmp_path / "report.html"
    evaluation = first_run.outcome.evaluation.evaluation
    ran = shls("report", evaluation, "--out", out, "--store", first_run.store)
    assert ran.exit_code == 0, ran.output
    assert b"Held-out sequences" in out.read_bytes()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ("0123456789",),
            "expected the name or id of a dataset, checkpoint, evaluation or benchmark, got '0123456789'",
        ),
        (("tiny", "--log-dir", "there"), "expected a checkpoint with --log-dir, got a dataset: tiny"),
        (
            ("tiny", "--davis", "there", "--results", "there"),
            "expected an evaluation on a benchmark with --davis, got a dataset: tiny",
        ),
        (
            ("0123456789", "--davis", "there"),
            "expected --davis and --results together, got none for --results",
        ),
        (("0123456789", "--results", "there"), "got none for --davis"),
    ],
)
def test_what_cannot_be_reported_is_told_in_one_line(shls, first_run, tmp_path, options, message):
    out = tmp_path / "report.html"
    ran = shls("report", *options, "--out", out, "--store", first_run.store)
    assert ran.exit_code == 1
    assert message in ran.stderr
    assert len(ran.stderr.splitlines()) == 1
    assert not out.exists()


def test_an_id_of_something_else_is_refused(shls, first_run, tmp_path):
    out = tmp_path / "report.html"
    stage = first_run.outcome.dataset.stages[0].artifact
    ran = shls("report", stage, "--out", out, "--store", first_run.store)
    assert ran.exit_code == 1
    assert (
        f"expected the name or id of a dataset, checkpoint, evaluation or benchmark, got '{stage}'"
        in ran.stderr
    )


@pytest.mark.parametrize("what", ["dataset", "checkpoint"])
def test_a_dataset_and_a_checkpoint_have_a_page_which_is_the_same_again(shls, first_run, tmp_path, what):
    outcome = first_run.outcome
    reference = {"dataset": "tiny", "checkpoint": outcome.training.checkpoint[:10]}[what]
    pages = [tmp_path / "one.html", tmp_path / "other.html"]
    for page in pages:
        ran = shls("report", reference, "--out", page, "--store", first_run.store)
        assert ran.exit_code == 0, ran.output
    one, other = (page.read_bytes() for page in pages)
    assert one == other
    for made in (
        outcome.dataset.dataset,
        outcome.training.checkpoint[:12],
        outcome.evaluation.evaluation[:12],
    ):
        assert made.encode() in one
    assert one.count(b"<img") >= 8 * 6


def test_the_configuration_on_the_page_is_the_one_that_was_built_with(shls, first_run, tmp_path):
    out = tmp_path / "report.html"
    assert shls("report", "tiny", "--out", out, "--store", first_run.store).exit_code == 0
    [content] = re.findall(
        r"\(dataset\.yaml\)</summary>\s*<pre[^>]*><code>(.*?)</code>", out.read_text(), re.DOTALL
    )
    again = tmp_path / "dataset.yaml"
    again.write_text(html.unescape(content))
    assert load_config(str(again)) == load_config(str(first_run.config))


def test_runs_leave_the_pages_of_what_they_made_beside_the_store_and_link_them(first_run):
    outcome, runs = first_run.outcome, first_run.store.parent / "runs"
    of_dataset = runs / f"dataset-{outcome.dataset.dataset[:12]}" / "report.html"
    [of_checkpoint] = runs.glob("train-*/report.html")
    for page, key, made in (
        (of_dataset, "dataset-report", outcome.dataset.dataset),
        (of_checkpoint, "checkpoint-report", outcome.training.checkpoint),
    ):
        assert made in page.read_text()
        assert made in str(artifact_linking(page, key).data)
    assert of_checkpoint.read_text().count('<svg class="curves"') == 1


def test_a_page_that_cannot_be_made_does_not_fail_the_run(first_run, used_store, capsys):
    damaged = used_store / object_path(first_run.outcome.dataset.stages[0].artifact)
    damaged.write_bytes(b"{}")
    outcome = first_run.outcome
    of_it = (outcome.dataset.dataset, "tiny", str(used_store), ExecutionConfig())
    assert write_dataset_report.fn(*of_it) is None
    assert re.search(r"report +not written: ", capsys.readouterr().err)


def test_a_page_that_cannot_be_written_does_not_undo_what_was_made(
    prefect_server, config_file, tmp_path, capsys
):
    (tmp_path / "taken").touch()
    config = load_config(str(config_file(execution={"log_dir": str(tmp_path / "taken")})))
    outcome = regenerate(config, str(tmp_path / "store"))
    assert outcome.name == "tiny@v1"
    assert re.search(r"report +not written: .*taken", capsys.readouterr().err)


def test_what_is_reused_leaves_no_new_page(first_run, used_store):
    assert regenerate(str(first_run.config), str(used_store)).dataset == first_run.outcome.dataset.dataset
    assert not (used_store.parent / "runs").exists()
