"""The demo company Fernhollow: made up from a seed, brought in like any company, and open to whoever wants to try it."""
