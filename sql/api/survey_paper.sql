-- Forms on paper, entered by the office: many at once, all of them or none. A form has its number, the
-- levels of its questions one behind the other, and what was written. Entered twice under one key they
-- count once; a batch may be taken back whole until the results are published.

-- "54-1x": 1 to 5; - or . not answered, 0 or x more than one ticked. NULL: it is something else.
CREATE OR REPLACE FUNCTION core.survey_levels(p_text text, p_n int) RETURNS smallint[]
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, core AS $$
DECLARE
	t constant text := lower(regexp_replace(normalize(coalesce(p_text, ''), NFKC), '\s', '', 'g'));
BEGIN
	IF length(t) <> p_n OR t !~ '^[0-5x.-]+$' THEN
		RETURN NULL;
	END IF;
	RETURN ARRAY(SELECT CASE WHEN c IN ('-', '.') THEN NULL WHEN c = 'x' THEN 0 ELSE c::smallint END
		FROM unnest(string_to_array(t, NULL)) WITH ORDINALITY AS u (c, i) ORDER BY i);
END
$$;

-- What is wrong with the rows of a batch: fields no:1, l:1, w:1:6 of row 1.
CREATE OR REPLACE FUNCTION core.survey_rows_bad(p_survey bigint, p_place bigint, p_rows jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
DECLARE
	n constant int := (SELECT count(*) FROM core.survey_question q WHERE q.survey_id = p_survey AND q.kind = 'level');
	bad jsonb := '[]';
	seen int[] := '{}';
	x record;
	num int;
BEGIN
	FOR x IN SELECT r.value AS v, r.value ->> 'row' AS at, core.some(r.value ->> 'no') AS no
		FROM jsonb_array_elements(p_rows) WITH ORDINALITY r (value, i) ORDER BY r.i
	LOOP
		IF x.no IS NOT NULL AND x.no !~ '^[0-9]{1,6}$' OR x.no ~ '^0+$' THEN
			bad := bad || core.bad('no:' || x.at, 'bad_value');
		ELSIF x.no IS NOT NULL THEN
			num := x.no::int;
			IF num = ANY (seen) OR EXISTS (SELECT FROM core.survey_response r WHERE r.survey_id = p_survey
				AND r.place_id = p_place AND r.no = num AND NOT r.void)
			THEN
				bad := bad || core.bad('no:' || x.at, 'form_twice');
			END IF;
			seen := seen || num;
		END IF;
		IF core.survey_levels(x.v ->> 'levels', n) IS NULL THEN
			bad := bad || (core.bad('l:' || x.at, 'levels') -> 0 || jsonb_build_object('n', n));
		END IF;
		bad := bad || core.survey_words(p_survey, x.v -> 'words', 'w:' || x.at || ':');
	END LOOP;
	RETURN bad;
END
$$;

-- The survey that may be worked on: of one's own offices. p_states: else QR409 state.
CREATE OR REPLACE FUNCTION core.survey_mine(p_id bigint, p_states text[]) RETURNS core.survey
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	s core.survey;
BEGIN
	SELECT x.* INTO s FROM core.survey x WHERE x.id = p_id AND core.my_right('survey') AND core.sees_org(x.org_id)
	FOR NO KEY UPDATE;
	IF s.id IS NULL THEN
		RAISE EXCEPTION 'no survey %', p_id USING ERRCODE = 'QR404';
	END IF;
	IF s.state <> ALL (p_states) THEN
		RAISE EXCEPTION 'survey % is %', p_id, s.state USING ERRCODE = 'QR409',
			DETAIL = '{"why":"survey_' || s.state || '"}';
	END IF;
	RETURN s;
END
$$;

-- {"place":CODE of the compound's survey,"rows":[{"row":1,"no":"17","levels":"54321","words":{"6":".."}},..]}
CREATE OR REPLACE FUNCTION core.survey_paper(p_id bigint, p_key uuid, p_body jsonb) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	s constant core.survey := core.survey_mine(p_id, '{released,published}');
	place constant bigint := (SELECT p.place_id FROM core.survey_place p WHERE p.survey_id = p_id
		AND p.code = core.some(p_body ->> 'place'));
	lines constant jsonb := core.list_of(p_body -> 'rows');
	sent constant bytea := sha256(convert_to(coalesce(p_body ->> 'place', '') || lines::text, 'UTF8'));
	b core.survey_batch;
	made bigint;
	n int;
	good int;
BEGIN
	SELECT * INTO b FROM core.survey_batch x WHERE x.key = p_key;
	IF b.id IS NOT NULL AND (b.survey_id, b.by_account, b.hash) IS DISTINCT FROM (p_id, core.my_account(), sent) THEN
		RAISE EXCEPTION 'another batch has this key' USING ERRCODE = 'QR409', DETAIL = '{"why":"other_body"}';
	END IF;
	IF b.id IS NULL THEN
		IF s.state = 'published' THEN
			RAISE EXCEPTION 'survey % is published', p_id USING ERRCODE = 'QR409', DETAIL = '{"why":"survey_published"}';
		ELSIF core.today() < s.from_on THEN
			RAISE EXCEPTION 'survey % has not begun', p_id USING ERRCODE = 'QR409', DETAIL = '{"why":"early"}';
		END IF;
		IF place IS NULL THEN
			PERFORM auth.refuse(core.bad('place', 'missing'));
		ELSIF jsonb_array_length(lines) = 0 THEN
			PERFORM auth.refuse(core.bad('l:1', 'missing'));
		ELSIF jsonb_array_length(lines) > 100 THEN
			PERFORM auth.refuse(core.bad('l:1', 'too_many'));
		END IF;
		PERFORM auth.refuse(core.survey_rows_bad(p_id, place, lines));
		INSERT INTO core.survey_batch (key, survey_id, place_id, at, by_account, hash)
		VALUES (p_key, p_id, place, core.now(), core.my_account(), sent) RETURNING * INTO b;
		FOR i IN 0 .. jsonb_array_length(lines) - 1 LOOP
			INSERT INTO core.survey_response (survey_id, place_id, on_day, batch_id, no, levels, why)
			SELECT p_id, place, core.today(), b.id, core.some(lines -> i ->> 'no')::int, l, core.survey_judge(p_id, l)
			FROM core.survey_levels(lines -> i ->> 'levels', (SELECT count(*)::int FROM core.survey_question q
				WHERE q.survey_id = p_id AND q.kind = 'level')) l
			RETURNING id INTO made;
			INSERT INTO core.survey_text (response_id, n, value)
			SELECT made, q.n, core.some(lines -> i -> 'words' ->> q.n::text) FROM core.survey_question q
			WHERE q.survey_id = p_id AND q.kind = 'words' AND core.some(lines -> i -> 'words' ->> q.n::text) IS NOT NULL;
		END LOOP;
		PERFORM auth.audit('survey.paper', p_id::text, jsonb_build_object('batch', b.id, 'rows', jsonb_array_length(lines)));
	END IF;
	SELECT count(*), count(*) FILTER (WHERE r.why IS NULL) INTO n, good FROM core.survey_response r WHERE r.batch_id = b.id;
	RETURN '{"batch":' || b.id || ',"rows":' || n || ',"valid":' || good || '}';
END
$$;

CREATE OR REPLACE FUNCTION api.staff_survey_paper_put(p_session bytea, p_id bigint, p_key uuid, p_body jsonb) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	PERFORM auth.enter(p_session, 'survey');
	RETURN core.survey_paper(p_id, p_key, coalesce(p_body, '{}'));
END
$$;

-- The table to type into: compounds, questions, the number that follows the last form's.
CREATE OR REPLACE FUNCTION api.staff_survey_paper(p_session bytea, p_id bigint, p_place text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	s core.survey;
	chosen core.survey_place;
BEGIN
	PERFORM auth.enter(p_session, 'survey');
	SELECT * INTO s FROM core.survey x WHERE x.id = p_id;
	IF s.id IS NULL THEN
		RAISE EXCEPTION 'no survey %', p_id USING ERRCODE = 'QR404';
	END IF;
	IF s.state <> 'released' THEN
		RAISE EXCEPTION 'survey % is %', p_id, s.state USING ERRCODE = 'QR409', DETAIL = '{"why":"survey_' || s.state || '"}';
	END IF;
	SELECT x.* INTO chosen FROM core.survey_place x JOIN core.place p ON p.id = x.place_id
	WHERE x.survey_id = p_id ORDER BY x.code = core.some(p_place) DESC NULLS LAST, p.name, p.id LIMIT 1;
	RETURN '{' || concat_ws(',', '"me":' || auth.me(), '"ref":' || core.ref(), '"id":' || p_id,
		'"title":' || core.survey_text_json(s.title, s.title_en), '"questions":' || core.survey_questions(p_id),
		'"places":[' || (SELECT string_agg('{' || core.js('code', y.code::text) || ',' || core.js('name', p.name) || '}', ','
			ORDER BY p.name, p.id) FROM core.survey_place y JOIN core.place p ON p.id = y.place_id WHERE y.survey_id = p_id) || ']',
		core.js('place', chosen.code::text), '"next":' || (SELECT coalesce(max(r.no), 0) + 1 FROM core.survey_response r
			WHERE r.survey_id = p_id AND r.place_id = chosen.place_id AND NOT r.void)) || '}';
END
$$;
