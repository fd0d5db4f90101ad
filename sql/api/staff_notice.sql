-- Notices as people who log in order them: which records, in which language, the file, and who had
-- which printed before. What may be printed is what row security shows and what is published.

-- The newest published record of each facility, in the order of p_facilities.
CREATE OR REPLACE FUNCTION core.notice_newest(p_facilities bigint[]) RETURNS uuid[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
BEGIN
	RETURN ARRAY(SELECT r.id FROM unnest(p_facilities) WITH ORDINALITY AS u (id, n)
		CROSS JOIN LATERAL (SELECT x.id FROM core.record x WHERE x.facility_id = u.id
			AND x.state = 'published' ORDER BY x.on_date DESC, x.seq DESC LIMIT 1) r
		ORDER BY u.n);
END
$$;

-- Facilities of a filter, at most 61, in the order of a list of labels; QR404 for a code that is
-- not there or none of theirs.
CREATE OR REPLACE FUNCTION core.notice_pick(p_place text, p_codes text[]) RETURNS bigint[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
DECLARE
	codes constant text[] := ARRAY(SELECT DISTINCT upper(c) FROM unnest(p_codes) c LIMIT 61);
	at_place constant bigint := (SELECT p.id FROM core.place p WHERE p.code = upper(p_place));
	ids bigint[];
BEGIN
	IF p_place IS NOT NULL AND at_place IS NULL THEN
		RAISE EXCEPTION 'no place has the code %', p_place USING ERRCODE = 'QR404';
	END IF;
	ids := ARRAY(SELECT f.id FROM core.facility f JOIN core.place p ON p.id = f.place_id
		WHERE CASE WHEN at_place IS NOT NULL THEN f.place_id = at_place ELSE f.code = ANY (codes) END
		ORDER BY p.name, p.id, f.building NULLS FIRST, f.name NULLS FIRST, f.code LIMIT 61);
	IF at_place IS NULL AND cardinality(ids) < cardinality(codes) THEN
		RAISE EXCEPTION 'no such facility in the scope' USING ERRCODE = 'QR404';
	END IF;
	RETURN ids;
END
$$;

-- One line of a list: a facility, its record, and when it was last printed.
CREATE OR REPLACE FUNCTION core.notice_row(p_facility bigint, p_record uuid) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
BEGIN
	RETURN '{' || concat_ws(',', '"facility":' || core.facility_brief(p_facility),
		core.js('at', (SELECT p.code::text FROM core.facility f JOIN core.place p ON p.id = f.place_id
			WHERE f.id = p_facility)),
		(SELECT '"record":{' || concat_ws(',', '"id":"' || r.id || '"', core.js('type', r.type),
			core.js('on', r.on_date), core.js('verdict', r.verdict), core.js('published', r.published_at)) || '}'
			FROM core.record r WHERE r.id = p_record AND r.state = 'published'),
		'"printed":' || (core.notices_of(p_record) -> 0)::text) || '}';
END
$$;

-- Records made here that were published within three days and whose notice nobody has asked for.
CREATE OR REPLACE FUNCTION core.notice_due(p_limit int) RETURNS SETOF core.record
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT r.* FROM core.record r
	WHERE r.published_at > core.now() - interval '3 days' AND r.state = 'published' AND r.source IS NULL
		AND NOT EXISTS (SELECT FROM core.notice n WHERE n.record_id = r.id)
	ORDER BY r.published_at DESC, r.id LIMIT p_limit
$$;

CREATE OR REPLACE FUNCTION api.staff_notice_list(p_session bytea, p_filter jsonb) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core SET timezone = 'UTC' AS $$
DECLARE
	place constant text := core.some(p_filter ->> 'place');
	codes constant text[] := ARRAY(SELECT jsonb_array_elements_text(core.list_of(p_filter -> 'codes')));
	wanted uuid[];
	ids bigint[];
BEGIN
	PERFORM auth.enter(p_session, 'view');
	wanted := ARRAY(SELECT x::uuid FROM jsonb_array_elements_text(core.list_of(p_filter -> 'records')) x);
	PERFORM core.use_timezone();
	IF place IS NULL AND cardinality(codes) = 0 AND cardinality(wanted) = 0 THEN
		RETURN '{' || concat_ws(',', '"me":' || auth.me(), '"ref":' || core.ref(), '"due":true', '"rows":['
			|| coalesce((SELECT string_agg(core.notice_row(q.facility_id, q.id), ',' ORDER BY q.published_at DESC,
				q.id) FROM core.notice_due(60) q), '') || ']', '"more":false') || '}';
	END IF;
	IF cardinality(wanted) > 0 THEN
		RETURN '{' || concat_ws(',', '"me":' || auth.me(), '"ref":' || core.ref(), '"rows":['
			|| (SELECT string_agg(core.notice_row((core.need_record(u.id)).facility_id, u.id), ',' ORDER BY u.n)
				FROM unnest(wanted) WITH ORDINALITY AS u (id, n) WHERE u.n <= 60) || ']', '"more":false') || '}';
	END IF;
	ids := core.notice_pick(place, codes);
	RETURN '{' || concat_ws(',', '"me":' || auth.me(), '"ref":' || core.ref(),
		'"place":' || (SELECT core.org_json(p.code, p.name, NULL) FROM core.place p WHERE p.code = upper(place)),
		'"rows":[' || coalesce((SELECT string_agg(core.notice_row(u.id,
				(core.notice_newest(ARRAY[u.id]))[1]), ',' ORDER BY u.n)
			FROM unnest(ids) WITH ORDINALITY AS u (id, n) WHERE u.n <= 60), '') || ']',
		'"more":' || (cardinality(ids) > 60)) || '}';
END
$$;

-- Writes down who asked, beside the file.
CREATE OR REPLACE FUNCTION core.notice_order(p_records uuid[], p_lang text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	file constant bigint := core.notice_open(p_records, p_lang);
BEGIN
	INSERT INTO core.notice (at, account, record_id, rev, facility_id, lang, file_id)
	SELECT core.now(), core.my_account(), r.id, r.rev, r.facility_id, p_lang, file
	FROM unnest(p_records) WITH ORDINALITY AS u (id, n) JOIN core.record r ON r.id = u.id
	WHERE file IS NOT NULL ORDER BY u.n;
	RETURN file;
END
$$;

CREATE OR REPLACE FUNCTION api.staff_notice_make(p_session bytea, p_body jsonb) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	codes constant text[] := ARRAY(SELECT jsonb_array_elements_text(core.list_of(p_body -> 'facilities')));
	lang text;
	wanted uuid[];
	file bigint;
BEGIN
	PERFORM auth.enter(p_session, 'view');
	lang := core.notice_lang(core.some(p_body ->> 'lang'));
	wanted := ARRAY(SELECT x::uuid FROM jsonb_array_elements_text(core.list_of(p_body -> 'records')) x);
	IF cardinality(wanted) = 0 AND cardinality(codes) > 0 THEN
		wanted := core.notice_newest(core.notice_pick(NULL, codes));
	END IF;
	-- the order of who asks, each once
	wanted := ARRAY(SELECT (core.need_record(u.id)).id FROM (SELECT x.id, min(x.n) AS n
		FROM unnest(wanted) WITH ORDINALITY AS x (id, n) GROUP BY x.id) u ORDER BY u.n);
	IF cardinality(wanted) = 0 THEN
		PERFORM auth.refuse(core.bad('records', 'empty'));
	ELSIF cardinality(wanted) > 60 THEN
		PERFORM auth.refuse(core.bad('records', 'too_many'));
	END IF;
	file := core.notice_order(wanted, lang);
	IF file IS NULL THEN
		RAISE EXCEPTION 'a record is not published' USING ERRCODE = 'QR409',
			DETAIL = '{"why":"not_published"}';
	END IF;
	PERFORM auth.audit('notice.print', file::text, jsonb_build_object('records', to_jsonb(wanted),
		'lang', lang));
	RETURN '{"notice":' || file || ',"count":' || cardinality(wanted) || '}';
END
$$;

CREATE OR REPLACE FUNCTION api.staff_notice(p_session bytea, p_id bigint) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core SET timezone = 'UTC' AS $$
DECLARE
	n core.notice_file;
BEGIN
	PERFORM auth.enter(p_session, 'view');
	PERFORM core.use_timezone();
	SELECT * INTO n FROM core.notice_file x WHERE x.id = p_id;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'no notice %', p_id USING ERRCODE = 'QR404';
	END IF;
	RETURN '{' || concat_ws(',', '"me":' || auth.me(), '"ref":' || core.ref(),
		'"notice":{' || concat_ws(',', '"id":' || n.id, core.js('lang', n.lang), core.js('state', n.state),
			'"done":' || n.done, '"count":' || cardinality(n.records), core.js('why', n.why),
			'"bytes":' || length(n.pdf), core.js('at', n.made_at)) || '}',
		'"rows":[' || coalesce((SELECT string_agg(core.notice_row(r.facility_id, r.id), ',' ORDER BY u.n)
			FROM unnest(n.records) WITH ORDINALITY AS u (id, n)
			JOIN core.record r ON r.id = u.id WHERE u.n <= 60), '') || ']') || '}';
END
$$;

-- The key is looked at past row security: a file may hold pages of another office.
CREATE OR REPLACE FUNCTION core.notice_current(p_id bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, core AS $$
	SELECT core.my_account() IS NOT NULL AND coalesce((SELECT n.key = core.notice_key(n.records, n.lang)
		FROM core.notice_file n WHERE n.id = p_id), false)
$$;

CREATE OR REPLACE FUNCTION api.staff_notice_file(p_session bytea, p_id bigint) RETURNS bytea
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	file bytea;
BEGIN
	PERFORM auth.enter(p_session, 'view');
	SELECT n.pdf INTO file FROM core.notice_file n WHERE n.id = p_id AND core.notice_current(n.id);
	IF file IS NULL THEN
		RAISE EXCEPTION 'no file of notice %', p_id USING ERRCODE = 'QR404';
	END IF;
	RETURN file;
END
$$;
