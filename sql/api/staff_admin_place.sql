-- Administration: offices, companies, places and facilities, one by one. Many at once: the import.

-- ---- offices -----------------------------------------------------------------------------------
CREATE OR REPLACE FUNCTION core.admin_office_list(p_parent text, p_q text, p_after text)
RETURNS TABLE (key text, name jsonb, note jsonb, over boolean)
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT o.code, to_jsonb(o.name), to_jsonb(concat_ws(' · ', o.code, up.name)), false
	FROM core.org o LEFT JOIN core.org up ON up.id = o.parent_id
	WHERE o.path @> ARRAY[core.my_org()] AND o.code > coalesce(p_after, '')
		AND (p_q IS NULL OR strpos(core.norm(o.name || o.code), core.norm(p_q)) > 0)
	ORDER BY o.code LIMIT 51
$$;
CREATE OR REPLACE FUNCTION core.admin_office_get(p_key text) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT jsonb_build_object('code', o.code, 'name', o.name, 'above', (SELECT u.code FROM core.org u WHERE u.id = o.parent_id),
		'phone', o.phone, 'division_code', o.division_code, 'division_year', o.division_year::text, 'org', o.code)
	FROM core.org o WHERE o.code = p_key AND core.sees_org(o.id)
$$;
CREATE OR REPLACE FUNCTION core.admin_office_put(p_key text, p_old jsonb, p_new jsonb, p_act text) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	own constant boolean := p_new ->> 'code' = (SELECT o.code FROM core.org o WHERE o.id = core.my_org());
	up core.org;
	moved boolean;
	bad jsonb := '[]';
BEGIN
	SELECT * INTO up FROM core.org o WHERE o.code = p_new ->> 'above' AND core.sees_org(o.id);
	-- the own office's is none to choose from
	moved := p_old ->> 'above' IS DISTINCT FROM p_new ->> 'above' AND NOT (own AND NOT p_new ? 'above');
	IF p_old IS NULL AND EXISTS (SELECT FROM core.org o WHERE o.code = p_new ->> 'code') THEN
		bad := bad || core.bad('code', 'taken');
	END IF;
	-- the own office hangs where those above it hung it
	IF moved AND own THEN
		bad := bad || core.bad('above', 'outside');
	ELSIF up.id IS NULL AND NOT own THEN
		bad := bad || core.bad('above', CASE WHEN p_new ? 'above' THEN 'outside' ELSE 'missing' END);
	ELSIF moved AND p_old IS NOT NULL AND EXISTS (SELECT FROM core.org o WHERE o.code = p_new ->> 'code'
		AND o.id = ANY (up.path))
	THEN
		bad := bad || core.bad('above', 'below_itself');
	END IF;
	IF p_new ? 'division_code' <> p_new ? 'division_year' THEN
		bad := bad || core.bad('division_year', 'missing');
	ELSIF (p_new ->> 'division_year')::int NOT BETWEEN 2009 AND 2200 THEN
		bad := bad || core.bad('division_year', 'bad_value');
	ELSIF EXISTS (SELECT FROM core.org o WHERE o.code <> p_new ->> 'code' AND o.division_code = p_new ->> 'division_code'
		AND o.division_year = (p_new ->> 'division_year')::int)
	THEN
		bad := bad || core.bad('division_code', 'taken');
	END IF;
	PERFORM auth.refuse(bad);
	IF p_old IS NULL THEN
		INSERT INTO core.org (parent_id, path, code, name, phone, division_code, division_year)
		VALUES (up.id, '{}', p_new ->> 'code', p_new ->> 'name', p_new ->> 'phone', p_new ->> 'division_code',
			(p_new ->> 'division_year')::smallint);
		PERFORM core.publish('orgs', array_agg(o.id::bigint)) FROM core.org o WHERE o.code = p_new ->> 'code' OR o.id = up.id;
	ELSE
		UPDATE core.org SET name = p_new ->> 'name', phone = p_new ->> 'phone', division_code = p_new ->> 'division_code',
			division_year = (p_new ->> 'division_year')::smallint WHERE code = p_new ->> 'code';
		IF moved THEN
			UPDATE core.org SET parent_id = up.id WHERE code = p_new ->> 'code';
			PERFORM core.publish('orgs', array_agg(o.id::bigint)) FROM core.org o
			WHERE o.code IN (p_old ->> 'above', p_new ->> 'above');
		END IF;
		PERFORM core.admin_rebuild(p_new ->> 'code');
	END IF;
	RETURN p_new ->> 'code';
END
$$;

