"""PATCH of lists (RFC 7644 §3.5.2): elements added, chosen by filters in paths, changed and removed."""

from typing import Any

from provisor.connectors.scim.check.check import CheckGroup
from provisor.connectors.scim.check.expectations import Wrong, expect, expect_value, values_of
from provisor.connectors.scim.check.judges import Severity
from provisor.connectors.scim.check.needs import PATCH, writable
from provisor.connectors.scim.check.scene import Resource, Scene

CHECKS = CheckGroup("patch-lists", "PATCH of lists")

EMAILS = (PATCH, writable("emails"))
PHONES = (PATCH, writable("phoneNumbers"))
WORK = {"type": "work", "value": "+1 201 555 0120"}
MOBILE = {"type": "mobile", "value": "+1 201 555 0121"}


@CHECKS.add(
    "add",
    "add appends to a list",
    asks='PATCH {"op": "add", "path": "phoneNumbers", "value": [{"type": "mobile", …}]}',
    expects="both numbers",
    remedy="Append to what is there.",
    rfc="RFC 7644 §3.5.2.1",
    points=("entra-validator.user-patch-add",),
    needs=PHONES,
)
async def add(scene: Scene) -> None:
    user = await scene.user(phoneNumbers=[WORK])
    after = await scene.changed(user, {"op": "add", "path": "phoneNumbers", "value": [MOBILE]})
    _expect_values(after, "phoneNumbers", WORK["value"], MOBILE["value"])


@CHECKS.add(
    "add-object",
    "add takes one object for a list of one",
    asks='PATCH {"op": "add", "path": "phoneNumbers", "value": {"type": "mobile", …}}',
    expects="both numbers",
    remedy="Read a single object as a list with one element.",
    severity=Severity.SHOULD,
    points=("entra-validator.user-patch-add",),
    needs=PHONES,
)
async def add_object(scene: Scene) -> None:
    user = await scene.user(phoneNumbers=[WORK])
    after = await scene.changed(user, {"op": "add", "path": "phoneNumbers", "value": MOBILE})
    _expect_values(after, "phoneNumbers", WORK["value"], MOBILE["value"])


@CHECKS.add(
    "add-twice",
    "add of what is there changes nothing",
    asks='PATCH {"op": "add", "path": "phoneNumbers", "value": [{the number that is there}]}',
    expects="one number",
    remedy="Leave out elements that the list has already.",
    rfc="RFC 7644 §3.5.2.1",
    needs=PHONES,
)
async def add_twice(scene: Scene) -> None:
    user = await scene.user(phoneNumbers=[WORK])
    after = await scene.changed(user, {"op": "add", "path": "phoneNumbers", "value": [WORK]})
    _expect_values(after, "phoneNumbers", WORK["value"])


@CHECKS.add(
    "replace",
    "replace of a list replaces all of it",
    asks='PATCH {"op": "replace", "path": "phoneNumbers", "value": [{"type": "mobile", …}]}',
    expects="the new number only",
    remedy="Put the new list in the place of the old one.",
    rfc="RFC 7644 §3.5.2.3",
    needs=PHONES,
)
async def replace(scene: Scene) -> None:
    user = await scene.user(phoneNumbers=[WORK])
    after = await scene.changed(user, {"op": "replace", "path": "phoneNumbers", "value": [MOBILE]})
    _expect_values(after, "phoneNumbers", MOBILE["value"])


@CHECKS.add(
    "remove",
    "remove of a list removes all of it",
    asks='PATCH {"op": "remove", "path": "phoneNumbers"}',
    expects="no numbers",
    remedy="Unassign the attribute.",
    rfc="RFC 7644 §3.5.2.2",
    needs=PHONES,
)
async def remove(scene: Scene) -> None:
    user = await scene.user(phoneNumbers=[WORK, MOBILE])
    expect_value(await scene.changed(user, {"op": "remove", "path": "phoneNumbers"}), "phoneNumbers", None)


@CHECKS.add(
    "replace-chosen",
    "A filter in the path chooses what is changed",
    asks='PATCH {"op": "replace", "path": "emails[type eq \\"work\\"].value", …} of a user with two addresses',
    expects="the new work address, and the home address as before",
    remedy="Change the elements that the filter matches, and no others.",
    rfc="RFC 7644 §3.5.2.3",
    points=("entra-validator.user-patch-replace",),
    needs=EMAILS,
)
async def replace_chosen(scene: Scene) -> None:
    user, work, home = await _with_emails(scene)
    path = 'emails[type eq "work"].value'
    after = await scene.changed(user, {"op": "replace", "path": path, "value": f"new-{work}"})
    _expect_values(after, "emails", f"new-{work}", home)
    expect(len(values_of(after, "emails", type="work")) == 1, "The type of the address is gone.")


@CHECKS.add(
    "replace-element",
    "A chosen element is replaced by an object",
    asks='PATCH {"op": "replace", "path": "emails[type eq \\"work\\"]", "value": {"type": "work", "value": …}}',
    expects="the new work address, and the home address as before",
    remedy="Put the object in the place of the element.",
    rfc="RFC 7644 §3.5.2.3",
    needs=EMAILS,
)
async def replace_element(scene: Scene) -> None:
    user, work, home = await _with_emails(scene)
    value = {"type": "work", "value": f"new-{work}"}
    after = await scene.changed(user, {"op": "replace", "path": 'emails[type eq "work"]', "value": value})
    _expect_values(after, "emails", f"new-{work}", home)


