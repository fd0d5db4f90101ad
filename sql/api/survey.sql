-- Surveys: what is public of one, and answers without login. Which forms count is decided when they
-- come, by the rules of the survey, which stand still from its release on.

-- A fresh code that no label, place, facility or survey has.
CREATE OR REPLACE FUNCTION core.survey_code() RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	c text;
BEGIN
	LOOP
		c := core.code_random();
		EXIT WHEN NOT EXISTS (SELECT FROM core.label x WHERE x.code = c)
			AND NOT EXISTS (SELECT FROM core.facility x WHERE x.code = c)
			AND NOT EXISTS (SELECT FROM core.place x WHERE x.code = c)
			AND NOT EXISTS (SELECT FROM core.survey x WHERE x.code = c)
			AND NOT EXISTS (SELECT FROM core.survey_place x WHERE x.code = c);
	END LOOP;
	RETURN c;
END
$$;

-- {"zh-CN":"..","en":".."}
CREATE OR REPLACE FUNCTION core.survey_text_json(p_zh text, p_en text) RETURNS text
LANGUAGE sql STABLE AS
$$ SELECT '{' || concat_ws(',', core.js('zh-CN', p_zh), core.js('en', p_en)) || '}' $$;

CREATE OR REPLACE FUNCTION core.survey_questions(p_survey bigint) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT '[' || coalesce(string_agg('{"n":' || q.n || ',"kind":"' || q.kind || '","text":'
		|| core.survey_text_json(q.text, q.text_en) || '}', ',' ORDER BY q.n), '') || ']'
	FROM core.survey_question q WHERE q.survey_id = p_survey
$$;

CREATE OR REPLACE FUNCTION core.survey_rules(p_survey bigint) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT '[' || coalesce(string_agg('{' || concat_ws(',', core.js('rule', r.rule), '"name":' || k.name,
		'"least":' || r.least) || '}', ',' ORDER BY k.rank), '') || ']'
	FROM core.survey_rule r JOIN core.survey_check k ON k.code = r.rule WHERE r.survey_id = p_survey
$$;

