-- Services of NodeConductor (where resources run), and the prices that their owners note beside Kill Bill's.

create table service (
    id          bigint generated always as identity primary key,
    -- NodeConductor's uuid; for a service known only by its name, one made of the customer and that name.
    uuid        uuid        not null constraint service_uuid_key unique,
    name        text        not null default '',
    customer_id bigint      not null references customer,
    created_at  timestamptz not null,
    updated_at  timestamptz not null
);
create index service_customer_idx on service (customer_id);

alter table resource add column service_id bigint references service;
create index resource_service_idx on resource (service_id);

insert into service (uuid, name, customer_id, created_at, updated_at)
select distinct md5(c.uuid::text || ':' || r.service_name)::uuid, r.service_name, c.id, c.created_at, c.created_at
from resource r join customer c on c.id = r.customer_id where r.service_name <> '';

update resource r set service_id = s.id
from customer c, service s
where c.id = r.customer_id and r.service_name <> '' and s.uuid = md5(c.uuid::text || ':' || r.service_name)::uuid;

-- A price that somebody set for one service. It is shown beside Kill Bill's; what is billed is always Kill Bill's.
create table price_override (
    id          bigint generated always as identity primary key,
    uuid        uuid        not null constraint price_override_uuid_key unique,
    service_id  bigint      not null references service,
    -- The item that it stands beside: the same uuid in every version of the price list.
    item_uuid   uuid        not null,
    -- The item's names as they were, for the day when Kill Bill no longer has it.
    item_type   text        not null,
    key         text        not null,
    units       text        not null,
    currency    text        not null,
    value       numeric     not null check (value >= 0),
    created_at  timestamptz not null,
    created_by  text        not null,
    updated_at  timestamptz not null,
    updated_by  text        not null,
    constraint price_override_item_key unique (service_id, item_uuid)
);

-- Who set, changed or removed which price, and when. Nothing here is ever changed.
create table price_override_change (
    id            bigint generated always as identity primary key,
    override_uuid uuid        not null,
    service_id    bigint      not null references service,
    item_uuid     uuid        not null,
    before        numeric,
    after         numeric,
    at            timestamptz not null,
    by            text        not null
);
create index price_override_change_idx on price_override_change (service_id, id);