-- ---- companies -----------------------------------------------------------------------------------
CREATE OR REPLACE FUNCTION core.admin_party_list(p_parent text, p_q text, p_after text)
RETURNS TABLE (key text, name jsonb, note jsonb, over boolean)
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT p.id::text, to_jsonb(p.name), to_jsonb(concat_ws(' · ', p.credit_code, p.phone)), false FROM core.party p
	WHERE p.id > CASE WHEN p_after ~ '^[0-9]{1,9}$' THEN p_after::int ELSE 0 END AND (p_q IS NULL OR strpos(core.norm(p.name), core.norm(p_q)) > 0
		OR p.credit_code = upper(p_q)) ORDER BY p.id LIMIT 51
$$;
CREATE OR REPLACE FUNCTION core.admin_party_get(p_key text) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT jsonb_build_object('name', p.name, 'credit_code', p.credit_code, 'phone', p.phone, 'spelled',
		(SELECT string_agg(DISTINCT x, E'\n') FROM core.party_alias a CROSS JOIN LATERAL unnest(a.spelled) x
			WHERE a.party_id = p.id AND a.source = 'staff' AND core.norm(x) <> core.norm(p.name)))
	FROM core.party p WHERE p.id = CASE WHEN p_key ~ '^[0-9]{1,9}$' THEN p_key::int END
$$;
CREATE OR REPLACE FUNCTION core.admin_party_put(p_key text, p_old jsonb, p_new jsonb, p_act text) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	credit constant text := upper(p_new ->> 'credit_code');
	who int := CASE WHEN p_old IS NOT NULL THEN p_key::int END;
	x text;
	bad jsonb := '[]';
BEGIN
	IF NOT core.credit_code_ok(credit) THEN
		bad := bad || core.bad('credit_code', 'bad_value');
	ELSIF EXISTS (SELECT FROM core.party p WHERE p.credit_code = credit AND p.id IS DISTINCT FROM who) THEN
		bad := bad || core.bad('credit_code', 'duplicate');
	END IF;
	-- a spelling means one company
	IF EXISTS (SELECT FROM regexp_split_to_table(p_new ->> 'spelled', E'\r?\n') s JOIN core.party_alias a
		ON a.source = 'staff' AND a.norm = core.norm(s) WHERE a.party_id IS DISTINCT FROM who)
	THEN
		bad := bad || core.bad('spelled', 'taken');
	END IF;
	PERFORM auth.refuse(bad);
	IF who IS NULL THEN
		INSERT INTO core.party (name, credit_code, phone) VALUES (p_new ->> 'name', credit, p_new ->> 'phone')
		RETURNING id INTO who;
	ELSE
		UPDATE core.party SET name = p_new ->> 'name', credit_code = credit, phone = p_new ->> 'phone' WHERE id = who;
		DELETE FROM core.party_alias a WHERE a.source = 'staff' AND a.party_id = who;
	END IF;
	FOR x IN SELECT p_new ->> 'name' UNION SELECT core.some(s)
		FROM regexp_split_to_table(p_new ->> 'spelled', E'\r?\n') s
	LOOP
		INSERT INTO core.party_alias AS a (source, norm, party_id, spelled)
		SELECT 'staff', coalesce(nullif(core.norm(x), ''), x), who, ARRAY[x] WHERE x IS NOT NULL
		ON CONFLICT (source, norm) DO UPDATE SET spelled = a.spelled || excluded.spelled
		WHERE a.party_id = excluded.party_id AND NOT a.spelled @> excluded.spelled;
	END LOOP;
	PERFORM core.publish('facilities', array_agg(m.facility_id)) FROM core.facility_manager m
	WHERE m.party_id = who AND m.valid_from <= core.today() AND (m.valid_to IS NULL OR m.valid_to >= core.today());
	RETURN who::text;
END
$$;

-- ---- places ------------------------------------------------------------------------------------
-- A code no place, facility or label has.
CREATE OR REPLACE FUNCTION core.code_fresh() RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	c text;
BEGIN
	LOOP
		c := core.code_random();
		EXIT WHEN NOT EXISTS (SELECT FROM core.facility f WHERE f.code = c)
			AND NOT EXISTS (SELECT FROM core.place p WHERE p.code = c)
			AND NOT EXISTS (SELECT FROM core.label l WHERE l.code = c);
	END LOOP;
	RETURN c;
END
$$;

CREATE OR REPLACE FUNCTION core.admin_place_list(p_parent text, p_q text, p_after text)
RETURNS TABLE (key text, name jsonb, note jsonb, over boolean)
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT p.code::text, to_jsonb(p.name), to_jsonb(concat_ws(' · ', o.name, p.address)), false
	FROM core.place p JOIN core.org o ON o.id = p.org_id
	WHERE o.path @> ARRAY[core.my_org()] AND p.id > coalesce((SELECT x.id FROM core.place x WHERE x.code = p_after), 0)
		AND (p_q IS NULL OR p.code = upper(replace(p_q, ' ', '')) OR strpos(core.norm(p.name || coalesce(p.address, '')), core.norm(p_q)) > 0)
	ORDER BY p.id LIMIT 51
