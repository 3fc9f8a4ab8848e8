"""Who: the users, the distributors, their markets and the trees in which they stand."""
