-- the tables of booking
CREATE TABLE patients (
    id BIGSERIAL PRIMARY KEY,
    email TEXT NOT NULL,
    born DATE
);

CREATE TABLE IF NOT EXISTS public.visits (
    id bigint GENERATED ALWAYS AS IDENTITY,
    patient_id bigint NOT NULL REFERENCES patients (id),
    code varchar(20) DEFAULT 'none',
    PRIMARY KEY (id)
);
ALTER TABLE visits ADD COLUMN cancelled_at timestamptz;
COMMENT ON TABLE visits IS 'one row a visit; booked or not';
CREATE INDEX ON visits (patient_id);
INSERT INTO visits (patient_id, code) VALUES (1, 'a;b');

CREATE VIEW open_visits AS
SELECT v.id, p.email FROM visits v JOIN patients p ON p.id = v.patient_id WHERE v.cancelled_at IS NULL;

CREATE FUNCTION touch() RETURNS trigger AS $$ BEGIN DELETE FROM visits USING patients; RETURN NEW; END $$ LANGUAGE plpgsql;
