"""Spark in place of DuckDB: the same expressions on many machines. Nothing of it is imported until it is asked for."""
