"""Celery's doors to commissions."""

from celery import shared_task
from celery.signals import worker_ready, worker_shutting_down

from commissions import simulations
from commissions.live_worker import WORKER
from commissions.runs import work
from commissions.wake import QUEUE


@shared_task(acks_late=False, expires=10)
def refresh_live():
    """Have the live refresh look at what is pending: sent after a commit, and by beat for a wake-up that was lost."""
    WORKER.wake()


@shared_task(acks_late=False)
def work_runs():
    """Calculate the runs that wait. A run that ended with its worker is found again by the next look."""
    work.work_all()


@shared_task
def run_simulations():
    """Work off the simulations that wait: sent when one is asked for, and by beat for what a worker that died left."""
    return simulations.run_waiting()


@worker_ready.connect
def start_live(sender, **_):
    """Begin refreshing in the worker that serves the live queue, whether or not anybody wakes it."""
    if QUEUE in sender.app.amqp.queues.consume_from:
        WORKER.start()


@worker_shutting_down.connect
def stop_live(**_):
    """Finish the refresh at hand before the worker ends."""
    WORKER.stop()
