"""The section of a dataset's page about the version before it."""

import re

import cv2

from storage.objects.objects import object_path
from tasks.reports.lineage.lineage_page import dataset_page
from tasks.staging.build_dataset import assemble


def section(store, dataset):
    page = dataset_page(store, dataset).decode()
    (found,) = re.findall(r'<section id="drift">.*?</section>', page, re.DOTALL)
    return found


def test_a_page_shows_the_version_before_it_and_the_first_that_there_was_none(large):
    first = assemble.fn(list(large.build().values()), str(large.store.root))
    large.store.names.publish("photos", first)
    for path in large.folder.glob("*.png"):
        cv2.imwrite(str(path), cv2.imread(str(path)) // 3)
    second = assemble.fn(list(large.build().values()), str(large.store.root))
    large.store.names.publish("photos", second)

    assert "no version was published before this one" in section(large.store, first)
    found = section(large.store, second)
    assert "Beside photos@v1" in found
    (row,) = re.findall(r"<tr[^>]*><th[^>]*>sequences, brightness</th>.*?</tr>", found)
    assert row.startswith('<tr class="unmet">')
    assert "published: the bounds were not enforced" in found

    (large.store.root / object_path(first)).unlink()
    assert "no longer whole in this store" in section(large.store, second)
