-- Administration: kinds of facilities and what hangs on them (record types, photo slots, fields,
-- parameters). A kind is one JSON text whose order is the order shown; each of these changes a part
-- of it. Words that a record may use are never taken away: a slot, field or type goes only while
-- nothing names it.

-- p with p_key set to p_val, at place p_pos (from 1; NULL: where it was, or last); p_val NULL: without.
CREATE OR REPLACE FUNCTION core.json_put(p json, p_key text, p_val json, p_pos int DEFAULT NULL)
RETURNS json
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog AS $$
DECLARE
	was constant json := coalesce(p, '{}');
	keys text[] := ARRAY(SELECT json_object_keys(was));
	pos constant int := coalesce(p_pos, array_position(keys, p_key), cardinality(keys) + 1);
BEGIN
	keys := array_remove(keys, p_key);
	IF p_val IS NOT NULL THEN
		keys := keys[:pos - 1] || p_key || keys[pos:];
	END IF;
	RETURN '{' || coalesce((SELECT string_agg(to_json(k)::text || ':' || CASE WHEN k = p_key THEN p_val
		ELSE was -> k END, ',' ORDER BY n) FROM unnest(keys) WITH ORDINALITY AS u (k, n)), '') || '}';
END
$$;
CREATE OR REPLACE FUNCTION core.json_pos(p json, p_key text) RETURNS int
LANGUAGE sql IMMUTABLE AS $$ SELECT array_position(ARRAY(SELECT json_object_keys(p)), p_key) $$;

-- The part of a kind that a section is about: {"K":..} of types, slots, fields, params.
CREATE OR REPLACE FUNCTION core.kind_part(p_kind text, p_part text) RETURNS json
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS
$$ SELECT coalesce(k.data -> p_part, '{}') FROM core.kind k WHERE k.code = p_kind $$;

-- A change of a kind: the words are published at once, under a version of their own, and every
-- document is built again with them by the jobs process.
CREATE OR REPLACE FUNCTION core.kind_store(p_kind text, p_data json) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
BEGIN
	UPDATE core.kind SET data = p_data WHERE code = p_kind;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'no kind %', p_kind USING ERRCODE = 'QR404';
	END IF;
	PERFORM core.publish_reference();
	PERFORM core.admin_rebuild(NULL);
END
$$;

CREATE OR REPLACE FUNCTION core.admin_kind_list(p_parent text, p_q text, p_after text)
RETURNS TABLE (key text, name jsonb, note jsonb, over boolean)
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT k.code, k.data::jsonb -> 'name', to_jsonb(k.code), false FROM core.kind k ORDER BY k.rank, k.code
$$;
CREATE OR REPLACE FUNCTION core.admin_kind_get(p_key text) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT jsonb_build_object('code', k.code, 'name', k.data -> 'name', 'question', k.data -> 'question',
		'advice', k.data -> 'advice', 'rank', k.rank::text) FROM core.kind k WHERE k.code = p_key
$$;
CREATE OR REPLACE FUNCTION core.admin_kind_put(p_key text, p_old jsonb, p_new jsonb, p_act text) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	called constant text := p_new ->> 'code';
	words json;
BEGIN
	IF p_old IS NULL THEN
		IF EXISTS (SELECT FROM core.kind k WHERE k.code = called) THEN
			PERFORM auth.refuse(core.bad('code', 'taken'));
		END IF;
		INSERT INTO core.kind (code, rank, data) VALUES (called, coalesce((p_new ->> 'rank')::smallint,
			(SELECT max(k.rank) + 1 FROM core.kind k), 1), '{"name":{},"types":{}}');
	ELSE
		UPDATE core.kind k SET rank = coalesce((p_new ->> 'rank')::smallint, k.rank) WHERE k.code = called;
	END IF;
	SELECT k.data INTO words FROM core.kind k WHERE k.code = called;
	words := core.json_put(words, 'name', (p_new -> 'name')::json, 1);
	words := core.json_put(words, 'question', (p_new -> 'question')::json, 2);
	words := core.json_put(words, 'advice', (p_new -> 'advice')::json);
	PERFORM core.kind_store(called, words);
	RETURN called;
