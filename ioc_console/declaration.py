"""The declaration of a site's cameras and sequences to its hub, by commands like any other change."""

import uuid

from ioc_console.config import Site
from ioc_console.domain.cameras import Camera, DeclareCamera, RetireCamera
from ioc_console.domain.walls import DefineSequence, Sequence
from ioc_console.gate import actor_of
from ioc_console.hub import Hub
from ioc_console.model import Command, Envelope


async def declare(hub: Hub, site: Site) -> None:
    """Bring the hub's cameras and sequences up to the site file; what is the same already gives no command."""
    cameras = {source.id: source.entity() for source in site.cameras}
    held = {entity.id: entity for entity, _ in hub.published.live["camera"].values()}
    for id in held.keys() - cameras.keys():
        await give(hub, RetireCamera(id))
    # A number that moved from one camera to another is free only once its first holder has let it go.
    changed = [camera for id, camera in cameras.items() if held.get(id) != camera]
    taken = {entity.number: id for id, entity in held.items() if isinstance(entity, Camera)}
    for camera in changed:
        holder = taken.get(camera.number)
        if holder not in (None, camera.id) and holder in cameras:
            await give(hub, RetireCamera(str(holder)))
    for camera in cameras.values():
        known = hub.published.live["camera"].get(camera.id)
        if known is None or known[0] != camera:
            await give(hub, DeclareCamera(camera))
    for source in site.sequences:
        sequence: Sequence = source.entity()
        known = hub.published.live["sequence"].get(sequence.id)
        if known is None or known[0] != sequence:
            await give(hub, DefineSequence(sequence))


async def give(hub: Hub, command: Command) -> None:
    """Give a command as the site."""
    await hub.do(actor_of("site", "site"), Envelope(uuid.uuid4().hex, command, "site", hub.published.seq, hub.now()))
