-- Price lists: every version of Kill Bill's catalog as it was read, and the priced items found in it.

create table catalog_version (
    id             bigint generated always as identity primary key,
    catalog_name   text        not null,
    effective_from timestamptz not null,
    content_hash   bytea       not null,
    xml            text        not null,
    fetched_at     timestamptz not null,
    -- Set when Kill Bill no longer has this version (or has it with other content).
    withdrawn_at   timestamptz,
    -- The one that new subscriptions get, by Kill Bill's clock when the catalog was last read.
    in_force       boolean     not null default false
);
create unique index catalog_version_live_key on catalog_version (effective_from) where withdrawn_at is null;
create unique index catalog_version_in_force_key on catalog_version (in_force) where in_force;

create table price_item (
    id           bigint generated always as identity primary key,
    -- The same item (plan, usage, unit, currency) has the same uuid in every version.
    uuid         uuid    not null,
    version_id   bigint  not null references catalog_version,
    name         text    not null,
    description  text    not null,
    product      text    not null,
    plan         text    not null,
    usage_name   text,
    unit         text,
    item_type    text    not null,
    key          text    not null,
    currency     text    not null,
    rule         text    not null,
    hourly       numeric not null,
    monthly      numeric not null,
    -- Kill Bill's tiers as they stand: [{"block_size", "block_price", "max"}], policy ALL_TIERS or TOP_TIER.
    tiers        jsonb   not null,
    tier_policy  text    not null,
    recurring    numeric,
    constraint price_item_key unique (version_id, uuid)
);
create index price_item_uuid_idx on price_item (uuid);

-- What each version changed against the one in force before it: hourly prices, or anything else that prices depend on.
create table price_change (
    id         bigint generated always as identity primary key,
    item_uuid  uuid        not null,
    name       text        not null,
    currency   text        not null,
    at         timestamptz not null,
    effective_from timestamptz not null,
    kind       text        not null check (kind in ('added', 'changed', 'removed')),
    before     numeric,
    after      numeric
);
create index price_change_item_idx on price_change (item_uuid, id);
