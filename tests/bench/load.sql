-- Real documents over synthetic tables (tests/sql/scale.inc): nine results for each test, four
-- photos for the latest record, one of about 300 KB; then every document is published anew.
\i tests/sql/scale.inc
SET session_replication_role = replica;
INSERT INTO core.result (record_id, rev, pos, item_id, num, word, unit, verdict, limit_id)
SELECT r.id, 1, 1 + row_number() OVER (PARTITION BY r.id ORDER BY i.rank)::smallint, i.id,
	CASE WHEN l.op <> 'word' THEN round(coalesce(l.lo, 0) + (coalesce(l.hi, l.lo * 2) - coalesce(l.lo, 0)) / 3, 2) END,
	CASE WHEN l.op = 'word' THEN l.word END, i.unit, 'pass', l.id
FROM core.record r
CROSS JOIN (SELECT DISTINCT ON (item_id) * FROM core.limit_item WHERE valid_to IS NULL
	AND org_id = (SELECT path[1] FROM core.org WHERE code = '310107021000') ORDER BY item_id, valid_from DESC) l
JOIN core.item i ON i.id = l.item_id AND i.code <> 'turbidity'
WHERE r.type = 'test' AND r.seq > :per - 3 ON CONFLICT DO NOTHING;
INSERT INTO core.photo_bytes (sha256, width, bytes)
SELECT sha256, 2048, '\xffd8ffe0'::bytea || (SELECT string_agg(sha256(int4send(n)), ''::bytea) FROM generate_series(1, 9500) n) || '\xffd9'::bytea
FROM core.photo ORDER BY sha256 LIMIT 1;
INSERT INTO core.record_photo (record_id, rev, pos, slot, sha256, hash)
SELECT p.record_id, 1, n, (ARRAY['after', 'before', 'during', 'lid'])[n],
	sha256(int4send((1 + (r.facility_id + n) % :facilities)::int)), p.hash
FROM core.record_photo p JOIN core.record r ON r.id = p.record_id, generate_series(2, 4) n
ON CONFLICT DO NOTHING;
DELETE FROM core.document WHERE kind <> 'reference' AND kind <> 'org';
RESET session_replication_role;
SELECT core.publish_all();
ANALYZE;
