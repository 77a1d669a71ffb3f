"""Laws out of a file or folder that is no part of the catalog, for a look before they are taken."""

from collections.abc import Mapping
from pathlib import Path

from tocsin.catalog.validation import validated
from tocsin.catalog.yamlfile import read_document
from tocsin.domain.errors import Refused
from tocsin.domain.rules import Regime


def read_laws(path: Path) -> Mapping[str, Regime]:
    """The law of a `regime.yaml`, of the folder that holds one, or all laws anywhere below a folder, by code.

    BadFile names the first line that does not fit; Refused where there is no law at all.
    """
    files = [path] if path.is_file() else sorted(path.rglob("regime.yaml"))
    if not files:
        raise Refused(f"{path}: there is no regime.yaml; name one, or a folder with some")
    laws = [validated(Regime, read_document(file)) for file in files]
    return {law.id: law for law in laws}
