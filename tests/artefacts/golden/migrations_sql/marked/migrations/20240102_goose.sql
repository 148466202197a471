-- +goose Up
-- +goose StatementBegin
CREATE FUNCTION f() RETURNS int AS $$ BEGIN RETURN 1; END; $$ LANGUAGE plpgsql;
-- +goose StatementEnd
ALTER TABLE a RENAME TO b;
-- +goose Down
ALTER TABLE b RENAME TO a;
