"""`shls report` as a person runs it, and the page that every evaluation on a benchmark leaves."""

import json

import pytest


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
    from prefect.client.orchestration import get_client

    evaluation, _, masks = benchmark_run
    address = (masks / "report.html").resolve().as_uri()
    with get_client(sync_client=True) as client:
        artifacts = client.read_artifacts()
    [linked] = [one for one in artifacts if address in str(one.data)]
    assert linked.key == "benchmark-report"
    assert evaluation in str(linked.data)


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
        (("0123456789",), "expected the id of an evaluation, got '0123456789'"),
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
    ran = shls("report", first_run.outcome.training.checkpoint, "--out", out, "--store", first_run.store)
    assert ran.exit_code == 1
    assert "expected the id of an evaluation, got" in ran.stderr
