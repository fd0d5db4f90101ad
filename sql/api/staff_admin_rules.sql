-- Administration: what is dated (rules, limits, publication), and the words results are told in.

-- ---- rules ---------------------------------------------------------------------------------
CREATE OR REPLACE FUNCTION core.admin_rule_list(p_parent text, p_q text, p_after text)
RETURNS TABLE (key text, name jsonb, note jsonb, over boolean)
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT q.code, jsonb_build_object('zh-CN', (q.data -> 'name' ->> 'zh-CN') || ' · ' || coalesce(q.data -> 'types' -> q.type
			-> 'name' ->> 'zh-CN', q.type), 'en', (q.data -> 'name' ->> 'en') || ' · '
			|| coalesce(q.data -> 'types' -> q.type -> 'name' ->> 'en', q.type)),
		to_jsonb(q.org || ' · ' || q.code), q.valid_to < core.today()
	FROM (SELECT DISTINCT ON (r.code) r.code, r.type, r.valid_to, r.rank, k.data, k.rank AS kind_rank, o.name AS org
		FROM core.rule r JOIN core.kind k ON k.id = r.kind_id JOIN core.org o ON o.id = r.org_id
		WHERE core.admin_sees(r.org_id) AND r.code > coalesce(p_after, '')
			AND (p_q IS NULL OR strpos(core.norm(r.code || k.data::text || o.name), core.norm(p_q)) > 0)
		ORDER BY r.code, r.valid_from DESC) q
	ORDER BY q.code LIMIT 51
$$;
CREATE OR REPLACE FUNCTION core.admin_rule_get(p_key text) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT jsonb_build_object('code', r.code, 'duty', k.code || '.' || r.type, 'org', o.code, 'name', jsonb_build_object(
			'zh-CN', (k.data -> 'name' ->> 'zh-CN') || ' · ' || (k.data -> 'types' -> r.type -> 'name' ->> 'zh-CN'),
			'en', (k.data -> 'name' ->> 'en') || ' · ' || (k.data -> 'types' -> r.type -> 'name' ->> 'en')),
		'also', CASE WHEN r.also <> '{}' THEN to_jsonb(r.also) END,
		'cured_by', CASE WHEN r.cured_by <> '{}' THEN to_jsonb(r.cured_by) END,
		'from', r.valid_from, 'until', r.valid_to, 'basis', r.basis, 'source', r.source)
		|| (SELECT jsonb_object_agg(e.key, e.value) FROM jsonb_each_text(to_jsonb(r)) e
			WHERE e.key IN ('rank', 'months', 'days', 'work_days', 'soon_days', 'post_hours', 'post_work_days', 'fail_days',
				'fail_work_days'))
	FROM core.rule r JOIN core.kind k ON k.id = r.kind_id JOIN core.org o ON o.id = r.org_id
	WHERE r.code = p_key AND core.admin_sees(r.org_id) ORDER BY r.valid_from DESC LIMIT 1
$$;
CREATE OR REPLACE FUNCTION core.admin_rule_periods(p_key text)
RETURNS TABLE (day_from date, day_to date, text text)
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS
$$ SELECT r.valid_from, r.valid_to, r.basis FROM core.rule r WHERE r.code = p_key $$;
CREATE OR REPLACE FUNCTION core.admin_rule_put(p_key text, p_old jsonb, p_new jsonb, p_act text) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	code constant text := p_new ->> 'code';
	bad jsonb := '[]';
	n int;
