-- Administration: when a duty reminds, and whom (core.remind_rule, core.remind_to).

CREATE OR REPLACE FUNCTION core.admin_remind_list(p_parent text, p_q text, p_after text)
RETURNS TABLE (key text, name jsonb, note jsonb, over boolean)
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT q.code, coalesce(jsonb_build_object('zh-CN', concat_ws(' · ', q.data -> 'name' ->> 'zh-CN', q.data -> 'types'
			-> q.type -> 'name' ->> 'zh-CN'), 'en', concat_ws(' · ', q.data -> 'name' ->> 'en', q.data -> 'types' -> q.type
			-> 'name' ->> 'en')), '""'), to_jsonb(concat_ws(' · ', q.org, array_to_string(q.steps, ', '), q.code)),
		q.valid_to < core.today()
	FROM (SELECT DISTINCT ON (r.code) r.code, r.type, r.steps, r.valid_to, coalesce(k.data,
			'{"name":{"zh-CN":"所有设施","en":"Everything"}}') AS data, o.name AS org
		FROM core.remind_rule r LEFT JOIN core.kind k ON k.id = r.kind_id JOIN core.org o ON o.id = r.org_id
		WHERE core.admin_sees(r.org_id) AND r.code > coalesce(p_after, '') ORDER BY r.code, r.valid_from DESC) q
	ORDER BY q.code LIMIT 51
$$;

CREATE OR REPLACE FUNCTION core.admin_remind_get(p_key text) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT jsonb_build_object('code', r.code, 'about', k.code || coalesce('.' || r.type, ''), 'org', o.code,
			'steps', array_to_string(r.steps, ','), 'every', r.every::text, 'basis', r.basis, 'source', r.source,
			'from', r.valid_from, 'until', r.valid_to)
		|| coalesce((SELECT jsonb_object_agg(CASE WHEN t.whom = 'manager' THEN 'firm' ELSE 'office' || t.up END,
			t.from_step::text) FROM core.remind_to t WHERE t.rule_id = r.id), '{}')
	FROM core.remind_rule r LEFT JOIN core.kind k ON k.id = r.kind_id JOIN core.org o ON o.id = r.org_id
	WHERE r.code = p_key AND core.admin_sees(r.org_id) ORDER BY r.valid_from DESC LIMIT 1
$$;
CREATE OR REPLACE FUNCTION core.admin_remind_periods(p_key text)
RETURNS TABLE (day_from date, day_to date, text text)
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT r.valid_from, r.valid_to, array_to_string(r.steps, ', ') || ' · ' || r.basis FROM core.remind_rule r
	WHERE r.code = p_key
$$;

CREATE OR REPLACE FUNCTION core.admin_remind_put(p_key text, p_old jsonb, p_new jsonb, p_act text) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	called constant text := p_new ->> 'code';
	steps constant smallint[] := string_to_array(replace(p_new ->> 'steps', ' ', ''), ',');
	rule int;
	bad jsonb := '[]';
BEGIN
	IF NOT core.rising(steps) OR steps[1] < -366 OR cardinality(steps) > 20 THEN
		bad := bad || core.bad('steps', 'range');
	END IF;
	IF (p_new ->> 'every')::int = 0 THEN
		bad := bad || core.bad('every', 'bad_value');
	END IF;
	IF NOT p_new ?| '{firm,office0,office1,office2}' THEN
		bad := bad || core.bad('firm', 'missing');
	END IF;
	PERFORM core.admin_rule_write('remind_rule', '{kind_id,type}', p_old, p_new, p_act, bad, jsonb_build_object(
		'kind_id', (SELECT k.id FROM core.kind k WHERE k.code = split_part(p_new ->> 'about', '.', 1)),
		'type', nullif(split_part(p_new ->> 'about', '.', 2), ''), 'steps', to_jsonb(steps), 'every', p_new -> 'every'));
	IF p_act = 'end' THEN
		RETURN called;
	END IF;
	SELECT r.id INTO rule FROM core.remind_rule r WHERE r.code = called ORDER BY r.valid_from DESC LIMIT 1;
	-- a row that has not begun is put right, with those it tells
	DELETE FROM core.remind_to t WHERE t.rule_id = rule;
	INSERT INTO core.remind_to (rule_id, whom, up, from_step)
	SELECT rule, v.whom, v.up, (p_new ->> v.field)::smallint FROM (VALUES ('firm', 'manager', 0), ('office0', 'office', 0),
		('office1', 'office', 1), ('office2', 'office', 2)) AS v (field, whom, up) WHERE p_new ? v.field;
	RETURN called;
END
$$;
