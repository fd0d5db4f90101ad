-- Import of records and of photos for them; the manual is in import.sql.

-- Fills pg_temp.work_record (one row a line, with what was found out) and pg_temp.work_result.
CREATE OR REPLACE FUNCTION core.import_records_check(p_source text, p_on_change text)
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
#variable_conflict use_column
DECLARE
	day constant date := core.today();
	zone constant text := (SELECT s.timezone FROM core.site s);
BEGIN
	DROP TABLE IF EXISTS pg_temp.work_record, pg_temp.work_result;
	CREATE TEMPORARY TABLE work_result ON COMMIT DROP AS
	SELECT s.line, r.pos, r.v ->> 'item' AS item, nullif(r.v ->> 'op', '=') AS op,
		core.some(r.v ->> 'num') AS num, core.some(r.v ->> 'word') AS word,
		i.id AS item_id, w.code AS word_code, w.sense, coalesce(r.v ->> 'unit', i.unit) AS unit,
		NULL::text AS verdict, NULL::int AS limit_id
	FROM pg_temp.stage_record s
	CROSS JOIN LATERAL jsonb_array_elements(CASE WHEN jsonb_typeof(s.results) = 'array'
		THEN s.results ELSE '[]' END) WITH ORDINALITY AS r (v, pos)
	LEFT JOIN core.item i ON i.code = r.v ->> 'item'
	LEFT JOIN core.word w ON w.code = core.some(r.v ->> 'word');
	ANALYZE pg_temp.work_result;

	CREATE TEMPORARY TABLE work_record ON COMMIT DROP AS
	WITH tidy AS (
		SELECT s.line, core.some(s.key) AS key,
			coalesce(core.some(s.facility_source), p_source) AS facility_source,
			core.some(s.facility_key) AS facility_key,
			upper(core.some(s.facility_code)) AS facility_code, core.some(s.type) AS type,
			s.performed_from, s.performed_to,
			coalesce((s.performed_to AT TIME ZONE zone)::date, s.performed_on) AS on_date,
			s.received_at, s.published_at, coalesce(s.parties, '[]') AS parties,
			coalesce(s.fields, '{}') AS fields, coalesce(s.results, '[]') AS results,
			coalesce(s.flags, '[]') AS flags, coalesce(s.photos, '[]') AS photos
		FROM pg_temp.stage_record s
	), told AS (
		-- what is wrong with the results of a line
		SELECT r.line, CASE
			WHEN bool_or(r.item_id IS NULL) THEN 'unknown_item'
			WHEN bool_or(r.word IS NOT NULL AND r.word_code IS NULL) THEN 'unknown_word'
			WHEN bool_or((r.num IS NULL) = (r.word IS NULL)
				OR (r.op IS NOT NULL AND (r.num IS NULL OR r.op NOT IN ('<', '<=', '>', '>=')))
				OR r.num !~ '^-?[0-9]{1,12}(\.[0-9]{1,9})?$'
				OR NOT EXISTS (SELECT FROM core.unit u WHERE r.unit IS NULL OR u.code = r.unit))
				OR count(*) <> count(DISTINCT r.item_id) THEN 'bad_results' END AS bad,
			min(coalesce(r.item, '?')) FILTER (WHERE r.item_id IS NULL) AS item,
			min(r.word) FILTER (WHERE r.word_code IS NULL) AS word
		FROM pg_temp.work_result r GROUP BY r.line
	), checked AS (
		SELECT t.*, f.id AS facility_id, f.code::text AS code, f.kind_id, o.path,
			i.record_id AS known, i.sha256 AS old_sha,
			sha256(convert_to(jsonb_build_array(f.id, t.type, extract(epoch FROM t.performed_from),
				extract(epoch FROM t.performed_to), t.on_date, extract(epoch FROM t.received_at),
				extract(epoch FROM t.published_at), t.parties, t.fields, t.results, t.flags,
				t.photos)::text, 'UTF8')) AS sha,
			CASE
			WHEN t.key IS NULL THEN 'no_key'
			WHEN t.facility_key IS NULL AND t.facility_code IS NULL THEN 'no_facility'
			WHEN f.id IS NULL THEN 'unknown_facility'
			WHEN t.type IS NULL OR k.data -> 'types' -> t.type IS NULL THEN 'bad_type'
			WHEN t.on_date IS NULL THEN 'no_date'
			WHEN t.on_date > day THEN 'date_in_future'
			WHEN t.on_date < '1950-01-01' THEN 'date_too_old'
			WHEN t.performed_from > t.performed_to
				OR (t.performed_from AT TIME ZONE zone)::date > t.on_date THEN 'end_before_start'
			WHEN jsonb_typeof(t.parties) <> 'array' OR EXISTS (
				SELECT FROM jsonb_array_elements(CASE WHEN jsonb_typeof(t.parties) = 'array'
					THEN t.parties ELSE '[]' END) p
				WHERE coalesce(p ->> 'role', '') !~ '^[a-z][a-z_]*$'
					OR core.some(p ->> 'name') IS NULL) THEN 'bad_parties'
			WHEN jsonb_typeof(t.fields) <> 'object' THEN 'bad_fields'
			WHEN jsonb_typeof(t.results) <> 'array' THEN 'bad_results'
			WHEN told.bad IS NOT NULL THEN told.bad
			WHEN jsonb_typeof(t.flags) <> 'array' OR EXISTS (
				SELECT FROM jsonb_array_elements_text(CASE WHEN jsonb_typeof(t.flags) = 'array'
					THEN t.flags ELSE '[]' END) x
				WHERE x !~ '^[a-z][a-z0-9_]*(:[a-z0-9_]+)?$') THEN 'bad_flags'
			WHEN jsonb_typeof(t.photos) <> 'array' THEN 'bad_photos'
			WHEN EXISTS (SELECT FROM jsonb_array_elements(t.photos) p
				WHERE k.data -> 'slots' -> (p ->> 'slot') IS NULL) THEN 'bad_slot'
			WHEN EXISTS (SELECT FROM jsonb_array_elements(t.photos) p
				WHERE (SELECT o.w FROM core.photo o WHERE o.sha256 = core.hex32(p ->> 'sha256')) IS NULL)
				THEN 'unknown_photo'
			END AS bad,
			CASE WHEN f.id IS NULL THEN coalesce(t.facility_key, t.facility_code)
				WHEN t.type IS NULL OR k.data -> 'types' -> t.type IS NULL THEN t.type
				WHEN t.on_date IS NULL OR t.on_date > day OR t.on_date < '1950-01-01'
					THEN t.on_date::text
				ELSE coalesce(told.item, told.word) END AS hint
		FROM tidy t
		LEFT JOIN told ON told.line = t.line
		LEFT JOIN core.import_source fi ON t.facility_key IS NOT NULL
			AND fi.source = t.facility_source AND fi.kind = 'facility' AND fi.key = t.facility_key
		LEFT JOIN core.facility fc ON t.facility_key IS NULL AND fc.code = t.facility_code
		LEFT JOIN core.facility f ON f.id = coalesce(fi.facility_id, fc.id)
		LEFT JOIN core.kind k ON k.id = f.kind_id
		LEFT JOIN core.place p ON p.id = f.place_id
		LEFT JOIN core.org o ON o.id = p.org_id
		LEFT JOIN core.import_source i ON i.source = p_source AND i.kind = 'record' AND i.key = t.key
	), first AS (
		SELECT c.*, row_number() OVER w AS nth, first_value(c.line) OVER w AS first_line,
			first_value(c.sha) OVER w AS first_sha
		FROM checked c
		WINDOW w AS (PARTITION BY c.key ORDER BY (c.bad IS NOT NULL), c.line)
	)
	SELECT f.*, coalesce(old.pending_rev, old.rev) AS old_rev, old.seq AS old_seq,
		CASE WHEN f.bad IS NOT NULL THEN f.bad
			WHEN f.nth > 1 AND f.sha = f.first_sha THEN 'duplicate_row'
			WHEN f.nth > 1 THEN 'duplicate_key'
			WHEN f.known IS NOT NULL AND f.sha <> f.old_sha AND (p_on_change <> 'revise'
				OR (old.facility_id, old.type) <> (f.facility_id, f.type)) THEN 'changed'
		END AS reason,
		CASE WHEN f.bad IS NOT NULL THEN f.hint WHEN f.nth > 1 THEN 'line ' || f.first_line
			ELSE f.key END AS detail,
		CASE WHEN f.known IS NULL THEN 'created' WHEN f.sha = f.old_sha THEN 'unchanged'
			ELSE 'changed' END AS fate,
		NULL::uuid AS id, NULL::int AS seq, 1 AS rev, 'none'::text AS verdict
	FROM first f
	LEFT JOIN core.record old ON old.id = f.known;
	ANALYZE pg_temp.work_record;
