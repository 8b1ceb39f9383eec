-- Usage travels by the day: when the resource's hours were looked at last, by our clock, and when those that were left behind are due,
-- by the later of our clock and Kill Bill's. Null: none were.
alter table resource add column looked_at timestamptz;
alter table resource add column due_at timestamptz;
