-- Administration: writing, and what the pages call.

-- Documents that show what was changed are built again by the jobs process: all of them, or those
-- of an office and below.
CREATE OR REPLACE FUNCTION core.admin_rebuild(p_org text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
BEGIN
	PERFORM core.job_add('rebuild', jsonb_build_object('org', p_org));
END
$$;

-- A dated row: the one in force ends the day before, the new one begins; what has not begun yet may
-- be put right. p_id: the members that name the row; p_set: columns. Members of the row before that
-- are not set go on as they were.
CREATE OR REPLACE FUNCTION core.admin_dated(p_table text, p_id jsonb, p_set jsonb, p_from date,
	p_until date) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	day constant date := core.today();
	last jsonb;
	fresh jsonb;
	begun date;
	cols text;
BEGIN
	EXECUTE format('SELECT to_jsonb(t) FROM core.%I t WHERE to_jsonb(t) @> $1 ORDER BY t.valid_from DESC LIMIT 1',
		p_table) INTO last USING p_id;
	begun := (last ->> 'valid_from')::date;
	IF p_until < p_from THEN
		PERFORM auth.refuse(core.bad('until', 'order'));
	ELSIF p_from < day AND last IS NOT NULL THEN
		PERFORM auth.refuse(core.bad('from', 'past'));
	ELSIF p_from < begun OR (p_from = begun AND p_from <= day) THEN
		PERFORM auth.refuse(core.bad('from', 'overlap'));
	END IF;
	fresh := coalesce(last - 'id', '{}') || p_id || p_set
		|| jsonb_build_object('valid_from', p_from, 'valid_to', p_until);
	cols := string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) FROM pg_attribute a
		WHERE a.attrelid = ('core.' || p_table)::regclass AND a.attnum > 0 AND NOT a.attisdropped
			AND a.attname <> 'id' AND fresh ? a.attname;
	IF p_from = begun THEN
		EXECUTE format('UPDATE core.%1$I t SET (%2$s) = (SELECT %2$s FROM jsonb_populate_record(NULL::core.%1$I, $1))'
			' WHERE t.id = $2', p_table, cols) USING fresh, (last ->> 'id')::int;
		RETURN;
	END IF;
	EXECUTE format('UPDATE core.%I t SET valid_to = $1 - 1 WHERE t.id = $2 AND (t.valid_to IS NULL OR t.valid_to >= $1)',
		p_table) USING p_from, (last ->> 'id')::int;
	EXECUTE format('INSERT INTO core.%1$I (%2$s) SELECT %2$s FROM jsonb_populate_record(NULL::core.%1$I, $1)',
		p_table, cols) USING fresh;
EXCEPTION WHEN exclusion_violation OR unique_violation THEN
	-- another row says the same of the same days
	PERFORM auth.refuse(core.bad('from', 'overlap'));
END
$$;

-- The last day of a dated row.
CREATE OR REPLACE FUNCTION core.admin_dated_end(p_table text, p_id jsonb, p_until date) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	last jsonb;
BEGIN
	EXECUTE format('SELECT to_jsonb(t) FROM core.%I t WHERE to_jsonb(t) @> $1 ORDER BY t.valid_from DESC LIMIT 1',
		p_table) INTO last USING p_id;
	IF p_until IS NULL THEN
		PERFORM auth.refuse(core.bad('until', 'missing'));
	ELSIF p_until < core.today() THEN
		PERFORM auth.refuse(core.bad('until', 'past'));
	ELSIF p_until < (last ->> 'valid_from')::date THEN
		PERFORM auth.refuse(core.bad('until', 'order'));
	END IF;
	EXECUTE format('UPDATE core.%I t SET valid_to = $1 WHERE t.id = $2', p_table)
	USING p_until, (last ->> 'id')::int;
END
$$;

-- Adds, changes or ends a rule that an office sets for itself and those below it (columns code, org_id,
-- basis, source). p_same: the columns that say, with the office, what it is about: of two about the same
-- in the same days nobody could say which one holds. p_bad: what is wrong already. Returns its code.
CREATE OR REPLACE FUNCTION core.admin_rule_write(p_table text, p_same text[], p_old jsonb, p_new jsonb, p_act text,
	p_bad jsonb, p_set jsonb) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	called constant text := p_new ->> 'code';
	since constant date := p_new ->> 'from';
	until constant date := p_new ->> 'until';
	fresh constant jsonb := p_set || jsonb_build_object('basis', p_new ->> 'basis', 'source', p_new -> 'source',
		'org_id', (SELECT o.id FROM core.org o WHERE o.code = p_new ->> 'org'));
	taken boolean;
	overlap boolean;
