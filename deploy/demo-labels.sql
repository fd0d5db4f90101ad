-- One label code for each state a label's page can show: STATE TAB CODE, in reading order.
-- psql variable today = the day in the deployment's time zone.  Chosen anew at every start of
-- the demo, since what is on time today is overdue some weeks later.  Of several labels the one
-- whose facility has the most photos in its last records is taken, then the lowest code.
WITH bound AS (
	SELECT l.code, api.facility_state(f.code, :'today') AS state, l.spot IS NOT NULL AS spot,
		(SELECT count(*) FROM regexp_matches(d.doc, '"sha256"', 'g')) AS photos
	FROM core.label l
	JOIN core.facility f ON f.id = l.facility_id
	JOIN core.document d ON d.kind = 'facility' AND d.key = f.code
	WHERE l.state = 'active'
), place AS (
	SELECT l.code, json_array_length(d.doc::json -> 'facilities') AS n
	FROM core.label l
	JOIN core.place p ON p.id = l.place_id
	JOIN core.document d ON d.kind = 'place' AND d.key = p.code
	WHERE l.state = 'active'
), one AS (
	SELECT DISTINCT ON (state) state, code FROM bound ORDER BY state, photos DESC, spot DESC, code
)
SELECT w.state || E'\t' || c.code
FROM (VALUES ('on_time', 1), ('due_soon', 2), ('overdue', 3), ('failed', 4), ('no_record', 5),
	('suspended', 6), ('retired', 7), ('place', 8), ('void', 9), ('replaced', 10), ('blank', 11)
	) AS w (state, n)
CROSS JOIN LATERAL (
	SELECT code FROM one WHERE state = w.state
	UNION ALL
	(SELECT code FROM place WHERE w.state = 'place' AND n > 1 ORDER BY n, code LIMIT 1)
	UNION ALL
	(SELECT code FROM core.label WHERE state = w.state ORDER BY code LIMIT 1)
) c
ORDER BY w.n;
