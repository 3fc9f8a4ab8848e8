"""Mutation testing of the engine: ``python -m tests.mutation`` changes it in one spot at a time and asks whether a test fails."""