BEGIN
	IF p_act = 'end' THEN
		PERFORM core.admin_dated_end('rule', jsonb_build_object('code', code), (p_new ->> 'until')::date);
	ELSE
		IF p_old IS NULL AND EXISTS (SELECT FROM core.rule r WHERE r.code = p_new ->> 'code') THEN
			bad := bad || core.bad('code', 'taken');
		END IF;
		n := num_nonnulls(p_new ->> 'months', p_new ->> 'days', p_new ->> 'work_days');
		IF n = 0 OR coalesce((p_new ->> 'months')::int, 1) = 0 OR coalesce((p_new ->> 'days')::int, 1) = 0
			OR coalesce((p_new ->> 'work_days')::int, 1) = 0
		THEN
			bad := bad || core.bad('months', 'missing');
		ELSIF p_new ? 'work_days' AND n > 1 THEN
			bad := bad || core.bad('work_days', 'only_one');
		END IF;
		IF p_new ? 'post_hours' AND p_new ? 'post_work_days' THEN
			bad := bad || core.bad('post_work_days', 'only_one');
		ELSIF (p_new ->> 'post_hours')::int = 0 OR (p_new ->> 'post_work_days')::int = 0 THEN
			bad := bad || core.bad('post_hours', 'bad_value');
		END IF;
		IF p_new ? 'fail_days' AND p_new ? 'fail_work_days' THEN
			bad := bad || core.bad('fail_work_days', 'only_one');
		END IF;
		IF (p_new ->> 'rank')::int = 0 THEN
			bad := bad || core.bad('rank', 'bad_value');
		END IF;
		PERFORM auth.refuse(bad);
		PERFORM core.admin_dated('rule', jsonb_build_object('code', code), jsonb_build_object(
			'kind_id', (SELECT k.id FROM core.kind k WHERE k.code = split_part(p_new ->> 'duty', '.', 1)),
			'type', split_part(p_new ->> 'duty', '.', 2),
			'org_id', (SELECT o.id FROM core.org o WHERE o.code = p_new ->> 'org'),
			'rank', coalesce(p_new ->> 'rank', '1'), 'months', p_new -> 'months', 'days', p_new -> 'days',
			'work_days', p_new -> 'work_days', 'soon_days', coalesce(p_new ->> 'soon_days', '30'),
			'post_hours', p_new -> 'post_hours', 'post_work_days', p_new -> 'post_work_days',
			'fail_days', p_new -> 'fail_days', 'fail_work_days', p_new -> 'fail_work_days',
			'also', coalesce(p_new -> 'also', '[]'), 'cured_by', coalesce(p_new -> 'cured_by', '[]'),
			'basis', p_new ->> 'basis', 'source', p_new -> 'source'), (p_new ->> 'from')::date, (p_new ->> 'until')::date);
	END IF;
	PERFORM core.admin_rebuild(p_new ->> 'org');
	RETURN code;
END
$$;

-- ---- limits: key ITEM.OFFICE ----------------------------------------------------------------
CREATE OR REPLACE FUNCTION core.admin_limit_list(p_parent text, p_q text, p_after text)
RETURNS TABLE (key text, name jsonb, note jsonb, over boolean)
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT q.key, q.name, to_jsonb(concat_ws(' ', q.org || ' ·', q.op, concat_ws('–', q.lo, q.hi), q.word, '·', q.basis)),
		q.valid_to < core.today()
	FROM (SELECT DISTINCT ON (i.code || '.' || o.code) i.code || '.' || o.code AS key, i.name::jsonb AS name,
			o.name AS org, nullif(nullif(l.op, 'word'), 'between') AS op, l.lo, l.hi, l.word, l.basis, l.valid_to
		FROM core.limit_item l JOIN core.item i ON i.id = l.item_id JOIN core.org o ON o.id = l.org_id
		WHERE core.admin_sees(l.org_id) AND i.code || '.' || o.code > coalesce(p_after, '')
			AND (p_q IS NULL OR strpos(core.norm(i.code || i.name::text || o.name), core.norm(p_q)) > 0)
		ORDER BY i.code || '.' || o.code, l.valid_from DESC) q
	ORDER BY q.key LIMIT 51
$$;
CREATE OR REPLACE FUNCTION core.admin_limit_get(p_key text) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT jsonb_build_object('item', i.code, 'org', o.code, 'op', l.op, 'lo', l.lo::text, 'hi', l.hi::text,
		'word', l.word, 'basis', l.basis, 'source', l.source, 'from', l.valid_from, 'until', l.valid_to,
		'name', i.name)
	FROM core.limit_item l JOIN core.item i ON i.id = l.item_id JOIN core.org o ON o.id = l.org_id
	WHERE i.code = split_part(p_key, '.', 1) AND o.code = split_part(p_key, '.', 2) AND core.admin_sees(l.org_id)
	ORDER BY l.valid_from DESC LIMIT 1
$$;
CREATE OR REPLACE FUNCTION core.admin_limit_periods(p_key text)
RETURNS TABLE (day_from date, day_to date, text text)
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT l.valid_from, l.valid_to, concat_ws(' ', nullif(nullif(l.op, 'word'), 'between'), concat_ws('–', l.lo, l.hi), l.word,
		'·', l.basis)
	FROM core.limit_item l JOIN core.item i ON i.id = l.item_id JOIN core.org o ON o.id = l.org_id
	WHERE i.code = split_part(p_key, '.', 1) AND o.code = split_part(p_key, '.', 2)
