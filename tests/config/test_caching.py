"""The cache may be missing: pages go on without it."""

import time

from config.caching import ForgivingCache


def test_a_valkey_that_is_away_is_an_empty_cache_and_is_left_alone_for_a_while(tmp_path):
    cache = ForgivingCache(f"unix://{tmp_path}/nobody.sock", {"OPTIONS": {"socket_connect_timeout": 1}})
    assert cache.get("what", "missing") == "missing"
    cache.set("what", 1)
    assert cache.get_many(["what"]) == {}
    assert cache.add("what", 1) is True
    assert cache.incr("what") == 1
    assert "what" not in cache
    assert cache.get_or_set("what", lambda: 7) == 7
    assert cache._resting_until > time.monotonic()
