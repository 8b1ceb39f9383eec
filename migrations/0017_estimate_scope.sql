-- What a month can be estimated of, by its uuid: a customer, a resource, a service or a project. Customers may have a project
-- of the same uuid; it is called what it was called last.
create view estimate_scope as
select uuid, 'customer' as scope_type, id as customer_id, name, '' as resource_type from customer
union all
select uuid, 'resource', customer_id, name, type from resource where customer_id is not null
union all
select uuid, 'service', customer_id, name, '' from service
union all
(select distinct on (r.project_uuid, r.customer_id)
        r.project_uuid, 'project', r.customer_id, r.project_name || ' | ' || c.name, ''
 from resource r join customer c on c.id = r.customer_id
 where r.project_uuid is not null
 order by r.project_uuid, r.customer_id, r.updated_at desc, r.id desc);

create index resource_project_idx on resource (project_uuid) where project_uuid is not null;
