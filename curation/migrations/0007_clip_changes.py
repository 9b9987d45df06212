"""A log of which clips changed, written by the database itself, so that no writer can forget the snapshot.

One row a statement: the ids, or for a bulk load only the range that they lie in. ``xid`` orders the rows safely: a
reader that has seen everything below the oldest running transaction can miss nothing later.
"""

from __future__ import annotations

from django.db import migrations

FORWARD = """
CREATE TABLE curation_clipchange (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    at timestamptz NOT NULL DEFAULT now(),
    low bigint NOT NULL,
    high bigint NOT NULL,
    ids bigint[]
);
CREATE INDEX clipchange_xid ON curation_clipchange (xid);

CREATE FUNCTION rushes_note_clips(ids_ bigint[], low_ bigint, high_ bigint) RETURNS void
LANGUAGE sql SET search_path = public, pg_temp AS $$
    INSERT INTO curation_clipchange (low, high, ids)
    SELECT low_, high_, CASE WHEN cardinality(ids_) <= 5000 THEN ids_ END WHERE low_ IS NOT NULL;
$$;

CREATE FUNCTION rushes_clips_changed() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    low_ bigint;
    high_ bigint;
    count_ bigint;
    ids_ bigint[];
BEGIN
    IF TG_TABLE_NAME = 'curation_clip' THEN
        SELECT min(id), max(id), count(*) INTO low_, high_, count_ FROM changed;
        IF count_ <= 5000 THEN SELECT array_agg(id) INTO ids_ FROM changed; END IF;
    ELSIF TG_TABLE_NAME = 'curation_person' THEN
        SELECT min(c.id), max(c.id), array_agg(c.id) INTO low_, high_, ids_
        FROM curation_clip c JOIN changed x ON c.person_id = x.id;
    ELSIF TG_TABLE_NAME = 'curation_source' THEN
        SELECT min(c.id), max(c.id), array_agg(c.id) INTO low_, high_, ids_
        FROM curation_clip c JOIN changed x ON c.source_id = x.id JOIN was w ON w.id = x.id
        WHERE (x.language, x.category, x.withdrawn_at) IS DISTINCT FROM (w.language, w.category, w.withdrawn_at);
    ELSE
        SELECT min(clip_id), max(clip_id), count(*) INTO low_, high_, count_ FROM changed WHERE clip_id IS NOT NULL;
        IF count_ <= 5000 THEN
            SELECT array_agg(clip_id) INTO ids_ FROM changed WHERE clip_id IS NOT NULL;
        END IF;
    END IF;
    PERFORM rushes_note_clips(ids_, low_, high_);
    RETURN NULL;
END $$;

CREATE TRIGGER clip_added AFTER INSERT ON curation_clip
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION rushes_clips_changed();
CREATE TRIGGER clip_changed AFTER UPDATE ON curation_clip
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION rushes_clips_changed();
CREATE TRIGGER clip_removed AFTER DELETE ON curation_clip
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION rushes_clips_changed();
CREATE TRIGGER scorecard_added AFTER INSERT ON curation_scorecard
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION rushes_clips_changed();
CREATE TRIGGER scorecard_changed AFTER UPDATE ON curation_scorecard
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION rushes_clips_changed();
CREATE TRIGGER scorecard_removed AFTER DELETE ON curation_scorecard
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION rushes_clips_changed();
CREATE TRIGGER verdict_added AFTER INSERT ON curation_verdict
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION rushes_clips_changed();
CREATE TRIGGER person_changed AFTER UPDATE ON curation_person
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION rushes_clips_changed();
CREATE TRIGGER source_changed AFTER UPDATE ON curation_source
    REFERENCING NEW TABLE AS changed OLD TABLE AS was FOR EACH STATEMENT EXECUTE FUNCTION rushes_clips_changed();
"""
BACKWARD = """
DROP TRIGGER source_changed ON curation_source;
DROP TRIGGER person_changed ON curation_person;
DROP TRIGGER verdict_added ON curation_verdict;
DROP TRIGGER scorecard_removed ON curation_scorecard;
DROP TRIGGER scorecard_changed ON curation_scorecard;
DROP TRIGGER scorecard_added ON curation_scorecard;
DROP TRIGGER clip_removed ON curation_clip;
DROP TRIGGER clip_changed ON curation_clip;
DROP TRIGGER clip_added ON curation_clip;
DROP FUNCTION rushes_clips_changed();
DROP FUNCTION rushes_note_clips(bigint[], bigint, bigint);
DROP TABLE curation_clipchange;
"""


class Migration(migrations.Migration):
    """The log and its triggers."""

    dependencies = [("curation", "0006_turn_talk_share")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
