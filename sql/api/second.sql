-- The second factor: codes by time (RFC 6238), recovery codes, giving them at log-in, setting it up.
-- sql/STAFF.md gives arguments and answers.

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
	RETURN '{' || concat_ws(',', '"state":"full"', '"recovery_left":' || left_codes,
		core.lands_on_board((x.a).role)) || '}';
END
$$;

-- ---- setting it up -------------------------------------------------------------------------
-- A fresh secret waits until a code of it was given; the one in force stays until then.
CREATE OR REPLACE FUNCTION auth.totp_begin() RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	secret constant bytea := crypt.gen_random_bytes(20);
BEGIN
	IF (SELECT s.state FROM core.session s WHERE s.id = core.my_session()) = 'full' THEN
		PERFORM auth.require_recent();
	END IF;
	UPDATE core.credential SET totp_pending = secret WHERE account_id = core.my_account();
	RETURN core.base32(secret);
END
$$;
CREATE OR REPLACE FUNCTION api.staff_totp_begin(p_session bytea) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	PERFORM auth.enter(p_session, 'setup');
	RETURN json_build_object('secret', auth.totp_begin(), 'login', auth.login(), 'step', 30, 'digits', 6,
		'algorithm', 'SHA1');
END
$$;

-- NULL: right, and the recovery codes come back; else the seconds to wait.
CREATE OR REPLACE FUNCTION auth.totp_confirm(p_code text, p_new_session bytea, OUT wait int, OUT codes json)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	me constant int := core.my_account();
	subject constant bytea := core.attempt_subject('second', me::text);
	c core.credential;
	s core.session;
	step bigint;
BEGIN
	wait := core.attempt_add(subject, NULL, me, false);
	IF wait > 0 THEN
		RETURN;
	END IF;
	SELECT * INTO c FROM core.credential x WHERE x.account_id = me FOR NO KEY UPDATE;
	IF c.totp_pending IS NULL THEN
		PERFORM core.refuse('QR409', 'no_secret', 'no second factor was begun');
	END IF;
	step := core.totp_step(c.totp_pending, regexp_replace(left(p_code, 40), '\s', '', 'g'), 0);
	IF step IS NULL THEN
		wait := core.login_failed(me, subject, NULL, 'setup');
		RETURN;
	END IF;
	wait := NULL;
	PERFORM core.attempt_clear(subject, NULL);
	UPDATE core.credential SET totp = totp_pending, totp_pending = NULL, totp_step = step
	WHERE account_id = me;
	SELECT * INTO s FROM core.session x WHERE x.id = core.my_session();
	PERFORM core.sessions_end(me);
	PERFORM set_config('qr.session', core.session_add(me, p_new_session, 'full', s.device, s.enrolled,
		interval '12 hours')::text, true);
	codes := core.recovery_new(me);
END
$$;
CREATE OR REPLACE FUNCTION api.staff_totp_confirm(p_session bytea, p_code text, p_new_session bytea)
RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	x record;
BEGIN
	PERFORM auth.enter(p_session, 'setup');
	x := auth.totp_confirm(p_code, p_new_session);
	IF x.wait IS NOT NULL THEN
		RETURN json_build_object('ok', false, 'wait', x.wait);
	END IF;
	PERFORM auth.audit('second_on', auth.login(), NULL);
	RETURN json_build_object('ok', true, 'recovery', x.codes);
END
$$;

CREATE OR REPLACE FUNCTION auth.recovery_new() RETURNS json
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	PERFORM auth.require_recent();
	PERFORM FROM core.credential WHERE account_id = core.my_account() AND totp IS NOT NULL
		FOR NO KEY UPDATE;
	IF NOT FOUND THEN
		PERFORM core.refuse('QR409', 'no_secret', 'there is no second factor');
	END IF;
	RETURN core.recovery_new(core.my_account());
END
$$;
CREATE OR REPLACE FUNCTION api.staff_recovery(p_session bytea) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	codes json;
BEGIN
	PERFORM auth.enter(p_session, NULL);
	codes := auth.recovery_new();
	PERFORM auth.audit('recovery', auth.login(), NULL);
	RETURN json_build_object('recovery', codes);
END
$$;
