-- Work outside a request, for qrsvc-jobs: rows of core.job taken by lease, so that any number of
-- hosts can share it and a killed one loses nothing but time.
--
--   poster       the posters of a survey, when asked for (sql/api/survey_poster.sql)
--   publish_due  every local midnight: documents a date has changed (api.publish_due)
--   sweep        daily: jobs that were done long ago, forgotten photos, what retention lets go
--   sign         every 50 minutes: the next head of the chain, if the host has the key
--   snapshot     daily, behind publish_due: ends of months, coverage (api.job_snapshot)
--   outbox       every minute: webhooks and mail (api.outbox_take)
--   ticket_clock every minute: residents' reports whose clock has run out (api.job_tickets)
--   remind       daily at 5: what has reached a step of its rule (api.job_remind)
--   ticket_numbers daily, behind publish_due: numbers of residents' reports (ticket_numbers.sql)
--   ticket_publish {"ticket": id}: what a change of a case makes to be published anew, {"numbers": true}
--   rebuild      {"org": code or null}: all documents of an office and those below it, in steps;
--                args carry how far it has come. With "only": "facilities" no others, and with
--                "kind" those of one kind

-- Adds a job; the one that is waiting for the same thing, if there is one.
CREATE OR REPLACE FUNCTION core.job_add(p_kind text, p_args jsonb DEFAULT '{}',
	p_due timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	found_id bigint;
BEGIN
	-- two that add the same at once follow each other
	PERFORM pg_advisory_xact_lock(hashtext('core.job_add'), hashtext(p_kind));
	SELECT j.id INTO found_id FROM core.job j
	WHERE j.kind = p_kind AND j.args = p_args AND j.done_at IS NULL AND j.lease_until IS NULL;
	IF found_id IS NULL THEN
		INSERT INTO core.job (kind, args, due) VALUES (p_kind, p_args, p_due)
		RETURNING id INTO found_id;
	END IF;
	RETURN found_id;
END
$$;

-- When a job that comes again and again is due next; NULL: it is not one of these. At least a minute
-- from now: a clock that is set and stands still (core.site.clock, tests) is soon behind the real
-- one, and a job that is due at once would keep every other from its turn.
CREATE OR REPLACE FUNCTION core.job_every(p_kind text) RETURNS timestamptz
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT greatest(now() + interval '1 minute', CASE p_kind
		WHEN 'publish_due' THEN m.at
		WHEN 'snapshot' THEN m.at + interval '30 minutes' -- behind publish_due
		WHEN 'ticket_numbers' THEN m.at + interval '40 minutes'
		WHEN 'remind' THEN m.at + interval '5 hours'
		WHEN 'sweep' THEN now() + interval '1 day'
		WHEN 'sign' THEN now() + interval '50 minutes' -- at least hourly, a late start included
		WHEN 'outbox' THEN now()
		WHEN 'ticket_clock' THEN now() END)
	FROM (SELECT (core.today() + 1)::timestamp AT TIME ZONE s.timezone AS at FROM core.site s) m
	WHERE p_kind IN ('publish_due', 'snapshot', 'remind', 'sweep', 'sign', 'outbox', 'ticket_clock', 'ticket_numbers')
$$;

-- The facilities of an office and those below it, of one kind or all (NULL).
CREATE OR REPLACE FUNCTION core.rebuild_facilities(p_org int, p_kind int) RETURNS bigint
LANGUAGE sql SET search_path = pg_catalog, core AS $$
	SELECT core.job_add('rebuild', jsonb_strip_nulls(jsonb_build_object('org', o.code, 'only', 'facilities',
		'kind', (SELECT k.code FROM core.kind k WHERE k.id = p_kind))))
	FROM core.org o WHERE o.id = p_org
$$;

CREATE OR REPLACE FUNCTION api.job_rebuild_all(p_org text DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	IF p_org IS NOT NULL AND NOT EXISTS (SELECT FROM core.org WHERE code = p_org) THEN
		RAISE EXCEPTION 'no office has the code %', p_org USING ERRCODE = 'QR404';
	END IF;
	RETURN core.job_add('rebuild', jsonb_build_object('org', p_org));
END
$$;

-- The next job that is due, leased to p_who for p_seconds; no row: nothing to do.
CREATE OR REPLACE FUNCTION api.job_take(p_who text, p_seconds int)
RETURNS TABLE (id bigint, kind text, attempts int)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
	UPDATE core.job t SET lease_until = now() + make_interval(secs => p_seconds),
		leased_by = p_who, attempts = t.attempts + 1
	WHERE t.id = (SELECT j.id FROM core.job j
		WHERE j.done_at IS NULL AND j.due <= now()
			AND (j.lease_until IS NULL OR j.lease_until < now())
		ORDER BY j.due, j.id LIMIT 1 FOR UPDATE SKIP LOCKED)
	RETURNING t.id, t.kind, t.attempts
$$;

-- True while p_who still holds it: then the lease runs p_seconds from now.
CREATE OR REPLACE FUNCTION api.job_keep(p_id bigint, p_who text, p_seconds int) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	UPDATE core.job j SET lease_until = now() + make_interval(secs => p_seconds)
	WHERE j.id = p_id AND j.leased_by = p_who AND j.done_at IS NULL;
	RETURN FOUND;
END
$$;

-- Done; what comes again and again is due again.
CREATE OR REPLACE FUNCTION api.job_done(p_id bigint, p_who text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	UPDATE core.job j SET lease_until = NULL, leased_by = NULL, attempts = 0, last_error = NULL,
		due = coalesce(core.job_every(j.kind), j.due),
		done_at = CASE WHEN core.job_every(j.kind) IS NULL THEN now() END
	WHERE j.id = p_id AND j.leased_by = p_who AND j.done_at IS NULL;
	RETURN FOUND;
END
$$;

-- Not done; tried again later: 5 s after the first time, then twice as long, at most an hour.
CREATE OR REPLACE FUNCTION api.job_failed(p_id bigint, p_who text, p_error text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	UPDATE core.job j SET lease_until = NULL, leased_by = NULL, last_error = left(p_error, 200),
		due = now() + least(interval '5 seconds' * power(2, least(j.attempts - 1, 12)),
			interval '1 hour')
	WHERE j.id = p_id AND j.leased_by = p_who AND j.done_at IS NULL;
	RETURN FOUND;
END
$$;

-- One step of a rebuild: words and offices first, then places, facilities and labels by id, at
-- most p_limit a call. Returns how many were looked at; 0: it is complete.
CREATE OR REPLACE FUNCTION api.job_rebuild(p_id bigint, p_who text, p_limit int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	a jsonb;
	step text;
	after text;
	orgs int[];
	top int;
	ids bigint[];
	codes text[];
	n int;
BEGIN
	SELECT j.args INTO a FROM core.job j
	WHERE j.id = p_id AND j.leased_by = p_who AND j.done_at IS NULL FOR UPDATE;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'job % is not leased to %', p_id, p_who USING ERRCODE = 'QR409';
	END IF;
	step := coalesce(a ->> 'step', a ->> 'only', 'orgs');
	after := coalesce(a ->> 'after', '0');
	top := (SELECT o.id FROM core.org o WHERE o.code = a ->> 'org');
	orgs := array_agg(o.id) FROM core.org o WHERE top IS NULL OR o.path @> ARRAY[top];
	CASE step
	WHEN 'orgs' THEN
		PERFORM core.publish_reference();
		PERFORM core.publish('orgs', orgs::bigint[]);
		n := 1;
		ids := NULL;
	WHEN 'places' THEN
		ids := array_agg(q.id ORDER BY q.id) FROM (SELECT p.id FROM core.place p
			WHERE p.id > after::bigint AND p.org_id = ANY (orgs) ORDER BY p.id LIMIT p_limit) q;
		PERFORM core.publish('places', ids);
	WHEN 'facilities' THEN
		ids := array_agg(q.id ORDER BY q.id) FROM (SELECT f.id FROM core.facility f
			JOIN core.place p ON p.id = f.place_id
			WHERE f.id > after::bigint AND p.org_id = ANY (orgs)
				AND (a ->> 'kind' IS NULL OR f.kind_id = (SELECT k.id FROM core.kind k WHERE k.code = a ->> 'kind'))
			ORDER BY f.id LIMIT p_limit) q;
		PERFORM core.publish('facilities', ids);
	WHEN 'labels' THEN
		codes := array_agg(q.code ORDER BY q.code) FROM (SELECT l.code::text AS code
			FROM core.label l
			LEFT JOIN core.facility f ON f.id = l.facility_id
			LEFT JOIN core.place p ON p.id = coalesce(f.place_id, l.place_id)
			WHERE l.code::text > after
				AND (top IS NULL OR coalesce(p.org_id, l.org_id) = ANY (orgs))
			ORDER BY l.code::text LIMIT p_limit) q;
		PERFORM core.publish_labels(codes);
	ELSE
		RETURN 0;
	END CASE;
	n := coalesce(n, cardinality(ids), cardinality(codes), 0);
	IF step = 'orgs' OR n < p_limit THEN
		step := CASE WHEN a ? 'only' THEN 'end' ELSE (ARRAY['places', 'facilities', 'labels', 'end'])[
			array_position(ARRAY['orgs', 'places', 'facilities', 'labels'], step)] END;
		after := '0';
		n := greatest(n, 1);
	ELSE
		after := coalesce(ids[n]::text, codes[n]);
	END IF;
	UPDATE core.job j SET args = a || jsonb_build_object('step', step, 'after', after,
		'looked_at', coalesce((a ->> 'looked_at')::bigint, 0) + n)
	WHERE j.id = p_id;
	RETURN n;
END
$$;

-- What nobody needs any more: jobs done a month ago, what the log-in keeps no longer, photos no upload
-- came for, what retention lets go. Returns how much.
CREATE OR REPLACE FUNCTION api.job_sweep() RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	n int;
BEGIN
	DELETE FROM core.job WHERE done_at < now() - interval '30 days';
	GET DIAGNOSTICS n = ROW_COUNT;
	n := n + core.upload_sweep() + core.blob_sweep() + core.exchange_sweep() + core.notice_sweep() + core.survey_sweep() + core.retention_sweep(500)
		+ core.ticket_sweep();
	PERFORM core.tally_pack();
	RETURN n + core.auth_sweep();
END
$$;

-- How far everything is: for the operator.
CREATE OR REPLACE FUNCTION api.job_list()
RETURNS TABLE (id bigint, kind text, args jsonb, due timestamptz, leased_by text, attempts int,
	last_error text, done_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, core AS $$
	SELECT j.id, j.kind, j.args, j.due, j.leased_by, j.attempts, j.last_error, j.done_at
	FROM core.job j ORDER BY j.done_at IS NOT NULL, j.due, j.id LIMIT 1000
$$;

-- Those that come again and again are there from the beginning.
INSERT INTO core.job (kind, due)
SELECT k, now() FROM unnest(ARRAY['publish_due', 'sweep', 'sign', 'remind', 'outbox', 'snapshot', 'ticket_clock', 'ticket_numbers']) k
WHERE NOT EXISTS (SELECT FROM core.job j WHERE j.kind = k AND j.done_at IS NULL);
