-- The audit: reading it, checking its chain; heads that are signed outside and published, so that
-- a removed or cut-off end is seen by anyone who kept an older head. sql/STAFF.md.

-- Kinds of acts there are, whoever's: from one to the next by the index.
CREATE OR REPLACE FUNCTION auth.audit_whats() RETURNS text[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, core AS $$
	WITH RECURSIVE w (what) AS (
		(SELECT a.what FROM core.audit a ORDER BY a.what LIMIT 1)
		UNION ALL
		SELECT (SELECT a.what FROM core.audit a WHERE a.what > w.what ORDER BY a.what LIMIT 1)
		FROM w WHERE w.what IS NOT NULL)
	SELECT coalesce(array_agg(what ORDER BY what), '{}') FROM w WHERE what IS NOT NULL
$$;

-- enable_sort: a plan made for any limit would sort all rows; by the index it stops where it may.
CREATE OR REPLACE FUNCTION api.staff_audit(p_session bytea, p_filter jsonb, p_before bigint,
	p_limit int) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core SET timezone = 'UTC'
SET enable_sort = off AS $$
DECLARE
	n constant int := least(greatest(coalesce(p_limit, 50), 1), 1000);
	who_is constant text := core.some(p_filter ->> 'who');
	what_is constant text := core.some(p_filter ->> 'what');
	subject_is constant text := core.some(p_filter ->> 'subject');
	q constant text := lower(core.some(p_filter ->> 'q'));
	day_from constant date := core.day_of(core.some(p_filter ->> 'from'));
	day_to constant date := core.day_of(core.some(p_filter ->> 'to'));
	zone text;
	found core.audit[];
	rows text;
BEGIN
	PERFORM auth.enter(p_session, 'audit');
	PERFORM core.use_timezone();
	zone := (SELECT timezone FROM core.site);
	found := ARRAY(SELECT a FROM core.audit a
		WHERE (p_before IS NULL OR a.seq < p_before)
			AND (who_is IS NULL OR a.who = who_is) AND (what_is IS NULL OR a.what = what_is)
			AND (subject_is IS NULL OR a.subject = subject_is)
			AND (q IS NULL OR strpos(lower(a.who), q) > 0 OR strpos(lower(a.subject), q) > 0)
			AND (day_from IS NULL OR a.at >= day_from::timestamp AT TIME ZONE zone)
			AND (day_to IS NULL OR a.at < (day_to + 1)::timestamp AT TIME ZONE zone)
		ORDER BY a.seq DESC LIMIT n + 1);
	SELECT string_agg('{' || concat_ws(',', '"seq":' || f.seq, core.js('at', f.at), core.js('who', f.who),
			core.js('role', c.role), core.js('what', f.what), core.js('subject', f.subject),
			'"detail":' || f.detail::text, core.js('hash', encode(f.hash, 'hex'))) || '}', ',' ORDER BY f.seq DESC)
	INTO rows FROM unnest(found[:n]) f LEFT JOIN core.account c ON c.id = f.account_id;
	RETURN '{' || concat_ws(',', '"me":' || auth.me(), '"rows":[' || coalesce(rows, '') || ']',
		CASE WHEN cardinality(found) > n THEN '"next":' || (found[n]).seq END,
		'"whats":' || array_to_json(auth.audit_whats())) || '}';
END
$$;

-- Recomputes the chain in pieces: 0 at first, then last_seq of the piece before.
CREATE OR REPLACE FUNCTION api.verify_audit(p_after bigint, p_limit int)
RETURNS TABLE (seq bigint, problem text, last_seq bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, core AS $$
#variable_conflict use_column
DECLARE
	a core.audit;
	want bigint := p_after + 1;
	before bytea := (SELECT x.hash FROM core.audit x WHERE x.seq = p_after);
	n int := 0;
	signed bigint;
BEGIN
	FOR a IN SELECT * FROM core.audit x WHERE x.seq > p_after ORDER BY x.seq LIMIT p_limit LOOP
		n := n + 1;
		seq := a.seq;
		problem := CASE WHEN a.seq <> want THEN format('rows %s to %s are missing', want, a.seq - 1)
			WHEN a.prev IS DISTINCT FROM before THEN 'does not follow the row before'
			WHEN core.audit_hash(a) <> a.hash THEN 'hash is not that of its text' END;
		IF problem IS NOT NULL THEN
			RETURN NEXT;
		END IF;
		want := a.seq + 1;
		before := a.hash;
	END LOOP;
	problem := NULL;
	last_seq := CASE WHEN n >= p_limit THEN want - 1 END;
	IF last_seq IS NULL THEN
		-- the end: rows a head has seen were there
		signed := (SELECT max(h.audit_seq) FROM core.chain_head h);
		IF signed >= want THEN
			seq := want;
			problem := format('rows %s to %s were cut off', want, signed);
			RETURN NEXT;
			problem := NULL;
		END IF;
	END IF;
	seq := NULL;
	RETURN NEXT;
END
$$;

-- ---- heads ---------------------------------------------------------------------------------
CREATE OR REPLACE FUNCTION core.head_text(h core.chain_head) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT '{' || concat_ws(',', '"head":' || h.id, core.utc('at', h.at), '"audit_seq":' || h.audit_seq,
		'"audit_hash":"' || encode(h.audit_hash, 'hex') || '"', '"links":' || h.links,
		'"links_hash":"' || encode(h.links_hash, 'hex') || '"',
		'"prev":"' || encode(h.prev, 'hex') || '"') || '}'
$$;

-- Hash over what a head took in: the one of the head before, then its links in order.
CREATE OR REPLACE FUNCTION core.links_hash(p_head bigint, p_before bytea) RETURNS bytea
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT sha256(coalesce(p_before, '') || coalesce(string_agg(l.hash, '' ORDER BY l.pos), ''))
	FROM core.chain_link l WHERE l.head_id = p_head
$$;

-- The head to be signed next. Takes in the hashes of revisions (the last photo's where there are
-- photos) that no head has, at most 100,000.
CREATE OR REPLACE FUNCTION api.head_next() RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	most constant int := 100000;
	last core.chain_head;
	h core.chain_head;
	n bigint;
BEGIN
	PERFORM pg_advisory_xact_lock(hashtext('core.chain_head'), 1);
	SELECT * INTO h FROM core.chain_head x WHERE NOT EXISTS (SELECT FROM core.chain_signature s
		WHERE s.head_id = x.id) ORDER BY x.id LIMIT 1;
	IF FOUND THEN
		RETURN json_build_object('id', h.id, 'text', h.text, 'more', true);
	END IF;
	SELECT * INTO last FROM core.chain_head x ORDER BY x.id DESC LIMIT 1;
	h.id := coalesce(last.id, 0) + 1;
	h.at := core.now();
	h.prev := sha256(convert_to(last.text, 'UTF8'));
	SELECT a.seq, a.hash INTO h.audit_seq, h.audit_hash FROM core.audit a ORDER BY a.seq DESC LIMIT 1;
	h.audit_seq := coalesce(h.audit_seq, 0);
	-- the head's text is made of its links, so they are there before it
	SET CONSTRAINTS core.chain_link_head_id_fkey DEFERRED;
	INSERT INTO core.chain_link (head_id, pos, record_id, rev, hash)
	SELECT h.id, row_number() OVER (ORDER BY q.made_at, q.record_id, q.rev), q.record_id, q.rev, q.hash
	FROM (SELECT v.record_id, v.rev, v.made_at, coalesce(x.hash, v.hash) AS hash
		FROM core.revision v
		LEFT JOIN LATERAL (SELECT y.hash FROM core.record_photo y
			WHERE y.record_id = v.record_id AND y.rev = v.rev ORDER BY y.pos DESC LIMIT 1) x ON true
		WHERE NOT EXISTS (SELECT FROM core.chain_link l WHERE l.record_id = v.record_id
			AND l.rev = v.rev AND l.hash = coalesce(x.hash, v.hash))
		LIMIT most) q;
	GET DIAGNOSTICS n = ROW_COUNT;
	h.links := coalesce(last.links, 0) + n;
	h.links_hash := core.links_hash(h.id, last.links_hash);
	h.text := core.head_text(h);
	INSERT INTO core.chain_head SELECT h.*;
	SET CONSTRAINTS core.chain_link_head_id_fkey IMMEDIATE;
	RETURN json_build_object('id', h.id, 'text', h.text, 'more', n = most);
END
$$;

-- The published heads: the newest 50, with what is needed to check them.
CREATE OR REPLACE FUNCTION core.publish_chain() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, core SET timezone = 'UTC' AS $$
DECLARE
	told text;
BEGIN
	PERFORM core.use_timezone();
	INSERT INTO core.document AS d (kind, key, version, doc)
	SELECT 'chain', 'current', nextval('core.document_version'), '{"heads":[' || string_agg('{' || concat_ws(',',
			'"id":' || h.id, core.js('at', h.at), core.js('text', h.text),
			core.js('hash', encode(sha256(convert_to(h.text, 'UTF8')), 'hex')),
			core.js('key', encode(s.key, 'hex')), core.js('signature', encode(s.signature, 'hex'))) || '}',
		',' ORDER BY h.id DESC) || ']}'
	FROM (SELECT * FROM core.chain_head x ORDER BY x.id DESC LIMIT 50) h
	JOIN core.chain_signature s ON s.head_id = h.id
	ON CONFLICT (kind, key) DO UPDATE SET version = excluded.version, published_at = now(),
		doc = excluded.doc
	RETURNING d.kind || ' ' || d.key || ' ' || d.version INTO told;
	PERFORM core.announce(ARRAY[told]);
END
$$;

CREATE OR REPLACE FUNCTION api.head_put(p_id bigint, p_key bytea, p_signature bytea) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	PERFORM pg_advisory_xact_lock(hashtext('core.chain_head'), 1);
	IF NOT EXISTS (SELECT FROM core.chain_head h WHERE h.id = p_id) THEN
		RAISE EXCEPTION 'there is no head %', p_id USING ERRCODE = 'QR404';
	END IF;
	IF length(p_key) IS DISTINCT FROM 32 OR length(p_signature) IS DISTINCT FROM 64 THEN
		RAISE EXCEPTION 'a key has 32 bytes and a signature 64' USING ERRCODE = 'QR422';
	END IF;
	INSERT INTO core.chain_signature (head_id, key, signature) VALUES (p_id, p_key, p_signature)
	ON CONFLICT DO NOTHING;
	IF NOT FOUND THEN
		PERFORM core.refuse('QR409', 'signed', format('head %s was signed before', p_id));
	END IF;
	PERFORM core.publish_chain();
	RETURN json_build_object('id', p_id);
END
$$;

-- Recomputes heads in pieces. The signature is for the caller to check: text, key, signature.
CREATE OR REPLACE FUNCTION api.verify_heads(p_after bigint, p_limit int)
RETURNS TABLE (id bigint, problem text, text text, key bytea, signature bytea, last_id bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, core AS $$
#variable_conflict use_column
DECLARE
	h core.chain_head;
	before core.chain_head;
	n bigint;
	gone record;
BEGIN
	SELECT * INTO before FROM core.chain_head x WHERE x.id = p_after;
	FOR h IN SELECT * FROM core.chain_head x WHERE x.id > p_after ORDER BY x.id LIMIT p_limit LOOP
		n := (SELECT count(*) FROM core.chain_link l WHERE l.head_id = h.id);
		SELECT l.record_id, l.rev INTO gone FROM core.chain_link l
		WHERE l.head_id = h.id
			AND NOT EXISTS (SELECT FROM core.revision v WHERE v.record_id = l.record_id
				AND v.rev = l.rev AND v.hash = l.hash)
			AND NOT EXISTS (SELECT FROM core.record_photo x WHERE x.record_id = l.record_id
				AND x.rev = l.rev AND x.hash = l.hash)
		ORDER BY l.pos LIMIT 1;
		id := h.id;
		problem := CASE
			WHEN h.id <> coalesce(before.id, 0) + 1 THEN format('heads %s to %s are missing',
				coalesce(before.id, 0) + 1, h.id - 1)
			WHEN h.prev IS DISTINCT FROM sha256(convert_to(before.text, 'UTF8')) THEN
				'does not follow the head before'
			WHEN core.head_text(h) <> h.text THEN 'text is not that of its columns'
			WHEN h.audit_seq > 0 AND NOT EXISTS (SELECT FROM core.audit a WHERE a.seq = h.audit_seq
				AND a.hash = h.audit_hash) THEN format('row %s of the audit is not the one it names',
				h.audit_seq)
			WHEN gone.record_id IS NOT NULL THEN format('record %s revision %s is not as it was taken in',
				gone.record_id, gone.rev)
			WHEN n <> h.links - coalesce(before.links, 0)
				OR core.links_hash(h.id, before.links_hash) <> h.links_hash THEN
				'what it took in is not as it was' END;
		text := h.text;
		SELECT s.key, s.signature INTO key, signature FROM core.chain_signature s WHERE s.head_id = h.id;
		RETURN NEXT;
		before := h;
	END LOOP;
	last_id := CASE WHEN before.id > p_after THEN before.id END;
	id := NULL;
	problem := NULL;
	text := NULL;
	key := NULL;
	signature := NULL;
	RETURN NEXT;
END
$$;
