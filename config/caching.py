"""A cache that may be missing: while Valkey does not answer, everything is simply not cached, and nobody's page fails."""

import functools
import logging
import time
from typing import Any

from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from redis.exceptions import RedisError

REST_SECONDS = 2.0

log = logging.getLogger(__name__)


class Line:
    """This process's line to one Valkey: its connections, and until when it is left alone."""

    def __init__(self, servers: tuple[str, ...], options: tuple[tuple[str, Any], ...]) -> None:
        self.client = RedisCacheClient(list(servers), **dict(options))
        self.resting_until = 0.0


@functools.cache
def line_to(servers: tuple[str, ...], options: tuple[tuple[str, Any], ...]) -> Line:
    """Return the one line to a Valkey. Django makes a cache for each request on ASGI, and each would connect anew."""
    return Line(servers, options)


class ForgivingCache(RedisCache):
    """Django's cache on Valkey, except that a Valkey which is away gives the answers of an empty cache.

    After a failure it is left alone for two seconds, so that few pages wait for it, and each of them once.
    """

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._line = line_to(tuple(server.split(",")), tuple(sorted(params.get("OPTIONS", {}).items())))

    @property
    def _cache(self) -> RedisCacheClient:
        return self._line.client

    def _ask(self, name: str, missing: Any, *args: Any, **kwargs: Any) -> Any:
        if time.monotonic() < self._line.resting_until:
            return missing
        try:
            return getattr(super(), name)(*args, **kwargs)
        except (RedisError, OSError) as error:
            self._line.resting_until = time.monotonic() + REST_SECONDS
            log.warning("the cache does not answer (%s); going on without it", type(error).__name__)
            return missing

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        return self._ask("get", default, key, default, version)

    def set(self, *args: Any, **kwargs: Any) -> None:
        self._ask("set", None, *args, **kwargs)

    def add(self, *args: Any, **kwargs: Any) -> bool:
        """Without Valkey every add is a first one: a limit that cannot be counted does not lock people out."""
        return self._ask("add", True, *args, **kwargs)

    def touch(self, *args: Any, **kwargs: Any) -> bool:
        return self._ask("touch", False, *args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> bool:
        return self._ask("delete", False, *args, **kwargs)

    def has_key(self, *args: Any, **kwargs: Any) -> bool:
        return self._ask("has_key", False, *args, **kwargs)

    def get_many(self, *args: Any, **kwargs: Any) -> dict:
        return self._ask("get_many", {}, *args, **kwargs)

    def set_many(self, *args: Any, **kwargs: Any) -> list:
        return self._ask("set_many", [], *args, **kwargs)

    def delete_many(self, *args: Any, **kwargs: Any) -> None:
        self._ask("delete_many", None, *args, **kwargs)

    def incr(self, key: str, delta: int = 1, version: int | None = None) -> int:
        return self._ask("incr", delta, key, delta, version)
