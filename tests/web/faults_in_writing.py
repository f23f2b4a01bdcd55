"""Faults of servers in what they store: each with the checks that have to find it, and no others."""

import json
import re
from dataclasses import replace
from typing import Any

from asgi import Heard
from faulty_scim import Asked, Fault, Forward, empty, listed, refused, said, with_resources

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
FAULTS: dict[str, tuple[Fault, set[str]]] = {}
MEMBERS_VALUE = 'members[value eq "'


def fault(*caught_by: str) -> Any:
    """Register the function below with the checks that find it."""

    def register(function: Fault) -> Fault:
        FAULTS[function.__name__] = (function, set(caught_by))
        return function

    return register


def is_creation(asked: Asked) -> bool:
    """Whether a user is created by a request of its own."""
    return asked.method == "POST" and asked.path == "/Users" and isinstance(asked.body, dict)


def is_dotted(key: str) -> bool:
    """Whether a key is more than the name of an attribute or of an extension."""
    return "." in key and not key.endswith(":User")


@fault("users.location")
async def no_location(asked: Asked, forward: Forward) -> Heard:
    return said(await forward(asked), location=None)


@fault("users.status")
async def a_200_for_a_new_user(asked: Asked, forward: Forward) -> Heard:
    heard = await forward(asked)
    return said(heard, status=200) if heard.status == 201 and asked.path == "/Users" else heard


@fault("users.duplicate", "put.duplicate", "patch-refusals.duplicate", "groups.duplicate")
async def a_409_without_scim_type(asked: Asked, forward: Forward) -> Heard:
    heard = await forward(asked)
    return refused(409) if heard.status == 409 else heard


@fault("users.duplicate", "users.duplicate-case")
async def the_same_user_twice(asked: Asked, forward: Forward) -> Heard:
    heard = await forward(asked)
    if heard.status != 409 or not is_creation(asked):
        return heard
    name = asked.body["userName"].replace("@", "+again@", 1)
    return await forward(replace(asked, body={**asked.body, "userName": name}))


@fault("users.password", "values.okta-user")
async def the_password_is_shown(asked: Asked, forward: Forward) -> Heard:
    heard = await forward(asked)
    if not is_creation(asked) or heard.status != 201 or "password" not in asked.body:
        return heard
    return said(heard, {**heard.json, "password": asked.body["password"]})


@fault("users.no-username")
async def a_name_for_the_nameless(asked: Asked, forward: Forward) -> Heard:
    if is_creation(asked) and not any(key.lower() == "username" for key in asked.body):
        return await forward(replace(asked, body={**asked.body, "userName": f"{asked.body['externalId']}@example.com"}))
    return await forward(asked)


@fault("users.read-only", "users.meta")
async def read_only_values_are_refused(asked: Asked, forward: Forward) -> Heard:
    has_some = is_creation(asked) and asked.body.get("meta", {}).keys() & {"version", "created"}
    return refused(400, "mutability") if has_some else await forward(asked)


@fault("values.types")
async def two_numbers_for_each_user(asked: Asked, forward: Forward) -> Heard:
    numbers = asked.body.get("phoneNumbers", []) if is_creation(asked) else []
    return await forward(replace(asked, body={**asked.body, "phoneNumbers": numbers[:2]}) if numbers else asked)


@fault("users.compared")
async def some_attributes_are_not_stored(asked: Asked, forward: Forward) -> Heard:
    is_lost = is_creation(asked) and "userType" in asked.body
    return await forward(replace(asked, body={**asked.body, "userType": None}) if is_lost else asked)


@fault("values.unknown-attributes", "values.foreign-nulls")
async def unknown_attributes_are_refused(asked: Asked, forward: Forward) -> Heard:
    is_odd = is_creation(asked) and {"noSuchAttribute", "department"} & asked.body.keys()
    return refused(400, "invalidSyntax") if is_odd else await forward(asked)


