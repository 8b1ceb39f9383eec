-- What keeps all hours of a customer, or of one plan of a resource, from Kill Bill although price list and register are in order:
-- a refused account, a refused plan. The routes that it holds carry its code and text; here stands since when, how often it was
-- met, and when it is tried again.

create table obstacle (
    id          bigint generated always as identity primary key,
    customer_id bigint      not null references customer,
    -- Null, with the plan: everything of the customer.
    resource_id bigint      references resource,
    plan        text,
    code        text        not null,
    detail      text        not null,
    -- False while it may still be a passing failure: nothing is held yet.
    holds       boolean     not null,
    since       timestamptz not null,
    attempts    integer     not null,
    look_at     timestamptz not null,
    check ((resource_id is null) = (plan is null)),
    constraint obstacle_scope_key unique nulls not distinct (customer_id, resource_id, plan)
);
create index obstacle_look_idx on obstacle (look_at);
