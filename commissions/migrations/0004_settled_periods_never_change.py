"""Let the database itself refuse to change what people were paid by: closed periods, their runs and lines, and settlements."""

from django.db import migrations

PERIODS = """
CREATE FUNCTION commissions_period_settled() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.status = 'closed' OR (TG_OP = 'DELETE' AND OLD.status <> 'open') THEN
        RAISE EXCEPTION 'period % % is %: nothing changes it any more', OLD.kind, OLD.name, OLD.status
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    IF OLD.status = 'shut' AND (NEW.status = 'open' OR (NEW.plan_id, NEW.kind, NEW.name, NEW.time_zone, NEW.starts_at,
            NEW.ends_at, NEW.shut_at, NEW.last_entry) IS DISTINCT FROM (OLD.plan_id, OLD.kind, OLD.name, OLD.time_zone,
            OLD.starts_at, OLD.ends_at, OLD.shut_at, OLD.last_entry)) THEN
        RAISE EXCEPTION 'the books of period % % are shut: it can only be closed', OLD.kind, OLD.name
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.status = 'closed' AND (OLD.status <> 'shut'
            OR NOT EXISTS (SELECT FROM commissions_run WHERE period_id = OLD.id AND status = 'closed')) THEN
        RAISE EXCEPTION 'period % % has no closed run: only a run closes it', OLD.kind, OLD.name
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER settled_periods_stay BEFORE UPDATE OR DELETE ON commissions_period
    FOR EACH ROW EXECUTE FUNCTION commissions_period_settled();

CREATE FUNCTION commissions_books_are_shut() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE found text;
BEGIN
    SELECT p.kind || ' ' || p.name INTO found FROM commissions_period p
        WHERE p.id IN (SELECT period_id FROM added) AND p.status <> 'open' LIMIT 1;
    IF found IS NOT NULL THEN
        RAISE EXCEPTION 'the books of period % are shut: volume that arrives now counts in an open one', found
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER shut_books_take_no_volume AFTER INSERT ON commissions_volumeentry
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION commissions_books_are_shut();
"""
NO_PERIODS = """
DROP TRIGGER shut_books_take_no_volume ON commissions_volumeentry;
DROP FUNCTION commissions_books_are_shut();
DROP TRIGGER settled_periods_stay ON commissions_period;
DROP FUNCTION commissions_period_settled();
"""

