-- Administration: one engine for all sections. A section is data (core.admin_section, admin_field)
-- and four functions: core.admin_NAME_list, _get, _put and, where the row belongs to an office, the
-- member "org" of what _get gives. Values are texts, arrays of texts (multi) or {"zh-CN","en"}
-- (pair), as a form has them. Everything here runs as the owner, called by the three api functions
-- at the end; those of the sections are in staff_admin_*.sql.

-- The section, if the asker may look at it (p_write: change it).
CREATE OR REPLACE FUNCTION core.admin_need(p_what text, p_write boolean) RETURNS core.admin_section
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
DECLARE
	s core.admin_section;
BEGIN
	IF NOT core.my_right('admin') OR core.my_org() IS NULL THEN
		PERFORM core.refuse('QR403', 'right', 'administration is for offices');
	END IF;
	SELECT * INTO s FROM core.admin_section x WHERE x.code = p_what;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'no section %', p_what USING ERRCODE = 'QR404';
	END IF;
	IF p_write AND NOT core.admin_may(s) THEN
		PERFORM core.refuse('QR403', 'scope', format('%s belongs to no office', p_what));
	END IF;
	RETURN s;
END
$$;
CREATE OR REPLACE FUNCTION core.admin_may(s core.admin_section) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT NOT s.top_only OR EXISTS (SELECT FROM core.org o WHERE o.id = core.my_org()
		AND o.parent_id IS NULL)
$$;

-- An office the asker may see rules of: one below, the own one, or one above, whose rules hold here.
CREATE OR REPLACE FUNCTION core.admin_sees(p_org int) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT core.sees_org(p_org) OR EXISTS (SELECT FROM core.org o WHERE o.id = core.my_org()
		AND p_org = ANY (o.path))
$$;

-- The fields of a form; of a facility also what its kind asks of each.
CREATE OR REPLACE FUNCTION core.admin_fields(p_what text, p_vals jsonb) RETURNS SETOF core.admin_field
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT f.section, f.code, f.rank, f.type, f.name, f.help, f.required, f.fixed, f.options, f.form,
		f.preset, f.max
	FROM core.admin_field f WHERE f.section = p_what
	UNION ALL
	SELECT 'facility', 'param-' || e.key, (500 + e.n)::smallint,
		CASE WHEN e.value ->> 'type' = 'boolean' THEN 'choice' WHEN e.value ->> 'type' IN ('integer',
			'number', 'date') THEN e.value ->> 'type' ELSE 'text' END,
		e.value -> 'name', CASE WHEN e.value ->> 'unit' <> '' THEN json_build_object('zh-CN',
			e.value ->> 'unit', 'en', e.value ->> 'unit') END, false, false,
		CASE e.value ->> 'type' WHEN 'boolean' THEN 'yesno' END, NULL, NULL, 200::smallint
	FROM core.kind k CROSS JOIN LATERAL json_each(k.data -> 'params') WITH ORDINALITY AS e (key, value, n)
	WHERE p_what = 'facility' AND k.code = p_vals ->> 'kind'
	ORDER BY 3, 2
$$;

CREATE OR REPLACE FUNCTION core.admin_get(p_what text, p_key text) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
DECLARE
	v jsonb;
BEGIN
	EXECUTE format('SELECT core.admin_%s_get($1)', p_what) INTO v USING p_key;
	RETURN jsonb_strip_nulls(v);
END
$$;