BEGIN
	IF p_act = 'end' THEN
		PERFORM core.admin_dated_end(p_table, jsonb_build_object('code', called), until);
		RETURN called;
	END IF;
	EXECUTE format($q$ SELECT bool_or(r.code = $1), bool_or(r.code <> $1 AND r.valid_from <= coalesce($3, 'infinity')
			AND coalesce(r.valid_to, 'infinity') >= $2
			AND NOT EXISTS (SELECT FROM unnest($5 || ARRAY['org_id']) c WHERE to_jsonb(r) -> c IS DISTINCT FROM $4 -> c))
		FROM core.%I r $q$, p_table) INTO taken, overlap USING called, since, until, fresh, p_same;
	PERFORM auth.refuse(p_bad || CASE WHEN p_old IS NULL AND taken THEN core.bad('code', 'taken') ELSE '[]' END
		|| CASE WHEN overlap THEN core.bad('from', 'overlap') ELSE '[]' END);
	PERFORM core.admin_dated(p_table, jsonb_build_object('code', called), fresh, since, until);
	RETURN called;
END
$$;

-- Adds, changes, ends or removes a row; who, when, before and after are kept. Returns the key.
-- SECURITY DEFINER: it checks right and scope itself.
CREATE OR REPLACE FUNCTION core.admin_put(p_what text, p_key text, p_body jsonb) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	s constant core.admin_section := core.admin_need(p_what, true);
	said constant text := coalesce(p_body -> 'do' ->> 0, 'save');
	act text;
	old jsonb;
	vals jsonb;
	after jsonb;
	new_key text;
	last record;
BEGIN
	-- two who change the same section follow each other, and what hangs on a kind is part of it
	PERFORM pg_advisory_xact_lock(hashtext('core.admin'), hashtext(coalesce(s.parent, p_what)));
	IF coalesce(s.parent, p_what) IN ('kind', 'item', 'word') THEN
		-- as core.publish_reference() will, and in its order: who had rows of one first would wait for ever
		LOCK TABLE core.kind, core.item, core.word, core.unit, core.flag IN SHARE ROW EXCLUSIVE MODE;
	END IF;
	IF p_key <> 'new' THEN
		old := core.admin_get(p_what, p_key);
		IF old IS NULL THEN
			RAISE EXCEPTION 'no % %', p_what, p_key USING ERRCODE = 'QR404';
		END IF;
	END IF;
	act := CASE WHEN old IS NULL THEN 'add' WHEN said = 'end' AND s.dated THEN 'end'
		WHEN said = 'remove' AND s.removes THEN 'remove' ELSE 'change' END;
	vals := core.admin_read(p_what, old, p_body);
	IF NOT core.admin_own(p_what, p_key, old) THEN
		PERFORM core.refuse('QR403', 'scope', 'it belongs to an office outside the scope');
	END IF;
	IF p_body -> 'rev' ->> 0 IS DISTINCT FROM core.admin_rev(old) AND old IS NOT NULL THEN
		SELECT core.account_name(c.account) AS who, c.at INTO last FROM core.admin_change c
		WHERE c.section = p_what AND c.key = p_key ORDER BY c.id DESC LIMIT 1;
		RAISE EXCEPTION '% % was changed meanwhile', p_what, p_key USING ERRCODE = 'QR409',
			DETAIL = jsonb_strip_nulls(jsonb_build_object('why', 'changed', 'name', coalesce(last.who, ''),
				'stored', old, 'sent', vals))::text;
	END IF;
	IF act IN ('add', 'change') THEN
		PERFORM auth.refuse(core.admin_check(p_what, vals, old IS NULL));
		IF s.dated AND old IS NOT NULL AND vals - 'from' = old - 'from' THEN
			RETURN p_key;
		ELSIF s.dated AND vals - 'from' - 'until' = old - 'from' - 'until' AND vals ? 'until' THEN
			-- nothing new begins, it only ends
			act := 'end';
		END IF;
	END IF;
	IF act = 'change' AND vals = old THEN
		RETURN p_key;
	END IF;
	EXECUTE format('SELECT core.admin_%s_put($1, $2, $3, $4)', p_what)
	INTO new_key USING p_key, old, vals, act;
	after := CASE WHEN act <> 'remove' THEN core.admin_get(p_what, new_key) END;
	INSERT INTO core.admin_change (at, account, org_id, section, key, act, before, after)
	VALUES (core.now(), core.my_account(), (SELECT o.id FROM core.org o
		WHERE o.code = coalesce(after, old) ->> 'org'), p_what, new_key, act, old, after);
	PERFORM auth.audit('admin.' || p_what, new_key, jsonb_build_object('act', act, 'sha256',
		encode(sha256(convert_to(concat_ws(' ', old::text, after::text), 'UTF8')), 'hex'), 'fields',
		(SELECT coalesce(jsonb_agg(k ORDER BY k), '[]') FROM jsonb_object_keys(coalesce(old, '{}') || coalesce(after, '{}')) k
			WHERE old -> k IS DISTINCT FROM after -> k)));
	RETURN new_key;
