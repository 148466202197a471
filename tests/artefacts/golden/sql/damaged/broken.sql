CREATE TABLE fine (id int);
SELECT 'never ends FROM fine;
CREATE TABLE fine_too (id int);
CREATE VIEW odd AS SELEC x FRM fine FROM FROM;
CREATE VIEW last_one AS SELECT id FROM fine;
