"""Prefect 3.8.8's schedules on SQLAlchemy 2.1, on which its server says at each try that it cannot insert a run.

The server inserts scheduled runs in bulk, each with its state beside it, and inserts the states after. SQLAlchemy 2.1
refuses a bulk value that is a hybrid property unless somebody says what becomes of it; 2.0 passed it over. Here it is
said: nothing, as before. Without it `watch` never runs, and nobody guards the bell.

Prefect's server imports this by itself, as it does every module of the entry point group `prefect.collections`.
"""

from collections.abc import MutableMapping
from typing import Any

from prefect.server.database.orm_models import FlowRun
from sqlalchemy import inspect
from sqlalchemy.ext.hybrid import hybrid_property


def pass_over_state() -> None:
    """Let a flow run be inserted in bulk with its state beside it, unless Prefect itself provides for that."""
    state = inspect(FlowRun).all_orm_descriptors["state"]
    if isinstance(state, hybrid_property) and state.bulk_dml_setter is None:
        state.inplace.bulk_dml(_nothing)


def _nothing(cls: type[FlowRun], mapping: MutableMapping[str, Any], value: object) -> None:
    """The state has a table of its own, and Prefect writes it there next."""


pass_over_state()
