"""Pages for when something is wrong: each says what and leads on; the worst one needs neither database nor request."""

import pytest
from django.template.loader import render_to_string
from django.views.defaults import server_error


@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "500", "link_invalid"])
def test_a_fault_page_says_one_thing_and_leads_on(name):
    text = render_to_string(f"{name}.html")
    assert text.count("<h1") == 1
    assert 'class="button button--primary" href="/"' in text
    assert " style=" not in text


def test_the_page_for_our_own_faults_needs_no_database(rf):
    # Without the database fixture, a query would raise.
    response = server_error(rf.get("/"))
    assert response.status_code == 500
    assert b"Something broke on our side" in response.content


@pytest.mark.django_db
def test_an_address_that_is_not_there_is_answered_in_our_look(client):
    response = client.get("/no-such-page/")
    assert response.status_code == 404
    assert b"This page is not here" in response.content
