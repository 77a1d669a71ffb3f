"""One home, one real Prefect server and one real worker until the last test here; tests start and stop the bell."""

from collections.abc import Iterator

import pytest

from tests.flows.place import Place, a_place
from tocsin.up import started
from tocsin.wake import connect


@pytest.fixture(scope="package")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A home alone. Its Prefect comes up with `place`."""
    with a_place(tmp_path_factory.mktemp("place")) as place:
        yield place


@pytest.fixture(scope="package")
def place(home: Place) -> Iterator[Place]:
    """The home with Prefect's server and worker running."""
    settings, extra = home.app.settings, {"TOCSIN_CONFIG": str(home.config)}
    with started(settings, poll=0.3, look_at_once=False, bell=False, leashed=True, extra=extra) as house:
        home.house = house
        home.api = connect(house.ground.url, house.ground.auth, timeout=10)
        yield home
        home.bell.stop()
        home.api.close()


@pytest.fixture
def ringing(place: Place) -> Place:
    """The place with its bell running."""
    if not place.bell.alive:
        place.bell.start()
    return place