END
$$;

-- Judges the results of the rows that are to be written, by the limit in force on the day.
CREATE OR REPLACE FUNCTION core.import_records_judge() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
BEGIN
	UPDATE pg_temp.work_result t SET limit_id = j.limit_id, verdict = j.verdict
	FROM (
		SELECT x.line, x.pos, l.id AS limit_id, CASE WHEN l.id IS NULL THEN 'none' ELSE
			core.verdict(x.op, x.num::numeric, x.sense, l.op, l.lo, l.hi) END AS verdict
		FROM pg_temp.work_result x
		JOIN pg_temp.work_record w ON w.line = x.line AND w.reason IS NULL AND w.fate <> 'unchanged'
		LEFT JOIN LATERAL (
			SELECT q.* FROM core.limit_item q
			WHERE q.item_id = x.item_id AND q.org_id = ANY (w.path) AND w.on_date >= q.valid_from
				AND (q.valid_to IS NULL OR w.on_date <= q.valid_to)
			ORDER BY array_position(w.path, q.org_id) DESC LIMIT 1
		) l ON true
	) j
	WHERE t.line = j.line AND t.pos = j.pos;
	UPDATE pg_temp.work_record w SET verdict = v.verdict
	FROM (SELECT x.line, CASE WHEN bool_or(x.verdict = 'fail') THEN 'fail'
			WHEN bool_or(x.verdict = 'pass') THEN 'pass' ELSE 'none' END AS verdict
		FROM pg_temp.work_result x GROUP BY x.line) v
	WHERE v.line = w.line;
	ANALYZE pg_temp.work_result;
