//! `domain::standing` in SQL, for filters and orders that the database has to work out: the word of an invoice `i`. A test holds the
//! two to each other (`tests/mirror/standing.rs`).

macro_rules! standing {
    () => {
        "case when i.status = 'DRAFT' then 'draft' when i.status = 'VOID' then 'void' when i.written_off then 'written_off'
              when (i.balance > 0 or i.amount <= 0) and i.charged_back > 0 then 'charged_back'
              when (i.balance > 0 or i.amount <= 0) and -i.refund_adj - i.charged_back > 0 then 'refunded'
              when i.balance <= 0 then 'paid' when i.payment_failed then 'payment_failed' else 'unpaid' end"
    };
}

pub(super) use standing;
