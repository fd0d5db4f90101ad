-- Who is asking: sessions, and the settings row security reads; logging in with back-off, second
-- factor, log in again, log out. sql/STAFF.md gives arguments and answers.
--
-- Passwords are never computed here: the worker's helper checks them against the stored argon2id
-- string and says whether they were right. Whoever could call these functions as the worker can
-- lie about that; what they guard is the number of tries, the second factor and the session.
--
-- Order of locks: attempts (advisory, subject then address), credential, session, audit last.

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
		'"reauth":' || NOT core.recent()) || '}'
	FROM core.account a LEFT JOIN core.session s ON s.id = core.my_session()
	WHERE a.id = core.my_account()
$$;

-- ---- back-off ------------------------------------------------------------------------------
-- In any 15 minutes at most 10 failures for one login (known or not), and 10 from one address; from
-- the third failure of a login on, each doubles the wait, 2 s at first. An attempt counts as failed
-- from its beginning, and is taken back when it succeeds: guesses in parallel gain nothing.
CREATE OR REPLACE FUNCTION core.attempt_subject(p_kind text, p_key text) RETURNS bytea
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, core AS
$$ SELECT sha256(convert_to(p_kind || ':' || p_key, 'UTF8')) $$;

CREATE OR REPLACE FUNCTION core.attempt_wait(p_subject bytea, p_address bytea) RETURNS int
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	WITH mine AS (SELECT x.at, row_number() OVER (ORDER BY x.at DESC, x.id DESC) AS n
			FROM core.attempt x WHERE x.subject = p_subject
				AND x.at > core.now() - interval '15 minutes'),
		near AS (SELECT x.at, row_number() OVER (ORDER BY x.at DESC, x.id DESC) AS n
			FROM core.attempt x WHERE x.address = p_address
				AND x.at > core.now() - interval '15 minutes'),
		free_at AS (
			SELECT at + interval '15 minutes' AS at FROM mine WHERE n = 10
			UNION ALL SELECT at + interval '15 minutes' FROM near WHERE n = 10
			UNION ALL SELECT at + interval '1 second' * 2 ^ (least(c.failures, 10) - 2) FROM mine,
				(SELECT count(*) AS failures FROM mine) c WHERE n = 1 AND c.failures >= 3)
	SELECT coalesce(greatest(ceil(extract(epoch FROM max(at) - core.now())), 0), 0)::int FROM free_at
$$;

CREATE OR REPLACE FUNCTION core.attempt_lock(p_subject bytea, p_address bytea) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
BEGIN
	PERFORM pg_advisory_xact_lock(hashtext('core.attempt.subject'), hashtext(encode(p_subject, 'hex')));
	IF p_address IS NOT NULL THEN
		PERFORM pg_advisory_xact_lock(hashtext('core.attempt.address'),
			hashtext(encode(p_address, 'hex')));
	END IF;
END
$$;

-- Counts a try, unless it must wait: then how many seconds.
CREATE OR REPLACE FUNCTION core.attempt_add(p_subject bytea, p_address bytea, p_account int,
	p_open boolean) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	wait int;
BEGIN
	PERFORM core.attempt_lock(p_subject, p_address);
	wait := core.attempt_wait(p_subject, p_address);
	IF wait = 0 THEN
		INSERT INTO core.attempt (at, subject, address, account_id, open)
		VALUES (core.now(), p_subject, p_address, p_account, p_open);
	END IF;
	RETURN wait;
END
$$;

-- Takes back what one address tried before it succeeded; what others tried stays counted.
CREATE OR REPLACE FUNCTION core.attempt_clear(p_subject bytea, p_address bytea) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, core AS $$
	DELETE FROM core.attempt WHERE subject = p_subject AND address IS NOT DISTINCT FROM p_address
$$;

-- The try begun by a lookup of the last minute, closed; NULL: there is none.
CREATE OR REPLACE FUNCTION core.attempt_close(p_account int, p_address bytea, p_any boolean)
RETURNS core.attempt
LANGUAGE sql SET search_path = pg_catalog, core AS $$
	UPDATE core.attempt t SET open = false
	WHERE t.id = (SELECT x.id FROM core.attempt x
		WHERE x.open AND x.account_id IS NOT DISTINCT FROM p_account
			AND (p_any OR x.address IS NOT DISTINCT FROM p_address)
			AND x.at > core.now() - interval '1 minute'
		ORDER BY x.id LIMIT 1 FOR UPDATE SKIP LOCKED)
	RETURNING t.*
$$;

-- What is kept no longer than needed: attempts a day, sessions and links 30 days after their end.
CREATE OR REPLACE FUNCTION core.auth_sweep() RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	n int;
	total int := 0;
