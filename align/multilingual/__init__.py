"""Several languages in one space: maps to a hub, or by all dictionaries at once."""

from align.multilingual.checks import require_names
from align.multilingual.joint import joint
from align.multilingual.record import Agreement, Cycle, Direction, JointRecord, PairSeeds
from align.multilingual.seeds import require_connected, turned
from align.multilingual.value import JOINT, Joint

__all__ = [
    "JOINT",
    "Agreement",
    "Cycle",
    "Direction",
    "Joint",
    "JointRecord",
    "PairSeeds",
    "joint",
    "require_connected",
    "require_names",
    "turned",
]
