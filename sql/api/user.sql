-- Users and what they are assigned. sql/STAFF.md gives arguments and answers. What an asker may not
-- see is shut twice: by the checks here and by the policies of the tables.

-- ---- users ---------------------------------------------------------------------------------
-- A day of a form: NULL when it is none.
CREATE OR REPLACE FUNCTION core.day_of(p_text text) RETURNS date
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, core AS $$
BEGIN
	IF p_text !~ '^\d{4}-\d\d-\d\d$' THEN
		RETURN NULL;
	END IF;
	RETURN make_date(left(p_text, 4)::int, substr(p_text, 6, 2)::int, right(p_text, 2)::int);
EXCEPTION WHEN datetime_field_overflow THEN
	RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION core.wrong(p_field text, p_why text) RETURNS jsonb
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, core AS
$$ SELECT jsonb_build_array(jsonb_build_object('field', p_field, 'why', p_why)) $$;

-- What is wrong with the days of a body, and the days.
CREATE OR REPLACE FUNCTION core.body_days(p_body jsonb, OUT wrong jsonb, OUT day_from date,
	OUT day_to date)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
BEGIN
	wrong := '[]';
	day_from := coalesce(core.day_of(core.some(p_body ->> 'from')), core.today());
	day_to := core.day_of(core.some(p_body ->> 'to'));
	IF core.some(p_body ->> 'from') IS NOT NULL AND core.day_of(core.some(p_body ->> 'from')) IS NULL THEN
		wrong := wrong || core.wrong('from', 'form');
	END IF;
	IF core.some(p_body ->> 'to') IS NOT NULL THEN
		wrong := wrong || CASE WHEN day_to IS NULL THEN core.wrong('to', 'form')
			WHEN day_to < day_from THEN core.wrong('to', 'order')
			WHEN day_to < core.today() THEN core.wrong('to', 'past') ELSE '[]' END;
	END IF;
END
$$;

-- A firm by its id or credit code.
CREATE OR REPLACE FUNCTION core.party_named(p_text text) RETURNS int
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT p.id FROM core.party p
	WHERE p.credit_code = upper(p_text) OR p.id = CASE WHEN p_text ~ '^\d{1,9}$' THEN p_text::int END
	ORDER BY p.credit_code = upper(p_text) DESC NULLS LAST LIMIT 1
$$;

-- Whether all facilities of a firm lie inside an office's area.
CREATE OR REPLACE FUNCTION core.party_inside(p_party int, p_org int) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, core AS $$
	SELECT p_org IS NOT NULL AND NOT EXISTS (SELECT FROM core.facility f
		JOIN core.place p ON p.id = f.place_id JOIN core.org o ON o.id = p.org_id
		WHERE f.id IN (SELECT core.facilities_of(p_party, NULL)) AND NOT o.path @> ARRAY[p_org])
$$;

-- Adds an account from a body; p_free: the command line, any scope and role. QR422 names what is
-- wrong. Runs as its caller: for qr_staff row security checks office and role once more.
CREATE OR REPLACE FUNCTION core.user_add(p_body jsonb, p_free boolean) RETURNS core.account
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	wrong jsonb := '[]';
	login constant text := lower(core.some(p_body ->> 'login'));
	name constant text := core.some(p_body ->> 'name');
	r core.role;
	org constant text := core.some(p_body ->> 'org');
	org_is int;
	party constant text := core.some(p_body ->> 'party');
	party_is int;
	office int;
	days record;
	a core.account;