BEGIN
	DELETE FROM core.attempt WHERE at < core.now() - interval '1 day';
	GET DIAGNOSTICS n = ROW_COUNT;
	total := total + n;
	DELETE FROM core.session
	WHERE least(ended_at, expires_at) < core.now() - interval '30 days';
	GET DIAGNOSTICS n = ROW_COUNT;
	total := total + n;
	DELETE FROM core.invite
	WHERE least(used_at, void_at, expires_at) < core.now() - interval '30 days';
	GET DIAGNOSTICS n = ROW_COUNT;
	RETURN total + n;
END
$$;

-- ---- logging in ----------------------------------------------------------------------------
-- An argon2id string no password has, with the parameters of the password set last, so that
-- checking it takes as long as checking a real one.
CREATE OR REPLACE FUNCTION core.dummy_hash() RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT coalesce((SELECT substring(c.password FROM '^\$argon2id\$v=19\$m=\d+,t=\d+,p=\d+\$')
			FROM core.credential c WHERE c.password IS NOT NULL
			ORDER BY c.password_at DESC LIMIT 1), '$argon2id$v=19$m=19456,t=2,p=1$')
		|| 'bm8gcGFzc3dvcmQgaGVyZQ$' || repeat('A', 43)
$$;

CREATE OR REPLACE FUNCTION api.auth_lookup(p_login text, p_address bytea) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	asked constant text := lower(btrim(left(coalesce(p_login, ''), 200)));
	dummy constant text := core.dummy_hash();
	found record;
	wait int;
BEGIN
	SELECT a.id, c.password INTO found FROM core.account a JOIN core.credential c ON c.account_id = a.id
	WHERE a.login = asked AND c.password IS NOT NULL AND core.account_valid(a);
	wait := core.attempt_add(core.attempt_subject('login', asked), p_address, found.id, true);
	IF wait > 0 THEN
		RETURN json_build_object('account', 0, 'wait', wait);
	END IF;
	RETURN json_build_object('account', coalesce(found.id, 0), 'hash', coalesce(found.password, dummy),
		'wait', 0);
END
$$;

-- How a failed try ends: a line in the audit, and how long to wait now.
CREATE OR REPLACE FUNCTION core.login_failed(p_account int, p_subject bytea, p_address bytea,
	p_step text) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	wait int;
	n bigint;
	name text;
BEGIN
	wait := core.attempt_wait(p_subject, p_address);
	n := (SELECT count(*) FROM core.attempt x WHERE x.subject = p_subject
		AND x.at > core.now() - interval '15 minutes');
	name := (SELECT a.login FROM core.account a WHERE a.id = p_account);
	-- what was typed for an unknown login is not kept: it may be a password
	INSERT INTO core.audit (who, what, subject, detail, account_id)
	VALUES (coalesce(name, '(unknown)'), 'login_failed', name,
		jsonb_build_object('step', p_step, 'failures', n), p_account);
	RETURN wait;
END
$$;

