-- Turns: whatever is broken about one customer is read beside the others' work, ever more rarely.

-- When it was last asked why the account is parked.
alter table customer add column park_reason_at timestamptz;
-- How often reading the customer's invoices has failed since it last went well, and until when it rests.
alter table customer add column invoices_failures integer not null default 0;
alter table customer add column invoices_rest_until timestamptz;
