-- Customers may have a project of the same uuid: each has estimates, a threshold and a limit of his own.
alter table price_estimate drop constraint price_estimate_scope_key;
alter table price_estimate add constraint price_estimate_scope_key
    unique (scope_uuid, customer_id, month, scope_type, currency, is_manually_input);
alter table estimate_bound drop constraint estimate_bound_pkey;
alter table estimate_bound add primary key (scope_uuid, customer_id);

create index delivery_uninvoiced_idx on delivery (month) where invoice_id is null;

-- What no invoice has yet of a month: records that nothing carries, and deliveries and settlements on their way there.
-- `is_awaited`: it will be in one by itself; what is held for another reason waits for a person.
create function estimate_waiting(of_month date)
returns table (customer_id bigint, resource_id bigint, records bigint, is_awaited boolean)
language sql stable as $$
    with open as (
        select u.resource_id, u.meter_id, count(*) as records, true as is_free
        from usage_record u
        where u.hour >= of_month::timestamp at time zone 'UTC' and u.hour < (of_month + interval '1 month') at time zone 'UTC'
          and u.delivery_id is null and not u.superseded and u.hold is null
        group by 1, 2
        union all
        select u.resource_id, u.meter_id, count(*), u.hold in ('awaiting-approval', 'invoice-due')
        from usage_record u
        where u.hour >= of_month::timestamp at time zone 'UTC' and u.hour < (of_month + interval '1 month') at time zone 'UTC'
          and u.delivery_id is null and u.settlement_line_id is null and not u.superseded and u.hold is not null
        group by 1, 2, 4
    )
    select r.customer_id, r.id, open.records, open.is_free and o.hold is null
    from open
    join resource r on r.id = open.resource_id
    left join route o on o.resource_id = open.resource_id and o.meter_id = open.meter_id
    union all
    select r.customer_id, r.id, 0, true
    from delivery d join subscription s on s.id = d.subscription_id join resource r on r.id = s.resource_id
    where d.month = of_month and d.invoice_id is null
    union all
    select s.customer_id, null, 0, true
    from settlement s
    where s.month = of_month and (s.state <> 'posted' or s.direction <> 'nothing' and s.invoice_id is null)
$$;
