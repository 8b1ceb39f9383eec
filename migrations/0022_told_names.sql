-- Names that Kill Bill does not take as they are: in which form it has them, and why it has none.

-- What it has in place of a name that it refuses; null: `told` as it is.
alter table subscription add column shown jsonb;
-- Why it could not be told at the last try, and when the next one is due.
alter table subscription add column telling_error text;
alter table subscription add column tell_at timestamptz;
alter table subscription add column telling_failures integer not null default 0;
alter table customer add column shown_name text;
alter table customer add column telling_error text;
alter table customer add column tell_at timestamptz;
alter table customer add column telling_failures integer not null default 0;
