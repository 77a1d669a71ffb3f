"""The watchdog: one look at whether bell or watch lives, from another machine, with a mail connection of its own.

It is the last who can notice. So it needs nothing that may be broken with what it watches: no Prefect, no packs, no
contacts, no master key, no schema. Cron or a timer runs it each minute; what it remembers is one small file.
"""

from tocsin.watchdog.watching import Guarded, guard, try_out

__all__ = ["Guarded", "guard", "try_out"]
