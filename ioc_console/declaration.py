"""The declaration of a site's cameras and sequences to its hub, by commands like any other change."""

from ioc_console.config import Site
from ioc_console.domain.cameras import Camera, DeclareCamera, RetireCamera
from ioc_console.domain.walls import DefineSequence, Sequence
from ioc_console.hub import Hub
from ioc_console.model import Actor

SITE = Actor("site", "site", ("*",))


async def declare(hub: Hub, site: Site) -> None:
    """Bring the hub's cameras and sequences up to the site file; what is the same already gives no command."""
    cameras = {source.id: source.entity() for source in site.cameras}
    held = hub.held("camera")
    for id in held.keys() - cameras.keys():
        await hub.give(SITE, RetireCamera(id))
    # A number that moved from one camera to another is free only once its first holder has let it go.
    changed = [camera for id, camera in cameras.items() if held.get(id) != camera]
    taken = {entity.number: id for id, entity in held.items() if isinstance(entity, Camera)}
    for camera in changed:
        holder = taken.get(camera.number)
        if holder not in (None, camera.id) and holder in cameras:
            await hub.give(SITE, RetireCamera(str(holder)))
    for camera in cameras.values():
        if hub.held("camera").get(camera.id) != camera:
            await hub.give(SITE, DeclareCamera(camera))
    for source in site.sequences:
        sequence: Sequence = source.entity()
        if hub.held("sequence").get(sequence.id) != sequence:
            await hub.give(SITE, DefineSequence(sequence))
