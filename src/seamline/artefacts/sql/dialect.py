"""Which dialect a file is written in, by where it stands and by what only one of them has."""

import re

_NAMES = {
    "postgres": ("postgres", "postgresql", "pgsql", "psql", "pg", "timescale", "timescaledb"), "mysql": ("mysql", "mariadb"),
    "tsql": ("tsql", "mssql", "sqlserver", "synapse"), "snowflake": ("snowflake",), "bigquery": ("bigquery", "bq", "bqsql"),
    "redshift": ("redshift",), "duckdb": ("duckdb",), "clickhouse": ("clickhouse",), "trino": ("trino", "athena"),
    "presto": ("presto",), "databricks": ("databricks",), "spark": ("spark", "sparksql"), "hive": ("hive", "hql"),
    "oracle": ("oracle", "plsql"), "sqlite": ("sqlite", "sqlite3"),
}  # fmt: skip
_BY_NAME = {word: dialect for dialect, words in _NAMES.items() for word in words}

# The first that fits counts; what several dialects share is no sign.
_SIGNS = tuple(
    (dialect, re.compile(sign, re.I | re.M))
    for dialect, sign in (
        ("clickhouse", r"\bENGINE\s*=\s*\w*(?:MergeTree|Log|Distributed)\b|\bLowCardinality\("),
        ("mysql", r"\bENGINE\s*=\s*(?:InnoDB|MyISAM|Aria|MEMORY)\b|\bAUTO_INCREMENT\b|^DELIMITER\s|/\*!\d{5}"),
        ("redshift", r"\b(?:DISTKEY|SORTKEY|DISTSTYLE)\b"),
        ("tsql", r"^\s*GO\s*$|\[dbo\]\.|\bIDENTITY\s*\(\s*\d+\s*,|\bNVARCHAR\s*\(\s*MAX|\bSET\s+(?:ANSI_NULLS|NOCOUNT)\b"),
        ("oracle", r"\bVARCHAR2\b|\bNUMBER\s*\(\s*\d+\s*(?:,\s*\d+\s*)?\)\s+(?:NOT\s+NULL|PRIMARY|,|DEFAULT)|\bFROM\s+DUAL\b"),
        ("snowflake", r"\bVARIANT\b|\bLATERAL\s+FLATTEN\b|\bTIMESTAMP_(?:NTZ|LTZ|TZ)\b|\bCOPY\s+INTO\b|\bWAREHOUSE\s*="),
        ("bigquery", r"`[\w-]+\.[\w-]+\.[\w*-]+`|\bSAFE_CAST\b|\bSTRUCT<|\bARRAY<|\bINT64\b|\bFLOAT64\b"),
        ("spark", r"\bUSING\s+(?:DELTA|PARQUET|ICEBERG)\b|\bLATERAL\s+VIEW\b|\bTBLPROPERTIES\b"),
        ("postgres", r"::\s*[a-z_]+|\$\$|\b(?:BIG|SMALL)?SERIAL\b|\bJSONB\b|\bTIMESTAMPTZ\b|\bOWNER\s+TO\b|^\\\w|\bILIKE\b"
         r"|\bCREATE\s+EXTENSION\b|\bFROM\s+stdin;|\bBYTEA\b|\bpg_catalog\b|\bRETURNING\b.*\bINTO\b|\bNOW\(\)|\bON\s+CONFLICT\b"),
        ("sqlite", r"\bAUTOINCREMENT\b|\bPRAGMA\b|\bWITHOUT\s+ROWID\b"),
        ("mysql", r"`\w+`"),
    )
)  # fmt: skip
_SEEN = 200_000  # characters that are looked at


def guess(path: str, source: str) -> str:
    """sqlglot's name of a file's dialect; "" where nothing tells.

    >>> guess("db/schema.mysql.sql", ""), guess("warehouse/snowflake/x.sql", ""), guess("a.sql", "select a::text")
    ('mysql', 'snowflake', 'postgres')
    """
    for word in reversed(re.findall(r"[a-z0-9]+", path.lower())):
        if word in _BY_NAME:
            return _BY_NAME[word]
    head = source[:_SEEN]
    return next((dialect for dialect, sign in _SIGNS if sign.search(head)), "")
