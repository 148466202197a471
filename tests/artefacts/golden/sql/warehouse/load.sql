INSERT INTO facts (day, n) SELECT day, n FROM marts.daily WHERE n > 0;
UPDATE facts SET n = f.n FROM fixes f WHERE f.day = facts.day;
SELECT 1;
