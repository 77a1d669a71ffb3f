"""A regime in words, as a lawyer reads a statute: one page, from the same sentences on a terminal and as Markdown."""
