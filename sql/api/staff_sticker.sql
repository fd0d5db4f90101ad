-- What people on site say of stickers. A mark is named by a key that the phone or the form made: sent
-- again it is answered with the same receipt, byte by byte, so that a queue may send it until it is
-- answered.

-- The newest thing said of a label or, p_code NULL, of foreign stickers at a facility:
-- "seen":{"what","at","by"}, or NULL. Of several of one moment the last that came.
CREATE OR REPLACE FUNCTION core.sticker_seen(p_code text, p_facility bigint) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
BEGIN
	RETURN (SELECT '"seen":{' || concat_ws(',', core.js('what', s.what), core.js('at', s.at),
			core.js('by', core.account_name(s.account)), core.js('spot', s.spot)) || '}'
		FROM core.sticker_report s
		WHERE CASE WHEN p_code IS NULL THEN s.facility_id = p_facility AND s.code IS NULL
			ELSE s.code = p_code END
		ORDER BY s.at DESC, s.id DESC LIMIT 1);
END
$$;

-- Made of the row alone, so that it is the same whenever it is asked for.
CREATE OR REPLACE FUNCTION core.sticker_receipt(s core.sticker_report, p_said text) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
DECLARE
	t constant text := concat_ws(',', '"id":"' || s.key || '"', core.js('code', p_said), core.js('what', s.what),
		core.js('spot', s.spot), core.js('at', s.at), core.js('received', s.received_at));
BEGIN
	RETURN '{' || t || ',"hash":"' || encode(sha256(convert_to('{' || t || '}', 'UTF8')), 'hex') || '"}';
END
$$;

-- p_code: of a label in use, or of a facility (a foreign sticker where none of ours hangs); what it
-- leads to was seen by who asks. p_at, p_spot: checked.
CREATE OR REPLACE FUNCTION core.sticker_mark(p_key uuid, p_code text, p_what text, p_at timestamptz,
	p_spot text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core SET timezone = 'UTC' AS $$
DECLARE
	s core.sticker_report;
	l core.label;
BEGIN
	PERFORM core.use_timezone();
	SELECT * INTO l FROM core.label x WHERE x.code = p_code FOR UPDATE;
	INSERT INTO core.sticker_report (key, account, what, code, facility_id, place_id, spot, at, received_at)
	VALUES (p_key, core.my_account(), p_what, l.code, coalesce(l.facility_id, CASE WHEN l.code IS NULL
			THEN (SELECT f.id FROM core.facility f WHERE f.code = p_code) END), l.place_id, p_spot, p_at,
		core.now())
	ON CONFLICT (key) DO NOTHING RETURNING * INTO s;
	IF NOT FOUND THEN
		-- the same key came on two lines at once
		RETURN core.sticker_again(p_key, p_code, p_what, p_at, p_spot);
	END IF;
	-- what is said of a label that day decides whether it gets a new one
	IF p_what = 'damaged' AND l.state = 'active' AND l.damaged_at IS NULL THEN
		UPDATE core.label SET damaged_at = p_at WHERE code = l.code;
		PERFORM core.label_event_add(l.code, auth.login(), 'damaged', NULL, NULL);
	ELSIF p_what = 'intact' AND l.damaged_at < p_at THEN
		UPDATE core.label SET damaged_at = NULL WHERE code = l.code;
	END IF;
	PERFORM auth.audit('sticker.' || p_what, p_code, jsonb_build_object('id', p_key));
	RETURN core.sticker_receipt(s, p_code);
END
$$;

-- The receipt of a key that is known, or NULL; QR409 when it was said of something else, or by
-- somebody else.
CREATE OR REPLACE FUNCTION core.sticker_again(p_key uuid, p_code text, p_what text, p_at timestamptz,
	p_spot text) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, core SET timezone = 'UTC' AS $$
DECLARE
	s core.sticker_report;
BEGIN
	PERFORM core.use_timezone();
	SELECT * INTO s FROM core.sticker_report x WHERE x.key = p_key;
	IF NOT FOUND THEN
		RETURN NULL;
	END IF;
	IF s.account <> core.my_account() OR s.what <> p_what OR s.at IS DISTINCT FROM p_at
		OR s.spot IS DISTINCT FROM p_spot
		OR coalesce(s.code, (SELECT f.code FROM core.facility f WHERE f.id = s.facility_id))
			IS DISTINCT FROM p_code
	THEN
		RAISE EXCEPTION 'key % was used for something else', p_key USING ERRCODE = 'QR409',
			DETAIL = '{"why":"other_body"}';
	END IF;
	RETURN core.sticker_receipt(s, p_code);
END
$$;

-- A label or a facility of the scope; QR404 else, also for labels that are not in use.
CREATE OR REPLACE FUNCTION core.need_sticker(p_code text, p_what text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
BEGIN
	IF EXISTS (SELECT FROM core.label l WHERE l.code = p_code AND l.state = 'active') THEN
		RETURN;
	ELSIF NOT EXISTS (SELECT FROM core.facility f WHERE f.code = p_code) THEN
		RAISE EXCEPTION 'no label in use and no facility has the code %', p_code USING ERRCODE = 'QR404';
	ELSIF p_what <> 'foreign' THEN
		-- which of its stickers?
		PERFORM auth.refuse(core.bad('what', 'bad_value'));
	END IF;
END
$$;

CREATE OR REPLACE FUNCTION api.staff_sticker_mark(p_session bytea, p_key uuid, p_body jsonb) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core SET timezone = 'UTC' AS $$
DECLARE
	code constant text := upper(core.some(p_body ->> 'code'));
	what constant text := core.some(p_body ->> 'what');
	spot constant text := core.some(p_body ->> 'spot');
	at timestamptz;
	bad jsonb := '[]';
	said text;
BEGIN
	PERFORM auth.enter(p_session, 'view');
	PERFORM core.need_any('{submit,labels}');
	PERFORM core.use_timezone();
	at := core.try_time(core.some(p_body ->> 'at'));
	IF p_key IS NULL THEN
		bad := bad || core.bad('key', 'missing');
	END IF;
	IF what IS NULL THEN
		bad := bad || core.bad('what', 'missing');
	ELSIF what NOT IN ('intact', 'damaged', 'foreign') THEN
		bad := bad || core.bad('what', 'bad_value');
	END IF;
	IF core.some(p_body ->> 'at') IS NULL THEN
		bad := bad || core.bad('to', 'missing');
	ELSIF at IS NULL THEN
		bad := bad || core.bad('to', 'bad_value');
	ELSIF at > core.now() + interval '5 minutes' THEN
		bad := bad || core.bad('to', 'in_future');
	ELSIF at < core.now() - interval '1 year' THEN
		bad := bad || core.bad('to', 'too_old');
	END IF;
	IF length(spot) > 100 THEN
		bad := bad || core.bad('spot', 'too_long');
	END IF;
	PERFORM auth.refuse(bad);
	said := core.sticker_again(p_key, code, what, at, spot);
	IF said IS NULL THEN
		PERFORM core.need_sticker(code, what);
		said := core.sticker_mark(p_key, code, what, at, spot);
	END IF;
	RETURN said;
END
$$;
