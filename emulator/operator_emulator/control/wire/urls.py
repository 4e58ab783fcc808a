"""URLs that the emulator pushes to, as the control plane is given them."""

from operator_emulator.core.world.errors import Malformed
from operator_emulator.core.world.world import World
from operator_emulator.fixtures.read.shape import read_callback, strict_problem


def read_url(world: World, field: str, text: str | None) -> str | None:
    """Where to push to; None turns it off. Raises Malformed."""
    if not text:
        return None
    try:
        url = read_callback(text)
    except ValueError as error:
        raise Malformed(field, str(error)) from None
    problem = strict_problem(url) if world.policy.forwarder_strict_url else None
    if problem is not None:
        raise Malformed(field, problem)
    return url
