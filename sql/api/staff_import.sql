-- Pages of imports: a file comes, is looked at, applied, taken back. What the lines mean is
-- exchange_*.sql's.

CREATE OR REPLACE FUNCTION core.import_put(p_what text, p_name text, p_bytes bytea) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	made bigint;
	job bigint;
	bad jsonb := '[]';
BEGIN
	IF NOT core.my_right('import') OR core.my_org() IS NULL THEN
		PERFORM core.refuse('QR403', 'right', 'only offices import');
	END IF;
	IF p_what NOT IN ('facilities', 'managers', 'offices', 'records') OR p_what IS NULL THEN
		bad := bad || core.bad('what', 'missing');
	END IF;
	IF coalesce(length(p_bytes), 0) = 0 THEN
		bad := bad || core.bad('file', 'missing');
	ELSIF length(p_bytes) > 8388608 THEN
		bad := bad || core.bad('file', 'too_large');
	END IF;
	PERFORM auth.refuse(bad);
	INSERT INTO core.import_file (made_at, account, office_id, what, name, size, sha256, bytes)
	VALUES (core.now(), core.my_account(), core.my_org(), p_what, coalesce(core.some(left(p_name, 200)), '-'),
		length(p_bytes), sha256(p_bytes), p_bytes) RETURNING id INTO made;
	job := core.job_add('import', jsonb_build_object('import', made));
	UPDATE core.import_file SET job_id = job WHERE id = made;
	PERFORM auth.audit('import.put', made::text, jsonb_build_object('what', p_what, 'file', left(p_name, 200),
		'sha256', encode(sha256(p_bytes), 'hex')));
	RETURN made;
END
$$;

CREATE OR REPLACE FUNCTION api.staff_import_put(p_session bytea, p_what text, p_name text, p_bytes bytea)
RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	PERFORM auth.enter(p_session, 'import');
	PERFORM auth.require_recent();
	RETURN '{"import":' || core.import_put(p_what, p_name, p_bytes) || '}';
END
$$;

-- A file as pages show it, without its lines.
CREATE OR REPLACE FUNCTION core.import_json(f core.import_file) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
BEGIN
	RETURN '{' || concat_ws(',', '"id":' || f.id, core.js('made', f.made_at), core.js('by', core.account_name(f.account)),
		core.js_org('office', f.office_id), core.js('what', f.what), core.js('name', f.name), '"size":' || f.size,
		core.js('encoding', f.encoding), core.js('separator', f.separator), core.js('state', f.state),
		core.js('why', f.why), core.js('detail', f.detail), CASE WHEN f.moved THEN '"moved":true' END,
		core.js('mark', encode(f.mark, 'hex')), '"rows":' || f.rows, '"created":' || f.created,
		'"changed":' || f.changed, '"unchanged":' || f.unchanged, '"refused":' || f.refused,
		core.js('applied', f.applied_at), core.js('undone', f.undone_at), '"undo_refused":' || f.undo_refused) || '}';
END
$$;

CREATE OR REPLACE FUNCTION core.need_import(p_id bigint) RETURNS core.import_file
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
DECLARE
	f core.import_file;
BEGIN
	SELECT x.* INTO f FROM core.import_file x WHERE x.id = p_id;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'no import %', p_id USING ERRCODE = 'QR404';
	END IF;
	RETURN f;
END
$$;

CREATE OR REPLACE FUNCTION api.staff_imports(p_session bytea) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core SET timezone = 'UTC' AS $$
BEGIN
	PERFORM auth.enter(p_session, 'import');
	PERFORM core.use_timezone();
	RETURN '{' || concat_ws(',', '"me":' || auth.me(), '"columns":{' || (SELECT string_agg('"' || q.what || '":['
			|| q.list || ']', ',') FROM (SELECT c.what, string_agg('{' || concat_ws(',', core.js('field', c.field),
				'"name":' || c.name::text, CASE WHEN c.needed THEN '"needed":true' END) || '}', ',' ORDER BY c.rank) AS list
			FROM core.import_column c GROUP BY c.what) q) || '}',
		'"imports":[' || coalesce((SELECT string_agg(core.import_json(q.x), ',' ORDER BY (q.x).id DESC)
			FROM (SELECT x FROM core.import_file x ORDER BY x.id DESC LIMIT 20) q), '') || ']') || '}';
END
$$;

-- p_show: created, changed, unchanged, refused; or undo: what keeps it from being taken back.
CREATE OR REPLACE FUNCTION api.staff_import(p_session bytea, p_id bigint, p_show text, p_after int) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core SET timezone = 'UTC' AS $$
DECLARE
	f core.import_file;
	n constant int := 50;
	lines core.import_line[];
	list text;
