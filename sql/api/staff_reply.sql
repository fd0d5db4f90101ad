-- The pages of replies, appeals and new tests: the form of a firm, the list of an office, one with what
-- may be done about it. What is decided, by whom and when: reply.sql.

-- The record as lists and forms name it: public words.
CREATE OR REPLACE FUNCTION core.reply_record(p_record uuid) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	RETURN (SELECT '"facility":{' || core.facility_words(r.facility_id) || '},"record":{' || concat_ws(',',
			'"id":"' || r.id || '"', core.js('type', r.type), core.js('on', r.on_date),
			core.js('verdict', r.verdict), core.js('published', r.published_at)) || '}'
		FROM core.record r WHERE r.id = p_record);
END
$$;

-- One in a list.
CREATE OR REPLACE FUNCTION core.reply_row(v core.reply) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT '{' || concat_ws(',', '"id":' || v.id, core.js('kind', v.kind), core.js('party', v.name),
		core.js('at', v.at), core.reply_record(v.record_id), core.js('shown', v.shown),
		core.js('state', CASE WHEN core.reply_result(v) IS NOT NULL THEN 'done' ELSE v.state END),
		core.js('due', v.due_on),
		CASE WHEN v.state = 'open' AND v.due_on < core.today() THEN '"late":true' END) || '}'
$$;

CREATE OR REPLACE FUNCTION api.staff_reply_form(p_session bytea, p_record uuid) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core SET timezone = 'UTC' AS $$
DECLARE
	mine constant text[] := '{reply,appeal,retest}';
	said text;
BEGIN
	PERFORM auth.enter(p_session, 'reply');
	PERFORM core.use_timezone();
	said := (SELECT string_agg('{' || concat_ws(',', core.js('kind', k), core.js('why', c.why),
			core.js('until', c.until)) || '}', ',' ORDER BY n)
		FROM unnest(mine) WITH ORDINALITY AS u (k, n), core.reply_cannot(p_record, core.my_party(), k) c);
	RETURN '{' || concat_ws(',', '"me":' || auth.me(), '"ref":' || core.ref(), core.reply_record(p_record),
		'"key":"' || gen_random_uuid() || '"', '"kinds":[' || said || ']',
		'"replies":[' || coalesce((SELECT string_agg(core.reply_row(v), ',' ORDER BY v.id) FROM core.reply v
			WHERE v.record_id = p_record AND v.party_id = core.my_party()), '') || ']') || '}';
END
$$;

CREATE OR REPLACE FUNCTION api.staff_reply_add(p_session bytea, p_record uuid, p_key uuid, p_body jsonb)
RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	kind constant text := core.some(p_body ->> 'kind');
	words constant text := core.some(p_body ->> 'words');
	bad jsonb := '[]';
BEGIN
	PERFORM auth.enter(p_session, 'reply');
	-- the firm's part in the record comes first: others learn nothing from the form
	PERFORM core.reply_cannot(p_record, core.my_party(), 'reply');
	IF p_key IS NULL THEN
		bad := bad || core.bad('key', 'missing');
	END IF;
	IF kind IS NULL THEN
		bad := bad || core.bad('kind', 'missing');
	ELSIF kind NOT IN ('reply', 'appeal', 'retest') THEN
		bad := bad || core.bad('kind', 'unknown');
	END IF;
	IF words IS NULL THEN
		bad := bad || core.bad('words', 'missing');
	ELSIF length(words) > 500 THEN
		bad := bad || core.bad('words', 'too_long');
	END IF;
	PERFORM auth.refuse(bad);
	RETURN '{"reply":' || core.reply_add(p_key, p_record, kind, words) || '}';
END
$$;

-- p_show: open (somebody has to check or decide; what is due first), all. p_after: the last id of the page
-- before, of all.
CREATE OR REPLACE FUNCTION api.staff_replies(p_session bytea, p_show text, p_after bigint) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core SET timezone = 'UTC' AS $$
DECLARE
	show constant text := coalesce(core.some(p_show), 'open');
	ids bigint[];
BEGIN
	PERFORM auth.enter(p_session, 'view');
	PERFORM core.need_any('{judge,reply}');
	PERFORM core.use_timezone();
	IF show NOT IN ('open', 'all') THEN
		PERFORM auth.refuse(core.bad('s', 'unknown'));
	END IF;
	IF show = 'open' THEN
		ids := ARRAY(SELECT v.id FROM core.reply v WHERE v.shown = 'waiting' OR v.state = 'open'
			ORDER BY v.due_on NULLS LAST, v.id LIMIT 51);
	ELSE
		ids := ARRAY(SELECT v.id FROM core.reply v WHERE v.id < p_after OR p_after IS NULL
			ORDER BY v.id DESC LIMIT 51);
	END IF;
	RETURN '{' || concat_ws(',', '"me":' || auth.me(), '"ref":' || core.ref(), core.js('today', core.today()),
		core.js('show', show),
		'"rows":[' || coalesce((SELECT string_agg(core.reply_row(v), ',' ORDER BY u.n)
			FROM unnest(ids[:50]) WITH ORDINALITY AS u (id, n) JOIN core.reply v ON v.id = u.id), '') || ']',
		CASE WHEN cardinality(ids) > 50 THEN '"next":' || ids[50] END,
		CASE WHEN core.my_org() IS NOT NULL THEN '"alarms":' || core.alarms_list() END) || '}';
