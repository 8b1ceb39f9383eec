-- Reconciliation: what a discrepancy is about, whether an account is invoiced at all, and hours that nobody metered.

alter table discrepancy add column customer_id bigint references customer;
alter table discrepancy add column resource_id bigint references resource;
alter table discrepancy add column hour_from timestamptz;
alter table discrepancy add column hour_until timestamptz;
create index discrepancy_open_idx on discrepancy (kind) where closed_at is null;
alter table resource add column hours_checked_at timestamptz;
create index discrepancy_opened_idx on discrepancy (opened_at, id);

-- When the customer's invoices were last read without this one: what was delivered before was there for it to take up.
alter table invoice add column absent_at timestamptz;

create index delivery_unbilled_idx on delivery (subscription_id, month)
    where invoice_id is null and state in ('delivered', 'verified');

-- Why Kill Bill makes no invoices for a parked account, as far as its books tell.
alter table customer add column park_reason text;
alter table customer add column parked_since timestamptz;

-- Gaps that somebody declared intentional: the resource was stopped and consumed nothing. Half-open; no end = until usage
-- comes again.
create table declared_gap (
    id          bigint generated always as identity primary key,
    uuid        uuid        not null constraint declared_gap_uuid_key unique,
    resource_id bigint      not null references resource,
    -- Null = all meters of the resource.
    meter_id    smallint    references meter,
    starts      timestamptz not null,
    ends        timestamptz,
    reason      text        not null,
    declared_by text        not null,
    declared_at timestamptz not null,
    withdrawn_at timestamptz,
    check (ends is null or ends > starts)
);
create index declared_gap_resource_idx on declared_gap (resource_id) where withdrawn_at is null;

-- The gaps that the last pass found: hours without a record between a meter's first hour and the latest complete one.
create table missing_hours (
    resource_id bigint        not null references resource,
    meter_id    smallint      not null references meter,
    starts      timestamptz   not null,
    ends        timestamptz   not null,
    -- What was metered in the hour before the gap.
    quantity    numeric(18,9) not null,
    found_at    timestamptz   not null,
    seen_at     timestamptz   not null,
    primary key (resource_id, meter_id, starts)
);
