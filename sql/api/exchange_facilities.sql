-- What the lines of a file of facilities, or of who manages them, would do. Who brings a column says
-- all of it: an empty cell empties the field, but for manager, status and since, which an empty cell
-- leaves as they are; a column that is not there is left alone.

-- The firms of that name; case, width, spaces and punctuation do not count.
CREATE OR REPLACE FUNCTION core.import_firms(p_names text[]) RETURNS TABLE (norm text, ids int[])
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT q.norm, array_agg(q.id) FROM (SELECT core.norm(p.name) AS norm, p.id FROM core.party p) q
	WHERE q.norm = ANY (p_names) GROUP BY q.norm
$$;

-- Lines as read, with what they name: pg_temp.work_found.
CREATE OR REPLACE FUNCTION core.import_find_facilities(f core.import_file, p_source text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	day constant date := core.today();
BEGIN
	DROP TABLE IF EXISTS pg_temp.work_found;
	CREATE TEMPORARY TABLE work_found ON COMMIT DROP AS
	WITH kinds AS MATERIALIZED (
		SELECT * FROM core.import_kinds()
	), said AS (
		SELECT l.line, l.bad, l.cells AS c,
			upper(regexp_replace(core.some(l.cells ->> 'code'), '[\s-]', '', 'g')) AS code,
			core.some(l.cells ->> 'kind') AS kind, k.id AS kind_said,
			lower(core.some(l.cells ->> 'org')) AS org,
			upper(regexp_replace(core.some(l.cells ->> 'place_code'), '[\s-]', '', 'g')) AS place_code,
			core.some(l.cells ->> 'place') AS place, core.some(l.cells ->> 'address') AS address,
			core.some(l.cells ->> 'manager') AS manager, upper(core.some(l.cells ->> 'credit_code')) AS credit,
			nullif(regexp_replace(l.cells ->> 'manager_phone', '\s', '', 'g'), '') AS phone
		FROM core.import_line l
		LEFT JOIN kinds k ON k.norm = core.norm(core.some(l.cells ->> 'kind'))
		WHERE l.file_id = f.id
	), keyed AS (
		-- a line without code and number of its own is known again by what it says
		SELECT s.*, coalesce(core.some(s.c ->> 'key'), CASE WHEN s.code IS NULL AND f.what = 'facilities'
			THEN '=' || concat_ws('|', s.kind_said, s.org, coalesce(s.place_code, core.norm(s.place)),
				core.norm(s.address), core.norm(core.some(s.c ->> 'building')),
				core.norm(core.some(s.c ->> 'name'))) END) AS key
		FROM said s
	)
	SELECT s.*, t.id, t.kind_id, t.place_id, t.name, t.building, t.serves, t.params, t.since, t.lon, t.lat,
		k.code AS kind_code, k.data AS kind_data, p.org_id, o.code AS org_code, o.path, p.name AS place_name,
		p.address AS place_address, n.id AS said_org, n.path AS said_path, pl.id AS said_place, pl.org_id AS said_place_org,
		st.status, st.since AS status_since, st.reason AS status_reason,
		m.known AS managed, m.party_id, m.name AS party_name, m.phone AS party_phone,
		cr.id AS credit_party, cr.phone AS credit_phone, fi.ids AS firms
	FROM keyed s
	LEFT JOIN core.import_source i ON s.code IS NULL AND i.source = p_source AND i.kind = 'facility' AND i.key = s.key
	LEFT JOIN core.facility c ON c.code = s.code
	LEFT JOIN core.facility t ON t.id = coalesce(c.id, i.facility_id)
	LEFT JOIN core.kind k ON k.id = coalesce(t.kind_id, s.kind_said)
	LEFT JOIN core.place p ON p.id = t.place_id
	LEFT JOIN core.org o ON o.id = p.org_id
	LEFT JOIN core.org n ON n.code = s.org
	LEFT JOIN core.place pl ON pl.code = s.place_code
	LEFT JOIN LATERAL (SELECT h.status, h.since, h.reason FROM core.facility_status h
		WHERE h.facility_id = t.id AND h.since <= day ORDER BY h.since DESC, h.n DESC LIMIT 1) st ON true
	LEFT JOIN LATERAL (SELECT true AS known, g.party_id, q.name, q.phone FROM core.facility_manager g
		LEFT JOIN core.party q ON q.id = g.party_id
		WHERE g.facility_id = t.id AND day >= g.valid_from AND (g.valid_to IS NULL OR day <= g.valid_to)) m ON true
	LEFT JOIN core.party cr ON cr.credit_code = s.credit
	LEFT JOIN core.import_firms((SELECT array_agg(DISTINCT core.norm(x.manager)) FROM said x
		WHERE x.manager IS NOT NULL)) fi ON fi.norm = core.norm(s.manager);
	ANALYZE pg_temp.work_found;
END
$$;

-- Parameters of a line: what its kind knows, merged; bad: the first that does not fit.
CREATE OR REPLACE FUNCTION core.import_params(p_cells jsonb, p_kind json, p_old jsonb, OUT params jsonb, OUT bad text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
BEGIN
	SELECT coalesce(p_old, '{}') - coalesce(array_agg(q.name) FILTER (WHERE q.said = '' AND q.def IS NOT NULL), '{}')
			|| coalesce(jsonb_object_agg(q.name, q.val) FILTER (WHERE q.val IS NOT NULL), '{}'),
		min(q.name || ' ' || q.said) FILTER (WHERE q.said <> '' AND q.val IS NULL)
	INTO params, bad
	FROM (SELECT substr(e.key, 7) AS name, e.value AS said, d.def, CASE WHEN e.value <> '' AND d.def IS NOT NULL
			THEN core.import_typed(d.def ->> 'type', e.value) END AS val
		FROM jsonb_each_text(p_cells) e
		CROSS JOIN LATERAL (SELECT p_kind -> 'params' -> substr(e.key, 7) AS def) d
		WHERE e.key LIKE 'param:%') q;
END
$$;

CREATE OR REPLACE FUNCTION core.import_judge_facilities(f core.import_file) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	src constant text := core.import_source_name(f.office_id);
	day constant date := core.today();
BEGIN
	PERFORM core.import_find_facilities(f, src);
	DROP TABLE IF EXISTS pg_temp.work_facility;
	CREATE TEMPORARY TABLE work_facility ON COMMIT DROP AS
	WITH meant AS (
		-- what each line says the facility is from now on
		SELECT w.*, coalesce(w.kind_said, w.kind_id) AS n_kind, w.said_place IS NOT NULL AS by_code,
			coalesce(w.said_place_org, w.said_org, w.org_id, f.office_id) AS n_org,
			coalesce(w.place, w.place_name) AS n_place,
			CASE WHEN w.c ? 'address' THEN w.address ELSE w.place_address END AS n_address,
			CASE WHEN w.c ? 'name' THEN core.some(w.c ->> 'name') ELSE w.name END AS n_name,
			CASE WHEN w.c ? 'building' THEN core.some(w.c ->> 'building') ELSE w.building END AS n_building,
			CASE WHEN w.c ? 'serves' THEN core.some(w.c ->> 'serves') ELSE w.serves END AS n_serves,
			coalesce(core.import_day(core.some(w.c ->> 'since')), w.since) AS n_since,
			core.import_number(core.some(w.c ->> 'lon')) AS lon_said, core.import_number(core.some(w.c ->> 'lat')) AS lat_said,
			coalesce((SELECT x.value FROM core.import_word x WHERE x.field = 'status'
				AND x.said = lower(core.some(w.c ->> 'status'))), CASE WHEN core.some(w.c ->> 'status') IS NULL
				THEN coalesce(w.status, 'in_service') END) AS n_status,
			core.import_day(core.some(w.c ->> 'status_since')) AS since_said,
			CASE WHEN w.c ? 'status_reason' THEN core.some(w.c ->> 'status_reason') ELSE w.status_reason END AS n_reason,
			core.import_day(core.some(w.c ->> 'manager_from')) AS from_said,
			EXISTS (SELECT FROM core.import_word x WHERE x.field = 'manager' AND x.said = lower(w.manager)) AS nobody,
			coalesce(w.credit_party, CASE WHEN cardinality(w.firms) = 1 AND w.credit IS NULL THEN w.firms[1] END) AS n_party,
			pa.params AS n_params, pa.bad AS param_bad
		FROM pg_temp.work_found w
		CROSS JOIN LATERAL core.import_params(w.c, w.kind_data, w.params) pa
	), placed AS (
		SELECT m.*, CASE WHEN m.c ?| '{lon,lat}' THEN m.lon_said ELSE m.lon END AS n_lon,
			CASE WHEN m.c ?| '{lon,lat}' THEN m.lat_said ELSE m.lat END AS n_lat,
			(SELECT q.path FROM core.org q WHERE q.id = m.n_org) AS n_path,
			m.n_org || '|' || core.norm(coalesce(m.n_place, '')) || '|' || core.norm(coalesce(m.n_address, '')) AS pkey,
			m.org_id || '|' || core.norm(m.place_name) || '|' || core.norm(coalesce(m.place_address, '')) AS old_pkey,
			(SELECT q.phone FROM core.party q WHERE q.id = m.n_party) AS n_phone,
			m.manager IS NOT NULL AND NOT m.nobody AS names_firm
		FROM meant m
	), checked AS (
		SELECT p.*, CASE
			WHEN p.bad IS NOT NULL THEN ARRAY[p.bad, NULL]
			WHEN p.code IS NOT NULL AND NOT core.code_ok(p.code) THEN ARRAY['bad_code', p.code]
			WHEN p.code IS NOT NULL AND p.id IS NULL THEN ARRAY['unknown_code', p.code]
			WHEN p.id IS NULL AND f.what = 'managers' THEN ARRAY[CASE WHEN p.key IS NULL THEN 'no_key'
				ELSE 'unknown_facility' END, p.key]
			WHEN p.id IS NOT NULL AND NOT p.path @> ARRAY[f.office_id] THEN ARRAY['outside', p.code]
			WHEN p.kind IS NOT NULL AND p.kind_said IS NULL THEN ARRAY['unknown_kind', p.kind]
			WHEN p.n_kind IS NULL THEN ARRAY['no_kind', NULL]
			WHEN p.id IS NOT NULL AND p.n_kind <> p.kind_id THEN ARRAY['kind_fixed', p.kind]
			WHEN p.org IS NOT NULL AND p.said_org IS NULL THEN ARRAY['unknown_org', p.org]
			WHEN p.org IS NOT NULL AND NOT p.said_path @> ARRAY[f.office_id] THEN ARRAY['org_outside', p.org]
			WHEN p.place_code IS NOT NULL AND p.said_place IS NULL THEN ARRAY['unknown_place', p.place_code]
			WHEN NOT p.n_path @> ARRAY[f.office_id] THEN ARRAY['org_outside', p.place_code]
			WHEN p.n_place IS NULL AND p.said_place IS NULL THEN ARRAY['no_place', NULL]
			WHEN greatest(length(p.n_place), length(p.n_address), length(p.n_name), length(p.n_building),
				length(p.n_serves), length(p.manager), length(p.n_reason)) > 200
				OR length(p.key) > 600 OR length(p.phone) > 40 THEN ARRAY['too_long', NULL]
			WHEN core.some(p.c ->> 'since') IS NOT NULL AND core.import_day(core.some(p.c ->> 'since')) IS NULL
				THEN ARRAY['bad_date', p.c ->> 'since']
			WHEN p.n_since > day THEN ARRAY['date_in_future', p.c ->> 'since']
			WHEN p.n_since < '1950-01-01' THEN ARRAY['date_too_old', p.c ->> 'since']
			WHEN p.n_status IS NULL THEN ARRAY['bad_status', p.c ->> 'status']
			WHEN core.some(p.c ->> 'status_since') IS NOT NULL AND p.since_said IS NULL
				THEN ARRAY['bad_date', p.c ->> 'status_since']
			WHEN p.since_said < '1950-01-01' THEN ARRAY['date_too_old', p.c ->> 'status_since']
			WHEN core.some(p.c ->> 'lon') IS NOT NULL AND p.lon_said IS NULL
				OR core.some(p.c ->> 'lat') IS NOT NULL AND p.lat_said IS NULL
				OR (p.n_lon IS NULL) <> (p.n_lat IS NULL) OR abs(p.n_lon) > 180 OR abs(p.n_lat) > 90
				THEN ARRAY['bad_coordinates', concat_ws(' ', p.c ->> 'lon', p.c ->> 'lat')]
			WHEN p.param_bad IS NOT NULL THEN ARRAY['bad_param', p.param_bad]
			WHEN p.credit IS NOT NULL AND NOT core.credit_code_ok(p.credit) THEN ARRAY['bad_credit_code', p.credit]
			WHEN p.manager IS NULL AND (p.credit IS NOT NULL AND p.credit_party IS NULL) THEN ARRAY['no_manager', p.credit]
			WHEN p.names_firm AND p.credit_party IS NOT NULL AND core.norm(p.manager) <> core.norm((SELECT q.name
				FROM core.party q WHERE q.id = p.credit_party)) THEN ARRAY['manager_differs', p.manager]
			WHEN p.names_firm AND p.credit IS NULL AND cardinality(p.firms) > 1 THEN ARRAY['manager_unclear', p.manager]
			WHEN core.some(p.c ->> 'manager_from') IS NOT NULL AND p.from_said IS NULL
				THEN ARRAY['bad_date', p.c ->> 'manager_from']
			WHEN p.phone IS NOT NULL AND p.n_phone IS DISTINCT FROM p.phone AND (p.n_phone IS NOT NULL
				OR NOT p.names_firm) THEN ARRAY['phone_differs', p.phone]
			WHEN f.what = 'managers' AND p.manager IS NULL AND p.credit_party IS NULL THEN ARRAY['no_manager', NULL]
			END AS wrong
		FROM placed p
	), counted AS (
		SELECT c.*, row_number() OVER w AS nth, first_value(c.line) OVER w AS first_line FROM checked c
		WINDOW w AS (PARTITION BY coalesce(c.id::text, 'k' || c.key, 'l' || c.line) ORDER BY c.wrong IS NOT NULL, c.line)
	), spots AS MATERIALIZED (
		SELECT q.org_id || '|' || core.norm(q.name) || '|' || core.norm(coalesce(q.address, '')) AS pkey, min(q.id) AS id
		FROM core.place q JOIN core.org o ON o.id = q.org_id
		WHERE o.path @> ARRAY[f.office_id] AND f.what = 'facilities' GROUP BY 1
	), weighed AS (
		SELECT c.*, coalesce(c.said_place, CASE WHEN c.pkey = c.old_pkey THEN c.place_id ELSE sp.id END) AS n_place_id,
			coalesce(c.wrong, CASE WHEN c.nth > 1 THEN ARRAY['duplicate', c.first_line::text] END) AS refused,
			-- NULL: it stays as it is
			CASE WHEN c.nobody THEN NOT (c.managed IS TRUE AND c.party_id IS NULL)
				WHEN c.names_firm OR c.credit_party IS NOT NULL THEN c.n_party IS NULL OR c.managed IS NOT TRUE
					OR c.party_id IS DISTINCT FROM c.n_party
				ELSE false END AS new_manager,
			(c.n_status, c.n_reason) IS DISTINCT FROM (c.status, c.status_reason)
				OR c.since_said <> c.status_since AS new_status
		FROM counted c LEFT JOIN spots sp ON sp.pkey = c.pkey
	)
	SELECT w.*, NULL::bigint AS new_id, NULL::text AS new_code,
		(SELECT jsonb_object_agg(v.field, jsonb_build_array(v.old, v.new)) FROM (SELECT 'param:' || k,
				w.params ->> k, w.n_params ->> k FROM jsonb_object_keys(coalesce(w.params, '{}') || w.n_params) k
			UNION ALL VALUES
			('kind', CASE WHEN w.id IS NOT NULL THEN w.kind_code END, w.kind_code),
			('org', w.org_code, (SELECT o.code FROM core.org o WHERE o.id = w.n_org)),
			('place', w.place_name, coalesce((SELECT q.name FROM core.place q WHERE q.id = w.n_place_id), w.n_place)),
			('address', w.place_address, CASE WHEN w.n_place_id IS NULL THEN w.n_address
				ELSE (SELECT q.address FROM core.place q WHERE q.id = w.n_place_id) END),
			('building', w.building, w.n_building), ('name', w.name, w.n_name), ('serves', w.serves, w.n_serves),
			('since', w.since::text, coalesce(w.n_since, CASE WHEN w.id IS NULL THEN day END)::text),
			('status', w.status, w.n_status), ('status_reason', w.status_reason, w.n_reason),
			('status_since', w.status_since::text, CASE WHEN w.new_status
				THEN coalesce(w.since_said, CASE WHEN w.id IS NULL THEN w.n_since END, day) ELSE w.status_since END::text),
			('lon', w.lon::text, round(w.n_lon, 6)::text), ('lat', w.lat::text, round(w.n_lat, 6)::text),
			('manager', CASE WHEN w.managed THEN coalesce(w.party_name, '-') END, CASE WHEN NOT w.new_manager THEN
				CASE WHEN w.managed THEN coalesce(w.party_name, '-') END WHEN w.nobody THEN '-'
				ELSE coalesce((SELECT q.name FROM core.party q WHERE q.id = w.n_party), w.manager) END),
			('manager_from', NULL, CASE WHEN w.new_manager THEN coalesce(w.from_said,
				CASE WHEN w.id IS NULL THEN w.n_since END, day)::text END),
			('manager_phone', CASE WHEN w.names_firm THEN w.n_phone END, CASE WHEN w.names_firm THEN coalesce(w.phone, w.n_phone) END)
			) AS v (field, old, new)
			WHERE v.old IS DISTINCT FROM v.new AND (f.what = 'facilities' OR v.field LIKE 'manager%')) AS change
	FROM weighed w;
	ANALYZE pg_temp.work_facility;
	INSERT INTO pg_temp.work_line (line, fate, reason, detail, target, change)
	SELECT w.line, CASE WHEN w.refused IS NOT NULL THEN 'refused' WHEN w.id IS NULL THEN 'created'
			WHEN w.change IS NULL THEN 'unchanged' ELSE 'changed' END,
		w.refused[1], w.refused[2], CASE WHEN w.refused IS NULL THEN t.code::text END,
		CASE WHEN w.refused IS NULL THEN w.change END
	FROM pg_temp.work_facility w LEFT JOIN core.facility t ON t.id = w.id;
END
$$;
