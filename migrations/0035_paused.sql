-- A job that a person paused: it makes no pass until somebody lets it go on. Who, since when and why stand beside it.
alter table job
    add column paused_at    timestamptz,
    add column paused_by    text,
    add column pause_reason text,
    add constraint job_paused_check check (num_nulls(paused_at, paused_by, pause_reason) in (0, 3));