$$;
CREATE OR REPLACE FUNCTION core.admin_place_get(p_key text) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT jsonb_build_object('name', p.name, 'address', p.address, 'org', o.code) FROM core.place p
	JOIN core.org o ON o.id = p.org_id WHERE p.code = p_key AND core.sees_org(o.id)
$$;
CREATE OR REPLACE FUNCTION core.admin_place_put(p_key text, p_old jsonb, p_new jsonb, p_act text) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	office constant int := (SELECT o.id FROM core.org o WHERE o.code = p_new ->> 'org' AND core.sees_org(o.id));
	p core.place;
BEGIN
	IF office IS NULL THEN
		PERFORM auth.refuse(core.bad('org', 'outside'));
	END IF;
	IF p_old IS NULL THEN
		INSERT INTO core.place (code, org_id, name, address)
		VALUES (core.code_fresh(), office, p_new ->> 'name', p_new ->> 'address') RETURNING * INTO p;
	ELSE
		UPDATE core.place SET org_id = office, name = p_new ->> 'name', address = p_new ->> 'address'
		WHERE code = p_key RETURNING * INTO p;
		PERFORM core.publish('facilities', array_agg(f.id)) FROM core.facility f WHERE f.place_id = p.id;
		PERFORM core.publish_labels(array_agg(l.code::text)) FROM core.label l
		LEFT JOIN core.facility f ON f.id = l.facility_id WHERE coalesce(f.place_id, l.place_id) = p.id;
	END IF;
	PERFORM core.publish('places', ARRAY[p.id]);
	RETURN p.code;
END
$$;

-- ---- facilities ----------------------------------------------------------------------------------
CREATE OR REPLACE FUNCTION core.admin_facility_list(p_parent text, p_q text, p_after text)
RETURNS TABLE (key text, name jsonb, note jsonb, over boolean)
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT f.code::text, CASE WHEN f.name IS NOT NULL THEN to_jsonb(f.name) ELSE (k.data -> 'name')::jsonb END,
		to_jsonb(concat_ws(' · ', p.name, f.building, f.code)), false
	FROM core.facility f JOIN core.place p ON p.id = f.place_id JOIN core.org o ON o.id = p.org_id
	JOIN core.kind k ON k.id = f.kind_id
	WHERE o.path @> ARRAY[core.my_org()] AND f.id > coalesce((SELECT x.id FROM core.facility x WHERE x.code = p_after), 0)
		AND (p_q IS NULL OR f.code = upper(replace(p_q, ' ', ''))
			OR strpos(core.norm(concat_ws(' ', p.name, f.building, f.name, p.address)), core.norm(p_q)) > 0)
	ORDER BY f.id LIMIT 51
$$;
-- Its state and its manager are those of today.
CREATE OR REPLACE FUNCTION core.admin_facility_get(p_key text) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT jsonb_build_object('kind', k.code, 'place', p.code, 'name', f.name, 'building', f.building, 'serves', f.serves,
			'since', f.since, 'lon', trim_scale(f.lon)::text, 'lat', trim_scale(f.lat)::text, 'org', o.code, 'status', coalesce(st.status, 'in_service'),
			'status_reason', st.reason, 'manager', m.who)
		|| coalesce((SELECT jsonb_object_agg('param-' || e.key, e.value) FROM jsonb_each_text(f.params) e
			WHERE k.data -> 'params' -> e.key IS NOT NULL), '{}')
	FROM core.facility f JOIN core.kind k ON k.id = f.kind_id JOIN core.place p ON p.id = f.place_id
	JOIN core.org o ON o.id = p.org_id
	LEFT JOIN LATERAL (SELECT x.status, x.reason FROM core.facility_status x WHERE x.facility_id = f.id
		AND x.since <= core.today() ORDER BY x.since DESC, x.n DESC LIMIT 1) st ON true
	LEFT JOIN LATERAL (SELECT CASE WHEN x.party_id IS NULL THEN 'none' ELSE (SELECT coalesce(y.credit_code, y.id::text)
		FROM core.party y WHERE y.id = x.party_id) END AS who FROM core.facility_manager x WHERE x.facility_id = f.id
		AND x.valid_from <= core.today() AND (x.valid_to IS NULL OR x.valid_to >= core.today()) LIMIT 1) m ON true
	WHERE f.code = p_key AND core.sees_org(o.id)
$$;

