-- Records of a file: what was done before, typed off paper or out of another program. Judged and
-- written by the import of records (import_records.sql), after scope and words were looked at here.
-- A record that is there with the same content is unchanged, with another one refused: what is public
-- is corrected on its own page.

-- "<0.5", "≤ 5", "未检出": an object of stage_record.results.
CREATE OR REPLACE FUNCTION core.import_result(p_item text, p_said text) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
DECLARE
	m text[] := regexp_match(p_said, '^(<=|>=|<|>|≤|≥|＜|＞)?\s*(-?\d+(?:\.\d+)?)$');
	word text;
BEGIN
	IF m IS NOT NULL THEN
		RETURN jsonb_strip_nulls(jsonb_build_object('item', p_item, 'op', CASE m[1] WHEN '≤' THEN '<=' WHEN '≥' THEN '>='
			WHEN '＜' THEN '<' WHEN '＞' THEN '>' ELSE m[1] END, 'num', m[2]));
	END IF;
	SELECT w.code INTO word FROM core.word w
	WHERE core.norm(p_said) IN (core.norm(w.code), core.norm(w.name ->> 'zh-CN'), core.norm(w.name ->> 'en'))
	ORDER BY w.rank LIMIT 1;
	RETURN jsonb_build_object('item', p_item, 'word', coalesce(word, p_said));
END
$$;

