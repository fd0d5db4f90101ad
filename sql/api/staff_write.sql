-- What staff functions write of a record: one revision after another, each with all it says, in
-- the transaction of the call. Runs as the owner, since chain, numbers and documents reach past
-- the scope; only qr_staff may call it, and api.staff_record_* have checked right and scope.

-- What a revision says, as one object: what is written, copied and compared.
--   from to on received  parties[role party name filing]  fields {} (texts as hashes)
--   texts[name salt value]  results[item_id item op num word unit verdict limit_id]
--   photos[slot sha256 taken]  verdict  report
CREATE OR REPLACE FUNCTION core.revision_load(p_record uuid, p_rev int) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT jsonb_build_object('from', v.performed_from, 'to', v.performed_to, 'on', v.on_date,
		'received', v.received_at, 'fields', v.fields, 'verdict', v.verdict,
		'report', encode(v.report, 'hex'), 'flags', v.flags,
		'parties', (SELECT coalesce(jsonb_agg(jsonb_build_object('role', p.role, 'party', p.party_id,
				'name', p.name, 'filing', p.filing) ORDER BY p.pos), '[]')
			FROM core.revision_party p WHERE p.record_id = v.record_id AND p.rev = v.rev),
		'texts', (SELECT coalesce(jsonb_agg(jsonb_build_object('name', t.name,
				'salt', encode(t.salt, 'hex'), 'value', t.value) ORDER BY t.name), '[]')
			FROM core.revision_text t WHERE t.record_id = v.record_id AND t.rev = v.rev),
		'results', (SELECT coalesce(jsonb_agg(jsonb_build_object('item_id', s.item_id,
				'item', i.code, 'op', s.op, 'num', s.num::text, 'word', s.word, 'unit', s.unit,
				'verdict', s.verdict, 'limit_id', s.limit_id) ORDER BY s.pos), '[]')
			FROM core.result s JOIN core.item i ON i.id = s.item_id
			WHERE s.record_id = v.record_id AND s.rev = v.rev),
		'photos', (SELECT coalesce(jsonb_agg(jsonb_build_object('slot', x.slot,
				'sha256', encode(x.sha256, 'hex'), 'taken', x.taken) ORDER BY x.pos), '[]')
			FROM core.record_photo x WHERE x.record_id = v.record_id AND x.rev = v.rev))
	FROM core.revision v WHERE v.record_id = p_record AND v.rev = p_rev
$$;

-- Adds revision p_rev of a record whose head row is there; returns the hash that stands for it.
CREATE OR REPLACE FUNCTION core.revision_write(p_record uuid, p_rev int, p_act text, p_state text,
	p_published timestamptz, p_reason text, p_office text, n jsonb) RETURNS bytea
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	r core.record;
	at constant timestamptz := core.now();
	flags constant text[] := ARRAY(SELECT jsonb_array_elements_text(coalesce(n -> 'flags', '[]')));
	prev constant bytea := CASE WHEN p_rev > 1 THEN core.head(p_record, p_rev - 1) END;
	parties text;
	results text;
	canonical text;
	link bytea;
	x record;
