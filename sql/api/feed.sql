-- What stands at the secret addresses of calendars and feeds: due dates and reminders of an
-- account's office or firm. The token is the right; the database knows its SHA-256 only.

-- The feed of a token while its account is in force; else QR404, whatever the reason.
CREATE OR REPLACE FUNCTION core.feed_of(p_token bytea, OUT f core.feed, OUT a core.account)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
BEGIN
	SELECT * INTO f FROM core.feed x WHERE x.token = p_token AND x.ended_at IS NULL;
	SELECT * INTO a FROM core.account x WHERE x.id = f.account_id;
	IF f.id IS NULL OR NOT core.account_valid(a) THEN
		RAISE EXCEPTION 'no such feed' USING ERRCODE = 'QR404';
	END IF;
END
$$;

-- "feed","made","lang","name": whose it is.
CREATE OR REPLACE FUNCTION core.feed_head(f core.feed, a core.account) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT concat_ws(',', core.js('feed', f.uid::text), core.js('made', f.made_at), core.js('lang', f.lang),
		core.js('name', coalesce((SELECT o.name FROM core.org o WHERE o.id = a.org_id),
			(SELECT p.name FROM core.party p WHERE p.id = a.party_id))))
$$;

-- Words of a kind's type in a language: "type" and "kind".
CREATE OR REPLACE FUNCTION core.type_words(p_kind int, p_type text, p_lang text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT core.js('type', coalesce(k.data -> 'types' -> p_type -> 'name' ->> p_lang, p_type)) || ','
		|| core.js('kind', k.data -> 'name' ->> p_lang)
	FROM core.kind k WHERE k.id = p_kind
$$;

-- Facilities whose calendar it is: at most 2,000, those that are due next from two months ago on, then
-- those that are overdue for longer, for their other duties.
CREATE OR REPLACE FUNCTION core.feed_facilities(a core.account) RETURNS bigint[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
DECLARE
	begin_on constant date := core.today() - 60;
BEGIN
	IF a.org_id IS NOT NULL THEN
		RETURN ARRAY(SELECT l.facility_id FROM core.facility_line l
			WHERE l.org_id IN (SELECT o.id FROM core.org o WHERE o.path @> ARRAY[a.org_id])
				AND l.status = 'in_service' AND l.due IS NOT NULL
			ORDER BY l.due < begin_on, l.due, l.facility_id LIMIT 2000);
	END IF;
	RETURN ARRAY(SELECT l.facility_id FROM core.facility_line l
		WHERE l.facility_id IN (SELECT core.facilities_of(a.party_id, a.id))
			AND l.status = 'in_service' AND l.due IS NOT NULL
		ORDER BY l.due < begin_on, l.due, l.facility_id LIMIT 2000);
END
$$;

-- One event a place, kind, duty and due date: what one visit does. "n" facilities, the first
-- five of them; "at": when any of it was last said.
CREATE OR REPLACE FUNCTION api.feed_calendar(p_token bytea) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core SET timezone = 'UTC' AS $$
DECLARE
	x record;
	begin_on constant date := core.today() - 60;
BEGIN
	x := core.feed_of(p_token);
	RETURN '{' || core.feed_head(x.f, x.a) || ',"events":[' || coalesce((
		SELECT string_agg('{' || concat_ws(',', core.js('place', p.code::text), core.js('name', p.name),
			core.js('address', p.address), core.js('kind_code', k.code), core.js('type_code', q.type),
			core.type_words(q.kind_id, q.type, (x.f).lang), core.js('due', q.due), core.js('at', q.at), '"n":' || q.n,
			'"facilities":[' || (SELECT string_agg('{' || concat_ws(',', core.js('code', y.code::text),
					core.js('building', y.building), core.js('name', y.name)) || '}', ',' ORDER BY u.n)
				FROM unnest(q.ids[:5]) WITH ORDINALITY AS u (id, n)
				JOIN core.facility y ON y.id = u.id) || ']') || '}', ','
			ORDER BY q.due, p.code, k.code, q.type)
		FROM (SELECT f.place_id, f.kind_id, d.type, d.due, count(*) AS n, max(c.published_at) AS at,
				array_agg(f.id ORDER BY f.building NULLS FIRST, f.name NULLS FIRST, f.code) AS ids
			FROM core.remind_duties(core.feed_facilities(x.a)) d
			JOIN core.facility f ON f.id = d.facility_id
			JOIN core.document c ON c.kind = 'facility' AND c.key = f.code
			WHERE d.due >= begin_on
			GROUP BY f.place_id, f.kind_id, d.type, d.due
			ORDER BY d.due, f.place_id, f.kind_id, d.type LIMIT 1500) q
		JOIN core.place p ON p.id = q.place_id
		JOIN core.kind k ON k.id = q.kind_id), '') || ']}';
END
$$;

-- The newest 50 reminders.
CREATE OR REPLACE FUNCTION api.feed_news(p_token bytea) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core SET timezone = 'UTC' AS $$
DECLARE
	x record;
BEGIN
	x := core.feed_of(p_token);
	RETURN '{' || core.feed_head(x.f, x.a) || ',"reminders":[' || coalesce((
		SELECT string_agg('{' || concat_ws(',', '"id":' || m.id, core.js('at', m.at), core.js('on', m.on_day),
			core.js('facility', f.code::text), core.js('place', p.name), core.js('building', f.building),
			core.js('name', f.name), core.type_words(f.kind_id, m.type, (x.f).lang), core.js('due', m.due),
			'"days":' || (m.due - m.on_day), CASE WHEN m.step IS NULL THEN '"by_hand":true' END) || '}', ','
			ORDER BY m.id DESC)
		FROM (SELECT t.reminder_id FROM core.reminder_to t
			WHERE t.box = coalesce((x.a).org_id, -(x.a).party_id) ORDER BY t.reminder_id DESC LIMIT 50) q
		JOIN core.reminder m ON m.id = q.reminder_id
		JOIN core.facility f ON f.id = m.facility_id
		JOIN core.place p ON p.id = f.place_id), '') || ']}';
END
$$;
