"""Bringing a company in from files: read, check, refuse by name, load. docs/import.md describes the files."""
