--
-- PostgreSQL database dump
\connect clinic
SET search_path = public;
CREATE TABLE ONLY_ONE (id integer NOT NULL);
COPY public.only_one (id) FROM stdin;
1 it's; broken
2 (
\.
ALTER TABLE ONLY public.only_one ADD CONSTRAINT only_one_pkey PRIMARY KEY (id);
\copy only_one to 'x.csv'
CREATE MATERIALIZED VIEW totals AS SELECT count(*) AS n FROM public.only_one WITH NO DATA;
