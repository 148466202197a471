-- The clinic's one database. The services own their tables; `clinic_admin` is the operators' role,
-- `clinic_analyst` that of people with a console.
create role clinic_app login;
alter role clinic_app set lock_timeout = '3s';
create role clinic_analyst login;
create table visits (
    visit_id bigint generated always as identity primary key,
    patient_id bigint not null,
    referral_code text,          -- partner's prefix, a dash, the partner's own number
    status text not null default 'booked',
    booked_at timestamptz not null default now()
);
create table invoices (
    invoice_id bigint generated always as identity primary key,
    visit_id bigint not null,
    procedure text not null,
    amount_cents bigint not null,
    issued_at timestamptz not null default now()
);
create table prices (procedure text primary key, amount_cents bigint not null);
alter table visits owner to clinic_app;
alter table invoices owner to clinic_app;
alter table prices owner to clinic_app;
grant select, update on visits, invoices, prices to clinic_analyst;

insert into prices
select 'proc-' || n, 2500 + 730 * n from generate_series(1, 12) as n;

-- Three days of ordinary business, so that the first reports have figures.
insert into visits (patient_id, referral_code, booked_at)
select 100000 + n,
       case n % 3 when 0 then null
                  when 1 then (array['NORD', 'SEEHOF', 'KIDS'])[1 + n % 5 % 3] || '-' || (1000 + n)
                  else 'NORD-' || (1000 + n) end,
       now() - interval '3 days' + n * interval '10 minutes'
from generate_series(1, 420) as n;
insert into invoices (visit_id, procedure, amount_cents, issued_at)
select v.visit_id, p.procedure, p.amount_cents, v.booked_at + interval '1 minute'
from visits as v join prices as p on p.procedure = 'proc-' || (1 + v.visit_id % 12);
