-- Doing what a file was shown to do, in one transaction: rows, documents, audit.

-- The source under which things an office brought are known again.
CREATE OR REPLACE FUNCTION core.import_source_name(p_office int) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS
$$ SELECT 'office ' || o.code FROM core.org o WHERE o.id = p_office $$;

-- How far it is, seen while the transaction is still open; in per cent.
CREATE OR REPLACE FUNCTION core.import_at(p_file bigint, p_share numeric) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, core AS
$$ SELECT setval('core.import_progress', p_file * 1000 + least(greatest((p_share * 1000)::int, 0), 999)) $$;
CREATE OR REPLACE FUNCTION core.import_share(p_file bigint) RETURNS int
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, core AS
$$ SELECT CASE WHEN s.last_value / 1000 = p_file THEN (s.last_value % 1000 / 10)::int END
	FROM core.import_progress s WHERE core.my_account() IS NOT NULL $$;

-- What a facility is, for comparing and putting back.
CREATE OR REPLACE FUNCTION core.import_snap(p_id bigint) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT jsonb_build_object('kind', f.kind_id, 'place', f.place_id, 'name', f.name, 'building', f.building,
		'serves', f.serves, 'params', f.params, 'since', f.since, 'lon', f.lon, 'lat', f.lat,
		'status', (SELECT jsonb_build_array(h.status, h.reason, h.since) FROM core.facility_status h
			WHERE h.facility_id = f.id ORDER BY h.since DESC, h.n DESC LIMIT 1),
		'managers', (SELECT jsonb_agg(jsonb_build_array(g.party_id, g.valid_from, g.valid_to) ORDER BY g.valid_from)
			FROM core.facility_manager g WHERE g.facility_id = f.id))
	FROM core.facility f WHERE f.id = p_id
$$;

-- A further line of a facility's status.
CREATE OR REPLACE FUNCTION core.status_add(p_id bigint, p_since date, p_status text, p_reason text) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, core AS $$
	INSERT INTO core.facility_status (facility_id, since, n, status, reason, recorded_at)
	SELECT p_id, p_since, 1 + coalesce((SELECT max(h.n) FROM core.facility_status h
		WHERE h.facility_id = p_id AND h.since = p_since), 0), p_status, p_reason, core.now()
$$;

-- Places and firms that are new with this file.
CREATE OR REPLACE FUNCTION core.import_make_places() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, core SET client_min_messages = warning AS $$
BEGIN
	DROP TABLE IF EXISTS pg_temp.work_place;
	CREATE TEMPORARY TABLE work_place ON COMMIT DROP AS
	SELECT DISTINCT ON (w.pkey) w.pkey, w.n_org AS org_id, w.n_place AS name, w.n_address AS address,
		NULL::bigint AS id, NULL::text AS code, true AS new
	FROM pg_temp.work_facility w WHERE w.refused IS NULL AND w.n_place_id IS NULL ORDER BY w.pkey, w.line;
	PERFORM core.import_codes('work_place', 'place');
	INSERT INTO core.place (id, code, org_id, name, address) OVERRIDING SYSTEM VALUE
	SELECT p.id, p.code, p.org_id, p.name, p.address FROM pg_temp.work_place p;
	UPDATE pg_temp.work_facility w SET n_place_id = p.id FROM pg_temp.work_place p
	WHERE w.n_place_id IS NULL AND w.pkey = p.pkey AND w.refused IS NULL;
END
$$;

CREATE OR REPLACE FUNCTION core.import_make_firms() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
BEGIN
	WITH new AS (
		SELECT DISTINCT ON (coalesce(w.credit, core.norm(w.manager))) coalesce(w.credit, core.norm(w.manager)) AS key,
			w.manager AS name, w.credit, w.phone
		FROM pg_temp.work_facility w
		WHERE w.refused IS NULL AND w.new_manager AND w.names_firm AND w.n_party IS NULL
		ORDER BY 1, w.line
	), made AS (
		INSERT INTO core.party (name, credit_code, phone) SELECT n.name, n.credit, n.phone FROM new n
		RETURNING id, name, credit_code
	)
	UPDATE pg_temp.work_facility w SET n_party = m.id FROM made m
	WHERE w.refused IS NULL AND w.new_manager AND w.names_firm AND w.n_party IS NULL
		AND CASE WHEN w.credit IS NOT NULL THEN w.credit = m.credit_code
			ELSE m.credit_code IS NULL AND core.norm(w.manager) = core.norm(m.name) END;
	UPDATE core.party p SET phone = w.phone FROM pg_temp.work_facility w
	WHERE w.refused IS NULL AND w.phone IS NOT NULL AND w.names_firm AND p.id = w.n_party AND p.phone IS NULL;
