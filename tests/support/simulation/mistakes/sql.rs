//! Mistakes that the database makes behind the service's back: triggers, and a constraint that is gone.

use super::Mistake;

pub fn of(mistake: Mistake) -> Option<&'static str> {
    Some(match mistake {
        Mistake::NoReadBack => {
            "create function mistake() returns trigger language plpgsql as $$ begin
                 if new.state = 'unknown' then new.state := 'prepared'; new.read_back_at := null; end if;
                 return new;
             end $$;
             create trigger mistake before update on delivery for each row execute function mistake()"
        }
        Mistake::NewTrackingId => {
            "create function mistake() returns trigger language plpgsql as $$ begin
                 if new.state = 'prepared' and old.state in ('sending', 'unknown') then
                     new.tracking_id := new.tracking_id || '+';
                 end if;
                 return new;
             end $$;
             create trigger mistake before update on delivery for each row execute function mistake()"
        }
        Mistake::GrownOnRetry => {
            "create function mistake() returns trigger language plpgsql as $$ begin
                 if new.state = 'prepared' and old.state in ('sending', 'unknown') then
                     new.window_end := new.month + interval '1 month';
                     update usage_record u set delivery_id = new.id
                     from subscription s, delivery_unit x
                     where s.id = new.subscription_id and u.resource_id = s.resource_id
                       and x.delivery_id = new.id and x.meter_id = u.meter_id
                       and u.hour >= new.window_start and u.hour < new.window_end
                       and u.delivery_id is null and not u.superseded and u.hold is null;
                 end if;
                 return new;
             end $$;
             create trigger mistake before update on delivery for each row execute function mistake()"
        }
        Mistake::SettledBeforeAnswer => {
            "create function mistake() returns trigger language plpgsql as $$ begin
                 if new.state = 'sending' then new.state := 'delivered'; end if;
                 return new;
             end $$;
             create trigger mistake before update on delivery for each row execute function mistake()"
        }
        Mistake::NotWrittenDown => {
            "create function mistake() returns trigger language plpgsql as $$ begin
                 if new.state = 'sending' then new.state := 'prepared'; end if;
                 return new;
             end $$;
             create trigger mistake before update on delivery for each row execute function mistake()"
        }
        Mistake::TwoInFlight | Mistake::NoLease => "drop index delivery_in_flight_key",
        Mistake::WatermarkEarly => {
            "create function mistake() returns trigger language plpgsql as $$ begin
                 update usage_record u set delivery_id = new.id
                 from subscription s
                 where s.id = new.subscription_id and u.resource_id = s.resource_id
                   and u.delivery_id is null and not u.superseded and u.hold is null and u.hour >= new.window_end;
                 return null;
             end $$;
             create constraint trigger mistake after insert on delivery deferrable initially deferred
             for each row execute function mistake()"
        }
        Mistake::SupersededSent => {
            "create function mistake() returns trigger language plpgsql as $$ begin
                 if new.delivery_id is null then new.superseded := false; end if;
                 return new;
             end $$;
             create trigger mistake before update on usage_record for each row execute function mistake()"
        }
        Mistake::WholeCorrection => {
            "create function mistake() returns trigger language plpgsql as $$ begin
                 new.delta := new.quantity;
                 return new;
             end $$;
             create trigger mistake before insert on usage_record for each row execute function mistake()"
        }
        Mistake::HeldSent => {
            "create function mistake() returns trigger language plpgsql as $$ begin
                 new.subscribed := jsonb_set(new.subscribed, '{events,0,at}', '\"2000-01-01T00:00:00Z\"');
                 return new;
             end $$;
             create trigger mistake before insert or update on subscription for each row execute function mistake()"
        }
        Mistake::FarBelieved => {
            "create or replace function is_released(of_resource bigint, of_meter smallint, at timestamptz) returns boolean
             language sql stable parallel safe as $$ select true $$"
        }
        _ => return None,
    })
}
