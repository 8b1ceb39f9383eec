-- What was replaced so far. In a transaction of its own: to look through the ledger stops no push.
update usage_sum s set replaced = x.replaced
from (
    select resource_id, meter_id, date_trunc('month', hour at time zone 'UTC')::date as month, count(*) as replaced
    from usage_record where superseded and coalesce(hold, '') not in ('ahead', 'too-old') group by 1, 2, 3
) x
where s.resource_id = x.resource_id and s.meter_id = x.meter_id and s.month = x.month;
