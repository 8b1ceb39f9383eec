-- The periodic jobs: when each last ran, what it did, what is due next. A job that has not run is an alert.

create table job (
    name          text primary key,
    next_due_at   timestamptz not null,
    last_started  timestamptz,
    last_finished timestamptz,
    last_failed   boolean,
    last_result   jsonb,
    last_error    text,
    requested_at  timestamptz
);
