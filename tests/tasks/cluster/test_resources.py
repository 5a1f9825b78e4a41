import pytest

from tasks.cluster.resources import described, largest, ray_options, room
from tasks.runs.execution_config import StageResources

NODES = [{"CPU": 4.0, "memory": 16e9}, {"CPU": 2.0, "memory": 64e9, "GPU": 1.0}, {"object_store_memory": 1e9}]


def test_only_what_is_reserved_is_asked_of_ray():
    assert ray_options(StageResources()) == {"num_cpus": 1}
    each = StageResources(cpus=0.5, memory="3GB", gpus=2)
    assert ray_options(each) == {"num_cpus": 0.5, "memory": 3 * 10**9, "num_gpus": 2}


@pytest.mark.parametrize(
    ("each", "fit"),
    [
        ({}, 6),
        ({"cpus": 3}, 1),
        ({"cpus": 0.1}, 60),
        ({"memory": "8GB"}, 4),
        ({"memory": "32GB"}, 2),
        ({"gpus": 1}, 1),
        ({"gpus": 0.5}, 2),
        ({"memory": "1TB"}, 0),
        ({"gpus": 8}, 0),
        ({"cpus": 3, "gpus": 1}, 0),  # no single node has both
    ],
)
def test_workers_fit_on_single_nodes(each, fit):
    assert room(NODES, StageResources(**each)) == fit
    assert room([], StageResources(**each)) == 0


def test_amounts_are_named_as_people_do():
    assert described(StageResources(cpus=2, memory="1TB", gpus=8)) == "2 CPUs, 1 TB of memory, 8 GPUs"
    assert largest(NODES) == "4 CPUs, 64 GB of memory, 1 GPU"
    assert largest([]) == "0 CPUs, 0 GB of memory, 0 GPUs"