-- The parameters as the kind has them; those it does not ask for stay.
CREATE OR REPLACE FUNCTION core.admin_facility_params(p_params jsonb, p_new jsonb) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT jsonb_strip_nulls(p_params || coalesce(jsonb_object_agg(e.key, core.field_value(e.value ->> 'type',
		p_new ->> ('param-' || e.key))), '{}'))
	FROM core.kind k CROSS JOIN LATERAL json_each(k.data -> 'params') e WHERE k.code = p_new ->> 'kind'
$$;

CREATE OR REPLACE FUNCTION core.admin_facility_put(p_key text, p_old jsonb, p_new jsonb, p_act text) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	place constant jsonb := core.admin_ref('place', p_new ->> 'place');
	f core.facility;
	was bigint;
	bad jsonb := '[]';
BEGIN
	IF place IS NULL THEN
		bad := bad || core.bad('place', 'outside');
	END IF;
	IF (p_new ->> 'since')::date > core.today() THEN
		bad := bad || core.bad('since', 'in_future');
	END IF;
	IF p_new ? 'lon' <> p_new ? 'lat' THEN
		bad := bad || core.bad(CASE WHEN p_new ? 'lon' THEN 'lat' ELSE 'lon' END, 'missing');
	ELSIF abs((p_new ->> 'lon')::numeric) > 180 OR abs((p_new ->> 'lat')::numeric) > 90 THEN
		bad := bad || core.bad('lon', 'bad_value');
	END IF;
	IF p_new ->> 'status' <> 'in_service' AND NOT p_new ? 'status_reason' THEN
		bad := bad || core.bad('status_reason', 'missing');
	END IF;
	PERFORM auth.refuse(bad);
	IF p_old IS NULL THEN
		INSERT INTO core.facility (code, kind_id, place_id, name, building, serves, params, since, lon, lat)
		SELECT core.code_fresh(), k.id, (place ->> 'id')::bigint, p_new ->> 'name', p_new ->> 'building', p_new ->> 'serves',
			core.admin_facility_params('{}', p_new), coalesce((p_new ->> 'since')::date, core.today()),
			(p_new ->> 'lon')::numeric, (p_new ->> 'lat')::numeric
		FROM core.kind k WHERE k.code = p_new ->> 'kind' RETURNING * INTO f;
	ELSE
		SELECT x.place_id INTO was FROM core.facility x WHERE x.code = p_key;
		UPDATE core.facility x SET place_id = (place ->> 'id')::bigint, name = p_new ->> 'name', building = p_new ->> 'building',
			serves = p_new ->> 'serves', params = core.admin_facility_params(x.params, p_new),
			since = coalesce((p_new ->> 'since')::date, x.since), lon = (p_new ->> 'lon')::numeric, lat = (p_new ->> 'lat')::numeric
		WHERE x.code = p_key RETURNING * INTO f;
	END IF;
	PERFORM core.admin_facility_dated(f, p_old, p_new);
	PERFORM core.publish('facilities', ARRAY[f.id]);
	PERFORM core.publish('places', ARRAY[f.place_id, coalesce(was, f.place_id)]);
	PERFORM core.publish_labels(array_agg(l.code::text)) FROM core.label l WHERE l.facility_id = f.id;
	RETURN f.code;
END
$$;

-- A state from today on, a manager from today on: rows are added, the manager before ends yesterday.
CREATE OR REPLACE FUNCTION core.admin_facility_dated(f core.facility, p_old jsonb, p_new jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	day constant date := core.today();
	begun constant date := CASE WHEN p_old IS NULL THEN least(f.since, day) ELSE day END;
BEGIN
	IF p_old IS NULL OR (p_old ->> 'status', p_old ->> 'status_reason')
		IS DISTINCT FROM (coalesce(p_new ->> 'status', 'in_service'), p_new ->> 'status_reason')
	THEN
		INSERT INTO core.facility_status (facility_id, since, n, status, reason)
		SELECT f.id, begun, coalesce(max(x.n), 0) + 1, coalesce(p_new ->> 'status', 'in_service'), p_new ->> 'status_reason'
		FROM core.facility_status x WHERE x.facility_id = f.id AND x.since = begun;
	END IF;
	IF p_old ->> 'manager' IS DISTINCT FROM p_new ->> 'manager' THEN
		-- one that began today never was, nor one that is still to come
		DELETE FROM core.facility_manager m WHERE m.facility_id = f.id AND m.valid_from >= begun;
		UPDATE core.facility_manager m SET valid_to = begun - 1
		WHERE m.facility_id = f.id AND m.valid_from < begun AND (m.valid_to IS NULL OR m.valid_to >= begun);
		INSERT INTO core.facility_manager (facility_id, party_id, valid_from)
		SELECT f.id, CASE WHEN p_new ->> 'manager' <> 'none' THEN core.party_named(p_new ->> 'manager') END, begun
		WHERE p_new ? 'manager';
	END IF;
END
$$;
