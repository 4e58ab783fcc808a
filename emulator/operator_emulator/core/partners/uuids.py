"""UUIDs that look random (version 4) and are the same in the same world; some have a number that can be read back."""

import uuid
from hashlib import blake2b
from typing import Final

from operator_emulator.core.world.world import World

# The last 48 bits are the number times an odd constant, modulo 2^48.
SPREAD: Final = 0x9E3779B97F4B
BITS: Final = 1 << 48


def named(world: World, name: str) -> str:
    return str(uuid.UUID(bytes=digest(world, name, 16), version=4))


def numbered(world: World, kind: str, number: int) -> str:
    """The UUID of the *number*-th thing of a *kind*."""
    node = (number * SPREAD % BITS).to_bytes(6)
    return str(uuid.UUID(bytes=digest(world, f"{kind} {number}", 10) + node, version=4))


def number_of(world: World, kind: str, text: str) -> int | None:
    """The number in a UUID that ``numbered`` makes for this *kind* in this world; None for any other text."""
    try:
        node = uuid.UUID(text.strip()).node
    except ValueError:
        return None
    number = node * pow(SPREAD, -1, BITS) % BITS
    return number if numbered(world, kind, number) == text.strip().lower() else None


def digest(world: World, text: str, size: int) -> bytes:
    origin = world.origins.get(1)
    assert origin is not None, "a world begins with an origin"
    return blake2b(f"{origin.seed} {text}".encode(), digest_size=size).digest()
