"""Lists, searches, bulk requests, errors and sorting."""

import json

import pytest

from provisor.model import errors as model
from provisor.scim.errors import ERROR_SCHEMA, TOO_LARGE, error_body, read_error
from provisor.scim.filter import FILTER_CHARACTERS_MAX, FILTER_DEPTH_MAX, FILTER_TERMS_MAX, parse_filter
from provisor.scim.messages import (
    BULK_REQUEST_SCHEMA,
    LIST_SCHEMA,
    SEARCH_SCHEMA,
    SearchLimits,
    list_response,
    read_bulk,
    read_search_body,
    read_search_parameters,
)
from provisor.scim.patch import PATCH_OPERATIONS_MAX, PATCH_SCHEMA, PATCH_VALUES_MAX, parse_patch
from provisor.scim.registry import user_type
from provisor.scim.sorting import sort_resources

LIMITS = SearchLimits(count_default=20, count_max=50)


def rejected(code, function, *arguments):
    with pytest.raises(model.Reject) as fault:
        function(*arguments)
    assert fault.value.code == code


def test_a_list_says_what_it_holds():
    """Numbers are numbers, an empty list is there, and a cursor takes the place of the index."""
    body = list_response([{"id": "1"}], 7, start_index=3)
    assert body == {
        "schemas": [LIST_SCHEMA],
        "totalResults": 7,
        "startIndex": 3,
        "itemsPerPage": 1,
        "Resources": [{"id": "1"}],
    }
    assert list_response([], 0)["Resources"] == []
    by_cursor = list_response([], None, start_index=None, next_cursor="c")
    assert by_cursor == {"schemas": [LIST_SCHEMA], "itemsPerPage": 0, "nextCursor": "c", "Resources": []}


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, {"start_index": 1, "count": 20, "cursor": None, "filter": None}),
        ({"startIndex": "0", "count": "-1"}, {"start_index": 1, "count": 0}),
        ({"startindex": "-5", "COUNT": "51"}, {"start_index": 1, "count": 50}),
        ({"startIndex": "7", "count": "0"}, {"start_index": 7, "count": 0}),
        ({"cursor": ""}, {"cursor": "", "count": 20}),
        ({"cursor": "abc", "count": "50"}, {"cursor": "abc", "count": 50}),
        ({"sortBy": "name.familyName", "sortOrder": "Descending"}, {"sort_by": "name.familyName", "descending": True}),
        ({"attributes": "userName, name.givenName,"}, {"attributes": ("userName", "name.givenName")}),
        ({"excludedAttributes": "members"}, {"excluded": ("members",)}),
        ({"filter": "userName sw O", "aadOptscim062020": ""}, {"filter": parse_filter('userName sw "O"')}),
        ({"filter": " "}, {"filter": None}),
    ],
)
def test_url_parameters_are_read_with_their_limits(parameters, expected):
    """In any case of their names; unknown ones are ignored."""
    search = read_search_parameters(parameters, LIMITS)
    assert {name: getattr(search, name) for name in expected} == expected


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"count": "many"}, "invalidValue"),
        ({"count": ""}, "invalidValue"),
        ({"count": "9" * 400}, "invalidValue"),
        ({"count": "1.5"}, "invalidValue"),
        ({"startIndex": "²"}, "invalidValue"),
        ({"cursor": "", "count": "51"}, "invalidCount"),
        ({"cursor": "", "startIndex": "1"}, "invalidValue"),
        ({"sortOrder": "sideways"}, "invalidValue"),
        ({"attributes": "a", "excludedAttributes": "b"}, "invalidValue"),
        ({"filter": "bare"}, "invalidFilter"),
    ],
)
def test_faulty_parameters_are_rejected(parameters, code):
    """Each with its scimType."""
    rejected(code, read_search_parameters, parameters, LIMITS)


def test_a_search_may_come_as_a_body():
    """With the same rules; lists are lists, and the schema is named."""
    body = {"schemas": [SEARCH_SCHEMA], "attributes": ["userName"], "filter": "title pr", "count": 2, "STARTINDEX": 4}
    search = read_search_body(body, LIMITS)
    assert (search.attributes, search.count, search.start_index) == (("userName",), 2, 4)
    assert read_search_body({**body, "attributes": "a,b"}, LIMITS).attributes == ("a", "b")
    for odd in ({}, [], None, {"schemas": "x"}, {**body, "attributes": [1]}, {**body, "filter": 1}):
        rejected("invalidSyntax", read_search_body, odd, LIMITS)
    rejected("invalidValue", read_search_body, {**body, "count": True}, LIMITS)
    rejected("invalidCursor", read_search_body, {**body, "cursor": 5}, LIMITS)


def test_filters_have_limits():
    """Length, depth and number of comparisons."""
    parse_filter(" or ".join(["a pr"] * FILTER_TERMS_MAX))
    parse_filter("(" * FILTER_DEPTH_MAX + "a pr" + ")" * FILTER_DEPTH_MAX)
    for text in (
        " or ".join(["a pr"] * (FILTER_TERMS_MAX + 1)),
        "(" * (FILTER_DEPTH_MAX + 1) + "a pr" + ")" * (FILTER_DEPTH_MAX + 1),
        'a eq "' + "x" * FILTER_CHARACTERS_MAX + '"',
    ):
        rejected("invalidFilter", parse_filter, text)