$$;
CREATE OR REPLACE FUNCTION core.admin_limit_put(p_key text, p_old jsonb, p_new jsonb, p_act text) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	key constant text := (p_new ->> 'item') || '.' || (p_new ->> 'org');
	op constant text := p_new ->> 'op';
	lo constant numeric := p_new ->> 'lo';
	hi constant numeric := p_new ->> 'hi';
	id jsonb;
	bad jsonb := '[]';
BEGIN
	id := jsonb_build_object('item_id', (SELECT i.id FROM core.item i WHERE i.code = p_new ->> 'item'),
		'org_id', (SELECT o.id FROM core.org o WHERE o.code = p_new ->> 'org'));
	IF p_act = 'end' THEN
		PERFORM core.admin_dated_end('limit_item', id, (p_new ->> 'until')::date);
	ELSE
		IF p_old IS NULL AND core.admin_limit_get(key) IS NOT NULL THEN
			bad := bad || core.bad('item', 'taken');
		END IF;
		IF op IN ('>=', 'between') AND lo IS NULL THEN
			bad := bad || core.bad('lo', 'missing');
		ELSIF op IN ('<=', 'between') AND hi IS NULL THEN
			bad := bad || core.bad('hi', 'missing');
		ELSIF op = 'between' AND lo >= hi THEN
			bad := bad || core.bad('hi', 'order');
		ELSIF op = 'word' AND NOT p_new ? 'word' THEN
			bad := bad || core.bad('word', 'missing');
		END IF;
		PERFORM auth.refuse(bad);
		PERFORM core.admin_dated('limit_item', id, jsonb_build_object('op', op,
			'lo', CASE WHEN op IN ('>=', 'between') THEN lo END, 'hi', CASE WHEN op IN ('<=', 'between') THEN hi END,
			'word', CASE op WHEN 'word' THEN p_new ->> 'word' END, 'basis', p_new ->> 'basis',
			'source', p_new -> 'source'), (p_new ->> 'from')::date, (p_new ->> 'until')::date);
	END IF;
	PERFORM core.admin_rebuild(p_new ->> 'org');
	RETURN key;
END
$$;

-- ---- how records come to be published ---------------------------------------------------------
CREATE OR REPLACE FUNCTION core.admin_publish_list(p_parent text, p_q text, p_after text)
RETURNS TABLE (key text, name jsonb, note jsonb, over boolean)
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT q.code, jsonb_build_object('zh-CN', coalesce((q.data -> 'name' ->> 'zh-CN') || ' · ', '') || (o.label ->> 'zh-CN'),
			'en', coalesce((q.data -> 'name' ->> 'en') || ' · ', '') || (o.label ->> 'en')),
		to_jsonb(q.org || ' · ' || q.code), q.valid_to < core.today()
	FROM (SELECT DISTINCT ON (r.code) r.code, r.mode, r.valid_to, k.data, o.name AS org FROM core.publish_rule r
		LEFT JOIN core.kind k ON k.id = r.kind_id JOIN core.org o ON o.id = r.org_id
		WHERE core.admin_sees(r.org_id) AND r.code > coalesce(p_after, '') ORDER BY r.code, r.valid_from DESC) q
	LEFT JOIN core.admin_options('modes', '{}') o ON o.value = q.mode
	ORDER BY q.code LIMIT 51
$$;
CREATE OR REPLACE FUNCTION core.admin_publish_get(p_key text) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT jsonb_build_object('code', r.code, 'kind', k.code, 'org', o.code, 'mode', r.mode, 'signs', r.signs::text,
		'basis', r.basis, 'source', r.source, 'from', r.valid_from, 'until', r.valid_to)
	FROM core.publish_rule r LEFT JOIN core.kind k ON k.id = r.kind_id JOIN core.org o ON o.id = r.org_id
	WHERE r.code = p_key AND core.admin_sees(r.org_id) ORDER BY r.valid_from DESC LIMIT 1
$$;
CREATE OR REPLACE FUNCTION core.admin_publish_periods(p_key text)
RETURNS TABLE (day_from date, day_to date, text text)
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS
$$ SELECT r.valid_from, r.valid_to, r.basis FROM core.publish_rule r WHERE r.code = p_key $$;
CREATE OR REPLACE FUNCTION core.admin_publish_put(p_key text, p_old jsonb, p_new jsonb, p_act text) RETURNS text
LANGUAGE sql SET search_path = pg_catalog, core AS $$
	SELECT core.admin_rule_write('publish_rule', '{kind_id}', p_old, p_new, p_act,
		CASE WHEN p_new ->> 'mode' = 'owners' AND ((p_new ->> 'signs')::int BETWEEN 1 AND 9) IS NOT TRUE
			THEN core.bad('signs', 'bad_value') ELSE '[]' END,
		jsonb_build_object('kind_id', (SELECT k.id FROM core.kind k WHERE k.code = p_new ->> 'kind'),
			'mode', p_new ->> 'mode', 'signs', CASE p_new ->> 'mode' WHEN 'owners' THEN p_new -> 'signs' END))
