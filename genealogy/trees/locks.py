"""The lock of a tree: shared by those who insert, held alone by those who move labels.

It is a transaction's advisory lock, taken by a statement of its own before any label is read (at READ COMMITTED the
next statement then sees what the last holder wrote), and late in the transaction. A shared lock is never turned into
an exclusive one in place: two who tried would wait for each other for ever.
"""

NAMESPACE = int.from_bytes(b"tree")


def share(cursor, tree_id):
    """Join those who insert into a tree; waits while somebody moves its labels."""
    cursor.execute("SELECT pg_advisory_xact_lock_shared(%s, %s)", [NAMESPACE, tree_id])


def hold(cursor, tree_id):
    """Have a tree to oneself until the transaction ends."""
    cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [NAMESPACE, tree_id])
