-- Stores documents and tells the workers. Every function that changes what the public sees ends
-- in one of these, in its own transaction.

-- Version of the wording documents are made for.
CREATE OR REPLACE FUNCTION core.ref() RETURNS bigint
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS
$$ SELECT version FROM core.document WHERE kind = 'reference' AND key = 'current' $$;

-- Tells every worker: one notice a document, or one 'all' for more than a hundred.
CREATE OR REPLACE FUNCTION core.announce(p_notices text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	n text;
BEGIN
	IF cardinality(p_notices) > 100 THEN
		PERFORM pg_notify('qr_doc', 'all');
		RETURN;
	END IF;
	FOREACH n IN ARRAY p_notices LOOP
		PERFORM pg_notify('qr_doc', n);
	END LOOP;
END
$$;

-- Builds documents with core.build_<p_what>() and stores those that differ; the notices of what
-- changed come back. Callers have locked the rows the documents are built from.
CREATE OR REPLACE FUNCTION core.store(p_what text, p_ids anyarray, p_ref bigint) RETURNS text[]
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	told text[];
BEGIN
	EXECUTE format($q$
		WITH stored AS (
			INSERT INTO core.document AS d (kind, key, version, next_change, link_kind, links, doc)
			SELECT b.kind, b.key, nextval('core.document_version'), b.next_change, b.link_kind,
				b.links, b.doc
			FROM core.build_%s($1, $2) b
			ON CONFLICT (kind, key) DO UPDATE SET version = nextval('core.document_version'),
				published_at = now(), next_change = excluded.next_change,
				link_kind = excluded.link_kind, links = excluded.links, doc = excluded.doc
			WHERE (d.doc, d.next_change, d.link_kind, d.links) IS DISTINCT FROM
				(excluded.doc, excluded.next_change, excluded.link_kind, excluded.links)
			RETURNING d.kind || ' ' || d.key || ' ' || d.version AS notice)
		SELECT coalesce(array_agg(notice), '{}') FROM stored $q$, p_what)
	INTO told USING p_ids, p_ref;
	RETURN told;
END
$$;

-- The rows lists and search read: status and failure from the documents just stored, what is due from
-- core.duties_of(), as they were. What is asked of a document stands before its records, and no
-- text in it can look like their beginning: its quotes would be escaped. The planner takes tables
-- that were just filled to be empty, and would read them whole: so one by one, by index. Triggers add
-- what changed to the tallies.
CREATE OR REPLACE FUNCTION core.lines_write(p_ids bigint[]) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, core SET enable_seqscan = off AS $$
	WITH heads AS MATERIALIZED (
		SELECT f.id, p.org_id, f.kind_id, f.lon, f.lat,
			(left(d.doc, strpos(d.doc, ',"records":[') - 1) || '}')::jsonb AS doc
		FROM core.facility f
		JOIN core.place p ON p.id = f.place_id
		CROSS JOIN LATERAL (SELECT x.doc FROM core.document x
			WHERE x.kind = 'facility' AND x.key = f.code LIMIT 1) d
		WHERE f.id = ANY (p_ids)
	)
	INSERT INTO core.facility_line AS l (facility_id, org_id, kind_id, status, failed, never, type,
		due, overdue_from, soon_from, lon, lat, path, place_id, manager_id, unmanaged, waiting,
		post_late, sticker, scanned, marked)
	SELECT h.id, h.org_id, h.kind_id, coalesce(h.doc ->> 'status', 'in_service'), h.doc ? 'failed',
		coalesce(q.never, true), q.type, q.due, q.overdue_from, q.soon_from, h.lon, h.lat, x.path,
		x.place_id, x.manager_id, x.unmanaged, x.waiting, x.post_late, x.sticker, x.scanned, x.marked
	FROM heads h
	JOIN core.line_facts(p_ids) x ON x.facility_id = h.id
	LEFT JOIN (
		SELECT d.facility_id, (array_agg(d.last ORDER BY d.rank, d.type))[1] IS NULL AS never,
			(array_agg(d.type ORDER BY d.due, d.rank, d.type) FILTER (WHERE d.due IS NOT NULL))[1] AS type,
			min(d.due) AS due, min(d.overdue_from) AS overdue_from, min(d.soon_from) AS soon_from
		FROM core.duties_of(p_ids) d GROUP BY d.facility_id
	) q ON q.facility_id = h.id
	ON CONFLICT (facility_id) DO UPDATE SET org_id = excluded.org_id, kind_id = excluded.kind_id,
		status = excluded.status, failed = excluded.failed, never = excluded.never,
		type = excluded.type, due = excluded.due, overdue_from = excluded.overdue_from,
		soon_from = excluded.soon_from, lon = excluded.lon, lat = excluded.lat, path = excluded.path,
		place_id = excluded.place_id, manager_id = excluded.manager_id, unmanaged = excluded.unmanaged,
		waiting = excluded.waiting, post_late = excluded.post_late, sticker = excluded.sticker,
		scanned = excluded.scanned, marked = excluded.marked
	WHERE (l.org_id, l.kind_id, l.status, l.failed, l.never, l.type, l.due, l.overdue_from,
		l.soon_from, l.lon, l.lat, l.path, l.place_id, l.manager_id, l.unmanaged, l.waiting, l.post_late,
		l.sticker, l.scanned, l.marked) IS DISTINCT FROM (excluded.org_id, excluded.kind_id,
		excluded.status, excluded.failed, excluded.never, excluded.type, excluded.due,
		excluded.overdue_from, excluded.soon_from, excluded.lon, excluded.lat, excluded.path,
		excluded.place_id, excluded.manager_id, excluded.unmanaged, excluded.waiting,
		excluded.post_late, excluded.sticker, excluded.scanned, excluded.marked);

	WITH said AS MATERIALIZED (
		SELECT f.id, core.norm(concat_ws(' ', p.name, f.building, f.name, p.address, f.code, p.code)) AS text,
			o.path
		FROM core.facility f
		JOIN core.place p ON p.id = f.place_id
		JOIN core.org o ON o.id = p.org_id
		WHERE f.id = ANY (p_ids)
	)
	INSERT INTO core.facility_find AS l (facility_id, text, path, grams)
	SELECT t.id, t.text, t.path, core.grams(t.text) || ARRAY(SELECT '#' || x FROM unnest(t.path) x)
	FROM said t
	LEFT JOIN LATERAL (SELECT y.text, y.path FROM core.facility_find y
		WHERE y.facility_id = t.id LIMIT 1) x ON true
	WHERE (t.text, t.path) IS DISTINCT FROM (x.text, x.path)
	ON CONFLICT (facility_id) DO UPDATE SET text = excluded.text, path = excluded.path,
		grams = excluded.grams
$$;

-- Any two letters that follow each other.
CREATE OR REPLACE FUNCTION core.grams(p_text text) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
	SELECT ARRAY(SELECT DISTINCT substr(p_text, i, 2) FROM generate_series(1, length(p_text) - 1) i)
$$;

-- Adds up the tally. Rows come from anywhere at any time: each is taken once, by whoever gets it.
CREATE OR REPLACE FUNCTION core.tally_pack() RETURNS void
LANGUAGE sql SET search_path = pg_catalog, core AS $$
	WITH gone AS (DELETE FROM core.line_tally RETURNING *)
	INSERT INTO core.line_tally (org_id, kind_id, status, failed, never, overdue_from, soon_from, n)
	SELECT org_id, kind_id, status, failed, never, overdue_from, soon_from, sum(n) FROM gone
	GROUP BY org_id, kind_id, status, failed, never, overdue_from, soon_from HAVING sum(n) <> 0;
	WITH gone AS (DELETE FROM core.flag_tally RETURNING *)
	INSERT INTO core.flag_tally (org_id, kind_id, flag, n)
	SELECT org_id, kind_id, flag, sum(n) FROM gone GROUP BY org_id, kind_id, flag HAVING sum(n) <> 0
$$;

-- Publishes facilities (with their history and record documents), places or orgs by id. Rows are
-- locked first, in order, so that two changes of one facility follow each other and versions
-- rise as transactions commit. Returns how many documents changed.
CREATE OR REPLACE FUNCTION core.publish(p_what text, p_ids bigint[]) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	step constant int := 500;
	ref constant bigint := core.need_ref();
	ids constant bigint[] := (SELECT array_agg(DISTINCT i ORDER BY i) FROM unnest(p_ids) i);
	part bigint[];
	told text[] := '{}';
	new text[];
	changed bigint := 0;
BEGIN
	FOR i IN 0 .. (coalesce(cardinality(ids), 0) - 1) / step LOOP
		part := ids[i * step + 1 : (i + 1) * step];
		EXIT WHEN coalesce(cardinality(part), 0) = 0;
		CASE p_what
		WHEN 'facilities' THEN
			PERFORM FROM core.facility WHERE id = ANY (part) ORDER BY id FOR NO KEY UPDATE;
		WHEN 'places' THEN
			PERFORM FROM core.place WHERE id = ANY (part) ORDER BY id FOR NO KEY UPDATE;
		WHEN 'orgs' THEN
			PERFORM FROM core.org WHERE id = ANY (part) ORDER BY id FOR NO KEY UPDATE;
		END CASE;
		new := core.store(p_what, part, ref);
		IF p_what = 'facilities' THEN
			PERFORM core.lines_write(part);
		END IF;
		changed := changed + cardinality(new);
		IF cardinality(told) <= 100 THEN
			told := told || new;
		END IF;
	END LOOP;
	IF p_what = 'facilities' AND cardinality(ids) > step THEN
		PERFORM core.tally_pack();
		-- words just added lie unsorted until then, and each search reads them all
		PERFORM gin_clean_pending_list('core.facility_find_grams');
	END IF;
	PERFORM core.announce(told);
	RETURN changed;
END
$$;

CREATE OR REPLACE FUNCTION core.publish_labels(p_codes text[]) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	told text[];
BEGIN
	PERFORM FROM core.label WHERE code = ANY (p_codes) ORDER BY code FOR NO KEY UPDATE;
	told := core.store('labels', coalesce(p_codes, '{}'), core.need_ref());
	PERFORM core.announce(told);
	RETURN cardinality(told);
END
$$;

-- The words, when they changed: stored under their version, which never changes again, and as
-- 'current'. Returns the version in force.
CREATE OR REPLACE FUNCTION core.publish_reference() RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	words constant text := core.build_reference();
	old core.document;
	v bigint;
BEGIN
	LOCK TABLE core.kind, core.item, core.word, core.unit, core.flag IN SHARE ROW EXCLUSIVE MODE;
	SELECT * INTO old FROM core.document WHERE kind = 'reference' AND key = 'current';
	IF old.doc = '{"version":' || old.version || ',' || words THEN
		RETURN old.version;
	END IF;
	v := nextval('core.document_version');
	INSERT INTO core.document (kind, key, version, doc)
	SELECT 'reference', k, v, '{"version":' || v || ',' || words
	FROM unnest(ARRAY[v::text, 'current']) k
	ON CONFLICT (kind, key) DO UPDATE SET version = excluded.version, published_at = now(),
		doc = excluded.doc;
	PERFORM core.announce(ARRAY['reference current ' || v]);
	RETURN v;
END
$$;

CREATE OR REPLACE FUNCTION core.need_ref() RETURNS bigint
LANGUAGE sql SET search_path = pg_catalog, core AS
$$ SELECT coalesce(core.ref(), core.publish_reference()) $$;

-- Everything, or everything of the offices below p_org: after a change of rules, names or words.
CREATE OR REPLACE FUNCTION core.publish_all(p_org text DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	top constant int := (SELECT id FROM core.org WHERE code = p_org);
	orgs bigint[];
	changed bigint;
BEGIN
	IF p_org IS NOT NULL AND top IS NULL THEN
		RAISE EXCEPTION 'no office has the code %', p_org USING ERRCODE = 'QR404';
	END IF;
	PERFORM core.publish_reference();
	orgs := array_agg(id) FROM core.org WHERE top IS NULL OR path @> ARRAY[top];
	changed := core.publish('orgs', orgs);
	changed := changed + core.publish('places', array_agg(id)) FROM core.place
		WHERE org_id = ANY (orgs::int[]);
	changed := changed + core.publish('facilities', array_agg(f.id)) FROM core.facility f
		JOIN core.place p ON p.id = f.place_id WHERE p.org_id = ANY (orgs::int[]);
	changed := changed + core.publish_labels(array_agg(l.code::text)) FROM core.label l
		LEFT JOIN core.facility f ON f.id = l.facility_id
		LEFT JOIN core.place p ON p.id = coalesce(f.place_id, l.place_id)
		WHERE top IS NULL OR coalesce(p.org_id, l.org_id) = ANY (orgs::int[]);
	RETURN changed;
END
$$;

-- After migrations and seeds: publishes what they, or a new way of building, changed, and does
-- nothing (in milliseconds) if they changed nothing. Returns how many documents changed.
CREATE OR REPLACE FUNCTION api.publish_seeds() RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	said constant text := encode(sha256(convert_to(concat_ws('|',
		(SELECT timezone FROM core.site), core.build_reference(),
		(SELECT string_agg(r::text, ';' ORDER BY r.id) FROM core.rule r),
		(SELECT string_agg(l::text, ';' ORDER BY l.id) FROM core.limit_item l),
		(SELECT string_agg(o::text, ';' ORDER BY o.id) FROM core.org o),
		(SELECT string_agg(c::text, ';' ORDER BY c.org_id) FROM core.calendar_org c),
		(SELECT string_agg(concat_ws(' ', y.calendar_id, y.year), ';' ORDER BY y.calendar_id, y.year)
			FROM core.calendar_year y),
		(SELECT string_agg(d::text, ';' ORDER BY d.calendar_id, d.day) FROM core.calendar_day d),
		-- a release that builds other documents from the same rows
		(SELECT string_agg(p.prosrc, ';' ORDER BY p.oid::regprocedure::text) FROM pg_proc p
			WHERE p.pronamespace = 'core'::regnamespace
				AND p.proname IN ('duties_of', 'duty_why', 'due_after', 'post_deadline', 'failed_since', 'add_working_days', 'worked_days',
					'lines_write', 'line_facts', 'text_fields', 'build_records', 'build_facilities', 'build_places', 'build_orgs',
					'build_labels', 'js', 'due', 'limit_json', 'org_json',
					'reply_json', 'reply_result', 'alarm_public', 'ticket_member', 'ticket_member_at', 'ticket_head', 'survey_member'))), 'UTF8')), 'hex');
	changed bigint;
BEGIN
	IF (SELECT seeds FROM core.site FOR UPDATE) = said THEN
		RETURN 0;
	END IF;
	changed := core.publish_all();
	UPDATE core.site SET seeds = said;
	RETURN changed;
END
$$;

CREATE OR REPLACE FUNCTION api.publish_all(p_org text DEFAULT NULL) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, core AS
$$ SELECT core.publish_all(p_org) $$;

-- Builds again what a date has changed: a rule, a term or a status that began or ended. At most
-- p_limit facilities a call; 0 comes back when nothing is left.
CREATE OR REPLACE FUNCTION api.publish_due(p_limit int DEFAULT 500) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	ids bigint[];
BEGIN
	ids := array_agg(q.id) FROM (
		SELECT f.id FROM core.document d JOIN core.facility f ON f.code = d.key
		WHERE d.kind = 'facility' AND d.next_change <= core.today()
		ORDER BY d.next_change LIMIT p_limit) q;
	PERFORM core.publish('facilities', ids);
	IF coalesce(cardinality(ids), 0) = 0 THEN
		ids := array_agg(q.id) FROM (
			SELECT p.id FROM core.document d JOIN core.place p ON p.code = d.key
			WHERE d.kind = 'place' AND d.next_change <= core.today()
			ORDER BY d.next_change LIMIT p_limit) q;
		PERFORM core.publish('places', ids);
	END IF;
	RETURN coalesce(cardinality(ids), 0);
END
$$;
