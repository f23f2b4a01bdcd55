"""Faults of servers in what they show: each with the checks that have to find it, and no others."""

import json
import re
from dataclasses import replace
from typing import Any

from asgi import Heard
from faulty_scim import Asked, Fault, Forward, listed, refused, said, with_resources

DISCOVERY = ("/ServiceProviderConfig", "/ResourceTypes", "/Schemas")
FAULTS: dict[str, tuple[Fault, set[str]]] = {}


def fault(*caught_by: str) -> Any:
    """Register the function below with the checks that find it."""

    def register(function: Fault) -> Fault:
        FAULTS[function.__name__] = (function, set(caught_by))
        return function

    return register


@fault("errors.form", "errors.unknown-path", "authentication.error-form", "authentication.bad-header")
async def status_is_a_number(asked: Asked, forward: Forward) -> Heard:
    heard = await forward(asked)
    return said(heard, {**heard.json, "status": heard.status}) if heard.status >= 400 else heard


@fault("authentication.error-form", "authentication.bad-header")
async def a_401_in_html(asked: Asked, forward: Forward) -> Heard:
    heard = await forward(asked)
    if heard.status != 401:
        return heard
    page = Heard(401, {**heard.headers, "content-type": "text/html"}, b"<html><body>Please sign in</body></html>")
    return said(page)


@fault("authentication.challenge")
async def a_401_without_challenge(asked: Asked, forward: Forward) -> Heard:
    return said(await forward(asked), www_authenticate=None)


@fault("authentication.none", "authentication.write")
async def an_open_door(asked: Asked, forward: Forward) -> Heard:
    headers = asked.headers if "authorization" in asked.headers else {**asked.headers, "authorization": "Bearer TOKEN"}
    return await forward(replace(asked, headers=headers))


@fault("authentication.wrong-token", "authentication.bad-header")
async def any_token_will_do(asked: Asked, forward: Forward) -> Heard:
    headers = {**asked.headers, "authorization": "Bearer TOKEN"} if "authorization" in asked.headers else asked.headers
    return await forward(replace(asked, headers=headers))


@fault("authentication.scheme-case")
async def the_scheme_in_one_case_only(asked: Asked, forward: Forward) -> Heard:
    if asked.headers.get("authorization", "").startswith("bearer"):
        return said(refused(401), www_authenticate="Bearer")
    return await forward(asked)


@fault("transport.media-type", "errors.media-type", "discovery.media-type", "authentication.error-form")
async def plain_json(asked: Asked, forward: Forward) -> Heard:
    heard = await forward(asked)
    return said(heard, content_type="application/json") if heard.body else heard


@fault("transport.accept-json", "transport.accept-any")
async def a_406_for_other_wishes(asked: Asked, forward: Forward) -> Heard:
    return refused(406) if asked.headers.get("accept") != "application/scim+json" else await forward(asked)


@fault("transport.content-type-charset")
async def no_charset_please(asked: Asked, forward: Forward) -> Heard:
    is_odd = asked.raw and ";" in asked.headers.get("content-type", "")
    return refused(415) if is_odd else await forward(asked)


@fault("transport.content-type-on-get")
async def no_content_type_without_a_body(asked: Asked, forward: Forward) -> Heard:
    return refused(415) if asked.method == "GET" and "content-type" in asked.headers else await forward(asked)


@fault("transport.content-type-other")
async def any_content_type(asked: Asked, forward: Forward) -> Heard:
    return await forward(replace(asked, headers={**asked.headers, "content-type": "application/json"}))


@fault("transport.user-agents")
async def a_wall_against_robots(asked: Asked, forward: Forward) -> Heard:
    return refused(403) if "Okta" in asked.headers.get("user-agent", "") else await forward(asked)


@fault("transport.unknown-parameters")
async def no_unknown_parameters(asked: Asked, forward: Forward) -> Heard:
    return refused(400) if "nonsense" in asked.query else await forward(asked)


@fault("transport.trailing-slash")
async def no_trailing_slash(asked: Asked, forward: Forward) -> Heard:
    return refused(404) if asked.path.endswith("/") else await forward(asked)