@fault("values.nulls", "values.foreign-nulls", "put.empty-values")
async def nulls_are_refused(asked: Asked, forward: Forward) -> Heard:
    is_user = asked.path.startswith("/Users") and asked.method in {"POST", "PUT"}
    is_odd = is_user and isinstance(asked.body, dict) and None in asked.body.values()
    return refused(400, "invalidValue") if is_odd else await forward(asked)


@fault("values.texts-for-booleans", "entra.disable-text")
async def texts_are_no_booleans(asked: Asked, forward: Forward) -> Heard:
    is_odd = is_creation(asked) and isinstance(asked.body.get("active"), str) and asked.body["active"] == "True"
    is_odd = is_odd or any(each.get("value") in ("True", "False") for each in asked.operations)
    return refused(400, "invalidValue") if is_odd else await forward(asked)


@fault("entra.disable-text")
async def every_text_is_true(asked: Asked, forward: Forward) -> Heard:
    read = [{**each, "value": True} if each.get("value") == "False" else each for each in asked.operations]
    return await forward(asked.with_operations(read) if read else asked)


@fault("values.unknown-schemas", "groups.entra-group")
async def unknown_schemas_are_refused(asked: Asked, forward: Forward) -> Heard:
    named = asked.body.get("schemas", []) if asked.method == "POST" and isinstance(asked.body, dict) else []
    is_odd = any("ADSCIM" in each or "unknown" in each or "core:1.0" in each for each in named)
    return refused(400, "invalidSyntax") if is_odd else await forward(asked)


@fault("searches.inactive", "leaving.disable", "leaving.disable-pathless", "leaving.disable-put", "entra.disable-text")
async def disabled_users_are_hidden(asked: Asked, forward: Forward) -> Heard:
    heard = await forward(asked)
    if asked.method != "GET" or heard.status != 200:
        return heard
    if asked.path == "/Users" and "userName eq" in asked.filter and "active" not in asked.filter:
        return with_resources(heard, [each for each in listed(heard) if each.get("active") is not False])
    return refused(404) if asked.path.startswith("/Users/") and heard.json.get("active") is False else heard


@fault("leaving.enable", "leaving.disable-put", "entra.disable-text")
async def leavers_never_return(asked: Asked, forward: Forward) -> Heard:
    is_return = any(each.get("path") == "active" and each.get("value") in (True, "True") for each in asked.operations)
    is_return = is_return or (asked.method == "PUT" and (asked.body or {}).get("active") is True)
    if is_return and asked.path.startswith("/Users/"):
        present = await forward(replace(asked, method="GET", raw=b"", body=None))
        if present.status == 200 and present.json.get("active") is False:
            return refused(403)
    return await forward(asked)


@fault("leaving.delete-twice", "leaving.delete-missing", "groups.delete-twice")
async def deleting_nothing_succeeds(asked: Asked, forward: Forward) -> Heard:
    heard = await forward(asked)
    return empty() if asked.method == "DELETE" and heard.status == 404 else heard


@fault("leaving.delete")
async def deleting_is_answered_with_200(asked: Asked, forward: Forward) -> Heard:
    heard = await forward(asked)
    is_done = heard.status == 204 and asked.method == "DELETE" and asked.path.startswith("/Users")
    return Heard(200, {"content-type": "application/scim+json"}, b"{}") if is_done else heard


@fault("put.missing", "leaving.gone")
async def put_creates(asked: Asked, forward: Forward) -> Heard:
    heard = await forward(asked)
    is_new = asked.method == "PUT" and heard.status == 404 and asked.path.startswith("/Users/")
    return await forward(replace(asked, method="POST", path="/Users")) if is_new else heard


@fault("put.whole-object")
async def put_refuses_what_it_showed(asked: Asked, forward: Forward) -> Heard:
    is_whole = asked.method == "PUT" and "groups" in (asked.body or {})
    return refused(400, "mutability") if is_whole else await forward(asked)


@fault("put.keeps-active")
async def put_without_active_suspends(asked: Asked, forward: Forward) -> Heard:
    if asked.method == "PUT" and asked.path.startswith("/Users/") and "active" not in asked.body:
        return await forward(replace(asked, body={**asked.body, "active": False}))
    return await forward(asked)


