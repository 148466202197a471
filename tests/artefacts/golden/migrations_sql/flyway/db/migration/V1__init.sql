CREATE TABLE public.visits (
    id bigserial PRIMARY KEY,
    code varchar(50) NOT NULL DEFAULT 'x',
    price numeric(8, 2),
    clinic integer REFERENCES clinics (id) ON DELETE SET NULL,
    CONSTRAINT positive CHECK (price > 0),
    UNIQUE (code)
);
