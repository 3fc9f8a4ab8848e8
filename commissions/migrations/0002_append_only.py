"""Let the database itself refuse what must never happen: a changed fact, or a changed plan that somebody is paid by."""

from django.db import migrations

REFUSE_CHANGES = """
CREATE FUNCTION commissions_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: rows of this table are only ever added; correct with an opposite entry',
        TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER volume_entries_are_only_added BEFORE UPDATE OR DELETE ON commissions_volumeentry
    FOR EACH STATEMENT EXECUTE FUNCTION commissions_refuse_change();
CREATE TRIGGER facts_are_only_added BEFORE UPDATE OR DELETE ON commissions_fact
    FOR EACH STATEMENT EXECUTE FUNCTION commissions_refuse_change();
"""
ALLOW_CHANGES = """
DROP TRIGGER facts_are_only_added ON commissions_fact;
DROP TRIGGER volume_entries_are_only_added ON commissions_volumeentry;
DROP FUNCTION commissions_refuse_change();
"""

REFUSE_NEW_TERMS = """
CREATE FUNCTION commissions_plan_in_use() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.code, NEW.version, NEW.document, NEW.checksum, NEW.effective_from)
        IS DISTINCT FROM (OLD.code, OLD.version, OLD.document, OLD.checksum, OLD.effective_from)
       AND EXISTS (SELECT FROM commissions_period WHERE plan_id = OLD.id) THEN
        RAISE EXCEPTION 'plan version % is in use by a period and cannot be changed; store a new version', OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER plan_in_use_is_immutable BEFORE UPDATE ON commissions_planversion
    FOR EACH ROW EXECUTE FUNCTION commissions_plan_in_use();
"""
ALLOW_NEW_TERMS = """
DROP TRIGGER plan_in_use_is_immutable ON commissions_planversion;
DROP FUNCTION commissions_plan_in_use();
"""

# Standings are rewritten many times a day and no index covers a figure: room on the page keeps those updates in place.
LEAVE_ROOM = """
ALTER TABLE commissions_standing SET (fillfactor = 70);
ALTER TABLE commissions_earningtotal SET (fillfactor = 70);
"""
LEAVE_NONE = """
ALTER TABLE commissions_standing RESET (fillfactor);
ALTER TABLE commissions_earningtotal RESET (fillfactor);
"""


class Migration(migrations.Migration):
    dependencies = [("commissions", "0001_initial")]

    operations = [
        migrations.RunSQL(REFUSE_CHANGES, ALLOW_CHANGES),
        migrations.RunSQL(REFUSE_NEW_TERMS, ALLOW_NEW_TERMS),
        migrations.RunSQL(LEAVE_ROOM, LEAVE_NONE),
    ]
