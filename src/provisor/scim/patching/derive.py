"""Deriving the PATCH operations that lead from one state of a resource to another.

Applying them to the first state gives the second, as far as clients may write it; readOnly attributes are left out.
Operations have the form that every service provider reads: lower-case, an explicit path, one attribute each.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from provisor.scim.checking.conforming import identity_of, present_key
from provisor.scim.filter import Comparison, Operator
from provisor.scim.grammar.attribute_path import AttributePath
from provisor.scim.grammar.literals import is_unassigned
from provisor.scim.patching.operation import Op, PatchOperation
from provisor.scim.path import Path
from provisor.scim.schema import Attribute, AttributeType, Mutability, ResourceType


def derive_patch(
    before: Mapping[str, Any], after: Mapping[str, Any], type_: ResourceType
) -> tuple[PatchOperation, ...]:
    """The operations from `before` to `after`; none when they agree. Both are canonical, as from `check_create`."""
    extensions = {extension.schema.id for extension in type_.extensions}
    operations: list[PatchOperation] = []
    for attribute in type_.attributes:
        name = attribute.name
        if name in extensions:
            operations += _derive_extension(before.get(name) or {}, after.get(name) or {}, attribute)
        elif name != "schemas":
            operations += _derive(before, after, attribute, None)
    return tuple(operations)


def _derive_extension(
    before: Mapping[str, Any], after: Mapping[str, Any], container: Attribute
) -> Iterator[PatchOperation]:
    declared = list(container.sub_attributes)
    known = {attribute.name.lower() for attribute in declared}
    undeclared: dict[str, Attribute] = {}
    for key in (*before, *after):
        sub = container.sub(key) if key.lower() not in known else None
        if sub is not None:
            undeclared.setdefault(key.lower(), sub)
    for attribute in (*declared, *undeclared.values()):
        yield from _derive(before, after, attribute, container.name)


def _derive(
    before: Mapping[str, Any], after: Mapping[str, Any], attribute: Attribute, schema: str | None
) -> Iterator[PatchOperation]:
    """The operations for one attribute."""
    if attribute.mutability is Mutability.READ_ONLY:
        return
    old, new = _value(before, attribute), _value(after, attribute)
    if old == new and isinstance(old, bool) == isinstance(new, bool):
        return
    path = AttributePath(schema, attribute.name)
    if new is None:
        yield PatchOperation(Op.REMOVE, Path(path))
    elif old is None:
        yield PatchOperation(Op.REPLACE, Path(path), new)  # the same as an add where there is nothing yet
    elif attribute.is_multivalued:
        yield from _derive_list(old, new, attribute, path)
    elif attribute.is_complex:
        yield from _derive_complex(old, new, attribute, path)
    else:
        yield PatchOperation(Op.REPLACE, Path(path), new)


def _value(holder: Mapping[str, Any], attribute: Attribute) -> Any:
    value = holder.get(present_key(holder, attribute) if attribute.type is AttributeType.ANY else attribute.name)
    return None if is_unassigned(value) else value


def _derive_complex(
    old: Mapping[str, Any], new: Mapping[str, Any], attribute: Attribute, path: AttributePath
) -> Iterator[PatchOperation]:
    if "value" in new and old.get("value") != new["value"]:
        # A reference is written as one: address and name belong to the value, and go with it.
        yield PatchOperation(Op.REPLACE, Path(path), _writable_parts(new, attribute))
        return
    for sub in attribute.sub_attributes:
        if sub.mutability is Mutability.READ_ONLY or old.get(sub.name) == new.get(sub.name):
            continue
        inner = Path(AttributePath(path.schema, path.attribute, sub.name))
        if new.get(sub.name) is None:
            yield PatchOperation(Op.REMOVE, inner)
        else:
            yield PatchOperation(Op.REPLACE, inner, new[sub.name])


def _writable_parts(value: Mapping[str, Any], attribute: Attribute) -> dict[str, Any]:
    read_only = {sub.name for sub in attribute.sub_attributes if sub.mutability is Mutability.READ_ONLY}
    return {name: part for name, part in value.items() if name not in read_only}


def _derive_list(old: list[Any], new: list[Any], attribute: Attribute, path: AttributePath) -> Iterator[PatchOperation]:
    """Single removals and one addition where they give exactly the new list, else the whole list."""
    changes = _element_changes(old, new, attribute, path)
    if changes is None:
        yield PatchOperation(Op.REPLACE, Path(path), list(new))
    else:
        yield from changes


def _element_changes(
    old: list[Any], new: list[Any], attribute: Attribute, path: AttributePath
) -> list[PatchOperation] | None:
    if not attribute.is_complex or attribute.sub("value") is None:
        return None
    olds = {identity_of(each, attribute): each for each in old}
    news = {identity_of(each, attribute): each for each in new}
    if len(olds) < len(old) or len(news) < len(new) or None in olds or None in news:
        return None
    kept = [each for identity, each in olds.items() if identity in news]
    added = [each for identity, each in news.items() if identity not in olds]
    if kept + added != new or not kept:
        return None
    if any(each.get("primary") is True for each in added):
        return None
    removed = [each["value"] for identity, each in olds.items() if identity not in news]
    value = AttributePath(None, "value")
    changes = [PatchOperation(Op.REMOVE, Path(path, Comparison(value, Operator.EQ, each))) for each in removed]
    if added:
        changes.append(PatchOperation(Op.ADD, Path(path), added))
    return changes
