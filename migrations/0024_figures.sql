-- A number that a query computes: twelve decimals, and sixteen digits before them at most. A product of numerics has the decimals
-- of both factors, and with more than 28 of them no program of ours could read it, nor any list that it stands in. What is beyond
-- sixteen digits is shown as the largest number that there is: nobody's money, but no reason for a page to fail either.
create function figure(value numeric) returns numeric
language sql immutable parallel safe
return case when value is not null
            then least(greatest(round(value, 12), -9999999999999999.999999999999), 9999999999999999.999999999999) end;

-- What was written down before computed numbers had a scale.
update discrepancy set amount = figure(amount) where scale(amount) > 12 or amount <> figure(amount);
update delivery_unit set amount = figure(amount) where scale(amount) > 28;
