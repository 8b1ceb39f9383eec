-- Where an invoice stands (domain::standing): a balance of zero is not yet a payment, so what Kill Bill says of tags and payments is kept too.

alter table invoice
    -- It has the tag WRITTEN_OFF.
    add column written_off boolean not null default false,
    -- What banks took back of its payments.
    add column charged_back numeric not null default 0,
    -- The last attempt to collect it failed.
    add column payment_failed boolean not null default false,
    -- Digest of the invoice's own figures; content_hash is that of its tags and payments too, where they tell more. None: they are the same.
    add column figures_hash bytea;

alter table invoice_payment
    add column charged_back numeric not null default 0,
    -- The last attempt at it failed, and nothing came of it.
    add column failed boolean not null default false;

-- What was written off or given back before is found by reading everybody in full, as is due once a day anyway.
update customer set invoices_swept_at = least(invoices_swept_at, now() - interval '21 hours');
