-- A file of an office on its way in: what its columns are, its lines as the jobs process reads them,
-- what each would do. Judging is exchange_facilities.sql, exchange_offices.sql, exchange_records.sql;
-- doing it exchange_apply.sql, taking it back exchange_undo.sql; pages staff_import.sql.

-- Whatever may stand over a column, normed, and which field it is then.
CREATE OR REPLACE FUNCTION core.import_fields(p_what text) RETURNS TABLE (norm text, field text)
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT DISTINCT ON (q.norm) q.norm, q.field FROM (
		SELECT 1 AS part, c.rank::int AS rank, core.norm(w) AS norm, c.field FROM core.import_column c
		CROSS JOIN LATERAL unnest(ARRAY[c.field, c.name ->> 'zh-CN', c.name ->> 'en'] || c.also) w
		WHERE c.what = p_what
		UNION ALL
		SELECT 2, k.rank, core.norm(w), 'param:' || e.key FROM core.kind k
		CROSS JOIN LATERAL json_each(k.data -> 'params') e
		CROSS JOIN LATERAL unnest(ARRAY[e.key, e.value #>> '{name,zh-CN}', e.value #>> '{name,en}',
			'param:' || e.key]) w
		WHERE p_what = 'facilities' AND json_typeof(k.data -> 'params') = 'object'
		UNION ALL
		SELECT 3, i.rank, core.norm(w), 'item:' || i.code FROM core.item i
		CROSS JOIN LATERAL unnest(ARRAY[i.code, i.name ->> 'zh-CN', i.name ->> 'en']) w
		WHERE p_what = 'records'
		UNION ALL
		SELECT 4, 0, core.norm(x.said), 'party:' || x.value FROM core.import_word x
		WHERE p_what = 'records' AND x.field = 'party'
		UNION ALL
		SELECT 5, k.rank, core.norm(w), 'field:' || e.key FROM core.kind k
		CROSS JOIN LATERAL json_each(k.data -> 'fields') e
		CROSS JOIN LATERAL unnest(ARRAY[e.key, e.value #>> '{name,zh-CN}', e.value #>> '{name,en}']) w
		WHERE p_what = 'records' AND json_typeof(k.data -> 'fields') = 'object'
	) q WHERE q.norm <> '' ORDER BY q.norm, q.part, q.rank, q.field
$$;

-- Kinds by their words.
CREATE OR REPLACE FUNCTION core.import_kinds() RETURNS TABLE (norm text, id int)
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT DISTINCT ON (1) core.norm(w), k.id FROM core.kind k
	CROSS JOIN LATERAL unnest(ARRAY[k.code, k.data #>> '{name,zh-CN}', k.data #>> '{name,en}']) w
	WHERE w IS NOT NULL ORDER BY 1, k.rank
$$;

-- A day as people and spreadsheets write it: 2026-05-01, 2026/5/1, 2026.5.1, 20260501, 2026年5月1日.
CREATE OR REPLACE FUNCTION core.import_day(p_text text) RETURNS date
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, core AS $$
DECLARE
	m text[] := regexp_match(p_text, '^(\d{4})(?:[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d\d)(\d\d))(?: 0?0:00(?::00)?)?$');
BEGIN
	RETURN make_date(m[1]::int, coalesce(m[2], m[4])::int, coalesce(m[3], m[5])::int);
EXCEPTION WHEN datetime_field_overflow THEN
	RETURN NULL;
END
$$;

-- The same with the hour: "2026/5/1 9:30", in the deployment's zone.
CREATE OR REPLACE FUNCTION core.import_time(p_text text) RETURNS timestamptz
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
DECLARE
	m text[] := regexp_match(p_text, '^(\S+?)[ T](\d{1,2})[:：](\d\d)(?:[:：](\d\d))?$');
BEGIN
	IF m[2]::int > 23 OR m[3]::int > 59 OR m[4]::int > 59 THEN
		RETURN NULL;
	END IF;
	RETURN (core.import_day(m[1]) + make_time(m[2]::int, m[3]::int, coalesce(m[4], '0')::int))
		AT TIME ZONE (SELECT s.timezone FROM core.site s);
END
$$;

CREATE OR REPLACE FUNCTION core.import_number(p_text text) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN p_text ~ '^-?\d{1,12}(\.\d{1,9})?$' THEN p_text::numeric END $$;

-- A value of a field of the kind's data by its type: JSON, or NULL when it is none.
-- In PL/pgSQL, whose plans are kept: it is called for each cell.
CREATE OR REPLACE FUNCTION core.import_typed(p_type text, p_text text) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
BEGIN
	RETURN CASE p_type
		WHEN 'number' THEN to_jsonb(core.import_number(p_text))
		WHEN 'integer' THEN CASE WHEN p_text ~ '^-?\d{1,15}$' THEN to_jsonb(p_text::bigint) END
		WHEN 'date' THEN to_jsonb(core.import_day(p_text))
		WHEN 'boolean' THEN (SELECT to_jsonb(w.value = 'true') FROM core.import_word w
			WHERE w.field = 'boolean' AND w.said = lower(p_text))
		ELSE CASE WHEN length(p_text) <= 500 THEN to_jsonb(p_text) END END;
END
$$;

-- ---- the jobs process ----------------------------------------------------------------------
-- The file of a job that p_who holds; QR409: he does not.
CREATE OR REPLACE FUNCTION core.import_of(p_id bigint, p_who text) RETURNS core.import_file
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	f core.import_file;
BEGIN
	SELECT x.* INTO f FROM core.job j JOIN core.import_file x ON x.id = (j.args ->> 'import')::bigint
	WHERE j.id = p_id AND j.kind = 'import' AND j.leased_by = p_who AND j.done_at IS NULL
	FOR UPDATE OF x;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'job % is not leased to %', p_id, p_who USING ERRCODE = 'QR409';
	END IF;
	RETURN f;
END
$$;

-- What is to be done now: "read" (with the file), "do" (api.import_job_do), or "none". A reading that
-- was broken off begins again.
CREATE OR REPLACE FUNCTION api.import_job(p_id bigint, p_who text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	f core.import_file := core.import_of(p_id, p_who);
BEGIN
	IF (SELECT j.attempts FROM core.job j WHERE j.id = p_id) > 3 AND f.state IN ('waiting', 'reading', 'applying', 'undoing') THEN
		-- it broke again and again: nothing of it was done
		UPDATE core.import_file SET why = 'broken', state = CASE f.state WHEN 'applying' THEN 'shown'
			WHEN 'undoing' THEN 'applied' ELSE 'failed' END WHERE id = f.id RETURNING * INTO f;
	END IF;
	IF f.state IN ('waiting', 'reading') THEN
		DELETE FROM core.import_line l WHERE l.file_id = f.id;
		UPDATE core.import_file SET state = 'reading' WHERE id = f.id;
	END IF;
	RETURN '{"import":' || f.id || ',"do":"' || CASE WHEN f.state IN ('waiting', 'reading') THEN 'read'
		WHEN f.state IN ('applying', 'undoing') THEN 'do' ELSE 'none' END || '"}';
END
$$;

CREATE OR REPLACE FUNCTION api.import_job_file(p_id bigint, p_who text) RETURNS bytea
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	f core.import_file := core.import_of(p_id, p_who);
BEGIN
	RETURN f.bytes;
END
$$;

-- What stands over the columns. False: no table of this sort; the file then says why.
CREATE OR REPLACE FUNCTION api.import_job_heads(p_id bigint, p_who text, p_encoding text,
	p_separator text, p_heads jsonb) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	f core.import_file := core.import_of(p_id, p_who);
	tops jsonb;
	fields text[];
	lacking text;
	twice text;
BEGIN
	SELECT jsonb_agg(jsonb_build_object('head', h.head, 'field', x.field) ORDER BY h.n),
		array_agg(x.field) FILTER (WHERE x.field IS NOT NULL)
	INTO tops, fields
	FROM jsonb_array_elements_text(p_heads) WITH ORDINALITY AS h (head, n)
	LEFT JOIN core.import_fields(f.what) x ON x.norm = core.norm(h.head);
	SELECT min(h.head) INTO twice FROM jsonb_to_recordset(tops) AS h (head text, field text)
	WHERE h.field IS NOT NULL AND (SELECT count(*) FROM unnest(fields) u WHERE u = h.field) > 1;
	SELECT c.name ->> 'zh-CN' INTO lacking FROM core.import_column c
	WHERE c.what = f.what AND c.needed AND c.field <> ALL (coalesce(fields, '{}'))
	ORDER BY c.rank LIMIT 1;
	UPDATE core.import_file SET encoding = p_encoding, separator = p_separator, heads = tops,
		state = CASE WHEN fields IS NULL OR twice IS NOT NULL OR lacking IS NOT NULL THEN 'failed' ELSE 'reading' END,
		why = CASE WHEN fields IS NULL THEN 'no_heads' WHEN twice IS NOT NULL THEN 'head_twice'
			WHEN lacking IS NOT NULL THEN 'head_missing' END,
		detail = CASE WHEN fields IS NOT NULL THEN coalesce(twice, lacking) END
	WHERE id = f.id;
	RETURN fields IS NOT NULL AND twice IS NULL AND lacking IS NULL;
END
$$;

-- Lines: [[line, ["cell", ..]], ..]. Lines of empty cells are none, nor is the last line of our exports. A leading apostrophe that keeps a
-- spreadsheet from reading a formula (as our exports write it) is no part of the text.
CREATE OR REPLACE FUNCTION api.import_job_rows(p_id bigint, p_who text, p_rows jsonb) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	f core.import_file := core.import_of(p_id, p_who);
	width constant int := jsonb_array_length(f.heads);
	n int;
BEGIN
	INSERT INTO core.import_line (file_id, line, cells, bad)
	SELECT f.id, (r ->> 0)::int, coalesce(c.cells, '{}'),
		CASE WHEN jsonb_array_length(r -> 1) > width AND EXISTS (SELECT FROM
			jsonb_array_elements_text(r -> 1) WITH ORDINALITY AS x (t, i) WHERE i > width AND x.t <> '')
			THEN 'too_many_cells' END
	FROM jsonb_array_elements(p_rows) r
	CROSS JOIN LATERAL (
		SELECT jsonb_object_agg(h.h ->> 'field', coalesce(regexp_replace(core.some(x.t), '^''(?=[=+@\t\r-])', ''), ''))
			FILTER (WHERE h.h ->> 'field' IS NOT NULL) AS cells
		FROM jsonb_array_elements(f.heads) WITH ORDINALITY AS h (h, i)
		LEFT JOIN jsonb_array_elements_text(r -> 1) WITH ORDINALITY AS x (t, i) ON x.i = h.i
	) c
	WHERE EXISTS (SELECT FROM jsonb_array_elements_text(r -> 1) x WHERE core.some(x) IS NOT NULL)
		AND r -> 1 ->> 0 !~ '^(完，共\d+行|complete, \d+ rows)$'
	ON CONFLICT DO NOTHING;
	GET DIAGNOSTICS n = ROW_COUNT;
	RETURN n;
END
$$;

-- The file cannot be read at all.
CREATE OR REPLACE FUNCTION api.import_job_fail(p_id bigint, p_who text, p_why text, p_detail text)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	f core.import_file := core.import_of(p_id, p_who);
BEGIN
	UPDATE core.import_file SET state = 'failed', why = p_why, detail = left(p_detail, 300)
	WHERE id = f.id AND state IN ('waiting', 'reading');
END
$$;

-- Whose act it is from here on; NULL: the account may not do it any more.
CREATE OR REPLACE FUNCTION core.import_enter(f core.import_file) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	a core.account;
BEGIN
	SELECT * INTO a FROM core.account c WHERE c.id = f.account AND c.ended_at IS NULL
		AND c.valid_from <= core.today() AND (c.valid_to IS NULL OR c.valid_to >= core.today())
		AND EXISTS (SELECT FROM core.role_right r WHERE r.role = c.role AND r.can = 'import')
		AND EXISTS (SELECT FROM core.org o WHERE o.id = f.office_id AND o.path @> ARRAY[c.org_id]);
	IF NOT FOUND THEN
		RETURN NULL;
	END IF;
	PERFORM set_config('qr.account', a.id::text, true), set_config('qr.scope_org', f.office_id::text, true),
		set_config('qr.scope_party', '', true), set_config('qr.role', a.role, true),
		set_config('qr.login', a.login, true), set_config('qr.session', '', true);
	RETURN a.login;
END
$$;

-- What each line would do now, in pg_temp.work_line; its hash says whether anything moved.
CREATE OR REPLACE FUNCTION core.import_judge(f core.import_file) RETURNS bytea
LANGUAGE plpgsql SET search_path = pg_catalog, core SET client_min_messages = warning AS $$
BEGIN
	DROP TABLE IF EXISTS pg_temp.work_line;
	CREATE TEMPORARY TABLE work_line (line int PRIMARY KEY, fate text NOT NULL, reason text, detail text,
		target text, change jsonb) ON COMMIT DROP;
	CASE f.what
	WHEN 'offices' THEN
		PERFORM core.import_judge_offices(f);
	WHEN 'records' THEN
		PERFORM core.import_judge_records(f);
	ELSE
		PERFORM core.import_judge_facilities(f);
	END CASE;
	ANALYZE pg_temp.work_line;
	RETURN sha256(convert_to(coalesce((SELECT string_agg(concat_ws(chr(31), w.line, w.fate, w.reason, w.detail,
		w.target, w.change), chr(30) ORDER BY w.line) FROM pg_temp.work_line w), ''), 'UTF8'));
END
$$;

CREATE OR REPLACE FUNCTION core.import_show(f core.import_file, p_mark bytea, p_moved boolean)
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
BEGIN
	UPDATE core.import_line l SET fate = w.fate, reason = w.reason, detail = left(w.detail, 300),
		target = w.target, change = w.change
	FROM pg_temp.work_line w WHERE l.file_id = f.id AND l.line = w.line;
	UPDATE core.import_file x SET state = 'shown', mark = p_mark, moved = p_moved, rows = q.n,
		created = q.created, changed = q.changed, unchanged = q.unchanged, refused = q.refused
	FROM (SELECT count(*) AS n, count(*) FILTER (WHERE w.fate = 'created') AS created,
			count(*) FILTER (WHERE w.fate = 'changed') AS changed,
			count(*) FILTER (WHERE w.fate = 'unchanged') AS unchanged,
			count(*) FILTER (WHERE w.fate = 'refused') AS refused FROM pg_temp.work_line w) q
	WHERE x.id = f.id;
END
$$;

-- The end of a reading, an application, an undoing.
-- jit: the plans are long and run once, so compiling them costs more than all of the rest.
CREATE OR REPLACE FUNCTION api.import_job_do(p_id bigint, p_who text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core SET work_mem = '64MB' SET jit = off AS $$
DECLARE
	f core.import_file := core.import_of(p_id, p_who);
	mark bytea;
BEGIN
	IF f.state NOT IN ('reading', 'applying', 'undoing') THEN
		RETURN f.state;
	END IF;
	IF core.import_enter(f) IS NULL THEN
		UPDATE core.import_file SET state = CASE WHEN f.state = 'undoing' THEN 'applied' ELSE 'failed' END,
			why = 'right' WHERE id = f.id;
		RETURN 'failed';
	END IF;
	IF f.state = 'undoing' THEN
		PERFORM core.import_undo(f);
	ELSE
		-- what is written at the same time waits until this has been looked at and done
		PERFORM pg_advisory_xact_lock(hashtext('qr import'), hashtext(f.office_id::text));
		mark := core.import_judge(f);
		IF f.state = 'reading' THEN
			PERFORM core.import_show(f, mark, false);
		ELSIF mark <> f.mark THEN
			PERFORM core.import_show(f, mark, true);
		ELSE
			PERFORM core.import_apply(f);
		END IF;
	END IF;
	RETURN (SELECT x.state FROM core.import_file x WHERE x.id = f.id);
END
$$;
