"""Scope: what is asked of the logs, and what came back. Pure values; `tocsin/scoping/` fills them.

A `Question` holds secrets (tokens) and personal data (addresses, accounts): it is stored only encrypted, and its
digest enters the timeline only as a keyed hash. A `ScopeResult` holds neither: counts, cells, gaps and digests.
People stand in a table of their own (`AffectedPerson`), since they may be millions and are personal data.
"""
