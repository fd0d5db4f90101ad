-- Recomputes what is stored and names what differs; changes nothing. Roles qr_auditor and
-- qr_migrate (qrsvc verify). Both go through the data in pieces, so that a call stays short and
-- memory small:
--   p_after: '' or 0 at first, then last_key or last_id of the piece before; done when that is NULL.
-- Each piece returns its bad rows and, as its last row, the mark to go on from (problem NULL).

-- Documents, by kind: facility (checks history and record documents too), place, label, org,
-- reference. problem: 'differs', 'missing', 'stray'.
CREATE OR REPLACE FUNCTION api.verify_documents(p_kind text, p_after text, p_limit int)
RETURNS TABLE (kind text, key text, problem text, last_key text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, core AS $$
#variable_conflict use_column
DECLARE
	codes text[];
	ids bigint[];
BEGIN
	IF p_kind = 'reference' THEN
		RETURN QUERY SELECT d.kind, d.key, 'differs', NULL::text FROM core.document d
			WHERE d.kind = 'reference' AND d.key = 'current'
				AND d.doc <> '{"version":' || d.version || ',' || core.build_reference();
		RETURN NEXT;
		RETURN;
	END IF;
	CASE p_kind
	WHEN 'facility' THEN
		SELECT array_agg(q.code), array_agg(q.id) INTO codes, ids FROM (SELECT f.code::text, f.id
			FROM core.facility f WHERE f.code > p_after ORDER BY f.code LIMIT p_limit) q;
	WHEN 'place' THEN
		SELECT array_agg(q.code), array_agg(q.id) INTO codes, ids FROM (SELECT p.code::text, p.id
			FROM core.place p WHERE p.code > p_after ORDER BY p.code LIMIT p_limit) q;
	WHEN 'org' THEN
		SELECT array_agg(q.code), array_agg(q.id) INTO codes, ids FROM (SELECT o.code, o.id
			FROM core.org o WHERE o.code > p_after ORDER BY o.code LIMIT p_limit) q;
	WHEN 'label' THEN
		SELECT array_agg(q.code) INTO codes FROM (SELECT l.code::text
			FROM core.label l WHERE l.code > p_after ORDER BY l.code LIMIT p_limit) q;
	END CASE;
	IF codes IS NULL THEN
		RETURN NEXT;
		RETURN;
	END IF;
	-- the version of the words stands in front and is not rebuilt
	RETURN QUERY
	WITH made AS MATERIALIZED (
		SELECT b.* FROM core.build_facilities(CASE p_kind WHEN 'facility' THEN ids END, 0) b
		UNION ALL
		SELECT b.* FROM core.build_places(CASE p_kind WHEN 'place' THEN ids END, 0) b
		UNION ALL
		SELECT b.* FROM core.build_orgs(CASE p_kind WHEN 'org' THEN ids END, 0) b
		UNION ALL
		SELECT b.* FROM core.build_labels(CASE p_kind WHEN 'label' THEN codes END, 0) b
	)
	SELECT m.kind, m.key, CASE WHEN d.key IS NULL THEN 'missing' ELSE 'differs' END, NULL::text
	FROM made m LEFT JOIN core.document d ON d.kind = m.kind AND d.key = m.key
	WHERE d.key IS NULL OR regexp_replace(d.doc, '^{"ref":[0-9]+', '')
			<> regexp_replace(m.doc, '^{"ref":[0-9]+', '')
		OR (d.link_kind, d.links) IS DISTINCT FROM (m.link_kind, m.links)
	UNION ALL
	SELECT 'record', r.id::text, 'stray', NULL FROM core.record r
	WHERE p_kind = 'facility' AND r.facility_id = ANY (ids) AND r.published_at IS NULL
		AND EXISTS (SELECT FROM core.document d WHERE d.kind = 'record' AND d.key = r.id::text);
	kind := p_kind;
	key := NULL;
	problem := NULL;
	last_key := codes[cardinality(codes)];
	RETURN NEXT;
END
$$;

-- Records, by facility: numbers without gaps, canonical texts, hashes, the chain, the head row
-- against its newest revision. problem says which; record NULL: the facility's numbering.
CREATE OR REPLACE FUNCTION api.verify_records(p_after bigint, p_limit int)
RETURNS TABLE (facility text, record uuid, rev int, problem text, last_id bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, core AS $$
#variable_conflict use_column
DECLARE
	ids bigint[];
BEGIN
	SELECT array_agg(q.id ORDER BY q.id) INTO ids FROM (SELECT f.id FROM core.facility f
		WHERE f.id > p_after ORDER BY f.id LIMIT p_limit) q;
	IF ids IS NULL THEN
		RETURN NEXT;
		RETURN;
	END IF;
	RETURN QUERY
	SELECT f.code::text, NULL::uuid, NULL::int,
		'has ' || count(r.id) || ' records, numbered to ' || f.last_seq, NULL::bigint
	FROM core.facility f LEFT JOIN core.record r ON r.facility_id = f.id
	WHERE f.id = ANY (ids)
	GROUP BY f.id HAVING count(r.id) <> f.last_seq OR coalesce(max(r.seq), 0) <> f.last_seq
	UNION ALL
	SELECT q.code, q.record_id, q.rev, q.problem, NULL FROM (
		SELECT f.code::text AS code, r.id AS record_id, v.rev::int AS rev, CASE
			WHEN v.record_id IS NULL THEN 'no revision'
			WHEN sha256(convert_to(v.canonical, 'UTF8')) <> v.hash THEN 'hash of the text'
			WHEN core.canonical(f.code::text, r.id, r.seq, v.rev, r.type, r.source, v.state,
				v.performed_from, v.performed_to, v.on_date, v.received_at, v.published_at, pa.list,
				v.fields, re.list, v.flags, v.verdict, v.reason, v.prev, v.act, v.by_account, v.office,
				v.report) <> v.canonical THEN 'text'
			WHEN v.prev IS DISTINCT FROM CASE WHEN v.rev > 1 THEN core.head(r.id, v.rev - 1) END
				THEN 'link to the revision before'
			WHEN v.rev > coalesce(r.pending_rev, r.rev) OR (v.rev > r.rev
				AND v.state IN ('published', 'withdrawn')) THEN 'head row is behind'
			WHEN (v.rev = r.rev AND (r.state, r.on_date, r.verdict)
				<> (v.state, v.on_date, v.verdict)) OR (v.rev = r.pending_rev
				AND v.state <> r.pending_state) THEN 'head row'
			WHEN v.rev > 1 AND NOT EXISTS (SELECT FROM core.revision b
				WHERE b.record_id = r.id AND b.rev = v.rev - 1) THEN 'a revision before is missing'
			WHEN ph.bad THEN 'photos'
			WHEN tx.bad THEN 'erasable text'
			WHEN v.act = 'redact' AND NOT EXISTS (SELECT FROM core.redaction a
				WHERE a.record_id = v.record_id AND a.rev = v.rev) THEN 'redaction is missing'
			WHEN v.act = 'put' AND NOT EXISTS (SELECT FROM core.upload u
				WHERE u.record_id = v.record_id AND u.rev = v.rev) THEN 'upload is missing'
			END AS problem
		FROM core.facility f
		JOIN core.record r ON r.facility_id = f.id
		LEFT JOIN core.revision v ON v.record_id = r.id
		LEFT JOIN LATERAL (
			SELECT string_agg(core.canonical_party(p.role, p.name, p.filing), ',' ORDER BY p.pos) AS list
			FROM core.revision_party p WHERE p.record_id = v.record_id AND p.rev = v.rev
		) pa ON true
		LEFT JOIN LATERAL (
			SELECT string_agg(core.canonical_result(i.code, s.op, s.num, s.word, s.unit, s.verdict), ','
				ORDER BY s.pos) AS list
			FROM core.result s JOIN core.item i ON i.id = s.item_id
			WHERE s.record_id = v.record_id AND s.rev = v.rev
		) re ON true
		LEFT JOIN LATERAL (
			SELECT bool_or(x.hash <> core.photo_link(coalesce(x.before, v.hash), x.nth, x.slot, x.sha256,
				x.taken) OR x.nth <> x.pos) AS bad
			FROM (SELECT y.*, lag(y.hash) OVER (ORDER BY y.pos) AS before,
					(row_number() OVER (ORDER BY y.pos))::int AS nth
				FROM core.record_photo y WHERE y.record_id = v.record_id AND y.rev = v.rev) x
		) ph ON true
		LEFT JOIN LATERAL (
			-- a text agrees with the hash in its place, or its erasure was written down
			SELECT bool_or(CASE WHEN t.name IS NULL THEN NOT EXISTS (SELECT FROM core.erasure e
					WHERE e.record_id = v.record_id AND e.rev = v.rev AND e.name = h.key)
				ELSE encode(sha256(t.salt || convert_to(t.value, 'UTF8')), 'hex')
					IS DISTINCT FROM h.value ->> 'sha256' END) AS bad
			FROM jsonb_each(v.fields) h
			LEFT JOIN core.revision_text t ON t.record_id = v.record_id AND t.rev = v.rev
				AND t.name = h.key
			WHERE v.act IS NOT NULL AND jsonb_typeof(h.value) = 'object'
		) tx ON true
		WHERE f.id = ANY (ids)
	) q
	WHERE q.problem IS NOT NULL;
	last_id := ids[cardinality(ids)];
	RETURN NEXT;
END
$$;

-- What was erased of a facility's records: nothing of it counts as tampering. For the report of
-- `qrsvc verify`: texts, photos and report files, each erased with its ground.
CREATE OR REPLACE FUNCTION api.verify_erased() RETURNS TABLE (what text, n bigint, last timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, core AS $$
	SELECT e.what, count(*), max(e.at) FROM core.erasure e GROUP BY e.what ORDER BY e.what
$$;

-- Report files: bytes are those of their name, what lacks bytes was erased. As verify_photos.
CREATE OR REPLACE FUNCTION api.verify_reports(p_after bytea, p_limit int)
RETURNS TABLE (sha256 text, problem text, last_sha256 bytea)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, core AS $$
#variable_conflict use_column
DECLARE
	ids constant bytea[] := ARRAY(SELECT o.sha256 FROM core.report o WHERE o.sha256 > p_after
		ORDER BY o.sha256 LIMIT p_limit);
BEGIN
	IF cardinality(ids) = 0 THEN
		RETURN NEXT;
		RETURN;
	END IF;
	RETURN QUERY
	SELECT encode(o.sha256, 'hex'), CASE WHEN o.bytes IS NULL THEN 'is missing'
		ELSE 'bytes are not those of its name' END, NULL::bytea
	FROM core.report o
	WHERE o.sha256 = ANY (ids) AND pg_catalog.sha256(o.bytes) IS DISTINCT FROM o.sha256
		AND NOT (o.bytes IS NULL AND EXISTS (SELECT FROM core.erasure e
			WHERE e.what = 'report' AND e.sha256 = o.sha256));
	last_sha256 := ids[cardinality(ids)];
	RETURN NEXT;
END
$$;