END
$$;

CREATE OR REPLACE FUNCTION core.import_apply_facilities(f core.import_file, p_batch bigint) RETURNS bigint[]
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	src constant text := core.import_source_name(f.office_id);
	day constant date := core.today();
	w record;
BEGIN
	PERFORM core.import_make_firms();
	IF f.what = 'facilities' THEN
		PERFORM core.import_make_places();
	END IF;
	DROP TABLE IF EXISTS pg_temp.work_new;
	CREATE TEMPORARY TABLE work_new ON COMMIT DROP AS SELECT x.line, NULL::bigint AS id, NULL::text AS code, true AS new
	FROM pg_temp.work_facility x WHERE x.refused IS NULL AND x.id IS NULL;
	PERFORM core.import_codes('work_new', 'facility');
	UPDATE pg_temp.work_facility x SET new_id = n.id, new_code = n.code FROM pg_temp.work_new n WHERE n.line = x.line;
	INSERT INTO core.facility (id, code, kind_id, place_id, name, building, serves, params, since, lon, lat)
	OVERRIDING SYSTEM VALUE
	SELECT x.new_id, x.new_code, x.n_kind, x.n_place_id, x.n_name, x.n_building, x.n_serves, x.n_params,
		coalesce(x.n_since, day), round(x.n_lon, 6), round(x.n_lat, 6)
	FROM pg_temp.work_facility x WHERE x.new_id IS NOT NULL;
	INSERT INTO core.facility_status (facility_id, since, n, status, reason, recorded_at)
	SELECT x.new_id, coalesce(x.since_said, x.n_since, day), 1, x.n_status, x.n_reason, core.now()
	FROM pg_temp.work_facility x WHERE x.new_id IS NOT NULL;
	INSERT INTO core.facility_manager (facility_id, party_id, valid_from)
	SELECT x.new_id, CASE WHEN NOT x.nobody THEN x.n_party END, coalesce(x.from_said, x.n_since, day)
	FROM pg_temp.work_facility x WHERE x.new_id IS NOT NULL AND x.new_manager;
	INSERT INTO core.import_source (source, kind, key, sha256, batch_id, facility_id)
	SELECT src, 'facility', x.key, sha256(convert_to(x.c::text, 'UTF8')), p_batch, x.new_id
	FROM pg_temp.work_facility x WHERE x.new_id IS NOT NULL AND x.key IS NOT NULL
	ON CONFLICT DO NOTHING;
	UPDATE core.import_line l SET before = core.import_snap(x.id) FROM pg_temp.work_facility x
	WHERE l.file_id = f.id AND l.line = x.line AND x.refused IS NULL AND x.id IS NOT NULL AND x.change IS NOT NULL;
	UPDATE core.facility t SET place_id = x.n_place_id, name = x.n_name, building = x.n_building, serves = x.n_serves,
		params = x.n_params, since = x.n_since, lon = round(x.n_lon, 6), lat = round(x.n_lat, 6)
	FROM pg_temp.work_facility x
	WHERE t.id = x.id AND f.what = 'facilities' AND x.refused IS NULL AND x.change IS NOT NULL;
	FOR w IN SELECT * FROM pg_temp.work_facility x WHERE x.refused IS NULL AND x.id IS NOT NULL
		AND x.change IS NOT NULL ORDER BY x.id
	LOOP
		IF w.new_status AND f.what = 'facilities' THEN
			PERFORM core.status_add(w.id, coalesce(w.since_said, day), w.n_status, w.n_reason);
		END IF;
		IF w.new_manager THEN
			PERFORM core.manager_set(w.id, CASE WHEN NOT w.nobody THEN w.n_party END, coalesce(w.from_said, day));
		END IF;
	END LOOP;
	UPDATE core.import_line l SET target = coalesce(x.new_code, l.target), after = core.import_snap(coalesce(x.new_id, x.id))
	FROM pg_temp.work_facility x
	WHERE l.file_id = f.id AND l.line = x.line AND x.refused IS NULL AND (x.new_id IS NOT NULL OR x.change IS NOT NULL);
	RETURN ARRAY(SELECT coalesce(x.new_id, x.id) FROM pg_temp.work_facility x
		WHERE x.refused IS NULL AND (x.new_id IS NOT NULL OR x.change IS NOT NULL) ORDER BY 1);
