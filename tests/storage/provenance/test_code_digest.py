import json
import subprocess
import sys

import pytest

from shls_core.methods.registry import METHODS, method_named
from storage.canonical import canonical_json, digest_bytes
from storage.provenance import code_digest as module
from storage.provenance.code_digest import code_digest, import_closure
from storage.rows.stage_names import OF_STILLS

ENCODER = "storage.rows.shard_encoding"

MAIN = '''
"""What it does."""
from toy.helper import scale
import toy.constants


def run(value):
    """Run it."""
    return scale(value) + toy.constants.OFFSET  # a comment
'''
TREE = {
    "__init__": '"""Toy."""\n',
    "main": MAIN,
    "helper": "def scale(value):\n    return 2 * value\n",
    "constants": "OFFSET = 1\n",
    "unrelated": "WORD = 'a'\n",
    "deep/__init__": '"""Deep."""\n',
    "deep/inner": "DEPTH = 1\n",
}


@pytest.fixture
def digest_of(tmp_path, monkeypatch):
    """Return a function that gives the closure and the digest of ``toy.main`` with some files replaced."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(module, "OUR_PACKAGES", frozenset({"toy"}))
    caches = [value for value in vars(module).values() if hasattr(value, "cache_clear")]
    assert len(caches) >= 5

    def digest(**changes):
        for name, source in (TREE | changes).items():
            path = tmp_path / "toy" / f"{name}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(source, encoding="utf-8")
        for cache in caches:
            cache.cache_clear()
        return import_closure("toy.main"), code_digest("toy.main")

    yield digest
    for cache in caches:
        cache.cache_clear()


def test_the_closure_is_what_is_imported_directly_or_not(digest_of):
    closure, _ = digest_of(helper="from toy.deep import inner\n\ndef scale(value):\n    return value\n")
    assert closure == ("toy.constants", "toy.deep.inner", "toy.helper", "toy.main")


@pytest.mark.parametrize(
    "statement",
    [
        "from toy.deep.inner import DEPTH",
        "import toy.deep.inner",
        "import toy.deep.inner as depth, os",
        "from toy.deep import inner",
        "def late():\n    import toy.deep.inner",
        "try:\n    from toy.deep import inner\nexcept ImportError:\n    inner = None",
        "if TYPE_CHECKING:\n    import os\nelse:\n    import toy.deep.inner",
        "import os\nif os.name:\n    import toy.deep.inner",
    ],
)
def test_every_way_to_import_is_followed(digest_of, statement):
    assert "toy.deep.inner" in digest_of(helper=f"{statement}\n")[0]


@pytest.mark.parametrize(
    "statement",
    [
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from toy.deep.inner import DEPTH",
        "import typing\nif typing.TYPE_CHECKING:\n    from toy.deep.inner import DEPTH",
        "if os.name:\n    if TYPE_CHECKING:\n        import toy.deep.inner",
        "import json\nfrom collections import deque",
        "TEXT = 'import toy.deep.inner'",
    ],
)
def test_imports_for_types_alone_and_those_of_others_are_not_followed(digest_of, statement):
    assert digest_of(helper=f"{statement}\n")[0] == ("toy.constants", "toy.helper", "toy.main")


@pytest.mark.parametrize(
    "changes",
    [
        {"main": MAIN.replace("a comment", "another one")},
        {"main": MAIN.replace("What it does.", "What it really does.")},
        {"main": MAIN.replace('    """Run it."""\n', "")},
        {"main": MAIN.replace("\n\n\ndef", "\n\n# why\n\ndef")},
        {"helper": '"""Doubles."""\n\ndef scale(value):\n    return (2*value)\n'},
        {"unrelated": "WORD = 'b'\n"},
        {"deep/inner": "DEPTH = 2\n"},
    ],
)
def test_words_layout_and_code_that_is_not_reached_change_nothing(digest_of, changes):
    assert digest_of(**changes) == digest_of()


@pytest.mark.parametrize(
    "changes",
    [
        {"main": MAIN.replace("+ toy", "- toy")},
        {"helper": "def scale(value):\n    return 3 * value\n"},
        {"helper": "def scale(value, by=2):\n    return by * value\n"},
        {"constants": "OFFSET = 2\n"},
        {"constants": "OFFSET = 1.0\n"},
        {"constants": "OFFSET = 'a text that is a value'\n"},
        {"helper": "import toy.unrelated\n\n" + TREE["helper"]},
    ],
)
def test_a_change_of_code_that_is_reached_is_seen(digest_of, changes):
    assert digest_of(**changes)[1] != digest_of()[1]


def test_the_object_of_the_module_digests_is_named_by_the_code_digest(digest_of):
    closure, digest = digest_of()
    by_module = module.syntax_digests("toy.main")
    assert tuple(by_module) == closure
    assert digest_bytes(canonical_json(by_module)) == digest


def test_one_module_that_changed_changes_its_own_digest_alone(digest_of):
    digest_of()
    before = module.syntax_digests("toy.main")
    digest_of(helper="def scale(value):\n    return 3 * value\n")
    after = module.syntax_digests("toy.main")
    assert {name for name in after if after[name] != before[name]} == {"toy.helper"}


def test_the_digest_of_a_small_program_is_this_one_on_every_python(digest_of):
    assert digest_of()[1] == "f51107e5c5491da05b55d22448f221dfa9f4ce2029ed7ba7b8f02487f3a7282a"


def test_relative_imports_are_a_mistake(digest_of):
    with pytest.raises(AssertionError, match=r"toy\.helper imports relatively"):
        digest_of(helper="from . import constants\n")


MUST_HOLD = {
    "ingest": {"shls_core.files.pictures.decode", "tasks.stages.bundled_photographs"},
    "saliency": {
        "shls_core.photographs.crops",
        "shls_core.files.pictures.decode",
        "shls_core.saliency.pseudo_mask",
        "shls_core.saliency.rbd",
        "shls_core.saliency.region_graph",
        "shls_core.seeding",
        "shls_core.superpixels.slic_fast",
        "storage.rows.codecs",
        "tasks.stages.photographs",
    },
    "sequences": {
        "shls_core.files.pictures.decode",
        "shls_core.seeding",
        "shls_core.photographs.split",
        "shls_core.synthesis.draw",
        "shls_core.synthesis.pasting",
        "shls_core.synthesis.photometric",
        "shls_core.synthesis.placement",
        "shls_core.synthesis.render",
        "shls_core.synthesis.sources",
        "shls_core.synthesis.warping",
        "storage.rows.codecs",
        "tasks.stages.photographs",
    },
    "superpixels": {
        "shls_core.files.pictures.jpeg_frames",
        "shls_core.superpixels.regions",
        "shls_core.superpixels.slic_fast",
        "shls_core.superpixels.slic_skimage",
        "shls_core.superpixels.watershed",
        "storage.rows.codecs",
    },
}


@pytest.mark.parametrize("stage", OF_STILLS)
def test_the_closure_of_a_stage_holds_what_makes_its_bytes(stage):
    closure = set(import_closure(f"tasks.stages.{stage}", ENCODER))
    always = {
        f"tasks.stages.{stage}",
        "tasks.stages.stage",
        ENCODER,
        "storage.rows.schemas.stage_schema",
        f"storage.rows.schemas.{stage}",
        "storage.canonical",
    }
    assert always | MUST_HOLD[stage] <= closure


FOREIGN = (
    "flows",
    "shls_core.errors",
    "shls_core.methods.shls.network",
    "shls_core.training",
    "storage.rows.stage_artifact",
    "storage.objects.objects",
    "storage.rows.shards",
    "storage.store",
    "tasks.executor",
    "tasks.staging.build_stage",
)


@pytest.mark.parametrize("stage", OF_STILLS)
def test_the_closure_of_a_stage_holds_no_other_stage_and_nothing_of_reading_running_or_learning(stage):
    closure = import_closure(f"tasks.stages.{stage}", ENCODER)
    others = tuple(
        f"{folder}.{other}"
        for other in OF_STILLS
        for folder in ("tasks.stages", "storage.rows.schemas")
        if other != stage
    )
    assert not [name for name in closure if name.startswith(FOREIGN + others)]


@pytest.mark.parametrize("stage", OF_STILLS)
def test_the_closure_agrees_with_what_python_imports(stage):
    script = (
        f"import json, sys; import tasks.stages.{stage}, {ENCODER}; "
        "print(json.dumps([sorted(n for n, m in sys.modules.items() if getattr(m, '__file__', None)),"
        "[n for n in ('prefect', 'ray', 'torch', 'deltalake') if n in sys.modules]]))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    imported, heavy = json.loads(done.stdout)
    ours = {name for name in imported if name.split(".")[0] in module.OUR_PACKAGES}
    packages = {name for name in ours if any(other.startswith(f"{name}.") for other in ours)}
    assert ours - packages - module.MAKE_NO_BYTES == set(import_closure(f"tasks.stages.{stage}", ENCODER))
    assert heavy == []


TRAINING = ("shls_core.training.loop", "shls_core.propagation.evaluation", "storage.rows.loader")


BUILT_ON = {"mask_vos": ("shls_core.methods.dul",)}
"""The folders of methods whose parts are parts of another one."""


@pytest.mark.parametrize("name", sorted(METHODS))
def test_the_closure_of_a_training_holds_its_own_method_and_no_other(name):
    method = method_named(name)
    folder = METHODS[name].split(":")[0].rpartition(".")[0]
    closure = import_closure(*TRAINING, *method.training_modules, *method.use_modules)
    assert [module for module in closure if module.startswith(folder)]
    # What methods share lies beside their folders; the registry would lead from each to all.
    shared = {module for module in closure if module.startswith("shls_core.methods.")}
    own = {folder, *BUILT_ON.get(name, ())}
    shared = {module for module in shared if not any(module.startswith(f"{one}.") for one in own)}
    assert all(module.count(".") == 2 for module in shared), shared
    assert not {"shls_core.methods.registry", "shls_core.methods.in_use"} & set(closure)
    assert not [module for module in closure if module.startswith(("flows.", "tasks."))]


def test_the_closure_of_reading_samples_holds_the_columns_of_no_stage():
    """One more stage, or one more column, makes no checkpoint stale."""
    closure = import_closure("storage.rows.loader")
    assert "storage.rows.dataset" in closure
    schemas = {name for name in closure if name.startswith("storage.rows.schemas.")}
    assert schemas == {"storage.rows.schemas.stage_schema", "storage.rows.schemas.version_2"}
