-- Finding out what Kill Bill has already, after an older backup of this database was restored.

-- Set when a delivery was found in Kill Bill's books instead of sent from here: its records were in the ledger that was
-- lost. Its tracking id begins with `recovered:` until an invoice tells the one under which it was sent.
alter table delivery add column recovered_at timestamptz;
create index delivery_recovered_idx on delivery (subscription_id) where recovered_at is not null;

-- Further tracking ids under which the records of a recovered delivery were sent.
create table delivery_alias (
    tracking_id text   not null,
    delivery_id bigint not null references delivery,
    primary key (tracking_id, delivery_id)
);

-- Subscriptions whose books are to be compared with Kill Bill's, whether or not anything waits to be sent: all of them
-- once after a start, and those that differ until they do not.
create table lane_doubt (
    subscription_id bigint      primary key references subscription,
    -- The earliest month that is known to differ.
    first_month     date,
    since           timestamptz not null,
    look_at         timestamptz not null,
    looks           integer     not null default 0
);
create index lane_doubt_due_idx on lane_doubt (look_at);
