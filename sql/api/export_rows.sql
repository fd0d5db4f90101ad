-- Rows of exports: core.export_WHAT(file, after, n) gives (key, cells as a JSON array) in the order of
-- the keys, headings core.export_heads(). Headings of what can be brought back are those of imports.

-- Words of the language of a file.
CREATE OR REPLACE FUNCTION core.export_word(p_lang text, p_value text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT CASE WHEN p_lang = 'en' THEN replace(p_value, '_', ' ') ELSE CASE p_value
		WHEN 'in_service' THEN '在用' WHEN 'suspended' THEN '停用' WHEN 'retired' THEN '拆除' WHEN 'on_time' THEN '正常'
		WHEN 'due_soon' THEN '即将到期' WHEN 'overdue' THEN '超期' WHEN 'no_record' THEN '无记录' WHEN 'failed' THEN '不合格'
		WHEN 'pass' THEN '合格' WHEN 'fail' THEN '不合格' WHEN 'published' THEN '已公开' WHEN 'submitted' THEN '待确认'
		WHEN 'returned' THEN '已退回' WHEN 'withdrawn' THEN '已撤回' WHEN 'nobody' THEN '无人管理' ELSE p_value END END
$$;

CREATE OR REPLACE FUNCTION core.export_heads(x core.export_file) RETURNS text[]
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT CASE x.what
		WHEN 'facilities' THEN ARRAY(SELECT c.name ->> x.lang FROM core.import_column c WHERE c.what = 'facilities' ORDER BY c.rank)
			|| ARRAY(SELECT p.name FROM core.export_params(x) p ORDER BY p.n)
			|| CASE WHEN x.lang = 'en' THEN '{State,"Duty that is due",Due,"Last publication"}' ELSE '{当前状态,到期工作,到期日,最近公示}' END::text[]
		WHEN 'managers' THEN ARRAY(SELECT c.name ->> x.lang FROM core.import_column c WHERE c.what = 'managers' AND c.field <> 'key' ORDER BY c.rank)
			|| CASE WHEN x.lang = 'en' THEN '{"Managed to",Place,Building}' ELSE '{管理截止,小区,楼栋}' END::text[]
		WHEN 'offices' THEN ARRAY(SELECT c.name ->> x.lang FROM core.import_column c WHERE c.what = 'offices' ORDER BY c.rank)
			|| CASE WHEN x.lang = 'en' THEN '{"Year of the code","Facilities here"}' ELSE '{区划年份,本级设施数}' END::text[]
		WHEN 'records' THEN CASE WHEN x.lang = 'en' THEN
			'{Code,Place,Building,"No.",Type,State,Date,From,To,Cleaner,Laboratory,Inspector,Verdict,Received,Published,Source,Record,Hash}'
			ELSE '{设施编码,小区,楼栋,序号,记录类型,状态,日期,开始时间,结束时间,清洗单位,检测单位,检查单位,结论,收到,公开,来源,记录,哈希}' END::text[]
		ELSE CASE WHEN x.lang = 'en' THEN '{Code,Place,Building,"No.",Type,Date,Item,Operator,Number,Word,Unit,Verdict,Limit,Basis,Record}'
			ELSE '{设施编码,小区,楼栋,序号,记录类型,日期,项目,符号,数值,结果,单位,结论,限值,依据,记录}' END::text[] END
$$;

-- Parameters of the kinds that may come, each once.
CREATE OR REPLACE FUNCTION core.export_params(x core.export_file) RETURNS TABLE (key text, name text, n bigint)
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT q.key, q.name, row_number() OVER (ORDER BY q.rank, q.n) FROM (
		SELECT DISTINCT ON (e.key) e.key, coalesce(e.value -> 'name' ->> x.lang, e.key) AS name, k.rank, e.n
		FROM core.kind k CROSS JOIN LATERAL json_each(k.data -> 'params') WITH ORDINALITY AS e (key, value, n)
		WHERE json_typeof(k.data -> 'params') = 'object' AND (NOT x.filter ? 'kind' OR k.code = x.filter ->> 'kind')
		ORDER BY e.key, k.rank) q
$$;

-- Facilities of a file behind one, by id: those of the account's office or firm that the filter lets through.
CREATE OR REPLACE FUNCTION core.export_ids(x core.export_file, p_after bigint, p_n int) RETURNS SETOF bigint
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
DECLARE
	top constant int := CASE WHEN x.filter ? 'org' THEN (SELECT o.id FROM core.org o WHERE o.code = x.filter ->> 'org') END;
	kind constant int := (SELECT k.id FROM core.kind k WHERE k.code = x.filter ->> 'kind');
	codes constant text[] := ARRAY(SELECT jsonb_array_elements_text(core.list_of(x.filter -> 'codes')));
	orgs int[];
	own bigint[];
BEGIN
	IF x.office_id IS NOT NULL THEN
		orgs := ARRAY(SELECT o.id FROM core.org o WHERE o.path @> ARRAY[x.office_id] AND (top IS NULL OR o.path @> ARRAY[top]));
	ELSE
		own := ARRAY(SELECT core.facilities_of(x.party_id, x.account));
	END IF;
	RETURN QUERY SELECT f.id FROM core.facility f JOIN core.place p ON p.id = f.place_id JOIN core.org o ON o.id = p.org_id
		LEFT JOIN core.facility_line l ON l.facility_id = f.id
		WHERE f.id > p_after AND (orgs IS NULL OR p.org_id = ANY (orgs)) AND (own IS NULL OR f.id = ANY (own))
			AND (top IS NULL OR o.path @> ARRAY[top]) AND (kind IS NULL OR f.kind_id = kind)
			AND (codes = '{}' OR f.code = ANY (codes))
			AND (NOT x.filter ? 'state' OR core.line_state(l, core.today()) = x.filter ->> 'state')
		ORDER BY f.id LIMIT p_n;
END
$$;

CREATE OR REPLACE FUNCTION core.export_facilities(x core.export_file, p_after text, p_n int) RETURNS TABLE (key text, cells jsonb)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
DECLARE
	day constant date := core.today();
	wanted constant text[] := ARRAY(SELECT p.key FROM core.export_params(x) p ORDER BY p.n);
	ids constant bigint[] := ARRAY(SELECT core.export_ids(x, coalesce(p_after, '0')::bigint, p_n));
BEGIN
	RETURN QUERY SELECT f.id::text, jsonb_build_array(f.code, (SELECT i.key FROM core.import_source i WHERE i.facility_id = f.id
			AND i.source = core.import_source_name(x.office_id) AND i.key !~ '^=' LIMIT 1),
		k.data -> 'name' ->> x.lang, o.code, p.code, p.name, p.address, f.building, f.name, f.serves, f.since,
		core.export_word(x.lang, st.status), st.since, st.reason,
		CASE WHEN m.known THEN coalesce(m.name, core.export_word(x.lang, 'nobody')) END, m.credit_code, m.phone, m.valid_from, f.lon, f.lat)
		|| (SELECT coalesce(jsonb_agg(f.params -> u.key ORDER BY u.n), '[]') FROM unnest(wanted) WITH ORDINALITY AS u (key, n))
		|| jsonb_build_array(core.export_word(x.lang, core.line_state(l, day)), k.data -> 'types' -> l.type -> 'name' ->> x.lang, l.due,
			(SELECT max(r.published_at)::date FROM core.record r WHERE r.facility_id = f.id AND r.state = 'published'))
	FROM unnest(ids) WITH ORDINALITY AS u (id, n)
	JOIN core.facility f ON f.id = u.id JOIN core.kind k ON k.id = f.kind_id JOIN core.place p ON p.id = f.place_id
	JOIN core.org o ON o.id = p.org_id LEFT JOIN core.facility_line l ON l.facility_id = f.id
	LEFT JOIN LATERAL (SELECT h.status, h.since, h.reason FROM core.facility_status h WHERE h.facility_id = f.id AND h.since <= day
		ORDER BY h.since DESC, h.n DESC LIMIT 1) st ON true
	LEFT JOIN LATERAL (SELECT true AS known, q.name, q.credit_code, q.phone, g.valid_from FROM core.facility_manager g
		LEFT JOIN core.party q ON q.id = g.party_id
		WHERE g.facility_id = f.id AND day >= g.valid_from AND (g.valid_to IS NULL OR day <= g.valid_to)) m ON true
	ORDER BY u.n;
END
$$;

CREATE OR REPLACE FUNCTION core.export_managers(x core.export_file, p_after text, p_n int) RETURNS TABLE (key text, cells jsonb)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
DECLARE
	day constant date := core.today();
	ids constant bigint[] := ARRAY(SELECT core.export_ids(x, coalesce(p_after, '0')::bigint, p_n));
BEGIN
	RETURN QUERY SELECT f.id::text, jsonb_build_array(f.code, CASE WHEN m.known THEN coalesce(m.name, core.export_word(x.lang, 'nobody')) END,
		m.credit_code, m.phone, m.valid_from, m.valid_to, p.name, f.building)
	FROM unnest(ids) WITH ORDINALITY AS u (id, n) JOIN core.facility f ON f.id = u.id JOIN core.place p ON p.id = f.place_id
	LEFT JOIN LATERAL (SELECT true AS known, q.name, q.credit_code, q.phone, g.valid_from, g.valid_to FROM core.facility_manager g
		LEFT JOIN core.party q ON q.id = g.party_id
		WHERE g.facility_id = f.id AND day >= g.valid_from AND (g.valid_to IS NULL OR day <= g.valid_to)) m ON true
	ORDER BY u.n;
END
$$;

CREATE OR REPLACE FUNCTION core.export_offices(x core.export_file, p_after text, p_n int) RETURNS TABLE (key text, cells jsonb)
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT o.code, jsonb_build_array(o.code, o.name, up.code, o.phone, o.division_year, (SELECT count(*) FROM core.facility f
		JOIN core.place p ON p.id = f.place_id WHERE p.org_id = o.id))
	FROM core.org o LEFT JOIN core.org up ON up.id = o.parent_id
	WHERE o.path @> ARRAY[coalesce((SELECT q.id FROM core.org q WHERE q.code = x.filter ->> 'org'), x.office_id)]
		AND o.path @> ARRAY[x.office_id] AND (p_after IS NULL OR o.code > p_after)
	ORDER BY o.code LIMIT p_n
$$;

-- Records by facility and number: "ID/SEQ". Drafts are nobody's but their author's.
CREATE OR REPLACE FUNCTION core.export_record_ids(x core.export_file, p_after text, p_n int, p_public boolean)
RETURNS TABLE (id uuid, facility_id bigint, seq int)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
DECLARE
	at bigint := split_part(coalesce(p_after, '0/0'), '/', 1)::bigint;
	from_seq int := split_part(coalesce(p_after, '0/0'), '/', 2)::int;
	missing int := p_n;
	ids bigint[];
	got int;
BEGIN
	-- the rest of the facility it stands at, then facility by facility
	ids := ARRAY(SELECT core.export_ids(x, at - 1, 1));
	LOOP
		RETURN QUERY SELECT r.id, r.facility_id, r.seq FROM core.record r
			WHERE r.facility_id = ANY (ids) AND (r.facility_id, r.seq) > (at, from_seq)
				AND CASE WHEN p_public THEN r.state = 'published' ELSE r.state <> 'draft' END
			ORDER BY r.facility_id, r.seq LIMIT missing;
		GET DIAGNOSTICS got = ROW_COUNT;
		missing := missing - got;
		EXIT WHEN missing <= 0;
		IF ids <> '{}' THEN
			at := greatest(at, ids[cardinality(ids)]);
		END IF;
		from_seq := 2147483647;
		ids := ARRAY(SELECT core.export_ids(x, at, 200));
		EXIT WHEN ids = '{}';
	END LOOP;
END
$$;

CREATE OR REPLACE FUNCTION core.export_records(x core.export_file, p_after text, p_n int) RETURNS TABLE (key text, cells jsonb)
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT u.facility_id || '/' || u.seq, jsonb_build_array(f.code, p.name, f.building, r.seq, coalesce(k.data -> 'types' -> r.type -> 'name' ->> x.lang, r.type),
		core.export_word(x.lang, r.state), r.on_date, to_char(v.performed_from, 'YYYY-MM-DD HH24:MI'), to_char(v.performed_to, 'YYYY-MM-DD HH24:MI'),
		pa.cleaner, pa.lab, pa.inspector, core.export_word(x.lang, nullif(r.verdict, 'none')), to_char(v.received_at, 'YYYY-MM-DD HH24:MI'),
		to_char(r.published_at, 'YYYY-MM-DD HH24:MI'), r.source, r.id, encode(core.head(r.id, r.rev), 'hex'))
	FROM core.export_record_ids(x, p_after, p_n, false) WITH ORDINALITY AS u (id, facility_id, seq, n)
	JOIN core.record r ON r.id = u.id JOIN core.revision v ON v.record_id = r.id AND v.rev = r.rev
	JOIN core.facility f ON f.id = r.facility_id JOIN core.place p ON p.id = f.place_id JOIN core.kind k ON k.id = f.kind_id
	CROSS JOIN LATERAL (SELECT string_agg(y.name, '; ' ORDER BY y.pos) FILTER (WHERE y.role = 'cleaner') AS cleaner,
		string_agg(y.name, '; ' ORDER BY y.pos) FILTER (WHERE y.role = 'lab') AS lab,
		string_agg(y.name, '; ' ORDER BY y.pos) FILTER (WHERE y.role = 'inspector') AS inspector
		FROM core.revision_party y WHERE y.record_id = r.id AND y.rev = r.rev) pa
	ORDER BY u.n
$$;

-- All results of a record stand together: the key is the record's, so a page may be somewhat longer.
CREATE OR REPLACE FUNCTION core.export_results(x core.export_file, p_after text, p_n int) RETURNS TABLE (key text, cells jsonb)
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT u.facility_id || '/' || u.seq, CASE WHEN s.pos IS NOT NULL THEN jsonb_build_array(f.code, p.name, f.building, r.seq,
		coalesce(k.data -> 'types' -> r.type -> 'name' ->> x.lang, r.type), r.on_date, i.name ->> x.lang, s.op, s.num, w.name ->> x.lang,
		coalesce(n.name ->> x.lang, s.unit), core.export_word(x.lang, nullif(s.verdict, 'none')), CASE l.op WHEN 'between' THEN l.lo || '–' || l.hi
			WHEN 'word' THEN (SELECT y.name ->> x.lang FROM core.word y WHERE y.code = l.word) WHEN '<=' THEN '≤ ' || l.hi WHEN '>=' THEN '≥ ' || l.lo END,
		l.basis, r.id) END
	FROM core.export_record_ids(x, p_after, p_n, true) WITH ORDINALITY AS u (id, facility_id, seq, n)
	JOIN core.record r ON r.id = u.id
	LEFT JOIN core.result s ON s.record_id = r.id AND s.rev = r.rev
	JOIN core.facility f ON f.id = r.facility_id JOIN core.place p ON p.id = f.place_id JOIN core.kind k ON k.id = f.kind_id
	LEFT JOIN core.item i ON i.id = s.item_id LEFT JOIN core.word w ON w.code = s.word LEFT JOIN core.unit n ON n.code = s.unit
	LEFT JOIN core.limit_item l ON l.id = s.limit_id
	ORDER BY u.n, s.pos
$$;