@CHECKS.add(
    "remove-chosen",
    "A filter in the path chooses what is removed",
    asks='PATCH {"op": "remove", "path": "emails[type eq \\"home\\"]"}',
    expects="the work address only",
    remedy="Remove the elements that the filter matches, and no others.",
    rfc="RFC 7644 §3.5.2.2",
    needs=EMAILS,
)
async def remove_chosen(scene: Scene) -> None:
    user, work, _ = await _with_emails(scene)
    after = await scene.changed(user, {"op": "remove", "path": 'emails[type eq "home"]'})
    _expect_values(after, "emails", work)


@CHECKS.add(
    "same-element",
    "A filter in the path holds for one element",
    asks='PATCH {"op": "remove", "path": "emails[type eq \\"work\\" and value eq \\"{the home address}\\"]"}',
    expects="both addresses as before (400 noTarget is understood)",
    remedy="Match all conditions against one element at a time.",
    rfc="RFC 7644 §3.5.2, §3.4.2.2",
    points=("common.11",),
    needs=EMAILS,
)
async def same_element(scene: Scene) -> None:
    user, work, home = await _with_emails(scene)
    path = f'emails[type eq "work" and value eq "{home}"]'
    answer = await scene.patch(user, {"op": "remove", "path": path})
    expect(answer.status in {200, 204, 400}, f"The status is {answer.status}.", answer)
    _expect_values(await scene.read(user), "emails", work, home)


@CHECKS.add(
    "odd-values",
    "Values in a path's filter are read as texts",
    asks='PATCH {"op": "remove", "path": "phoneNumbers[value eq \\"a.b:]c\\\\\\"d\\"]"}',
    expects="that number is gone, the other is there",
    remedy="Tokenise paths; do not split them at dots and brackets.",
    rfc="RFC 7644 §3.5.2, §3.10",
    needs=PHONES,
)
async def odd_values(scene: Scene) -> None:
    odd = {"type": "other", "value": 'a.b:]c"d'}
    user = await scene.user(phoneNumbers=[WORK, odd])
    after = await scene.changed(user, {"op": "remove", "path": 'phoneNumbers[value eq "a.b:]c\\"d"]'})
    _expect_values(after, "phoneNumbers", WORK["value"])


@CHECKS.add(
    "path-case",
    "Names and operators in a path's filter are read in any case",
    asks='PATCH {"op": "replace", "path": "EMAILS[Type EQ \\"work\\"].Value", …}',
    expects="the new work address",
    remedy="Compare names and operators in paths without regard to case.",
    rfc="RFC 7643 §2.1, RFC 7644 §3.4.2.2",
    needs=EMAILS,
)
async def path_case(scene: Scene) -> None:
    user, work, home = await _with_emails(scene)
    after = await scene.changed(user, {"op": "replace", "path": 'EMAILS[Type EQ "work"].Value', "value": f"new-{work}"})
    _expect_values(after, "emails", f"new-{work}", home)


@CHECKS.add(
    "primary",
    "Making one value primary takes it from the others",
    asks='PATCH {"op": "replace", "path": "emails[type eq \\"home\\"].primary", "value": true}',
    expects="one primary address: the one of the type home",
    remedy="Set `primary` of the others to false, or leave it out.",
    rfc="RFC 7644 §3.5.2",
    points=("common.8",),
    needs=EMAILS,
)
async def primary(scene: Scene) -> None:
    user, _, _ = await _with_emails(scene)
    after = await scene.changed(user, {"op": "replace", "path": 'emails[type eq "home"].primary', "value": True})
    found = [each.get("type") for each in values_of(after, "emails", primary=True)]
    expect(found == ["home"], f"Primary are the addresses of the types {', '.join(map(str, found)) or 'none'}.")


@CHECKS.add(
    "no-target",
    "replace of an element that is not there says so",
    asks='PATCH {"op": "replace", "path": "phoneNumbers[type eq \\"fax\\"].value", …} of a user without such a number',
    expects="400 noTarget; kinder servers create the number, as Entra would like it",
    remedy="Answer 400 noTarget, or create the element from the filter.",
    rfc="RFC 7644 §3.5.2.3",
    needs=PHONES,
)
async def no_target(scene: Scene) -> None:
    user = await scene.user(phoneNumbers=[WORK])
    path = 'phoneNumbers[type eq "fax"].value'
    answer = await scene.patch(user, {"op": "replace", "path": path, "value": "+1 201 555 0199"})
    after = await scene.read(user)
    if answer.status == 400:
        scim_type = answer.resource.get("scimType")
        expect(scim_type == "noTarget", f"`scimType` is {scim_type!r} instead of noTarget.", answer)
        _expect_values(after, "phoneNumbers", WORK["value"])
        return
    if not answer.is_success:
        raise Wrong(f"The status is {answer.status} instead of 400.", answer)
    found = [each.get("value") for each in values_of(after, "phoneNumbers", type="fax")]
    expect(found == ["+1 201 555 0199"], "The PATCH succeeds, and does nothing that was asked.", answer)


async def _with_emails(scene: Scene) -> tuple[Resource, str, str]:
    """A user with a work address, which is primary, and a home address."""
    name = scene.belongings.new_name("ada")
    work, home = scene.samples.address(name), scene.samples.address(f"{name}-home")
    emails = [{"type": "work", "value": work, "primary": True}, {"type": "home", "value": home}]
    return await scene.user(emails=emails), work, home


def _expect_values(resource: Resource, attribute: str, *wanted: Any) -> None:
    found = sorted(str(each.get("value")) for each in values_of(resource, attribute))
    if found != sorted(map(str, wanted)):
        raise Wrong(f"`{attribute}` holds {', '.join(found) or 'nothing'}; it should hold {', '.join(wanted)}.")
