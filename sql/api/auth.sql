-- Logging in with back-off, logging in again, logging out. sql/STAFF.md gives arguments and answers.
--
-- Passwords are never computed here: the worker's helper checks them against the stored argon2id
-- string and says whether they were right. Whoever could call these functions as the worker can
-- lie about that; what they guard is the number of tries, the second factor and the session.
--
-- Order of locks: attempts (advisory, subject then address), credential, session, audit last.

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
	RETURN '{' || concat_ws(',', core.js('state', new_state), CASE new_state WHEN 'full'
		THEN core.lands_on_board(a.role) END) || '}';
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
