"""Laws of the SCIM protocol room: reading what was printed, PATCH against its derivation, logic, junk."""

import copy
import json
import string
from unicodedata import normalize

from hypothesis import assume, example, given
from hypothesis import strategies as st
from scim_strategies import (
    CONTOSO,
    GROUP,
    USER,
    filters,
    groups,
    instants,
    json_values,
    literals,
    paths,
    users,
    words,
)

from provisor.model.errors import Reject
from provisor.scim.characteristics import check_create, check_replace, project
from provisor.scim.errors import SCIM_TYPES
from provisor.scim.filter import And, Not, Or, parse_filter, print_filter
from provisor.scim.filter_eval import check_filter, matches
from provisor.scim.flat import flatten, patch_body, unflatten
from provisor.scim.grammar.literals import fold, read_instant
from provisor.scim.messages import read_bulk, read_search_body, read_search_parameters
from provisor.scim.patch import (
    PATCH_SCHEMA,
    Op,
    apply_patch,
    derive_patch,
    operation_json,
    parse_patch,
)
from provisor.scim.path import parse_path, print_path
from provisor.scim.sorting import sort_resources

grammar_soup = st.lists(
    st.sampled_from(
        ["userName", "emails", "eq", "pr", "and", "or", "not", "(", ")", "[", "]", ".value", '"a"', '"', "true", "1"]
    ),
    max_size=12,
).map(" ".join)


def tried(function, *arguments, **options):
    """What a call gives, and the scimType it was rejected with; one of them is None."""
    try:
        return function(*arguments, **options), None
    except Reject as fault:
        return None, fault.code


texts = st.one_of(st.text(max_size=30), st.text(string.printable, max_size=30), grammar_soup)


@given(filters)
def test_a_printed_filter_reads_back(filter_):
    """parse∘print is the identity on filters."""
    assert parse_filter(print_filter(filter_)) == filter_


@given(paths)
def test_a_printed_path_reads_back(path):
    """parse∘print is the identity on paths."""
    assert parse_path(print_path(path)) == path


@given(texts)
@example('a eq "\\ud800"')
@example("(" * 5_000)
@example("not (" * 5_000)
@example("a eq " + "9" * 5_000)
@example('not eq "a"')
@example('__name EQ "a b"')
@example('userName eq "a" ')
def test_any_text_is_a_filter_and_a_path_or_is_rejected(text):
    """Junk is rejected with its own scimType, and what is read can be printed, checked and evaluated."""
    for lenient in (False, True):
        filter_, code = tried(parse_filter, text, lenient=lenient)
        assert code in {None, "invalidFilter"}
        assert tried(parse_filter, f" {text}", lenient=lenient) == (filter_, code)  # a blank in front changes nothing
        if filter_ is not None:
            assert parse_filter(print_filter(filter_)) == filter_
            matches(filter_, {"userName": "a", "emails": [{"value": "b"}]}, USER)
            assert tried(check_filter, filter_, USER, not lenient)[1] in {None, "invalidFilter"}
    path, code = tried(parse_path, text)
    assert code in {None, "invalidPath"}
    assert path is None or parse_path(print_path(path)) == path


@given(filters, filters, users)
def test_logic_of_filters(left, right, resource):
    """And, or and not are those of logic, De Morgan's laws included."""
    a, b = matches(left, resource, USER), matches(right, resource, USER)
    assert matches(And((left, right)), resource, USER) == (a and b)
    assert matches(Or((left, right)), resource, USER) == (a or b)
    assert matches(Not(left), resource, USER) == (not a)
    assert matches(Not(And((left, right))), resource, USER) == matches(Or((Not(left), Not(right))), resource, USER)
    assert matches(Not(Or((left, right))), resource, USER) == matches(And((Not(left), Not(right))), resource, USER)


@given(st.data())
def test_precedence_is_that_of_python(data):
    """`not` before `and` before `or`, parentheses before all: as in Python's own expressions."""
    terms = {'title eq "a"': True, 'title eq "b"': False, "title pr": True, "nickName pr": False}
    term = st.sampled_from(sorted(terms))

    def grow(children):
        pair = st.tuples(children, st.sampled_from([" and ", " or "]), children).map("".join)
        return st.one_of(pair, children.map(lambda text: f"({text})"), children.map(lambda text: f"not ({text})"))

    text = data.draw(st.recursive(term, grow, max_leaves=8))
    python = text
    for each, truth in terms.items():
        python = python.replace(each, str(truth))
    assert matches(parse_filter(text), {"title": "a"}, USER) == eval(python)


