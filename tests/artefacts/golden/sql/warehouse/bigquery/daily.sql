CREATE OR REPLACE TABLE `clinic.marts.daily` AS
SELECT DATE(at) AS day, SAFE_CAST(n AS INT64) AS n FROM `clinic.raw.visits`;

MERGE marts.daily t USING marts.late s ON t.day = s.day WHEN MATCHED THEN UPDATE SET n = s.n;
