--liquibase formatted sql

--changeset ana:1
CREATE TABLE c (id int PRIMARY KEY, old text);
--rollback DROP TABLE c;

--changeset ana:2
ALTER TABLE c DROP COLUMN old;
