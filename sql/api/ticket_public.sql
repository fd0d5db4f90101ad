-- Residents' reports, as everybody sees them: what the page of a facility says, the published cases,
-- the mark that something must be published anew, the job that does it, the rating. The numbers of
-- offices are in ticket_numbers.sql. Never here: a receipt, words nobody has released, who reported.
--
-- A case counts when it is neither in quarantine nor joined to another (that one counts); for the office
-- it came to first, in the year it came, so that a transfer takes no case out of anybody's numbers.
--   answered   has had a public answer      hours      from report to first answer, whole, rounded half up
--   in time    answered, and none of its clocks (taking up, answering, calling back) has run out
--   satisfied  rated 3, 4 or 5 of 5 (the levels of GB/T 39735: 1 and 2 are called back)

-- Marks what a change of a case makes to be published anew. A row of core.job each time and no look
-- for one that waits: that could be under way already, and would not see this change. api.job_ticket_publish
-- takes all that wait at once.
CREATE OR REPLACE FUNCTION core.ticket_touch(p_ticket bigint) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, core AS $$
	INSERT INTO core.job (kind, args) VALUES ('ticket_publish', jsonb_build_object('ticket', p_ticket))
$$;

-- The name of a case: YEAR-NO of the office it came to first.
CREATE OR REPLACE FUNCTION core.ticket_no(t core.ticket) RETURNS text
LANGUAGE sql IMMUTABLE AS $$ SELECT t.year || '-' || t.no $$;

CREATE OR REPLACE FUNCTION core.ticket_hours(p_from timestamptz, p_to timestamptz) RETURNS int
LANGUAGE sql IMMUTABLE AS $$ SELECT floor(extract(epoch FROM p_to - p_from) / 3600 + 0.5)::int $$;

CREATE OR REPLACE FUNCTION core.ticket_day(p_at timestamptz) RETURNS date
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS
$$ SELECT (p_at AT TIME ZONE s.timezone)::date FROM core.site s $$;

-- "no" .. "hours" of a case, as all lists of cases have them.
CREATE OR REPLACE FUNCTION core.ticket_head(t core.ticket) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT concat_ws(',', core.js('no', core.ticket_no(t)),
		'"office":' || core.org_json(o.code, o.name, NULL), '"kind":' || k.name::text,
		core.js('received', core.ticket_day(t.at)), core.js('answered', core.ticket_day(t.answered_at)),
		'"hours":' || core.ticket_hours(t.at, t.answered_at))
	FROM core.org o, core.ticket_kind k WHERE o.id = t.first_org_id AND k.code = t.kind
$$;

-- Member `tickets` of the document of a facility, or of a place (reports of none of its facilities): this
-- year's numbers and the three newest published cases; NULL: there is nothing to say.
CREATE OR REPLACE FUNCTION core.ticket_member(p_facility bigint) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS
$$ SELECT core.ticket_member_at(p_facility, NULL) $$;
CREATE OR REPLACE FUNCTION core.ticket_member_at(p_facility bigint, p_place bigint) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
DECLARE
	this_year constant int := extract(year FROM core.today());
	said text;
	newest constant text := (SELECT string_agg('{' || concat_ws(',', core.ticket_head(q.t), core.js('answer',
			CASE WHEN length((q.t).public_answer) > 60 THEN left((q.t).public_answer, 60) || '…'
				ELSE (q.t).public_answer END)) || '}', ',' ORDER BY q.at DESC, q.id DESC)
		FROM (SELECT t, t.answered_at AS at, t.id FROM core.ticket t
			WHERE (t.facility_id = p_facility OR t.place_id = p_place) AND t.public_answer IS NOT NULL AND t.answered_at IS NOT NULL
				AND t.hidden_at IS NULL AND t.state NOT IN ('quarantine', 'joined')
			ORDER BY t.answered_at DESC, t.id DESC LIMIT 3) q);
BEGIN
	SELECT concat_ws(',', '"year":' || this_year, '"received":' || count(*), '"answered":' || count(t.answered_at),
		'"median_h":' || floor(percentile_cont(0.5) WITHIN GROUP (ORDER BY core.ticket_hours(t.at, t.answered_at))
			FILTER (WHERE t.answered_at IS NOT NULL) + 0.5))
	INTO said FROM core.ticket t
	WHERE (t.facility_id = p_facility OR t.place_id = p_place) AND t.year = this_year AND t.state NOT IN ('quarantine', 'joined')
	HAVING count(*) > 0 OR newest IS NOT NULL;
	RETURN '{' || said || ',"newest":[' || coalesce(newest, '') || ']}';
END
$$;

