-- A discrepancy that somebody of the staff accepts as it is, until it is worth something else.
alter table discrepancy
    add column accepted_at     timestamptz,
    add column accepted_by     text,
    add column accepted_reason text,
    add constraint discrepancy_accepted_whole check (num_nulls(accepted_at, accepted_by, accepted_reason) in (0, 3));
