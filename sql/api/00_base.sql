-- api/*.sql is applied whole, in the order of the names, in one transaction, as qr_owner.
-- Functions only: every file may be applied again and again. zz_grants.sql says who may call
-- what and drops api functions that no file makes any more.
SET LOCAL check_function_bodies = off;

-- The range of versions a binary can serve contains this one. Raise it when a function the
-- daemon calls changes its arguments, its columns or the shape of a document.
CREATE OR REPLACE FUNCTION api.version() RETURNS int
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, core AS $$ SELECT 1 $$;

-- How far this server is: bytes of WAL it has written, or, a standby, replayed; and when the last
-- transaction replayed there was committed (NULL on a primary). For app/lag.c.
CREATE OR REPLACE FUNCTION api.wal_at(OUT standby boolean, OUT wal bigint, OUT replayed_us bigint)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
SELECT pg_is_in_recovery(),
	(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()
		ELSE pg_current_wal_flush_lsn() END - '0/0'::pg_lsn)::bigint,
	CASE WHEN pg_is_in_recovery()
		THEN (extract(epoch FROM pg_last_xact_replay_timestamp()) * 1000000)::bigint END
$$;

-- Helpers without SET: the planner puts their bodies into the query (documents are built by the
-- hundred thousand), and it does so only if they are not said to be more constant than what they
-- call: to_json() and concat_ws() are STABLE. Everything in them is in pg_catalog or qualified.

-- "name":"text", or NULL: concat_ws() leaves it out then.
CREATE OR REPLACE FUNCTION core.js(p_name text, p_text text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT '"' || p_name || '":' || to_json(p_text)::text $$;

CREATE OR REPLACE FUNCTION core.js(p_name text, p_day date) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT '"' || p_name || '":"' || to_char(p_day, 'YYYY-MM-DD') || '"' $$;

CREATE OR REPLACE FUNCTION core.js(p_name text, p_number bigint) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT '"' || p_name || '":' || p_number::text $$;

-- RFC 3339 with the offset of the session's time zone: callers have set core.site.timezone.
CREATE OR REPLACE FUNCTION core.js(p_name text, p_at timestamptz) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT '"' || p_name || '":"' || to_char(p_at, 'YYYY-MM-DD"T"HH24:MI:SSTZH:TZM') || '"' $$;

-- Sets the deployment's time zone; for functions that carry SET timezone, which puts it back.
CREATE OR REPLACE FUNCTION core.use_timezone() RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
BEGIN
	PERFORM set_config('timezone', (SELECT s.timezone FROM core.site s), true);
END
$$;

-- A name for comparing spellings: case, width, spaces and punctuation do not count.
CREATE OR REPLACE FUNCTION core.norm(p_name text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
	SELECT regexp_replace(lower(normalize(p_name, NFKC)),
		'[\s!-/:-@\[-`{-~\u00a0\u00b7\u2010-\u2027\u2030-\u205e\u3000-\u303f\u30fb]+', '', 'g')
$$;

-- Empty text is no text.
CREATE OR REPLACE FUNCTION core.some(p_text text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT nullif(btrim(p_text, E' \t\r\n'), '') $$;

-- 32 bytes from their hexadecimal text; NULL for any other text.
CREATE OR REPLACE FUNCTION core.hex32(p_text text) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT decode(CASE WHEN p_text ~ '^[0-9a-fA-F]{64}$' THEN p_text END, 'hex')
$$;
