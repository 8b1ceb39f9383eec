-- The ledger: hourly usage, and the deliveries that carry it to Kill Bill.
-- A record costs one insert and one update (delivery_id) for life. Every later state belongs to its delivery.

create table usage_record (
    resource_id bigint        not null,
    meter_id    smallint      not null,
    hour        timestamptz   not null,
    revision    smallint      not null default 1,
    -- What was consumed in [hour, hour + 1), in the meter's unit. Kill Bill keeps decimal(18,9).
    quantity    numeric(18,9) not null check (quantity >= 0),
    -- What this revision adds to what Kill Bill was told before: the quantity itself for a first revision,
    -- the difference for a correction of a record that was already sent. May be negative.
    delta       numeric(18,9) not null,
    superseded  boolean       not null default false,
    -- Why this one hour cannot be sent (its meter's reasons stand in `route`).
    hold        text,
    delivery_id bigint,
    recorded_at timestamptz   not null,
    primary key (resource_id, meter_id, hour, revision)
) partition by range (hour);

-- The outbox: rows that no delivery carries yet. Holds only what is open, so it stays small.
create index usage_record_outbox_idx on usage_record (resource_id, meter_id, hour)
    where delivery_id is null and not superseded and hold is null;
create index usage_record_hold_idx on usage_record (resource_id, meter_id, hour)
    where delivery_id is null and not superseded and hold is not null;

-- Where a resource's meter goes: the plan and unit in Kill Bill's catalog, or the reason why it cannot go.
create table route (
    resource_id bigint   not null references resource,
    meter_id    smallint not null references meter,
    plan        text,
    unit        text,
    -- Units of Kill Bill in one unit of the meter: 60 for minute units.
    factor      numeric  not null default 1,
    recurring   boolean  not null default false,
    hold        text,
    hold_detail text,
    primary key (resource_id, meter_id)
);
create index route_hold_idx on route (hold) where hold is not null;

create table subscription (
    id                 bigint generated always as identity primary key,
    resource_id        bigint      not null references resource,
    plan               text        not null,
    external_key       text        not null,
    killbill_id        uuid        not null constraint subscription_killbill_key unique,
    billing_start      timestamptz not null,
    billing_end        timestamptz,
    charged_through    date,
    -- Units that the subscription's own catalog version prices: Kill Bill accepts others and never bills them.
    units              text[]      not null default '{}',
    -- Custom fields as Kill Bill was last told them.
    told               jsonb,
    created_at         timestamptz not null,
    ended_at           timestamptz,
    constraint subscription_plan_key unique (resource_id, plan)
);

create table delivery (
    id              bigint generated always as identity primary key,
    uuid            uuid        not null constraint delivery_uuid_key unique,
    subscription_id bigint      not null references subscription,
    tracking_id     text        not null check (length(tracking_id) <= 128),
    -- Calendar month (its first day); a delivery never crosses one.
    month           date        not null,
    window_start    timestamptz not null,
    window_end      timestamptz not null,
    records         integer     not null check (records between 1 and 1000),
    state           text        not null check (state in
                    ('prepared', 'sending', 'unknown', 'delivered', 'verified', 'refused')),
    attempts        integer     not null default 0,
    created_at      timestamptz not null,
    sent_at         timestamptz,
    read_back_at    timestamptz,
    settled_at      timestamptz,
    verified_at     timestamptz,
    -- The invoice that lists this delivery's tracking id.
    invoice_id      bigint,
    detail          text,
    constraint delivery_tracking_key unique (subscription_id, tracking_id)
);
-- The database itself refuses a second delivery in flight; a refused one blocks its lane until a person decides.
create unique index delivery_in_flight_key on delivery (subscription_id)
    where state in ('prepared', 'sending', 'unknown', 'refused');
create index delivery_unverified_idx on delivery (subscription_id, month) where state = 'delivered';
create index delivery_month_idx on delivery (subscription_id, month);
create index delivery_tracking_idx on delivery (tracking_id);
create index delivery_state_idx on delivery (state, id);

-- The sums of a delivery, per meter: what the ledger says Kill Bill holds is a sum over these.
create table delivery_unit (
    delivery_id bigint        not null references delivery,
    meter_id    smallint      not null references meter,
    unit        text          not null,
    factor      numeric       not null,
    records     integer       not null,
    quantity    numeric       not null,
    amount      numeric       not null,
    primary key (delivery_id, meter_id)
);

-- What happened to a delivery, in order. Nothing here is ever changed.
create table delivery_attempt (
    delivery_id bigint      not null references delivery,
    attempt     integer     not null,
    kind        text        not null check (kind in ('send', 'read-back', 'retry')),
    at          timestamptz not null,
    outcome     text        not null,
    status      integer,
    code        bigint,
    answer      text
);
create index delivery_attempt_idx on delivery_attempt (delivery_id, at);