@fault("errors.no-json", "errors.not-an-object", "errors.too-deep")
async def a_500_for_broken_json(asked: Asked, forward: Forward) -> Heard:
    is_broken = asked.method == "POST" and asked.path == "/Users" and not isinstance(asked.body, dict)
    return refused(500) if is_broken else await forward(asked)


@fault("errors.no-traces")
async def a_stack_trace(asked: Asked, forward: Forward) -> Heard:
    if "((((" in asked.filter:
        return refused(400, "invalidFilter", "Traceback (most recent call last): File secret.py")
    return await forward(asked)


@fault("errors.health-probe")
async def ids_have_to_be_guids(asked: Asked, forward: Forward) -> Heard:
    return refused(500) if asked.path == "/Users/0" else await forward(asked)


@fault("discovery.config-pagination")
async def a_switch_that_is_a_word(asked: Asked, forward: Forward) -> Heard:
    heard = await forward(asked)
    if asked.path != DISCOVERY[0] or heard.status != 200:
        return heard
    return said(heard, {**heard.json, "pagination": {**heard.json["pagination"], "index": "yes"}})


@fault("discovery.no-nulls")
async def nulls_in_schemas(asked: Asked, forward: Forward) -> Heard:
    heard = await forward(asked)
    if asked.path != "/Schemas" or heard.status != 200:
        return heard
    return said(heard, {**heard.json, "Resources": [{**each, "comment": None} for each in listed(heard)]})


@fault("schemas.characteristics")
async def characteristics_in_small_letters(asked: Asked, forward: Forward) -> Heard:
    heard = await forward(asked)
    if not asked.path.startswith("/Schemas"):
        return heard
    return said(heard, json.loads(heard.body.replace(b'"readWrite"', b'"readwrite"')))


@fault("discovery.methods")
async def a_404_for_writing_to_discovery(asked: Asked, forward: Forward) -> Heard:
    return refused(404) if asked.method == "POST" and asked.path in DISCOVERY else await forward(asked)


@fault("discovery.config", "discovery.config-limits", "discovery.config-schemes")
async def a_config_in_a_list(asked: Asked, forward: Forward) -> Heard:
    heard = await forward(asked)
    if asked.path != DISCOVERY[0] or heard.status != 200:
        return heard
    return said(heard, {"totalResults": 1, "Resources": [heard.json]})


@fault("schemas.complete")
async def a_schema_that_is_missing(asked: Asked, forward: Forward) -> Heard:
    heard = await forward(asked)
    if asked.path != "/Schemas" or heard.status != 200:
        return heard
    return with_resources(heard, [each for each in listed(heard) if "enterprise" not in each["id"]])


@fault("schemas.filter", "schemas.paging-ignored")
async def discovery_like_any_list(asked: Asked, forward: Forward) -> Heard:
    if asked.path not in DISCOVERY:
        return await forward(asked)
    heard = await forward(asked.without("filter"))
    return with_resources(heard, listed(heard)[:1]) if "count" in asked.query else heard


@fault(
    "searches.nobody",
    "searches.empty-resources",
    "searches.external-id",
    "searches.external-id-exact",
    "searches.work-email",
    "searches.and-manager",
    "searches.literal",
    "transport.rate",
    "filters.same-element",
    "filters.greater-date",
    "filters.unknown-attribute",
    "paging.count-zero",
    "paging.count-negative",
    "paging.beyond",
    "paging.count-large",
    "groups.find-nothing",
    "leaving.gone",
)
async def a_404_for_an_empty_list(asked: Asked, forward: Forward) -> Heard:
    heard = await forward(asked)
    is_list = asked.method == "GET" and asked.path.rstrip("/") in {"/Users", "/Groups"} and heard.status == 200
    return refused(404) if is_list and not listed(heard) else heard


@fault("searches.empty-resources")
async def an_empty_list_without_resources(asked: Asked, forward: Forward) -> Heard:
    heard = await forward(asked)
    if heard.status != 200 or asked.path != "/Users" or listed(heard) or asked.method != "GET":
        return heard
    return said(heard, {key: value for key, value in heard.json.items() if key != "Resources"})


