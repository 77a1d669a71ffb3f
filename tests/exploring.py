"""How the properties are tested: the same examples on every run, or, with `make explore`, fresh ones and many more.

A landing must never fail by chance, so Hypothesis draws from the name and the code of each test, here as in CI. Left
alone it would do so only where a variable like `CI` says that this is CI, and a profile that names no parent inherits
that unseen: ours start from Hypothesis' plain settings, whatever the environment says.
"""

from hypothesis import HealthCheck, settings

#: How many times as many examples `make explore` asks for.
FURTHER = 20

_PLAIN = settings.get_profile("default")
# The first example pays for what all share, and a machine may be busy: neither says anything about the property.
_PATIENT = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    "print_blob": True,
}


def choose_profiles() -> None:
    """Make both profiles known, and the repeatable one the one in force unless pytest is told another."""
    settings.register_profile("repeatable", _PLAIN, derandomize=True, database=None, **_PATIENT)
    settings.register_profile("explore", _PLAIN, max_examples=FURTHER * _PLAIN.max_examples, **_PATIENT)
    settings.load_profile("repeatable")


def times(examples: int) -> int:
    """The number of examples for a property that needs more or fewer than the usual 100; many more while exploring."""
    return examples * (FURTHER if settings.get_current_profile_name() == "explore" else 1)
