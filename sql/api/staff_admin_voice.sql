-- Administration: how long results may be appealed (core.voice_rule), and how many reports of a sticker
-- raise an alarm (core.sticker_rule). Both hold for an office and those below it, nearest first.

-- A number of the form within its range; else adds to what is wrong.
CREATE OR REPLACE FUNCTION core.admin_within(p_new jsonb, p_field text, p_most int) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT CASE WHEN (p_new ->> p_field)::int BETWEEN 1 AND p_most THEN '[]'::jsonb
		ELSE core.bad(p_field, 'range') END
$$;
-- ---- replies and appeals -------------------------------------------------------------------
CREATE OR REPLACE FUNCTION core.admin_voice_list(p_parent text, p_q text, p_after text)
RETURNS TABLE (key text, name jsonb, note jsonb, over boolean)
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT q.code, to_jsonb(q.org), to_jsonb(concat_ws(' · ', q.appeal_days || ' + ' || q.decide_days, q.code)),
		q.valid_to < core.today()
	FROM (SELECT DISTINCT ON (r.code) r.*, o.name AS org FROM core.voice_rule r JOIN core.org o ON o.id = r.org_id
		WHERE core.admin_sees(r.org_id) AND r.code > coalesce(p_after, '') ORDER BY r.code, r.valid_from DESC) q
	ORDER BY q.code LIMIT 51
$$;
CREATE OR REPLACE FUNCTION core.admin_voice_get(p_key text) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT jsonb_build_object('code', r.code, 'org', o.code, 'appeal', r.appeal_days::text, 'decide', r.decide_days::text,
		'replies', r.replies::text, 'basis', r.basis, 'source', r.source, 'from', r.valid_from, 'until', r.valid_to)
	FROM core.voice_rule r JOIN core.org o ON o.id = r.org_id
	WHERE r.code = p_key AND core.admin_sees(r.org_id) ORDER BY r.valid_from DESC LIMIT 1
$$;
CREATE OR REPLACE FUNCTION core.admin_voice_periods(p_key text) RETURNS TABLE (day_from date, day_to date, text text)
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT r.valid_from, r.valid_to, r.appeal_days || ' + ' || r.decide_days || ' · ' || r.basis FROM core.voice_rule r
	WHERE r.code = p_key
$$;
CREATE OR REPLACE FUNCTION core.admin_voice_put(p_key text, p_old jsonb, p_new jsonb, p_act text) RETURNS text
LANGUAGE sql SET search_path = pg_catalog, core AS $$
	SELECT core.admin_rule_write('voice_rule', '{}', p_old, p_new, p_act, core.admin_within(p_new, 'appeal', 366)
		|| core.admin_within(p_new, 'decide', 366) || core.admin_within(p_new, 'replies', 10), jsonb_build_object(
		'appeal_days', p_new ->> 'appeal', 'decide_days', p_new ->> 'decide', 'replies', p_new ->> 'replies'))
$$;

-- ---- alarms of stickers --------------------------------------------------------------------
CREATE OR REPLACE FUNCTION core.admin_alarm_list(p_parent text, p_q text, p_after text)
RETURNS TABLE (key text, name jsonb, note jsonb, over boolean)
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT q.code, jsonb_build_object('zh-CN', c.zh, 'en', c.en), to_jsonb(concat_ws(' · ', q.org,
			q.n || ' / ' || q.days, q.code)), q.valid_to < core.today()
	FROM (SELECT DISTINCT ON (r.code) r.*, o.name AS org FROM core.sticker_rule r JOIN core.org o ON o.id = r.org_id
		WHERE core.admin_sees(r.org_id) AND r.code > coalesce(p_after, '') ORDER BY r.code, r.valid_from DESC) q
	JOIN core.admin_choices() c ON c.source = 'sightings' AND c.value = q.what
	ORDER BY q.code LIMIT 51
$$;
CREATE OR REPLACE FUNCTION core.admin_alarm_get(p_key text) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT jsonb_build_object('code', r.code, 'org', o.code, 'what', r.what, 'n', r.n::text, 'days', r.days::text,
		'public', r.public::text, 'basis', r.basis, 'source', r.source, 'from', r.valid_from, 'until', r.valid_to)
	FROM core.sticker_rule r JOIN core.org o ON o.id = r.org_id
	WHERE r.code = p_key AND core.admin_sees(r.org_id) ORDER BY r.valid_from DESC LIMIT 1
$$;
CREATE OR REPLACE FUNCTION core.admin_alarm_periods(p_key text) RETURNS TABLE (day_from date, day_to date, text text)
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT r.valid_from, r.valid_to, r.n || ' / ' || r.days || ' · ' || r.basis FROM core.sticker_rule r
	WHERE r.code = p_key
$$;
CREATE OR REPLACE FUNCTION core.admin_alarm_put(p_key text, p_old jsonb, p_new jsonb, p_act text) RETURNS text
LANGUAGE sql SET search_path = pg_catalog, core AS $$
	SELECT core.admin_rule_write('sticker_rule', '{what}', p_old, p_new, p_act, core.admin_within(p_new, 'n', 1000)
		|| core.admin_within(p_new, 'days', 366), jsonb_build_object('what', p_new ->> 'what', 'n', p_new ->> 'n',
		'days', p_new ->> 'days', 'public', p_new ->> 'public'))
$$;
