from storage.lineage.records import Records
from storage.objects.objects import ObjectStore


def test_every_record_is_found_wherever_one_begins(made):
    from_nothing = Records(made.store.backend, ()).of_kind("checkpoint", "evaluation", "dataset")
    assert set(from_nothing) == {
        made.brief,
        made.chosen,
        made.later,
        made.evaluation,
        made.eight,
        made.seven,
    }
    begun = Records(made.store.backend, [made.eight, made.evaluation, "0" * 64])
    assert begun.of_kind("checkpoint", "evaluation", "dataset") == from_nothing


def test_shards_and_weights_are_not_touched(made, monkeypatch):
    opened = set()

    def noting(objects, digest):
        opened.add(digest)
        return first_byte(objects, digest)

    first_byte = ObjectStore.first_byte
    monkeypatch.setattr(ObjectStore, "first_byte", noting)
    names = [row["digest"] for row in made.store.names.rows()]
    outputs = [output for run in made.store.ledger.runs() for output in run["outputs"]]
    records = Records(made.store.backend, [*names, *outputs])
    stages = records.of_kind("stage").values()
    parts = {shard["digest"] for said in stages for shard in said["shards"]}
    parts |= {said["weights"] for said in records.of_kind("checkpoint").values()}
    assert parts
    assert not opened & parts
    assert records.unaccounted() == []


def test_what_nothing_names_is_unaccounted_for(made, copied):
    stray = copied.objects.put(b"PAR1 that is none")
    assert Records(copied.backend, ()).unaccounted() == [stray]
