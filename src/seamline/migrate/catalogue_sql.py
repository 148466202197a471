"""What is asked of PostgreSQL's catalogue about one table. Kept to what versions 13 to 18 share."""

RESOLVE = """
SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND ((c.relname = %(whole)s AND pg_table_is_visible(c.oid))
    OR (n.nspname = %(schema)s AND c.relname = %(name)s))
ORDER BY (c.relname = %(whole)s) DESC LIMIT 1
"""

TABLE = """
SELECT c.oid::bigint, n.nspname, c.relname, c.relkind::text, c.relpersistence::text, pg_get_userbyid(c.relowner),
       pg_has_role(c.relowner, 'USAGE'), c.relrowsecurity, c.relforcerowsecurity, c.relreplident::text,
       c.reltuples::bigint, c.relispartition, coalesce(t.spcname, ''), c.relhasrules, c.relhassubclass,
       has_schema_privilege(n.oid, 'CREATE'),
       coalesce(array_to_string(c.reloptions, ' '), ''), coalesce(obj_description(c.oid, 'pg_class'), ''),
       coalesce((SELECT string_agg(a::text, ' ' ORDER BY a::text) FROM unnest(c.relacl) a), '')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_tablespace t ON t.oid = c.reltablespace
WHERE c.oid = %(oid)s
"""

COLUMNS = """
SELECT a.attname, a.attnum, format_type(a.atttypid, a.atttypmod), a.attnotnull,
       coalesce(pg_get_expr(d.adbin, d.adrelid), ''), a.attidentity::text, a.attgenerated::text,
       EXISTS (SELECT 1 FROM pg_opclass o JOIN pg_am m ON m.oid = o.opcmethod
               WHERE o.opcdefault AND m.amname IN ('btree', 'hash')
                 AND (o.opcintype IN (a.atttypid, b.typbasetype)
                   OR (b.typtype = 'e' AND o.opcintype = 'anyenum'::regtype)
                   OR (b.typelem <> 0 AND b.typlen = -1 AND o.opcintype = 'anyarray'::regtype)
                   OR (b.typtype = 'r' AND o.opcintype = 'anyrange'::regtype)
                   OR (a.atttypid = 'varchar'::regtype AND o.opcintype = 'text'::regtype))),
       tn.nspname, pg_get_serial_sequence(format('%%I.%%I', n.nspname, c.relname), a.attname),
       concat_ws(' ', CASE WHEN a.attcollation <> b.typcollation THEN 'COLLATE ' || a.attcollation::regcollation END,
                 'storage ' || a.attstorage::text, 'statistics ' || nullif(a.attstattarget, -1)::text,
                 array_to_string(a.attoptions, ' '), array_to_string(a.attacl, ' ')),
       coalesce(col_description(c.oid, a.attnum), '')
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_type b ON b.oid = a.atttypid JOIN pg_namespace tn ON tn.oid = b.typnamespace
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = %(oid)s AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
"""

INDEXES = """
SELECT i.relname, pg_get_indexdef(i.oid), x.indisunique, x.indisprimary, x.indisvalid, x.indisreplident,
       x.indisclustered, EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = i.oid AND k.conrelid = x.indrelid),
       x.indexprs IS NULL AND x.indpred IS NULL, pg_relation_size(i.oid),
       coalesce((SELECT array_agg(DISTINCT a.attname::text) FROM pg_depend d JOIN pg_attribute a
          ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
          WHERE d.refobjid = x.indrelid AND d.refobjsubid > 0
            AND ((d.classid = 'pg_class'::regclass AND d.objid = i.oid)
              OR (d.classid = 'pg_constraint'::regclass AND d.objid IN
                  (SELECT k.oid FROM pg_constraint k WHERE k.conindid = i.oid AND k.conrelid = x.indrelid)))), '{}'),
       coalesce(obj_description(i.oid, 'pg_class'), ''),
       ARRAY(SELECT pg_get_indexdef(i.oid, k, true) FROM generate_series(1, x.indnatts) k),
       x.indnkeyatts::int
FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid WHERE x.indrelid = %(oid)s ORDER BY i.relname
"""

CONSTRAINTS = """
SELECT k.conname, k.contype::text, pg_get_constraintdef(k.oid), k.convalidated, k.condeferrable,
       coalesce((SELECT array_agg(a.attname::text ORDER BY s.n) FROM unnest(k.conkey) WITH ORDINALITY s(num, n)
          JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = s.num), '{}'),
       coalesce(obj_description(k.oid, 'pg_constraint'), ''), k.confrelid::bigint
FROM pg_constraint k WHERE k.conrelid = %(oid)s AND k.contype <> 'n' ORDER BY k.conname
"""

REFERRERS = """
SELECT k.conname, k.conrelid::regclass::text,
       ARRAY(SELECT a.attname::text FROM unnest(k.confkey) s JOIN pg_attribute a
             ON a.attrelid = k.confrelid AND a.attnum = s), pg_get_constraintdef(k.oid), k.conrelid::bigint
FROM pg_constraint k WHERE k.confrelid = %(oid)s AND k.contype = 'f' AND k.conparentid = 0 ORDER BY 2, 1
"""

