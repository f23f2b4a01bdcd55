"""What is kept of people: no more than decisions need (DESIGN §5, "Personal data")."""

import sqlalchemy as sa

from engine_world import World, person
from provisor.engine.reading import ALWAYS_READ
from provisor.gallery.synchronization.reading import read_rules
from provisor.gallery.templates import get_template
from provisor.stages.rules.compiled import compile_rules
from provisor.store.encoding import from_text
from provisor.store.engine_tables import mirror


async def test_the_mirror_holds_only_what_decisions_use(database) -> None:
    """An attribute that no mapping, filter or match reads is in no row and in no log entry, whoever sends it."""
    world = World(database)
    await world.open()
    world.source.put(person("ada", birthday="1990-02-03", department="Engineering"), person("boris"))
    await world.cycle()
    world.source.change("ada", birthday="1990-02-04", department="Research")
    await world.cycle()
    rows = await database.read(lambda connection: connection.scalars(sa.select(mirror.c.attributes)).all())
    used = compile_rules(read_rules(get_template("freshservice").schema)).source_attributes | ALWAYS_READ
    held = set().union(*(from_text(row) for row in rows))
    assert "department" in held
    assert held <= used | {"originalUserPrincipalName"}
    everything = await database.read(
        lambda connection: [
            str(list(connection.execute(sa.text(f"SELECT * FROM {name}"))))
            for name in sa.inspect(connection).get_table_names()
        ]
    )
    assert not [text for text in everything if "1990-02-0" in text]
