-- What an invoice needs of a customer beside the names: address, country, postal, phone, bank, account, vat_code,
-- registration_code. One document, because nothing is looked for by it; kept with each invoice as it was then.
alter table customer add column billing jsonb not null default '{}';
