-- A fixed delivery that is not in Kill Bill, and whose hours must wait by now, is withdrawn: its records wait like any other, and
-- it stays as a line of the history, without sums and under a name that nothing can be sent by.

alter table delivery drop constraint delivery_state_check;
alter table delivery add constraint delivery_state_check check (state in
    ('prepared', 'sending', 'unknown', 'delivered', 'verified', 'refused', 'withdrawn'));
alter table delivery_attempt drop constraint delivery_attempt_kind_check;
alter table delivery_attempt add constraint delivery_attempt_kind_check check (kind in ('send', 'read-back', 'retry', 'withdraw'));
