"""The RFCs' examples and clients' requests, as data: resources, filters, paths and PATCH operations."""

import copy
import json
from pathlib import Path as FilePath

import pytest

from provisor.model.errors import Reject
from provisor.scim.characteristics import check_create
from provisor.scim.filter import parse_filter, print_filter
from provisor.scim.filter_eval import check_filter, compile_filter, matches
from provisor.scim.patch import PATCH_SCHEMA, apply_patch, parse_patch
from provisor.scim.path import parse_path
from provisor.scim.registry import group_type, user_type

CORPUS = FilePath(__file__).parents[2] / "corpus"
TYPES = {"User": user_type(), "Group": group_type()}


def load(name):
    return json.loads((CORPUS / name).read_text(encoding="utf-8"))


FILTERS = load("rfc7644/3.4.2.2-filters.json")
PATHS = load("rfc7644/3.10-paths.json")
PATCHES = [
    pytest.param(case, id=f"{name}: {case['why']}")
    for name in (
        "rfc7644/3.5.2-edges.json",
        "rfc7644/3.5.2.1-add.json",
        "rfc7644/3.5.2.2-remove.json",
        "rfc7644/3.5.2.3-replace.json",
        "clients/entra-patches.json",
        "clients/okta-patches.json",
    )
    for case in load(name)
]
RESOURCES = sorted((CORPUS / "rfc7643").glob("*.json"))


@pytest.mark.parametrize("case", FILTERS["cases"], ids=lambda case: f"{case['filter']} - {case['why']}")
def test_a_filter_means_what_the_corpus_says(case):
    """Each filter matches, does not, cannot be read, or is refused for its types."""
    if "unreadable" in case:
        with pytest.raises(Reject) as fault:
            parse_filter(case["filter"])
        assert fault.value.code == "invalidFilter"
        return
    filter_ = parse_filter(case["filter"])
    assert parse_filter(print_filter(filter_)) == filter_
    if "refused" in case:
        with pytest.raises(Reject) as fault:
            check_filter(filter_, TYPES["User"])
        assert fault.value.code == "invalidFilter"
        matches(filter_, FILTERS["resource"], TYPES["User"])
        return
    check_filter(filter_, TYPES["User"])
    assert matches(filter_, FILTERS["resource"], TYPES["User"]) is case["matches"]
    assert compile_filter(filter_, TYPES["User"])(FILTERS["resource"]) is case["matches"]


@pytest.mark.parametrize("case", PATHS["read"], ids=lambda case: case["path"])
def test_a_path_has_the_parts_of_the_corpus(case):
    """Schema, attribute, sub-attribute, filter and what follows it."""
    path = parse_path(case["path"])
    schema, attribute, sub, filter_, after = case["parts"]
    assert path.attribute.schema == schema
    assert (path.attribute.attribute, path.attribute.sub_attribute, path.sub_attribute) == (attribute, sub, after)
    assert (print_filter(path.filter) if path.filter else None) == filter_


@pytest.mark.parametrize("text", PATHS["unreadable"])
def test_other_paths_cannot_be_read(text):
    """They are rejected as invalidPath."""
    with pytest.raises(Reject) as fault:
        parse_path(text)
    assert fault.value.code == "invalidPath"


@pytest.mark.parametrize("case", PATCHES)
def test_a_patch_does_what_the_corpus_says(case):
    """Leniently as `after` says; strictly the same, unless `strictly` names a scimType or says that it differs."""
    type_ = TYPES[case["type"]]
    kept = copy.deepcopy(case["before"])
    operations = parse_patch({"schemas": [PATCH_SCHEMA], "Operations": case["operations"]})
    strictly = case.get("strictly", case.get("rejected"))
    for lenient, rejected in ((True, case.get("rejected")), (False, strictly)):
        if rejected is None:
            assert apply_patch(case["before"], operations, type_, lenient=lenient) == case["after"]
        elif rejected != "differs":
            with pytest.raises(Reject) as fault:
                apply_patch(case["before"], operations, type_, lenient=lenient)
            assert fault.value.code == rejected
    assert case["before"] == kept


@pytest.mark.parametrize("file", RESOURCES, ids=lambda file: file.name)
def test_a_resource_is_stored_as_the_corpus_says(file):
    """What the service provider sets is ignored, everything else is kept, strictly and leniently."""
    case = json.loads(file.read_text(encoding="utf-8"))
    type_ = TYPES[case["type"]]
    assert check_create(case["sent"], type_) == case["stored"]
    assert check_create(case["sent"], type_, strict=True) == case["stored"]
