-- Who sent invoices, and since when: [issuer] of the configuration, one row for each change of it. An invoice has the one that
-- was configured when it was first seen, whatever is configured later.
create table issuer (
    since   timestamptz primary key,
    details jsonb       not null
);
