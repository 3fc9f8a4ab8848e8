"""The bell that wakes the task which looks at webhooks and refunds at once; without it the poller does, a little later."""

from config.outbox.wake import Bell

SETTLEMENT = Bell("storefront.tasks.settle_waiting")
