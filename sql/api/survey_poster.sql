-- Posters: one page A4 a compound with the QR of its survey, drawn by the jobs process. A released
-- survey does not change, so a file of it stays right; it is made again when asked for after a week.

CREATE OR REPLACE FUNCTION core.survey_poster_make(p_id bigint, p_lang text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	tongue constant text := core.notice_lang(core.some(p_lang));
	made bigint;
BEGIN
	PERFORM core.survey_mine(p_id, '{released,published}');
	INSERT INTO core.survey_poster AS x (survey_id, lang, made_at) VALUES (p_id, tongue, core.now())
	ON CONFLICT (survey_id, lang) DO UPDATE SET state = 'waiting', why = NULL, job_id = NULL, done = 0
	WHERE x.state = 'failed'
	RETURNING x.id INTO made;
	IF made IS NOT NULL THEN
		UPDATE core.survey_poster SET job_id = core.job_add('poster', jsonb_build_object('poster', made)) WHERE id = made;
		PERFORM auth.audit('survey.poster', p_id::text, jsonb_build_object('lang', tongue));
	END IF;
	RETURN '{"id":' || p_id || '}';
END
$$;

CREATE OR REPLACE FUNCTION api.staff_survey_poster_make(p_session bytea, p_id bigint, p_lang text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	PERFORM auth.enter(p_session, 'survey');
	RETURN core.survey_poster_make(p_id, p_lang);
END
$$;

CREATE OR REPLACE FUNCTION api.staff_survey_poster(p_session bytea, p_id bigint, p_lang text) RETURNS bytea
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	PERFORM auth.enter(p_session, 'survey');
	RETURN (SELECT x.pdf FROM core.survey_poster x WHERE x.survey_id = p_id AND x.lang = p_lang);
END
$$;

-- The poster of a job that p_who holds; QR409: he does not.
CREATE OR REPLACE FUNCTION core.poster_of(p_id bigint, p_who text) RETURNS core.survey_poster
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	x core.survey_poster;
BEGIN
	PERFORM FROM core.job j WHERE j.id = p_id AND j.kind = 'poster' AND j.leased_by = p_who AND j.done_at IS NULL;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'job % is not leased to %', p_id, p_who USING ERRCODE = 'QR409';
	END IF;
	SELECT y.* INTO x FROM core.job j JOIN core.survey_poster y ON y.id = (j.args ->> 'poster')::bigint
	WHERE j.id = p_id FOR UPDATE OF y;
	RETURN x;
END
$$;

-- What is to be made; no row: it was swept, and nobody waits for it.
CREATE OR REPLACE FUNCTION api.poster_job(p_id bigint, p_who text) RETURNS TABLE (state text, lang text, count int)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
#variable_conflict use_column
DECLARE
	x core.survey_poster;
BEGIN
	x := core.poster_of(p_id, p_who);
	UPDATE core.survey_poster y SET state = 'working', done = 0 WHERE y.id = x.id AND y.state IN ('waiting', 'working');
	RETURN QUERY SELECT CASE WHEN x.state = 'waiting' THEN 'working' ELSE x.state END, x.lang,
		(SELECT count(*)::int FROM core.survey_place p WHERE p.survey_id = x.survey_id) WHERE x.id IS NOT NULL;
END
$$;

-- Page p_n (from 1), by name of the compound; the pages before it are done.
CREATE OR REPLACE FUNCTION api.poster_job_page(p_id bigint, p_who text, p_n int) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	x core.survey_poster;
BEGIN
	x := core.poster_of(p_id, p_who);
	UPDATE core.survey_poster y SET done = p_n - 1 WHERE y.id = x.id AND y.state = 'working';
	RETURN (SELECT '{' || concat_ws(',', core.js('code', q.code), '"title":' || core.survey_text_json(s.title, s.title_en),
			'"purpose":' || core.survey_text_json(s.purpose, s.purpose_en), core.js('place', q.name), core.js('address', q.address),
			core.js('org', o.name), core.js('phone', o.phone), core.js('from', s.from_on), core.js('to', s.to_on),
			'"questions":' || (SELECT count(*) FROM core.survey_question k WHERE k.survey_id = s.id)) || '}'
		FROM core.survey s JOIN core.org o ON o.id = s.org_id
		CROSS JOIN LATERAL (SELECT y.code::text AS code, p.name, p.address FROM core.survey_place y
			JOIN core.place p ON p.id = y.place_id WHERE y.survey_id = s.id ORDER BY p.name, p.id OFFSET p_n - 1 LIMIT 1) q
		WHERE s.id = x.survey_id);
END
$$;

CREATE OR REPLACE FUNCTION api.poster_job_put(p_id bigint, p_who text, p_pdf bytea) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	x core.survey_poster;
BEGIN
	x := core.poster_of(p_id, p_who);
	IF x.id IS NULL OR x.state = 'done' THEN
		RETURN x.state IS NOT NULL;
	END IF;
	IF substr(p_pdf, 1, 5) IS DISTINCT FROM '%PDF-'::bytea THEN
		RAISE EXCEPTION 'poster % takes no file', x.id USING ERRCODE = 'QR409';
	END IF;
	UPDATE core.survey_poster y SET state = 'done', why = NULL, pdf = p_pdf, done = (SELECT count(*) FROM core.survey_place p
		WHERE p.survey_id = x.survey_id)
	WHERE y.id = x.id;
	RETURN true;
END
$$;

CREATE OR REPLACE FUNCTION api.poster_job_fail(p_id bigint, p_who text, p_why text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	x core.survey_poster;
BEGIN
	x := core.poster_of(p_id, p_who);
	UPDATE core.survey_poster y SET state = 'failed', why = left(p_why, 300)
	WHERE y.id = x.id AND y.state IN ('waiting', 'working');
END
$$;