@fault("searches.username-case")
async def user_names_in_one_case(asked: Asked, forward: Forward) -> Heard:
    heard = await forward(asked)
    found = re.fullmatch(r'userName eq "([^"]*)"', asked.filter)
    if found is None:
        return heard
    return with_resources(heard, [each for each in listed(heard) if each.get("userName", found[1]) == found[1]])


@fault("searches.external-id-exact")
async def external_ids_in_any_case(asked: Asked, forward: Forward) -> Heard:
    found = re.fullmatch(r'externalId eq "(.*)"', asked.filter)
    if found is None:
        return await forward(asked)
    heard = await forward(asked.with_filter("externalId pr"))
    return with_resources(heard, [each for each in listed(heard) if each["externalId"].lower() == found[1].lower()])


@fault("searches.literal")
async def a_name_as_a_pattern(asked: Asked, forward: Forward) -> Heard:
    found = re.fullmatch(r'userName eq "(.*)\.\*"', asked.filter)
    return await forward(asked.with_filter(f'userName sw "{found[1]}"') if found else asked)


@fault("searches.work-email")
async def no_part_behind_brackets(asked: Asked, forward: Forward) -> Heard:
    is_odd = "]." in asked.filter
    return refused(400, "invalidFilter") if is_odd else await forward(asked)


@fault("searches.email-implied")
async def no_implied_value(asked: Asked, forward: Forward) -> Heard:
    return refused(400, "invalidFilter") if asked.filter.startswith("emails co") else await forward(asked)


@fault("searches.and-manager")
async def no_manager_without_schema(asked: Asked, forward: Forward) -> Heard:
    return refused(400, "invalidFilter") if " and manager eq" in asked.filter else await forward(asked)


@fault("searches.operator-case")
async def operators_in_small_letters(asked: Asked, forward: Forward) -> Heard:
    is_odd = re.search(r" (Eq|EQ) ", asked.filter)
    return refused(400, "invalidFilter") if is_odd else await forward(asked)


@fault("searches.qualified", "searches.extension")
async def no_schema_in_filters(asked: Asked, forward: Forward) -> Heard:
    return refused(400, "invalidFilter") if asked.filter.startswith("urn:") else await forward(asked)


@fault("searches.password")
async def passwords_can_be_searched(asked: Asked, forward: Forward) -> Heard:
    return await forward(asked.with_filter("userName pr") if asked.filter.startswith("password") else asked)


@fault("filters.same-element")
async def elements_are_mixed(asked: Asked, forward: Forward) -> Heard:
    mixed = re.sub(r'emails\[(type eq "\w+") and (value co "[^"]+")\]', r"(emails.\1 and emails.\2)", asked.filter)
    return await forward(asked.with_filter(mixed) if asked.filter else asked)


@fault("filters.precedence")
async def from_left_to_right(asked: Asked, forward: Forward) -> Heard:
    turned = re.sub(r"^([^()]*) or ([^()]*) and ([^()]*)$", r"(\1 or \2) and \3", asked.filter)
    is_long = asked.filter.count(" or ") > 1
    return await forward(asked.with_filter(turned) if asked.filter and not is_long else asked)


@fault("filters.unknown-attribute")
async def unknown_conditions_are_dropped(asked: Asked, forward: Forward) -> Heard:
    return await forward(asked.with_filter(asked.filter.replace('noSuchAttribute eq "x" and ', "")))


@fault("filters.not")
async def no_negation(asked: Asked, forward: Forward) -> Heard:
    return refused(400, "invalidFilter") if asked.filter.startswith("not") else await forward(asked)


@fault("filters.broken", "search.broken")
async def broken_filters_are_ignored(asked: Asked, forward: Forward) -> Heard:
    heard = await forward(asked)
    if heard.status == 400 and asked.filter in {"userName eq", "nonsense", "(userName pr", 'eq "x"'}:
        return await forward(asked.with_filter("userName pr"))
    return heard


@fault("filters.boolean-order")
async def booleans_have_an_order(asked: Asked, forward: Forward) -> Heard:
    return await forward(asked.with_filter(asked.filter.replace(" gt true", " eq true")))


@fault("filters.bare-values")
async def values_need_quotes(asked: Asked, forward: Forward) -> Heard:
    is_bare = re.search(r" sw [^\"]", asked.filter)
    return refused(400, "invalidFilter") if is_bare else await forward(asked)


