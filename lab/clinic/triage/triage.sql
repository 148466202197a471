-- What the triage service and booking need besides the clinic's schema, where triage runs.
create table departments (name text primary key);
insert into departments values ('cardiology'), ('dental'), ('dermatology'), ('ent'), ('gastro'), ('general'),
    ('gynaecology'), ('neurology'), ('ophthalmology'), ('orthopaedics'), ('paediatrics'), ('urology');
alter table visits add column department text references departments;
create table triage_predictions (
    prediction_id bigint generated always as identity primary key,
    wish text not null,
    model_version text not null,
    department text not null,
    urgency text not null,
    predicted_at timestamptz not null default now(),
    clinician_department text,    -- where those who saw the patient say they belong
    reviewed_at timestamptz
);
alter table departments owner to clinic_app;
alter table triage_predictions owner to clinic_app;