def test_bulk_requests_are_read():
    """Methods in any case; what is missing is a fault of syntax, too many operations are too large."""
    post = {"method": "post", "path": "/Users", "bulkId": "q", "data": {"userName": "a"}}
    put = {"METHOD": "PUT", "path": "/Users/1", "version": 'W/"1"', "data": {}}
    bulk = read_bulk({"schemas": [BULK_REQUEST_SCHEMA], "failOnErrors": 1, "Operations": [post, put]}, 2)
    assert bulk.errors_max == 1
    assert [(each.method, each.bulk_id, each.version) for each in bulk.operations] == [
        ("POST", "q", None),
        ("PUT", None, 'W/"1"'),
    ]
    body = {"schemas": [BULK_REQUEST_SCHEMA]}
    rejected(TOO_LARGE, read_bulk, {**body, "Operations": [put] * 3}, 2)
    for operations in (
        None,
        [],
        {},
        [1],
        [{"method": "GET", "path": "/Users"}],
        [{"method": "POST", "path": "/Users"}],
        [{**put, "path": "Users"}],
        [{**put, "bulkId": 1}],
    ):
        rejected("invalidSyntax", read_bulk, {**body, "Operations": operations}, 2)
    for errors_max in (0, "1", True):
        rejected("invalidSyntax", read_bulk, {**body, "Operations": [put], "failOnErrors": errors_max}, 2)


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {"Operations": [{"op": "add", "value": 1}]},
        {"schemas": [PATCH_SCHEMA]},
        {"schemas": [PATCH_SCHEMA], "Operations": []},
        {"schemas": [PATCH_SCHEMA], "Operations": [1]},
        {"schemas": [PATCH_SCHEMA], "Operations": [{"op": "move", "value": 1}]},
        {"schemas": [PATCH_SCHEMA], "Operations": [{"op": 5, "value": 1}]},
        {"schemas": [PATCH_SCHEMA], "Operations": [{"op": "add", "path": "title"}]},
        {"schemas": [PATCH_SCHEMA], "Operations": [{"op": "remove", "path": "x"}] * (PATCH_OPERATIONS_MAX + 1)},
        {"schemas": [PATCH_SCHEMA], "Operations": [{"op": "add", "path": "x", "value": [1] * (PATCH_VALUES_MAX + 1)}]},
    ],
    ids=range(11),
)
def test_faulty_patch_requests_are_rejected(body):
    """Their form, their operations and their size."""
    rejected("invalidSyntax", parse_patch, body)


def test_a_patch_request_is_read_in_any_case():
    """Members that the RFC does not know are ignored."""
    body = {
        "SCHEMAS": [PATCH_SCHEMA.upper()],
        "id": "1",
        "operations": [{"Op": "REPLACE", "name": "x", "Path": "title", "Value": 1}],
    }
    (operation,) = parse_patch(body)
    assert (operation.op, str(operation.path), operation.value) == ("replace", "title", 1)
    rejected("invalidPath", parse_patch, {"schemas": [PATCH_SCHEMA], "Operations": [{"op": "remove", "path": 5}]})


@pytest.mark.parametrize(
    ("error", "status", "scim_type"),
    [
        (model.Reject("x", code="invalidFilter"), 400, "invalidFilter"),
        (model.Reject("x"), 400, None),
        (model.Reject("x", code="sensitive"), 403, "sensitive"),
        (model.Reject("x", code=TOO_LARGE), 413, None),
        (model.Unauthenticated("x"), 401, None),
        (model.Forbidden("x"), 403, None),
        (model.NotFound("x"), 404, None),
        (model.Conflict("x"), 409, "uniqueness"),
        (model.PreconditionFailed("x"), 412, None),
        (model.Transient("x"), 503, None),
        (model.Transient("x", retry_after_seconds=2.0), 429, None),
        (model.ResourceFailed("x", code="y"), 400, "invalidValue"),
        (model.JobFailed("secret", code="y"), 500, None),
        (ValueError("secret"), 500, None),
    ],
)
def test_each_error_has_its_status_and_scim_type(error, status, scim_type):
    """The status in the body is a text, and nothing internal is told."""
    found, body = error_body(error)
    assert (found, body["status"], body.get("scimType")) == (status, str(status), scim_type)
    assert body["schemas"] == [ERROR_SCHEMA]
    assert "secret" not in json.dumps(body)
    if status not in {500, 413} and not isinstance(error, model.ResourceFailed):
        again = read_error(found, body)
        assert type(again) is type(error)
        assert getattr(again, "code", "") == (scim_type or "")


def test_answers_without_a_scim_error_are_understood_too():
    """HTML, nothing, or members of the wrong kind."""
    for body in (None, "<html>", [], {"detail": 5, "scimType": []}):
        assert isinstance(read_error(400, body), model.Reject)
        assert "404" in str(read_error(404, body))
    assert read_error(429, None, retry_after_seconds=3).retry_after_seconds == 3
    assert isinstance(read_error(502, None), model.Transient)


def test_sorting_puts_absent_values_last_and_breaks_ties_by_id():
    """Case does not count where it does not, a primary value stands for its list."""
    people = [
        {"id": "4", "userName": "boris", "emails": [{"value": "z"}, {"value": "a", "primary": True}]},
        {"id": "3", "userName": "Ada", "emails": [{"value": "m"}]},
        {"id": "2", "userName": "chen"},
        {"id": "1", "userName": "ADA", "emails": [{"value": "n"}]},
    ]
    type_ = user_type()

    def order(sort_by, descending=False):
        return "".join(each["id"] for each in sort_resources(people, sort_by, descending, type_))

    assert order("userName") == "1342"
    assert order("userName", descending=True) == "2413"
    assert order("emails") == "4312"
    assert order("emails.value", descending=True) == "2134"
    assert order(None) == "1234"
    for bad in ("nothing", "name", "password", "a b", ""):
        rejected("invalidPath", order, bad)