BEGIN
	SELECT * INTO STRICT r FROM core.record WHERE id = p_record;
	parties := string_agg(core.canonical_party(p ->> 'role', p ->> 'name', p ->> 'filing'), ','
		ORDER BY k) FROM jsonb_array_elements(n -> 'parties') WITH ORDINALITY AS u (p, k);
	results := string_agg(core.canonical_result(p ->> 'item', p ->> 'op', (p ->> 'num')::numeric,
		p ->> 'word', p ->> 'unit', p ->> 'verdict'), ',' ORDER BY k)
		FROM jsonb_array_elements(n -> 'results') WITH ORDINALITY AS u (p, k);
	canonical := core.canonical((SELECT f.code::text FROM core.facility f WHERE f.id = r.facility_id),
		r.id, r.seq, p_rev, r.type, r.source, p_state, (n ->> 'from')::timestamptz,
		(n ->> 'to')::timestamptz, (n ->> 'on')::date, (n ->> 'received')::timestamptz, p_published,
		parties, n -> 'fields', results, flags, n ->> 'verdict', p_reason, prev, p_act,
		core.my_account(), p_office, decode(n ->> 'report', 'hex'));
	link := sha256(convert_to(canonical, 'UTF8'));
	INSERT INTO core.revision (record_id, rev, state, performed_from, performed_to, on_date,
		received_at, published_at, fields, flags, verdict, reason, made_at, canonical, hash, prev, act,
		by_account, office, report)
	VALUES (p_record, p_rev, p_state, (n ->> 'from')::timestamptz, (n ->> 'to')::timestamptz,
		(n ->> 'on')::date, (n ->> 'received')::timestamptz, p_published, n -> 'fields', flags,
		n ->> 'verdict', p_reason, at, canonical, link, prev, p_act, core.my_account(), p_office,
		decode(n ->> 'report', 'hex'));
	INSERT INTO core.revision_text (record_id, rev, name, salt, value)
	SELECT p_record, p_rev, p ->> 'name', decode(p ->> 'salt', 'hex'), p ->> 'value'
	FROM jsonb_array_elements(n -> 'texts') p;
	INSERT INTO core.revision_party (record_id, rev, pos, role, party_id, name, filing)
	SELECT p_record, p_rev, k, p ->> 'role', (p ->> 'party')::int, p ->> 'name', p ->> 'filing'
	FROM jsonb_array_elements(n -> 'parties') WITH ORDINALITY AS u (p, k);
	INSERT INTO core.result (record_id, rev, pos, item_id, op, num, word, unit, verdict, limit_id)
	SELECT p_record, p_rev, k, (p ->> 'item_id')::int, p ->> 'op', (p ->> 'num')::numeric,
		p ->> 'word', p ->> 'unit', p ->> 'verdict', (p ->> 'limit_id')::int
	FROM jsonb_array_elements(n -> 'results') WITH ORDINALITY AS u (p, k);
	FOR x IN SELECT k, p ->> 'slot' AS slot, decode(p ->> 'sha256', 'hex') AS sha256,
			(p ->> 'taken')::timestamptz AS taken
		FROM jsonb_array_elements(n -> 'photos') WITH ORDINALITY AS u (p, k) ORDER BY k
	LOOP
		link := core.photo_link(link, x.k::int, x.slot, x.sha256, x.taken);
		INSERT INTO core.record_photo (record_id, rev, pos, slot, sha256, taken, added_at, hash)
		VALUES (p_record, p_rev, x.k, x.slot, x.sha256, x.taken, at, link);
	END LOOP;
	-- the head row: of what is public, and beside it what waits
	IF p_rev > 1 AND (r.published_at IS NULL OR p_state IN ('published', 'withdrawn')) THEN
		UPDATE core.record SET rev = p_rev, state = p_state, on_date = (n ->> 'on')::date,
			verdict = n ->> 'verdict', published_at = coalesce(published_at, p_published),
			pending_rev = NULL, pending_state = NULL
		WHERE id = p_record;
	ELSIF p_rev > 1 THEN
		UPDATE core.record SET pending_rev = p_rev, pending_state = p_state WHERE id = p_record;
	END IF;
	RETURN link;
END
$$;

-- The office or firm an account acts for, as it may be named in public.
CREATE OR REPLACE FUNCTION core.my_office() RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT coalesce(o.name, p.name) FROM core.account a
	LEFT JOIN core.org o ON o.id = a.org_id LEFT JOIN core.party p ON p.id = a.party_id
	WHERE a.id = core.my_account()
$$;

-- How records of a facility come to be published, on a day.
CREATE OR REPLACE FUNCTION core.publish_mode(p_facility bigint, p_day date, OUT mode text, OUT signs int)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
BEGIN
	SELECT q.mode, q.signs INTO mode, signs FROM core.facility f
	JOIN core.place p ON p.id = f.place_id
	JOIN core.org o ON o.id = p.org_id
	JOIN core.publish_rule q ON q.org_id = ANY (o.path)
		AND (q.kind_id IS NULL OR q.kind_id = f.kind_id)
		AND p_day >= q.valid_from AND (q.valid_to IS NULL OR p_day <= q.valid_to)
	WHERE f.id = p_facility
	ORDER BY array_position(o.path, q.org_id) DESC, q.kind_id IS NULL, q.id LIMIT 1;
	mode := coalesce(mode, 'manager');
