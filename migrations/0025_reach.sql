-- Hours far ahead of the clocks or long ago are kept and held (`ahead`, `too-old`), and nothing is derived from them.

-- They make no partition: they wait in one of their own, from which a month takes its rows when it gets its partition.
create table usage_record_far partition of usage_record default;

-- The few that are held, looked at in each pass.
create index usage_record_far_idx on usage_record (resource_id, meter_id, hour)
    where delivery_id is null and settlement_line_id is null and not superseded and hold in ('ahead', 'too-old');

-- Hours that a person let go in spite of their distance: half-open, of one meter or of all.
create table hour_release (
    id          bigint generated always as identity primary key,
    uuid        uuid        not null constraint hour_release_uuid_key unique,
    resource_id bigint      not null references resource,
    meter_id    smallint    references meter,
    starts      timestamptz not null,
    ends        timestamptz not null,
    -- Records that it let go at once; later corrections of these hours are not held either.
    records     bigint      not null,
    reason      text        not null,
    released_by text        not null,
    released_at timestamptz not null,
    check (ends > starts)
);
create index hour_release_resource_idx on hour_release (resource_id, starts);

create function is_released(of_resource bigint, of_meter smallint, at timestamptz) returns boolean
language sql stable parallel safe as $$
    select exists (select from hour_release r where r.resource_id = of_resource and (r.meter_id is null or r.meter_id = of_meter)
                   and at >= r.starts and at < r.ends)
$$;
