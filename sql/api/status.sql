-- How the service is: what waits and for how long, for /metrics (api.service_facts) and for people
-- (api.staff_status). Reads tallies and partial indexes only: at most some milliseconds at any size.

-- One number a row: name, its label or NULL, value. Ages in seconds, absent when there is nothing.
--   facilities (state)            of all offices, as of today
--   records_waiting               records that wait for somebody's word
--   documents_due                 documents a date has changed that are not built again yet
--   job_waiting, job_running, job_failing, job_oldest (kind)
--                                 due and not taken; taken; failed last time; age of what is due longest
--   outbox_waiting, outbox_dead, outbox_oldest
--   uploads_open, uploads_oldest  photos that come piece by piece and are not whole yet
--   tickets_open, tickets_late    reports of residents whose clock runs; has run out
--   chain_age                     since the newest signed head of the chain
--   sessions, sessions_max        of the database server; standbys: that stream from it
CREATE OR REPLACE FUNCTION core.service_facts() RETURNS TABLE (name text, label text, value numeric)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, core AS $$
	SELECT 'facilities', s.state, coalesce(f.n, 0)
	FROM unnest(ARRAY['on_time', 'due_soon', 'overdue', 'failed', 'no_record', 'suspended', 'retired']) AS s (state)
	LEFT JOIN (SELECT core.day_state(t.status, t.failed, t.never, t.overdue_from, t.soon_from, core.today()) AS state,
			sum(t.n) AS n
		FROM core.line_tally t JOIN core.org o ON o.id = t.org_id WHERE o.parent_id IS NULL GROUP BY 1) f
		ON f.state = s.state
	UNION ALL SELECT 'records_waiting', NULL, coalesce(sum(t.n), 0)
	FROM core.flag_tally t JOIN core.org o ON o.id = t.org_id
	WHERE o.parent_id IS NULL AND t.flag = 'waiting'
	UNION ALL SELECT 'documents_due', NULL, count(*) FROM core.document d WHERE d.next_change <= core.today()
	UNION ALL SELECT v.name, j.kind, v.n
	FROM (SELECT j.kind, count(*) FILTER (WHERE j.due <= now() AND NOT coalesce(j.lease_until >= now(), false)) AS waiting,
			count(*) FILTER (WHERE j.lease_until >= now()) AS running,
			count(*) FILTER (WHERE j.last_error IS NOT NULL) AS failing,
			round(extract(epoch FROM max(now() - j.due) FILTER (WHERE j.due <= now())), 1) AS oldest
		FROM core.job j WHERE j.done_at IS NULL GROUP BY j.kind) j
	CROSS JOIN LATERAL (VALUES ('job_waiting', j.waiting::numeric), ('job_running', j.running),
		('job_failing', j.failing), ('job_oldest', coalesce(j.oldest, 0))) AS v (name, n)
	UNION ALL SELECT 'outbox_' || s, NULL, (SELECT count(*) FROM core.outbox o WHERE o.state = s)
	FROM unnest(ARRAY['waiting', 'dead']) s
	UNION ALL SELECT 'outbox_oldest', NULL, round(extract(epoch FROM now() - min(o.made_at)), 1)
	FROM core.outbox o WHERE o.state = 'waiting' HAVING count(*) > 0
	UNION ALL SELECT 'uploads_open', NULL, count(*) FROM core.blob b WHERE b.photo IS NULL
	UNION ALL SELECT 'uploads_oldest', NULL, round(extract(epoch FROM core.now() - min(b.touched_at)), 1)
	FROM core.blob b WHERE b.photo IS NULL HAVING count(*) > 0
	UNION ALL SELECT v.name, NULL, v.n
	FROM (SELECT count(*) AS open, count(*) FILTER (WHERE t.due_at < core.now()) AS late
		FROM core.ticket t WHERE t.due_at IS NOT NULL) t
	CROSS JOIN LATERAL (VALUES ('tickets_open', t.open), ('tickets_late', t.late)) AS v (name, n)
	UNION ALL SELECT 'chain_age', NULL, round(extract(epoch FROM core.now() - h.at), 1)
	FROM (SELECT x.at FROM core.chain_head x JOIN core.chain_signature s ON s.head_id = x.id
		ORDER BY x.id DESC LIMIT 1) h
	UNION ALL SELECT 'sessions', NULL, count(*) FROM pg_stat_activity a WHERE a.datid IS NOT NULL
	UNION ALL SELECT 'sessions_max', NULL, current_setting('max_connections')::numeric
	UNION ALL SELECT 'standbys', NULL, count(*) FROM pg_stat_replication
$$;

CREATE OR REPLACE FUNCTION api.service_facts() RETURNS TABLE (name text, label text, value text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, core AS
$$ SELECT f.name, f.label, f.value::text FROM core.service_facts() f $$;

-- The jobs of each kind: when the next is due, and, for who administers, what failed last.
CREATE OR REPLACE FUNCTION core.service_jobs() RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, core AS $$
	SELECT coalesce(string_agg('{' || concat_ws(',', core.js('kind', q.kind), core.js('next', q.due),
		core.js('why', CASE WHEN core.my_right('admin') THEN q.why END)) || '}', ',' ORDER BY q.kind), '')
	FROM (SELECT j.kind, min(j.due) AS due,
			(array_agg(j.last_error ORDER BY j.id) FILTER (WHERE j.last_error IS NOT NULL))[1] AS why
		FROM core.job j WHERE j.done_at IS NULL GROUP BY j.kind) q
$$;

-- {"me","ref","now","facts":{name: whole number or {label: number}},"jobs":[{"kind","next"?,"why"?}]}
CREATE OR REPLACE FUNCTION api.staff_status(p_session bytea) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core SET timezone = 'UTC' AS $$
BEGIN
	PERFORM auth.enter(p_session, 'view');
	PERFORM core.use_timezone();
	RETURN '{' || concat_ws(',', '"me":' || auth.me(), '"ref":' || core.ref(), core.js('now', core.now()),
		'"facts":' || (SELECT json_object_agg(q.name, q.value) FROM (SELECT f.name,
				CASE WHEN bool_or(f.label IS NULL) THEN to_json(round(min(f.value)))
					ELSE json_object_agg(coalesce(f.label, ''), round(f.value)) END AS value
			FROM core.service_facts() f GROUP BY f.name) q),
		'"jobs":[' || core.service_jobs() || ']') || '}';
END
$$;