BEGIN
	PERFORM auth.enter(p_session, 'import');
	PERFORM core.use_timezone();
	f := core.need_import(p_id);
	lines := ARRAY(SELECT l FROM core.import_line l WHERE l.file_id = f.id AND l.line > coalesce(p_after, 0)
		AND CASE WHEN p_show = 'undo' THEN l.undo IS NOT NULL ELSE l.fate = p_show END ORDER BY l.line LIMIT n + 1);
	SELECT string_agg('{' || concat_ws(',', '"line":' || l.line, core.js('reason', CASE WHEN p_show = 'undo'
			THEN l.undo ELSE l.reason END), core.js('detail', l.detail), core.js('target', l.target),
			'"change":' || l.change::text, CASE WHEN l.fate IN ('refused', 'unchanged') THEN '"cells":' || l.cells::text END)
			|| '}', ',' ORDER BY l.line)
	INTO list FROM unnest(lines[:n]) l;
	RETURN '{' || concat_ws(',', '"me":' || auth.me(), '"ref":' || core.ref(), '"import":' || core.import_json(f),
		'"heads":' || f.heads::text, '"names":{' || (SELECT string_agg('"' || c.field || '":' || c.name::text, ',')
			FROM core.import_column c WHERE c.what = CASE WHEN f.what = 'managers' THEN 'facilities' ELSE f.what END) || '}',
		'"share":' || CASE WHEN f.state IN ('applying', 'undoing')
			THEN core.import_share(f.id) END, core.js('show', p_show), '"lines":[' || coalesce(list, '') || ']',
		CASE WHEN cardinality(lines) > n THEN '"next":' || (lines[n]).line END) || '}';
END
$$;

-- All refused lines (or those that keep it from being taken back), as a table: 1000 a call.
CREATE OR REPLACE FUNCTION api.staff_import_refused(p_session bytea, p_id bigint, p_undo boolean, p_after int)
RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	f core.import_file;
	list text;
	n int;
	last int;
BEGIN
	PERFORM auth.enter(p_session, 'import');
	f := core.need_import(p_id);
	SELECT string_agg('{' || concat_ws(',', '"line":' || q.line, core.js('reason', CASE WHEN p_undo THEN q.undo
			ELSE q.reason END), core.js('detail', CASE WHEN p_undo THEN q.target ELSE q.detail END),
			'"cells":' || q.cells::text) || '}', ',' ORDER BY q.line), count(*), max(q.line)
	INTO list, n, last
	FROM (SELECT l.* FROM core.import_line l WHERE l.file_id = f.id AND l.line > coalesce(p_after, 0)
		AND CASE WHEN p_undo THEN l.undo IS NOT NULL ELSE l.fate = 'refused' END ORDER BY l.line LIMIT 1000) q;
	RETURN '{' || concat_ws(',', '"me":' || auth.me(), '"heads":' || coalesce(f.heads::text, '[]'), '"lines":['
		|| coalesce(list, '') || ']', CASE WHEN n = 1000 THEN '"next":' || last END) || '}';
END
$$;

CREATE OR REPLACE FUNCTION core.import_act(p_id bigint, p_act text, p_mark bytea) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	f core.import_file;
	job bigint;
BEGIN
	SELECT * INTO STRICT f FROM core.import_file x WHERE x.id = p_id FOR UPDATE;
	IF NOT core.my_right('import') OR NOT core.sees_org(f.office_id) THEN
		PERFORM core.refuse('QR403', 'scope', 'the import of another office');
	END IF;
	IF p_act NOT IN ('apply', 'undo', 'drop') OR f.state <> ALL (CASE p_act WHEN 'apply' THEN '{shown}'
		WHEN 'undo' THEN '{applied}' ELSE '{shown,failed}' END::text[])
	THEN
		RAISE EXCEPTION '% does not fit an import that is %', p_act, f.state USING ERRCODE = 'QR409',
			DETAIL = jsonb_build_object('why', 'state', 'state', f.state)::text;
	END IF;
	IF p_act = 'drop' THEN
		DELETE FROM core.import_file x WHERE x.id = p_id;
		PERFORM auth.audit('import.drop', p_id::text, jsonb_build_object('file', f.name));
		RETURN '{"dropped":true}';
	END IF;
	IF p_act = 'apply' AND f.mark IS DISTINCT FROM p_mark THEN
		RAISE EXCEPTION 'import % was shown again meanwhile', p_id USING ERRCODE = 'QR409', DETAIL = '{"why":"changed"}';
	END IF;
	IF p_act = 'apply' AND f.created + f.changed = 0 THEN
		RAISE EXCEPTION 'import % would change nothing', p_id USING ERRCODE = 'QR409', DETAIL = '{"why":"nothing"}';
	END IF;
	job := core.job_add('import', jsonb_build_object('import', p_id));
	UPDATE core.import_file x SET state = CASE p_act WHEN 'apply' THEN 'applying' ELSE 'undoing' END,
		account = core.my_account(), job_id = job, moved = false, undo_refused = NULL WHERE x.id = p_id;
	PERFORM auth.audit('import.' || p_act || '.order', p_id::text, '{}');
	RETURN '{"import":' || p_id || '}';
END
$$;

CREATE OR REPLACE FUNCTION api.staff_import_act(p_session bytea, p_id bigint, p_act text, p_mark bytea) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	PERFORM auth.enter(p_session, 'import');
	PERFORM auth.require_recent();
	PERFORM core.need_import(p_id);
	RETURN core.import_act(p_id, p_act, p_mark);
END
$$;

-- Files nobody confirmed within thirty days, exports of yesterday. Returns how many.
CREATE OR REPLACE FUNCTION core.exchange_sweep() RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	n int;
	m int;
BEGIN
	DELETE FROM core.import_file x WHERE x.state IN ('waiting', 'shown', 'failed') AND x.made_at < core.now() - interval '30 days';
	GET DIAGNOSTICS n = ROW_COUNT;
	DELETE FROM core.export_file x WHERE x.made_at < core.now() - interval '1 day';
	GET DIAGNOSTICS m = ROW_COUNT;
	RETURN n + m;
END
$$;
