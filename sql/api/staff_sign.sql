-- Sign-off by owners' representatives: a link that works once, within 14 days, without an account.

CREATE OR REPLACE FUNCTION core.sign_new(p_id uuid, p_token bytea) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core SET timezone = 'UTC' AS $$
DECLARE
	at constant timestamptz := core.now();
	r core.record;
	m record;
	newest int;
	nth int;
BEGIN
	PERFORM core.use_timezone();
	SELECT * INTO STRICT r FROM core.record WHERE id = p_id FOR NO KEY UPDATE;
	newest := coalesce(r.pending_rev, r.rev);
	m := core.publish_mode(r.facility_id, core.today());
	IF coalesce(r.pending_state, r.state) <> 'submitted' OR m.mode <> 'owners' THEN
		RAISE EXCEPTION 'nothing to be signed' USING ERRCODE = 'QR409', DETAIL = jsonb_build_object('why',
			'state', 'state', coalesce(r.pending_state, r.state))::text;
	END IF;
	IF (SELECT count(*) FROM core.signoff s WHERE s.record_id = p_id AND s.rev = newest
		AND (s.ok OR (s.used_at IS NULL AND s.until > at))) >= m.signs
	THEN
		RAISE EXCEPTION 'there are links enough' USING ERRCODE = 'QR409', DETAIL = '{"why":"enough"}';
	END IF;
	SELECT 1 + count(*) INTO nth FROM core.signoff s WHERE s.record_id = p_id AND s.rev = newest;
	INSERT INTO core.signoff (token, record_id, rev, n, made_at, made_by, until)
	VALUES (p_token, p_id, newest, nth, at, core.my_account(), at + interval '14 days');
	PERFORM auth.audit('sign.make', p_id::text, jsonb_build_object('rev', newest, 'n', nth));
	RETURN '{"n":' || nth || ',' || core.js('until', at + interval '14 days') || '}';
END
$$;

CREATE OR REPLACE FUNCTION api.staff_sign_make(p_session bytea, p_id uuid, p_token bytea) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	PERFORM auth.enter(p_session, 'confirm');
	PERFORM core.need_record(p_id);
	RETURN core.sign_new(p_id, p_token);
END
$$;

CREATE OR REPLACE FUNCTION core.sign_state(s core.signoff) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
BEGIN
	RETURN CASE WHEN s.ok THEN 'yes' WHEN NOT s.ok THEN 'no' WHEN s.until <= core.now() THEN 'expired'
		-- the record went on without it
		WHEN NOT EXISTS (SELECT FROM core.record r WHERE r.id = s.record_id
			AND coalesce(r.pending_rev, r.rev) = s.rev) THEN 'moot' ELSE 'open' END;
END
$$;

-- What somebody with a link is to look at. Role qr_rw.
CREATE OR REPLACE FUNCTION api.sign_look(p_token bytea) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, core SET timezone = 'UTC' AS $$
DECLARE
	s core.signoff;
	f core.facility;
BEGIN
	PERFORM core.use_timezone();
	SELECT * INTO s FROM core.signoff WHERE token = p_token;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'no such link' USING ERRCODE = 'QR404';
	END IF;
	SELECT x.* INTO f FROM core.facility x JOIN core.record r ON r.facility_id = x.id
	WHERE r.id = s.record_id;
	RETURN '{' || concat_ws(',', '"ref":' || core.ref(), core.js('state', core.sign_state(s)),
		core.js('until', s.until), '"facility":' || core.facility_brief(f.id),
		'"record":' || core.record_obj(s.record_id, s.rev)) || '}';
END
$$;

-- A photo of what is to be signed, while the link is open. Role qr_slow.
CREATE OR REPLACE FUNCTION api.sign_photo_get(p_token bytea, p_sha256 bytea, p_width int) RETURNS bytea
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	RETURN (SELECT b.bytes FROM core.signoff s
		JOIN core.record_photo x ON x.record_id = s.record_id AND x.rev = s.rev AND x.sha256 = p_sha256
		JOIN core.photo o ON o.sha256 = x.sha256 AND o.hidden_at IS NULL
		JOIN core.photo_bytes b ON b.sha256 = x.sha256 AND b.width = p_width
		WHERE s.token = p_token AND core.sign_state(s) = 'open' LIMIT 1);
END
$$;

-- Yes or no, once. The last yes publishes; a no returns the record with its reason. Role qr_rw.
CREATE OR REPLACE FUNCTION api.sign_use(p_token bytea, p_ok boolean, p_reason text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	reason constant text := core.some(p_reason);
	s core.signoff;
	r core.record;
	needed int;
	signed int;
	state text;
BEGIN
	PERFORM FROM core.facility f WHERE f.id = (SELECT q.facility_id FROM core.record q
		JOIN core.signoff x ON x.record_id = q.id WHERE x.token = p_token) FOR NO KEY UPDATE;
	SELECT * INTO s FROM core.signoff WHERE token = p_token FOR UPDATE;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'no such link' USING ERRCODE = 'QR404';
	END IF;
	state := core.sign_state(s);
	IF state <> 'open' THEN
		RAISE EXCEPTION 'the link is %', state USING ERRCODE = 'QR409',
			DETAIL = jsonb_build_object('why', state)::text;
	END IF;
	IF p_ok IS NULL OR (NOT p_ok AND reason IS NULL) THEN
		RAISE EXCEPTION 'a no needs a reason' USING ERRCODE = 'QR422', DETAIL = CASE
			WHEN p_ok IS NULL THEN '[{"field":"ok","why":"missing"}]'
			ELSE '[{"field":"reason","why":"missing"}]' END;
	END IF;
	IF length(reason) > 300 THEN
		RAISE EXCEPTION 'too long' USING ERRCODE = 'QR422', DETAIL = '[{"field":"reason","why":"too_long"}]';
	END IF;
	UPDATE core.signoff SET used_at = core.now(), ok = p_ok, reason = sign_use.p_reason
	WHERE token = p_token;
	SELECT * INTO r FROM core.record WHERE id = s.record_id;
	needed := coalesce((core.publish_mode(r.facility_id, core.today())).signs, 1);
	SELECT count(*) INTO signed FROM core.signoff x
	WHERE x.record_id = s.record_id AND x.rev = s.rev AND x.ok;
	IF NOT p_ok THEN
		PERFORM core.record_act(s.record_id, 'return', reason, s.rev);
	ELSIF signed >= needed THEN
		PERFORM core.record_act(s.record_id, 'sign', NULL, s.rev);
	END IF;
	SELECT coalesce(q.pending_state, q.state) INTO state FROM core.record q WHERE q.id = s.record_id;
	INSERT INTO core.audit (who, what, subject, detail) VALUES ('link', 'sign.use', s.record_id::text,
		jsonb_strip_nulls(jsonb_build_object('rev', s.rev, 'n', s.n, 'ok', p_ok, 'reason', reason)));
	RETURN '{' || concat_ws(',', core.js('state', state), '"record":"' || s.record_id || '"',
		'"signed":' || signed, '"needed":' || needed) || '}';
END
$$;
