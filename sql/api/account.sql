-- One's own account, invitations. sql/STAFF.md gives arguments and answers.
-- api.staff_* run as qr_staff, under row security; what lies behind it (passwords, secrets, links)
-- is reached through the auth functions here, each of which checks who is asking by itself.

-- ---- one's own account ---------------------------------------------------------------------
CREATE OR REPLACE FUNCTION auth.second_state() RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, core AS $$
	SELECT '{"on":' || (c.totp IS NOT NULL) || ',"needed":' || r.second || ',"recovery_left":'
		|| (SELECT count(*) FROM core.recovery v WHERE v.account_id = a.id AND v.used_at IS NULL) || '}'
	FROM core.account a JOIN core.role r ON r.code = a.role
	JOIN core.credential c ON c.account_id = a.id
	WHERE a.id = core.my_account()
$$;

CREATE OR REPLACE FUNCTION api.staff_me(p_session bytea) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core SET timezone = 'UTC' AS $$
BEGIN
	PERFORM auth.enter(p_session, 'me');
	PERFORM core.use_timezone();
	RETURN (SELECT '{' || concat_ws(',', '"me":' || auth.me(), core.js('state', s.state),
			'"second":' || auth.second_state(), core.js('expires', s.expires_at),
			core.js('idle_until', s.seen_at + CASE WHEN s.enrolled THEN interval '12 hours'
				ELSE interval '30 minutes' END)) || '}'
		FROM core.session s WHERE s.id = core.my_session());
END
$$;

CREATE OR REPLACE FUNCTION api.staff_may(p_session bytea, p_right text, p_facility text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	PERFORM auth.enter(p_session, p_right);
	IF p_facility IS NOT NULL THEN
		PERFORM auth.need_facility(p_facility);
	END IF;
	RETURN '{"me":' || auth.me() || '}';
END
$$;

CREATE OR REPLACE FUNCTION api.staff_sessions(p_session bytea) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core SET timezone = 'UTC' AS $$
DECLARE
	rows text;
BEGIN
	PERFORM auth.enter(p_session, NULL);
	PERFORM core.use_timezone();
	SELECT string_agg('{' || concat_ws(',', '"id":' || s.id, core.js('device', s.device),
		core.js('since', s.since), core.js('seen', s.seen_at), core.js('expires', s.expires_at),
		'"enrolled":' || s.enrolled, '"this":' || (s.id = core.my_session())) || '}', ',' ORDER BY s.id DESC)
	INTO rows FROM core.session s
	WHERE s.account_id = core.my_account() AND s.ended_at IS NULL AND s.expires_at > core.now();
	RETURN '{"me":' || auth.me() || ',"sessions":[' || rows || ']}';
END
$$;

CREATE OR REPLACE FUNCTION auth.session_end(p_id bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	UPDATE core.session SET ended_at = core.now()
	WHERE id = p_id AND account_id = core.my_account() AND ended_at IS NULL;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'no such session' USING ERRCODE = 'QR404';
	END IF;
END
$$;
CREATE OR REPLACE FUNCTION api.staff_session_end(p_session bytea, p_id bigint) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	PERFORM auth.enter(p_session, NULL);
	PERFORM auth.session_end(p_id);
	PERFORM auth.audit('session_end', auth.login(), jsonb_build_object('session', p_id));
	RETURN '{"ended":true}';
END
$$;

CREATE OR REPLACE FUNCTION auth.password_set(p_hash text) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	PERFORM auth.require_recent();
	UPDATE core.credential SET password = p_hash, password_at = core.now()
	WHERE account_id = core.my_account();
	RETURN core.sessions_end(core.my_account());
END
$$;
CREATE OR REPLACE FUNCTION api.staff_password(p_session bytea, p_hash text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	n int;
BEGIN
	PERFORM auth.enter(p_session, NULL);
	IF p_hash IS NULL THEN
		PERFORM auth.refuse('[{"field":"password","why":"missing"}]');
	END IF;
	n := auth.password_set(p_hash);
	PERFORM auth.audit('password', auth.login(), jsonb_build_object('ended', n));
	RETURN json_build_object('ended', n);
END
$$;

-- ---- invitations ---------------------------------------------------------------------------
-- A link for an account: older ones are void, the password of a reset too, and with p_second the
-- second factor; sessions end. Valid for 7 days.
CREATE OR REPLACE FUNCTION core.invite_make(p_account int, p_kind text, p_token bytea,
	p_second boolean) RETURNS timestamptz
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	at constant timestamptz := core.now();
BEGIN
	INSERT INTO core.credential (account_id) VALUES (p_account) ON CONFLICT DO NOTHING;
	UPDATE core.credential SET password = NULL, password_at = NULL WHERE account_id = p_account;
	IF p_second THEN
		UPDATE core.credential SET totp = NULL, totp_pending = NULL WHERE account_id = p_account;
		DELETE FROM core.recovery WHERE account_id = p_account;
	END IF;
	PERFORM core.sessions_end(p_account);
	UPDATE core.invite SET void_at = at
	WHERE account_id = p_account AND used_at IS NULL AND void_at IS NULL;
	INSERT INTO core.invite (token, account_id, kind, made_at, expires_at)
	VALUES (p_token, p_account, p_kind, at, at + interval '7 days');
	RETURN at + interval '7 days';
END
$$;

CREATE OR REPLACE FUNCTION core.invite_open(p_token bytea, OUT i core.invite, OUT a core.account)
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	why text;
BEGIN
	SELECT * INTO i FROM core.invite x WHERE x.token = p_token FOR UPDATE;
	SELECT * INTO a FROM core.account x WHERE x.id = i.account_id;
	why := CASE WHEN i.id IS NULL OR i.void_at IS NOT NULL THEN 'none'
		WHEN i.used_at IS NOT NULL THEN 'used'
		WHEN core.now() >= i.expires_at THEN 'expired'
		WHEN a.ended_at IS NOT NULL OR a.valid_to < core.today() THEN 'ended' END;
	IF why IS NOT NULL THEN
		PERFORM core.refuse('QR404', why, 'invitation: ' || why);
	END IF;
END
$$;

CREATE OR REPLACE FUNCTION api.invite_look(p_token bytea) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core SET timezone = 'UTC' AS $$
DECLARE
	x record;
BEGIN
	x := core.invite_open(p_token);
	PERFORM core.use_timezone();
	RETURN '{' || concat_ws(',', core.js('kind', (x.i).kind), core.js('login', (x.a).login),
		core.js('name', (x.a).name), core.js('role', (x.a).role),
		core.js('expires', (x.i).expires_at)) || '}';
END
$$;

CREATE OR REPLACE FUNCTION api.invite_use(p_token bytea, p_hash text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	x record;
	second boolean;
BEGIN
	x := core.invite_open(p_token);
	IF p_hash IS NULL THEN
		PERFORM auth.refuse('[{"field":"password","why":"missing"}]');
	END IF;
	UPDATE core.credential SET password = p_hash, password_at = core.now()
	WHERE account_id = (x.a).id RETURNING totp IS NULL INTO second;
	second := second AND (SELECT r.second FROM core.role r WHERE r.code = (x.a).role);
	UPDATE core.invite SET used_at = core.now() WHERE id = (x.i).id;
	PERFORM core.sessions_end((x.a).id);
	INSERT INTO core.audit (who, what, subject, detail, account_id) VALUES ((x.a).login, 'invite_used',
		(x.a).login, jsonb_build_object('kind', (x.i).kind), (x.a).id);
	RETURN json_build_object('account', (x.a).id, 'login', (x.a).login, 'second', second);
END
$$;
