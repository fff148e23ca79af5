"""What `switchyard schema` writes is a JSON Schema that takes our manifests and refuses others."""

import copy
import json
import re
import subprocess

import front as fronts
import jsonschema
import pytest
import yaml

pytestmark = pytest.mark.skipif(fronts.IS_DIRECT, reason="is about the gateway's manifests")


def documents():
    found = {file.stem: file.read_text() for file in (fronts.ROOT / "manifests").glob("*.yaml")}
    section = (fronts.ROOT / "docs/manifest.md").read_text().split("### A worked example", 1)[1]
    found["library"] = re.search(r"```yaml\n(.*?)```", section, re.DOTALL).group(1)
    return {name: yaml.safe_load(text) for name, text in found.items()}


@pytest.fixture(scope="module")
def validator():
    command = fronts.GATEWAY.parent / "switchyard"
    text = subprocess.run([command, "schema"], capture_output=True, check=True, timeout=60).stdout
    schema = json.loads(text)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize("name", sorted(documents()))
def test_a_manifest_of_ours_is_valid(validator, name):
    assert [error.message for error in validator.iter_errors(documents()[name])] == []


def test_a_key_that_there_is_not_is_refused_wherever_it_stands(validator):
    def places(node):
        if isinstance(node, dict):
            yield node
            for value in node.values():
                yield from places(value)
        elif isinstance(node, list):
            for value in node:
                yield from places(value)

    document = documents()["library"]
    # Where names are the user's own, any is right.
    names = ("tools", "arguments", "config", "lanes", "query", "path", "collect", "properties")
    free = [id(place[key]) for place in places(document) for key in names
            if isinstance(place, dict) and isinstance(place.get(key), dict)]
    count = len(list(places(document)))
    refused = 0
    for index in range(count):
        broken = copy.deepcopy(document)
        if id(list(places(document))[index]) in free:
            continue
        list(places(broken))[index]["no_such_key"] = {"no": "meaning"}
        if not validator.is_valid(broken):
            refused += 1
            continue
        # The long form of a value and a value of JSON are all that remain.
        assert set(list(places(document))[index]) <= {"from", "value", "unless", "when"}, index
    assert refused > 20
