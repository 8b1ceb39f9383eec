-- Customers' projects, by the name that was pushed last.
create view project as
select distinct on (customer_id, project_uuid) customer_id, project_uuid as uuid, project_name as name
from resource
where customer_id is not null and project_uuid is not null
order by customer_id, project_uuid, updated_at desc, id desc;

-- What a month can be estimated of, by its uuid: a customer, a resource, a service or a project. Customers may have a project
-- of the same uuid.
create view estimate_scope as
select uuid, 'customer' as scope_type, id as customer_id, name, '' as resource_type from customer
union all
select uuid, 'resource', customer_id, name, type from resource where customer_id is not null
union all
select uuid, 'service', customer_id, name, '' from service
union all
select p.uuid, 'project', p.customer_id, p.name || ' | ' || c.name, ''
from project p join customer c on c.id = p.customer_id;

create index resource_project_idx on resource (project_uuid) where project_uuid is not null;
