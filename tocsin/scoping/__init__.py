"""Scoping: indicators x logs x customers x data map -> affected people and the cells of the law.

`measure.measure` answers a question; `declaration` reads what people hand in as files, without loading an engine. May
read files and databases, and write into the workspace it is given. Written in Ibis, so that the same expressions run
where the logs are. Import `measure` late: Ibis and DuckDB come with it.
"""