END
$$;

-- Why a revision cannot be published though it is complete: NULL, or
-- {"why":"filing_expired","name","filing"?,"to"?}. A firm that never filed is not stopped by it.
CREATE OR REPLACE FUNCTION core.publish_blocked(n jsonb) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT jsonb_strip_nulls(jsonb_build_object('why', 'filing_expired', 'name', p ->> 'name',
		'filing', q.number, 'to', q.valid_to))
	FROM jsonb_array_elements(n -> 'parties') WITH ORDINALITY AS u (p, k)
	CROSS JOIN LATERAL (SELECT g.number, g.valid_to FROM core.party_filing g
		WHERE g.party_id = (p ->> 'party')::int ORDER BY g.valid_to DESC NULLS FIRST, g.id LIMIT 1) q
	WHERE p ->> 'role' = 'cleaner' AND NOT EXISTS (SELECT FROM core.party_filing g
		WHERE g.party_id = (p ->> 'party')::int AND (n ->> 'on')::date >= g.valid_from
			AND (g.valid_to IS NULL OR (n ->> 'on')::date <= g.valid_to))
	ORDER BY k LIMIT 1
$$;

CREATE OR REPLACE FUNCTION core.receipt(p_record uuid, p_more jsonb DEFAULT '{}') RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
DECLARE
	r core.record;
	v core.revision;
	facility constant text := (SELECT f.code FROM core.record q JOIN core.facility f
		ON f.id = q.facility_id WHERE q.id = p_record);
BEGIN
	SELECT * INTO STRICT r FROM core.record WHERE id = p_record;
	SELECT * INTO STRICT v FROM core.revision WHERE record_id = p_record
		AND rev = coalesce(r.pending_rev, r.rev);
	RETURN '{' || concat_ws(',', '"id":"' || r.id || '"', core.js('facility', facility),
		'"seq":' || r.seq, '"rev":' || v.rev, core.js('state', v.state),
		core.js('received', v.received_at), core.js('published', v.published_at),
		'"hash":"' || encode(core.head(r.id, v.rev), 'hex') || '"',
		'"warnings":' || coalesce(p_more ->> 'warnings', '[]'),
		'"blocked":' || (p_more ->> 'blocked'), '"url":"/r/' || r.id || '"') || '}';
END
$$;

-- The body a revision was, or could have been, sent as.
CREATE OR REPLACE FUNCTION core.record_body(p_record uuid, p_rev int) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
DECLARE
	n constant jsonb := core.revision_load(p_record, p_rev);
	r core.record;
	v core.revision;
BEGIN
	SELECT * INTO STRICT r FROM core.record WHERE id = p_record;
	SELECT * INTO STRICT v FROM core.revision WHERE record_id = p_record AND rev = p_rev;
	RETURN jsonb_strip_nulls(jsonb_build_object(
		'facility', (SELECT f.code FROM core.facility f WHERE f.id = r.facility_id),
		'type', r.type, 'submit', v.state <> 'draft', 'rev', p_rev - 1,
		'from', to_char(v.performed_from, 'YYYY-MM-DD"T"HH24:MI:SSTZH:TZM'),
		'to', to_char(v.performed_to, 'YYYY-MM-DD"T"HH24:MI:SSTZH:TZM'),
		'date', CASE WHEN v.performed_to IS NULL THEN v.on_date END,
		'parties', n -> 'parties', 'fields', core.text_fields(p_record, p_rev, v.fields) - '#note',
		'results', (SELECT coalesce(jsonb_agg(x - 'item_id' - 'limit_id' - 'verdict' ORDER BY k), '[]')
			FROM jsonb_array_elements(n -> 'results') WITH ORDINALITY AS u (x, k)),
		'photos', (SELECT coalesce(jsonb_agg(x - 'taken' ORDER BY k), '[]')
			FROM jsonb_array_elements(n -> 'photos') WITH ORDINALITY AS u (x, k)),
		'report', n ->> 'report', 'note', (SELECT t.value FROM core.revision_text t
			WHERE t.record_id = p_record AND t.rev = p_rev AND t.name = '#note'),
		'reason', v.reason));
