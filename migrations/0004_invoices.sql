-- The mirror of Kill Bill's invoices, keyed by Kill Bill's ids. Nothing here is ever deleted.

create table invoice (
    id           bigint generated always as identity primary key,
    uuid         uuid        not null constraint invoice_uuid_key unique,
    killbill_id  uuid        not null constraint invoice_killbill_key unique,
    customer_id  bigint      not null references customer,
    number       text,
    status       text        not null,
    currency     text        not null,
    amount       numeric     not null,
    balance      numeric     not null,
    credit_adj   numeric     not null,
    refund_adj   numeric     not null,
    invoice_date date        not null,
    target_date  date,
    -- Digest of everything Kill Bill says about it: only a real change is written, rendered or announced.
    content_hash bytea       not null,
    first_seen_at timestamptz not null,
    changed_at   timestamptz not null,
    -- Customer as he was when the invoice was first seen: an issued document never changes with a rename.
    customer_snapshot jsonb  not null,
    checked_at   timestamptz,
    verdict      text        not null default 'pending' check (verdict in ('pending', 'balanced', 'discrepant'))
);
create index invoice_customer_idx on invoice (customer_id, invoice_date);

create table invoice_item (
    id              bigint generated always as identity primary key,
    uuid            uuid    not null constraint invoice_item_uuid_key unique,
    killbill_id     uuid    not null constraint invoice_item_killbill_key unique,
    invoice_id      bigint  not null references invoice,
    position        integer not null,
    item_type       text    not null,
    kind            text    not null,
    linked_item     uuid,
    subscription_killbill_id uuid,
    resource_id     bigint  references resource,
    -- Names as they were when the item was first seen.
    resource_name   text    not null default '',
    project_name    text    not null default '',
    project_uuid    uuid,
    service_name    text    not null default '',
    product         text    not null default '',
    plan            text    not null default '',
    usage_name      text    not null default '',
    name            text    not null,
    description     text    not null default '',
    meter           text,
    unit            text,
    start_date      date,
    end_date        date,
    currency        text    not null,
    amount          numeric not null,
    rate            numeric,
    quantity        numeric,
    -- Kill Bill's tiers of this item: [{"tier", "unit", "price", "blocks", "block_size", "amount"}].
    tiers           jsonb   not null default '[]',
    item_details    text,
    -- Kill Bill no longer lists it (it was seen once, so it stays).
    gone_at         timestamptz
);
create index invoice_item_invoice_idx on invoice_item (invoice_id, position);
create index invoice_item_usage_idx on invoice_item (subscription_killbill_id, usage_name, start_date)
    where item_type = 'USAGE';

create table invoice_tracking (
    invoice_id  bigint not null references invoice,
    tracking_id text   not null,
    primary key (invoice_id, tracking_id)
);
create index invoice_tracking_idx on invoice_tracking (tracking_id);

create table invoice_payment (
    payment_id  uuid    not null,
    invoice_id  bigint  not null references invoice,
    number      text,
    purchased   numeric not null,
    refunded    numeric not null,
    currency    text    not null,
    status      text,
    paid_at     timestamptz,
    primary key (invoice_id, payment_id)
);

-- Rendered documents. A changed invoice gets a new version; an old version keeps its bytes for ever.
create table invoice_document (
    invoice_id   bigint      not null references invoice,
    kind         text        not null check (kind in ('invoice', 'usage')),
    version      integer     not null,
    content_hash bytea       not null,
    pdf          bytea       not null,
    created_at   timestamptz not null,
    primary key (invoice_id, kind, version)
);

create table discrepancy (
    id          bigint generated always as identity primary key,
    uuid        uuid        not null constraint discrepancy_uuid_key unique,
    -- What it is about; the same thing keeps one row while it lasts, and opens a new one if it comes back.
    subject     text        not null,
    kind        text        not null,
    invoice_id  bigint      references invoice,
    item_id     bigint      references invoice_item,
    delivery_id bigint      references delivery,
    amount      numeric     not null,
    currency    text        not null,
    detail      text        not null,
    next_step   text        not null,
    opened_at   timestamptz not null,
    seen_at     timestamptz not null,
    closed_at   timestamptz
);
create unique index discrepancy_open_key on discrepancy (subject, kind) where closed_at is null;
create index discrepancy_invoice_idx on discrepancy (invoice_id) where closed_at is null;

alter table delivery add constraint delivery_invoice_fkey foreign key (invoice_id) references invoice;
create index delivery_invoice_idx on delivery (invoice_id);
