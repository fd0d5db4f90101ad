-- Taking back what a file did, all of it or nothing: facilities it made are retired, values it changed
-- are set back, records it made are withdrawn, offices it made go when nothing uses them. Where something
-- newer was built upon a line, that line says so and nothing is taken back. Runs after core.import_enter().

-- Why a line of facilities or managers cannot be taken back; NULL: it can.
CREATE OR REPLACE FUNCTION core.import_undo_why(p_id bigint, p_made boolean, p_after jsonb) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT CASE
		WHEN core.import_snap(p_id) IS DISTINCT FROM p_after THEN 'changed_since'
		WHEN NOT p_made THEN NULL
		WHEN EXISTS (SELECT FROM core.record r WHERE r.facility_id = p_id AND r.state <> 'withdrawn') THEN 'has_records'
		WHEN EXISTS (SELECT FROM core.label l WHERE l.facility_id = p_id AND l.state = 'active') THEN 'has_label'
		END
$$;

CREATE OR REPLACE FUNCTION core.import_put_back(p_id bigint, p_was jsonb, p_is jsonb, p_reason text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	day constant date := core.today();
BEGIN
	UPDATE core.facility f SET place_id = (p_was ->> 'place')::bigint, name = p_was ->> 'name',
		building = p_was ->> 'building', serves = p_was ->> 'serves', params = p_was -> 'params',
		since = (p_was ->> 'since')::date, lon = (p_was ->> 'lon')::numeric, lat = (p_was ->> 'lat')::numeric
	WHERE f.id = p_id;
	IF p_was -> 'status' IS DISTINCT FROM p_is -> 'status' THEN
		-- the day the wrong line began, so that it holds on no day
		PERFORM core.status_add(p_id, (p_is -> 'status' ->> 2)::date, p_was -> 'status' ->> 0,
			coalesce(p_was -> 'status' ->> 1, CASE WHEN p_was -> 'status' ->> 0 <> 'in_service' THEN p_reason END));
	END IF;
	IF p_was -> 'managers' IS DISTINCT FROM p_is -> 'managers' THEN
		DELETE FROM core.facility_manager g WHERE g.facility_id = p_id;
		INSERT INTO core.facility_manager (facility_id, party_id, valid_from, valid_to)
		SELECT p_id, (m ->> 0)::int, (m ->> 1)::date, (m ->> 2)::date
		FROM jsonb_array_elements(CASE WHEN jsonb_typeof(p_was -> 'managers') = 'array' THEN p_was -> 'managers' ELSE '[]' END) m;
	END IF;
END
$$;

CREATE OR REPLACE FUNCTION core.import_undo_facilities(f core.import_file, p_reason text) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	l record;
	ids bigint[];
BEGIN
	ids := ARRAY(SELECT t.id FROM core.import_line x JOIN core.facility t ON t.code = x.target
		WHERE x.file_id = f.id AND x.fate IN ('created', 'changed') ORDER BY t.id);
	PERFORM FROM core.facility t WHERE t.id = ANY (ids) ORDER BY t.id FOR NO KEY UPDATE;
	UPDATE core.import_line x SET undo = core.import_undo_why(t.id, x.fate = 'created', x.after)
	FROM core.facility t
	WHERE x.file_id = f.id AND x.fate IN ('created', 'changed') AND t.code = x.target;
	IF EXISTS (SELECT FROM core.import_line x WHERE x.file_id = f.id AND x.undo IS NOT NULL) THEN
		RETURN false;
	END IF;
	FOR l IN SELECT x.*, t.id FROM core.import_line x JOIN core.facility t ON t.code = x.target
		WHERE x.file_id = f.id AND x.fate IN ('created', 'changed') ORDER BY t.id
	LOOP
		IF l.fate = 'created' THEN
			PERFORM core.status_add(l.id, greatest(core.today(), (l.after -> 'status' ->> 2)::date), 'retired', p_reason);
		ELSE
			PERFORM core.import_put_back(l.id, l.before, l.after, p_reason);
		END IF;
	END LOOP;
	-- brought again, such a line makes a facility again
	DELETE FROM core.import_source s USING core.import_line x, core.facility t
	WHERE x.file_id = f.id AND x.fate = 'created' AND t.code = x.target AND s.facility_id = t.id
		AND s.source = core.import_source_name(f.office_id);
	PERFORM core.import_publish(f.id, ids, ARRAY(SELECT (x.after ->> 'place')::bigint FROM core.import_line x
		WHERE x.file_id = f.id AND x.after ? 'place'));
	RETURN true;
END
$$;

CREATE OR REPLACE FUNCTION core.import_undo_records(f core.import_file, p_reason text) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	l record;
BEGIN
	UPDATE core.import_line x SET undo = CASE WHEN r.state = 'withdrawn' THEN 'withdrawn_since'
		WHEN r.rev > 1 OR r.pending_rev IS NOT NULL THEN 'changed_since' END
	FROM core.record r WHERE x.file_id = f.id AND x.fate = 'created' AND r.id = x.target::uuid;
	IF EXISTS (SELECT FROM core.import_line x WHERE x.file_id = f.id AND x.undo IS NOT NULL) THEN
		RETURN false;
	END IF;
	FOR l IN SELECT x.* FROM core.import_line x WHERE x.file_id = f.id AND x.fate = 'created' ORDER BY x.line LOOP
		PERFORM core.record_act(l.target::uuid, 'withdraw', p_reason, 1);
	END LOOP;
	DELETE FROM core.import_source s USING core.import_line x
	WHERE x.file_id = f.id AND x.fate = 'created' AND s.record_id = x.target::uuid;
	RETURN true;
END
$$;

-- An office goes when no row names it; else it is in use.
CREATE OR REPLACE FUNCTION core.import_drop_office(p_code text) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
BEGIN
	DELETE FROM core.org o WHERE o.code = p_code;
	RETURN true;
EXCEPTION WHEN foreign_key_violation THEN
	RETURN false;
END
$$;

CREATE OR REPLACE FUNCTION core.import_undo_offices(f core.import_file) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	l record;
	ups text[];
BEGIN
	UPDATE core.import_line x SET undo = 'changed_since' WHERE x.file_id = f.id AND x.fate IN ('created', 'changed')
		AND core.import_org_snap(x.target) IS DISTINCT FROM x.after;
	IF EXISTS (SELECT FROM core.import_line x WHERE x.file_id = f.id AND x.undo IS NOT NULL) THEN
		RETURN false;
	END IF;
	ups := ARRAY(SELECT x.after ->> 'parent' FROM core.import_line x WHERE x.file_id = f.id AND x.after ? 'parent'
		UNION SELECT x.before ->> 'parent' FROM core.import_line x WHERE x.file_id = f.id AND x.before ? 'parent');
	PERFORM core.import_move_offices(array_agg(x.target ORDER BY x.line), array_agg(x.before ->> 'parent' ORDER BY x.line))
	FROM core.import_line x WHERE x.file_id = f.id AND x.fate = 'changed' AND x.before ->> 'parent' <> x.after ->> 'parent';
	UPDATE core.org o SET name = x.before ->> 'name', phone = x.before ->> 'phone' FROM core.import_line x
	WHERE x.file_id = f.id AND x.fate = 'changed' AND o.code = x.target;
	FOR l IN SELECT x.line, x.target FROM core.import_line x JOIN core.org o ON o.code = x.target
		WHERE x.file_id = f.id AND x.fate = 'created' ORDER BY cardinality(o.path) DESC, o.code
	LOOP
		IF NOT core.import_drop_office(l.target) THEN
			RAISE EXCEPTION 'in use' USING ERRCODE = 'QR409', DETAIL = l.line::text;
		END IF;
		DELETE FROM core.document d WHERE d.kind = 'org' AND d.key = l.target;
		PERFORM pg_notify('qr_doc', 'org ' || l.target || ' 0');
	END LOOP;
	PERFORM core.import_publish_offices('{}', ARRAY(SELECT x.target FROM core.import_line x
		WHERE x.file_id = f.id AND x.fate = 'changed'), ups);
	RETURN true;
END
$$;

CREATE OR REPLACE FUNCTION core.import_undo(f core.import_file) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	reason constant text := '导入批次 ' || f.id || ' 撤销 / import ' || f.id || ' taken back';
	done boolean := false;
	which text;
BEGIN
	PERFORM core.import_at(f.id, 0.01);
	UPDATE core.import_line x SET undo = NULL WHERE x.file_id = f.id AND x.undo IS NOT NULL;
	BEGIN
		CASE f.what
		WHEN 'offices' THEN
			done := core.import_undo_offices(f);
		WHEN 'records' THEN
			done := core.import_undo_records(f, reason);
		ELSE
			done := core.import_undo_facilities(f, reason);
		END CASE;
	EXCEPTION WHEN sqlstate 'QR409' THEN
		-- an office in use: all of it stands as it was
		GET STACKED DIAGNOSTICS which = PG_EXCEPTION_DETAIL;
		UPDATE core.import_line x SET undo = 'in_use' WHERE x.file_id = f.id AND x.line::text = which;
	END;
	UPDATE core.import_file x SET state = CASE WHEN done THEN 'undone' ELSE 'applied' END,
		undone_at = CASE WHEN done THEN core.now() END, undo_refused = CASE WHEN NOT done THEN (SELECT count(*)
			FROM core.import_line l WHERE l.file_id = f.id AND l.undo IS NOT NULL) END
	WHERE x.id = f.id;
	IF done THEN
		PERFORM core.import_audit(f, 'import.undo');
	END IF;
END
$$;