END
$$;

-- The receipt of the same body sent before, by the same account; NULL: there is none.
CREATE OR REPLACE FUNCTION core.upload_known(p_facility bigint, p_id uuid, p_body jsonb) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT u.receipt FROM core.upload u JOIN core.record r ON r.id = u.record_id
	WHERE u.record_id = p_id AND r.facility_id = p_facility AND u.account = core.my_account()
		AND u.hash = sha256(u.salt || convert_to(p_body::text, 'UTF8'))
	ORDER BY u.rev DESC LIMIT 1
$$;

-- Whether p_id may be written to with this body now: its newest revision comes back (0: it is
-- new). The caller holds the facility's lock.
CREATE OR REPLACE FUNCTION core.record_writable(p_facility bigint, p_id uuid, p_body jsonb)
RETURNS int
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
DECLARE
	me constant int := core.my_account();
	sent constant int := CASE WHEN p_body ->> 'rev' ~ '^[0-9]{1,4}$' THEN (p_body ->> 'rev')::int
		ELSE 0 END;
	r core.record;
	newest int;
	now_state text;
BEGIN
	SELECT * INTO r FROM core.record WHERE id = p_id;
	IF NOT FOUND THEN
		IF sent > 0 THEN
			RAISE EXCEPTION 'no record %', p_id USING ERRCODE = 'QR404';
		END IF;
		PERFORM core.need_any('{submit}');
		RETURN 0;
	END IF;
	newest := coalesce(r.pending_rev, r.rev);
	now_state := coalesce(r.pending_state, r.state);
	IF r.facility_id <> p_facility OR (now_state = 'draft' AND me IS DISTINCT FROM (SELECT
		v.by_account FROM core.revision v WHERE v.record_id = p_id AND v.rev = newest))
	THEN
		RAISE EXCEPTION 'record % is another one', p_id USING ERRCODE = 'QR409',
			DETAIL = '{"why":"other_body"}';
	END IF;
	IF sent <> newest THEN
		RAISE EXCEPTION 'record % has revision %, not %', p_id, newest, sent USING ERRCODE = 'QR409',
			DETAIL = jsonb_build_object('why', 'other_body', 'rev', newest,
				'stored', core.record_body(p_id, newest), 'sent', p_body)::text;
	END IF;
	IF now_state = 'withdrawn' THEN
		RAISE EXCEPTION 'record % is withdrawn', p_id USING ERRCODE = 'QR409',
			DETAIL = '{"why":"state","state":"withdrawn"}';
	END IF;
	PERFORM core.need_any(ARRAY[CASE WHEN r.state = 'published' THEN 'correct' ELSE 'submit' END]);
	RETURN newest;
END
$$;

-- One upload. p_facility: checked to be in the scope. Returns the receipt.
CREATE OR REPLACE FUNCTION core.record_put(p_facility bigint, p_id uuid, p_body jsonb) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core SET timezone = 'UTC' AS $$
DECLARE
	at constant timestamptz := core.now();
	said text;
	old_rev int;
	n jsonb;
	warned jsonb;
	blocked jsonb;
	salt constant bytea := uuid_send(gen_random_uuid());
	submit constant boolean := coalesce(p_body ->> 'submit', '') NOT IN ('false', '0');
	reason constant text := core.some(p_body ->> 'reason');
	seq int;
	state text := 'draft';
	out_at timestamptz;
