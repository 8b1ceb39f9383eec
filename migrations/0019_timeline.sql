-- What a subscription's timeline is made of, as Kill Bill told it last (domain::timeline::Subscribed). Null while it was not
-- read since this column is there: then its start and end are all that is known.
alter table subscription add column subscribed jsonb;
-- What a subscription prices is its timeline's to tell, hour by hour; `units` keeps which ones it ever
-- prices, for routing.
update route set hold = null, hold_detail = null where hold = 'unit-not-in-plan';

-- The account's currency, billing day, zone and reference time (domain::timeline::AccountTerms). Null: as this service makes them.
alter table customer add column account_terms jsonb;

-- The hours that a usage line rates, as its subscription's timeline tells them: from which and up to which hour. Null where the
-- line is none of its windows; then its days are all that is known.
alter table invoice_item add column hours_from timestamptz, add column hours_until timestamptz;
