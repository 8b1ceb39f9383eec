-- How far Kill Bill's list of all invoices was read. It grows at its end alone, but for transactions that commit late.

create table invoice_tail (
    -- A single row, or none before the first reading.
    only_row     boolean     primary key default true check (only_row),
    -- How many invoices come before the next one.
    reached      bigint      not null check (reached >= 0),
    -- Kill Bill's id of the one before: a list without it is another list.
    last_invoice uuid,
    read_at      timestamptz not null
);