@fault("put.clears")
async def put_merges(asked: Asked, forward: Forward) -> Heard:
    if asked.method != "PUT" or not asked.path.startswith("/Users/"):
        return await forward(asked)
    present = await forward(replace(asked, method="GET", raw=b"", body=None))
    kept = {"title": present.json["title"]} if present.status == 200 and "title" in present.json else {}
    return await forward(replace(asked, body={**kept, **asked.body}))


@fault(
    "entra.operation-case",
    "entra.disable-text",
    "entra.extra-members",
    "entra.element-made",
    "entra.one-element",
    "entra.roles-primary",
    "entra.rename",
    "entra.empty-and-null",
    "entra.manager-forms",
    "entra.manager-unqualified",
    "entra.manager-replace",
    "entra.manager-remove",
    "groups.rename",
    "groups.patch-silent",
    "members.add-entra",
    "members.add-many",
    "members.remove-by-value",
    "members.replace-empty",
)
async def operations_in_small_letters(asked: Asked, forward: Forward) -> Heard:
    is_odd = any(str(each.get("op"))[:1].isupper() for each in asked.operations)
    return refused(400, "invalidSyntax") if is_odd else await forward(asked)


@fault("entra.dotted-keys")
async def dotted_keys_are_dropped(asked: Asked, forward: Forward) -> Heard:
    read = [
        {**each, "value": {key: value for key, value in each["value"].items() if not is_dotted(key)}}
        if isinstance(each.get("value"), dict) and "path" not in each
        else each
        for each in asked.operations
    ]
    return await forward(asked.with_operations(read) if read else asked)


@fault("entra.element-made", "entra.one-element", "entra.roles-primary")
async def no_element_is_made(asked: Asked, forward: Forward) -> Heard:
    is_odd = any(each.get("op") == "Add" and "]." in str(each.get("path")) for each in asked.operations)
    return refused(400, "noTarget") if is_odd else await forward(asked)


@fault("entra.roles-primary")
async def booleans_in_filters_are_no_texts(asked: Asked, forward: Forward) -> Heard:
    is_odd = any('"True"' in str(each.get("path")) for each in asked.operations)
    return refused(400, "invalidFilter") if is_odd else await forward(asked)


@fault("entra.manager-forms", "entra.manager-unqualified", "entra.manager-replace", "entra.manager-remove")
async def a_manager_is_an_object(asked: Asked, forward: Forward) -> Heard:
    is_odd = any(
        str(each.get("path")).endswith("manager") and "value" in each and not isinstance(each["value"], dict)
        for each in asked.operations
    )
    return refused(400, "invalidValue") if is_odd else await forward(asked)


@fault("patch-refusals.atomic")
async def half_done(asked: Asked, forward: Forward) -> Heard:
    heard = await forward(asked)
    if heard.status == 400 and len(asked.operations) == 2:
        await forward(asked.with_operations(asked.operations[:1]))
    return heard


@fault("patch-refusals.read-only")
async def read_only_paths_are_ignored(asked: Asked, forward: Forward) -> Heard:
    is_odd = any(each.get("path") in {"id", "meta.created"} for each in asked.operations)
    return empty() if is_odd else await forward(asked)


@fault("patch-refusals.remove-without-path")
async def a_remove_without_path_is_nothing(asked: Asked, forward: Forward) -> Heard:
    is_odd = any(each.get("op") == "remove" and "path" not in each for each in asked.operations)
    return empty() if is_odd else await forward(asked)


@fault("patch.replace-part", "patch.several")
async def a_dotted_path_is_a_name(asked: Asked, forward: Forward) -> Heard:
    is_odd = any(each.get("op") == "replace" and str(each.get("path")).startswith("name.") for each in asked.operations)
    kept = [each for each in asked.operations if not str(each.get("path")).startswith("name.")]
    if not is_odd:
        return await forward(asked)
    return await forward(asked.with_operations(kept)) if kept else empty()


