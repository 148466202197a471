"""What is asked of PostgreSQL's catalogue (12 and later). Every role may read all of it; no table of the user's is.

`search_path` is empty while these run, so that definitions come back with every name qualified.
"""

_OWN = """
    n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
    AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend e
        WHERE e.classid = '{of}'::pg_catalog.regclass AND e.objid = {oid} AND e.deptype = 'e'
    )
"""
_OWN_RELATIONS = _OWN.format(of="pg_catalog.pg_class", oid="c.oid")

SERVER = """
    SELECT pg_catalog.current_database(), r.rolname, r.rolsuper,
           pg_catalog.current_setting('max_connections')::int,
           pg_catalog.current_setting('superuser_reserved_connections')::int
    FROM pg_catalog.pg_database d JOIN pg_catalog.pg_roles r ON r.oid = d.datdba
    WHERE d.datname = pg_catalog.current_database()
"""

# Partitions are parts of their table; sequences, indexes and composite types hold nothing to read.
RELATIONS = f"""
    SELECT c.oid, n.nspname, c.relname, c.relkind::text, r.rolname, r.rolsuper,
           CASE WHEN c.relkind IN ('v', 'm') THEN pg_catalog.pg_get_viewdef(c.oid) END
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_roles r ON r.oid = c.relowner
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition AND {_OWN_RELATIONS}
    ORDER BY n.nspname, c.relname
"""

COLUMNS = f"""
    SELECT a.attrelid, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), NOT a.attnotnull,
           a.atthasdef OR a.attidentity <> ''
    FROM pg_catalog.pg_attribute a
    JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE a.attnum > 0 AND NOT a.attisdropped
      AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition AND {_OWN_RELATIONS}
    ORDER BY a.attrelid, a.attnum
"""

DEPENDENCIES = """
    SELECT DISTINCT w.ev_class, d.refobjid
    FROM pg_catalog.pg_rewrite w
    JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.objid = w.oid
    WHERE d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid <> w.ev_class
"""

ROUTINES = f"""
    SELECT n.nspname, p.proname, l.lanname, coalesce(nullif(p.prosrc, ''), pg_catalog.pg_get_functiondef(p.oid))
    FROM pg_catalog.pg_proc p
    JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
    JOIN pg_catalog.pg_language l ON l.oid = p.prolang
    WHERE p.prokind IN ('f', 'p') AND l.lanname IN ('sql', 'plpgsql')
      AND {_OWN.format(of="pg_catalog.pg_proc", oid="p.oid")}
    ORDER BY n.nspname, p.proname, p.oid
"""

PUBLICATIONS = """
    SELECT t.pubname, t.schemaname, t.tablename
    FROM pg_catalog.pg_publication_tables t
    ORDER BY t.pubname, t.schemaname, t.tablename
"""

# Tables that are another server's: where, as far as the options say it.
FOREIGN = """
    SELECT f.ftrelid,
           (SELECT o.option_value FROM pg_catalog.pg_options_to_table(s.srvoptions) o WHERE o.option_name = 'host'),
           (SELECT o.option_value FROM pg_catalog.pg_options_to_table(s.srvoptions) o WHERE o.option_name = 'port'),
           (SELECT o.option_value FROM pg_catalog.pg_options_to_table(s.srvoptions) o WHERE o.option_name = 'dbname'),
           (SELECT o.option_value FROM pg_catalog.pg_options_to_table(f.ftoptions) o WHERE o.option_name = 'schema_name'),
           (SELECT o.option_value FROM pg_catalog.pg_options_to_table(f.ftoptions) o WHERE o.option_name = 'table_name')
    FROM pg_catalog.pg_foreign_table f
    JOIN pg_catalog.pg_foreign_server s ON s.oid = f.ftserver
    JOIN pg_catalog.pg_foreign_data_wrapper w ON w.oid = s.srvfdw
    WHERE w.fdwname = 'postgres_fdw'
"""
