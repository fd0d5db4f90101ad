-- What a static copy begins with (qrsvc mirror): pages nobody finds by following links, since a number
-- on a sticker is the only way to them. Everything else is linked from these.
CREATE OR REPLACE FUNCTION api.mirror_paths() RETURNS TABLE (path text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, core AS $$
	SELECT '/' || CASE d.kind WHEN 'facility' THEN 'f/' WHEN 'place' THEN 'b/' ELSE '' END || d.key
	FROM core.document d
	WHERE d.kind IN ('facility', 'place')
		OR (d.kind = 'label' AND d.doc::json ->> 'state' <> 'blank')
	ORDER BY d.kind, d.key
$$;