-- Documents `ticket`, key OFFICE/YEAR-NO: what a person released of a case; once it is hidden, who hid
-- it when on what ground, and nothing of what it said. They name no words, so p_ref does not matter.
CREATE OR REPLACE FUNCTION core.build_tickets(p_ids bigint[], p_ref bigint)
RETURNS TABLE (kind text, key text, next_change date, link_kind text, links text[], doc text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core SET timezone = 'UTC' AS $$
BEGIN
	PERFORM core.use_timezone();
	RETURN QUERY
	SELECT 'ticket', o.code || '/' || core.ticket_no(t), NULL::date, NULL::text, NULL::text[],
		'{' || concat_ws(',', core.ticket_head(t),
			'"parents":[' || coalesce((SELECT string_agg(core.org_json(u.code, u.name, NULL), ','
				ORDER BY cardinality(u.path) DESC) FROM core.org u
				WHERE u.id = ANY (o.path) AND u.id <> o.id), '') || ']',
			CASE WHEN t.hidden_at IS NOT NULL THEN '"hidden":{' || (SELECT concat_ws(',',
					core.js('at', core.ticket_day(s.at)), '"office":' || core.org_json(h.code, h.name, NULL),
					core.js('ground', s.words))
				FROM core.ticket_step s JOIN core.org h ON h.id = s.org_id
				WHERE s.ticket_id = t.id AND s.act = 'hide' ORDER BY s.n DESC LIMIT 1) || '}'
			ELSE concat_ws(',', core.js('words', t.public_words), core.js('answer', t.public_answer),
				core.js('facility', f.code::text), '"place":{' || core.js('code', p.code::text) || ','
					|| core.js('name', concat_ws(' ', p.name, f.building)) || '}',
				'"photos":[' || (SELECT string_agg('{"sha256":"' || encode(x.sha256, 'hex') || '","w":' || i.w
					|| ',"h":' || i.h || '}', ',' ORDER BY x.pos)
				FROM core.ticket_photo x JOIN core.photo i ON i.sha256 = x.sha256
				WHERE x.ticket_id = t.id AND x.state = 'public' AND i.hidden_at IS NULL) || ']') END) || '}'
	FROM unnest(p_ids) u (id)
	JOIN core.ticket t ON t.id = u.id
	JOIN core.org o ON o.id = t.first_org_id
	LEFT JOIN core.facility f ON f.id = t.facility_id
	JOIN core.place p ON p.id = coalesce(f.place_id, t.place_id)
	-- one that was public stays to be told as hidden
	WHERE t.answered_at IS NOT NULL AND coalesce(t.public_answer, t.public_words) IS NOT NULL;
END
$$;

-- Publishes what the given cases change: themselves, their facilities and places.
CREATE OR REPLACE FUNCTION core.ticket_publish(p_ids bigint[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
BEGIN
	PERFORM core.publish('facilities', ARRAY(SELECT t.facility_id FROM core.ticket t
		WHERE t.id = ANY (p_ids) AND t.facility_id IS NOT NULL));
	PERFORM core.publish('places', ARRAY(SELECT DISTINCT t.place_id FROM core.ticket t
		WHERE t.id = ANY (p_ids) AND t.place_id IS NOT NULL));
	-- two that store the same case follow each other
	PERFORM FROM core.ticket t WHERE t.id = ANY (p_ids) ORDER BY t.id FOR NO KEY UPDATE;
	PERFORM core.announce(core.store('tickets', p_ids, core.need_ref()));
END
$$;

-- One job `ticket_publish`, with all that wait for the same: {"ticket": id}: what the case changes;
-- {"numbers": true}: the numbers of all offices, behind those at most every 20 seconds. Returns how
-- many cases it looked at.
CREATE OR REPLACE FUNCTION api.job_ticket_publish(p_id bigint, p_who text) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	a jsonb;
	ids bigint[];
BEGIN
	SELECT j.args INTO a FROM core.job j
	WHERE j.id = p_id AND j.leased_by = p_who AND j.done_at IS NULL FOR UPDATE;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'job % is not leased to %', p_id, p_who USING ERRCODE = 'QR409';
	END IF;
	IF a ? 'numbers' THEN
		PERFORM core.ticket_numbers_publish();
		RETURN 0;
	END IF;
	WITH gone AS (
		DELETE FROM core.job j WHERE j.id IN (SELECT x.id FROM core.job x WHERE x.kind = 'ticket_publish' AND x.id <> p_id
			AND x.args ? 'ticket' AND x.done_at IS NULL AND x.lease_until IS NULL LIMIT 500 FOR UPDATE SKIP LOCKED)
		RETURNING (j.args ->> 'ticket')::bigint AS id)
	SELECT array_agg(DISTINCT q.id ORDER BY q.id) INTO ids
	FROM (SELECT g.id FROM gone g UNION ALL SELECT (a ->> 'ticket')::bigint) q;
	PERFORM core.ticket_publish(ids);
	PERFORM core.job_add('ticket_publish', '{"numbers":true}', greatest(now(), (SELECT max(j.done_at) + interval '20 seconds'
		FROM core.job j WHERE j.kind = 'ticket_publish' AND j.args ? 'numbers')));
	RETURN cardinality(ids);
END
$$;

-- How content whoever has the receipt is, once: 5 very .. 1 not at all, for the case that was answered
-- (one it was joined to is rated by its own receipt). QR404; QR409 state, rated, joined; QR422 level.
CREATE OR REPLACE FUNCTION api.ticket_rate(p_receipt text, p_level int) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	t core.ticket;
BEGIN
	SELECT * INTO t FROM core.ticket x WHERE x.receipt = p_receipt;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'no such receipt' USING ERRCODE = 'QR404';
	ELSIF t.joined_to IS NOT NULL THEN
		PERFORM core.refuse('QR409', 'joined', 'rated by its own receipt');
	END IF;
	PERFORM core.ticket_act(t.id, 'rate', NULL, NULL, NULL, NULL, p_level::smallint);
	RETURN '{' || core.js('receipt', t.receipt::text) || ',"level":' || p_level || '}';
END
$$;
