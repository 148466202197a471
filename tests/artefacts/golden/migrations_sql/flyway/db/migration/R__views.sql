CREATE OR REPLACE VIEW open_visits AS SELECT id, code FROM visits WHERE seen IS NULL;
