-- What a project has in a service is estimated too, for old and new months alike: each is estimated anew once.
alter table price_estimate drop constraint price_estimate_scope_type_check;
alter table price_estimate add constraint price_estimate_scope_type_check
    check (scope_type in ('resource', 'service', 'serviceprojectlink', 'project', 'customer'));
update estimate_basis set basis = '';
