WITH recent AS (SELECT * FROM open_visits)
SELECT count(*) FROM recent JOIN billing.invoices i ON i.visit_id = recent.id;
