"""Rendering: words from templates, mails as bytes, papers as PDF. Pure from values to text; it opens no socket."""