BEGIN
	wrong := wrong || CASE WHEN login IS NULL THEN core.wrong('login', 'missing')
		WHEN login !~ '^[a-z][a-z0-9._-]{2,39}$' THEN core.wrong('login', 'form') ELSE '[]' END;
	wrong := wrong || CASE WHEN name IS NULL THEN core.wrong('name', 'missing')
		WHEN length(name) > 100 THEN core.wrong('name', 'long') ELSE '[]' END;
	SELECT * INTO r FROM core.role x WHERE x.code = core.some(p_body ->> 'role');
	wrong := wrong || CASE WHEN core.some(p_body ->> 'role') IS NULL THEN core.wrong('role', 'missing')
		WHEN r.code IS NULL THEN core.wrong('role', 'unknown')
		WHEN NOT p_free AND r.rank > core.my_rank() THEN core.wrong('role', 'above') ELSE '[]' END;
	org_is := (SELECT o.id FROM core.org o WHERE o.code = org);
	party_is := core.party_named(party);
	office := CASE WHEN party IS NULL THEN org_is
		WHEN p_free THEN (SELECT o.id FROM core.org o WHERE o.code = core.some(p_body ->> 'office'))
		ELSE core.my_org() END;
	wrong := wrong || CASE
		WHEN party IS NULL AND org IS NULL OR party IS NOT NULL AND org IS NOT NULL THEN
			core.wrong('org', 'missing')
		WHEN org IS NOT NULL AND org_is IS NULL THEN core.wrong('org', 'unknown')
		WHEN org IS NOT NULL AND NOT p_free AND NOT core.sees_org(org_is) THEN core.wrong('org', 'outside')
		WHEN party IS NOT NULL AND party_is IS NULL THEN core.wrong('party', 'unknown')
		WHEN party IS NOT NULL AND r.scope = 'org' THEN core.wrong('party', 'role')
		WHEN party IS NOT NULL AND NOT p_free AND NOT core.party_inside(party_is, core.my_org()) THEN
			core.wrong('party', 'outside')
		ELSE '[]' END;
	days := core.body_days(p_body);
	PERFORM auth.refuse(wrong || days.wrong);
	INSERT INTO core.account AS c (login, name, role, org_id, party_id, office_id, valid_from, valid_to, made_by)
	VALUES (login, name, r.code, org_is, party_is, office, days.day_from, days.day_to, core.my_account())
	ON CONFLICT ON CONSTRAINT account_login_key DO NOTHING RETURNING c.* INTO a;
	IF a.id IS NULL THEN
		PERFORM auth.refuse(core.wrong('login', 'taken'));
	END IF;
	RETURN a;
END
$$;

-- What the audit keeps of a new account.
CREATE OR REPLACE FUNCTION core.user_detail(a core.account) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT jsonb_strip_nulls(jsonb_build_object('role', a.role, 'from', a.valid_from, 'to', a.valid_to,
		'org', (SELECT o.code FROM core.org o WHERE o.id = a.org_id), 'party', a.party_id))
$$;

CREATE OR REPLACE FUNCTION core.js_invited(a core.account, p_expires timestamptz) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT '{' || concat_ws(',', '"account":' || a.id, core.js('login', a.login),
		core.js('expires', p_expires)) || '}'
$$;

-- An account the asker may change: QR404 outside the scope, QR403 above the own role.
CREATE OR REPLACE FUNCTION auth.need_account(p_account int) RETURNS core.account
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	a core.account;
BEGIN
	SELECT * INTO a FROM core.account x
	WHERE x.id = p_account AND core.my_right('users') AND core.sees_org(x.office_id);
	IF a.id IS NULL THEN
		RAISE EXCEPTION 'no such account' USING ERRCODE = 'QR404';
	END IF;
	IF (SELECT r.rank FROM core.role r WHERE r.code = a.role) > core.my_rank() THEN
		PERFORM core.refuse('QR403', 'above', 'the account has a higher role');
	END IF;
	IF a.party_id IS NOT NULL AND NOT core.party_inside(a.party_id, core.my_org()) THEN
		PERFORM core.refuse('QR403', 'scope', 'the firm has facilities outside the scope');
	END IF;
	IF a.ended_at IS NOT NULL THEN
		PERFORM core.refuse('QR409', 'ended', 'the account was ended');
	END IF;
	RETURN a;
END
$$;

CREATE OR REPLACE FUNCTION auth.invite(p_account int, p_kind text, p_token bytea, p_second boolean)
RETURNS timestamptz
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	PERFORM auth.require_recent();
	RETURN core.invite_make((auth.need_account(p_account)).id, p_kind, p_token, p_second);
END
$$;