RUNS = """
CREATE FUNCTION commissions_run_goes_forward() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.status = 'closed' THEN
        RAISE EXCEPTION 'run % is closed: nothing changes it any more', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    IF NEW.status <> OLD.status AND (OLD.status, NEW.status) NOT IN (
        ('waiting', 'calculated'), ('waiting', 'failed'), ('waiting', 'discarded'), ('failed', 'waiting'),
        ('failed', 'discarded'), ('calculated', 'approved'), ('calculated', 'discarded'), ('approved', 'calculated'),
        ('approved', 'closed'), ('approved', 'discarded')
    ) THEN
        RAISE EXCEPTION 'run % does not go from % to %', OLD.id, OLD.status, NEW.status USING ERRCODE = 'restrict_violation';
    END IF;
    IF (NEW.period_id, NEW.number, NEW.plan_id, NEW.repeats_id, NEW.is_preview, NEW.calculated_by_id)
            IS DISTINCT FROM (OLD.period_id, OLD.number, OLD.plan_id, OLD.repeats_id, OLD.is_preview, OLD.calculated_by_id)
        OR (OLD.status IN ('calculated', 'approved', 'discarded')
            AND (NEW.follows_id, NEW.cut_at, NEW.calculated_at, NEW.code_version, NEW.input_checksum, NEW.result_checksum,
                NEW.currency, NEW.people, NEW.entries, NEW.lines, NEW.cv, NEW.sold_minor, NEW.earned_minor, NEW.unearned_minor,
                NEW.clawback_minor, NEW.adjustment_minor, NEW.brought_minor, NEW.payable_minor, NEW.carried_minor, NEW.review,
                NEW.state)
            IS DISTINCT FROM (OLD.follows_id, OLD.cut_at, OLD.calculated_at, OLD.code_version, OLD.input_checksum,
                OLD.result_checksum, OLD.currency, OLD.people, OLD.entries, OLD.lines, OLD.cv, OLD.sold_minor, OLD.earned_minor,
                OLD.unearned_minor, OLD.clawback_minor, OLD.adjustment_minor, OLD.brought_minor, OLD.payable_minor,
                OLD.carried_minor, OLD.review, OLD.state)) THEN
        RAISE EXCEPTION 'run % is calculated: its result does not change', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER runs_go_forward BEFORE UPDATE OR DELETE ON commissions_run
    FOR EACH ROW EXECUTE FUNCTION commissions_run_goes_forward();

CREATE FUNCTION commissions_run_closes_its_period() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM commissions_period WHERE id = NEW.period_id AND status = 'closed') THEN
        RAISE EXCEPTION 'run % is closed and its period is not', NEW.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER closed_run_closes_its_period AFTER INSERT OR UPDATE ON commissions_run
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.status = 'closed')
    EXECUTE FUNCTION commissions_run_closes_its_period();

CREATE FUNCTION commissions_parts_of_a_run_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' OR EXISTS (SELECT FROM commissions_run
            WHERE id = CASE WHEN TG_OP = 'INSERT' THEN NEW.run_id ELSE OLD.run_id END AND status NOT IN ('waiting', 'discarded')) THEN
        RAISE EXCEPTION '% of % is refused: what a run has calculated stays', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER bonuses_of_a_run_stay BEFORE INSERT OR UPDATE OR DELETE ON commissions_runbonus
    FOR EACH ROW EXECUTE FUNCTION commissions_parts_of_a_run_stay();
CREATE TRIGGER arrays_of_a_run_stay BEFORE INSERT OR UPDATE OR DELETE ON commissions_runarray
    FOR EACH ROW EXECUTE FUNCTION commissions_parts_of_a_run_stay();

-- Each part gets the same trigger before it is attached: one on the whole does not see a statement that names the part.
CREATE FUNCTION commissions_rows_of_a_run_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: the rows of a run are written once, by the run', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER rows_of_a_run_stay BEFORE INSERT OR UPDATE OR DELETE ON commissions_runline
    FOR EACH STATEMENT EXECUTE FUNCTION commissions_rows_of_a_run_stay();
CREATE TRIGGER rows_of_a_run_stay BEFORE INSERT OR UPDATE OR DELETE ON commissions_runstanding
    FOR EACH STATEMENT EXECUTE FUNCTION commissions_rows_of_a_run_stay();
CREATE TRIGGER rows_of_a_run_stay BEFORE INSERT OR UPDATE OR DELETE ON commissions_runtotal
    FOR EACH STATEMENT EXECUTE FUNCTION commissions_rows_of_a_run_stay();
"""
NO_RUNS = """
DROP TRIGGER rows_of_a_run_stay ON commissions_runtotal;
DROP TRIGGER rows_of_a_run_stay ON commissions_runstanding;
DROP TRIGGER rows_of_a_run_stay ON commissions_runline;
DROP FUNCTION commissions_rows_of_a_run_stay() CASCADE;
DROP TRIGGER arrays_of_a_run_stay ON commissions_runarray;
DROP TRIGGER bonuses_of_a_run_stay ON commissions_runbonus;
DROP FUNCTION commissions_parts_of_a_run_stay();
DROP TRIGGER closed_run_closes_its_period ON commissions_run;
DROP FUNCTION commissions_run_closes_its_period();
DROP TRIGGER runs_go_forward ON commissions_run;
DROP FUNCTION commissions_run_goes_forward();
"""

SETTLEMENTS = """
CREATE FUNCTION commissions_settlement_stays() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE before jsonb := to_jsonb(OLD) - '{approved_by_id,approved_at,ended_by_id,ended_at}'::text[];
BEGIN
    IF TG_OP = 'DELETE' OR before IS DISTINCT FROM to_jsonb(NEW) - '{approved_by_id,approved_at,ended_by_id,ended_at}'::text[]
        OR (OLD.approved_at IS NOT NULL AND (NEW.approved_at, NEW.approved_by_id) IS DISTINCT FROM (OLD.approved_at, OLD.approved_by_id))
        OR OLD.ended_at IS NOT NULL THEN
        RAISE EXCEPTION '% of % is refused: what was asked for is withdrawn, and asked for anew', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER adjustments_stay BEFORE UPDATE OR DELETE ON commissions_adjustment
    FOR EACH ROW EXECUTE FUNCTION commissions_settlement_stays();
CREATE TRIGGER holds_stay BEFORE UPDATE OR DELETE ON commissions_hold
    FOR EACH ROW EXECUTE FUNCTION commissions_settlement_stays();

CREATE FUNCTION commissions_adjusts_open_period() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM commissions_period WHERE id = NEW.period_id AND status = 'closed') THEN
        RAISE EXCEPTION 'period % is closed: adjust one that is not', NEW.period_id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER closed_periods_are_not_adjusted BEFORE INSERT OR UPDATE ON commissions_adjustment
    FOR EACH ROW EXECUTE FUNCTION commissions_adjusts_open_period();
"""
NO_SETTLEMENTS = """
DROP TRIGGER closed_periods_are_not_adjusted ON commissions_adjustment;
DROP FUNCTION commissions_adjusts_open_period();
DROP TRIGGER holds_stay ON commissions_hold;
DROP TRIGGER adjustments_stay ON commissions_adjustment;
DROP FUNCTION commissions_settlement_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("commissions", "0003_runs")]

    operations = [
        migrations.RunSQL(PERIODS, NO_PERIODS),
        migrations.RunSQL(RUNS, NO_RUNS),
        migrations.RunSQL(SETTLEMENTS, NO_SETTLEMENTS),
    ]
