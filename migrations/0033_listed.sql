-- The list of usage records answers in bounded time: how many there are is known from the kept sums, and where a page begins
-- from an index of the hours, which is small: all records of an hour are one entry.

-- Revisions of the month that a correction replaced; like `records` without those that are held for their distance.
alter table usage_sum add column replaced integer not null default 0;

-- On a large ledger these were made before, partition by partition, without stopping anybody (db::ahead); then nothing is built here.
create index usage_record_hour_idx on usage_record (hour);
create index usage_record_distant_idx on usage_record (hour) where hold in ('ahead', 'too-old');
-- The few that were replaced or settled, for the lists of their states.
create index usage_record_superseded_idx on usage_record (hour) where superseded;
create index usage_record_settled_idx on usage_record (hour) where settlement_line_id is not null;