@fault(
    "paging.start-index",
    "paging.walk",
    "paging.beyond",
    "cursors.both",
    "sorting.pages",
    "groups.pages",
)
async def start_index_is_ignored(asked: Asked, forward: Forward) -> Heard:
    return await forward(asked.without("startIndex"))


@fault("paging.first-page", "paging.count-zero", "paging.walk")
async def numbers_as_texts(asked: Asked, forward: Forward) -> Heard:
    heard = await forward(asked)
    if not asked.path.startswith("/Users") or heard.status != 200 or "totalResults" not in heard.json:
        return heard
    return said(heard, {**heard.json, "totalResults": str(heard.json["totalResults"])})


@fault("paging.count-one", "paging.start-index")
async def items_per_page_is_a_constant(asked: Asked, forward: Forward) -> Heard:
    heard = await forward(asked)
    is_list = heard.status == 200 and "itemsPerPage" in heard.json
    return said(heard, {**heard.json, "itemsPerPage": 20}) if is_list else heard


@fault("paging.count-zero", "paging.count-negative")
async def a_count_of_nothing_is_all(asked: Asked, forward: Forward) -> Heard:
    return await forward(asked.without("count") if asked.query.get("count") in {"0", "-1"} else asked)


@fault("paging.walk", "paging.count-zero", "paging.beyond")
async def the_total_is_that_of_the_page(asked: Asked, forward: Forward) -> Heard:
    heard = await forward(asked)
    if asked.method != "GET" or asked.path != "/Users" or heard.status != 200:
        return heard
    return said(heard, {**heard.json, "totalResults": len(listed(heard))})


@fault("paging.parameter-case")
async def parameters_in_one_case(asked: Asked, forward: Forward) -> Heard:
    return await forward(asked.without("startindex", "COUNT"))


@fault("cursors.first", "cursors.bare", "cursors.walk", "cursors.characters", "cursors.search", "cursors.other-query")
async def no_next_cursor(asked: Asked, forward: Forward) -> Heard:
    heard = await forward(asked)
    if heard.status != 200 or "nextCursor" not in heard.json:
        return heard
    return said(heard, {key: value for key, value in heard.json.items() if key != "nextCursor"})


@fault("cursors.default")
async def a_cursor_that_nobody_asked_for(asked: Asked, forward: Forward) -> Heard:
    heard = await forward(asked)
    is_page = asked.path == "/Users" and asked.query.keys() == {"count"} and heard.status == 200
    return said(heard, {**heard.json, "nextCursor": "abc"}) if is_page else heard


@fault("cursors.invalid", "cursors.other-query")
async def any_cursor_will_do(asked: Asked, forward: Forward) -> Heard:
    heard = await forward(asked)
    if heard.status == 400 and "cursor" in asked.query and "startIndex" not in asked.query:
        return await forward(replace(asked, query={**asked.query, "cursor": ""}))
    return heard


@fault("sorting.descending", "sorting.absent")
async def always_ascending(asked: Asked, forward: Forward) -> Heard:
    return await forward(asked.without("sortOrder"))


@fault("projection.excluded", "projection.excluded-part", "projection.both", "groups.excluded-members")
async def excluded_attributes_are_ignored(asked: Asked, forward: Forward) -> Heard:
    return await forward(asked.without("excludedAttributes"))


@fault("projection.always")
async def ids_can_be_hidden(asked: Asked, forward: Forward) -> Heard:
    heard = await forward(asked)
    if "id" not in asked.query.get("excludedAttributes", "").split(","):
        return heard
    return said(heard, {key: value for key, value in heard.json.items() if key != "id"})


@fault("projection.attributes-list", "search.attributes")
async def lists_show_everything(asked: Asked, forward: Forward) -> Heard:
    if asked.path == "/Users/.search":
        return await forward(replace(asked, body={k: v for k, v in asked.body.items() if k != "attributes"}))
    return await forward(asked.without("attributes") if asked.path == "/Users" and asked.method == "GET" else asked)


@fault("search.root")
async def no_search_at_the_root(asked: Asked, forward: Forward) -> Heard:
    return refused(501) if asked.path == "/.search" else await forward(asked)
