"""Where logs and customers are read: one file for each format, all opened as Ibis tables with our column names.

May touch files and databases, read-only. `logs` finds the reader of a format among its neighbours: a new format is a
new module with `FORMATS` and `read`, and `numbered` where it has lines. Import late: Ibis and DuckDB load with these.
"""
