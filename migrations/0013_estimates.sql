-- What a month costs: kept sums of the hours, the estimates made of them, and what people set beside those.

-- What each meter of a resource counted in a month: the newest revisions' quantities, added up in the push's own
-- transaction. Lists and estimates read these few rows, never the hours.
create table usage_sum (
    resource_id bigint      not null,
    meter_id    smallint    not null,
    month       date        not null,
    quantity    numeric     not null,
    -- Hours that have a record, and the first and last of them.
    records     integer     not null,
    first_hour  timestamptz not null,
    last_hour   timestamptz not null,
    -- Counts up with every push that touches the row: whoever saw the same number saw the same sum.
    changes     bigint      not null,
    primary key (month, resource_id, meter_id)
) with (fillfactor = 60);

insert into usage_sum
select resource_id, meter_id, date_trunc('month', hour at time zone 'UTC')::date, sum(quantity), count(*), min(hour), max(hour), 1
from usage_record where not superseded group by 1, 2, 3;

create table price_estimate (
    id                bigint generated always as identity primary key,
    uuid              uuid        not null constraint price_estimate_uuid_key unique,
    customer_id       bigint      not null references customer,
    month             date        not null,
    scope_type        text        not null check (scope_type in ('resource', 'service', 'project', 'customer')),
    scope_uuid        uuid        not null,
    scope_name        text        not null,
    resource_type     text        not null default '',
    currency          text        not null,
    -- Of the whole month, and so far.
    total             numeric     not null,
    consumed          numeric     not null,
    -- Records that have no price yet: they are in neither figure.
    unrated           bigint      not null default 0,
    details           jsonb       not null default '{}',
    source            text        not null check (source in ('records', 'invoices', 'manual')),
    is_manually_input boolean     not null default false,
    -- An automatic one is hidden while a person has set one for the same scope and month.
    is_visible        boolean     not null default true,
    computed_at       timestamptz not null,
    set_by            text        not null default '',
    constraint price_estimate_scope_key unique (scope_uuid, month, scope_type, currency, is_manually_input)
);
create index price_estimate_list_idx on price_estimate (month desc, scope_type, scope_name, id) where is_visible;
create index price_estimate_manual_idx on price_estimate (scope_uuid, month) where is_manually_input;
create index price_estimate_customer_idx on price_estimate (customer_id, month);

-- Invoiced months are found, and their lines, by when the charged period begins.
create index invoice_item_start_idx on invoice_item (start_date);

-- From what a customer's month was last estimated; another basis is work to do.
create table estimate_basis (
    customer_id bigint not null references customer,
    month       date   not null,
    basis       text   not null,
    primary key (customer_id, month)
);

-- What people want to be warned at, and what they do not want to go beyond.
create table estimate_bound (
    scope_uuid  uuid        primary key,
    customer_id bigint      not null references customer,
    threshold   numeric     check (threshold >= 0),
    bound       numeric     check (bound >= 0),
    set_at      timestamptz not null,
    set_by      text        not null
);

-- Our figures beside Kill Bill's own dry run, once a day for each customer.
create table estimate_check (
    customer_id bigint      primary key references customer,
    currency    text        not null,
    -- Usage that the dry run would bill; what the delivered records come to; what waits here for its delivery.
    killbill    numeric     not null,
    delivered   numeric     not null,
    on_the_way  numeric     not null,
    -- The latest month that was compared.
    month       date        not null,
    checked_at  timestamptz not null
);
