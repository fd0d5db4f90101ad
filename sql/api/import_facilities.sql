-- Import of facilities; the manual is in import.sql.

-- Ids and codes for new rows of pg_temp.work_place and pg_temp.work_facility: drawn again as
-- long as a code is taken or drawn twice.
CREATE OR REPLACE FUNCTION core.import_codes(p_work text, p_table text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	n bigint;
BEGIN
	EXECUTE format('UPDATE pg_temp.%I SET id = nextval(%L), code = coalesce(code, core.code_random())'
		' WHERE id IS NULL', p_work, pg_get_serial_sequence('core.' || p_table, 'id'));
	EXECUTE format('ANALYZE pg_temp.%I', p_work);
	LOOP
		EXECUTE format('UPDATE pg_temp.%1$I w SET code = core.code_random() WHERE w.new AND w.code IN'
			' (SELECT t.code FROM core.%2$I t JOIN pg_temp.%1$I o ON o.new AND o.code = t.code'
			' UNION ALL SELECT o.code FROM pg_temp.%1$I o WHERE o.new GROUP BY o.code HAVING count(*) > 1)',
			p_work, p_table);
		GET DIAGNOSTICS n = ROW_COUNT;
		EXIT WHEN n = 0;
	END LOOP;
END
$$;

CREATE OR REPLACE FUNCTION api.import_facilities(p_batch bigint, p_on_change text,
	p_skip_bad boolean) RETURNS TABLE (line bigint, reason text, detail text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core
SET client_min_messages = warning SET work_mem = '64MB' AS $$
#variable_conflict use_column
DECLARE
	src constant text := core.import_source_of(p_batch, 'facilities');
	day constant date := core.today();
	bads bigint;
	total bigint;
	apply boolean;
	touched bigint[];
BEGIN
	IF p_on_change NOT IN ('refuse', 'revise', 'keep') THEN
		RAISE EXCEPTION 'on change: refuse, revise or keep, not %', p_on_change
			USING ERRCODE = 'QR422';
	END IF;
	ANALYZE pg_temp.stage_facility;
	DROP TABLE IF EXISTS pg_temp.work_facility, pg_temp.work_place;
	CREATE TEMPORARY TABLE work_facility ON COMMIT DROP AS
	WITH tidy AS (
		SELECT s.line, core.some(s.key) AS key, upper(core.some(s.code)) AS code,
			core.some(s.kind) AS kind, core.some(s.org) AS org, core.some(s.name) AS name,
			core.some(s.place_key) AS place_key, upper(core.some(s.place_code)) AS place_code,
			core.some(s.place_name) AS place_name, core.some(s.place_address) AS place_address,
			core.some(s.building) AS building, core.some(s.serves) AS serves,
			coalesce(s.params, '{}') AS params, coalesce(core.some(s.status), 'in_service') AS status,
			s.status_since, core.some(s.status_reason) AS status_reason, s.since,
			core.some(s.manager_name) AS manager_name, core.some(s.manager_phone) AS manager_phone,
			s.manager_from, coalesce(s.unmanaged, false) AS unmanaged, s.lon, s.lat
		FROM pg_temp.stage_facility s
	), hashed AS (
		SELECT t.*, sha256(convert_to(jsonb_build_array(code, kind, org, name, place_key, place_code,
			place_name, place_address, building, serves, params, status, status_since,
			status_reason, since, manager_name, manager_phone, manager_from, unmanaged, lon,
			lat)::text, 'UTF8')) AS sha
		FROM tidy t
	), checked AS (
		SELECT h.*, k.id AS kind_id, o.id AS org_id, i.facility_id AS known, i.sha256 AS old_sha,
			pl.id AS place_by_code,
			CASE WHEN h.place_key IS NOT NULL THEN 'k:' || h.place_key
				ELSE 'a:' || coalesce(h.org, '') || '|' || core.norm(coalesce(h.place_name, '')) || '|'
					|| core.norm(coalesce(h.place_address, '')) END AS pkey,
			CASE
			WHEN h.key IS NULL THEN 'no_key'
			WHEN h.kind IS NULL THEN 'no_kind'
			WHEN k.id IS NULL THEN 'unknown_kind'
			WHEN o.id IS NULL THEN 'unknown_org'
			WHEN h.code IS NOT NULL AND NOT core.code_ok(h.code) THEN 'bad_code'
			WHEN h.code IS NOT NULL AND c.id IS DISTINCT FROM i.facility_id THEN
				CASE WHEN c.id IS NOT NULL THEN 'code_taken' WHEN i.facility_id IS NOT NULL THEN 'changed' END
			WHEN h.place_code IS NOT NULL AND pl.id IS NULL THEN 'unknown_place'
			WHEN h.place_code IS NULL AND h.place_name IS NULL THEN 'no_place'
			WHEN h.status NOT IN ('in_service', 'suspended', 'retired') THEN 'bad_status'
			WHEN jsonb_typeof(h.params) <> 'object' THEN 'bad_params'
			WHEN (h.lon IS NULL) <> (h.lat IS NULL) OR abs(h.lon) > 180 OR abs(h.lat) > 90
				THEN 'bad_coordinates'
			WHEN h.since > day THEN 'date_in_future'
			END AS bad,
			CASE WHEN h.key IS NULL THEN NULL WHEN k.id IS NULL THEN h.kind WHEN o.id IS NULL THEN h.org
				WHEN h.code IS NOT NULL THEN h.code ELSE h.place_code END AS hint
		FROM hashed h
		LEFT JOIN core.kind k ON k.code = h.kind
		LEFT JOIN core.org o ON o.code = h.org
		LEFT JOIN core.place pl ON pl.code = h.place_code
		LEFT JOIN core.facility c ON c.code = h.code
		LEFT JOIN core.import_source i ON i.source = src AND i.kind = 'facility' AND i.key = h.key
	), first AS (
		SELECT c.*, row_number() OVER w AS nth, first_value(c.line) OVER w AS first_line,
			first_value(c.sha) OVER w AS first_sha,
			count(*) FILTER (WHERE c.code IS NOT NULL AND c.bad IS NULL) OVER (
				PARTITION BY c.code ORDER BY c.line) AS code_nth
		FROM checked c
		WINDOW w AS (PARTITION BY c.key ORDER BY (c.bad IS NOT NULL), c.line)
	)
	SELECT f.*, NULL::bigint AS id, false AS new, NULL::bigint AS place_id,
		NULL::bigint AS old_place, NULL::int AS manager_id,
		CASE WHEN f.bad IS NOT NULL THEN f.bad
			WHEN f.nth > 1 AND p_on_change = 'keep' THEN NULL
			WHEN f.nth > 1 AND f.sha = f.first_sha THEN 'duplicate_row'
			WHEN f.nth > 1 THEN 'duplicate_key'
			WHEN f.code_nth > 1 THEN 'code_taken'
			WHEN f.known IS NOT NULL AND f.sha <> f.old_sha AND p_on_change = 'refuse' THEN 'changed'
		END AS reason,
		CASE WHEN f.bad IS NOT NULL THEN f.hint WHEN f.nth > 1 THEN 'line ' || f.first_line
			ELSE f.key END AS detail,
		CASE WHEN f.nth > 1 OR (f.known IS NOT NULL AND (f.sha = f.old_sha OR p_on_change = 'keep'))
			THEN 'unchanged' WHEN f.known IS NULL THEN 'created' ELSE 'changed' END AS fate
	FROM first f;
	ANALYZE pg_temp.work_facility;
	SELECT count(*), count(*) FILTER (WHERE w.reason IS NOT NULL) INTO total, bads
	FROM pg_temp.work_facility w;
	apply := bads = 0 OR p_skip_bad;
	IF apply THEN
		PERFORM core.import_places(src, p_batch);
		PERFORM core.import_parties(src, array_agg(w.manager_name), array_agg(w.manager_phone))
		FROM pg_temp.work_facility w WHERE w.reason IS NULL AND w.fate <> 'unchanged';
		UPDATE pg_temp.work_facility w SET manager_id = core.party_of(src, w.manager_name)
		WHERE w.reason IS NULL AND w.fate <> 'unchanged' AND w.manager_name IS NOT NULL;
		PERFORM core.import_facilities_new(src, p_batch, day);
		PERFORM core.import_facilities_changed(src, p_batch, day);
		IF total > 1000 THEN
			-- in the same transaction, or the planner takes these tables to be empty
			ANALYZE core.place, core.facility, core.facility_status, core.facility_manager,
				core.import_source;
		END IF;
		ANALYZE pg_temp.work_facility, pg_temp.work_place;
		touched := array_agg(q.id) FROM (
			SELECT w.id FROM pg_temp.work_facility w WHERE w.id IS NOT NULL
			UNION SELECT f.id FROM pg_temp.work_place p JOIN core.facility f ON f.place_id = p.id
			WHERE p.changed) q;
		PERFORM core.publish('facilities', touched);
		PERFORM core.publish('places', array_agg(DISTINCT q.id)) FROM (
			SELECT f.place_id AS id FROM core.facility f WHERE f.id = ANY (touched)
			UNION SELECT w.old_place FROM pg_temp.work_facility w WHERE w.old_place IS NOT NULL) q;
		PERFORM core.publish_labels(array_agg(q.code)) FROM (
			SELECT l.code::text FROM core.label l WHERE l.facility_id = ANY (touched)
			UNION SELECT l.code::text FROM pg_temp.work_place p JOIN core.label l ON l.place_id = p.id
			WHERE p.changed) q;
	END IF;
	PERFORM core.import_end(p_batch, total,
		count(*) FILTER (WHERE apply AND w.reason IS NULL AND w.fate = 'created'),
		count(*) FILTER (WHERE apply AND w.reason IS NULL AND w.fate = 'changed'),
		count(*) FILTER (WHERE w.reason IS NULL AND w.fate = 'unchanged'), bads, apply)
	FROM pg_temp.work_facility w;
	RETURN QUERY SELECT w.line, w.reason, w.detail FROM pg_temp.work_facility w
		WHERE w.reason IS NOT NULL ORDER BY w.line;
END
$$;

-- Places of the accepted rows: known by key, else made; a keyed place whose words changed is
-- brought up to date.
CREATE OR REPLACE FUNCTION core.import_places(p_source text, p_batch bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
BEGIN
	CREATE TEMPORARY TABLE work_place ON COMMIT DROP AS
	SELECT DISTINCT ON (w.pkey) w.pkey, w.org_id, w.place_name AS name, w.place_address AS address,
		i.place_id AS id, NULL::text AS code, i.place_id IS NULL AS new, false AS changed
	FROM pg_temp.work_facility w
	LEFT JOIN core.import_source i ON i.source = p_source AND i.kind = 'place' AND i.key = w.pkey
	WHERE w.reason IS NULL AND w.fate <> 'unchanged' AND w.place_by_code IS NULL
	ORDER BY w.pkey, w.line;
	PERFORM core.import_codes('work_place', 'place');
	INSERT INTO core.place (id, code, org_id, name, address) OVERRIDING SYSTEM VALUE
	SELECT p.id, p.code, p.org_id, p.name, p.address FROM pg_temp.work_place p WHERE p.new;
	UPDATE pg_temp.work_place p SET changed = true FROM core.place t
	WHERE NOT p.new AND t.id = p.id AND (t.org_id, t.name, t.address)
		IS DISTINCT FROM (p.org_id, p.name, p.address);
	UPDATE core.place t SET org_id = p.org_id, name = p.name, address = p.address
	FROM pg_temp.work_place p WHERE p.changed AND t.id = p.id;
	INSERT INTO core.import_source (source, kind, key, sha256, batch_id, place_id)
	SELECT p_source, 'place', p.pkey, sha256(convert_to(p.pkey, 'UTF8')), p_batch, p.id
	FROM pg_temp.work_place p WHERE p.new;
	UPDATE pg_temp.work_facility w SET place_id = w.place_by_code
	WHERE w.place_by_code IS NOT NULL;
	UPDATE pg_temp.work_facility w SET place_id = p.id FROM pg_temp.work_place p
	WHERE w.place_by_code IS NULL AND p.pkey = w.pkey;
END
$$;

CREATE OR REPLACE FUNCTION core.import_facilities_new(p_source text, p_batch bigint, p_day date)
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
BEGIN
	-- only rows that are to be made get an id here
	UPDATE pg_temp.work_facility w SET new = w.reason IS NULL AND w.fate = 'created',
		id = CASE WHEN w.reason IS NULL AND w.fate = 'created' THEN NULL
			WHEN w.reason IS NULL AND w.fate = 'changed' THEN w.known ELSE 0 END;
	PERFORM core.import_codes('work_facility', 'facility');
	UPDATE pg_temp.work_facility w SET id = NULL WHERE w.id = 0;
	INSERT INTO core.facility (id, code, kind_id, place_id, name, building, serves, params, since,
		lon, lat) OVERRIDING SYSTEM VALUE
	SELECT w.id, w.code, w.kind_id, w.place_id, w.name, w.building, w.serves, w.params,
		coalesce(w.since, p_day), w.lon, w.lat
	FROM pg_temp.work_facility w WHERE w.new;
	INSERT INTO core.facility_status (facility_id, since, n, status, reason)
	SELECT w.id, coalesce(w.status_since, w.since, p_day), 1, w.status, w.status_reason
	FROM pg_temp.work_facility w WHERE w.new;
	INSERT INTO core.facility_manager (facility_id, party_id, valid_from)
	SELECT w.id, w.manager_id, coalesce(w.manager_from, w.since, p_day)
	FROM pg_temp.work_facility w WHERE w.new AND (w.manager_id IS NOT NULL OR w.unmanaged);
	INSERT INTO core.import_source (source, kind, key, sha256, batch_id, facility_id)
	SELECT p_source, 'facility', w.key, w.sha, p_batch, w.id
	FROM pg_temp.work_facility w WHERE w.new;
END
$$;

-- Changed rows (on change: revise). Status and manager are dated: a change begins a new line.
CREATE OR REPLACE FUNCTION core.import_facilities_changed(p_source text, p_batch bigint, p_day date)
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	w record;
	s core.facility_status;
	m core.facility_manager;
BEGIN
	FOR w IN SELECT * FROM pg_temp.work_facility x WHERE x.reason IS NULL AND x.fate = 'changed'
		ORDER BY x.id
	LOOP
		UPDATE pg_temp.work_facility x SET old_place = f.place_id FROM core.facility f
		WHERE x.id = w.id AND f.id = w.id AND f.place_id <> w.place_id;
		UPDATE core.facility f SET kind_id = w.kind_id, place_id = w.place_id, name = w.name,
			building = w.building, serves = w.serves, params = w.params,
			since = coalesce(w.since, f.since), lon = w.lon, lat = w.lat
		WHERE f.id = w.id;
		SELECT * INTO s FROM core.facility_status h WHERE h.facility_id = w.id
		ORDER BY h.since DESC, h.n DESC LIMIT 1;
		IF (s.status, s.reason) IS DISTINCT FROM (w.status, w.status_reason)
			OR w.status_since <> s.since
		THEN
			INSERT INTO core.facility_status (facility_id, since, n, status, reason)
			SELECT w.id, d.day, 1 + count(h.n), w.status, w.status_reason
			FROM (SELECT coalesce(w.status_since, p_day) AS day) d
			LEFT JOIN core.facility_status h ON h.facility_id = w.id AND h.since = d.day
			GROUP BY d.day;
		END IF;
		SELECT * INTO m FROM core.facility_manager g WHERE g.facility_id = w.id
		ORDER BY g.valid_from DESC LIMIT 1;
		IF (w.manager_id IS NOT NULL OR w.unmanaged)
			AND (m.id IS NULL OR m.valid_to IS NOT NULL OR m.party_id IS DISTINCT FROM w.manager_id)
		THEN
			PERFORM core.manager_set(w.id, w.manager_id, coalesce(w.manager_from, p_day));
		END IF;
		UPDATE core.import_source i SET sha256 = w.sha, batch_id = p_batch
		WHERE i.source = p_source AND i.kind = 'facility' AND i.key = w.key;
	END LOOP;
END
$$;

-- From p_from on this party manages the facility (NULL: nobody does). What was stated for later
-- days is replaced, what went before ends the day before.
CREATE OR REPLACE FUNCTION core.manager_set(p_facility bigint, p_party int, p_from date) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
BEGIN
	DELETE FROM core.facility_manager WHERE facility_id = p_facility AND valid_from >= p_from;
	UPDATE core.facility_manager SET valid_to = p_from - 1
	WHERE facility_id = p_facility AND (valid_to IS NULL OR valid_to >= p_from);
	INSERT INTO core.facility_manager (facility_id, party_id, valid_from)
	VALUES (p_facility, p_party, p_from);
END
$$;
