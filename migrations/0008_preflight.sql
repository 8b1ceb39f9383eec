-- Holds on single hours: when the last one was set or lifted, and when they are looked at again (null: there are none).

alter table resource add column held_since timestamptz;
alter table resource add column examine_at timestamptz;
create index resource_examine_idx on resource (examine_at) where examine_at is not null;
update resource set held_since = now(), examine_at = now()
where id in (select resource_id from usage_record where delivery_id is null and not superseded and hold is not null);

-- From when a plan of this version holds for subscriptions that were there before; null = never.
alter table price_item add column for_existing timestamptz;
