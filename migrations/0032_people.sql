-- The people of the admin pages, what they are signed in with, and the trail of what people and programs did.

create table admin_user (
    id            bigint generated always as identity primary key,
    name          text        not null constraint admin_user_name_key unique,
    role          text        not null check (role in ('staff', 'support')),
    -- Argon2id, as a PHC string.
    password_hash text        not null,
    created_at    timestamptz not null,
    revoked_at    timestamptz,
    -- Wrong passwords since the last right one, and until when no password is looked at for them.
    failures      integer     not null default 0,
    locked_until  timestamptz,
    signed_in_at  timestamptz
);

create table admin_session (
    -- Digest of the id in the cookie: who reads this table cannot sign in with it.
    key        bytea       primary key,
    data       jsonb       not null,
    -- Of the clock of the wall, as the cookie's.
    expires_at timestamptz not null,
    seen_at    timestamptz not null default now(),
    -- What people call it by.
    uuid       uuid        not null default gen_random_uuid() unique
);
create index admin_session_of_person on admin_session ((data -> 'person' ->> 'name'));

-- What was asked for, written before it is done.
create table audit_entry (
    id         bigint generated always as identity primary key,
    uuid       uuid        not null unique,
    at         timestamptz not null,
    actor      text        not null,
    -- What the actor came with.
    actor_kind text        not null check (actor_kind in ('user', 'token', 'nodeconductor', 'command')),
    role       text        not null,
    address    inet,
    action     text        not null,
    -- The thing's address in the API.
    object     text        not null,
    asked      jsonb,
    before     jsonb
);
create index audit_entry_at on audit_entry (at);
create index audit_entry_object on audit_entry (object);
create index audit_entry_actor on audit_entry (actor);

-- What came of it; none: the process ended in between, and nobody knows.
create table audit_outcome (
    entry_id bigint      primary key references audit_entry,
    at       timestamptz not null,
    -- As an HTTP status.
    status   integer     not null,
    answer   jsonb,
    after    jsonb
);

create function append_only() returns trigger language plpgsql as $$
begin
    raise exception 'the trail is append-only: % of % is refused', lower(tg_op), tg_table_name;
end $$;
create trigger audit_entry_append_only before update or delete or truncate on audit_entry
    for each statement execute function append_only();
create trigger audit_outcome_append_only before update or delete or truncate on audit_outcome
    for each statement execute function append_only();
