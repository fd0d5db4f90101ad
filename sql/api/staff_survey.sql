-- Surveys as offices make and follow them. A draft is changed as often as one likes; its release
-- fixes questions, rules and compounds and gives the codes their pages; it ends by its last day; the
-- results are published once, by hand, after it.

-- draft, planned, open, ended, published.
CREATE OR REPLACE FUNCTION core.survey_state(s core.survey) RETURNS text
LANGUAGE sql STABLE AS $$
	SELECT CASE WHEN s.state <> 'released' THEN s.state WHEN core.today() < s.from_on THEN 'planned'
		WHEN core.today() <= s.to_on THEN 'open' ELSE 'ended' END
$$;

CREATE OR REPLACE FUNCTION core.survey_head(s core.survey) RETURNS text
LANGUAGE sql STABLE AS $$
	SELECT concat_ws(',', '"id":' || s.id, core.js('code', s.code::text),
		'"title":' || core.survey_text_json(s.title, s.title_en),
		'"org":' || (SELECT core.org_json(o.code, o.name, NULL) FROM core.org o WHERE o.id = s.org_id),
		core.js('from', s.from_on), core.js('to', s.to_on), core.js('state', core.survey_state(s)),
		'"places":' || (SELECT count(*) FROM core.survey_place p WHERE p.survey_id = s.id),
		'"received":' || coalesce(c.received, 0), '"valid":' || coalesce(c.valid, 0), '"asked":' || core.survey_asked(s.id, NULL))
	FROM (SELECT sum(q.received)::bigint AS received, sum(q.valid)::bigint AS valid FROM core.survey_counts(s.id) q) c
$$;

-- "orgs", "checks": what a form offers.
CREATE OR REPLACE FUNCTION core.survey_choices() RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT '"orgs":[' || coalesce((SELECT string_agg(core.org_json(q.code, q.name, NULL), ',' ORDER BY q.path)
			FROM (SELECT o.code, o.name, o.path FROM core.org o WHERE o.path @> ARRAY[core.my_org()]
				ORDER BY o.path LIMIT 500) q), '')
		|| '],"checks":[' || coalesce((SELECT string_agg('{"rule":"' || k.code || '","name":' || k.name
			|| CASE WHEN k.takes THEN ',"takes":true' ELSE '' END || '}', ',' ORDER BY k.rank)
			FROM core.survey_check k), '') || ']'
$$;

CREATE OR REPLACE FUNCTION api.staff_surveys(p_session bytea) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	PERFORM auth.enter(p_session, 'survey');
	RETURN '{' || concat_ws(',', '"me":' || auth.me(), '"ref":' || core.ref(), core.js('today', core.today()),
		core.survey_choices(),
		'"surveys":[' || coalesce((SELECT string_agg('{' || core.survey_head(q.s) || '}', ',' ORDER BY (q.s).id DESC)
			FROM (SELECT s FROM core.survey s ORDER BY s.id DESC LIMIT 50) q), '') || ']') || '}';
END
$$;

CREATE OR REPLACE FUNCTION api.staff_survey(p_session bytea, p_id bigint) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core SET timezone = 'UTC' AS $$
DECLARE
	s core.survey;
