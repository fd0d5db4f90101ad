-- What makes a photo look strange: somebody should look, nothing is refused for it.

-- Metres between two points, on a sphere.
CREATE OR REPLACE FUNCTION core.metres(p_lon1 numeric, p_lat1 numeric, p_lon2 numeric, p_lat2 numeric)
RETURNS int
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
	SELECT round(2 * 6371000 * asin(sqrt(least(1, power(sind((p_lat2 - p_lat1)::float8 / 2), 2)
		+ cosd(p_lat1::float8) * cosd(p_lat2::float8) * power(sind((p_lon2 - p_lon1)::float8 / 2), 2)))))::int
$$;

-- What somebody should look at; nothing is refused for it. Likeness (at most 6 of 64 bits differ)
-- is looked for in the facility's own photos and the 2,000 that were stored last.
CREATE OR REPLACE FUNCTION core.photo_warnings(p_facility bigint, p_id uuid, n jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
DECLARE
	f core.facility;
	begun constant timestamptz := coalesce((n ->> 'from')::timestamptz,
		(n ->> 'to')::timestamptz, (n ->> 'on')::date::timestamptz);
	ended constant timestamptz := coalesce((n ->> 'to')::timestamptz,
		((n ->> 'on')::date + 1)::timestamptz);
	warned jsonb := '[]';
	o record;
	other record;
	far int;
BEGIN
	SELECT * INTO f FROM core.facility x WHERE x.id = p_facility;
	FOR o IN SELECT e ->> 'slot' AS slot, q.* FROM jsonb_array_elements(n -> 'photos') WITH ORDINALITY
			AS u (e, k) JOIN core.photo q ON q.sha256 = decode(e ->> 'sha256', 'hex') ORDER BY u.k
	LOOP
		IF o.taken < begun - interval '2 hours' OR o.taken > ended + interval '2 hours' THEN
			warned := warned || jsonb_build_array(jsonb_build_object('what', 'time_far', 'slot', o.slot,
				'minutes', ceil(extract(epoch FROM CASE WHEN o.taken < begun THEN begun - o.taken
					ELSE o.taken - ended END) / 60)::int));
		END IF;
		far := core.metres(o.lon, o.lat, f.lon, f.lat);
		IF far > 300 THEN
			warned := warned || jsonb_build_array(jsonb_build_object('what', 'far_away', 'slot', o.slot,
				'm', far));
		END IF;
		SELECT r.id, r.on_date, r.published_at, true AS same INTO other FROM core.photo q
		JOIN core.record_photo x ON x.sha256 = q.sha256
		JOIN core.record r ON r.id = x.record_id
		WHERE (q.sha256 = o.sha256 OR q.original = o.original) AND x.record_id <> p_id
		ORDER BY r.on_date DESC LIMIT 1;
		IF NOT FOUND AND o.phash IS NOT NULL THEN
			SELECT r.id, r.on_date, r.published_at, false AS same INTO other FROM (
				SELECT q.sha256, q.phash FROM core.photo q JOIN core.record_photo x ON x.sha256 = q.sha256
				JOIN core.record r ON r.id = x.record_id WHERE r.facility_id = p_facility
				UNION (SELECT q.sha256, q.phash FROM core.photo q ORDER BY q.stored_at DESC LIMIT 2000)
			) q
			JOIN core.record_photo x ON x.sha256 = q.sha256 AND x.record_id <> p_id
			JOIN core.record r ON r.id = x.record_id
			WHERE bit_count((q.phash # o.phash)::bit(64)) <= 6
			ORDER BY r.on_date DESC LIMIT 1;
		END IF;
		IF FOUND THEN
			-- which record it was is only said when everybody may know
			warned := warned || jsonb_build_array(jsonb_strip_nulls(jsonb_build_object('what',
				CASE WHEN other.same THEN 'photo_reused' ELSE 'photo_similar' END, 'slot', o.slot,
				'record', CASE WHEN other.published_at IS NOT NULL THEN other.id END,
				'on', CASE WHEN other.published_at IS NOT NULL THEN other.on_date END)));
		END IF;
	END LOOP;
	RETURN warned;
END
$$;
