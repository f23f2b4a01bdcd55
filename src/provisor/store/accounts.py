"""Links, the shadow of unlinked target accounts, and references that wait: statements behind `store/work.py`."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provisor.model.link import Link
from provisor.model.resource import TargetResource
from provisor.store.encoding import from_text, text_time, time_text, to_text
from provisor.store.engine_tables import links, shadow, shadow_keys, shadow_listings
from provisor.store.upserting import in_chunks, upsert


def target_ids(connection: Connection, app_id: str, source_ids: Sequence[str]) -> Mapping[str, str]:
    """Source id to target id."""
    found: dict[str, str] = {}
    for ids in in_chunks(source_ids):
        query = sa.select(links.c.source_id, links.c.target_id).where(
            links.c.app_id == app_id, links.c.source_id.in_(ids)
        )
        found.update((row.source_id, row.target_id) for row in connection.execute(query))
    return found


def source_of(connection: Connection, app_id: str, target_id: str) -> str | None:
    """Whose account this is."""
    query = sa.select(links.c.source_id).where(links.c.app_id == app_id, links.c.target_id == target_id)
    return connection.scalar(query)


def save_links(connection: Connection, app_id: str, some: Sequence[Link]) -> None:
    """Insert or update links."""
    rows = [
        {
            "app_id": app_id,
            "source_id": link.source_id,
            "target_id": link.target_id,
            "person": link.person,
            "type": link.object_type,
            "known": to_text(link.known),
            "is_managed": link.is_managed,
        }
        for link in some
    ]
    upsert(connection, links, rows)


def link_of(row: sa.Row[tuple[object, ...]]) -> Link | None:
    """The link in a joined row, if there is one."""
    if row.target_id is None:
        return None
    return Link(row.source_id, row.target_id, row.person, row.type, from_text(row.known), row.is_managed)


def clear_shadow(connection: Connection, app_id: str) -> None:
    """Forget unlinked accounts."""
    connection.execute(shadow_listings.delete().where(shadow_listings.c.app_id == app_id))
    connection.execute(shadow.delete().where(shadow.c.app_id == app_id))
    connection.execute(shadow_keys.delete().where(shadow_keys.c.app_id == app_id))


def note_listing(connection: Connection, app_id: str, at: datetime, attributes: Sequence[str]) -> None:
    """Remember when the target was listed, and by which attributes accounts can be found since."""
    row = {"app_id": app_id, "listed_at": time_text(at), "attributes": to_text(sorted(attributes))}
    upsert(connection, shadow_listings, [row])


def listed_at(connection: Connection, app_id: str, attributes: Collection[str]) -> datetime | None:
    """When the target was last listed, if its accounts can be found by all these attributes since."""
    row = connection.execute(shadow_listings.select().where(shadow_listings.c.app_id == app_id)).first()
    if row is None or not set(attributes) <= set(from_text(row.attributes)):
        return None
    return text_time(row.listed_at)


def find_all_in_shadow(
    connection: Connection, app_id: str, attribute: str, folded: Sequence[str]
) -> Mapping[str, Sequence[TargetResource]]:
    """Accounts with any of these keys, by key."""
    found: dict[str, list[TargetResource]] = {}
    for some in in_chunks(folded):
        query = (
            sa.select(shadow_keys.c.folded, shadow.c.target_id, shadow.c.attributes)
            .join(
                shadow,
                sa.and_(shadow_keys.c.app_id == shadow.c.app_id, shadow_keys.c.target_id == shadow.c.target_id),
            )
            .where(shadow_keys.c.app_id == app_id, shadow_keys.c.attribute == attribute, shadow_keys.c.folded.in_(some))
        )
        for row in connection.execute(query):
            found.setdefault(row.folded, []).append(TargetResource(row.target_id, from_text(row.attributes)))
    return found


def store_shadow_page(
    connection: Connection, app_id: str, page: Sequence[tuple[TargetResource, Sequence[tuple[str, str]]]]
) -> None:
    """Remember accounts and their matching keys."""
    upsert(
        connection,
        shadow,
        [
            {"app_id": app_id, "target_id": resource.id, "attributes": to_text(resource.attributes)}
            for resource, _ in page
        ],
    )
    upsert(
        connection,
        shadow_keys,
        [
            {"app_id": app_id, "attribute": attribute, "folded": folded, "target_id": resource.id}
            for resource, keys in page
            for attribute, folded in keys
        ],
    )


def find_in_shadow(connection: Connection, app_id: str, attribute: str, folded: str) -> Sequence[TargetResource]:
    """Accounts with this key."""
    query = (
        sa.select(shadow.c.target_id, shadow.c.attributes)
        .join(
            shadow_keys,
            sa.and_(shadow_keys.c.app_id == shadow.c.app_id, shadow_keys.c.target_id == shadow.c.target_id),
        )
        .where(
            shadow_keys.c.app_id == app_id,
            shadow_keys.c.attribute == attribute,
            shadow_keys.c.folded == folded,
        )
    )
    return [TargetResource(row.target_id, from_text(row.attributes)) for row in connection.execute(query)]


def forget_shadow_of(connection: Connection, app_id: str, target_ids_: Sequence[str]) -> None:
    """Accounts that now have a link are no longer candidates."""
    for ids in in_chunks(target_ids_):
        connection.execute(shadow.delete().where(shadow.c.app_id == app_id, shadow.c.target_id.in_(ids)))
        connection.execute(shadow_keys.delete().where(shadow_keys.c.app_id == app_id, shadow_keys.c.target_id.in_(ids)))
