-- Recomputes photos in pieces, as verify.sql does the rest: the bytes of the 1280 px file hash to
-- the photo's name, all three sizes are there, no revision names a photo that is not.
--   p_after: '' (empty bytea) at first, then last_sha256 of the piece before.
CREATE OR REPLACE FUNCTION api.verify_photos(p_after bytea, p_limit int)
RETURNS TABLE (sha256 text, problem text, last_sha256 bytea)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, core AS $$
#variable_conflict use_column
DECLARE
	ids constant bytea[] := ARRAY(SELECT o.sha256 FROM core.photo o WHERE o.sha256 > p_after
		ORDER BY o.sha256 LIMIT p_limit);
BEGIN
	IF cardinality(ids) = 0 THEN
		RETURN NEXT;
		RETURN;
	END IF;
	RETURN QUERY
	SELECT encode(u.id, 'hex'), CASE
			WHEN pg_catalog.sha256(b.bytes) IS DISTINCT FROM u.id THEN 'bytes are not those of its name'
			WHEN n.widths <> '{320,1280,2048}' THEN 'lacks a size' END, NULL::bytea
	FROM unnest(ids) AS u (id)
	LEFT JOIN core.photo_bytes b ON b.sha256 = u.id AND b.width = 1280
	CROSS JOIN LATERAL (SELECT coalesce(array_agg(w.width ORDER BY w.width), '{}') AS widths
		FROM core.photo_bytes w WHERE w.sha256 = u.id) n
	WHERE (pg_catalog.sha256(b.bytes) IS DISTINCT FROM u.id OR n.widths <> '{320,1280,2048}')
		AND NOT (n.widths = '{}' AND EXISTS (SELECT FROM core.erasure e
			WHERE e.what = 'photo' AND e.sha256 = u.id));
	last_sha256 := ids[cardinality(ids)];
	RETURN NEXT;
END
$$;

-- How much there is to verify.
CREATE OR REPLACE FUNCTION api.verify_totals() RETURNS TABLE (facilities bigint, records bigint,
	photos bigint, labels bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, core AS $$
	SELECT (SELECT count(*) FROM core.facility), (SELECT count(*) FROM core.record),
		(SELECT count(*) FROM core.photo), (SELECT count(*) FROM core.label)
$$;
