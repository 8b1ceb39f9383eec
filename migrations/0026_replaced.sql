-- A subscription that began at a wrong hour, and of which nothing was billed, is ended where it began and gives way to another of
-- the same plan. It stays as a line of the history, with its deliveries, which come to nothing.
alter table subscription add column replaced_at timestamptz;
alter table subscription drop constraint subscription_plan_key;
create unique index subscription_plan_key on subscription (resource_id, plan) where replaced_at is null;