BEGIN
	PERFORM core.use_timezone();
	IF p_id IS NULL OR jsonb_typeof(p_body) IS DISTINCT FROM 'object' OR length(p_body::text) > 65536 THEN
		RAISE EXCEPTION 'no body of an upload' USING ERRCODE = 'QR422',
			DETAIL = '[{"field":"body","why":"bad_value"}]';
	END IF;
	said := core.upload_known(p_facility, p_id, p_body);
	IF said IS NULL THEN
		-- one after the other: a twin that waited here finds the receipt of the first
		PERFORM FROM core.facility WHERE id = p_facility FOR NO KEY UPDATE;
		said := core.upload_known(p_facility, p_id, p_body);
	END IF;
	IF said IS NOT NULL THEN
		RETURN said;
	END IF;
	old_rev := core.record_writable(p_facility, p_id, p_body);
	n := core.body_check(p_facility, p_id, old_rev, p_body, submit);
	warned := core.photo_warnings(p_facility, p_id, n);
	IF submit THEN
		blocked := core.publish_blocked(n);
		state := 'submitted';
		IF blocked IS NULL AND (core.publish_mode(p_facility, core.today())).mode = 'at_once' THEN
			state := 'published';
			out_at := at;
		END IF;
	END IF;
	n := core.body_parties(n) || jsonb_build_object('received', at);
	IF old_rev = 0 THEN
		UPDATE core.facility SET last_seq = last_seq + 1 WHERE id = p_facility
		RETURNING last_seq INTO seq;
		BEGIN
			INSERT INTO core.record (id, facility_id, seq, type, created_at, rev, state, on_date,
				verdict, published_at, author)
			VALUES (p_id, p_facility, seq, p_body ->> 'type', at, 1, state, (n ->> 'on')::date,
				n ->> 'verdict', out_at, core.my_account());
		EXCEPTION WHEN unique_violation THEN
			RAISE EXCEPTION 'record % is another one', p_id USING ERRCODE = 'QR409',
				DETAIL = '{"why":"other_body"}';
		END;
	END IF;
	PERFORM core.revision_write(p_id, old_rev + 1, 'put', state, out_at,
		CASE WHEN old_rev > 0 THEN reason END, core.my_office(), n);
	IF state = 'published' THEN
		PERFORM core.publish('facilities', ARRAY[p_facility]);
	END IF;
	said := core.receipt(p_id, jsonb_build_object('warnings', warned, 'blocked', blocked));
	INSERT INTO core.upload (record_id, rev, account, salt, hash, warnings, receipt)
	VALUES (p_id, old_rev + 1, core.my_account(), salt,
		sha256(salt || convert_to(p_body::text, 'UTF8')), warned, said);
	PERFORM auth.audit('record.put', p_id::text, jsonb_build_object('facility', n ->> 'facility',
		'rev', old_rev + 1, 'state', state));
	RETURN said;
END
$$;

-- confirm, return, withdraw, submit: the newest revision again, in its new state.
CREATE OR REPLACE FUNCTION core.record_act(p_id uuid, p_act text, p_reason text, p_rev int)
RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core SET timezone = 'UTC' AS $$
DECLARE
	at constant timestamptz := core.now();
	me constant int := core.my_account();
	reason constant text := core.some(p_reason);
	r core.record;
	newest int;
	now_state text;
	n jsonb;
	blocked jsonb;
	mode text;
	state text;
	out_at timestamptz;
