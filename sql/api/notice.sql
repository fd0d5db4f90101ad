-- Notices (公示单): what stands on a page, the file it becomes, and the part of the jobs process.
-- A page is made of published documents and of the rule that says when it must be posted; nothing
-- of a draft, nothing of a person.

-- The document of what a facility says of itself, without its records (core.lines_write()).
CREATE OR REPLACE FUNCTION core.notice_facility(p_code text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT left(d.doc, strpos(d.doc, ',"records":[') - 1) || '}' FROM core.document d
	WHERE d.kind = 'facility' AND d.key = p_code
$$;

-- The label that is stuck to it: an undamaged one before a damaged one, the newest first.
CREATE OR REPLACE FUNCTION core.notice_label(p_facility bigint) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT l.code::text FROM core.label l WHERE l.facility_id = p_facility AND l.state = 'active'
	ORDER BY l.damaged_at IS NOT NULL, l.since DESC, l.code LIMIT 1
$$;

-- The rule about publication in force on the day of a record: hours and basis, NULL without one.
CREATE OR REPLACE FUNCTION core.notice_post(p_record core.record, OUT hours int, OUT basis text)
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT q.post_hours, q.basis FROM core.facility f
	JOIN core.place p ON p.id = f.place_id
	JOIN core.org o ON o.id = p.org_id
	JOIN core.rule q ON q.kind_id = f.kind_id AND q.type = p_record.type AND q.org_id = ANY (o.path)
	WHERE f.id = p_record.facility_id AND p_record.on_date >= q.valid_from
		AND (q.valid_to IS NULL OR p_record.on_date <= q.valid_to)
	ORDER BY array_position(o.path, q.org_id) DESC LIMIT 1
$$;

-- One page: {"facility": document without records, "record": record object, "kind": its data,
-- "items", "words", "units": names of what the record uses, "label"?, "post"? {"hours","basis"}}.
-- NULL: the record is not public.
CREATE OR REPLACE FUNCTION core.notice_page(p_record uuid) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
DECLARE
	r core.record;
	f core.facility;
	obj json;
	post record;
BEGIN
	SELECT * INTO r FROM core.record x WHERE x.id = p_record AND x.state = 'published';
	SELECT d.doc::json -> 'record' INTO obj FROM core.document d
	WHERE d.kind = 'record' AND d.key = r.id::text;
	IF r.id IS NULL OR obj IS NULL THEN
		RETURN NULL;
	END IF;
	SELECT * INTO f FROM core.facility x WHERE x.id = r.facility_id;
	post := core.notice_post(r);
	RETURN '{' || concat_ws(',', '"facility":' || core.notice_facility(f.code), '"record":' || obj,
		'"kind":' || (SELECT k.data FROM core.kind k WHERE k.id = f.kind_id),
		'"items":' || (SELECT coalesce(json_object_agg(i.code, i.name), '{}') FROM core.item i
			WHERE i.code IN (SELECT x ->> 'item' FROM json_array_elements(obj -> 'results') x)),
		'"words":' || (SELECT coalesce(json_object_agg(w.code, w.name ORDER BY w.rank), '{}') FROM core.word w),
		'"units":' || (SELECT coalesce(json_object_agg(u.code, u.name ORDER BY u.code), '{}') FROM core.unit u),
		core.js('label', core.notice_label(f.id)),
		'"post":{' || concat_ws(',', '"hours":' || post.hours, core.js('basis', post.basis)) || '}') || '}';
END
$$;

-- What the bytes of a file follow from; NULL when one of the records is not public (any more).
CREATE OR REPLACE FUNCTION core.notice_key(p_records uuid[], p_lang text) RETURNS bytea
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
DECLARE
	said text := p_lang;
	page text;
	i int;
BEGIN
	FOR i IN 1 .. cardinality(p_records) LOOP
		page := core.notice_page(p_records[i]);
		IF page IS NULL THEN
			RETURN NULL;
		END IF;
		said := said || ' ' || encode(sha256(convert_to(page, 'UTF8')), 'hex');
	END LOOP;
	RETURN sha256(convert_to(said, 'UTF8'));
END
$$;

-- The file of these pages: the one that is there, else a new one with its job. One that failed is
-- tried once more. NULL: not all are public.
CREATE OR REPLACE FUNCTION core.notice_open(p_records uuid[], p_lang text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	asked constant bytea := core.notice_key(p_records, p_lang);
	found_id bigint;
BEGIN
	IF asked IS NULL THEN
		RETURN NULL;
	END IF;
	INSERT INTO core.notice_file AS n (key, lang, records, made_at)
	VALUES (asked, p_lang, p_records, core.now())
	ON CONFLICT (key) DO UPDATE SET state = 'waiting', why = NULL, job_id = NULL, done = 0
	WHERE n.state = 'failed'
	RETURNING id INTO found_id;
	IF found_id IS NULL THEN
		RETURN (SELECT n.id FROM core.notice_file n WHERE n.key = asked);
	END IF;
	UPDATE core.notice_file SET job_id = core.job_add('notice', jsonb_build_object('file', found_id))
	WHERE id = found_id;
	RETURN found_id;
END
$$;

CREATE OR REPLACE FUNCTION core.notice_lang(p_lang text) RETURNS text
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, core AS $$
BEGIN
	IF coalesce(p_lang, 'zh-CN') NOT IN ('zh-CN', 'en', 'both') THEN
		RAISE EXCEPTION 'no such language' USING ERRCODE = 'QR422', DETAIL = '[{"field":"lang","why":"bad_value"}]';
	END IF;
	RETURN coalesce(p_lang, 'zh-CN');
END
$$;

-- Who asked for it, the newest 5 first.
CREATE OR REPLACE FUNCTION core.notices_of(p_record uuid) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
BEGIN
	RETURN coalesce((SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object('at', n.at, 'by',
			core.account_name(n.account), 'lang', n.lang)) ORDER BY n.id DESC)
		FROM (SELECT * FROM core.notice x WHERE x.record_id = p_record ORDER BY x.id DESC LIMIT 5) n), '[]');
