"""Everything for one machine: Prefect's server, a worker, the bell. Started, watched, restarted and stopped here.

Each part is a process of its own group and knows nothing of its keeper. The bell is started first and stopped last:
deadlines do not wait for Prefect.
"""

from tocsin.up.household import Household, Part, started

__all__ = ["Household", "Part", "started"]
