"""Measuring. ``make bench [ONLY=enrolment,live] [FULL=1]`` runs it; ``tests/benchmarks/harness.py`` says how to write one."""