END
$$;

-- Whether a row belongs to an office inside the scope, or to none; a company: whether all it manages
-- lies inside. A new row: its own checks say.
CREATE OR REPLACE FUNCTION core.admin_own(p_what text, p_key text, p_old jsonb) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT CASE WHEN p_old IS NULL THEN true
		WHEN p_what = 'party' THEN core.party_inside(p_key::int, core.my_org())
		WHEN p_old ? 'org' THEN EXISTS (SELECT FROM core.org o WHERE o.code = p_old ->> 'org' AND core.sees_org(o.id))
		ELSE true END
$$;

-- The form of a row ("new": of none yet), with what was typed (p_body) or what is stored.
CREATE OR REPLACE FUNCTION core.admin_form(p_what text, p_key text, p_body jsonb) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	s constant core.admin_section := core.admin_need(p_what, false);
	old jsonb;
	vals jsonb;
	changed boolean;
BEGIN
	IF p_key <> 'new' THEN
		old := core.admin_get(p_what, p_key);
		IF old IS NULL THEN
			RAISE EXCEPTION 'no % %', p_what, p_key USING ERRCODE = 'QR404';
		END IF;
	END IF;
	vals := core.admin_read(p_what, old, coalesce(p_body, '{}'));
	IF old IS NULL AND NOT coalesce(p_body, '{}') ? 'rev' THEN
		-- nothing was typed yet: at most given by the address
		vals := coalesce((SELECT jsonb_object_agg(f.code, f.preset) FROM core.admin_fields(p_what, vals) f
			WHERE f.preset IS NOT NULL), '{}') || vals;
	END IF;
	IF s.dated AND NOT coalesce(p_body, '{}') ? 'rev' THEN
		-- a change holds from today on, or from the day after the last one began
		vals := vals || jsonb_build_object('from', CASE WHEN old ->> 'from' > core.today()::text THEN old ->> 'from'
			ELSE greatest(core.today(), (old ->> 'from')::date + 1)::text END);
	END IF;
	changed := old IS NOT NULL AND p_body ? 'rev' AND p_body -> 'rev' ->> 0 <> core.admin_rev(old);
	RETURN jsonb_strip_nulls(jsonb_build_object('what', p_what, 'key', p_key, 'name', s.name::jsonb,
		'lead', s.lead::jsonb, 'new', s.new::jsonb, 'parent', coalesce(old ->> 'parent', vals ->> 'parent'),
		'above', s.parent, 'title', core.admin_title(p_what, p_key, old), 'rev', core.admin_rev(old),
		'dated', nullif(s.dated, false), 'removes', CASE WHEN s.removes AND old IS NOT NULL THEN true END,
		'can', core.admin_may(s) AND core.admin_own(p_what, p_key, old),
		'inputs', core.admin_inputs(p_what, vals, CASE WHEN changed THEN old END, old IS NOT NULL),
		'periods', CASE WHEN s.dated AND old IS NOT NULL THEN core.admin_periods(p_what, p_key) END,
		'links', core.admin_links(p_what, p_key, old),
		'below', CASE WHEN old IS NOT NULL THEN (SELECT jsonb_agg(jsonb_build_object('what', c.code, 'name', c.name,
			'new', c.new, 'rows', core.admin_rows(c.code, p_key, NULL, NULL)) ORDER BY c.rank)
			FROM core.admin_section c WHERE c.parent = p_what) END,
		'history', CASE WHEN old IS NOT NULL THEN core.admin_history(p_what, p_key) END))::text;
END
$$;

CREATE OR REPLACE FUNCTION core.admin_title(p_what text, p_key text, p_old jsonb) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT CASE WHEN p_old IS NULL THEN NULL ELSE coalesce(CASE WHEN p_old -> 'name' <> '""' THEN p_old -> 'name' END,
		to_jsonb(p_key)) END
$$;

-- The rows of a dated section under one key, the newest first.
CREATE OR REPLACE FUNCTION core.admin_periods(p_what text, p_key text) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
DECLARE
	list jsonb;
