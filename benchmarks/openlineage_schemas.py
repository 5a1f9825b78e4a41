"""Validates events against the published JSON schemas of OpenLineage.

    python benchmarks/openlineage_schemas.py SCHEMAS EVENTS.jsonl ...

SCHEMAS is the folder ``spec`` of OpenLineage's repository, or any other with its schemas. Nothing is
downloaded: a schema is found by its ``$id``. Every event is validated as a whole, and every facet by the
schema that its ``_schemaURL`` names, in the place and under the key of this schema. A facet of another minor
version than the folder's is validated by the folder's, which is printed. Exit code 1 if there are problems.
"""

import argparse
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag, urlsplit

from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource

Json = Mapping[str, Any]
FORMATS = FormatChecker()
assert {"date-time", "uuid"} <= FORMATS.checkers.keys(), "a format would pass unchecked"
EVENT_SCHEMA = "https://openlineage.io/spec/2-0-2/OpenLineage.json"


@FORMATS.checks("uri")
def is_uri(value: object) -> bool:
    """Return whether a text has a scheme and something after it."""
    parts = urlsplit(str(value))
    return bool(parts.scheme and (parts.netloc or parts.path))


def read_schemas(folder: Path) -> dict[str, Json]:
    """Return every schema below a folder by its ``$id``."""
    schemas = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.rglob("*.json"))]
    return {schema["$id"]: schema for schema in schemas if "$id" in schema}


def facets_of(event: Json) -> Iterator[tuple[str, str, Json]]:
    """Yield place, key and content of every facet of an event; the place is the facet type expected there."""
    places = [("RunFacet", event["run"].get("facets")), ("JobFacet", event["job"].get("facets"))]
    for datasets, kind in (("inputs", "InputDatasetFacet"), ("outputs", "OutputDatasetFacet")):
        for dataset in event.get(datasets, ()):
            places.append(("DatasetFacet", dataset.get("facets")))
            places.append((kind, dataset.get(f"{datasets[:-1]}Facets")))
    for place, facets in places:
        for key, facet in (facets or {}).items():
            yield place, key, facet


class Checker:
    """Validates events against schemas.

    Parameters
    ----------
    schemas
        By ``$id``.
    """

    def __init__(self, schemas: Mapping[str, Json]) -> None:
        self._schemas = schemas
        self._registry = Registry().with_resources(
            (identifier, Resource.from_contents(schema)) for identifier, schema in schemas.items()
        )
        self.checked: Counter[str] = Counter()
        self.other_versions: set[str] = set()

    def problems(self, line: str) -> Iterator[str]:
        """Yield the problems of an event, one line each."""
        try:
            event = json.loads(line)
        except ValueError as error:
            yield f"no JSON: {error}"
            return
        self.checked[f"event {event.get('eventType')}"] += 1
        yield from self._broken(EVENT_SCHEMA, event, "event")
        if event.get("schemaURL") != f"{EVENT_SCHEMA}#/$defs/RunEvent":
            yield f"event: schemaURL is {event.get('schemaURL')}"
        for place, key, facet in facets_of(event):
            self.checked[f"{place} {key}"] += 1
            yield from (f"{place} {key}: {line}" for line in self._facet_problems(place, key, facet))

    def _facet_problems(self, place: str, key: str, facet: Json) -> Iterator[str]:
        document, fragment = urldefrag(str(facet.get("_schemaURL")))
        published = self._published(document)
        if published is None:
            yield f"no published schema {document}"
            return
        schema = self._schemas[published]
        if key not in schema["properties"]:
            yield f"its schema is for {', '.join(schema['properties'])}"
        kind = schema["$defs"][fragment.rsplit("/", 1)[-1]]
        base = next(part["$ref"] for part in kind["allOf"] if "$ref" in part).rsplit("/", 1)[-1]
        if base != place:
            yield f"a {base} instead of a {place}"
        yield from self._broken(f"{published}#{fragment}", facet, key)

    def _published(self, document: str) -> str | None:
        """Return the ``$id`` of a schema, or of another version of it with the same major number."""
        if document in self._schemas:
            return document
        without_minor = re.compile(r"(?<=/\d)-\d+-\d+(?=/)")
        wanted = without_minor.sub("", document)
        found = next((known for known in self._schemas if without_minor.sub("", known) == wanted), None)
        if found:
            self.other_versions.add(f"{document}, checked by {found}")
        return found

    def _broken(self, schema_url: str, instance: Json, where: str) -> Iterator[str]:
        validator = Draft202012Validator(
            {"$ref": schema_url}, registry=self._registry, format_checker=FORMATS
        )
        for error in validator.iter_errors(instance):
            yield f"{where}{error.json_path[1:]}: {error.message[:200]}"


def main() -> int:
    """Check the files of the command line and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("schemas", type=Path)
    parser.add_argument("events", type=Path, nargs="+")
    options = parser.parse_args()
    checker = Checker(read_schemas(options.schemas))
    problems = [
        f"{path}:{number}: {problem}"
        for path in options.events
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        for problem in checker.problems(line)
    ]
    for what, count in sorted(checker.checked.items()):
        print(f"{count:>6}  {what}")
    for line in (*sorted(checker.other_versions), *problems):
        print(line, file=sys.stderr)
    print(f"{sum(checker.checked.values())} events and facets checked, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