@given(users, users)
def test_applying_a_derived_patch_gives_the_second_user(before, after):
    """apply∘derive is the identity, strictly and leniently, and the first state is not touched."""
    immutable = before.get(CONTOSO.id, {}).get("number")
    assume(immutable is None or after.get(CONTOSO.id, {}).get("number") == immutable)
    kept = copy.deepcopy(before)
    operations = derive_patch(before, after, USER)
    for lenient in (True, False):
        assert apply_patch(before, operations, USER, lenient=lenient) == after
    assert before == kept
    body = {"schemas": [PATCH_SCHEMA], "Operations": [operation_json(each) for each in operations]}
    if operations:
        assert parse_patch(body, schemas=USER.schema_ids) == operations


@given(groups, groups)
def test_applying_a_derived_patch_gives_the_second_group(before, after):
    """The same for groups, whose members are immutable in their parts."""
    assert apply_patch(before, derive_patch(before, after, GROUP), GROUP) == after


member_lists = st.lists(st.sampled_from("abcdefgh"), unique=True)


@given(member_lists, member_lists)
def test_members_that_stay_are_not_sent_again(before, after):
    """A few joiners and leavers are derived as themselves, where that gives the same order."""
    first, second = (
        check_create({"displayName": "G", "members": [{"value": each} for each in ids]}, GROUP)
        for ids in (before, after)
    )
    operations = derive_patch(first, second, GROUP)
    assert apply_patch(first, operations, GROUP) == second
    kept = [each for each in before if each in after]
    joined = [each for each in after if each not in before]
    if kept and kept + joined == after:
        sent = json.dumps([operation_json(each) for each in operations])
        assert not any(f'"{each}"' in sent for each in kept)


@given(users)
def test_nothing_is_derived_from_no_difference(resource):
    """derive(x, x) is empty."""
    assert derive_patch(resource, copy.deepcopy(resource), USER) == ()


@given(users)
def test_checking_a_checked_resource_changes_nothing(resource):
    """check_create and check_replace are idempotent, and what they give passes strictly."""
    assert check_create(resource, USER) == resource
    assert check_create(resource, USER, strict=True) == resource
    assert check_replace(resource, resource, USER) == resource


@given(json_values, st.booleans())
def test_any_json_is_a_resource_or_is_rejected(value, strict):
    """Junk resources are rejected, never crash, and what is accepted is stable."""
    for resource in (value, {"userName": "a", "name": value, "emails": value, "x": value, CONTOSO.id: value}):
        checked, code = tried(check_create, resource, USER, strict)
        assert code in SCIM_TYPES or code is None
        if checked is not None:
            assert check_create(checked, USER) == checked
            project(checked, USER, ["emails.value"])
            project(checked, USER, [], ["emails"])


@given(users, st.sampled_from(list(Op)), st.one_of(paths.map(str), st.none(), texts), json_values, st.booleans())
def test_any_operation_is_applied_or_rejected(resource, op, path, value, lenient):
    """Whatever a PATCH says, it is applied to a copy or rejected; an applied one leaves a valid resource."""
    kept = copy.deepcopy(resource)
    body = {"schemas": [PATCH_SCHEMA], "Operations": [{"op": op.value, "path": path, "value": value}]}
    operations, code = tried(parse_patch, body)
    result = None
    if operations is not None:
        result, code = tried(apply_patch, resource, operations, USER, lenient=lenient)
    assert code in SCIM_TYPES or code is None
    assert resource == kept
    if result is not None:
        assert check_create(result, USER, not lenient) == result
        if op is not Op.REMOVE:
            assert apply_patch(result, operations, USER, lenient=lenient) == result


@given(json_values)
def test_any_json_is_a_message_or_is_rejected(value):
    """Junk bodies of PATCH, search and bulk requests are rejected."""
    bodies = [value, {"schemas": value, "Operations": value}]
    bodies += [{"schemas": [urn], "Operations": value, "filter": value, "count": value} for urn in (PATCH_SCHEMA,)]
    for body in bodies:
        for read in (parse_patch, read_search_body, lambda each: read_bulk(each, 10)):
            assert tried(read, body)[1] in SCIM_TYPES | {"tooLarge", None}


