import pytest
from django.db import connection


@pytest.mark.django_db
def test_the_test_database_sorts_the_same_on_every_machine():
    with connection.cursor() as cursor:
        cursor.execute("SELECT 'é' < 'f', version()")
        assert cursor.fetchone()[0] is False
