"""What a plan pays: a pure function of a plan and a snapshot, on arrays in tree order.

Nothing in here knows a clock, a database, a setting, a random number or a log: numpy and the standard library only.
Read ``calculate.py`` first; it is the whole run on one page.
"""