CREATE OR REPLACE FUNCTION api.auth_login(p_account int, p_ok boolean, p_address bytea, p_session bytea,
	p_enrolled boolean, p_device text, p_rehash text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	a core.account;
	t core.attempt;
	second boolean;
	r core.role;
	new_state text;
	session bigint;
BEGIN
	SELECT * INTO a FROM core.account x WHERE x.id = p_account;
	t := core.attempt_close(a.id, p_address, false);
	IF t.id IS NULL THEN
		RETURN json_build_object('state', 'failed', 'wait', coalesce(
			core.attempt_wait(core.attempt_subject('login', a.login), p_address), 0));
	END IF;
	IF a.id IS NULL OR p_ok IS NOT TRUE OR NOT core.account_valid(a) THEN
		RETURN json_build_object('state', 'failed', 'wait',
			core.login_failed(a.id, t.subject, p_address, 'password'));
	END IF;
	PERFORM core.attempt_clear(t.subject, p_address);
	SELECT * INTO r FROM core.role x WHERE x.code = a.role;
	UPDATE core.credential c SET password = coalesce(p_rehash, c.password)
	WHERE c.account_id = a.id RETURNING c.totp IS NOT NULL INTO second;
	new_state := CASE WHEN second THEN 'totp' WHEN r.second THEN 'setup' ELSE 'full' END;
	session := core.session_add(a.id, p_session, new_state, p_device,
		coalesce(p_enrolled, false) AND r.phone, CASE new_state WHEN 'full' THEN interval '12 hours'
			WHEN 'setup' THEN interval '30 minutes' ELSE interval '5 minutes' END);
	IF new_state <> 'totp' THEN
		UPDATE core.credential SET login_at = core.now() WHERE account_id = a.id;
		INSERT INTO core.audit (who, what, subject, detail, account_id) VALUES (a.login, 'login', a.login,
			jsonb_build_object('session', session, 'state', new_state), a.id);
	END IF;
	RETURN json_build_object('state', new_state);
END
$$;

-- ---- second factor -------------------------------------------------------------------------
-- RFC 4226: HOTP of a secret and a counter.
CREATE OR REPLACE FUNCTION core.hotp(p_secret bytea, p_counter bigint, p_digits int) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT SET search_path = pg_catalog AS $$
DECLARE
	mac constant bytea := crypt.hmac(int8send(p_counter), p_secret, 'sha1');
	at constant int := get_byte(mac, 19) & 15;
	n bigint;
BEGIN
	n := ((get_byte(mac, at) & 127)::bigint << 24) | (get_byte(mac, at + 1) << 16)
		| (get_byte(mac, at + 2) << 8) | get_byte(mac, at + 3);
	RETURN lpad((n % (10::bigint ^ p_digits)::bigint)::text, p_digits, '0');
END
$$;

-- RFC 6238 with steps of 30 s: the step a code of six digits belongs to, one step early or late
-- allowed, never p_last or one before it. NULL: wrong.
CREATE OR REPLACE FUNCTION core.totp_step(p_secret bytea, p_code text, p_last bigint) RETURNS bigint
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT min(s) FROM (SELECT floor(extract(epoch FROM core.now()) / 30)::bigint AS step) n
	CROSS JOIN LATERAL generate_series(n.step - 1, n.step + 1) s
	WHERE s > p_last AND core.hotp(p_secret, s, 6) = p_code
$$;

-- RFC 4648 base 32 of 20 bytes, without padding.
CREATE OR REPLACE FUNCTION core.base32(p_bytes bytea) RETURNS text
LANGUAGE sql IMMUTABLE STRICT SET search_path = pg_catalog, core AS $$
	SELECT string_agg(substr('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567', v + 1, 1), '' ORDER BY i)
	FROM generate_series(0, length(p_bytes) * 8 / 5 - 1) i
	CROSS JOIN LATERAL (SELECT sum((get_bit(p_bytes, (i * 5 + b) / 8 * 8 + 7 - (i * 5 + b) % 8) << (4 - b)))::int AS v
		FROM generate_series(0, 4) b) w
$$;

-- A recovery code as it is hashed: no blanks, no hyphens, the letters that look like digits as
-- those; ten of 0-9A-HJKMNP-TV-Z.
CREATE OR REPLACE FUNCTION core.recovery_hash(p_account int, p_code text) RETURNS bytea
LANGUAGE sql IMMUTABLE STRICT SET search_path = pg_catalog, core AS $$
	SELECT sha256(convert_to(p_account || ':' || translate(upper(regexp_replace(p_code, '[\s-]', '', 'g')),
		'OIL', '011'), 'UTF8'))
$$;

-- Ten new codes in place of the old ones.
CREATE OR REPLACE FUNCTION core.recovery_new(p_account int) RETURNS json
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	letters constant text := '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
	codes text[] := '{}';
	rnd bytea;
	c text;
BEGIN
	DELETE FROM core.recovery WHERE account_id = p_account;
	FOR i IN 1 .. 10 LOOP
		rnd := crypt.gen_random_bytes(10);
		c := '';
		FOR k IN 0 .. 9 LOOP
			c := c || substr(letters, (get_byte(rnd, k) & 31) + 1, 1);
		END LOOP;
		INSERT INTO core.recovery (account_id, hash) VALUES (p_account, core.recovery_hash(p_account, c));
		codes := codes || (left(c, 5) || '-' || right(c, 5));
	END LOOP;
	RETURN to_json(codes);
END
$$;

-- How a code proved itself: 'totp', 'recovery', NULL. Each step and each recovery code once: the
-- credential's row is locked.
CREATE OR REPLACE FUNCTION core.second_check(p_account int, p_code text) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	code constant text := regexp_replace(coalesce(left(p_code, 40), ''), '[\s-]', '', 'g');
	c core.credential;
	step bigint;
BEGIN
	SELECT * INTO c FROM core.credential x WHERE x.account_id = p_account FOR NO KEY UPDATE;
	IF code ~ '^[0-9]{6}$' THEN
		step := core.totp_step(c.totp, code, c.totp_step);
		UPDATE core.credential SET totp_step = step WHERE account_id = p_account AND step IS NOT NULL;
		RETURN CASE WHEN step IS NOT NULL THEN 'totp' END;
	END IF;
	UPDATE core.recovery SET used_at = core.now()
	WHERE account_id = p_account AND hash = core.recovery_hash(p_account, code) AND used_at IS NULL;
	RETURN CASE WHEN FOUND THEN 'recovery' END;
END
$$;

CREATE OR REPLACE FUNCTION api.auth_totp(p_session bytea, p_code text, p_new_session bytea,
	p_address bytea) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	x record;
	subject bytea;
	wait int;
	how text;
	session bigint;
	left_codes int;
BEGIN
	x := core.session_open(p_session, '{totp}');
	subject := core.attempt_subject('second', (x.a).id::text);
	wait := core.attempt_add(subject, p_address, (x.a).id, false);
	IF wait > 0 THEN
		RETURN json_build_object('state', 'failed', 'wait', wait);
	END IF;
	how := core.second_check((x.a).id, p_code);
	IF how IS NULL THEN
		RETURN json_build_object('state', 'failed', 'wait',
			core.login_failed((x.a).id, subject, p_address, 'second'));
	END IF;
	PERFORM core.attempt_clear(subject, p_address);
	UPDATE core.session SET ended_at = core.now() WHERE id = (x.s).id AND ended_at IS NULL;
	IF NOT FOUND THEN
		PERFORM core.refuse('QR401', 'ended', 'the session was ended meanwhile');
	END IF;
	session := core.session_add((x.a).id, p_new_session, 'full', (x.s).device, (x.s).enrolled,
		interval '12 hours');
	UPDATE core.credential SET login_at = core.now() WHERE account_id = (x.a).id;
	left_codes := CASE how WHEN 'recovery' THEN (SELECT count(*) FROM core.recovery r
		WHERE r.account_id = (x.a).id AND r.used_at IS NULL) END;
	INSERT INTO core.audit (who, what, subject, detail, account_id)
	VALUES ((x.a).login, 'login', (x.a).login,
		jsonb_build_object('session', session, 'state', 'full', 'second', how), (x.a).id);
	RETURN '{' || concat_ws(',', '"state":"full"', '"recovery_left":' || left_codes) || '}';
END
$$;

-- ---- log in again, log out -----------------------------------------------------------------
CREATE OR REPLACE FUNCTION api.auth_again_lookup(p_session bytea, p_address bytea) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	x record;
	wait int;
BEGIN
	x := core.session_open(p_session, '{full}');
	wait := core.attempt_add(core.attempt_subject('login', (x.a).login), p_address, (x.a).id, true);
	IF wait > 0 THEN
		RETURN json_build_object('wait', wait);
	END IF;
	RETURN json_build_object('hash', (SELECT c.password FROM core.credential c
		WHERE c.account_id = (x.a).id), 'wait', 0);
END
$$;

CREATE OR REPLACE FUNCTION api.auth_again(p_session bytea, p_ok boolean) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	x record;
	t core.attempt;
BEGIN
	x := core.session_open(p_session, '{full}');
	t := core.attempt_close((x.a).id, NULL, true);
	IF t.id IS NULL THEN
		RETURN json_build_object('ok', false, 'wait',
			core.attempt_wait(core.attempt_subject('login', (x.a).login), NULL));
	END IF;
	IF p_ok IS NOT TRUE THEN
		RETURN json_build_object('ok', false, 'wait',
			core.login_failed((x.a).id, t.subject, t.address, 'again'));
	END IF;
	PERFORM core.attempt_clear(t.subject, t.address);
	UPDATE core.session SET proved_at = core.now() WHERE id = (x.s).id;
	INSERT INTO core.audit (who, what, subject, detail, account_id) VALUES ((x.a).login, 'login_again',
		(x.a).login, jsonb_build_object('session', (x.s).id), (x.a).id);
	RETURN json_build_object('ok', true);
END
$$;

CREATE OR REPLACE FUNCTION api.auth_logout(p_session bytea, p_all boolean) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	s core.session;
	n int := 1;
BEGIN
	UPDATE core.session SET ended_at = core.now() WHERE token = p_session AND ended_at IS NULL
	RETURNING * INTO s;
	IF s.id IS NULL THEN
		RETURN json_build_object('ended', 0);
	END IF;
	IF p_all THEN
		n := n + core.sessions_end(s.account_id);
	END IF;
	INSERT INTO core.audit (who, what, subject, detail, account_id)
	SELECT a.login, 'logout', a.login, jsonb_build_object('ended', n), a.id
	FROM core.account a WHERE a.id = s.account_id;
	RETURN json_build_object('ended', n);
END
$$;
