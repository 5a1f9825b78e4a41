"""What the pages of a dataset and a checkpoint tell, and that they tell it the same every time."""

import html
import re

import pytest
import yaml

from shls_core.errors import InputError
from storage.gate.verdicts import newest_verdict
from storage.records.manifests import DatasetManifest, get_record
from storage.rows.stage_artifact import StageArtifact
from storage.rows.stage_graph import SCHEMAS
from storage.rows.stage_names import OF_STILLS
from tasks.reports.lineage.lineage_page import checkpoint_page, dataset_page
from tasks.runs.execution_config import ExecutionConfig
from tasks.upkeep.withdrawal import purge, reinstate, withdraw

HOSTILE = "<script>document.title=1</script>.png"


@pytest.fixture(scope="module")
def of_dataset(told):
    return dataset_page(told.store, told.dataset).decode()


@pytest.fixture(scope="module")
def of_checkpoint(told):
    return checkpoint_page(told.store, told.checkpoint, ExecutionConfig()).decode()


def section(page, name):
    """What people read of one section, without markup."""
    found = re.search(rf'<(section|article) id="{name}">.*?</\1>', page, re.DOTALL)
    assert found, name
    return told_by(found[0])


def told_by(markup):
    without_titles = re.sub(r"<title>.*?</title>", " ", markup, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", without_titles)).split())


def artifacts(told):
    manifest = get_record(told.store.objects, told.dataset, DatasetManifest)
    return {stage: StageArtifact(told.store.objects, manifest.stages[stage]) for stage in OF_STILLS}


def test_the_page_begins_with_name_counts_and_verdict(told, of_dataset):
    verdict = newest_verdict(told.store, told.dataset)
    head = told_by(of_dataset[of_dataset.index("<header>") : of_dataset.index("</header>")])
    assert head.startswith("Dataset photos@v1 8 pseudo-sequences made from 8 photographs: ")
    met = len(verdict.findings) - len(verdict.failures)
    assert f"failed {met} of {len(verdict.findings)} expectations of the gate met" in head
    assert told.dataset in head


@pytest.mark.parametrize("stage", OF_STILLS)
def test_every_stage_is_told_whole(told, of_dataset, stage):
    shown, artifact = section(of_dataset, stage), artifacts(told)[stage]
    manifest = artifact.manifest
    for fact in (artifact.id, manifest.code_digest, manifest.content_digest):
        assert fact in shown
    assert f"{manifest.rows - manifest.rejected} rows {manifest.rejected} rejected" in shown
    for name, version in manifest.versions.items():
        assert f"{name} {version}" in shown
    markup = of_dataset[of_dataset.index(f'<article id="{stage}">') :]
    parameters = re.search(r"<pre[^>]*><code>(.*?)</code></pre>", markup, re.DOTALL)[1]
    assert yaml.safe_load(html.unescape(parameters)) == manifest.parameters
    for field in SCHEMAS[stage].statistics:
        assert f'aria-label="{field.name} of {manifest.rows - manifest.rejected} rows: lowest ' in markup


def test_every_finding_of_the_gate_is_told_and_what_is_not_met_stands_out(told, of_dataset):
    verdict = newest_verdict(told.store, told.dataset)
    rows = re.findall(r"<tr( class=\"unmet\")?><th scope=\"row\">(\w+)</th><td>([^<]+)</td>", of_dataset)
    # What is not met is told twice: at once, and among the others.
    assert len(rows) == len(verdict.findings) + len(verdict.failures)
    assert [bool(unmet) for unmet, *_ in rows].count(True) == 2 * len(verdict.failures)
    assert (' class="unmet"', "is_held_out", "sum over all rows at least 1,000") in rows
    assert not any("Expect" in expected for _, _, expected in rows)


def test_samples_say_what_they_were_made_from(told, of_dataset):
    shown = section(of_dataset, "samples")
    ids = [address.sample_id for address, _ in artifacts(told)["superpixels"].accepted()]
    assert len(ids) == 8
    for sample_id in ids:
        assert sample_id[:12] in shown
    assert f"from {HOSTILE}" in shown
    for what in ("photograph", "saliency map", "pseudo-mask", "frame 0", "superpixels"):
        assert shown.count(what) >= 8


def test_what_was_rejected_is_counted_and_shown_where_there_is_something_to_show(of_dataset):
    shown = section(of_dataset, "rejected")
    assert "corrupt or truncated image 1 row photographs cut.png" in shown
    assert "duplicate 1 row photographs zz copy.png" in shown
    markup = of_dataset[of_dataset.index('id="rejected"') : of_dataset.index('id="descendants"')]
    assert re.findall(r'<img [^>]*alt="([^"]*)"', markup) == ["zz copy.png, rejected"]


def test_names_of_files_stay_text(of_dataset, of_checkpoint):
    for page in (of_dataset, of_checkpoint):
        assert HOSTILE not in page
        assert html.escape(HOSTILE) in page
        assert page.count("<script>") == 1


def test_it_tells_who_made_it_from_which_code_and_how_to_make_it_again(told, of_dataset):
    shown = section(of_dataset, "made")
    for fact in (
        *("2026-03-05 05:06:07, 12.5 s", "ada on engine", "c0ffee000000, with changes not committed"),
        *("1c" * 32, "seed 7", "1: dataset, completed", "2 runs ended with this dataset"),
        f"shls dataset build --config dataset.yaml with the configuration below as dataset.yaml and the same "
        f"photographs: dataset {told.dataset[:12]}",
        f"shls audit {told.dataset[:12]}",
    ):
        assert fact in shown
    assert re.search(rf"shls dataset replay [0-9a-f]{{12}} --dataset {told.dataset[:12]}", shown)
    assert "name: photos" in shown


def test_it_tells_what_came_of_it(told, of_dataset):
    shown = section(of_dataset, "descendants")
    assert f"checkpoint {told.checkpoint[:12]} 40 steps, seed 5, final loss 1.435" in shown
    assert f"shls report {told.evaluation[:12]} J&F 37.5 on 2 held-out sequences" in shown
    assert f"shls report {told.benchmark[:12]} J&F 62.5 on 1 video of DAVIS-2017 val" in shown
    assert "to be scored by its server on YouTube-VOS valid, 3 masks" in shown
    assert f"shls report {told.submission[:12]}" not in shown


def test_every_box_of_the_graph_leads_to_a_place_on_the_page(of_dataset, of_checkpoint):
    for page in (of_dataset, of_checkpoint):
        places = re.findall(r'<a class="node [^"]*" href="#([^"]+)">', page)
        # Twice: lying and upright. One source, four stages, the dataset, the checkpoint, three scores.
        assert len(places) == 2 * (2 + 4 + 1 + 1 + 3)
        for place in places:
            assert f'id="{place}"' in page


def test_a_checkpoint_is_told_with_curves_scores_and_its_dataset(told, of_checkpoint):
    training = section(of_checkpoint, "training")
    assert training.count("final loss") == 1
    assert "not at hand" not in training
    assert "photos@v1 failed" in training
    assert of_checkpoint.count('<svg class="curves"') == 2
    scores = section(of_checkpoint, "descendants")
    assert "On 2 held-out sequences this checkpoint 37.5" in scores
    assert "the same network, untrained 25.0" in scores
    assert "On 1 video of DAVIS-2017 val this checkpoint 62.5" in scores
    made = section(of_checkpoint, "made")
    assert f"shls train --reproduce {told.checkpoint[:12]}" in made
    assert "cpu AVX2" in made
    assert told.dataset[:12] in section(of_checkpoint, "dataset-made")
    assert "37.5" in of_checkpoint[: of_checkpoint.index('id="graph"')]


def test_the_same_store_gives_the_same_bytes(told, of_dataset, of_checkpoint):
    assert dataset_page(told.store, told.dataset).decode() == of_dataset
    assert checkpoint_page(told.store, told.checkpoint, ExecutionConfig()).decode() == of_checkpoint


def test_a_copy_of_the_store_gives_the_same_page_and_a_checkpoint_without_its_log_says_so(
    told, told_copy, of_dataset, of_checkpoint
):
    assert dataset_page(told_copy, told.dataset).decode() == of_dataset
    page = checkpoint_page(told_copy, told.checkpoint, ExecutionConfig()).decode()
    assert page.count('<svg class="curves"') == 1
    assert f"shls report {told.checkpoint[:12]} --log-dir FOLDER" in page
    there = ExecutionConfig(log_dir=str(told.store.root.parent / "runs"))
    assert checkpoint_page(told_copy, told.checkpoint, there).decode() == of_checkpoint


def test_the_log_of_another_training_is_not_taken_for_its_own(told, told_copy, tmp_path):
    (log,) = (told.store.root.parent / "runs").glob("*/metrics.jsonl")
    other = tmp_path / "runs" / log.parent.name / log.name
    other.parent.mkdir(parents=True)
    logs = ExecutionConfig(log_dir=str(tmp_path / "runs"))
    for text in (log.read_text().replace("1.41", "1.42"), log.read_text().partition("\n")[0]):
        other.write_text(text)
        assert b"--log-dir FOLDER" in checkpoint_page(told_copy, told.checkpoint, logs)
    other.write_text("{")
    with pytest.raises(InputError, match="expected figures of a training, a JSON object a line"):
        checkpoint_page(told_copy, told.checkpoint, logs)


def test_withdrawn_photographs_are_told_at_the_top(told, told_copy):
    [hostile], unseen = withdraw(told_copy, [HOSTILE], "consent <withdrawn>").new, "e" * 64
    withdraw(told_copy, [unseen], "never seen")
    for page in (
        dataset_page(told_copy, told.dataset).decode(),
        checkpoint_page(told_copy, told.checkpoint, ExecutionConfig()).decode(),
    ):
        head = told_by(page[: page.index("</header>")])
        assert "1 photograph of this dataset was withdrawn." in head
        assert re.search(rf"{HOSTILE} {hostile[:12]} , 20\d\d-\d\d-\d\d: consent <withdrawn>", head)
        assert unseen[:12] not in page
    reinstate(told_copy, [HOSTILE], "asked again")
    assert b"withdrawn" not in dataset_page(told_copy, told.dataset)


def test_of_what_was_erased_by_order_nothing_is_shown(told, told_copy, of_dataset):
    [hostile] = withdraw(told_copy, [HOSTILE], "consent withdrawn").new
    purge(told_copy, [hostile])
    page = dataset_page(told_copy, told.dataset).decode()
    assert html.escape(HOSTILE) not in page[: page.index('<section id="made">')]
    assert re.search(rf"\. {hostile[:12]} , [^;]*; erased on 20", told_by(page))
    shown = section(page, "rejected")
    assert f"erased by order 1 row photographs {hostile[:12]}" in shown
    assert "erased by order 1 row pseudo-masks" in shown
    markup = page[page.index('id="rejected"') : page.index('id="descendants"')]
    assert re.findall(r'<img [^>]*alt="([^"]*)"', markup) == ["zz copy.png, rejected"]
    accepted = artifacts(told)["ingest"].manifest.rows - artifacts(told)["ingest"].manifest.rejected
    assert f"{accepted - 1} rows 3 rejected" in section(page, "ingest")
    assert set(re.findall(r'src="data:[^"]+"', page)) < set(re.findall(r'src="data:[^"]+"', of_dataset))


def test_a_dataset_that_nobody_judged_made_or_used_has_a_page_too(staged):
    page = dataset_page(staged.store, staged.dataset).decode()
    assert "never judged" in page
    assert "No stage rejected a row." in page
    assert "No checkpoint in this store was trained on it." in page
    assert staged.dataset[:12] in page[page.index("<h1>") : page.index("</h1>")]