END
$$;

-- Files of a week ago; what is asked for again is made again. Called by api.job_sweep().
CREATE OR REPLACE FUNCTION core.notice_sweep() RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	n int;
BEGIN
	DELETE FROM core.notice_file WHERE made_at < core.now() - interval '7 days';
	GET DIAGNOSTICS n = ROW_COUNT;
	RETURN n;
END
$$;

-- ---- for everybody ---------------------------------------------------------------------------
-- The file of one published record. What is not there yet is made, so few wait at a time.
CREATE OR REPLACE FUNCTION api.public_notice(p_record uuid, p_lang text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	tongue constant text := core.notice_lang(p_lang);
	asked constant bytea := core.notice_key(ARRAY[p_record], tongue);
	n core.notice_file;
	made bigint;
BEGIN
	IF asked IS NULL THEN
		RAISE EXCEPTION 'no published record %', p_record USING ERRCODE = 'QR404';
	END IF;
	SELECT * INTO n FROM core.notice_file x WHERE x.key = asked;
	IF n.id IS NULL OR n.state = 'failed' THEN
		IF (SELECT count(*) FROM core.job j WHERE j.kind = 'notice' AND j.done_at IS NULL) >= 20 THEN
			RAISE EXCEPTION 'too many notices are waiting' USING ERRCODE = 'QR429';
		END IF;
		made := core.notice_open(ARRAY[p_record], tongue);
		SELECT * INTO n FROM core.notice_file x WHERE x.id = made;
	END IF;
	RETURN '{"id":' || n.id || ',"state":"' || n.state || '"}';
END
$$;

CREATE OR REPLACE FUNCTION api.public_notice_file(p_id bigint, p_record uuid) RETURNS bytea
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	RETURN (SELECT n.pdf FROM core.notice_file n WHERE n.id = p_id AND n.records = ARRAY[p_record]
		AND n.key = core.notice_key(n.records, n.lang));
END
$$;

-- ---- the jobs process ------------------------------------------------------------------------
-- The file of a job that p_who holds; QR409: he does not.
CREATE OR REPLACE FUNCTION core.notice_job_of(p_id bigint, p_who text) RETURNS core.notice_file
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	n core.notice_file;
BEGIN
	PERFORM FROM core.job j WHERE j.id = p_id AND j.kind = 'notice' AND j.leased_by = p_who
		AND j.done_at IS NULL;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'job % is not leased to %', p_id, p_who USING ERRCODE = 'QR409';
	END IF;
	SELECT x.* INTO n FROM core.job j JOIN core.notice_file x ON x.id = (j.args ->> 'file')::bigint
	WHERE j.id = p_id FOR UPDATE OF x;
	RETURN n;
END
$$;

-- What is to be made; no row: it was swept, and nobody waits for it.
CREATE OR REPLACE FUNCTION api.notice_job(p_id bigint, p_who text)
RETURNS TABLE (state text, lang text, count int)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
#variable_conflict use_column
DECLARE
	n core.notice_file;
BEGIN
	n := core.notice_job_of(p_id, p_who);
	UPDATE core.notice_file x SET state = 'working', done = 0
	WHERE x.id = n.id AND x.state IN ('waiting', 'working');
	RETURN QUERY SELECT CASE WHEN n.state = 'waiting' THEN 'working' ELSE n.state END, n.lang,
		cardinality(n.records) WHERE n.id IS NOT NULL;
END
$$;

-- Page p_n (from 1); NULL: its record is not public any more. The pages before it are done.
CREATE OR REPLACE FUNCTION api.notice_job_page(p_id bigint, p_who text, p_n int) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core SET timezone = 'UTC' AS $$
DECLARE
	n core.notice_file;
BEGIN
	n := core.notice_job_of(p_id, p_who);
	UPDATE core.notice_file x SET done = p_n - 1 WHERE x.id = n.id AND x.state = 'working';
	RETURN core.notice_page(n.records[p_n]);
END
$$;

-- The finished file, unless what it shows has changed meanwhile: then it has failed.
CREATE OR REPLACE FUNCTION api.notice_job_put(p_id bigint, p_who text, p_pdf bytea) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	n core.notice_file;
	same boolean;
BEGIN
	n := core.notice_job_of(p_id, p_who);
	IF n.id IS NULL OR n.state = 'done' THEN
		RETURN n.state IS NOT NULL;
	END IF;
	IF substr(p_pdf, 1, 5) IS DISTINCT FROM '%PDF-'::bytea THEN
		RAISE EXCEPTION 'notice % takes no file', n.id USING ERRCODE = 'QR409';
	END IF;
	same := n.key IS NOT DISTINCT FROM core.notice_key(n.records, n.lang);
	UPDATE core.notice_file x SET state = CASE WHEN same THEN 'done' ELSE 'failed' END,
		done = cardinality(n.records), why = CASE WHEN NOT same THEN 'changed' END,
		pdf = CASE WHEN same THEN p_pdf END
	WHERE x.id = n.id;
	RETURN same;
END
$$;

CREATE OR REPLACE FUNCTION api.notice_job_fail(p_id bigint, p_who text, p_why text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	n core.notice_file;
BEGIN
	n := core.notice_job_of(p_id, p_who);
	UPDATE core.notice_file x SET state = 'failed', why = left(p_why, 300)
	WHERE x.id = n.id AND x.state IN ('waiting', 'working');
END
$$;
