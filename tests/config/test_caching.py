"""The cache may be missing: pages go on without it."""

import time

from config.caching import ForgivingCache


def test_a_valkey_that_is_away_is_an_empty_cache_and_is_left_alone_for_a_while(tmp_path):
    place, options = f"unix://{tmp_path}/nobody.sock", {"OPTIONS": {"socket_connect_timeout": 1}}
    cache = ForgivingCache(place, options)
    assert cache.get("what", "missing") == "missing"
    cache.set("what", 1)
    assert cache.get_many(["what"]) == {}
    assert cache.add("what", 1) is True
    assert cache.incr("what") == 1
    assert "what" not in cache
    assert cache.get_or_set("what", lambda: 7) == 7
    assert ForgivingCache(place, options)._line.resting_until > time.monotonic()


def test_the_caches_of_all_requests_share_one_line_and_each_valkey_has_its_own():
    here, too, elsewhere = (ForgivingCache(f"unix:///run/{name}.sock", {}) for name in ("here", "here", "elsewhere"))
    assert here._cache is too._cache
    assert here._cache is not elsewhere._cache
