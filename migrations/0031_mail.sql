-- Invoices by e-mail, one row for each letter: those that went out by themselves, and those that a person asked for.
create table mail (
    id               bigint generated always as identity primary key,
    -- Its Message-ID, too: a server that sees it twice can tell.
    uuid             uuid        not null constraint mail_uuid_key unique,
    invoice_id       bigint      not null references invoice,
    -- None: it went out by itself.
    asked_by         text,
    recipient        text        not null,
    copies           text[]      not null,
    -- Where the invoice can be seen; empty when nobody said.
    link             text        not null,
    state            text        not null
        check (state in ('waiting', 'sending', 'sent', 'refused', 'unknown', 'bounced')),
    -- Begun so often, and taken by a worker until then or resting.
    attempts         integer     not null default 0,
    next_attempt_at  timestamptz not null,
    created_at       timestamptz not null,
    -- When its text went over the line, and when it was known what came of it.
    sent_at          timestamptz,
    settled_at       timestamptz,
    -- The version of the document that went along.
    document_version integer,
    -- What the mail server said last.
    detail           text
);

create unique index mail_by_itself_once on mail (invoice_id) where asked_by is null;
create index mail_of_invoice on mail (invoice_id);
create index mail_open on mail (next_attempt_at) where state in ('waiting', 'sending');

-- A letter with its invoice and its customer, as it is shown.
create view mail_shown as
select m.id, m.uuid, i.uuid as invoice_uuid, i.number as invoice_number, c.uuid as customer_uuid, c.name as customer_name,
       m.asked_by, m.recipient, m.copies, m.link, m.state, m.attempts, m.next_attempt_at, m.created_at, m.sent_at, m.settled_at,
       m.document_version, m.detail
from mail m join invoice i on i.id = m.invoice_id join customer c on c.id = i.customer_id;
