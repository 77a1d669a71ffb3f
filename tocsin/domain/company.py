"""What a company is, in the words in which laws ask about it."""

from typing import Literal

Sector = Literal[
    "finance",
    "health",
    "telecom",
    "trust-service",
    "cloud",
    "essential",
    "important",
    "us-listed",
    "critical-infrastructure",
    "information-broker",
]
SizeClass = Literal["micro", "small", "medium", "large"]
#: The free zones of the Emirates that have data protection laws of their own; `none` stands elsewhere in them.
FreeZone = Literal["adgm", "difc", "none"]
