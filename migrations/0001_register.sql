-- Who is billed and what consumes: customers, their resources, the meters, the API tokens.
-- Surrogate bigint keys keep the usage table narrow; uuids are what the outside world sees.

create table customer (
    id              bigint generated always as identity primary key,
    uuid            uuid        not null constraint customer_uuid_key unique,
    name            text        not null,
    native_name     text        not null default '',
    abbreviation    text        not null default '',
    email           text        not null default '',
    contact_details text        not null default '',
    number          text        not null default '',
    created_at      timestamptz not null,
    updated_at      timestamptz not null,
    -- Kill Bill's side. `told` is what Kill Bill was last told about this customer: a difference is work to do.
    account_id      uuid        constraint customer_account_key unique,
    told            jsonb,
    account_tags    text[]      not null default '{}',
    -- Invoices: when the register was last read for this customer; an older reading never overwrites a newer one.
    invoices_read_at  timestamptz,
    invoices_swept_at timestamptz,
    invoices_hinted_at timestamptz,
    invoices_error    text
);

create table resource (
    id              bigint generated always as identity primary key,
    uuid            uuid        not null constraint resource_uuid_key unique,
    -- Null while the resource is known only from a usage record that came before its registration.
    customer_id     bigint      references customer,
    name            text        not null default '',
    type            text        not null default '',
    project_uuid    uuid,
    project_name    text        not null default '',
    service_name    text        not null default '',
    started_at      timestamptz,
    terminated_at   timestamptz,
    ended_at        timestamptz,
    created_at      timestamptz not null,
    updated_at      timestamptz not null,
    -- One worker at a time talks to Kill Bill about a resource: that serialises provisioning and deliveries.
    lease_owner     uuid,
    lease_until     timestamptz,
    next_attempt_at timestamptz,
    failures        integer     not null default 0,
    last_error      text
);
create index resource_customer_idx on resource (customer_id);
create index resource_ending_idx on resource (id) where terminated_at is not null and ended_at is null;

create table meter (
    id   smallint generated always as identity primary key,
    name text not null constraint meter_name_key unique
);

create table token (
    id         bigint generated always as identity primary key,
    name       text        not null constraint token_name_key unique,
    -- SHA-256 of the key. A key has 160 random bits, so no slow hash is needed.
    key_hash   bytea       not null constraint token_key_hash_key unique,
    role       text        not null check (role in ('staff', 'support', 'pusher', 'owner')),
    customers  uuid[]      not null default '{}',
    created_at timestamptz not null,
    revoked_at timestamptz
);

-- Single values that replicas share, such as the secret in the notification address.
create table setting (
    name  text primary key,
    value text not null
);
