"""Calculating from files: people, orders, parties and state as CSV in, earnings and standings as CSV out.

No database, no Django: the engine, the standard library and numpy. docs/calculate.md describes every column.
"""
