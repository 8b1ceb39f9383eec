-- Settlements: money for hours that cannot travel as usage. Kill Bill gets it as external charges or as credits.
-- A record is carried by a delivery or by a line of a settlement, never by both; either is stamped once.

create table settlement (
    id            bigint generated always as identity primary key,
    uuid          uuid        not null constraint settlement_uuid_key unique,
    -- Our mark in Kill Bill: made from the content, so the same content always has the same one, also after a restore.
    mark          text        not null constraint settlement_mark_key unique,
    customer_id   bigint      not null references customer,
    month         date        not null,
    -- Charges and credits travel apart; `nothing` settles records that come to no money, and is never sent.
    direction     text        not null check (direction in ('charge', 'credit', 'nothing')),
    currency      text        not null,
    -- Signed sum of the lines.
    amount        numeric     not null,
    records       integer     not null,
    state         text        not null check (state in ('prepared', 'sending', 'unknown', 'posted', 'refused')),
    -- What is to be done next, or is being done: make the draft, put the credits on it, commit it.
    step          text        not null default 'draft' check (step in ('draft', 'credit', 'commit')),
    -- Kill Bill's invoice that carries it, from the moment it is known.
    draft_id      uuid,
    attempts      integer     not null default 0,
    -- A person decided that marks which this ledger does not know are none of its business.
    strangers_ok  boolean     not null default false,
    created_at    timestamptz not null,
    sent_at       timestamptz,
    read_back_at  timestamptz,
    settled_at    timestamptz,
    invoice_id    bigint      references invoice,
    detail        text
);
-- One in flight per customer: prepared ones wait in a row, and a refused one stops the row until a person decides.
create unique index settlement_in_flight_key on settlement (customer_id)
    where state in ('sending', 'unknown', 'refused');
create index settlement_open_idx on settlement (customer_id, id) where state <> 'posted';
create index settlement_customer_idx on settlement (customer_id, month);
create index settlement_state_idx on settlement (state, id);
create index settlement_draft_idx on settlement (draft_id);
create index settlement_invoice_idx on settlement (invoice_id);

create table settlement_line (
    id              bigint generated always as identity primary key,
    settlement_id   bigint   not null references settlement,
    position        integer  not null,
    resource_id     bigint   not null references resource,
    meter_id        smallint not null references meter,
    -- Null where the price is a monthly one: then no subscription takes the hours.
    subscription_id bigint   references subscription,
    plan            text     not null,
    unit            text,
    -- Correction, late hours or a month by the hour; the class that an approval is asked for.
    class           text     not null,
    period_start    date     not null,
    period_end      date     not null,
    records         integer  not null,
    -- Sum of the records in the meter's unit, and of the same in Kill Bill's unit.
    quantity        numeric  not null,
    units           numeric  not null,
    -- Price of one unit of the meter for an hour, where there is a single one.
    rate            numeric,
    -- The monthly price and the hours it is divided by.
    monthly         numeric,
    divisor         numeric,
    -- Unrounded: what this line is worth by itself, and what all settled hours of its key are worth with it.
    value           numeric  not null,
    total           numeric  not null,
    -- What earlier lines of its key moved; the amount is round(total) − moved.
    moved           numeric  not null,
    amount          numeric  not null,
    description     text     not null,
    constraint settlement_line_key unique (settlement_id, position)
);
create index settlement_line_resource_idx on settlement_line (resource_id, meter_id, period_start);
create index settlement_line_subscription_idx on settlement_line (subscription_id, period_start);

-- What happened to a settlement, in order. Nothing here is ever changed.
create table settlement_attempt (
    settlement_id bigint      not null references settlement,
    attempt       integer     not null,
    step          text        not null,
    kind          text        not null check (kind in ('send', 'read-back', 'retry', 'surplus')),
    at            timestamptz not null,
    outcome       text        not null,
    status        integer,
    code          bigint,
    answer        text
);
create index settlement_attempt_idx on settlement_attempt (settlement_id, at);

-- Records that wait for a person's consent, by class. One group waits at a time for what is alike; a decision covers
-- the records that it was made for, later ones make a group of their own.
create table approval (
    id           bigint generated always as identity primary key,
    uuid         uuid        not null constraint approval_uuid_key unique,
    resource_id  bigint      not null references resource,
    meter_id     smallint    not null references meter,
    month        date        not null,
    class        text        not null,
    -- What held the records before they waited for this; null when nothing did.
    hold         text,
    state        text        not null default 'waiting' check (state in ('waiting', 'approved', 'declined')),
    reason       text,
    decided_by   text,
    created_at   timestamptz not null,
    decided_at   timestamptz
);
create unique index approval_waiting_key on approval (resource_id, meter_id, month, class) where state = 'waiting';
create index approval_state_idx on approval (state, id);

-- A record that a settlement carries keeps its hold: the reason why it did not travel as usage.
alter table usage_record
    add column settlement_line_id bigint,
    add column approval_id bigint,
    add constraint usage_record_carried_once
        check (settlement_line_id is null or (delivery_id is null and hold is not null)) not valid;
drop index usage_record_hold_idx;
create index usage_record_hold_idx on usage_record (resource_id, meter_id, hour)
    where delivery_id is null and settlement_line_id is null and not superseded and hold is not null;

-- Usage of Kill Bill's own, or hours that are rated here and charged.
alter table route add column way text not null default 'usage' check (way in ('usage', 'charge'));

-- One worker at a time talks to Kill Bill about a customer's settlements.
alter table customer
    add column settling_owner uuid,
    add column settling_until timestamptz,
    add column settling_next_at timestamptz,
    add column settling_failures integer not null default 0,
    add column settling_error text;

-- The line of ours that an item of Kill Bill's invoice carries, told by its mark.
alter table invoice_item add column settlement_line_id bigint references settlement_line;
create index invoice_item_settlement_idx on invoice_item (settlement_line_id) where settlement_line_id is not null;