-- Documents of released surveys: key CODE of the whole, and of each compound.
CREATE OR REPLACE FUNCTION core.build_surveys(p_ids bigint[], p_ref bigint)
RETURNS TABLE (kind text, key text, next_change date, link_kind text, links text[], doc text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core SET timezone = 'UTC' AS $$
BEGIN
	PERFORM core.use_timezone();
	RETURN QUERY
	WITH h AS MATERIALIZED (
		SELECT y.id, core.survey_hidden(y.id) AS ids FROM core.survey y WHERE y.id = ANY (p_ids) AND y.published_at IS NOT NULL
	)
	SELECT 'survey', x.code, NULL::date, NULL::text, NULL::text[],
		'{' || concat_ws(',', core.js('code', x.code), CASE WHEN x.place_id IS NOT NULL THEN core.js('whole', s.code::text) END,
			'"title":' || core.survey_text_json(s.title, s.title_en),
			'"purpose":' || core.survey_text_json(s.purpose, s.purpose_en),
			'"org":' || core.org_json(o.code, o.name, o.phone),
			'"place":' || (SELECT '{' || concat_ws(',', core.js('code', p.code::text), core.js('name', p.name),
				core.js('address', p.address)) || '}' FROM core.place p WHERE p.id = x.place_id),
			core.js('from', s.from_on), core.js('to', s.to_on),
			'"questions":' || core.survey_questions(s.id), '"rules":' || core.survey_rules(s.id),
			CASE WHEN s.published_at IS NOT NULL THEN core.js('published', s.published_at) END,
			CASE WHEN x.place_id IS NULL AND s.published_at IS NULL THEN '"places":[' || (SELECT string_agg('{'
				|| core.js('code', y.code::text) || ',' || core.js('name', p.name) || '}', ',' ORDER BY p.name, p.id)
				FROM core.survey_place y JOIN core.place p ON p.id = y.place_id WHERE y.survey_id = s.id) || ']' END,
			CASE WHEN s.published_at IS NOT NULL THEN '"results":' || core.survey_results(s.id, x.place_id, h.ids) END) || '}'
	FROM core.survey s
	JOIN core.org o ON o.id = s.org_id
	LEFT JOIN h ON h.id = s.id
	CROSS JOIN LATERAL (SELECT s.code::text AS code, NULL::bigint AS place_id
		UNION ALL SELECT y.code::text, y.place_id FROM core.survey_place y WHERE y.survey_id = s.id) x
	WHERE s.id = ANY (p_ids) AND s.state <> 'draft';
END
$$;

-- Member `surveys` of the document of a place: those that run or will, [{"code","title","from","to"}]; the
-- page shows them on their days. NULL: none.
CREATE OR REPLACE FUNCTION core.survey_member(p_place bigint) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT '[' || string_agg('{' || concat_ws(',', core.js('code', y.code::text), '"title":'
		|| core.survey_text_json(s.title, s.title_en), core.js('from', s.from_on), core.js('to', s.to_on)) || '}', ',' ORDER BY s.id) || ']'
	FROM core.survey_place y JOIN core.survey s ON s.id = y.survey_id
	WHERE y.place_id = p_place AND s.state = 'released' AND s.to_on >= core.today()
$$;

CREATE OR REPLACE FUNCTION core.survey_publish(p_survey bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
BEGIN
	PERFORM core.announce(core.store('surveys', ARRAY[p_survey], core.need_ref()));
	-- the pages of its compounds lead to it
	PERFORM core.publish('places', ARRAY(SELECT y.place_id FROM core.survey_place y WHERE y.survey_id = p_survey));
END
$$;

-- The first rule a form breaks, or NULL: it counts.
CREATE OR REPLACE FUNCTION core.survey_judge(p_survey bigint, p_levels smallint[]) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT r.rule FROM core.survey_rule r JOIN core.survey_check k ON k.code = r.rule
	CROSS JOIN LATERAL (SELECT count(*) AS n, count(*) FILTER (WHERE p_levels[q.n] > 0) AS answered,
		count(*) FILTER (WHERE p_levels[q.n] = 0) AS several
		FROM core.survey_question q WHERE q.survey_id = p_survey AND q.kind = 'level') a
	WHERE r.survey_id = p_survey AND CASE r.rule
		WHEN 'one_each' THEN a.several > 0
		WHEN 'all_levels' THEN a.answered < a.n
		WHEN 'least' THEN a.answered < r.least END
	ORDER BY k.rank LIMIT 1
$$;

-- Counts one form; QR429 beyond what one network, or everybody, may send a day.
CREATE OR REPLACE FUNCTION core.survey_limit(s core.survey, p_address bytea) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	-- without an address (a socket of this host) all are one network
	who constant bytea := coalesce(p_address, '\x00');
	x record;
BEGIN
	FOR x IN INSERT INTO core.survey_seen AS t (survey_id, day, address, n)
		SELECT s.id, core.today(), a, 1 FROM unnest(ARRAY[''::bytea, who]) a
		ON CONFLICT (survey_id, day, address) DO UPDATE SET n = t.n + 1
		RETURNING t.address, t.n
	LOOP
		IF x.n > (CASE WHEN x.address = '' THEN s.all_day ELSE s.prefix_day END) THEN
			RAISE EXCEPTION 'survey %: too many today', s.id USING ERRCODE = 'QR429',
				DETAIL = '{"why":"survey_limit"}';
		END IF;
	END LOOP;
END
$$;

-- What was written to a question: QR422 for what is too long.
CREATE OR REPLACE FUNCTION core.survey_words(p_survey bigint, p_words jsonb, p_field text) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT coalesce(jsonb_agg(b), '[]') FROM core.survey_question q
	CROSS JOIN LATERAL jsonb_array_elements(core.bad(p_field || q.n, 'too_long')) b
	WHERE q.survey_id = p_survey AND q.kind = 'words' AND length(core.some(p_words ->> q.n::text)) > 500
$$;

-- An answer on line: {"levels":{"1":"5",..},"words":{"4":"..",..}}. p_key is made with the page: the
-- same again is the same form. {"ok":true}; QR404, QR409 early, over; QR422; QR429.
CREATE OR REPLACE FUNCTION api.survey_answer(p_code text, p_key uuid, p_address bytea, p_body jsonb) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	s core.survey;
	place bigint;
	levels smallint[];
	bad jsonb;
	why text;
	made bigint;
BEGIN
	SELECT x.place_id INTO place FROM core.survey_place x WHERE x.code = p_code;
	SELECT y.* INTO s FROM core.survey_place x JOIN core.survey y ON y.id = x.survey_id
	WHERE x.code = p_code AND y.state <> 'draft';
	IF s.id IS NULL THEN
		RAISE EXCEPTION 'no survey has the code %', p_code USING ERRCODE = 'QR404';
	END IF;
	IF EXISTS (SELECT FROM core.survey_response r WHERE r.key = p_key AND r.survey_id = s.id) THEN
		RETURN '{"ok":true}';
	END IF;
	IF core.today() < s.from_on OR core.today() > s.to_on OR s.state <> 'released' THEN
		RAISE EXCEPTION 'survey % takes no answers', s.id USING ERRCODE = 'QR409',
			DETAIL = CASE WHEN core.today() < s.from_on THEN '{"why":"early"}' ELSE '{"why":"over"}' END;
	END IF;
	SELECT coalesce(array_agg(CASE WHEN v.t ~ '^[1-5]$' THEN v.t::smallint END ORDER BY q.n), '{}'),
		coalesce(jsonb_agg(jsonb_build_object('field', 'q' || q.n, 'why', CASE WHEN v.t IS NULL THEN 'missing'
			ELSE 'bad_value' END) ORDER BY q.n) FILTER (WHERE v.t !~ '^[1-5]$' OR (v.t IS NULL AND EXISTS
				(SELECT FROM core.survey_rule r WHERE r.survey_id = s.id AND r.rule = 'all_levels'))), '[]')
	INTO levels, bad
	FROM core.survey_question q CROSS JOIN LATERAL (SELECT core.some(p_body -> 'levels' ->> q.n::text) AS t) v
	WHERE q.survey_id = s.id AND q.kind = 'level';
	bad := bad || core.survey_words(s.id, p_body -> 'words', 'q');
	why := core.survey_judge(s.id, levels);
	IF bad = '[]' AND why IS NOT NULL THEN
		bad := core.bad('q1', 'least');
	END IF;
	PERFORM auth.refuse(bad);
	PERFORM core.survey_limit(s, p_address);
	INSERT INTO core.survey_response (survey_id, place_id, on_day, key, levels)
	VALUES (s.id, place, core.today(), p_key, levels)
	ON CONFLICT (key) DO NOTHING RETURNING id INTO made;
	INSERT INTO core.survey_text (response_id, n, value)
	SELECT made, q.n, core.some(p_body -> 'words' ->> q.n::text) FROM core.survey_question q
	WHERE made IS NOT NULL AND q.survey_id = s.id AND q.kind = 'words' AND core.some(p_body -> 'words' ->> q.n::text) IS NOT NULL;
	RETURN '{"ok":true}';
END
$$;

-- Called by api.job_sweep(): counts of networks of days gone by, posters of a week ago, and what
-- was written, half a year after publication; after its end, if nobody has published the survey by then.
CREATE OR REPLACE FUNCTION core.survey_sweep() RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	n int;
	m int;
BEGIN
	DELETE FROM core.survey_seen WHERE day < core.today();
	GET DIAGNOSTICS n = ROW_COUNT;
	DELETE FROM core.survey_poster WHERE made_at < core.now() - interval '7 days';
	GET DIAGNOSTICS m = ROW_COUNT;
	n := n + m;
	DELETE FROM core.survey_text t USING core.survey_response r, core.survey s
	WHERE r.id = t.response_id AND s.id = r.survey_id AND coalesce(s.published_at, s.to_on + interval '1 day') < core.now() - interval '180 days';
	GET DIAGNOSTICS m = ROW_COUNT;
	RETURN n + m;
END
$$;