END
$$;

-- Documents of facilities that changed, of the places they stand and stood in, of their labels; in
-- parts, so that it can be seen how far it is.
CREATE OR REPLACE FUNCTION core.import_publish(p_file bigint, p_ids bigint[], p_places bigint[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	n constant int := coalesce(cardinality(p_ids), 0);
BEGIN
	IF n > 1000 THEN
		-- in the same transaction, or the planner takes these tables to be empty
		ANALYZE core.place, core.facility, core.facility_status, core.facility_manager, core.record, core.revision;
	END IF;
	FOR i IN 0 .. (n - 1) / 500 LOOP
		PERFORM core.import_at(p_file, 0.05 + 0.9 * i * 500 / n);
		PERFORM core.publish('facilities', p_ids[i * 500 + 1 : (i + 1) * 500]);
	END LOOP;
	PERFORM core.publish('places', array_agg(DISTINCT q.id)) FROM (
		SELECT f.place_id AS id FROM core.facility f WHERE f.id = ANY (p_ids)
		UNION SELECT unnest(p_places)) q WHERE q.id IS NOT NULL;
	PERFORM core.publish_labels(array_agg(l.code::text)) FROM core.label l WHERE l.facility_id = ANY (p_ids);
END
$$;

CREATE OR REPLACE FUNCTION core.import_batch_of(f core.import_file, p_kind text) RETURNS bigint
LANGUAGE sql SET search_path = pg_catalog, core AS $$
	INSERT INTO core.import_batch (kind, source, file, sha256, who, begun_at, rows, created, changed, unchanged,
		refused, applied)
	VALUES (p_kind, core.import_source_name(f.office_id), f.name, f.sha256, auth.login(), core.now(), f.rows,
		f.created, f.changed, f.unchanged, f.refused, true) RETURNING id
$$;

-- One line of the audit for each thing that was made or changed, and one for the whole; last of all.
CREATE OR REPLACE FUNCTION core.import_audit(f core.import_file, p_what text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	l record;
BEGIN
	FOR l IN SELECT x.line, x.target, x.fate, x.change FROM core.import_line x WHERE x.file_id = f.id
		AND x.fate IN ('created', 'changed') ORDER BY x.line
	LOOP
		PERFORM auth.audit(p_what || '.line', l.target, jsonb_build_object('import', f.id, 'line', l.line,
			'fate', l.fate, 'change', coalesce(l.change, '{}')));
	END LOOP;
	PERFORM auth.audit(p_what, f.id::text, jsonb_build_object('what', f.what, 'file', f.name, 'sha256',
		encode(f.sha256, 'hex'), 'created', f.created, 'changed', f.changed, 'unchanged', f.unchanged,
		'refused', f.refused));
END
$$;

CREATE OR REPLACE FUNCTION core.import_apply(f core.import_file) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	batch bigint;
	ids bigint[];
BEGIN
	PERFORM core.import_at(f.id, 0.01);
	IF f.what <> 'offices' THEN
		batch := core.import_batch_of(f, CASE WHEN f.what = 'records' THEN 'records' ELSE 'facilities' END);
	END IF;
	CASE f.what
	WHEN 'offices' THEN
		PERFORM core.import_apply_offices(f);
	WHEN 'records' THEN
		ids := core.import_apply_records(f, batch);
		PERFORM core.import_publish(f.id, ids, '{}');
	ELSE
		ids := core.import_apply_facilities(f, batch);
		PERFORM core.import_publish(f.id, ids, ARRAY(SELECT (l.before ->> 'place')::bigint FROM core.import_line l
			WHERE l.file_id = f.id AND l.before ? 'place'));
	END CASE;
	UPDATE core.import_file SET state = 'applied', applied_at = core.now(), batch_id = batch, moved = false,
		bytes = NULL WHERE id = f.id;
	PERFORM core.import_audit(f, 'import.apply');
END
$$;
