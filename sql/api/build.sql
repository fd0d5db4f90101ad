-- Builds documents from the tables, by the set. Nothing here writes: publish.sql stores what
-- comes out, verify.sql compares it with what is stored. The shapes are in sql/README.md.

-- Records of the given facilities as the objects that stand in facility, history and record
-- documents, with what those need besides. Session time zone: set by the caller.
--   n, total   place in the facility's published history (1 = oldest)
--   uncured    failed, and no later passing record has cured it
--   what       'now': counts, everywhere; 'withdrawn': has a page of its own that says so; 'old':
--              a revision that was public once, for the page of what was said before
--   rev        number of the revision among those that were public
-- n, total, due are of records that count only.
DROP FUNCTION IF EXISTS core.build_records(bigint[]);
CREATE FUNCTION core.build_records(p_ids bigint[]) RETURNS TABLE (
	id uuid, facility_id bigint, seq int, type text, on_date date, verdict text, n bigint,
	total bigint, due date, late_days int, party text, uncured boolean,
	published_at timestamptz, obj text, what text, rev bigint, at timestamptz, reason text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
#variable_conflict use_column
BEGIN
	RETURN QUERY
	WITH r AS MATERIALIZED (
		SELECT r.id, r.facility_id, r.seq, r.rev, r.type, r.on_date, r.verdict, r.published_at,
			r.source, f.kind_id, o.id AS org_id, o.path,
			row_number() OVER (PARTITION BY r.facility_id ORDER BY r.on_date, r.seq) AS n,
			count(*) OVER (PARTITION BY r.facility_id) AS total
		FROM unnest(p_ids) AS u (id)
		JOIN core.facility f ON f.id = u.id
		JOIN core.place p ON p.id = f.place_id
		JOIN core.org o ON o.id = p.org_id
		JOIN core.record r ON r.facility_id = f.id
		WHERE r.state = 'published'
	), done AS (
		-- every duty a record does: its own type, and those whose rule takes it as well
		SELECT r.id, r.type = t.type AS own,
			lag(r.on_date) OVER (PARTITION BY r.facility_id, t.type ORDER BY r.on_date, r.seq)
				AS before
		FROM r CROSS JOIN LATERAL (
			SELECT r.type
			UNION
			SELECT q.type FROM core.rule q
			WHERE r.verdict <> 'none' AND q.kind_id = r.kind_id AND r.type = ANY (q.also)
				AND q.org_id = ANY (r.path) AND r.on_date >= q.valid_from
				AND (q.valid_to IS NULL OR r.on_date <= q.valid_to)
		) t
	), timed AS (
		SELECT r.*, ru.cured_by, ru.post_hours, ru.post_work_days, 'now' AS what, du.day AS due, CASE WHEN r.on_date <= du.day THEN 0
			ELSE r.on_date - du.day END AS late_days
		FROM r JOIN done d ON d.id = r.id AND d.own
		LEFT JOIN LATERAL (
			SELECT q.months, q.days, q.work_days, q.cured_by, q.post_hours, q.post_work_days
			FROM core.rule q
			WHERE q.kind_id = r.kind_id AND q.type = r.type AND q.org_id = ANY (r.path)
				AND r.on_date >= q.valid_from AND (q.valid_to IS NULL OR r.on_date <= q.valid_to)
			ORDER BY array_position(r.path, q.org_id) DESC LIMIT 1
		) ru ON true
		CROSS JOIN LATERAL (SELECT CASE WHEN ru.work_days IS NULL THEN core.due(d.before, ru.months, ru.days)
			ELSE (core.add_working_days(r.org_id, d.before, ru.work_days)).day END AS day) du
	), gone AS (
		SELECT q.id, q.facility_id, q.seq, v.rev, q.type, v.on_date, v.verdict, q.published_at, q.source,
			CASE WHEN v.rev = q.rev THEN 'withdrawn' ELSE 'old' END AS what
		FROM core.record q
		JOIN core.revision v ON v.record_id = q.id AND v.rev <= q.rev AND v.published_at IS NOT NULL
		WHERE q.facility_id = ANY (p_ids) AND (q.rev > 1 OR q.state = 'withdrawn')
			AND q.published_at IS NOT NULL AND NOT (v.rev = q.rev AND q.state = 'published')
	), shown AS (
		SELECT t.id, t.facility_id, t.seq, t.rev, t.type, t.on_date, t.verdict, t.published_at,
			t.source, t.n, t.total, t.due, t.late_days, t.cured_by, t.post_hours, t.post_work_days, t.org_id,
			t.what FROM timed t
		UNION ALL
		SELECT g.id, g.facility_id, g.seq, g.rev, g.type, g.on_date, g.verdict, g.published_at,
			g.source, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, g.what FROM gone g
	)
	SELECT t.id, t.facility_id, t.seq, t.type, t.on_date, t.verdict, t.n, t.total, t.due,
		t.late_days, pa.first,
		t.what = 'now' AND t.verdict = 'fail' AND NOT EXISTS (
			SELECT FROM core.record y
			WHERE y.facility_id = t.facility_id AND y.on_date >= t.on_date
				AND (y.on_date, y.seq) > (t.on_date, t.seq) AND y.state = 'published'
				AND y.verdict = 'pass' AND (y.type = t.type OR y.type = ANY (t.cured_by))),
		v.published_at,
		'{' || concat_ws(',',
			'"id":"' || t.id || '"', '"seq":' || t.seq, '"rev":' || nr.n,
			core.js('type', t.type),
			core.js('from', v.performed_from),
			coalesce(core.js('to', v.performed_to), core.js('date', t.on_date)),
			core.js('received', v.received_at), core.js('published', t.published_at),
			core.js('due', t.due), '"late_days":' || t.late_days,
			CASE WHEN po.h IS NOT NULL THEN concat_ws(',', '"posted_h":' || floor(po.h),
				'"post_hours":' || t.post_hours, '"post_work_days":' || t.post_work_days,
				'"post_late_h":' || CASE WHEN t.published_at > po.until
					THEN ceil(extract(epoch FROM t.published_at - po.until) / 3600)
					WHEN po.until IS NOT NULL THEN 0 END) END,
			'"parties":[' || coalesce(pa.list, '') || ']',
			'"fields":' || CASE WHEN v.act IS NULL THEN json_strip_nulls(v.fields::json)::text
				ELSE json_strip_nulls((core.text_fields(v.record_id, v.rev, v.fields) - '#note')::json)::text END,
			'"erased":' || CASE WHEN v.act IS NOT NULL THEN core.text_gone(v.record_id, v.rev, v.fields) END,
			'"results":[' || coalesce(re.list, '') || ']',
			core.js('limits_basis', re.basis),
			core.js('verdict', t.verdict),
			'"flags":' || array_to_json(v.flags),
			'"photos":[' || coalesce(ph.list, '') || ']',
			'"photos_gone":[' || ph.gone || ']',
			'"redactions":[' || rd.list || ']',
			'"report":"' || encode(v.report, 'hex') || '"',
			CASE WHEN t.what = 'withdrawn' THEN '"withdrawn":{' || concat_ws(',',
				core.js('at', v.published_at), core.js('reason', v.reason), core.js('office', v.office))
				|| '}' END,
			CASE WHEN t.what <> 'old' THEN '"replies":[' || (SELECT string_agg(core.reply_json(y), ',' ORDER BY y.id)
				FROM core.reply y WHERE y.record_id = t.id AND (y.kind <> 'reply' OR y.shown <> 'waiting')) || ']' END,
			core.js('source', t.source),
			'"hash":"' || encode(coalesce(ph.hash, v.hash), 'hex') || '"',
			'"prev":"' || encode(v.prev, 'hex') || '"') || '}',
		t.what, nr.n, v.published_at, v.reason
	FROM shown t
	JOIN core.revision v ON v.record_id = t.id AND v.rev = t.rev
	CROSS JOIN LATERAL (
		-- how many of its revisions were public up to this one
		SELECT CASE WHEN t.rev = 1 THEN 1 ELSE (SELECT count(*) FROM core.revision y
			WHERE y.record_id = t.id AND y.rev <= t.rev AND y.published_at IS NOT NULL) END AS n
	) nr
	CROSS JOIN LATERAL (
		-- an import is published long after the work, which says nothing
		SELECT CASE WHEN t.source IS NULL AND t.what = 'now' AND t.published_at >= v.performed_to
			THEN extract(epoch FROM t.published_at - v.performed_to) / 3600 END AS h,
			CASE WHEN t.source IS NULL AND t.what = 'now' THEN core.post_deadline(t.org_id, v.performed_to,
				t.post_hours, t.post_work_days) END AS until
	) po
	CROSS JOIN LATERAL (
		SELECT string_agg('{' || concat_ws(',', core.js('role', p.role), core.js('name', p.name),
				core.js('filing', p.filing)) || '}', ',' ORDER BY p.pos) AS list,
			(array_agg(p.name ORDER BY p.pos))[1] AS first
		FROM core.revision_party p WHERE p.record_id = t.id AND p.rev = t.rev
	) pa
	CROSS JOIN LATERAL (
		SELECT string_agg('{' || concat_ws(',', core.js('item', i.code), core.js('op', s.op),
				'"num":"' || s.num || '"', core.js('word', s.word), core.js('unit', s.unit),
				'"limit":' || core.limit_json(l.op, l.lo, l.hi, l.word),
				core.js('verdict', s.verdict)) || '}', ',' ORDER BY s.pos) AS list,
			min(l.basis) AS basis
		FROM core.result s
		JOIN core.item i ON i.id = s.item_id
		LEFT JOIN core.limit_item l ON l.id = s.limit_id
		WHERE s.record_id = t.id AND s.rev = t.rev
	) re
	CROSS JOIN LATERAL (
		SELECT string_agg('{' || concat_ws(',', core.js('slot', x.slot),
				'"sha256":"' || encode(x.sha256, 'hex') || '"', '"w":' || o.w, '"h":' || o.h,
				'"taken":"' || to_char(x.taken, 'HH24:MI') || '"') || '}', ',' ORDER BY x.pos)
				FILTER (WHERE o.hidden_at IS NULL) AS list,
			string_agg('{' || core.js('slot', x.slot) || ',' || core.js('why', CASE WHEN EXISTS (SELECT
					FROM core.erasure e WHERE e.what = 'photo' AND e.sha256 = x.sha256) THEN 'erased'
					ELSE 'redacted' END) || '}', ',' ORDER BY x.pos)
				FILTER (WHERE o.hidden_at IS NOT NULL) AS gone,
			(array_agg(x.hash ORDER BY x.pos DESC))[1] AS hash
		FROM core.record_photo x JOIN core.photo o ON o.sha256 = x.sha256
		WHERE x.record_id = t.id AND x.rev = t.rev
	) ph
	CROSS JOIN LATERAL (
		SELECT string_agg('{' || concat_ws(',', core.js('slot', a.slot), core.js('at', y.made_at),
			core.js('ground', y.reason), core.js('office', y.office),
			'"boxes":' || CASE WHEN a.new_sha256 IS NOT NULL THEN jsonb_array_length(a.boxes) END) || '}',
			',' ORDER BY a.rev) AS list
		FROM core.redaction a JOIN core.revision y ON y.record_id = a.record_id AND y.rev = a.rev
		WHERE t.rev > 1 AND a.record_id = t.id AND a.rev <= t.rev
	) rd;
END
$$;

-- Names of the texts of a revision that were erased, as a JSON array; NULL: none.
CREATE OR REPLACE FUNCTION core.text_gone(p_record uuid, p_rev int, p_fields jsonb) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT '[' || string_agg(to_json(e.key)::text, ',' ORDER BY e.key) || ']' FROM jsonb_each(p_fields) e
	WHERE jsonb_typeof(e.value) = 'object' AND e.key <> '#note' AND NOT EXISTS (SELECT
		FROM core.revision_text t WHERE t.record_id = p_record AND t.rev = p_rev AND t.name = e.key)
$$;

-- The day a duty is due after a day it was done; months end where the month ends.
CREATE OR REPLACE FUNCTION core.due(p_done date, p_months smallint, p_days smallint) RETURNS date
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT CASE WHEN p_months IS NOT NULL OR p_days IS NOT NULL THEN
		(p_done + make_interval(months => coalesce(p_months, 0), days => coalesce(p_days, 0)))::date
	END
$$;

CREATE OR REPLACE FUNCTION core.limit_json(p_op text, p_lo numeric, p_hi numeric, p_word text)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
	SELECT '{"op":"' || p_op || '"' || coalesce(',"lo":"' || p_lo || '"', '')
		|| coalesce(',"hi":"' || p_hi || '"', '') || coalesce(',"word":"' || p_word || '"', '') || '}'
$$;

CREATE OR REPLACE FUNCTION core.org_json(p_code text, p_name text, p_phone text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
	SELECT '{' || concat_ws(',', core.js('code', p_code), core.js('name', p_name),
		core.js('phone', p_phone)) || '}'
$$;

-- Facility, history and record documents of the given facilities. The planner knows nothing about
-- the size of what WITH makes: whatever is looked up per facility is a LATERAL over an index or
-- over the few rules in force, so that no join can become quadratic.
CREATE OR REPLACE FUNCTION core.build_facilities(p_ids bigint[], p_ref bigint) RETURNS TABLE (
	kind text, key text, next_change date, link_kind text, links text[], doc text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core SET timezone = 'UTC' AS $$
#variable_conflict use_column
DECLARE
	today constant date := core.today();
	head constant text := '{"ref":' || p_ref || ',';
BEGIN
	PERFORM core.use_timezone();
	RETURN QUERY
	WITH f AS MATERIALIZED (
		SELECT f.*, k.code AS kind_code, p.code AS place_code, p.name AS place_name, p.address,
			o.id AS org_id, o.path, o.code AS org_code, o.name AS org_name, o.phone AS org_phone,
			(SELECT q.type FROM (
				SELECT DISTINCT ON (r.type) r.type, r.rank FROM core.rule r
				WHERE r.kind_id = f.kind_id AND r.org_id = ANY (o.path) AND today >= r.valid_from
					AND (r.valid_to IS NULL OR today <= r.valid_to)
				ORDER BY r.type, array_position(o.path, r.org_id) DESC) q
			ORDER BY q.rank, q.type LIMIT 1) AS main_type
		FROM unnest(p_ids) AS u (id)
		JOIN core.facility f ON f.id = u.id
		JOIN core.kind k ON k.id = f.kind_id
		JOIN core.place p ON p.id = f.place_id
		JOIN core.org o ON o.id = p.org_id
	), spot AS MATERIALIZED (
		SELECT DISTINCT f.kind_id, f.org_id, f.path FROM f
	), duty AS MATERIALIZED (
		SELECT d.facility_id, string_agg('{' || concat_ws(',', core.js('type', d.type),
				core.js('last', d.last), core.js('due', d.due), '"soon_days":' || d.soon_days,
				core.js('rule', d.rule), '"months":' || d.months, '"days":' || d.days,
				'"work_days":' || d.work_days, core.js('basis', d.basis), core.duty_why(d.why)) || '}', ','
				ORDER BY d.rank, d.type) AS list
		FROM core.duties_of(p_ids) d GROUP BY d.facility_id
	), turn AS MATERIALIZED (
		SELECT s.kind_id, s.org_id, min(v.day) AS day
		FROM spot s JOIN core.rule r ON r.kind_id = s.kind_id AND r.org_id = ANY (s.path)
		CROSS JOIN LATERAL (VALUES (r.valid_from), (r.valid_to + 1)) AS v (day)
		WHERE v.day > today
		GROUP BY s.kind_id, s.org_id
	), up AS MATERIALIZED (
		SELECT s.org_id, string_agg('{' || core.js('code', o.code) || ',' || core.js('name', o.name)
			|| '}', ',' ORDER BY array_position(s.path, o.id) DESC) AS list
		FROM (SELECT DISTINCT org_id, path FROM spot) s
		JOIN core.org o ON o.id = ANY (s.path) AND o.id <> s.org_id
		GROUP BY s.org_id
	), r AS MATERIALIZED (
		SELECT * FROM core.build_records(p_ids)
	), sums AS MATERIALIZED (
		SELECT r.facility_id, count(*) AS count, max(r.published_at) AS latest,
			string_agg(r.obj, ',' ORDER BY r.n DESC) FILTER (WHERE r.n > r.total - 5) AS newest
		FROM r WHERE r.what = 'now' GROUP BY r.facility_id
	), pulled AS MATERIALIZED (
		SELECT q.facility_id, string_agg('{' || concat_ws(',', '"id":"' || q.id || '"',
				core.js('type', q.type), core.js('date', q.on_date), core.js('at', q.at),
				core.js('reason', q.reason)) || '}', ',' ORDER BY q.k) AS list
		FROM (SELECT r.*, row_number() OVER (PARTITION BY r.facility_id ORDER BY r.at DESC) AS k
			FROM r WHERE r.what = 'withdrawn') q
		WHERE q.k <= 5 GROUP BY q.facility_id
	), fails AS MATERIALIZED (
		SELECT DISTINCT ON (r.facility_id) r.facility_id, r.id, r.on_date
		FROM r WHERE r.uncured ORDER BY r.facility_id, r.n DESC
	), line AS MATERIALIZED (
		SELECT m.facility_id, string_agg('{' || concat_ws(',', '"id":"' || m.id || '"',
				core.js('type', m.type), core.js('date', m.on_date), core.js('due', m.due),
				'"late_days":' || m.late_days, core.js('verdict', nullif(m.verdict, 'none')),
				core.js('party', m.party)) || '}', ',' ORDER BY m.n DESC) AS list
		FROM (SELECT r.*, row_number() OVER (PARTITION BY r.facility_id ORDER BY r.n DESC) AS k
			FROM r JOIN f ON f.id = r.facility_id AND f.main_type = r.type WHERE r.what = 'now') m
		WHERE m.k <= 12
		GROUP BY m.facility_id
	)
	SELECT 'facility', f.code::text,
		least(t.day, sn.day, mn.day, tk.day), NULL::text, NULL::text[],
		head || concat_ws(',', core.js('code', f.code::text), core.js('kind', f.kind_code),
			core.js('name', f.name),
			'"place":{' || concat_ws(',', core.js('code', f.place_code::text),
				core.js('name', f.place_name), core.js('address', f.address)) || '}',
			core.js('building', f.building), core.js('serves', f.serves),
			'"params":' || json_strip_nulls(f.params::json),
			core.js('status', st.status), core.js('status_since', st.since),
			core.js('status_reason', st.reason),
			'"org":' || core.org_json(f.org_code, f.org_name, f.org_phone),
			'"parents":[' || coalesce(up.list, '') || ']',
			'"manager":' || CASE WHEN m.known AND m.name IS NULL THEN 'null' WHEN m.known THEN '{'
				|| concat_ws(',', core.js('name', m.name), core.js('phone', m.phone)) || '}' END,
			'"duties":[' || coalesce(du.list, '') || ']',
			'"failed":{"record":"' || fl.id || '",' || core.js('date', fl.on_date) || '}',
			'"records":[' || coalesce(s.newest, '') || ']',
			'"withdrawn":[' || pl.list || ']',
			'"timeline":[' || coalesce(li.list, '') || ']',
			'"count":' || coalesce(s.count, 0), core.js('latest', s.latest),
			core.js('since', f.since), '"tickets":' || tk.member) || '}'
	FROM f
	LEFT JOIN up ON up.org_id = f.org_id
	LEFT JOIN turn t ON t.kind_id = f.kind_id AND t.org_id = f.org_id
	LEFT JOIN duty du ON du.facility_id = f.id
	LEFT JOIN sums s ON s.facility_id = f.id
	LEFT JOIN line li ON li.facility_id = f.id
	LEFT JOIN fails fl ON fl.facility_id = f.id
	LEFT JOIN pulled pl ON pl.facility_id = f.id
	LEFT JOIN LATERAL (
		SELECT h.status, h.since, h.reason FROM core.facility_status h
		WHERE h.facility_id = f.id AND h.since <= today ORDER BY h.since DESC, h.n DESC LIMIT 1
	) st ON true
	LEFT JOIN LATERAL (
		SELECT min(h.since) AS day FROM core.facility_status h
		WHERE h.facility_id = f.id AND h.since > today
	) sn ON true
	LEFT JOIN LATERAL (
		SELECT true AS known, p.name, p.phone FROM core.facility_manager g
		LEFT JOIN core.party p ON p.id = g.party_id
		WHERE g.facility_id = f.id AND today >= g.valid_from
			AND (g.valid_to IS NULL OR today <= g.valid_to)
	) m ON true
	LEFT JOIN LATERAL (
		SELECT min(v.day) AS day FROM core.facility_manager g
		CROSS JOIN LATERAL (VALUES (g.valid_from), (g.valid_to + 1)) AS v (day)
		WHERE g.facility_id = f.id AND v.day > today
	) mn ON true
	LEFT JOIN LATERAL (
		-- its numbers are of a year
		SELECT core.ticket_member(f.id) AS member, (date_trunc('year', today) + interval '1 year')::date AS day
		WHERE EXISTS (SELECT FROM core.ticket x WHERE x.facility_id = f.id)
	) tk ON true
	UNION ALL
	SELECT 'history', f.code || '/' || c.chunk, NULL::date, 'facility', ARRAY[f.code::text],
		head || core.js('facility', f.code::text) || ',"chunk":' || c.chunk || ',"chunks":'
			|| c.chunks || ',"records":[' || c.list || ']}'
	FROM f JOIN (
		SELECT r.facility_id, (r.n - 1) / 50 + 1 AS chunk, max((r.total + 49) / 50) AS chunks,
			string_agg(r.obj, ',' ORDER BY r.n DESC) AS list
		FROM r WHERE r.what = 'now' GROUP BY r.facility_id, (r.n - 1) / 50
		UNION ALL
		SELECT f.id, 1, 1, '' FROM f WHERE NOT EXISTS (SELECT FROM sums s WHERE s.facility_id = f.id)
	) c ON c.facility_id = f.id
	UNION ALL
	SELECT 'record', r.id::text, NULL::date, 'facility', ARRAY[f.code::text],
		head || core.js('facility', f.code::text) || ',"record":' || r.obj || ',"revisions":['
			|| v.list || ']}'
	FROM r JOIN f ON f.id = r.facility_id
	CROSS JOIN LATERAL (
		SELECT string_agg('{' || concat_ws(',', '"rev":' || v.nth, core.js('at', v.published_at),
				core.js('reason', v.reason), core.js('office', CASE WHEN v.act IN ('redact', 'withdraw')
					THEN v.office END),
				'"hash":"' || encode(coalesce((SELECT x.hash FROM core.record_photo x
					WHERE x.record_id = v.record_id AND x.rev = v.rev ORDER BY x.pos DESC LIMIT 1),
					v.hash), 'hex') || '"') || '}', ',' ORDER BY v.rev) AS list
		FROM (SELECT y.*, row_number() OVER (ORDER BY y.rev) AS nth FROM core.revision y
			WHERE y.record_id = r.id AND y.published_at IS NOT NULL) v
	) v
	WHERE r.what <> 'old'
	UNION ALL
	SELECT 'record', r.id || '/' || r.rev, NULL::date, 'facility', ARRAY[f.code::text],
		head || core.js('facility', f.code::text) || ',"record":' || r.obj || ',' || core.js('at', r.at)
			|| ',"newest":' || (SELECT count(*) FROM core.revision y WHERE y.record_id = r.id
				AND y.published_at IS NOT NULL) || '}'
	FROM r JOIN f ON f.id = r.facility_id
	WHERE r.what = 'old';
END
$$;