$$;

-- ---- items and words ---------------------------------------------------------------------------
CREATE OR REPLACE FUNCTION core.admin_words_changed() RETURNS void
LANGUAGE sql SET search_path = pg_catalog, core AS
$$ SELECT core.publish_reference(); SELECT core.admin_rebuild(NULL) $$;

CREATE OR REPLACE FUNCTION core.admin_item_list(p_parent text, p_q text, p_after text)
RETURNS TABLE (key text, name jsonb, note jsonb, over boolean)
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT i.code, i.name::jsonb, to_jsonb(concat_ws(' · ', i.code, i.unit)), false FROM core.item i
	WHERE i.code > coalesce(p_after, '')
		AND (p_q IS NULL OR strpos(core.norm(i.code || i.name::text), core.norm(p_q)) > 0) ORDER BY i.code LIMIT 51
$$;
CREATE OR REPLACE FUNCTION core.admin_item_get(p_key text) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT jsonb_build_object('code', i.code, 'name', i.name, 'plain', i.plain, 'unit', i.unit, 'rank', i.rank::text)
	FROM core.item i WHERE i.code = p_key
$$;
CREATE OR REPLACE FUNCTION core.admin_item_put(p_key text, p_old jsonb, p_new jsonb, p_act text) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
BEGIN
	IF p_old IS NULL AND EXISTS (SELECT FROM core.item i WHERE i.code = p_new ->> 'code') THEN
		PERFORM auth.refuse(core.bad('code', 'taken'));
	END IF;
	INSERT INTO core.item (code, rank, name, plain, unit) VALUES (p_new ->> 'code', coalesce((p_new ->> 'rank')::smallint,
		(SELECT max(i.rank) + 1 FROM core.item i), 1), p_new -> 'name', p_new -> 'plain', p_new ->> 'unit')
	ON CONFLICT (code) DO UPDATE SET rank = excluded.rank, name = excluded.name, plain = excluded.plain,
		unit = excluded.unit;
	PERFORM core.admin_words_changed();
	RETURN p_new ->> 'code';
END
$$;

CREATE OR REPLACE FUNCTION core.admin_word_list(p_parent text, p_q text, p_after text)
RETURNS TABLE (key text, name jsonb, note jsonb, over boolean)
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT w.code, w.name::jsonb, to_jsonb(w.code), false FROM core.word w
	WHERE w.code > coalesce(p_after, '') ORDER BY w.code LIMIT 51
$$;
CREATE OR REPLACE FUNCTION core.admin_word_get(p_key text) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT jsonb_build_object('code', w.code, 'name', w.name, 'sense', w.sense, 'rank', w.rank::text)
	FROM core.word w WHERE w.code = p_key
$$;
CREATE OR REPLACE FUNCTION core.admin_word_put(p_key text, p_old jsonb, p_new jsonb, p_act text) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
BEGIN
	IF p_old IS NULL AND EXISTS (SELECT FROM core.word w WHERE w.code = p_new ->> 'code') THEN
		PERFORM auth.refuse(core.bad('code', 'taken'));
	END IF;
	IF p_old ->> 'sense' <> p_new ->> 'sense' AND (EXISTS (SELECT FROM core.result r WHERE r.word = p_new ->> 'code')
		OR EXISTS (SELECT FROM core.limit_item l WHERE l.word = p_new ->> 'code'))
	THEN
		-- verdicts were given by it
		PERFORM core.refuse('QR409', 'used', 'results were judged by this word');
	END IF;
	INSERT INTO core.word (code, rank, name, sense) VALUES (p_new ->> 'code', coalesce((p_new ->> 'rank')::smallint,
		(SELECT max(w.rank) + 1 FROM core.word w), 1), p_new -> 'name', p_new ->> 'sense')
	ON CONFLICT (code) DO UPDATE SET rank = excluded.rank, name = excluded.name, sense = excluded.sense;
	PERFORM core.admin_words_changed();
	RETURN p_new ->> 'code';
END
$$;
