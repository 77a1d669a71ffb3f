"""What `make check` proves of the data that ships, beside style, types and layers."""