-- Parties, results and fields of a line; bad: the first field that does not fit.
CREATE OR REPLACE FUNCTION core.import_parts(p_cells jsonb, p_kind json, OUT parties jsonb, OUT results jsonb,
	OUT fields jsonb, OUT bad text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
BEGIN
	SELECT coalesce(jsonb_agg(jsonb_build_object('role', substr(e.key, 7), 'name', e.value) ORDER BY e.key), '[]')
	INTO parties FROM jsonb_each_text(p_cells) e WHERE e.key LIKE 'party:%' AND e.value <> '';
	SELECT coalesce(jsonb_agg(core.import_result(substr(e.key, 6), e.value) ORDER BY e.key), '[]')
	INTO results FROM jsonb_each_text(p_cells) e WHERE e.key LIKE 'item:%' AND e.value <> '';
	SELECT coalesce(jsonb_object_agg(q.name, q.val) FILTER (WHERE q.val IS NOT NULL), '{}'),
		min(q.name || ' ' || q.said) FILTER (WHERE q.val IS NULL)
	INTO fields, bad
	FROM (SELECT substr(e.key, 7) AS name, e.value AS said, core.import_typed(d.def ->> 'type', e.value) AS val
		FROM jsonb_each_text(p_cells) e
		LEFT JOIN LATERAL (SELECT p_kind -> 'fields' -> substr(e.key, 7) AS def) d ON true
		WHERE e.key LIKE 'field:%' AND e.value <> '') q;
END
$$;

CREATE OR REPLACE FUNCTION core.import_judge_records(f core.import_file) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	src constant text := core.import_source_name(f.office_id);
	zone constant text := (SELECT s.timezone FROM core.site s);
BEGIN
	DROP TABLE IF EXISTS pg_temp.work_said;
	CREATE TEMPORARY TABLE work_said ON COMMIT DROP AS
	WITH said AS (
		SELECT l.line, l.bad, l.cells AS c,
			upper(regexp_replace(core.some(l.cells ->> 'code'), '[\s-]', '', 'g')) AS code,
			core.some(l.cells ->> 'key') AS key, core.some(l.cells ->> 'type') AS type,
			core.some(l.cells ->> 'date') AS day, core.some(l.cells ->> 'from') AS t_from,
			core.some(l.cells ->> 'to') AS t_to
		FROM core.import_line l WHERE l.file_id = f.id
	), found AS (
		SELECT s.*, t.id, t.code::text AS at, o.path, k.data AS kind,
			(SELECT e.key FROM json_each(k.data -> 'types') e WHERE core.norm(s.type) IN (core.norm(e.key),
				core.norm(e.value #>> '{name,zh-CN}'), core.norm(e.value #>> '{name,en}')) LIMIT 1) AS type_code
		FROM said s
		LEFT JOIN core.import_source i ON s.code IS NULL AND i.source = src AND i.kind = 'facility' AND i.key = s.key
		LEFT JOIN core.facility c ON c.code = s.code
		LEFT JOIN core.facility t ON t.id = coalesce(c.id, i.facility_id)
		LEFT JOIN core.place p ON p.id = t.place_id LEFT JOIN core.org o ON o.id = p.org_id
		LEFT JOIN core.kind k ON k.id = t.kind_id
	)
	SELECT g.line, g.at, g.type_code, core.import_time(g.t_from) AS t_from, core.import_time(g.t_to) AS t_to,
		core.import_day(g.day) AS day, x.parties, x.results, x.fields, CASE
		WHEN g.bad IS NOT NULL THEN ARRAY[g.bad, NULL]
		WHEN g.code IS NULL AND g.key IS NULL THEN ARRAY['no_facility', NULL]
		WHEN g.code IS NOT NULL AND NOT core.code_ok(g.code) THEN ARRAY['bad_code', g.code]
		WHEN g.id IS NULL THEN ARRAY['unknown_facility', coalesce(g.code, g.key)]
		WHEN NOT g.path @> ARRAY[f.office_id] THEN ARRAY['outside', g.at]
		WHEN g.type IS NULL THEN ARRAY['no_type', NULL]
		WHEN g.type_code IS NULL THEN ARRAY['bad_type', g.type]
		WHEN g.day IS NOT NULL AND core.import_day(g.day) IS NULL THEN ARRAY['bad_date', g.day]
		WHEN g.t_from IS NOT NULL AND core.import_time(g.t_from) IS NULL THEN ARRAY['bad_time', g.t_from]
		WHEN g.t_to IS NOT NULL AND core.import_time(g.t_to) IS NULL THEN ARRAY['bad_time', g.t_to]
		WHEN greatest(core.import_time(g.t_to), core.import_time(g.t_from)) > core.now() THEN ARRAY['date_in_future', coalesce(g.t_to, g.t_from)]
		WHEN x.bad IS NOT NULL THEN ARRAY['bad_field', x.bad]
		WHEN EXISTS (SELECT FROM jsonb_each_text(g.c) e WHERE length(e.value) > 500) THEN ARRAY['too_long', NULL]
		END AS wrong,
		coalesce(core.some(g.c ->> 'number'), concat_ws('|', '=', g.at, g.type_code, coalesce(core.import_time(g.t_to)::text,
			core.import_day(g.day)::text))) AS number
	FROM found g CROSS JOIN LATERAL core.import_parts(g.c, g.kind) x;
	PERFORM core.import_stage('stage_record');
	INSERT INTO pg_temp.stage_record (line, key, facility_code, type, performed_from, performed_to, performed_on,
		parties, fields, results)
	SELECT w.line, w.number, w.at, w.type_code, w.t_from, w.t_to, coalesce(w.day, (w.t_to AT TIME ZONE zone)::date,
		(w.t_from AT TIME ZONE zone)::date), w.parties, w.fields, w.results
	FROM pg_temp.work_said w WHERE w.wrong IS NULL;
	ANALYZE pg_temp.stage_record;
	PERFORM core.import_records_check(src, 'refuse');
	INSERT INTO pg_temp.work_line (line, fate, reason, detail, target, change)
	SELECT w.line, CASE WHEN w.wrong IS NOT NULL OR r.reason IS NOT NULL THEN 'refused' ELSE r.fate END,
		coalesce(w.wrong[1], CASE WHEN r.reason IN ('duplicate_row', 'duplicate_key') THEN 'duplicate' ELSE r.reason END),
		coalesce(w.wrong[2], CASE WHEN r.reason LIKE 'duplicate%' THEN substr(r.detail, 6)
			WHEN r.reason IS NOT NULL THEN r.detail END),
		CASE WHEN w.wrong IS NULL AND r.reason IS NULL THEN r.known::text END,
		CASE WHEN w.wrong IS NULL AND r.reason IS NULL AND r.fate = 'created' THEN jsonb_build_object(
			'facility', jsonb_build_array(NULL, w.at), 'type', jsonb_build_array(NULL, w.type_code),
			'date', jsonb_build_array(NULL, r.on_date)) END
	FROM pg_temp.work_said w LEFT JOIN pg_temp.work_record r ON r.line = w.line;
END
$$;

CREATE OR REPLACE FUNCTION core.import_apply_records(f core.import_file, p_batch bigint) RETURNS bigint[]
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
BEGIN
	PERFORM core.import_records_judge();
	PERFORM core.import_records_write(core.import_source_name(f.office_id), p_batch);
	UPDATE core.import_line l SET target = r.id::text, after = '{"rev":1}' FROM pg_temp.work_record r
	WHERE l.file_id = f.id AND l.line = r.line AND r.reason IS NULL AND r.fate = 'created';
	RETURN ARRAY(SELECT DISTINCT r.facility_id FROM pg_temp.work_record r
		WHERE r.reason IS NULL AND r.fate = 'created' ORDER BY 1);
END
$$;
