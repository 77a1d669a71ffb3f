"""The catalog room: reads incident_templates/ and contacts/, refuses the first bad line and names it.

It may touch the disk, and nothing else. What it returns are values of the domain.
"""

from tocsin.catalog.folders import default_folders
from tocsin.catalog.load import load_catalog

__all__ = ["default_folders", "load_catalog"]
