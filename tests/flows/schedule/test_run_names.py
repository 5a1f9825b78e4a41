import pytest

from flows.schedule.run_names import name_of

ID = "990191e57431" + "0" * 52


@pytest.mark.parametrize(
    ("flow", "parameters", "name"),
    [
        ("regenerate", {"config": "stills", "images": None, "store": "store"}, "regenerate stills"),
        ("train", {"config": "stills", "dataset": ID}, "train stills on 990191e57431"),
        ("train", {"config": "stills", "dataset": None}, "train stills"),
        ("train", {"config": "stills", "dataset": "stills@v3"}, "train stills on stills@v3"),
        ("evaluate", {"checkpoint": ID, "store": "store"}, "evaluate 990191e57431"),
        ("audit", {"store": "store", "replay": 5}, "audit"),
    ],
)
def test_a_run_is_named_after_what_it_works_on(flow, parameters, name):
    assert name_of(flow, parameters) == name
