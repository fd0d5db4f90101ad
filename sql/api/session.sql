-- Who is asking: sessions, and the settings row security reads (auth.enter). sql/STAFF.md gives
-- arguments and answers.

CREATE OR REPLACE FUNCTION core.refuse(p_code text, p_why text, p_message text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
BEGIN
	RAISE EXCEPTION '%', p_message
		USING ERRCODE = p_code, DETAIL = json_build_object('why', p_why)::text;
END
$$;

-- Whether an account may be used today.
CREATE OR REPLACE FUNCTION core.account_valid(a core.account) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT a.ended_at IS NULL AND core.today() >= a.valid_from
		AND (a.valid_to IS NULL OR core.today() <= a.valid_to)
$$;

-- ---- sessions ------------------------------------------------------------------------------
-- The session of a token when it is alive and in one of the states; QR401 says why it is not.
CREATE OR REPLACE FUNCTION core.session_open(p_token bytea, p_states text[],
	OUT s core.session, OUT a core.account)
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	at constant timestamptz := core.now();
	why text;
BEGIN
	SELECT * INTO s FROM core.session x WHERE x.token = p_token;
	SELECT * INTO a FROM core.account x WHERE x.id = s.account_id;
	why := CASE
		WHEN s.id IS NULL THEN 'none'
		WHEN s.ended_at IS NOT NULL OR NOT core.account_valid(a) THEN 'ended'
		WHEN at >= s.expires_at THEN 'expired'
		WHEN at >= s.seen_at + CASE WHEN s.enrolled THEN interval '12 hours'
			ELSE interval '30 minutes' END THEN 'idle'
		WHEN s.state <> ALL (p_states) THEN s.state END;
	IF why IS NOT NULL THEN
		PERFORM core.refuse('QR401', why, 'no session: ' || why);
	END IF;
	-- once a minute is enough, and another request of the same session never waits for it
	IF s.seen_at < at - interval '1 minute' THEN
		UPDATE core.session x SET seen_at = at WHERE x.id = (SELECT y.id FROM core.session y
			WHERE y.id = s.id FOR NO KEY UPDATE SKIP LOCKED);
	END IF;
END
$$;

-- A new session, the newest of at most 20 of its account.
CREATE OR REPLACE FUNCTION core.session_add(p_account int, p_token bytea, p_state text,
	p_device text, p_enrolled boolean, p_for interval) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	at constant timestamptz := core.now();
	new_id bigint;
BEGIN
	INSERT INTO core.session (account_id, token, state, device, enrolled, since, seen_at, proved_at,
		expires_at)
	VALUES (p_account, p_token, p_state, left(core.some(p_device), 80), p_enrolled, at, at, at,
		at + p_for)
	RETURNING id INTO new_id;
	UPDATE core.session s SET ended_at = at
	WHERE s.account_id = p_account AND s.ended_at IS NULL AND s.id IN (SELECT o.id
		FROM core.session o WHERE o.account_id = p_account AND o.ended_at IS NULL
		ORDER BY o.id DESC OFFSET 20);
	RETURN new_id;
END
$$;

-- Ends the sessions of an account but one (NULL: all). Returns how many.
CREATE OR REPLACE FUNCTION core.sessions_end(p_account int, p_but bigint DEFAULT NULL) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	n int;
BEGIN
	UPDATE core.session SET ended_at = core.now()
	WHERE account_id = p_account AND ended_at IS NULL AND id IS DISTINCT FROM p_but;
	GET DIAGNOSTICS n = ROW_COUNT;
	RETURN n;
END
$$;

-- First statement of every staff function: the session must be alive and its role must have the
-- right; then row security knows who is asking, until the end of the transaction.
--   p_right  a right; NULL: any full session; 'setup': also one that may only set up its second
--            factor; 'me': a session in any state
CREATE OR REPLACE FUNCTION auth.enter(p_session bytea, p_right text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	x record;
BEGIN
	x := core.session_open(p_session, CASE p_right WHEN 'me' THEN '{full,setup,totp}'
		WHEN 'setup' THEN '{full,setup}' ELSE '{full}' END::text[]);
	IF p_right NOT IN ('me', 'setup') AND NOT EXISTS (SELECT FROM core.role_right r
		WHERE r.role = (x.a).role AND r.can = p_right)
	THEN
		PERFORM core.refuse('QR403', 'right', format('%s may not %s', (x.a).role, p_right));
	END IF;
	PERFORM set_config('qr.account', (x.a).id::text, true),
		set_config('qr.scope_org', coalesce((x.a).org_id::text, ''), true),
		set_config('qr.scope_party', coalesce((x.a).party_id::text, ''), true),
		set_config('qr.role', (x.a).role, true), set_config('qr.login', (x.a).login, true),
		set_config('qr.session', (x.s).id::text, true);
END
$$;

CREATE OR REPLACE FUNCTION core.my_session() RETURNS bigint LANGUAGE sql STABLE AS
$$ SELECT nullif(current_setting('qr.session', true), '')::bigint $$;
CREATE OR REPLACE FUNCTION auth.login() RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, core AS
$$ SELECT nullif(current_setting('qr.login', true), '') $$;
CREATE OR REPLACE FUNCTION auth.has(p_right text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, core AS
$$ SELECT core.my_right(p_right) $$;

-- Whether the session proved itself by password in the last five minutes.
CREATE OR REPLACE FUNCTION core.recent() RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT EXISTS (SELECT FROM core.session s WHERE s.id = core.my_session()
		AND s.proved_at > core.now() - interval '5 minutes')
$$;
CREATE OR REPLACE FUNCTION auth.require_recent() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	IF NOT core.recent() THEN
		PERFORM core.refuse('QR428', 'again', 'log in again first');
	END IF;
END
$$;

-- QR422 with what is wrong where, unless nothing is.
CREATE OR REPLACE FUNCTION auth.refuse(p_fields jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	IF p_fields <> '[]' THEN
		RAISE EXCEPTION 'refused: %', (SELECT string_agg(f ->> 'field' || ':' || (f ->> 'why'), ' ')
			FROM jsonb_array_elements(p_fields) f) USING ERRCODE = 'QR422', DETAIL = p_fields::text;
	END IF;
END
$$;

-- One line of the audit, by whoever is in force. Call it last: it takes a lock all acts share.
CREATE OR REPLACE FUNCTION auth.audit(p_what text, p_subject text, p_detail jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	INSERT INTO core.audit (who, what, subject, detail, account_id)
	VALUES (auth.login(), p_what, p_subject, p_detail, core.my_account());
END
$$;

-- Id of a facility inside the scope. QR404: there is none; QR403: it lies outside (that it exists
-- is public).
CREATE OR REPLACE FUNCTION core.need_facility(p_code text, p_visible bigint) RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	IF p_visible IS NOT NULL THEN
		RETURN p_visible;
	END IF;
	IF EXISTS (SELECT FROM core.facility f WHERE f.code = p_code) THEN
		PERFORM core.refuse('QR403', 'scope', format('facility %s is outside the scope', p_code));
	END IF;
	RAISE EXCEPTION 'no facility has the code %', p_code USING ERRCODE = 'QR404';
END
$$;
-- Runs as its caller: row security decides what is visible.
CREATE OR REPLACE FUNCTION auth.need_facility(p_code text) RETURNS bigint
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS
$$ SELECT core.need_facility(p_code, (SELECT f.id FROM core.facility f WHERE f.code = p_code)) $$;

-- ---- JSON ----------------------------------------------------------------------------------
CREATE OR REPLACE FUNCTION core.js_org(p_name text, p_org int) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT '"' || p_name || '":{' || concat_ws(',', core.js('code', o.code), core.js('name', o.name)) || '}'
	FROM core.org o WHERE o.id = p_org
$$;
CREATE OR REPLACE FUNCTION core.js_party(p_name text, p_party int) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT '"' || p_name || '":{"id":' || p.id || ',' || core.js('name', p.name) || '}'
	FROM core.party p WHERE p.id = p_party
$$;

-- Who is asking, as pages show it; no rights while the session is not full.
CREATE OR REPLACE FUNCTION auth.me() RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, core AS $$
	SELECT '{' || concat_ws(',', '"account":' || a.id, core.js('login', a.login),
		core.js('name', a.name), core.js('role', a.role),
		'"rights":' || (SELECT coalesce(json_agg(r.can ORDER BY r.can), '[]')::text
			FROM core.role_right r WHERE r.role = a.role AND s.state = 'full'),
		core.js_org('org', a.org_id), core.js_party('party', a.party_id),
		'"reauth":' || NOT core.recent(), '"unread":' || nullif(core.unread(), 0)) || '}'
	FROM core.account a LEFT JOIN core.session s ON s.id = core.my_session()
	WHERE a.id = core.my_account()
$$;