END
$$;

-- ---- what hangs on a kind ------------------------------------------------------------------
-- Rows of slots, fields, params and types alike.
CREATE OR REPLACE FUNCTION core.kind_part_list(p_kind text, p_part text)
RETURNS TABLE (key text, name jsonb, note jsonb, over boolean)
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT p_kind || '.' || e.key, CASE p_part WHEN 'slots' THEN e.value::jsonb ELSE e.value::jsonb -> 'name' END,
		to_jsonb(e.key), false
	FROM json_each(core.kind_part(p_kind, p_part)) WITH ORDINALITY AS e (key, value, n) ORDER BY e.n
$$;
CREATE OR REPLACE FUNCTION core.admin_type_list(text, text, text)
RETURNS TABLE (key text, name jsonb, note jsonb, over boolean)
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$ SELECT * FROM core.kind_part_list($1, 'types') $$;
CREATE OR REPLACE FUNCTION core.admin_slot_list(text, text, text)
RETURNS TABLE (key text, name jsonb, note jsonb, over boolean)
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$ SELECT * FROM core.kind_part_list($1, 'slots') $$;
CREATE OR REPLACE FUNCTION core.admin_field_list(text, text, text)
RETURNS TABLE (key text, name jsonb, note jsonb, over boolean)
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$ SELECT * FROM core.kind_part_list($1, 'fields') $$;
CREATE OR REPLACE FUNCTION core.admin_param_list(text, text, text)
RETURNS TABLE (key text, name jsonb, note jsonb, over boolean)
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$ SELECT * FROM core.kind_part_list($1, 'params') $$;

-- The members every part has; NULL: there is none.
CREATE OR REPLACE FUNCTION core.kind_part_get(p_key text, p_part text) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT jsonb_build_object('parent', split_part(p_key, '.', 1), 'code', split_part(p_key, '.', 2),
		'pos', core.json_pos(x.part, split_part(p_key, '.', 2))::text) || CASE p_part WHEN 'slots'
		THEN jsonb_build_object('name', x.part -> split_part(p_key, '.', 2))
		ELSE (x.part -> split_part(p_key, '.', 2))::jsonb END
	FROM (SELECT core.kind_part(split_part(p_key, '.', 1), p_part) AS part) x
	WHERE json_typeof(x.part -> split_part(p_key, '.', 2)) IS NOT NULL
$$;

-- Puts one part in its place, or takes it away; returns its key.
CREATE OR REPLACE FUNCTION core.kind_part_put(p_part text, p_old jsonb, p_new jsonb, p_val json) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	kind constant text := p_new ->> 'parent';
	called constant text := p_new ->> 'code';
	part constant json := core.kind_part(kind, p_part);
BEGIN
	IF part IS NULL THEN
		RAISE EXCEPTION 'no kind %', kind USING ERRCODE = 'QR404';
	END IF;
	IF p_old IS NULL AND part -> called IS NOT NULL THEN
		PERFORM auth.refuse(core.bad('code', 'taken'));
	ELSIF p_old IS NULL AND (SELECT count(*) >= 60 FROM json_object_keys(part)) THEN
		PERFORM auth.refuse(core.bad('code', 'too_many'));
	END IF;
	PERFORM core.kind_store(kind, core.json_put((SELECT k.data FROM core.kind k WHERE k.code = kind), p_part,
		core.json_put(part, called, p_val, nullif((p_new ->> 'pos')::int, 0))));
	RETURN kind || '.' || called;
END
$$;

