"""Proposals live in a partition per policy; only a function of the owner makes one."""

from __future__ import annotations

from django.db import migrations

FORWARD = """
CREATE TABLE curation_proposal (
    policy_id bigint NOT NULL,
    clip_id bigint NOT NULL,
    tier smallint NOT NULL CHECK (tier BETWEEN 0 AND 3),
    failing bigint NOT NULL,
    missing bigint NOT NULL,
    PRIMARY KEY (policy_id, clip_id)
) PARTITION BY LIST (policy_id);
CREATE TABLE curation_pairproposal (
    policy_id bigint NOT NULL,
    pair_id bigint NOT NULL,
    tier smallint NOT NULL CHECK (tier BETWEEN 0 AND 3),
    failing bigint NOT NULL,
    missing bigint NOT NULL,
    PRIMARY KEY (policy_id, pair_id)
) PARTITION BY LIST (policy_id);

-- The application may not create tables; it may ask for this one kind. Asking again changes nothing.
CREATE FUNCTION rushes_proposal_partition(policy bigint) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    subject_ text;
    parent text;
    child text;
BEGIN
    SELECT subject INTO subject_ FROM curation_policy WHERE id = policy;
    IF subject_ IS NULL THEN
        RAISE EXCEPTION 'no policy has the id %', policy USING ERRCODE = 'foreign_key_violation';
    END IF;
    parent := CASE subject_ WHEN 'pair' THEN 'curation_pairproposal' ELSE 'curation_proposal' END;
    child := parent || '_p' || policy;
    PERFORM pg_advisory_xact_lock(hashtext(child));
    IF to_regclass('public.' || child) IS NULL THEN
        EXECUTE format('CREATE TABLE public.%I PARTITION OF public.%I FOR VALUES IN (%s)', child, parent, policy);
    END IF;
    RETURN child;
END $$;
"""
BACKWARD = """
DROP FUNCTION rushes_proposal_partition(bigint);
DROP TABLE curation_pairproposal;
DROP TABLE curation_proposal;
"""


class Migration(migrations.Migration):
    """The two partitioned tables and the function that adds a partition."""

    dependencies = [("curation", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