-- What was typed, in the shape of what _get gives. What the body does not have is as it was, or empty
-- where it says that it is the whole form: a tick that is taken away is not sent, and what was left
-- empty does not outlive a login in between.
CREATE OR REPLACE FUNCTION core.admin_read(p_what text, p_old jsonb, p_body jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
DECLARE
	vals jsonb := coalesce(p_old, '{}');
	whole constant boolean := p_body ? 'whole';
	f core.admin_field;
	v jsonb;
BEGIN
	IF p_old IS NULL AND p_body ? 'parent' THEN
		vals := jsonb_build_object('parent', p_body -> 'parent' ->> 0);
	END IF;
	IF p_old IS NULL THEN
		-- which further fields there are depends on it
		vals := vals || jsonb_strip_nulls(jsonb_build_object('kind', p_body -> 'kind' ->> 0));
	END IF;
	FOR f IN SELECT * FROM core.admin_fields(p_what, vals) LOOP
		CONTINUE WHEN f.fixed AND p_old IS NOT NULL;
		IF f.type = 'pair' THEN
			CONTINUE WHEN NOT whole AND NOT p_body ? (f.code || '-zh') AND NOT p_body ? (f.code || '-en');
			v := jsonb_strip_nulls(jsonb_build_object(
				'zh-CN', CASE WHEN whole OR p_body ? (f.code || '-zh') THEN core.some(p_body -> (f.code || '-zh') ->> 0)
					ELSE vals -> f.code ->> 'zh-CN' END,
				'en', CASE WHEN whole OR p_body ? (f.code || '-en') THEN core.some(p_body -> (f.code || '-en') ->> 0)
					ELSE vals -> f.code ->> 'en' END));
			v := nullif(v, '{}');
		ELSIF f.type = 'multi' THEN
			CONTINUE WHEN NOT whole AND NOT p_body ? f.code;
			v := nullif(core.list_of(p_body -> f.code) - '', '[]');
		ELSE
			CONTINUE WHEN NOT whole AND NOT p_body ? f.code;
			v := to_jsonb(core.some(p_body -> f.code ->> 0));
		END IF;
		vals := CASE WHEN v IS NULL THEN vals - f.code ELSE vals || jsonb_build_object(f.code, v) END;
	END LOOP;
	RETURN vals;
END
$$;

-- One value against its field: NULL, or the word for what is wrong with it.
CREATE OR REPLACE FUNCTION core.admin_wrong(f core.admin_field, p_text text, p_vals jsonb) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
BEGIN
	RETURN CASE
		WHEN length(p_text) > f.max THEN 'too_long'
		WHEN f.form IS NOT NULL AND p_text !~ f.form THEN 'form'
		WHEN f.type = 'integer' AND p_text !~ '^[0-9]{1,4}$' THEN 'bad_value'
		WHEN f.type = 'number' AND p_text !~ '^-?[0-9]{1,9}(\.[0-9]{1,9})?$' THEN 'bad_value'
		WHEN f.type = 'date' AND (core.try_date(p_text) BETWEEN '1950-01-01' AND '2200-01-01') IS NOT TRUE
			THEN 'form'
		-- the program's own list: label templates are files
		WHEN f.options = 'stocks' THEN NULL
		WHEN f.type IN ('choice', 'multi') AND NOT EXISTS (SELECT FROM core.admin_options(f.options, p_vals) o
			WHERE o.value = p_text) THEN 'unknown'
		WHEN f.type = 'ref' AND core.admin_ref(f.options, p_text) IS NULL THEN 'unknown' END;
END
$$;

-- Everything that is wrong with the values by themselves.
CREATE OR REPLACE FUNCTION core.admin_check(p_what text, p_vals jsonb, p_fresh boolean) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
DECLARE
	bad jsonb := '[]';
	f core.admin_field;
	v jsonb;
	tag text;
	why text;
BEGIN
	FOR f IN SELECT * FROM core.admin_fields(p_what, p_vals) LOOP
		CONTINUE WHEN f.fixed AND NOT p_fresh;
		v := p_vals -> f.code;
		IF v IS NULL THEN
			IF f.required THEN
				bad := bad || core.bad(f.code || CASE f.type WHEN 'pair' THEN '-zh' ELSE '' END, 'missing');
			END IF;
		ELSIF f.type = 'pair' THEN
			FOR tag IN SELECT unnest('{zh-CN,en}'::text[]) LOOP
				why := CASE WHEN v ? tag THEN core.admin_wrong(f, v ->> tag, p_vals) ELSE 'missing' END;
				bad := bad || CASE WHEN why IS NULL THEN '[]' ELSE core.bad(f.code || '-' || left(tag, 2), why) END;
			END LOOP;
		ELSIF f.type = 'multi' THEN
			why := (SELECT core.admin_wrong(f, e, p_vals) AS w FROM jsonb_array_elements_text(v) e
				ORDER BY w NULLS LAST LIMIT 1);
			bad := bad || CASE WHEN why IS NULL THEN '[]' ELSE core.bad(f.code, why) END;
		ELSE
			why := core.admin_wrong(f, v #>> '{}', p_vals);
			bad := bad || CASE WHEN why IS NULL THEN '[]' ELSE core.bad(f.code, why) END;
		END IF;
	END LOOP;
	RETURN bad;
END
$$;

-- A value as people read it: a text, or one per language.
CREATE OR REPLACE FUNCTION core.admin_show(f core.admin_field, p_v jsonb, p_vals jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
DECLARE
	said jsonb;
BEGIN
	IF p_v IS NULL THEN
		RETURN NULL;
	END IF;
	IF f.type IN ('choice', 'multi') THEN
		SELECT jsonb_build_object('zh-CN', string_agg(coalesce(o.label ->> 'zh-CN', o.label #>> '{}', e.x), '、'
				ORDER BY e.n), 'en', string_agg(coalesce(o.label ->> 'en', o.label #>> '{}', e.x), ', ' ORDER BY e.n))
		INTO said
		FROM jsonb_array_elements_text(CASE jsonb_typeof(p_v) WHEN 'array' THEN p_v
			ELSE jsonb_build_array(p_v) END) WITH ORDINALITY AS e (x, n)
		LEFT JOIN core.admin_options(f.options, p_vals) o ON o.value = e.x;
		RETURN said;
	ELSIF f.type = 'pair' THEN
		RETURN to_jsonb(concat_ws(' / ', p_v ->> 'zh-CN', p_v ->> 'en'));
	ELSIF f.type = 'ref' THEN
		RETURN coalesce(core.admin_ref(f.options, p_v #>> '{}') -> 'name', p_v);
	END IF;
	RETURN p_v;
END
$$;

-- One input of the page.
CREATE OR REPLACE FUNCTION core.admin_input(f core.admin_field, p_id text, p_name jsonb, p_type text,
	p_value jsonb, p_more jsonb) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT jsonb_strip_nulls(jsonb_build_object('id', p_id, 'type', p_type, 'label', p_name,
		'help', f.help::jsonb, 'required', CASE WHEN f.required THEN true END, 'max', f.max,
		'value', p_value) || coalesce(p_more, '{}'))
$$;

-- The inputs of a form with these values; p_now: what is stored, where somebody else changed it.
CREATE OR REPLACE FUNCTION core.admin_inputs(p_what text, p_vals jsonb, p_now jsonb, p_locked boolean)
RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
DECLARE
	list jsonb := '[]';
	f core.admin_field;
	v jsonb;
	more jsonb;
	few boolean;
BEGIN
	FOR f IN SELECT * FROM core.admin_fields(p_what, p_vals) LOOP
		v := p_vals -> f.code;
		more := CASE WHEN p_now IS NOT NULL AND p_now -> f.code IS DISTINCT FROM v
			THEN jsonb_build_object('now', coalesce(core.admin_show(f, p_now -> f.code, p_now), '"–"')) ELSE '{}' END;
		IF p_locked AND f.fixed THEN
			CONTINUE WHEN v IS NULL;
			list := list || core.admin_input(f, f.code, f.name::jsonb, 'show', core.admin_show(f, v, p_vals), NULL);
		ELSIF f.type = 'pair' THEN
			list := list
				|| core.admin_input(f, f.code || '-zh', jsonb_build_object('zh-CN', (f.name ->> 'zh-CN') || '（中文）',
					'en', (f.name ->> 'en') || ' (Chinese)'), 'text', v -> 'zh-CN', more)
				|| (core.admin_input(f, f.code || '-en', jsonb_build_object('zh-CN', (f.name ->> 'zh-CN') || '（英文）',
					'en', (f.name ->> 'en') || ' (English)'), 'text', v -> 'en', '{}') - 'help');
		ELSE
			few := f.type = 'ref' AND f.options = 'org' AND (SELECT count(*) <= 60 FROM (SELECT FROM core.org o
				WHERE o.path @> ARRAY[core.my_org()] LIMIT 61) q);
			IF f.options = 'stocks' THEN
				more := more || '{"stocks":true}';
			ELSIF f.type IN ('choice', 'multi') OR few THEN
				more := more || jsonb_build_object('options', coalesce((SELECT jsonb_agg(jsonb_strip_nulls(
					jsonb_build_object('value', o.value, 'label', o.label, 'on', CASE WHEN v = to_jsonb(o.value)
						OR (jsonb_typeof(v) = 'array' AND v ? o.value) THEN true END)) ORDER BY o.n)
					FROM core.admin_options(f.options, p_vals) WITH ORDINALITY o (value, label, n)), '[]'));
			ELSIF f.type = 'ref' AND v IS NOT NULL THEN
				more := more || jsonb_strip_nulls(jsonb_build_object('is', core.admin_ref(f.options, v #>> '{}') -> 'name'));
			END IF;
			list := list || core.admin_input(f, f.code, f.name::jsonb, CASE WHEN few THEN 'choice' WHEN f.type = 'ref'
				THEN 'text' ELSE f.type END, v, CASE WHEN few THEN more || '{"help":null}' ELSE more END);
		END IF;
	END LOOP;
	RETURN list;
END
$$;

-- What was changed, the newest first, field by field.
CREATE OR REPLACE FUNCTION core.admin_history(p_what text, p_key text) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
BEGIN
	RETURN coalesce((SELECT jsonb_agg(jsonb_build_object('at', to_char(c.at, 'YYYY-MM-DD"T"HH24:MI:SSTZH:TZM'),
			'by', core.account_name(c.account), 'act', c.act, 'changes', coalesce((
				SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object('label', f.name::jsonb,
					'before', core.admin_show(f, c.before -> f.code, c.before),
					'after', core.admin_show(f, c.after -> f.code, c.after))) ORDER BY f.rank, f.code)
				FROM core.admin_fields(p_what, coalesce(c.after, c.before)) f
				WHERE c.before -> f.code IS DISTINCT FROM c.after -> f.code AND c.act <> 'add'), '[]'))
			ORDER BY c.id DESC)
		FROM (SELECT * FROM core.admin_change x WHERE x.section = p_what AND x.key = p_key
			ORDER BY x.id DESC LIMIT 15) c), '[]');
END
$$;

-- Which state of a row a form was made of: somebody else's change in between is seen by it.
CREATE OR REPLACE FUNCTION core.admin_rev(p_vals jsonb) RETURNS text
LANGUAGE sql IMMUTABLE AS $$ SELECT left(md5(p_vals::text), 16) $$;

-- Lists of what hangs on a row, and of the periods of a dated one.
CREATE OR REPLACE FUNCTION core.admin_rows(p_what text, p_parent text, p_q text, p_after text)
RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
DECLARE
	list jsonb;
BEGIN
	EXECUTE format('SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object(''key'', r.key, ''name'', r.name,'
		' ''note'', r.note, ''over'', nullif(r.over, false))) ORDER BY r.n)'
		' FROM core.admin_%s_list($1, $2, $3) WITH ORDINALITY AS r (key, name, note, over, n)', p_what)
	INTO list USING p_parent, p_q, p_after;
	RETURN coalesce(list, '[]');
END
$$;
