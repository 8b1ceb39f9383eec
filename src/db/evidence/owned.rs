//! Which records stand behind which line, as the opening of a query: `$1` is the invoice, `$2` one of Kill Bill's
//! subscriptions or null for all. The ledger is only ever entered through its primary key, one probe for each resource,
//! meter and period: a join that reads it whole would read every month there is.

/// The customer's invoices up to this one in the order in which Kill Bill made them (its numbers count up), and the
/// deliveries and subscriptions that this invoice is about.
macro_rules! up_to {
    () => {
        "with this as (select * from invoice where id = $1),
         up_to as materialized (
             select i.id, i.target_date, i.id = this.id as now, row_number() over (order by i.invoice_date, length(i.number), i.number, i.id) as seq
             from invoice i, this
             where i.customer_id = this.customer_id and (i.status <> 'VOID' or i.id = this.id)
               and (i.invoice_date, coalesce(length(i.number), 0), coalesce(i.number, ''), i.id)
                   <= (this.invoice_date, coalesce(length(this.number), 0), coalesce(this.number, ''), this.id)
         ),
         carried as materialized (
             select distinct d.id, d.subscription_id, d.window_start, d.window_end
             from invoice_tracking t
             join delivery d on d.tracking_id = t.tracking_id
             join subscription s on s.id = d.subscription_id and ($2::uuid is null or s.killbill_id = $2)
             join resource r on r.id = s.resource_id
             join this on this.customer_id = r.customer_id
             where t.invoice_id = $1
         ),
         carried_window as materialized (
             select subscription_id, min(window_start) as starts, max(window_end) as ends from carried group by 1
         ),
         concerned as materialized (
             select s.id, s.killbill_id, s.resource_id, s.billing_start, s.billing_end from subscription s
             where (s.id in (select subscription_id from carried)
                or s.killbill_id in (select x.subscription_killbill_id from invoice_item x
                                     where x.invoice_id = $1 and x.item_type = 'USAGE' and x.gone_at is null))
               and ($2::uuid is null or s.killbill_id = $2)
         ) "
    };
}

/// `bounds`: a line rates the hours of its window (`frame`). Where its window is not known, a period ends at midnight, above all where the next one begins. Only the last one of a cancelled subscription
/// goes on until the cancellation, in the course of its last day; when a period ends with the day before, that day is a
/// period of its own. `owned`: each delivery's share of a period belongs to the first invoice that lists its tracking id
/// and bills up to the period's end. `metered`: the meters to look for. `stray`: deliveries with hours that no line covers.
macro_rules! owned {
    () => {
        concat!(
            up_to!(),
            ", line as materialized (
                 select distinct s.id as subscription_id, s.killbill_id, s.resource_id, s.billing_end, x.usage_name, x.start_date, x.end_date,
                        x.hours_from, x.hours_until
                 from concerned s
                 join invoice_item x on x.subscription_killbill_id = s.killbill_id and x.item_type = 'USAGE' and x.gone_at is null
                 join up_to u on u.id = x.invoice_id
                 left join carried_window w on w.subscription_id = s.id and w.starts < x.end_date + 1 and w.ends > x.start_date
                 where u.now or w.subscription_id is not null
             ),
             bounds as materialized (
                 select distinct l.subscription_id, l.killbill_id, l.resource_id, l.start_date, l.end_date,
                        coalesce(l.hours_from, l.start_date::timestamptz) as starts,
                        case when l.hours_until is not null then l.hours_until
                             when l.start_date < l.end_date and exists (
                                  select from invoice_item n join up_to u on u.id = n.invoice_id
                                  where n.subscription_killbill_id = l.killbill_id and n.usage_name = l.usage_name
                                    and n.start_date = l.end_date and n.item_type = 'USAGE' and n.gone_at is null)
                             then l.end_date::timestamptz
                             when l.billing_end::date = l.end_date then l.billing_end
                             when l.start_date < l.end_date and extract(day from l.end_date) = 1 then l.end_date::timestamptz
                             else (l.end_date + 1)::timestamptz end as ends
                 from line l
             ),
             owned as materialized (
                 select b.*, d.id as delivery_id, d.window_start, d.window_end, o.now
                 from bounds b
                 join delivery d on d.subscription_id = b.subscription_id and d.window_start < b.ends and d.window_end > b.starts
                 cross join lateral (
                     select u.now from invoice_tracking t join up_to u on u.id = t.invoice_id
                     where t.tracking_id = d.tracking_id and (u.target_date is null or u.target_date >= b.end_date)
                     order by u.seq limit 1
                 ) o
             ),
             metered as materialized (
                 select distinct o.subscription_id, u.meter_id from owned o join delivery_unit u on u.delivery_id = o.delivery_id
             ),
             stray as materialized (
                 select d.*, s.killbill_id, s.resource_id from carried d join concerned s on s.id = d.subscription_id
                 where not exists (select from bounds b where b.subscription_id = d.subscription_id
                                   and b.starts <= d.window_start and b.ends >= d.window_end)
                   and not exists (select from delivery e join invoice_tracking t on t.tracking_id = e.tracking_id
                                   join up_to v on v.id = t.invoice_id and not v.now where e.id = d.id)
             ) "
        )
    };
}

pub(super) use {owned, up_to};
