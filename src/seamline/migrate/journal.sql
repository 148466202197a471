CREATE SCHEMA IF NOT EXISTS seam;
GRANT USAGE ON SCHEMA seam TO PUBLIC;
CREATE TABLE IF NOT EXISTS seam.migration (
  id text PRIMARY KEY, plan text NOT NULL, plan_sha text NOT NULL, owner text NOT NULL, approved_by text,
  contract_by text, state text NOT NULL, epoch integer NOT NULL DEFAULT 0, budget_s double precision NOT NULL,
  eta_p50 double precision, eta_p90 double precision, overlay text NOT NULL DEFAULT '', why text NOT NULL DEFAULT '',
  program text NOT NULL, planned_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  started_at timestamptz, ended_at timestamptz);
CREATE TABLE IF NOT EXISTS seam.step (
  mig text NOT NULL REFERENCES seam.migration ON DELETE CASCADE, n integer NOT NULL, name text NOT NULL,
  state text NOT NULL, attempts integer NOT NULL DEFAULT 0, result jsonb NOT NULL DEFAULT '{}',
  at timestamptz NOT NULL DEFAULT clock_timestamp(), PRIMARY KEY (mig, n));
CREATE TABLE IF NOT EXISTS seam.chunk (
  mig text NOT NULL REFERENCES seam.migration ON DELETE CASCADE, pass integer NOT NULL, kind text NOT NULL,
  leaf bigint NOT NULL, lo bigint NOT NULL, hi bigint NOT NULL, rows bigint NOT NULL, src_hash text NOT NULL,
  dst_hash text NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp(), PRIMARY KEY (mig, kind, pass, leaf, lo));
CREATE TABLE IF NOT EXISTS seam.event (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, mig text NOT NULL REFERENCES seam.migration ON DELETE CASCADE,
  at timestamptz NOT NULL DEFAULT clock_timestamp(), kind text NOT NULL, detail jsonb NOT NULL DEFAULT '{}',
  sent_at timestamptz);
CREATE TABLE IF NOT EXISTS seam.sample (
  mig text NOT NULL REFERENCES seam.migration ON DELETE CASCADE, at timestamptz NOT NULL DEFAULT clock_timestamp(),
  canary_ms double precision, lag double precision, wal bigint, slot bigint);
CREATE TABLE IF NOT EXISTS seam.conductor (
  mig text NOT NULL REFERENCES seam.migration ON DELETE CASCADE, epoch integer NOT NULL, who text NOT NULL,
  pids integer[] NOT NULL, started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  beat_at timestamptz NOT NULL DEFAULT clock_timestamp(), wish text NOT NULL DEFAULT '', PRIMARY KEY (mig, epoch));
CREATE TABLE IF NOT EXISTS seam.canary (mig text PRIMARY KEY, n bigint NOT NULL); -- the dry run has one, too
-- what earlier journals had otherwise
ALTER TABLE seam.canary DROP CONSTRAINT IF EXISTS canary_mig_fkey;
ALTER TABLE seam.conductor ADD COLUMN IF NOT EXISTS wish text NOT NULL DEFAULT '';
CREATE TABLE IF NOT EXISTS seam.seen (
  mig text NOT NULL REFERENCES seam.migration ON DELETE CASCADE, subject integer NOT NULL, n bigint NOT NULL,
  at timestamptz NOT NULL DEFAULT clock_timestamp());
CREATE TABLE IF NOT EXISTS seam.stray (
  mig text NOT NULL REFERENCES seam.migration ON DELETE CASCADE, subject integer NOT NULL, row_key text NOT NULL,
  at timestamptz NOT NULL DEFAULT clock_timestamp());
CREATE OR REPLACE FUNCTION seam.hold(m text, e integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM seam.migration WHERE id = m AND epoch = e FOR SHARE;
  IF NOT FOUND THEN RAISE 'another conductor has taken % over', m USING ERRCODE = 'SM001'; END IF;
END $$;
REVOKE ALL ON FUNCTION seam.hold(text, integer) FROM PUBLIC;
CREATE OR REPLACE FUNCTION seam.guard(leaf oid, filenode oid, trigger_name name) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF pg_relation_filenode(leaf) IS DISTINCT FROM filenode THEN
    RAISE 'the table was rewritten' USING ERRCODE = 'SM002';
  END IF;
  PERFORM 1 FROM pg_trigger WHERE tgrelid = leaf AND tgname = trigger_name AND tgenabled IN ('O', 'A');
  IF NOT FOUND THEN RAISE 'trigger % is gone or switched off', trigger_name USING ERRCODE = 'SM003'; END IF;
END $$;