@given(st.dictionaries(st.sampled_from(["filter", "count", "startIndex", "sortOrder", "cursor"]), texts))
def test_any_parameters_are_a_search_or_are_rejected(parameters):
    """Junk URL parameters are rejected; what is accepted is within its limits."""
    search, code = tried(read_search_parameters, parameters)
    assert code in SCIM_TYPES or code is None
    if search is not None:
        assert search.start_index >= 1
        assert 0 <= search.count <= 1_000


@given(st.lists(users, max_size=5), st.sampled_from(["userName", "emails", "active", "manager", None]), st.booleans())
def test_sorting_is_a_permutation_and_stable(resources, sort_by, descending):
    """Sorting loses nobody, and does not depend on the order that came in."""
    numbered = [{**each, "id": str(index)} for index, each in enumerate(resources)]
    ordered = sort_resources(numbered, sort_by, descending, USER)
    assert sorted(each["id"] for each in ordered) == sorted(each["id"] for each in numbered)
    assert sort_resources(reversed(numbered), sort_by, descending, USER) == ordered


flat_values = st.fixed_dictionaries(
    {},
    optional={
        "userName": words.filter(bool),
        "active": st.booleans(),
        "name.givenName": words.filter(bool),
        'emails[type eq "work"].value': words.filter(bool),
        'emails[type eq "work"].primary': st.booleans(),
        'emails[type eq "home"].value': words.filter(bool),
        'roles[primary eq "True"].value': words.filter(bool),
        'roles[primary eq "True"].display': words.filter(bool),
        'addresses[type eq "work"].formatted': words.filter(bool),
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager": words.filter(bool),
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department": words.filter(bool),
        "urn:example:schemas:extension:x:2.0:User:anything": st.one_of(words.filter(bool), st.booleans()),
        "urn:ietf:params:scim:schemas:core:2.0:User:title": words.filter(bool),
    },
)


@given(flat_values)
def test_flat_values_read_back(values):
    """flatten∘unflatten is the identity."""
    assert flatten(unflatten(values), values) == values


@given(flat_values, flat_values)
def test_a_patch_of_flat_values_leads_to_them(before, after):
    """What patch_body writes, applied by our own server even strictly, gives the new values."""
    for values in (before, after):
        values["userName"] = values.get("userName", "ada")
        values.pop("urn:example:schemas:extension:x:2.0:User:anything", None)
        values.pop('emails[type eq "work"].primary', None)  # alone it says nothing, and our server drops it
    changes = [(path, after.get(path)) for path in {**before, **after} if before.get(path) != after.get(path)]
    if not changes:
        return
    start = check_create(unflatten(before), USER)
    absent = {path for path in after if path not in before}
    operations = parse_patch(patch_body(changes, absent=absent, known=before))
    assert flatten(apply_patch(start, operations, USER), {**before, **after}) == after


@given(instants, st.integers(0, 9_999_999), st.integers(-14, 14))
def test_instants_compare_by_time(text, ticks, hours):
    """An offset shifts the clock by that much, and seven digits of a fraction count."""
    whole = text.split(".")[0].rstrip("Z")
    base = read_instant(f"{whole}Z")
    shifted = read_instant(f"{whole}.{ticks:07d}{'-' if hours < 0 else '+'}{abs(hours):02d}:00")
    assert shifted == base + ticks * 100 - hours * 3_600_000_000_000


@given(literals)
def test_equal_means_equal_to_itself(value):
    """A text filter for a stored text finds it, whatever characters it holds."""
    if isinstance(value, str) and value:
        escaped = print_filter(parse_filter('userName eq "x"')).replace('"x"', json.dumps(value))
        assert matches(parse_filter(escaped), {"userName": value}, USER)


@given(st.text(max_size=6))
def test_folding_is_stable_and_knows_equivalent_texts(text):
    """Folding again changes nothing, and no form of a text, nor its case, makes a difference."""
    folded = fold(text)
    assert fold(folded) == folded
    for form in ("NFC", "NFD"):
        assert fold(normalize(form, text)) == folded
    assert fold(text.casefold()) == folded