BEGIN
	PERFORM auth.enter(p_session, 'survey');
	PERFORM core.use_timezone();
	SELECT * INTO s FROM core.survey x WHERE x.id = p_id;
	IF s.id IS NULL THEN
		RAISE EXCEPTION 'no survey %', p_id USING ERRCODE = 'QR404';
	END IF;
	RETURN '{' || concat_ws(',', '"me":' || auth.me(), '"ref":' || core.ref(), core.js('today', core.today()),
		core.survey_choices(),
		'"survey":{' || concat_ws(',', core.survey_head(s), core.js('purpose', s.purpose), core.js('purpose_en', s.purpose_en),
			core.js('published', s.published_at), '"questions":' || core.survey_questions(s.id),
			'"rules":' || core.survey_rules(s.id)) || '}',
		'"places":[' || (SELECT coalesce(string_agg('{' || concat_ws(',', core.js('code', y.code::text),
				'"place":' || core.org_json(p.code, p.name, NULL), '"received":' || q.received, '"valid":' || q.valid,
				'"online":' || q.online, '"asked":' || q.asked) || '}', ',' ORDER BY p.name, p.id), '')
			FROM core.survey_counts(s.id) q JOIN core.survey_place y ON y.survey_id = s.id AND y.place_id = q.place_id
			JOIN core.place p ON p.id = q.place_id) || ']',
		'"batches":[' || coalesce((SELECT string_agg('{' || concat_ws(',', '"id":' || b.id, core.js('at', b.at),
				core.js('by', core.account_name(b.by_account)), core.js('place', p.name),
				(SELECT concat_ws(',', '"rows":' || count(*), '"valid":' || count(*) FILTER (WHERE r.why IS NULL))
					FROM core.survey_response r WHERE r.batch_id = b.id),
				CASE WHEN b.void_at IS NOT NULL THEN '"void":true' END) || '}', ',' ORDER BY b.id DESC)
			FROM (SELECT * FROM core.survey_batch x WHERE x.survey_id = s.id ORDER BY x.id DESC LIMIT 10) b
			JOIN core.place p ON p.id = b.place_id), '') || ']',
		'"words":[' || coalesce((SELECT string_agg('{' || concat_ws(',', core.js('place', w.name), '"n":' || w.n,
				core.js('text', w.value)) || '}', ',' ORDER BY w.id DESC, w.n)
			FROM (SELECT r.id, p.name, t.n, t.value FROM core.survey_response r
				JOIN core.survey_text t ON t.response_id = r.id JOIN core.place p ON p.id = r.place_id
				WHERE r.survey_id = s.id AND NOT r.void ORDER BY r.id DESC, t.n LIMIT 20) w), '') || ']',
		'"posters":[' || coalesce((SELECT string_agg('{' || concat_ws(',', core.js('lang', x.lang), core.js('state', x.state),
				'"done":' || x.done, core.js('why', x.why), '"bytes":' || length(x.pdf)) || '}', ',' ORDER BY x.lang)
			FROM core.survey_poster x WHERE x.survey_id = s.id), '') || ']',
		CASE WHEN core.survey_state(s) IN ('ended', 'published') THEN '"results":'
			|| core.survey_results(s.id, NULL, core.survey_hidden(s.id)) END) || '}';
END
$$;

-- "Text | English" lines into question rows of one kind, behind those there are.
CREATE OR REPLACE FUNCTION core.survey_lines(p_text text)
RETURNS TABLE (i bigint, zh text, en text) LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, core AS $$
	SELECT row_number() OVER (ORDER BY l.i), core.some(split_part(l.t, '|', 1)), core.some(substr(l.t, strpos(l.t || '|', '|') + 1))
	FROM unnest(string_to_array(replace(translate(coalesce(p_text, ''), '｜', '|'), E'\r', ''), E'\n')) WITH ORDINALITY AS l (t, i)
	WHERE core.some(l.t) IS NOT NULL
$$;

