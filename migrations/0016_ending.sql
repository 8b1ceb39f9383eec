-- When Kill Bill was last told to end a subscription. Until that request cannot arrive any more, the subscription may end any moment,
-- however often Kill Bill is asked: nothing sets out for it meanwhile.

alter table subscription add column ending_at timestamptz;
