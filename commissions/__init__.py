"""What is earned: volume, plan, engine, live standings, runs, ledger and payouts."""