BEGIN
	PERFORM core.use_timezone();
	PERFORM FROM core.facility f WHERE f.id = (SELECT q.facility_id FROM core.record q
		WHERE q.id = p_id) FOR NO KEY UPDATE;
	SELECT * INTO STRICT r FROM core.record WHERE id = p_id;
	newest := coalesce(r.pending_rev, r.rev);
	now_state := coalesce(r.pending_state, r.state);
	IF p_rev IS DISTINCT FROM newest THEN
		RAISE EXCEPTION 'record % has revision % by now', p_id, newest USING ERRCODE = 'QR409',
			DETAIL = jsonb_build_object('why', 'changed', 'rev', newest)::text;
	END IF;
	IF now_state IS DISTINCT FROM (CASE WHEN p_act IN ('confirm', 'return', 'sign') THEN 'submitted'
			WHEN p_act = 'submit' THEN 'draft'
			WHEN r.state = 'published' THEN now_state END)
	THEN
		RAISE EXCEPTION '% does not fit a record that is %', p_act, now_state USING ERRCODE = 'QR409',
			DETAIL = jsonb_build_object('why', 'state', 'state', now_state)::text;
	END IF;
	IF p_act IN ('return', 'withdraw') AND (reason IS NULL OR length(reason) > 300) THEN
		RAISE EXCEPTION '% needs a reason', p_act USING ERRCODE = 'QR422', DETAIL = CASE
			WHEN reason IS NULL THEN '[{"field":"reason","why":"missing"}]'
			ELSE '[{"field":"reason","why":"too_long"}]' END;
	END IF;
	-- what is withdrawn is what is public, not what waits beside it
	n := core.revision_load(p_id, CASE WHEN p_act = 'withdraw' THEN r.rev ELSE newest END);
	mode := (core.publish_mode(r.facility_id, core.today())).mode;
	IF p_act = 'submit' THEN
		-- complete by now? the body is checked as if it came again
		PERFORM core.body_check(r.facility_id, p_id, newest, core.record_body(p_id, newest), true);
		n := n || jsonb_build_object('received', at);
	END IF;
	IF p_act IN ('submit', 'confirm', 'sign') THEN
		IF p_act = 'confirm' AND EXISTS (SELECT FROM core.revision v WHERE v.record_id = p_id
			AND v.act IN ('put', 'submit') AND v.by_account = me
			AND (v.rev > r.rev OR r.published_at IS NULL))
		THEN
			RAISE EXCEPTION 'nobody confirms an upload of his own' USING ERRCODE = 'QR403',
				DETAIL = '{"why":"own_upload"}';
		END IF;
		IF p_act = 'confirm' AND mode = 'owners' THEN
			RAISE EXCEPTION 'here owners sign' USING ERRCODE = 'QR409', DETAIL = '{"why":"signs"}';
		END IF;
		blocked := core.publish_blocked(n);
		IF blocked IS NOT NULL AND p_act <> 'submit' THEN
			RAISE EXCEPTION 'the filing of % has expired', blocked ->> 'name' USING ERRCODE = 'QR409',
				DETAIL = blocked::text;
		END IF;
		state := CASE WHEN p_act = 'submit' AND (mode <> 'at_once' OR blocked IS NOT NULL)
			THEN 'submitted' ELSE 'published' END;
	ELSE
		state := CASE p_act WHEN 'return' THEN 'returned' ELSE 'withdrawn' END;
	END IF;
	IF state IN ('published', 'withdrawn') THEN
		out_at := at;
	END IF;
	IF state = 'published' AND r.published_at IS NOT NULL THEN
		-- a correction: what it says for itself stays said
		PERFORM core.revision_write(p_id, newest + 1, p_act, state, out_at, (SELECT v.reason
			FROM core.revision v WHERE v.record_id = p_id AND v.act = 'put' AND v.reason IS NOT NULL
				AND v.rev <= newest ORDER BY v.rev DESC LIMIT 1), core.my_office(), n);
	ELSE
		PERFORM core.revision_write(p_id, newest + 1, p_act, state, out_at, reason, core.my_office(), n);
	END IF;
	IF out_at IS NOT NULL THEN
		PERFORM core.publish('facilities', ARRAY[r.facility_id]);
	END IF;
	IF me IS NOT NULL THEN
		PERFORM auth.audit('record.' || p_act, p_id::text, jsonb_strip_nulls(jsonb_build_object(
			'rev', newest + 1, 'state', state, 'reason', reason)));
	END IF;
	RETURN core.receipt(p_id, jsonb_build_object('blocked', blocked, 'warnings',
		(SELECT u.warnings FROM core.upload u WHERE u.record_id = p_id ORDER BY u.rev DESC LIMIT 1)));
END
$$;

CREATE OR REPLACE FUNCTION api.staff_record_put(p_session bytea, p_id uuid, p_body jsonb) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	PERFORM auth.enter(p_session, 'view');
	PERFORM core.need_any('{submit,correct}');
	RETURN core.record_put(auth.need_facility(p_body ->> 'facility'), p_id, p_body);
END
$$;

CREATE OR REPLACE FUNCTION api.staff_record_act(p_session bytea, p_id uuid, p_act text, p_reason text,
	p_rev int) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	PERFORM auth.enter(p_session, 'view');
	IF p_act IS NULL OR p_act NOT IN ('submit', 'confirm', 'return', 'withdraw') THEN
		PERFORM auth.refuse(core.bad('act', 'unknown'));
	END IF;
	PERFORM core.need_any(ARRAY[p_act]);
	PERFORM core.need_record(p_id);
	RETURN core.record_act(p_id, p_act, p_reason, p_rev);
END
$$;