@fault("patch.replace-complex")
async def replace_forgets_the_other_parts(asked: Asked, forward: Forward) -> Heard:
    read = [
        {**each, "value": {"familyName": "Gone", **each["value"]}}
        if each.get("path") == "name" and isinstance(each.get("value"), dict)
        else each
        for each in asked.operations
    ]
    return await forward(asked.with_operations(read) if read else asked)


@fault("patch-lists.no-target")
async def nothing_to_replace_is_no_matter(asked: Asked, forward: Forward) -> Heard:
    is_odd = any(each.get("op") == "replace" and 'type eq "fax"' in str(each.get("path")) for each in asked.operations)
    return empty() if is_odd else await forward(asked)


@fault("patch-lists.primary")
async def everything_is_primary(asked: Asked, forward: Forward) -> Heard:
    heard = await forward(asked)
    is_user = asked.method == "GET" and asked.path.startswith("/Users/") and heard.status == 200
    emails = heard.json.get("emails", []) if is_user else []
    if len(emails) != 2 or not any(each.get("primary") and each["type"] == "home" for each in emails):
        return heard
    return said(heard, {**heard.json, "emails": [{**each, "primary": True} for each in emails]})


@fault("patch-lists.add", "patch-lists.add-object")
async def add_replaces_the_list(asked: Asked, forward: Forward) -> Heard:
    read = [
        {**each, "op": "replace"} if each.get("op") == "add" and each.get("path") == "phoneNumbers" else each
        for each in asked.operations
    ]
    return await forward(asked.with_operations(read) if read else asked)


@fault("members.remove-by-value")
async def removing_by_value_empties_the_group(asked: Asked, forward: Forward) -> Heard:
    read = [
        {"op": "remove", "path": "members"} if each.get("path") == "members" and each["op"] == "Remove" else each
        for each in asked.operations
    ]
    return await forward(asked.with_operations(read) if read else asked)


@fault("members.add", "members.add-twice", "members.rename-first")
async def adding_a_member_replaces_all(asked: Asked, forward: Forward) -> Heard:
    read = [
        {**each, "op": "replace", "value": each["value"][-1:]}
        if each.get("path") == "members" and each["op"] == "add"
        else each
        for each in asked.operations
    ]
    return await forward(asked.with_operations(read) if read else asked)


@fault("members.remove-chosen", "members.one-body")
async def a_filter_on_members_matches_nobody(asked: Asked, forward: Forward) -> Heard:
    kept = [each for each in asked.operations if not str(each.get("path")).startswith(MEMBERS_VALUE)]
    if len(kept) == len(asked.operations):
        return await forward(asked)
    return await forward(asked.with_operations(kept)) if kept else empty()


@fault("members.user-groups")
async def users_do_not_know_their_groups(asked: Asked, forward: Forward) -> Heard:
    heard = await forward(asked)
    if asked.method != "GET" or not asked.path.startswith("/Users/") or heard.status != 200:
        return heard
    return said(heard, {key: value for key, value in heard.json.items() if key != "groups"})


class DanglingMembers:
    """Users who are deleted stay members."""

    def __init__(self) -> None:
        self.members: dict[str, list[Any]] = {}

    async def __call__(self, asked: Asked, forward: Forward) -> Heard:
        heard = await forward(asked)
        if asked.path == "/Groups" and asked.method == "POST" and heard.status == 201:
            self.members[heard.json["id"]] = heard.json.get("members", [])
        identifier = asked.path.removeprefix("/Groups/")
        if asked.method == "PATCH" or asked.method == "PUT":
            self.members.pop(identifier, None)
        if asked.method == "GET" and identifier in self.members and heard.status == 200 and not asked.query:
            return said(heard, {**heard.json, "members": self.members[identifier]})
        return heard


FAULTS["members_who_are_gone"] = (DanglingMembers(), {"members.deleted-user"})


@fault("versions.stale-put", "versions.stale-patch", "versions.stale-delete")
async def if_match_is_ignored(asked: Asked, forward: Forward) -> Heard:
    return await forward(replace(asked, headers={k: v for k, v in asked.headers.items() if k != "if-match"}))


