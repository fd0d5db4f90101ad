-- Checks of an upload's body against the kind's data: everything that is wrong is said at once.
-- Each part returns what it understood (val) and an array of {"field","why"} (bad).

CREATE OR REPLACE FUNCTION core.bad(p_field text, p_why text) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT jsonb_build_array(jsonb_build_object('field', p_field, 'why', p_why)) $$;

-- NULL: no time. Without an offset it is local time.
CREATE OR REPLACE FUNCTION core.try_time(p_text text) RETURNS timestamptz
LANGUAGE plpgsql STABLE SET search_path = pg_catalog AS $$
BEGIN
	IF p_text ~ '^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:?\d\d)?$' THEN
		RETURN p_text::timestamptz;
	END IF;
	RETURN NULL;
EXCEPTION WHEN datetime_field_overflow OR invalid_datetime_format OR invalid_time_zone_displacement_value THEN
	RETURN NULL;
END
$$;
CREATE OR REPLACE FUNCTION core.try_date(p_text text) RETURNS date
LANGUAGE plpgsql STABLE SET search_path = pg_catalog AS $$
BEGIN
	IF p_text ~ '^\d{4}-\d\d-\d\d$' THEN
		RETURN p_text::date;
	END IF;
	RETURN NULL;
EXCEPTION WHEN datetime_field_overflow OR invalid_datetime_format THEN
	RETURN NULL;
END
$$;