TRIGGERS = """
SELECT t.tgname, pg_get_triggerdef(t.oid), t.tgenabled::text, t.tgtype::int,
       ARRAY(SELECT a.attname::text FROM unnest(t.tgattr) s JOIN pg_attribute a
             ON a.attrelid = t.tgrelid AND a.attnum = s)
FROM pg_trigger t WHERE t.tgrelid = %(oid)s AND NOT t.tgisinternal ORDER BY t.tgname
"""

POLICIES = """
SELECT p.polname, p.polcmd::text, p.polpermissive, coalesce(pg_get_expr(p.polqual, p.polrelid), ''),
       coalesce(pg_get_expr(p.polwithcheck, p.polrelid), ''), ARRAY(SELECT r::regrole::text FROM unnest(p.polroles) r)
FROM pg_policy p WHERE p.polrelid = %(oid)s ORDER BY p.polname
"""

STATISTICS = """
SELECT s.stxname, pg_get_statisticsobjdef(s.oid),
       ARRAY(SELECT a.attname::text FROM unnest(s.stxkeys) k JOIN pg_attribute a
             ON a.attrelid = s.stxrelid AND a.attnum = k)
FROM pg_statistic_ext s WHERE s.stxrelid = %(oid)s ORDER BY s.stxname
"""

PUBLICATIONS = """
SELECT p.pubname, p.puballtables FROM pg_publication p
WHERE p.puballtables OR EXISTS (SELECT 1 FROM pg_publication_tables t
  JOIN pg_class c ON c.oid = %(oid)s JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE t.pubname = p.pubname AND t.schemaname = n.nspname AND t.tablename = c.relname)
ORDER BY p.pubname
"""

VIEWS = """
SELECT n.nspname, v.relname, v.relkind::text,
       ARRAY(SELECT DISTINCT a.attname::text FROM pg_depend c JOIN pg_attribute a
             ON a.attrelid = c.refobjid AND a.attnum = c.refobjsubid
             WHERE c.classid = 'pg_rewrite'::regclass AND c.objid = r.oid AND c.refobjid = %(oid)s)
FROM pg_rewrite r JOIN pg_class v ON v.oid = r.ev_class JOIN pg_namespace n ON n.oid = v.relnamespace
WHERE v.oid <> %(oid)s AND r.oid IN (SELECT d.objid FROM pg_depend d
  WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = %(oid)s)
ORDER BY 1, 2
"""

ROUTINES = """
SELECT n.nspname || '.' || p.proname, p.prosrc FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
JOIN pg_language l ON l.oid = p.prolang
WHERE l.lanname IN ('sql', 'plpgsql') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'seam')
  AND position(lower(%(name)s) IN lower(p.prosrc)) > 0
ORDER BY 1
"""

ROW_TYPE_USERS = """
SELECT DISTINCT pg_describe_object(d.classid, d.objid, 0) FROM pg_depend d JOIN pg_class c ON c.oid = %(oid)s
WHERE d.objid <> c.oid AND d.refclassid = 'pg_type'::regclass AND d.deptype IN ('n', 'a')
  AND (d.refobjid = c.reltype OR d.refobjid = (SELECT typarray FROM pg_type WHERE oid = c.reltype))
ORDER BY 1
"""

LEAVES = """
WITH RECURSIVE below AS (
  SELECT %(oid)s::oid AS oid UNION ALL
  SELECT i.inhrelid FROM pg_inherits i JOIN below b ON b.oid = i.inhparent)
SELECT c.oid::bigint, n.nspname, c.relname, pg_relation_size(c.oid) / current_setting('block_size')::bigint
FROM below b JOIN pg_class c ON c.oid = b.oid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' ORDER BY n.nspname, c.relname
"""

SERVER = """
SELECT current_setting('server_version_num')::int, pg_is_in_recovery(), current_user::text, current_database()::text,
       has_database_privilege(current_database(), 'CREATE'),
       (SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user),
       current_setting('block_size')::int
"""

GRANTS = """
SELECT x.privilege_type, CASE WHEN x.grantee = 0 THEN '' ELSE pg_get_userbyid(x.grantee) END, x.is_grantable, ''::text
FROM pg_class c, aclexplode(c.relacl) x WHERE c.oid = %(oid)s AND x.grantee <> c.relowner
UNION ALL
SELECT x.privilege_type, CASE WHEN x.grantee = 0 THEN '' ELSE pg_get_userbyid(x.grantee) END, x.is_grantable, a.attname::text
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid, aclexplode(a.attacl) x
WHERE a.attrelid = %(oid)s AND NOT a.attisdropped AND a.attnum > 0 AND x.grantee <> c.relowner
ORDER BY 4, 2, 1
"""

VIEW_TEXTS = """
SELECT DISTINCT v.oid::regclass::text, v.relkind::text, pg_get_viewdef(v.oid), coalesce(array_to_string(v.reloptions, ', '), '')
FROM pg_rewrite r JOIN pg_class v ON v.oid = r.ev_class JOIN pg_depend d ON d.objid = r.oid
WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = %(oid)s AND v.oid <> %(oid)s
ORDER BY 1
"""

OWN_PUBLICATIONS = """
SELECT p.pubname, pg_has_role(p.pubowner, 'USAGE') FROM pg_publication p JOIN pg_publication_rel r ON r.prpubid = p.oid
WHERE r.prrelid = %(oid)s AND NOT p.puballtables ORDER BY 1
"""