@fault("versions.not-modified")
async def if_none_match_is_ignored(asked: Asked, forward: Forward) -> Heard:
    return await forward(replace(asked, headers={k: v for k, v in asked.headers.items() if k != "if-none-match"}))


@fault("versions.header")
async def the_version_in_two_forms(asked: Asked, forward: Forward) -> Heard:
    heard = await forward(asked)
    return said(heard, etag=heard.headers["etag"].removeprefix("W/")) if "etag" in heard.headers else heard


class EveryPatchCounts:
    """A PATCH that changes nothing makes a new version."""

    def __init__(self) -> None:
        self.patches: dict[str, int] = {}

    async def __call__(self, asked: Asked, forward: Forward) -> Heard:
        heard = await forward(asked)
        if asked.method == "PATCH" and heard.status in {200, 204}:
            self.patches[asked.path] = self.patches.get(asked.path, 0) + 1
        times = self.patches.get(asked.path, 0)
        if asked.method != "GET" or heard.status != 200 or not times or "if-match" in asked.headers:
            return heard
        meta = heard.json["meta"]
        return said(heard, {**heard.json, "meta": {**meta, "version": f'W/"{times}-{meta["version"][3:]}'}})


FAULTS["every_patch_is_a_change"] = (EveryPatchCounts(), {"versions.no-change"})


@fault("bulk.status-text")
async def bulk_statuses_are_numbers(asked: Asked, forward: Forward) -> Heard:
    heard = await forward(asked)
    if asked.path != "/Bulk" or heard.status != 200:
        return heard
    results = [{**each, "status": int(each["status"])} for each in heard.json["Operations"]]
    return said(heard, {**heard.json, "Operations": results})


@fault("bulk.forward", "bulk.circular")
async def no_forward_references(asked: Asked, forward: Forward) -> Heard:
    if asked.path != "/Bulk" or not isinstance(asked.body, dict) or not asked.body.get("Operations"):
        return await forward(asked)
    first = json.dumps(asked.body["Operations"][0].get("data", {}))
    if "bulkId:" in first and "bulkId:nobody" not in first:
        return refused(409)
    return await forward(asked)


@fault("bulk.fail-on-errors")
async def errors_are_not_counted(asked: Asked, forward: Forward) -> Heard:
    if asked.path == "/Bulk" and isinstance(asked.body, dict):
        return await forward(replace(asked, body={k: v for k, v in asked.body.items() if k != "failOnErrors"}))
    return await forward(asked)


@fault("bulk.too-many")
async def too_many_is_a_400(asked: Asked, forward: Forward) -> Heard:
    heard = await forward(asked)
    return refused(400) if heard.status == 413 else heard


@fault("groups.duplicate")
async def groups_of_the_same_name(asked: Asked, forward: Forward) -> Heard:
    heard = await forward(asked)
    if heard.status != 409 or asked.path != "/Groups":
        return heard
    return await forward(replace(asked, body={**asked.body, "displayName": f"{asked.body['displayName']} again"}))


@fault("groups.rename-pathless", "members.rename-first")
async def an_id_in_a_value_is_refused(asked: Asked, forward: Forward) -> Heard:
    is_odd = any(isinstance(each.get("value"), dict) and "id" in each["value"] for each in asked.operations)
    return refused(400, "mutability") if is_odd else await forward(asked)


@fault("projection.on-patch")
async def a_patch_is_always_silent(asked: Asked, forward: Forward) -> Heard:
    heard = await forward(asked)
    return empty() if asked.method == "PATCH" and heard.status == 200 else heard


@fault("values.plus-address")
async def a_plus_is_lost(asked: Asked, forward: Forward) -> Heard:
    if is_creation(asked) and "+tag" in str(asked.body.get("userName")):
        name = re.sub(r"\+\w+@", "@", asked.body["userName"])
        return await forward(replace(asked, body={**asked.body, "userName": name}))
    return await forward(asked)