-- A member that should be an array; anything else counts as none.
CREATE OR REPLACE FUNCTION core.list_of(p jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN jsonb_typeof(p) = 'array' THEN p ELSE '[]' END $$;
-- The members of a JSON array of texts.
CREATE OR REPLACE FUNCTION core.texts_of(p json) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT ARRAY(SELECT json_array_elements_text(CASE WHEN json_typeof(p) = 'array' THEN p ELSE '[]' END))
$$;

CREATE OR REPLACE FUNCTION core.check_times(p_body jsonb, p_submit boolean, OUT val jsonb, OUT bad jsonb)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
DECLARE
	-- clocks of phones run ahead
	latest constant timestamptz := core.now() + interval '5 minutes';
	t_from constant text := core.some(p_body ->> 'from');
	t_to constant text := core.some(p_body ->> 'to');
	t_day constant text := core.some(p_body ->> 'date');
	ts_from constant timestamptz := core.try_time(t_from);
	ts_to constant timestamptz := core.try_time(t_to);
	day date := core.try_date(t_day);
BEGIN
	bad := '[]';
	IF t_from IS NOT NULL AND ts_from IS NULL THEN
		bad := bad || core.bad('from', 'bad_value');
	ELSIF ts_from > latest THEN
		bad := bad || core.bad('from', 'in_future');
	ELSIF ts_from < '1950-01-01' THEN
		bad := bad || core.bad('from', 'too_old');
	END IF;
	IF t_to IS NOT NULL THEN
		IF ts_to IS NULL THEN
			bad := bad || core.bad('to', 'bad_value');
		ELSIF ts_to > latest THEN
			bad := bad || core.bad('to', 'in_future');
		ELSIF ts_to < '1950-01-01' THEN
			bad := bad || core.bad('to', 'too_old');
		ELSIF ts_from > ts_to THEN
			bad := bad || core.bad('to', 'end_before_start');
		END IF;
		day := ts_to::date;
	ELSIF t_day IS NOT NULL THEN
		IF day IS NULL THEN
			bad := bad || core.bad('date', 'bad_value');
		ELSIF day > core.today() THEN
			bad := bad || core.bad('date', 'in_future');
		ELSIF day < '1950-01-01' THEN
			bad := bad || core.bad('date', 'too_old');
		ELSIF ts_from::date > day THEN
			bad := bad || core.bad('date', 'end_before_start');
		END IF;
	ELSIF p_submit THEN
		bad := bad || core.bad('to', 'missing');
	END IF;
	val := jsonb_build_object('from', ts_from, 'to', ts_to, 'on', coalesce(day, core.today()));
END
$$;

CREATE OR REPLACE FUNCTION core.check_parties(p_body jsonb, p_type json, p_on date, p_submit boolean,
	OUT val jsonb, OUT bad jsonb)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
DECLARE
	roles constant text[] := core.texts_of(p_type -> 'roles');
	need constant text[] := core.texts_of(p_type -> 'required' -> 'roles');
	mine constant int := core.my_party();
	p jsonb;
	role text;
	who core.party;
	called text;
	filing text;
BEGIN
	val := '[]';
	bad := '[]';
	FOR p IN SELECT e FROM jsonb_array_elements(core.list_of(p_body -> 'parties')) e LOOP
		role := core.some(p ->> 'role');
		called := core.some(p ->> 'name');
		who := NULL;
		IF core.some(p ->> 'party') IS NULL AND called IS NULL THEN
			CONTINUE;
		END IF;
		IF role IS NULL OR role <> ALL (roles) THEN
			bad := bad || core.bad('party:' || coalesce(left(role, 40), ''), 'unknown');
			CONTINUE;
		END IF;
		IF core.some(p ->> 'party') IS NOT NULL THEN
			SELECT * INTO who FROM core.party y WHERE y.id = CASE
				WHEN p ->> 'party' ~ '^[0-9]{1,9}$' THEN (p ->> 'party')::int END;
			IF NOT FOUND THEN
				bad := bad || core.bad('party:' || role, 'unknown');
				CONTINUE;
			END IF;
			called := who.name;
		ELSE
			SELECT y.* INTO who FROM core.party y WHERE y.id = core.party_of('staff', called);
		END IF;
		IF length(called) > 100 OR length(p ->> 'filing') > 100 THEN
			bad := bad || core.bad('party:' || role, 'too_long');
			CONTINUE;
		END IF;
		-- a cleaner speaks for his own firm only
		IF role = 'cleaner' AND mine IS NOT NULL AND core.my_role() = 'inspector'
			AND who.id IS DISTINCT FROM mine
		THEN
			bad := bad || core.bad('party:' || role, 'not_yours');
			CONTINUE;
		END IF;
		IF EXISTS (SELECT FROM jsonb_array_elements(val) v WHERE v ->> 'role' = role
			AND v ->> 'name' = called)
		THEN
			bad := bad || core.bad('party:' || role, 'duplicate');
			CONTINUE;
		END IF;
		filing := coalesce((SELECT g.number FROM core.party_filing g WHERE g.party_id = who.id
				AND p_on >= g.valid_from AND (g.valid_to IS NULL OR p_on <= g.valid_to)
				ORDER BY g.valid_from DESC, g.id LIMIT 1), core.some(p ->> 'filing'));
		val := val || jsonb_build_array(jsonb_build_object('role', role, 'party', who.id,
			'name', called, 'filing', filing));
	END LOOP;
	IF jsonb_array_length(val) > 10 THEN
		bad := bad || core.bad('parties', 'too_many');
	END IF;
	IF p_submit THEN
		FOREACH role IN ARRAY need LOOP
			IF NOT EXISTS (SELECT FROM jsonb_array_elements(val) v WHERE v ->> 'role' = role)
				AND NOT EXISTS (SELECT FROM jsonb_array_elements(bad) b WHERE b ->> 'field' = 'party:' || role)
			THEN
				bad := bad || core.bad('party:' || role, 'missing');
			END IF;
		END LOOP;
	END IF;
END
$$;

-- One field as its kind's type has it; NULL: it is none such.
CREATE OR REPLACE FUNCTION core.field_value(p_type text, p_text text) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
BEGIN
	RETURN CASE
		WHEN p_type = 'integer' AND p_text ~ '^[0-9]{1,9}$' THEN to_jsonb(p_text::int)
		WHEN p_type = 'number' AND p_text ~ '^-?[0-9]{1,12}(\.[0-9]{1,9})?$' THEN to_jsonb(p_text::numeric)
		WHEN p_type = 'boolean' AND lower(p_text) IN ('true', '1', 'on', 'yes') THEN to_jsonb(true)
		WHEN p_type = 'boolean' AND lower(p_text) IN ('false', '0', 'off', 'no') THEN to_jsonb(false)
		WHEN p_type = 'date' AND core.try_date(p_text) BETWEEN '1950-01-01' AND '2200-01-01'
			THEN to_jsonb(p_text)
		WHEN p_type = 'text' THEN to_jsonb(p_text) END;
END
$$;

-- Text goes apart, salted: its hash takes its place. "#note" is the note.
CREATE OR REPLACE FUNCTION core.check_fields(p_body jsonb, p_kind json, p_type json, p_submit boolean,
	OUT val jsonb, OUT texts jsonb, OUT bad jsonb)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, core AS $$
DECLARE
	known constant text[] := core.texts_of(p_type -> 'fields');
	need constant text[] := core.texts_of(p_type -> 'required' -> 'fields');
	f record;
	said jsonb;
	salt bytea;
BEGIN
	val := '{}';
	texts := '[]';
	bad := '[]';
	FOR f IN
		SELECT e.key AS name, core.some(e.value #>> '{}') AS text, false AS note
		FROM jsonb_each(CASE WHEN jsonb_typeof(p_body -> 'fields') = 'object' THEN p_body -> 'fields'
			ELSE '{}' END) e
		UNION ALL SELECT '#note', core.some(p_body ->> 'note'), true
	LOOP
		CONTINUE WHEN f.text IS NULL;
		IF NOT f.note AND f.name <> ALL (known) THEN
			bad := bad || core.bad('fields:' || left(f.name, 40), 'unknown');
			CONTINUE;
		END IF;
		IF length(f.text) > (CASE WHEN f.note THEN 1000 ELSE 300 END) THEN
			bad := bad || core.bad(CASE WHEN f.note THEN 'note' ELSE 'fields:' || f.name END, 'too_long');
			CONTINUE;
		END IF;
		said := core.field_value(CASE WHEN f.note THEN 'text'
			ELSE p_kind -> 'fields' -> f.name ->> 'type' END, f.text);
		IF said IS NULL THEN
			bad := bad || core.bad('fields:' || f.name, 'bad_value');
		ELSIF jsonb_typeof(said) = 'string' AND (f.note OR p_kind -> 'fields' -> f.name ->> 'type' = 'text') THEN
			salt := uuid_send(gen_random_uuid());
			texts := texts || jsonb_build_array(jsonb_build_object('name', f.name,
				'salt', encode(salt, 'hex'), 'value', f.text));
			val := val || jsonb_build_object(f.name, jsonb_build_object('sha256',
				encode(sha256(salt || convert_to(f.text, 'UTF8')), 'hex')));
		ELSE
			val := val || jsonb_build_object(f.name, said);
		END IF;
	END LOOP;
	IF p_submit THEN
		bad := bad || coalesce((SELECT jsonb_agg(jsonb_build_object('field', 'fields:' || u, 'why',
			'missing') ORDER BY k) FROM unnest(need) WITH ORDINALITY AS q (u, k)
			WHERE val -> u IS NULL AND NOT bad @> jsonb_build_array(jsonb_build_object('field', 'fields:' || u))),
			'[]');
	END IF;
END
$$;

-- Results, each judged by the limit in force on the day.
CREATE OR REPLACE FUNCTION core.check_results(p_body jsonb, p_type json, p_on date, p_path int[],
	p_submit boolean, OUT val jsonb, OUT verdict text, OUT bad jsonb)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
DECLARE
	need constant text[] := core.texts_of(p_type -> 'required' -> 'results');
	e jsonb;
	item core.item;
	w core.word;
	l core.limit_item;
	code text;
	op text;
	num text;
	unit text;
	why text;
	said text;
BEGIN
	val := '[]';
	bad := '[]';
	verdict := 'none';
	FOR e IN SELECT x FROM jsonb_array_elements(core.list_of(p_body -> 'results')) x LOOP
		code := left(coalesce(core.some(e ->> 'item'), '?'), 40);
		op := nullif(core.some(e ->> 'op'), '=');
		num := core.some(e ->> 'num');
		CONTINUE WHEN num IS NULL AND core.some(e ->> 'word') IS NULL;
		SELECT * INTO item FROM core.item i WHERE i.code = e ->> 'item';
		SELECT * INTO w FROM core.word x WHERE x.code = core.some(e ->> 'word');
		unit := coalesce(core.some(e ->> 'unit'), item.unit);
		why := CASE WHEN item.id IS NULL THEN 'unknown'
			WHEN (num IS NULL) = (w.code IS NULL) OR (op IS NOT NULL AND (num IS NULL
				OR op NOT IN ('<', '<=', '>', '>='))) THEN 'bad_value'
			WHEN num !~ '^-?[0-9]{1,12}(\.[0-9]{1,9})?$' THEN 'bad_value'
			WHEN unit IS NOT NULL AND NOT EXISTS (SELECT FROM core.unit u WHERE u.code = unit)
				THEN 'bad_value'
			WHEN val @> jsonb_build_array(jsonb_build_object('item', item.code)) THEN 'duplicate' END;
		IF why IS NOT NULL THEN
			bad := bad || core.bad('results:' || code, why);
			CONTINUE;
		END IF;
		said := 'none';
		SELECT * INTO l FROM core.limit_item q WHERE q.id = core.limit_on(item.id, p_on, p_path);
		IF l.id IS NOT NULL THEN
			said := core.verdict(op, num::numeric, w.sense, l.op, l.lo, l.hi);
		END IF;
		verdict := CASE WHEN 'fail' IN (verdict, said) THEN 'fail'
			WHEN 'pass' IN (verdict, said) THEN 'pass' ELSE 'none' END;
		val := val || jsonb_build_array(jsonb_build_object('item_id', item.id, 'item', item.code,
			'op', op, 'num', num, 'word', w.code, 'unit', unit, 'verdict', said, 'limit_id', l.id));
	END LOOP;
	IF p_submit THEN
		bad := bad || coalesce((SELECT jsonb_agg(jsonb_build_object('field', 'results:' || u, 'why',
			'missing') ORDER BY k) FROM unnest(need) WITH ORDINALITY AS q (u, k)
			WHERE NOT val @> jsonb_build_array(jsonb_build_object('item', u))
				AND NOT bad @> jsonb_build_array(jsonb_build_object('field', 'results:' || u))), '[]');
	END IF;
END
$$;

-- A photo counts that this account has stored, or that this record has named before.
CREATE OR REPLACE FUNCTION core.check_photos(p_id uuid, p_body jsonb, p_type json, p_submit boolean,
	OUT val jsonb, OUT bad jsonb)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
DECLARE
	slots constant text[] := core.texts_of(p_type -> 'slots');
	need constant text[] := core.texts_of(p_type -> 'required' -> 'slots');
	least_n constant int := coalesce((p_type ->> 'photos_min')::int, 0);
	e jsonb;
	o core.photo;
	slot text;
BEGIN
	val := '[]';
	bad := '[]';
	FOR e IN SELECT x FROM jsonb_array_elements(core.list_of(p_body -> 'photos')) x LOOP
		slot := core.some(e ->> 'slot');
		IF slot IS NULL OR slot <> ALL (slots) THEN
			bad := bad || core.bad('photos:' || coalesce(left(slot, 40), ''), 'unknown');
			CONTINUE;
		END IF;
		SELECT * INTO o FROM core.photo q WHERE q.sha256 = core.hex32(e ->> 'sha256');
		IF o.sha256 IS NULL OR o.hidden_at IS NOT NULL OR NOT (o.stored_by IS NOT DISTINCT FROM core.my_account()
			OR EXISTS (SELECT FROM core.record_photo x WHERE x.record_id = p_id AND x.sha256 = o.sha256)
			-- the same picture, sent by this account as well
			OR EXISTS (SELECT FROM core.blob b WHERE b.account_id = core.my_account() AND b.photo = o.sha256))
		THEN
			bad := bad || core.bad('photos:' || slot, 'unknown_photo');
		ELSIF val @> jsonb_build_array(jsonb_build_object('slot', slot,
			'sha256', encode(o.sha256, 'hex')))
		THEN
			bad := bad || core.bad('photos:' || slot, 'duplicate');
		ELSE
			val := val || jsonb_build_array(jsonb_build_object('slot', slot,
				'sha256', encode(o.sha256, 'hex'), 'taken', o.taken));
		END IF;
	END LOOP;
	IF jsonb_array_length(val) > 10 THEN
		bad := bad || core.bad('photos', 'too_many');
	END IF;
	IF p_submit THEN
		bad := bad || coalesce((SELECT jsonb_agg(jsonb_build_object('field', 'photos:' || u, 'why',
			'missing') ORDER BY k) FROM unnest(need) WITH ORDINALITY AS q (u, k)
			WHERE NOT val @> jsonb_build_array(jsonb_build_object('slot', u))
				AND NOT bad @> jsonb_build_array(jsonb_build_object('field', 'photos:' || u))), '[]');
		IF jsonb_array_length(val) < least_n AND bad = '[]' THEN
			bad := bad || jsonb_build_array(jsonb_build_object('field', 'photos', 'why', 'too_few',
				'min', least_n));
		END IF;
	END IF;
END
$$;

-- All of a body: what core.revision_write() takes, or QR422 with everything that is wrong.
-- p_rev: the revision it follows, 0 for none.
CREATE OR REPLACE FUNCTION core.body_check(p_facility bigint, p_id uuid, p_rev int, p_body jsonb,
	p_submit boolean) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, core AS $$
DECLARE
	said constant text := core.some(p_body ->> 'type');
	reason constant text := core.some(p_body ->> 'reason');
	report constant text := core.some(p_body ->> 'report');
	before core.revision;
	kind json;
	type json;
	path int[];
	t record;
	p record;
	f record;
	s record;
	o record;
	bad jsonb := '[]';
BEGIN
	SELECT k.data, org.path INTO kind, path FROM core.facility x
	JOIN core.kind k ON k.id = x.kind_id
	JOIN core.place y ON y.id = x.place_id
	JOIN core.org org ON org.id = y.org_id WHERE x.id = p_facility;
	type := kind -> 'types' -> said;
	SELECT * INTO before FROM core.revision v WHERE v.record_id = p_id AND v.rev = p_rev;
	IF said IS NULL THEN
		bad := bad || core.bad('type', 'missing');
	ELSIF type IS NULL OR said <> (SELECT r.type FROM core.record r WHERE r.id = p_id) THEN
		bad := bad || core.bad('type', 'unknown');
	END IF;
	IF (SELECT h.status FROM core.facility_status h WHERE h.facility_id = p_facility
		AND h.since <= core.today() ORDER BY h.since DESC, h.n DESC LIMIT 1) = 'retired'
	THEN
		bad := bad || core.bad('facility', 'retired');
	END IF;
	t := core.check_times(p_body, p_submit);
	p := core.check_parties(p_body, type, (t.val ->> 'on')::date, p_submit);
	f := core.check_fields(p_body, kind, type, p_submit);
	s := core.check_results(p_body, type, (t.val ->> 'on')::date, path, p_submit);
	o := core.check_photos(p_id, p_body, type, p_submit);
	bad := bad || t.bad;
	IF type IS NOT NULL THEN
		bad := bad || p.bad || f.bad || s.bad || o.bad;
	END IF;
	IF report IS NOT NULL AND NOT EXISTS (SELECT FROM core.report x
		WHERE x.sha256 = core.hex32(report) AND x.bytes IS NOT NULL
			AND (x.stored_by = core.my_account() OR EXISTS (SELECT FROM core.revision v
				WHERE v.record_id = p_id AND v.report = x.sha256)))
	THEN
		bad := bad || core.bad('report', 'unknown_report');
	END IF;
	IF p_submit AND p_rev > 0 AND before.state <> 'draft' AND reason IS NULL THEN
		bad := bad || core.bad('reason', 'missing');
	ELSIF length(reason) > 300 THEN
		bad := bad || core.bad('reason', 'too_long');
	END IF;
	IF bad <> '[]' THEN
		RAISE EXCEPTION 'the upload cannot be taken as it is' USING ERRCODE = 'QR422', DETAIL = bad::text;
	END IF;
	RETURN t.val || jsonb_build_object('parties', p.val, 'fields', f.val, 'texts', f.texts,
		'results', s.val, 'verdict', s.verdict, 'photos', o.val, 'report', lower(report),
		'facility', p_body ->> 'facility');
END
$$;

-- Firms that were only named become firms.
CREATE OR REPLACE FUNCTION core.body_parties(n jsonb) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
BEGIN
	PERFORM core.import_parties('staff', array_agg(p ->> 'name'), NULL::text[])
	FROM jsonb_array_elements(n -> 'parties') p WHERE p ->> 'party' IS NULL;
	RETURN n || jsonb_build_object('parties', (SELECT coalesce(jsonb_agg(p || jsonb_build_object(
			'party', coalesce((p ->> 'party')::int, core.party_of('staff', p ->> 'name'))) ORDER BY k), '[]')
		FROM jsonb_array_elements(n -> 'parties') WITH ORDINALITY AS u (p, k)));
END
$$;

-- A revision's fields with the texts in their places; those that are gone are left out.
CREATE OR REPLACE FUNCTION core.text_fields(p_record uuid, p_rev int, p_fields jsonb) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT coalesce(jsonb_object_agg(e.key, CASE WHEN jsonb_typeof(e.value) = 'object'
			THEN to_jsonb(t.value) ELSE e.value END), '{}')
	FROM jsonb_each(p_fields) e
	LEFT JOIN core.revision_text t ON t.record_id = p_record AND t.rev = p_rev AND t.name = e.key
	WHERE jsonb_typeof(e.value) <> 'object' OR t.value IS NOT NULL
$$;