-- The compounds of lines with a code or a name each, below an office; none: all of it. bad: a line
-- that names none, or more than one.
CREATE OR REPLACE FUNCTION core.survey_pick(p_org int, p_text text, OUT ids bigint[], OUT bad text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
DECLARE
	line record;
	hits bigint[];
BEGIN
	ids := '{}';
	FOR line IN SELECT core.some(t) AS t FROM unnest(string_to_array(replace(coalesce(p_text, ''), E'\r', ''), E'\n')) t
		WHERE core.some(t) IS NOT NULL
	LOOP
		hits := ARRAY(SELECT p.id FROM core.place p JOIN core.org o ON o.id = p.org_id
			WHERE o.path @> ARRAY[p_org] AND (p.code = upper(replace(line.t, ' ', '')) OR p.name = line.t) LIMIT 2);
		IF cardinality(hits) <> 1 THEN
			bad := line.t;
			RETURN;
		END IF;
		ids := ids || hits;
	END LOOP;
	IF cardinality(ids) = 0 THEN
		ids := ARRAY(SELECT p.id FROM core.place p JOIN core.org o ON o.id = p.org_id
			WHERE o.path @> ARRAY[p_org] ORDER BY p.name, p.id LIMIT 201);
	END IF;
	ids := ARRAY(SELECT DISTINCT x FROM unnest(ids) x);
END
$$;

-- What is wrong with a form, in its order.
CREATE OR REPLACE FUNCTION core.survey_bad(p_body jsonb, p_org int) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
DECLARE
	bad jsonb := '[]';
	since constant date := core.try_date(core.some(p_body ->> 'from'));
	until constant date := core.try_date(core.some(p_body ->> 'to'));
	n constant int := (SELECT count(*) FROM core.survey_lines(p_body ->> 'levels'));
	m constant int := (SELECT count(*) FROM core.survey_lines(p_body ->> 'words'));
	least constant text := core.some(p_body ->> 'least');
	picked record;
BEGIN
	SELECT coalesce(jsonb_agg(b ORDER BY f.i), '[]') INTO bad
	FROM (VALUES (1, 'title', 80, true), (2, 'title_en', 120, false), (3, 'purpose', 300, true), (4, 'purpose_en', 400, false))
		AS f (i, name, most, needed)
	CROSS JOIN LATERAL jsonb_array_elements(CASE WHEN f.needed AND core.some(p_body ->> f.name) IS NULL THEN core.bad(f.name, 'missing')
		WHEN length(core.some(p_body ->> f.name)) > f.most THEN core.bad(f.name, 'too_long') ELSE '[]' END) b;
	IF p_org IS NULL THEN
		bad := bad || core.bad('org', CASE WHEN core.some(p_body ->> 'org') IS NULL THEN 'missing' ELSE 'unknown' END);
	ELSE
		picked := core.survey_pick(p_org, p_body ->> 'places');
		IF picked.bad IS NOT NULL THEN
			bad := bad || (core.bad('places', 'unknown_place') -> 0 || jsonb_build_object('name', picked.bad));
		ELSIF cardinality(picked.ids) = 0 THEN
			bad := bad || core.bad('places', 'none_here');
		ELSIF cardinality(picked.ids) > 200 THEN
			bad := bad || core.bad('places', 'too_many');
		END IF;
	END IF;
	IF since IS NULL THEN
		bad := bad || core.bad('from', CASE WHEN core.some(p_body ->> 'from') IS NULL THEN 'missing' ELSE 'form' END);
	END IF;
	IF until IS NULL THEN
		bad := bad || core.bad('to', CASE WHEN core.some(p_body ->> 'to') IS NULL THEN 'missing' ELSE 'form' END);
	ELSIF until < since THEN
		bad := bad || core.bad('to', 'order');
	ELSIF until < core.today() THEN
		bad := bad || core.bad('to', 'past');
	ELSIF until - since > 366 THEN
		bad := bad || core.bad('to', 'range');
	END IF;
	IF n = 0 THEN
		bad := bad || core.bad('levels', 'missing');
	ELSIF n > 12 OR EXISTS (SELECT FROM core.survey_lines(p_body ->> 'levels') l WHERE l.zh IS NULL OR length(l.zh) > 100 OR length(l.en) > 160) THEN
		bad := bad || core.bad('levels', CASE WHEN n > 12 THEN 'too_many' ELSE 'too_long' END);
	END IF;
	IF m > 3 OR EXISTS (SELECT FROM core.survey_lines(p_body ->> 'words') l WHERE l.zh IS NULL OR length(l.zh) > 100 OR length(l.en) > 160) THEN
		bad := bad || core.bad('words', CASE WHEN m > 3 THEN 'too_many' ELSE 'too_long' END);
	END IF;
	IF least IS NOT NULL AND (least !~ '^[0-9]{1,2}$' OR least::int NOT BETWEEN 1 AND greatest(n, 1)) THEN
		bad := bad || core.bad('least', 'range');
	END IF;
	RETURN bad;
END
$$;

-- Makes a draft (p_id NULL) or puts another in its place.
CREATE OR REPLACE FUNCTION core.survey_put(p_id bigint, p_body jsonb) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	org constant int := (SELECT o.id FROM core.org o WHERE o.code = core.some(p_body ->> 'org')
		AND core.my_right('survey') AND core.sees_org(o.id));
	made bigint := p_id;
BEGIN
	IF p_id IS NOT NULL THEN
		PERFORM core.survey_mine(p_id, '{draft}');
	END IF;
	PERFORM auth.refuse(core.survey_bad(p_body, org));
	IF made IS NULL THEN
		INSERT INTO core.survey (code, org_id, title, purpose, from_on, to_on, made_at, made_by)
		VALUES (core.survey_code(), org, '-', '-', core.today(), core.today(), core.now(), core.my_account())
		RETURNING id INTO made;
	END IF;
	UPDATE core.survey s SET org_id = org, title = core.some(p_body ->> 'title'), title_en = core.some(p_body ->> 'title_en'),
		purpose = core.some(p_body ->> 'purpose'), purpose_en = core.some(p_body ->> 'purpose_en'),
		from_on = (p_body ->> 'from')::date, to_on = (p_body ->> 'to')::date
	WHERE s.id = made;
	DELETE FROM core.survey_question q WHERE q.survey_id = made;
	INSERT INTO core.survey_question (survey_id, n, kind, text, text_en)
	SELECT made, row_number() OVER (ORDER BY x.kind, x.i), x.kind, x.zh, x.en
	FROM (SELECT 'level' AS kind, l.* FROM core.survey_lines(p_body ->> 'levels') l
		UNION ALL SELECT 'words', l.* FROM core.survey_lines(p_body ->> 'words') l) x;
	DELETE FROM core.survey_rule r WHERE r.survey_id = made;
	INSERT INTO core.survey_rule (survey_id, rule, least)
	SELECT made, k.code, CASE WHEN k.takes THEN (p_body ->> 'least')::smallint END FROM core.survey_check k
	WHERE CASE WHEN k.takes THEN core.some(p_body ->> 'least') IS NOT NULL ELSE core.list_of(p_body -> 'rules') ? k.code END;
	-- a compound that stays keeps its code
	DELETE FROM core.survey_place p WHERE p.survey_id = made
		AND p.place_id <> ALL ((core.survey_pick(org, p_body ->> 'places')).ids);
	INSERT INTO core.survey_place (survey_id, place_id, code)
	SELECT made, x, core.survey_code() FROM unnest((core.survey_pick(org, p_body ->> 'places')).ids) x
	ON CONFLICT DO NOTHING;
	PERFORM auth.audit('survey.draft', made::text, jsonb_build_object('title', core.some(p_body ->> 'title')));
	RETURN '{"id":' || made || '}';
END
$$;

-- How many were asked: {"asked":{CODE:"770",..}}; a compound that is not there stays as it is.
CREATE OR REPLACE FUNCTION core.survey_issue(s core.survey, p_asked jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
BEGIN
	PERFORM auth.refuse(coalesce((SELECT jsonb_agg(b) FROM jsonb_each_text(p_asked) a
		CROSS JOIN LATERAL jsonb_array_elements(core.bad('asked:' || a.key, 'bad_value')) b
		WHERE core.some(a.value) IS NOT NULL AND a.value !~ '^ *[0-9]{1,5} *$'), '[]'));
	INSERT INTO core.survey_issued (survey_id, place_id, n, at, by_account)
	SELECT s.id, p.place_id, a.value::int, core.now(), core.my_account()
	FROM jsonb_each_text(p_asked) a JOIN core.survey_place p ON p.survey_id = s.id AND p.code = a.key
	WHERE core.some(a.value) IS NOT NULL AND a.value::int IS DISTINCT FROM core.survey_asked(s.id, p.place_id)
	ORDER BY p.place_id;
END
$$;

-- do: release, drop, publish, asked, void (batch).
CREATE OR REPLACE FUNCTION core.survey_act(p_id bigint, p_body jsonb) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	act constant text := p_body ->> 'do';
	s core.survey;
BEGIN
	CASE act
	WHEN 'release' THEN
		s := core.survey_mine(p_id, '{draft}');
		IF s.to_on < core.today() THEN
			RAISE EXCEPTION 'survey % would be over', p_id USING ERRCODE = 'QR409', DETAIL = '{"why":"over"}';
		END IF;
		UPDATE core.survey x SET state = 'released', released_at = core.now() WHERE x.id = p_id;
	WHEN 'drop' THEN
		PERFORM core.survey_mine(p_id, '{draft}');
		DELETE FROM core.survey x WHERE x.id = p_id;
	WHEN 'publish' THEN
		s := core.survey_mine(p_id, '{released}');
		IF core.today() <= s.to_on THEN
			RAISE EXCEPTION 'survey % is not over', p_id USING ERRCODE = 'QR409', DETAIL = '{"why":"survey_open"}';
		END IF;
		UPDATE core.survey x SET state = 'published', published_at = core.now() WHERE x.id = p_id;
	WHEN 'asked' THEN
		s := core.survey_mine(p_id, '{released}');
		PERFORM core.survey_issue(s, coalesce(p_body -> 'asked', '{}'));
	WHEN 'void' THEN
		PERFORM core.survey_mine(p_id, '{released}');
		UPDATE core.survey_batch b SET void_at = core.now(), void_by = core.my_account()
		WHERE b.id = (p_body ->> 'batch')::bigint AND b.survey_id = p_id AND b.void_at IS NULL;
		IF NOT FOUND THEN
			RAISE EXCEPTION 'no such batch' USING ERRCODE = 'QR404';
		END IF;
		UPDATE core.survey_response r SET void = true WHERE r.batch_id = (p_body ->> 'batch')::bigint;
	ELSE
		PERFORM auth.refuse(core.bad('do', 'unknown'));
	END CASE;
	IF act IN ('release', 'publish') THEN
		PERFORM core.survey_publish(p_id);
	END IF;
	PERFORM auth.audit('survey.' || act, p_id::text, jsonb_strip_nulls(jsonb_build_object('batch', p_body -> 'batch',
		'asked', p_body -> 'asked')));
	RETURN '{"id":' || p_id || '}';
END
$$;

CREATE OR REPLACE FUNCTION api.staff_survey_put(p_session bytea, p_id bigint, p_body jsonb) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	PERFORM auth.enter(p_session, 'survey');
	RETURN core.survey_put(p_id, coalesce(p_body, '{}'));
END
$$;

CREATE OR REPLACE FUNCTION api.staff_survey_act(p_session bytea, p_id bigint, p_body jsonb) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	PERFORM auth.enter(p_session, 'survey');
	RETURN core.survey_act(p_id, coalesce(p_body, '{}'));
END
$$;
