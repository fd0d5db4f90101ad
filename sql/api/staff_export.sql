-- Exports: a table ordered on a page, made by the jobs process a few hundred rows at a time, fetched in
-- pieces. Each page of rows is found by the last key of the one before, so that no page is slower than
-- another. NULL is an empty cell; what a cell begins with is the writer's business (app/sheet.c).

-- ---- the page ------------------------------------------------------------------------------
CREATE OR REPLACE FUNCTION core.export_make(p_what text, p_filter jsonb, p_format text, p_lang text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	f constant jsonb := jsonb_strip_nulls(coalesce(p_filter, '{}'));
	made bigint;
	job bigint;
BEGIN
	IF NOT core.my_right('export') THEN
		PERFORM core.refuse('QR403', 'right', 'no right to export');
	END IF;
	PERFORM auth.refuse(CASE WHEN p_what IN ('facilities', 'records', 'results', 'offices', 'managers') THEN '[]' ELSE core.bad('what', 'unknown') END
		|| CASE WHEN p_format IN ('csv', 'csv-bom', 'xlsx') THEN '[]' ELSE core.bad('format', 'unknown') END
		|| CASE WHEN f ? 'org' AND NOT EXISTS (SELECT FROM core.org o WHERE o.code = f ->> 'org'
			AND (core.my_org() IS NULL OR o.path @> ARRAY[core.my_org()])) THEN core.bad('org', 'unknown') ELSE '[]' END
		|| CASE WHEN f ? 'kind' AND NOT EXISTS (SELECT FROM core.kind k WHERE k.code = f ->> 'kind') THEN core.bad('kind', 'unknown') ELSE '[]' END
		|| CASE WHEN jsonb_array_length(core.list_of(f -> 'codes')) > 1000 THEN core.bad('codes', 'too_many') ELSE '[]' END);
	-- one at a time: what an account still waits for is enough
	IF (SELECT count(*) FROM core.export_file x WHERE x.account = core.my_account() AND x.state IN ('waiting', 'working')) >= 5 THEN
		RAISE EXCEPTION 'five exports are on their way' USING ERRCODE = 'QR429', DETAIL = '{"why":"exports"}';
	END IF;
	INSERT INTO core.export_file (made_at, account, office_id, party_id, what, filter, format, lang)
	VALUES (core.now(), core.my_account(), core.my_org(), core.my_party(), p_what, f, p_format, CASE WHEN p_lang = 'en' THEN 'en' ELSE 'zh-CN' END)
	RETURNING id INTO made;
	job := core.job_add('export', jsonb_build_object('export', made));
	UPDATE core.export_file SET job_id = job WHERE id = made;
	PERFORM auth.audit('export', made::text, jsonb_build_object('what', p_what, 'filter', f, 'format', p_format));
	RETURN made;
END
$$;

CREATE OR REPLACE FUNCTION api.staff_export_make(p_session bytea, p_what text, p_filter jsonb, p_format text, p_lang text)
RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	PERFORM auth.enter(p_session, 'export');
	PERFORM auth.require_recent();
	RETURN '{"export":' || core.export_make(p_what, p_filter, p_format, p_lang) || '}';
END
$$;

CREATE OR REPLACE FUNCTION core.export_json(x core.export_file) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT '{' || concat_ws(',', '"id":' || x.id, core.js('made', x.made_at), core.js('what', x.what), '"filter":' || x.filter::text,
		core.js('format', x.format), core.js('state', x.state), core.js('why', x.why), '"rows":' || x.rows, '"size":' || x.size) || '}'
$$;

-- What may be chosen, and what was ordered.
CREATE OR REPLACE FUNCTION api.staff_exports(p_session bytea) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core SET timezone = 'UTC' AS $$
BEGIN
	PERFORM auth.enter(p_session, 'export');
	PERFORM core.use_timezone();
	RETURN '{' || concat_ws(',', '"me":' || auth.me(), '"orgs":[' || coalesce((SELECT string_agg('{' || concat_ws(',',
			core.js('code', o.code), core.js('name', o.name)) || '}', ',' ORDER BY q.depth, o.code)
			FROM (SELECT o.id, cardinality(o.path) AS depth FROM core.org o WHERE o.path @> ARRAY[core.my_org()]
				ORDER BY cardinality(o.path), o.code LIMIT 500) q JOIN core.org o ON o.id = q.id), '') || ']',
		'"kinds":[' || (SELECT string_agg('{' || core.js('code', k.code) || ',"name":' || (k.data -> 'name')::text || '}', ','
			ORDER BY k.rank) FROM core.kind k) || ']',
		'"exports":[' || coalesce((SELECT string_agg(core.export_json(q.x), ',' ORDER BY (q.x).id DESC)
			FROM (SELECT x FROM core.export_file x ORDER BY x.id DESC LIMIT 20) q), '') || ']') || '}';
END
$$;

CREATE OR REPLACE FUNCTION api.staff_export(p_session bytea, p_id bigint) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core SET timezone = 'UTC' AS $$
DECLARE
	x core.export_file;
BEGIN
	PERFORM auth.enter(p_session, 'export');
	PERFORM core.use_timezone();
	SELECT e.* INTO x FROM core.export_file e WHERE e.id = p_id;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'no export %', p_id USING ERRCODE = 'QR404';
	END IF;
	RETURN '{"me":' || auth.me() || ',"export":' || core.export_json(x) || '}';
END
$$;

-- Piece n of a finished file, from 1; NULL behind the last.
CREATE OR REPLACE FUNCTION api.staff_export_piece(p_session bytea, p_id bigint, p_n int) RETURNS bytea
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	PERFORM auth.enter(p_session, 'export');
	IF NOT EXISTS (SELECT FROM core.export_file e WHERE e.id = p_id AND e.state = 'done') THEN
		RAISE EXCEPTION 'no export %', p_id USING ERRCODE = 'QR404';
	END IF;
	RETURN (SELECT p.bytes FROM core.export_piece p WHERE p.file_id = p_id AND p.n = p_n);
END
$$;

-- ---- the jobs process ----------------------------------------------------------------------
CREATE OR REPLACE FUNCTION core.export_of(p_id bigint, p_who text) RETURNS core.export_file
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	x core.export_file;
BEGIN
	SELECT e.* INTO x FROM core.job j JOIN core.export_file e ON e.id = (j.args ->> 'export')::bigint
	WHERE j.id = p_id AND j.kind = 'export' AND j.leased_by = p_who AND j.done_at IS NULL FOR UPDATE OF e;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'job % is not leased to %', p_id, p_who USING ERRCODE = 'QR409';
	END IF;
	RETURN x;
END
$$;

-- What is to be made, from the beginning; "none": it was already, or it may not be any more.
CREATE OR REPLACE FUNCTION api.export_job(p_id bigint, p_who text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	x core.export_file := core.export_of(p_id, p_who);
BEGIN
	IF x.state IN ('done', 'failed') THEN
		RETURN '{"do":"none"}';
	END IF;
	IF NOT EXISTS (SELECT FROM core.account a JOIN core.role_right r ON r.role = a.role AND r.can = 'export'
		WHERE a.id = x.account AND a.ended_at IS NULL AND a.org_id IS NOT DISTINCT FROM x.office_id
			AND a.party_id IS NOT DISTINCT FROM x.party_id)
		OR (SELECT j.attempts FROM core.job j WHERE j.id = p_id) > 3
	THEN
		UPDATE core.export_file SET state = 'failed', why = 'broken' WHERE id = x.id;
		RETURN '{"do":"none"}';
	END IF;
	DELETE FROM core.export_piece p WHERE p.file_id = x.id;
	UPDATE core.export_file SET state = 'working', rows = 0, size = 0 WHERE id = x.id;
	RETURN '{"do":"make",' || concat_ws(',', core.js('format', x.format), core.js('lang', x.lang), core.js('what', x.what),
		'"heads":' || to_json(core.export_heads(x))::text) || '}';
END
$$;

CREATE OR REPLACE FUNCTION api.export_job_piece(p_id bigint, p_who text, p_n int, p_rows int, p_bytes bytea) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	x core.export_file := core.export_of(p_id, p_who);
BEGIN
	INSERT INTO core.export_piece (file_id, n, bytes) VALUES (x.id, p_n, p_bytes)
	ON CONFLICT (file_id, n) DO UPDATE SET bytes = excluded.bytes;
	UPDATE core.export_file SET rows = p_rows WHERE id = x.id;
END
$$;

CREATE OR REPLACE FUNCTION api.export_job_end(p_id bigint, p_who text, p_rows int, p_why text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	x core.export_file := core.export_of(p_id, p_who);
BEGIN
	UPDATE core.export_file SET state = CASE WHEN p_why IS NULL THEN 'done' ELSE 'failed' END, why = p_why, rows = p_rows,
		size = (SELECT coalesce(sum(length(p.bytes)), 0) FROM core.export_piece p WHERE p.file_id = x.id)
	WHERE id = x.id;
END
$$;

-- At most a few hundred rows behind p_after: {"rows":[[..],..],"after"?:key,"n":so far}; without `after` it was the last.
CREATE OR REPLACE FUNCTION api.export_job_rows(p_id bigint, p_who text, p_after text, p_rows int) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core SET timezone = 'UTC' SET jit = off AS $$
DECLARE
	x core.export_file := core.export_of(p_id, p_who);
	n constant int := 400;
	list text;
	got int;
	last text;
BEGIN
	PERFORM core.use_timezone();
	PERFORM set_config('qr.account', x.account::text, true);
	EXECUTE format('SELECT string_agg(q.cells::text, '','' ORDER BY q.n), count(*), (array_agg(q.key ORDER BY q.n DESC))[1]
		FROM core.export_%s($1, $2, $3) WITH ORDINALITY AS q (key, cells, n)', x.what)
	INTO list, got, last USING x, p_after, n;
	UPDATE core.export_file SET rows = p_rows WHERE id = x.id;
	RETURN '{"rows":[' || coalesce(list, '') || ']' || CASE WHEN got >= n THEN ',' || core.js('after', last) ELSE '' END || '}';
END
$$;