END
$$;

-- Writes the accepted rows: heads, revisions, parties, results, photos.
CREATE OR REPLACE FUNCTION core.import_records_write(p_source text, p_batch bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	at constant timestamptz := core.now();
	w record;
BEGIN
	PERFORM core.import_parties(p_source, array_agg(p ->> 'name' ORDER BY x.line, n), NULL::text[])
	FROM pg_temp.work_record x CROSS JOIN LATERAL
		jsonb_array_elements(x.parties) WITH ORDINALITY AS p (p, n)
	WHERE x.reason IS NULL AND x.fate <> 'unchanged';

	-- the lock on the facility orders the numbers of its records, so that none is missing
	PERFORM FROM core.facility f WHERE f.id IN (SELECT x.facility_id FROM pg_temp.work_record x
		WHERE x.reason IS NULL AND x.fate <> 'unchanged') ORDER BY f.id FOR NO KEY UPDATE;
	UPDATE pg_temp.work_record x SET id = gen_random_uuid(), seq = n.seq
	FROM (SELECT y.line, f.last_seq + row_number() OVER (PARTITION BY y.facility_id
			ORDER BY y.on_date, y.line) AS seq
		FROM pg_temp.work_record y JOIN core.facility f ON f.id = y.facility_id
		WHERE y.reason IS NULL AND y.fate = 'created') n
	WHERE n.line = x.line;
	UPDATE core.facility f SET last_seq = n.seq
	FROM (SELECT x.facility_id, max(x.seq) AS seq FROM pg_temp.work_record x
		WHERE x.reason IS NULL AND x.fate = 'created' GROUP BY x.facility_id) n
	WHERE f.id = n.facility_id;
	UPDATE pg_temp.work_record x SET id = x.known, seq = x.old_seq, rev = x.old_rev + 1
	WHERE x.reason IS NULL AND x.fate = 'changed';

	INSERT INTO core.record (id, facility_id, seq, type, source, created_at, rev, state, on_date,
		verdict, published_at)
	SELECT x.id, x.facility_id, x.seq, x.type, p_source, at, 1, 'published', x.on_date, x.verdict,
		coalesce(x.published_at, at)
	FROM pg_temp.work_record x WHERE x.reason IS NULL AND x.fate = 'created';
	UPDATE core.record r SET rev = x.rev, state = 'published', on_date = x.on_date,
		verdict = x.verdict, pending_rev = NULL, pending_state = NULL
	FROM pg_temp.work_record x WHERE x.reason IS NULL AND x.fate = 'changed' AND r.id = x.id;

	INSERT INTO core.revision (record_id, rev, state, performed_from, performed_to, on_date,
		received_at, published_at, fields, flags, verdict, reason, made_at, canonical, hash, prev)
	SELECT c.id, c.rev, 'published', c.performed_from, c.performed_to, c.on_date, c.got, c.out,
		c.fields, c.flag_list, c.verdict, c.why, at, c.text, sha256(convert_to(c.text, 'UTF8')), c.prev
	FROM (
		SELECT v.*, core.canonical(v.code, v.id, v.seq, v.rev, v.type, p_source, 'published',
			v.performed_from, v.performed_to, v.on_date, v.got, v.out, pa.list, v.fields, re.list,
			v.flag_list, v.verdict, v.why, v.prev, NULL, NULL, NULL, NULL) AS text
		FROM (
			SELECT x.*, coalesce(x.received_at, at) AS got,
				CASE WHEN x.rev = 1 THEN coalesce(x.published_at, at) ELSE at END AS out,
				ARRAY(SELECT g FROM jsonb_array_elements_text(x.flags) g) AS flag_list,
				CASE WHEN x.rev > 1 THEN 'changed in the source ' || p_source END AS why,
				CASE WHEN x.rev > 1 THEN core.head(x.id, x.rev - 1) END AS prev
			FROM pg_temp.work_record x
			WHERE x.reason IS NULL AND x.fate <> 'unchanged'
		) v
		LEFT JOIN LATERAL (
			SELECT string_agg(core.canonical_party(p ->> 'role', btrim(p ->> 'name'),
				core.some(p ->> 'filing')), ',' ORDER BY n) AS list
			FROM jsonb_array_elements(v.parties) WITH ORDINALITY AS p (p, n)
		) pa ON true
		LEFT JOIN (
			SELECT s.line, string_agg(core.canonical_result(s.item, s.op, s.num::numeric, s.word_code,
				s.unit, s.verdict), ',' ORDER BY s.pos) AS list
			FROM pg_temp.work_result s WHERE s.verdict IS NOT NULL GROUP BY s.line
		) re ON re.line = v.line
	) c;

	INSERT INTO core.revision_party (record_id, rev, pos, role, party_id, name, filing)
	SELECT x.id, x.rev, p.n, p.p ->> 'role', a.party_id, btrim(p.p ->> 'name'),
		core.some(p.p ->> 'filing')
	FROM pg_temp.work_record x
	CROSS JOIN LATERAL jsonb_array_elements(x.parties) WITH ORDINALITY AS p (p, n)
	JOIN core.party_alias a ON a.source = p_source
		AND a.norm = coalesce(nullif(core.norm(p.p ->> 'name'), ''), p.p ->> 'name')
	WHERE x.reason IS NULL AND x.fate <> 'unchanged';

	INSERT INTO core.result (record_id, rev, pos, item_id, op, num, word, unit, verdict, limit_id)
	SELECT x.id, x.rev, s.pos, s.item_id, s.op, s.num::numeric, s.word_code, s.unit, s.verdict,
		s.limit_id
	FROM pg_temp.work_result s JOIN pg_temp.work_record x ON x.line = s.line
	WHERE x.reason IS NULL AND x.fate <> 'unchanged';

	-- photos of the row; a new revision keeps those of the one before
	FOR w IN
		SELECT x.id, p.slot, p.sha256, p.taken FROM pg_temp.work_record x
		JOIN core.record_photo p ON x.rev > 1 AND p.record_id = x.id AND p.rev = x.rev - 1
		WHERE x.reason IS NULL AND x.fate = 'changed' ORDER BY x.id, p.pos
	LOOP
		PERFORM core.photo_attach(w.id, w.slot, w.sha256, w.taken);
	END LOOP;
	FOR w IN
		SELECT x.id, p.p ->> 'slot' AS slot, decode(p.p ->> 'sha256', 'hex') AS sha256,
			(p.p ->> 'taken')::timestamptz AS taken
		FROM pg_temp.work_record x
		CROSS JOIN LATERAL jsonb_array_elements(x.photos) WITH ORDINALITY AS p (p, n)
		WHERE x.reason IS NULL AND x.fate <> 'unchanged' ORDER BY x.line, p.n
	LOOP
		PERFORM core.photo_attach(w.id, w.slot, w.sha256, w.taken);
	END LOOP;

	INSERT INTO core.import_source AS i (source, kind, key, sha256, batch_id, record_id)
	SELECT p_source, 'record', x.key, x.sha, p_batch, x.id
	FROM pg_temp.work_record x WHERE x.reason IS NULL AND x.fate <> 'unchanged'
	ON CONFLICT (source, kind, key) DO UPDATE SET sha256 = excluded.sha256,
		batch_id = excluded.batch_id;
END
$$;

CREATE OR REPLACE FUNCTION api.import_records(p_batch bigint, p_on_change text, p_skip_bad boolean)
RETURNS TABLE (line bigint, reason text, detail text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core
SET client_min_messages = warning SET work_mem = '64MB' AS $$
#variable_conflict use_column
DECLARE
	src constant text := core.import_source_of(p_batch, 'records');
	bads bigint;
	total bigint;
	apply boolean;
BEGIN
	IF p_on_change NOT IN ('refuse', 'revise') THEN
		RAISE EXCEPTION 'on change: refuse or revise, not %', p_on_change USING ERRCODE = 'QR422';
	END IF;
	ANALYZE pg_temp.stage_record;
	PERFORM core.import_records_check(src, p_on_change);
	SELECT count(*), count(*) FILTER (WHERE w.reason IS NOT NULL) INTO total, bads
	FROM pg_temp.work_record w;
	apply := bads = 0 OR p_skip_bad;
	IF apply THEN
		PERFORM core.import_records_judge();
		PERFORM core.import_records_write(src, p_batch);
		IF total > 1000 THEN
			-- in the same transaction, or the planner takes these tables to be empty
			ANALYZE core.record, core.revision, core.revision_party, core.result, core.record_photo,
				core.import_source, core.document;
		END IF;
		PERFORM core.publish('facilities', array_agg(DISTINCT w.facility_id))
		FROM pg_temp.work_record w WHERE w.reason IS NULL AND w.fate <> 'unchanged';
	END IF;
	PERFORM core.import_end(p_batch, total,
		count(*) FILTER (WHERE apply AND w.reason IS NULL AND w.fate = 'created'),
		count(*) FILTER (WHERE apply AND w.reason IS NULL AND w.fate = 'changed'),
		count(*) FILTER (WHERE w.reason IS NULL AND w.fate = 'unchanged'), bads, apply)
	FROM pg_temp.work_record w;
	RETURN QUERY SELECT w.line, w.reason, w.detail FROM pg_temp.work_record w
		WHERE w.reason IS NOT NULL ORDER BY w.line;
END
$$;

CREATE OR REPLACE FUNCTION api.import_photos(p_batch bigint, p_skip_bad boolean)
RETURNS TABLE (line bigint, reason text, detail text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core
SET client_min_messages = warning AS $$
#variable_conflict use_column
DECLARE
	src constant text := core.import_source_of(p_batch, 'photos');
	bads bigint;
	total bigint;
	done bigint := 0;
	apply boolean;
	w record;
BEGIN
	ANALYZE pg_temp.stage_photo;
	DROP TABLE IF EXISTS pg_temp.work_photo;
	CREATE TEMPORARY TABLE work_photo ON COMMIT DROP AS
	SELECT s.line, r.id, r.facility_id, core.some(s.slot) AS slot, o.sha256, s.taken,
		CASE WHEN r.id IS NULL THEN 'unknown_record'
			WHEN k.data -> 'slots' -> core.some(s.slot) IS NULL THEN 'bad_slot'
			WHEN o.sha256 IS NULL THEN 'unknown_photo' END AS reason,
		CASE WHEN r.id IS NULL THEN coalesce(s.record_key, s.record_id::text)
			WHEN k.data -> 'slots' -> core.some(s.slot) IS NULL THEN s.slot ELSE s.sha256 END AS detail
	FROM pg_temp.stage_photo s
	LEFT JOIN core.import_source i ON i.source = coalesce(core.some(s.record_source), src)
		AND i.kind = 'record' AND i.key = core.some(s.record_key)
	LEFT JOIN core.record r ON r.id = coalesce(s.record_id, i.record_id)
	LEFT JOIN core.facility f ON f.id = r.facility_id
	LEFT JOIN core.kind k ON k.id = f.kind_id
	LEFT JOIN core.photo o ON o.sha256 = core.hex32(s.sha256);
	ANALYZE pg_temp.work_photo;
	SELECT count(*), count(*) FILTER (WHERE p.reason IS NOT NULL) INTO total, bads
	FROM pg_temp.work_photo p;
	apply := bads = 0 OR p_skip_bad;
	IF apply THEN
		PERFORM FROM core.facility f WHERE f.id IN (SELECT p.facility_id FROM pg_temp.work_photo p)
		ORDER BY f.id FOR NO KEY UPDATE;
		FOR w IN SELECT * FROM pg_temp.work_photo p WHERE p.reason IS NULL ORDER BY p.line LOOP
			done := done + core.photo_attach(w.id, w.slot, w.sha256, w.taken)::int;
		END LOOP;
		PERFORM core.publish('facilities', array_agg(DISTINCT p.facility_id))
		FROM pg_temp.work_photo p WHERE p.reason IS NULL;
	END IF;
	PERFORM core.import_end(p_batch, total, done, 0, CASE WHEN apply THEN total - bads - done ELSE 0 END,
		bads, apply);
	RETURN QUERY SELECT p.line, p.reason, p.detail FROM pg_temp.work_photo p
		WHERE p.reason IS NOT NULL ORDER BY p.line;
END
$$;
