-- Subscriptions for which nothing is sent are read again too: what Kill Bill says of them decides what their lines may be.
alter table subscription
    -- Kill Bill's bundle, which somebody may pause as a whole; unknown of what was read before this column was there.
    add column bundle_id uuid,
    -- When it is read again, unless something is sent before.
    add column read_again_at timestamptz;
update subscription set read_again_at = now() + random() * interval '1 day' where ended_at is null;
create index subscription_read_again on subscription (read_again_at) where ended_at is null and replaced_at is null;
create index subscription_bundle on subscription (bundle_id);
