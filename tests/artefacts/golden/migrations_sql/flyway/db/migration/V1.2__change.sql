ALTER TABLE public.visits
    ALTER COLUMN code TYPE varchar(20),
    ALTER COLUMN code DROP DEFAULT,
    DROP CONSTRAINT visits_code_key,
    ADD COLUMN seen timestamptz NOT NULL;
DO $$ BEGIN
    ALTER TABLE visits RENAME COLUMN price TO amount;
EXCEPTION WHEN undefined_column THEN NULL; END $$;
SELECT rebuild_all();