BEGIN
	EXECUTE format('SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object(''from'', p.day_from, ''to'', p.day_to,'
		' ''text'', p.text)) ORDER BY p.day_from DESC) FROM core.admin_%s_periods($1) p', p_what)
	INTO list USING p_key;
	RETURN coalesce(list, '[]');
END
$$;

-- Where one goes from a row: [{"what","url"}], the words are the page's.
CREATE OR REPLACE FUNCTION core.admin_links(p_what text, p_key text, p_old jsonb) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT CASE WHEN p_old IS NOT NULL THEN CASE p_what
		WHEN 'place' THEN jsonb_build_array(
			jsonb_build_object('what', 'add_facility', 'url', '/staff/admin/facility/new?place=' || p_key),
			jsonb_build_object('what', 'public', 'url', '/b/' || p_key))
		WHEN 'facility' THEN jsonb_build_array(
			jsonb_build_object('what', 'labels', 'url', '/staff/labels?w=without&p=' || (p_old ->> 'place')),
			jsonb_build_object('what', 'staff', 'url', '/staff/f/' || p_key),
			jsonb_build_object('what', 'public', 'url', '/f/' || p_key))
		WHEN 'stock' THEN jsonb_build_array(
			jsonb_build_object('what', 'sheet', 'url', '/staff/labels?w=blank&t=' || (p_old ->> 'template')))
		WHEN 'type' THEN jsonb_build_array(
			jsonb_build_object('what', 'add_rule', 'url', '/staff/admin/rule/new?duty=' || p_key))
		WHEN 'kind' THEN jsonb_build_array(
			jsonb_build_object('what', 'add_of_kind', 'url', '/staff/admin/facility/new?kind=' || p_key))
		END END
$$;

-- ---- what the pages call ---------------------------------------------------------------------
CREATE OR REPLACE FUNCTION core.admin_list(p_what text, p_q text, p_after text) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	s core.admin_section;
	rows jsonb;
BEGIN
	IF p_what IS NULL THEN
		IF NOT core.my_right('admin') OR core.my_org() IS NULL THEN
			PERFORM core.refuse('QR403', 'right', 'administration is for offices');
		END IF;
		RETURN jsonb_build_object('sections', (SELECT jsonb_agg(jsonb_build_object('what', x.code, 'name', x.name,
			'lead', x.lead) ORDER BY x.rank) FROM core.admin_section x WHERE x.parent IS NULL))::text;
	END IF;
	s := core.admin_need(p_what, false);
	IF s.parent IS NOT NULL THEN
		RAISE EXCEPTION '% hang on a %', p_what, s.parent USING ERRCODE = 'QR404';
	END IF;
	rows := core.admin_rows(p_what, NULL, core.some(left(p_q, 100)), core.some(left(p_after, 100)));
	RETURN jsonb_strip_nulls(jsonb_build_object('what', p_what, 'name', s.name::jsonb, 'lead', s.lead::jsonb,
		'new', s.new::jsonb, 'can', core.admin_may(s), 'rows', CASE WHEN jsonb_array_length(rows) > 50 THEN rows - 50 ELSE rows END,
		'next', CASE WHEN jsonb_array_length(rows) > 50 THEN rows -> 49 -> 'key' END))::text;
END
$$;

CREATE OR REPLACE FUNCTION api.staff_admin_list(p_session bytea, p_what text, p_q text, p_after text)
RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core SET timezone = 'UTC' AS $$
BEGIN
	PERFORM auth.enter(p_session, 'admin');
	PERFORM core.use_timezone();
	RETURN '{"me":' || auth.me() || ',' || substr(core.admin_list(p_what, p_q, p_after), 2);
END
$$;

CREATE OR REPLACE FUNCTION api.staff_admin_form(p_session bytea, p_what text, p_key text, p_body jsonb)
RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core SET timezone = 'UTC' AS $$
BEGIN
	PERFORM auth.enter(p_session, 'admin');
	PERFORM core.use_timezone();
	RETURN '{"me":' || auth.me() || ',' || substr(core.admin_form(p_what, p_key, p_body), 2);
END
$$;

CREATE OR REPLACE FUNCTION api.staff_admin_put(p_session bytea, p_what text, p_key text, p_body jsonb)
RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core SET timezone = 'UTC' AS $$
BEGIN
	PERFORM auth.enter(p_session, 'admin');
	PERFORM auth.require_recent();
	PERFORM core.use_timezone();
	RETURN '{' || core.js('what', p_what) || ',' || core.js('key', core.admin_put(p_what, p_key,
		coalesce(p_body, '{}'))) || '}';
END
$$;