CREATE OR REPLACE FUNCTION auth.account_end(p_account int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	a constant core.account := auth.need_account(p_account);
BEGIN
	PERFORM auth.require_recent();
	IF a.id = core.my_account() THEN
		PERFORM core.refuse('QR409', 'self', 'nobody ends the own account');
	END IF;
	UPDATE core.account SET ended_at = core.now() WHERE id = a.id;
	RETURN core.sessions_end(a.id);
END
$$;

-- What the list of users shows of proofs, never the proofs.
CREATE OR REPLACE FUNCTION auth.account_facts(p_accounts int[])
RETURNS TABLE (account_id int, invited boolean, second boolean, last timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, core AS $$
	SELECT a.id, c.password IS NULL, c.totp IS NOT NULL, c.login_at
	FROM core.account a LEFT JOIN core.credential c ON c.account_id = a.id
	WHERE a.id = ANY (p_accounts) AND core.my_right('users') AND core.sees_org(a.office_id)
$$;

CREATE OR REPLACE FUNCTION core.js_user(a core.account, p_invited boolean, p_second boolean,
	p_last timestamptz) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT '{' || concat_ws(',', '"account":' || a.id, core.js('login', a.login), core.js('name', a.name),
		core.js('role', a.role), core.js_org('org', a.org_id), core.js_party('party', a.party_id),
		core.js_org('office', a.office_id), core.js('from', a.valid_from), core.js('to', a.valid_to),
		core.js('state', CASE WHEN a.ended_at IS NOT NULL THEN 'ended'
			WHEN a.valid_to < core.today() THEN 'expired' WHEN a.valid_from > core.today() THEN 'future'
			WHEN p_invited THEN 'invited' ELSE 'active' END),
		'"second":' || coalesce(p_second, false), core.js('last', p_last)) || '}'
$$;

CREATE OR REPLACE FUNCTION api.staff_user_list(p_session bytea, p_q text, p_after text, p_limit int)
RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core SET timezone = 'UTC' AS $$
DECLARE
	n constant int := least(greatest(coalesce(p_limit, 50), 1), 200);
	q constant text := lower(coalesce(core.some(p_q), ''));
	users core.account[];
	rows text;
BEGIN
	PERFORM auth.enter(p_session, 'users');
	PERFORM core.use_timezone();
	users := ARRAY(SELECT a FROM core.account a
		WHERE core.sees_org(a.office_id) AND a.login > coalesce(p_after, '')
			AND (strpos(a.login, q) > 0 OR strpos(lower(a.name), q) > 0)
		ORDER BY a.login LIMIT n + 1);
	SELECT string_agg(core.js_user(u, f.invited, f.second, f.last), ',' ORDER BY u.login) INTO rows
	FROM unnest(users[:n]) u
	JOIN auth.account_facts(ARRAY(SELECT v.id FROM unnest(users[:n]) v)) f ON f.account_id = u.id;
	RETURN '{' || concat_ws(',', '"me":' || auth.me(),
		'"roles":' || (SELECT json_agg(r.code ORDER BY r.rank)::text FROM core.role r
			WHERE r.rank <= core.my_rank()),
		'"users":[' || coalesce(rows, '') || ']',
		CASE WHEN cardinality(users) > n THEN core.js('next', (users[n]).login) END) || '}';
END
$$;

CREATE OR REPLACE FUNCTION api.staff_user_add(p_session bytea, p_body jsonb, p_token bytea) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core SET timezone = 'UTC' AS $$
DECLARE
	a core.account;
	expires timestamptz;
BEGIN
	PERFORM auth.enter(p_session, 'users');
	PERFORM auth.require_recent();
	PERFORM core.use_timezone();
	a := core.user_add(p_body, false);
	expires := auth.invite(a.id, 'new', p_token, false);
	PERFORM auth.audit('user_add', a.login, core.user_detail(a));
	RETURN core.js_invited(a, expires);
END
$$;

CREATE OR REPLACE FUNCTION api.staff_user_reset(p_session bytea, p_account int, p_token bytea,
	p_second boolean) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core SET timezone = 'UTC' AS $$
DECLARE
	a core.account;
	expires timestamptz;
BEGIN
	PERFORM auth.enter(p_session, 'users');
	PERFORM auth.require_recent();
	PERFORM core.use_timezone();
	a := auth.need_account(p_account);
	expires := auth.invite(a.id, 'reset', p_token, coalesce(p_second, false));
	PERFORM auth.audit('user_reset', a.login, jsonb_build_object('second', coalesce(p_second, false)));
	RETURN core.js_invited(a, expires);
END
$$;

CREATE OR REPLACE FUNCTION api.staff_user_end(p_session bytea, p_account int) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	a core.account;
	n int;
BEGIN
	PERFORM auth.enter(p_session, 'users');
	PERFORM auth.require_recent();
	a := auth.need_account(p_account);
	n := auth.account_end(p_account);
	PERFORM auth.audit('user_end', a.login, jsonb_build_object('ended', n));
	RETURN json_build_object('account', a.id, 'login', a.login, 'ended', n);
END
$$;

-- ---- assignments ---------------------------------------------------------------------------
-- What is wrong with a body, or the row it means. Runs as its caller: codes outside the scope are
-- unknown to qr_staff.
CREATE OR REPLACE FUNCTION core.assign_add(p_body jsonb, p_free boolean) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	wrong jsonb := '[]';
	party constant text := core.some(p_body ->> 'party');
	who constant text := lower(core.some(p_body ->> 'login'));
	party_is constant int := core.party_named(party);
	who_is constant int := (SELECT a.id FROM core.account a WHERE a.login = who AND a.ended_at IS NULL);
	org_is constant int := (SELECT o.id FROM core.org o WHERE o.code = core.some(p_body ->> 'org')
		AND (p_free OR core.sees_org(o.id)));
	place_is constant bigint := (SELECT p.id FROM core.place p
		WHERE p.code = upper(core.some(p_body ->> 'place')));
	facility_is constant bigint := (SELECT f.id FROM core.facility f
		WHERE f.code = upper(core.some(p_body ->> 'facility')));
	what constant text := CASE num_nonnulls(core.some(p_body ->> 'org'), core.some(p_body ->> 'place'),
		core.some(p_body ->> 'facility')) WHEN 1 THEN coalesce(
			CASE WHEN core.some(p_body ->> 'org') IS NOT NULL THEN 'org' END,
			CASE WHEN core.some(p_body ->> 'place') IS NOT NULL THEN 'place' END, 'facility') END;
	days record;
	new_id bigint;
BEGIN
	wrong := wrong || CASE WHEN (party IS NULL) = (who IS NULL) THEN core.wrong('party', 'missing')
		WHEN party IS NOT NULL AND party_is IS NULL THEN core.wrong('party', 'unknown')
		WHEN who IS NOT NULL AND who_is IS NULL THEN core.wrong('login', 'unknown') ELSE '[]' END;
	wrong := wrong || CASE WHEN what IS NULL THEN core.wrong('facility', 'missing')
		WHEN num_nonnulls(org_is, place_is, facility_is) = 0 THEN core.wrong(what, 'outside')
		ELSE '[]' END;
	days := core.body_days(p_body);
	PERFORM auth.refuse(wrong || days.wrong);
	INSERT INTO core.assignment (party_id, account_id, org_id, place_id, facility_id, valid_from,
		valid_to, made_by)
	VALUES (party_is, who_is, org_is, place_is, facility_is, days.day_from, days.day_to,
		core.my_account())
	RETURNING id INTO new_id;
	RETURN new_id;
END
$$;

CREATE OR REPLACE FUNCTION api.staff_assign_list(p_session bytea, p_party int) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	rows text;
BEGIN
	PERFORM auth.enter(p_session, 'users');
	SELECT string_agg('{' || concat_ws(',', '"id":' || x.id, core.js_party('party', x.party_id),
		'"account":{' || concat_ws(',', '"account":' || a.id, core.js('login', a.login)) || '}',
		core.js_org('org', x.org_id),
		'"place":{' || concat_ws(',', core.js('code', p.code::text), core.js('name', p.name)) || '}',
		'"facility":{' || concat_ws(',', core.js('code', f.code::text), core.js('name', f.name)) || '}',
		core.js('from', x.valid_from), core.js('to', x.valid_to)) || '}', ',' ORDER BY x.id)
	INTO rows FROM (SELECT * FROM core.assignment y WHERE p_party IS NULL OR y.party_id = p_party
		ORDER BY y.id DESC LIMIT 500) x
	LEFT JOIN core.account a ON a.id = x.account_id
	LEFT JOIN core.place p ON p.id = x.place_id
	LEFT JOIN core.facility f ON f.id = x.facility_id;
	RETURN '{"me":' || auth.me() || ',"assignments":[' || coalesce(rows, '') || ']}';
END
$$;

CREATE OR REPLACE FUNCTION api.staff_assign_add(p_session bytea, p_body jsonb) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	new_id bigint;
BEGIN
	PERFORM auth.enter(p_session, 'users');
	PERFORM auth.require_recent();
	new_id := core.assign_add(p_body, false);
	PERFORM auth.audit('assign', new_id::text, p_body);
	RETURN json_build_object('id', new_id);
END
$$;

-- Over from today on; p_id is one the asker can see.
CREATE OR REPLACE FUNCTION auth.assign_end(p_id bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	PERFORM auth.require_recent();
	IF core.my_right('users') AND core.my_org() IS NOT NULL THEN
		UPDATE core.assignment SET valid_to = core.today() - 1 WHERE id = p_id;
	END IF;
END
$$;
CREATE OR REPLACE FUNCTION api.staff_assign_end(p_session bytea, p_id bigint) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	PERFORM auth.enter(p_session, 'users');
	PERFORM auth.require_recent();
	IF NOT EXISTS (SELECT FROM core.assignment a WHERE a.id = p_id
		AND (a.valid_to IS NULL OR a.valid_to >= core.today()))
	THEN
		RAISE EXCEPTION 'no such assignment' USING ERRCODE = 'QR404';
	END IF;
	PERFORM auth.assign_end(p_id);
	PERFORM auth.audit('assign_end', p_id::text, NULL);
	RETURN json_build_object('id', p_id);
END
$$;

-- ---- the command line ----------------------------------------------------------------------
CREATE OR REPLACE FUNCTION core.account_named(p_login text) RETURNS core.account
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
DECLARE
	a core.account;
BEGIN
	SELECT * INTO a FROM core.account x WHERE x.login = lower(p_login);
	IF a.id IS NULL THEN
		RAISE EXCEPTION 'no account has the login %', p_login USING ERRCODE = 'QR404';
	END IF;
	IF a.ended_at IS NOT NULL THEN
		PERFORM core.refuse('QR409', 'ended', format('account %s was ended', a.login));
	END IF;
	RETURN a;
END
$$;

CREATE OR REPLACE FUNCTION api.user_add(p_who text, p_body jsonb, p_token bytea) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core SET timezone = 'UTC' AS $$
DECLARE
	a core.account;
	expires timestamptz;
BEGIN
	PERFORM core.use_timezone();
	a := core.user_add(p_body, true);
	expires := core.invite_make(a.id, 'new', p_token, false);
	INSERT INTO core.audit (who, what, subject, detail)
	VALUES (p_who, 'user_add', a.login, core.user_detail(a));
	RETURN core.js_invited(a, expires);
END
$$;

CREATE OR REPLACE FUNCTION api.user_reset(p_who text, p_login text, p_token bytea, p_second boolean)
RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core SET timezone = 'UTC' AS $$
DECLARE
	a constant core.account := core.account_named(p_login);
	expires timestamptz;
BEGIN
	PERFORM core.use_timezone();
	expires := core.invite_make(a.id, 'reset', p_token, coalesce(p_second, false));
	INSERT INTO core.audit (who, what, subject, detail) VALUES (p_who, 'user_reset', a.login,
		jsonb_build_object('second', coalesce(p_second, false)));
	RETURN core.js_invited(a, expires);
END
$$;

CREATE OR REPLACE FUNCTION api.user_end(p_who text, p_login text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	a constant core.account := core.account_named(p_login);
	n int;
BEGIN
	UPDATE core.account SET ended_at = core.now() WHERE id = a.id;
	n := core.sessions_end(a.id);
	INSERT INTO core.audit (who, what, subject, detail)
	VALUES (p_who, 'user_end', a.login, jsonb_build_object('ended', n));
	RETURN json_build_object('account', a.id, 'login', a.login, 'ended', n);
END
$$;

CREATE OR REPLACE FUNCTION api.user_list() RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core SET timezone = 'UTC' AS $$
BEGIN
	PERFORM core.use_timezone();
	RETURN (SELECT '{"users":[' || coalesce(string_agg(core.js_user(a, c.password IS NULL,
			c.totp IS NOT NULL, c.login_at), ',' ORDER BY a.login), '') || ']}'
		FROM core.account a LEFT JOIN core.credential c ON c.account_id = a.id);
END
$$;

CREATE OR REPLACE FUNCTION api.assign_add(p_who text, p_body jsonb) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	new_id constant bigint := core.assign_add(p_body, true);
BEGIN
	INSERT INTO core.audit (who, what, subject, detail) VALUES (p_who, 'assign', new_id::text, p_body);
	RETURN json_build_object('id', new_id);
END
$$;
