"""The catalogue's version rises with every statement that changes the catalogue, whoever sends it."""

from django.db import migrations

TABLES = ("category", "product", "price", "delivery")

RAISE = """
INSERT INTO storefront_catalogueversion (id, version) VALUES (1, 1);
CREATE FUNCTION storefront_catalogue_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO storefront_catalogueversion (id, version) VALUES (1, 1)
    ON CONFLICT (id) DO UPDATE SET version = storefront_catalogueversion.version + 1;
    RETURN NULL;
END $$;
""" + "".join(
    f"""
CREATE TRIGGER storefront_{table}_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON storefront_{table}
    FOR EACH STATEMENT EXECUTE FUNCTION storefront_catalogue_changed();
"""
    for table in TABLES
)

FORGET = "".join(f"DROP TRIGGER storefront_{table}_changed ON storefront_{table};" for table in TABLES) + """
DROP FUNCTION storefront_catalogue_changed();
DELETE FROM storefront_catalogueversion;
"""


class Migration(migrations.Migration):
    dependencies = [("storefront", "0002_order_numbers")]

    operations = [migrations.RunSQL(RAISE, FORGET)]