END
$$;

-- Open alarms of stickers in the scope, the newest first, at most 50.
CREATE OR REPLACE FUNCTION core.alarms_list() RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT '[' || coalesce(string_agg('{' || concat_ws(',', core.js('code', q.code), core.js('what', q.what),
			core.js('since', q.opened_at), core.js('last', q.last_at), '"n":' || q.n, core.js('spot', q.spot),
			'"facility":{' || core.facility_words(q.facility_id) || '}',
			core.js('place', q.place)) || '}', ',' ORDER BY q.opened_at DESC, q.id), '') || ']'
	FROM (SELECT a.*, l.spot, l.facility_id, p.name AS place FROM core.label_alarm a
		JOIN core.label l ON l.code = a.code LEFT JOIN core.place p ON p.id = l.place_id
		WHERE a.closed_at IS NULL ORDER BY a.opened_at DESC, a.id LIMIT 50) q
$$;

CREATE OR REPLACE FUNCTION core.need_reply(p_id bigint) RETURNS core.reply
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
DECLARE
	v core.reply;
BEGIN
	SELECT * INTO v FROM core.reply x WHERE x.id = p_id;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'no reply %', p_id USING ERRCODE = 'QR404';
	END IF;
	RETURN v;
END
$$;

CREATE OR REPLACE FUNCTION api.staff_reply(p_session bytea, p_id bigint) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core SET timezone = 'UTC' AS $$
DECLARE
	v core.reply;
BEGIN
	PERFORM auth.enter(p_session, 'view');
	PERFORM core.need_any('{judge,reply}');
	PERFORM core.use_timezone();
	v := core.need_reply(p_id);
	RETURN '{' || concat_ws(',', '"me":' || auth.me(), '"ref":' || core.ref(), core.js('today', core.today()),
		'"reply":' || core.reply_row(v), core.js('words', v.words), core.js('by', core.account_name(v.by_account)),
		'"result":"' || core.reply_result(v) || '"', '"own":' || core.reply_own(v),
		'"can":' || array_to_json(core.reply_acts(v)),
		'"steps":[' || coalesce((SELECT string_agg('{' || concat_ws(',', core.js('at', s.at), core.js('act', s.act),
				core.js('by', core.account_name(s.by_account)), core.js('office', s.office),
				core.js('words', s.words)) || '}', ',' ORDER BY s.n)
			FROM core.reply_step s WHERE s.reply_id = v.id), '') || ']') || '}';
END
$$;

CREATE OR REPLACE FUNCTION api.staff_reply_act(p_session bytea, p_id bigint, p_act text, p_words text,
	p_day text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	words constant text := core.some(p_words);
	day constant date := core.try_date(core.some(p_day));
	bad jsonb := '[]';
BEGIN
	PERFORM auth.enter(p_session, 'judge');
	PERFORM core.need_reply(p_id);
	IF p_act IS NULL OR p_act NOT IN ('publish', 'refuse', 'hide', 'grant', 'accept', 'reject', 'erase') THEN
		bad := bad || core.bad('act', 'unknown');
	ELSIF words IS NULL AND p_act NOT IN ('publish', 'accept') THEN
		bad := bad || core.bad('words', 'missing');
	ELSIF length(words) > 500 THEN
		bad := bad || core.bad('words', 'too_long');
	END IF;
	IF p_act = 'accept' THEN
		IF core.some(p_day) IS NULL THEN
			bad := bad || core.bad('day', 'missing');
		ELSIF day IS NULL THEN
			bad := bad || core.bad('day', 'form');
		ELSIF day < core.today() THEN
			bad := bad || core.bad('day', 'past');
		ELSIF day > core.today() + 366 THEN
			bad := bad || core.bad('day', 'bad_value');
		END IF;
	END IF;
	PERFORM auth.refuse(bad);
	IF p_act = 'erase' THEN
		PERFORM auth.require_recent();
	END IF;
	PERFORM core.reply_act(p_id, p_act, words, CASE WHEN p_act = 'accept' THEN day END);
	RETURN '{"reply":' || p_id || '}';
END
$$;
