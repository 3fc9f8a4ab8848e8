"""The product as real processes: what every browser, flow and fault test stands on."""

import signal
import urllib.request

import pytest

pytestmark = pytest.mark.slow


def test_the_product_starts_answers_survives_a_crash_of_its_servers_and_stops(companies):
    company = companies(own_cluster=True)
    with company.database() as connection:
        connection.execute("CREATE TABLE kept (n int)")
        connection.execute("INSERT INTO kept VALUES (7)")

    company.kill("worker", signal.SIGKILL)
    company.cluster.stop(mode="immediate")
    company.valkey.stop(mode="immediate")
    assert company.cluster.pid() is None and company.valkey.pid() is None
    company.cluster.start()
    company.valkey.start()
    company.restart("worker")
    company.wait_until_ready()

    with company.database() as connection:
        assert connection.execute("SELECT n FROM kept").fetchone() == (7,)
    with urllib.request.urlopen(company.base_url + "/health/live") as answer:
        assert answer.status == 200


@pytest.mark.browser
def test_a_page_opens_in_a_real_browser(companies, page):
    company = companies()
    answer = page.goto(company.base_url + "/health/live")
    assert answer.status == 200