-- QR409 used: a record, a rule or a record type names it.
CREATE OR REPLACE FUNCTION core.kind_unused(p_part text, p_kind text, p_code text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
DECLARE
	used boolean;
BEGIN
	used := CASE p_part
		WHEN 'types' THEN EXISTS (SELECT FROM core.rule q JOIN core.kind k ON k.id = q.kind_id WHERE k.code = p_kind
				AND (q.type = p_code OR p_code = ANY (q.also) OR p_code = ANY (q.cured_by)))
			OR EXISTS (SELECT FROM core.record r JOIN core.facility f ON f.id = r.facility_id
				JOIN core.kind k ON k.id = f.kind_id WHERE k.code = p_kind AND r.type = p_code)
		WHEN 'params' THEN EXISTS (SELECT FROM core.facility f JOIN core.kind k ON k.id = f.kind_id
				WHERE k.code = p_kind AND f.params ? p_code)
		ELSE EXISTS (SELECT FROM json_each(core.kind_part(p_kind, 'types')) t
				WHERE p_code = ANY (core.texts_of(t.value -> p_part)))
			OR (p_part = 'slots' AND EXISTS (SELECT FROM core.record_photo x JOIN core.record r ON r.id = x.record_id
				JOIN core.facility f ON f.id = r.facility_id JOIN core.kind k ON k.id = f.kind_id
				WHERE k.code = p_kind AND x.slot = p_code))
			OR (p_part = 'fields' AND EXISTS (SELECT FROM core.revision v JOIN core.record r ON r.id = v.record_id
				JOIN core.facility f ON f.id = r.facility_id JOIN core.kind k ON k.id = f.kind_id
				WHERE k.code = p_kind AND v.fields ? p_code)) END;
	IF used THEN
		PERFORM core.refuse('QR409', 'used', format('%s of %s is used', p_code, p_kind));
	END IF;
END
$$;

CREATE OR REPLACE FUNCTION core.admin_slot_get(p_key text) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT core.kind_part_get(p_key, 'slots') || jsonb_build_object('hint',
		core.kind_part(split_part(p_key, '.', 1), 'hints') -> split_part(p_key, '.', 2))
$$;
CREATE OR REPLACE FUNCTION core.admin_slot_put(p_key text, p_old jsonb, p_new jsonb, p_act text) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	kind constant text := p_new ->> 'parent';
	called constant text := p_new ->> 'code';
	key text;
BEGIN
	IF p_act = 'remove' THEN
		PERFORM core.kind_unused('slots', kind, called);
	END IF;
	key := core.kind_part_put('slots', p_old, p_new, CASE WHEN p_act <> 'remove' THEN (p_new -> 'name')::json END);
	PERFORM core.kind_store(kind, core.json_put(k.data, 'hints', core.json_put(k.data -> 'hints', called,
		CASE WHEN p_act <> 'remove' THEN (p_new -> 'hint')::json END))) FROM core.kind k WHERE k.code = kind;
	RETURN key;
END
$$;

-- Fields of records and parameters of facilities: {"name","type","unit"?}.
CREATE OR REPLACE FUNCTION core.kind_ask_put(p_part text, p_old jsonb, p_new jsonb, p_act text) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	was constant json := core.kind_part(p_new ->> 'parent', p_part) -> (p_new ->> 'code');
	val json := '{}';
BEGIN
	IF p_act = 'remove' THEN
		PERFORM core.kind_unused(p_part, p_new ->> 'parent', p_new ->> 'code');
		RETURN core.kind_part_put(p_part, p_old, p_new, NULL);
	END IF;
	IF p_old ->> 'type' <> p_new ->> 'type' THEN
		-- what was answered would mean something else
		PERFORM core.kind_unused(p_part, p_new ->> 'parent', p_new ->> 'code');
	END IF;
	val := core.json_put(coalesce(CASE WHEN p_old IS NOT NULL THEN was END, '{}'), 'name', (p_new -> 'name')::json);
	val := core.json_put(val, 'type', (p_new -> 'type')::json);
	val := core.json_put(val, 'unit', (p_new -> 'unit')::json);
	RETURN core.kind_part_put(p_part, p_old, p_new, val);
END
$$;
CREATE OR REPLACE FUNCTION core.admin_field_get(text) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$ SELECT core.kind_part_get($1, 'fields') $$;
CREATE OR REPLACE FUNCTION core.admin_param_get(text) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$ SELECT core.kind_part_get($1, 'params') $$;
CREATE OR REPLACE FUNCTION core.admin_field_put(p_key text, p_old jsonb, p_new jsonb, p_act text) RETURNS text
LANGUAGE sql SET search_path = pg_catalog, core AS $$ SELECT core.kind_ask_put('fields', p_old, p_new, p_act) $$;
CREATE OR REPLACE FUNCTION core.admin_param_put(p_key text, p_old jsonb, p_new jsonb, p_act text) RETURNS text
LANGUAGE sql SET search_path = pg_catalog, core AS $$ SELECT core.kind_ask_put('params', p_old, p_new, p_act) $$;

-- A record type: what it asks for, and what of that must be there.
CREATE OR REPLACE FUNCTION core.admin_type_get(p_key text) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT t.v - 'required' - 'photos_min' || jsonb_build_object('photos_min', t.v ->> 'photos_min',
		'roles', nullif(t.v -> 'roles', '[]'), 'slots', nullif(t.v -> 'slots', '[]'),
		'fields', nullif(t.v -> 'fields', '[]'), 'items', nullif(t.v -> 'items', '[]'),
		'roles_need', nullif(t.v -> 'required' -> 'roles', '[]'), 'slots_need', nullif(t.v -> 'required' -> 'slots', '[]'),
		'fields_need', nullif(t.v -> 'required' -> 'fields', '[]'),
		'items_need', nullif(t.v -> 'required' -> 'results', '[]'))
	FROM (SELECT core.kind_part_get(p_key, 'types') AS v) t WHERE t.v IS NOT NULL
$$;
CREATE OR REPLACE FUNCTION core.admin_type_put(p_key text, p_old jsonb, p_new jsonb, p_act text) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	kind constant text := p_new ->> 'parent';
	val json;
	need json := '{}';
	bad jsonb := '[]';
	part text;
BEGIN
	IF p_act = 'remove' THEN
		PERFORM core.kind_unused('types', kind, p_new ->> 'code');
		RETURN core.kind_part_put('types', p_old, p_new, NULL);
	END IF;
	val := coalesce(CASE WHEN p_old IS NOT NULL THEN core.kind_part(kind, 'types') -> (p_new ->> 'code') END, '{}');
	FOREACH part IN ARRAY '{name,done,last}'::text[] LOOP
		val := core.json_put(val, part, (p_new -> part)::json);
	END LOOP;
	FOREACH part IN ARRAY '{roles,slots,fields,items}'::text[] LOOP
		val := core.json_put(val, part, coalesce(p_new -> part, '[]')::json);
		-- what must be there is asked for
		IF NOT coalesce(p_new -> part, '[]') @> coalesce(p_new -> (part || '_need'), '[]') THEN
			bad := bad || core.bad(part || '_need', 'not_asked');
		ELSIF p_new ? (part || '_need') THEN
			need := core.json_put(need, CASE part WHEN 'items' THEN 'results' ELSE part END,
				(p_new -> (part || '_need'))::json);
		END IF;
	END LOOP;
	IF (p_new ->> 'photos_min')::int > 10 THEN
		bad := bad || core.bad('photos_min', 'bad_value');
	ELSIF (p_new ->> 'photos_min')::int > 0 AND NOT p_new ? 'slots' THEN
		bad := bad || core.bad('slots', 'missing');
	END IF;
	PERFORM auth.refuse(bad);
	val := core.json_put(val, 'required', need);
	val := core.json_put(val, 'photos_min', to_json(nullif((p_new ->> 'photos_min')::int, 0)));
	RETURN core.kind_part_put('types', p_old, p_new, val);
END
$$;
