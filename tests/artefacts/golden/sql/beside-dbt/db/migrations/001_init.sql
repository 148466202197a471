create table other (a int)
