-- Documents of places, labels, offices and words; those of facilities and records: build.sql.

CREATE OR REPLACE FUNCTION core.build_places(p_ids bigint[], p_ref bigint) RETURNS TABLE (
	kind text, key text, next_change date, link_kind text, links text[], doc text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
#variable_conflict use_column
BEGIN
	RETURN QUERY
	SELECT 'place', p.code::text, CASE WHEN tk.member IS NOT NULL
			-- its numbers are of a year
			THEN (date_trunc('year', core.today()) + interval '1 year')::date END, 'facility', fs.codes[:50],
		'{' || concat_ws(',', '"ref":' || p_ref, core.js('code', p.code::text),
			core.js('name', p.name), core.js('address', p.address),
			'"org":' || core.org_json(o.code, o.name, o.phone),
			'"facilities":' || array_to_json(fs.codes), '"tickets":' || tk.member,
			'"surveys":' || core.survey_member(p.id)) || '}'
	FROM unnest(p_ids) AS u (id)
	JOIN core.place p ON p.id = u.id
	JOIN core.org o ON o.id = p.org_id
	CROSS JOIN LATERAL (
		SELECT coalesce(array_agg(f.code::text ORDER BY k.rank, f.building NULLS FIRST, f.name NULLS
			FIRST, f.code), '{}') AS codes
		FROM core.facility f JOIN core.kind k ON k.id = f.kind_id WHERE f.place_id = p.id
	) fs
	LEFT JOIN LATERAL (SELECT core.ticket_member_at(NULL, p.id) AS member
		WHERE EXISTS (SELECT FROM core.ticket x WHERE x.place_id = p.id)) tk ON true;
END
$$;

CREATE OR REPLACE FUNCTION core.build_labels(p_codes text[], p_ref bigint) RETURNS TABLE (
	kind text, key text, next_change date, link_kind text, links text[], doc text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core SET timezone = 'UTC' AS $$
#variable_conflict use_column
BEGIN
	PERFORM core.use_timezone();
	RETURN QUERY
	SELECT 'label', l.code::text, NULL::date,
		CASE WHEN l.state = 'active' THEN
			CASE WHEN f.code IS NOT NULL THEN 'facility' ELSE 'place' END END,
		CASE WHEN l.state = 'active' THEN ARRAY[coalesce(f.code, p.code)::text] END,
		'{' || concat_ws(',', '"ref":' || p_ref, core.js('code', l.code::text),
			core.js('state', l.state), core.js('facility', f.code::text),
			core.js('place', p.code::text), core.js('spot', l.spot),
			core.js('since', l.since::date), core.js('reason', l.reason),
			core.js('replaced_by', l.replaced_by::text), core.js('printed', b.printed_on),
			core.alarm_public(l.code),
			'"org":' || core.org_json(o.code, o.name, o.phone)) || '}'
	FROM unnest(p_codes) AS u (code)
	JOIN core.label l ON l.code = u.code
	LEFT JOIN core.label_batch b ON b.id = l.batch_id
	LEFT JOIN core.facility f ON f.id = l.facility_id
	LEFT JOIN core.place p ON p.id = l.place_id
	LEFT JOIN core.place fp ON fp.id = f.place_id
	LEFT JOIN core.org o ON o.id = coalesce(fp.org_id, p.org_id, l.org_id);
END
$$;

CREATE OR REPLACE FUNCTION core.build_orgs(p_ids bigint[], p_ref bigint) RETURNS TABLE (
	kind text, key text, next_change date, link_kind text, links text[], doc text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
#variable_conflict use_column
BEGIN
	RETURN QUERY
	SELECT 'org', o.code, NULL::date, NULL::text, NULL::text[],
		'{' || concat_ws(',', '"ref":' || p_ref, core.js('code', o.code), core.js('name', o.name),
			core.js('phone', o.phone), core.js('division_code', o.division_code),
			'"division_year":' || o.division_year,
			'"parents":[' || coalesce(up.list, '') || ']',
			'"children":[' || coalesce(down.list, '') || ']') || '}'
	FROM unnest(p_ids) AS u (id)
	JOIN core.org o ON o.id = u.id
	CROSS JOIN LATERAL (
		SELECT string_agg('{' || core.js('code', a.code) || ',' || core.js('name', a.name) || '}', ','
			ORDER BY array_position(o.path, a.id) DESC) AS list
		FROM core.org a WHERE a.id = ANY (o.path) AND a.id <> o.id
	) up
	CROSS JOIN LATERAL (
		SELECT string_agg('{' || core.js('code', c.code) || ',' || core.js('name', c.name) || '}', ','
			ORDER BY c.code) AS list
		FROM core.org c WHERE c.parent_id = o.id
	) down;
END
$$;

-- The words of all kinds, without the version in front.
CREATE OR REPLACE FUNCTION core.build_reference() RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT concat_ws(',',
		'"kinds":{' || (SELECT coalesce(string_agg(to_json(k.code) || ':' || json_strip_nulls(k.data),
			',' ORDER BY k.rank, k.code), '') FROM core.kind k) || '}',
		'"items":{' || (SELECT coalesce(string_agg(to_json(i.code) || ':{' || concat_ws(',',
			'"name":' || json_strip_nulls(i.name), '"plain":' || json_strip_nulls(i.plain),
			core.js('unit', i.unit)) || '}', ',' ORDER BY i.rank, i.code), '') FROM core.item i) || '}',
		'"words":{' || (SELECT coalesce(string_agg(to_json(w.code) || ':' || json_strip_nulls(w.name),
			',' ORDER BY w.rank, w.code), '') FROM core.word w) || '}',
		'"units":{' || (SELECT coalesce(string_agg(to_json(u.code) || ':' || json_strip_nulls(u.name),
			',' ORDER BY u.code), '') FROM core.unit u) || '}',
		'"flags":{' || (SELECT coalesce(string_agg(to_json(g.code) || ':' || json_strip_nulls(g.name),
			',' ORDER BY g.code), '') FROM core.flag g) || '}') || '}'
$$;
