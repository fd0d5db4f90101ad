-- Photos that come piece by piece: offsets, hash, limits, who sees them, what becomes of them.
\ir fixture.inc
\ir staff.inc
SELECT * FROM no_plan();
SELECT pg_temp.user('ins', 'inspector', '{"org":"310107021000"}');
SELECT pg_temp.user('ins2', 'inspector', '{"org":"310107021000"}');
SELECT pg_temp.user('aud', 'auditor', '{"org":"310107000000"}');
SELECT pg_temp.session(l) FROM unnest(ARRAY['ins', 'ins2', 'aud']) l;

-- Bytes of p_n KiB that no two seeds share, and pieces of them.
CREATE FUNCTION pg_temp.data(p_seed text, p_kib int) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
	SELECT string_agg(decode(repeat(md5(p_seed || i), 64), 'hex'), '' ORDER BY i) FROM generate_series(1, p_kib) i $$;
CREATE FUNCTION pg_temp.part(p_data bytea, p_from int, p_n int) RETURNS bytea LANGUAGE sql IMMUTABLE AS
$$ SELECT substr(p_data, p_from + 1, p_n) $$;
CREATE TEMPORARY TABLE d AS SELECT name, pg_temp.data(name, kib) AS b, sha256(pg_temp.data(name, kib)) AS h
FROM (VALUES ('a', 300), ('b', 40), ('c', 20)) AS v (name, kib);
CREATE FUNCTION pg_temp.h(p_name text) RETURNS bytea LANGUAGE sql STABLE AS $$ SELECT h FROM d WHERE name = p_name $$;
CREATE FUNCTION pg_temp.put(p_login text, p_name text, p_from int, p_n int, p_total int DEFAULT NULL) RETURNS text
LANGUAGE sql AS $$ SELECT api.staff_blob_append(sha256(p_login::bytea), h, p_from, p_total, pg_temp.part(b, p_from, p_n))
	FROM d WHERE name = p_name $$;
CREATE FUNCTION pg_temp.at(p_login text, p_name text) RETURNS text LANGUAGE sql AS
$$ SELECT api.staff_blob_head(sha256(p_login::bytea), pg_temp.h(p_name))::json ->> 'offset' $$;
-- State and DETAIL of the error a call of put() ends in.
CREATE FUNCTION pg_temp.put_says(p_args text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	state text;
	detail text;
	said text;
BEGIN
	EXECUTE 'SELECT pg_temp.put(' || p_args || ')' INTO said;
	RETURN said;
EXCEPTION WHEN others THEN
	GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, detail = PG_EXCEPTION_DETAIL;
	RETURN state || ' ' || detail;
END
$$;

-- Piece by piece.
SELECT is(api.staff_blob_head(sha256('ins'), pg_temp.h('a')), '{"offset":0}', 'nothing is there');
SELECT is(pg_temp.put_says($$ 'ins', 'a', 131072, 131072, 307200 $$), 'QR409 {"why":"offset","offset":0}', 'it begins at 0');
SELECT is(pg_temp.put_says($$ 'ins', 'a', 0, 131072 $$), 'QR422 [{"field" : "blob", "why" : "length"}]', 'the first piece says how much will come');
SELECT is(pg_temp.put_says($$ 'ins', 'a', 0, 131072, 0 $$), 'QR422 [{"field" : "blob", "why" : "length"}]', 'nothing will come');
SELECT is(pg_temp.put_says($$ 'ins', 'a', 0, 131072, 12582913 $$), 'QR413 {"why":"length","offset":0}', 'more than 12 MiB');
SELECT is(pg_temp.put('ins', 'a', 0, 131072, 307200)::json ->> 'offset', '131072', 'the first piece');
SELECT is(api.staff_blob_head(sha256('ins'), pg_temp.h('a')), '{"offset":131072,"length":307200}', 'it stands there');
SELECT is(pg_temp.put('ins', 'a', 0, 131072)::json ->> 'offset', '131072', 'the same piece again changes nothing');
SELECT is(pg_temp.put_says($$ 'ins', 'a', 0, 131071 $$), 'QR409 {"why":"offset","offset":131072,"length":307200}', 'a piece of it does not fit');
SELECT is(pg_temp.put_says($$ 'ins', 'a', 131071, 131072 $$), 'QR409 {"why":"offset","offset":131072,"length":307200}', 'one byte before');
SELECT is(pg_temp.put_says($$ 'ins', 'a', 131073, 131072 $$), 'QR409 {"why":"offset","offset":131072,"length":307200}', 'one byte behind');
SELECT is(pg_temp.put_says($$ 'ins', 'a', 131072, 100, 307201 $$), 'QR409 {"why":"length","offset":131072,"length":307200}', 'another length');
SELECT is(pg_temp.put_says($$ 'ins', 'a', 131072, 16383 $$), 'QR422 [{"field" : "blob", "why" : "piece"}]', 'a piece too small');
SELECT is(api.staff_blob_get(sha256('ins'), pg_temp.h('a'), 0), NULL, 'nothing is read before all of it is there');
SELECT is(pg_temp.says($$ SELECT api.staff_blob_take(sha256('ins'), pg_temp.h('a')) $$), 'QR404 blob', 'nor taken');
SELECT is(pg_temp.put('ins', 'a', 131072, 131072)::json ->> 'offset', '262144', 'the second');
SELECT is(pg_temp.says($$ SELECT api.staff_blob_append(sha256('ins'), pg_temp.h('a'), 262144, NULL, repeat('x', 45057)::bytea) $$),
	'QR413 piece', 'more than there is to come');
SELECT is(pg_temp.put('ins', 'a', 262144, 45056)::json ->> 'offset', '307200', 'the last');
SELECT is(pg_temp.put('ins', 'a', 262144, 45056)::json ->> 'offset', '307200', 'and again');
SELECT is(api.staff_blob_take(sha256('ins'), pg_temp.h('a'))::json ->> 'length', '307200', 'it can be taken');
SELECT is(api.staff_blob_get(sha256('ins'), pg_temp.h('a'), 0), b, 'its bytes') FROM d WHERE name = 'a';
SELECT is(api.staff_blob_get(sha256('ins'), pg_temp.h('a'), 131072), substr(b, 131073), 'the rest of them') FROM d WHERE name = 'a';
SELECT is(api.staff_blob_get(sha256('ins'), pg_temp.h('a'), 307200), NULL, 'there is no more');
SELECT is(attstorage::text, 'e', 'pieces are stored as they are') FROM pg_attribute
WHERE attrelid = 'core.blob_piece'::regclass AND attname = 'bytes';

-- Its own account's alone.
SELECT is(api.staff_blob_head(sha256('ins2'), pg_temp.h('a')), '{"offset":0}', 'another account sees nothing');
SELECT is(api.staff_blob_get(sha256('ins2'), pg_temp.h('a'), 0), NULL, 'and reads nothing');
SELECT is(pg_temp.says($$ SELECT api.staff_blob_take(sha256('ins2'), pg_temp.h('a')) $$), 'QR404 blob', 'and takes nothing');
SELECT is(pg_temp.put('ins2', 'a', 0, 20000, 307200)::json ->> 'offset', '20000', 'it may send the same for itself');
SELECT is(pg_temp.at('ins', 'a'), '307200', 'the first one stays as it is');
SELECT is(pg_temp.says($$ SELECT api.staff_blob_head(sha256('aud'), pg_temp.h('a')) $$), 'QR403 right', 'who uploads nothing');
SELECT is(pg_temp.says($$ SELECT pg_temp.put('aud', 'a', 0, 20000, 307200) $$), 'QR403 right', 'sends nothing');
SELECT is(pg_temp.says(format('SELECT %s', call)), 'QR401 none', call || ' needs a session')
FROM unnest(ARRAY['api.staff_blob_head(''x'', ''y'')', 'api.staff_blob_append(''x'', ''y'', 0, 1, ''z'')',
	'api.staff_blob_take(''x'', ''y'')', 'api.staff_blob_get(''x'', ''y'', 0)', 'api.staff_blob_done(''x'', ''y'', ''z'')']) call;

-- What is not what its hash says is dropped, and may be sent anew.
SELECT is(pg_temp.put('ins', 'b', 0, 20480, 40960)::json ->> 'offset', '20480', 'half of it');
SELECT is(api.staff_blob_append(sha256('ins'), pg_temp.h('b'), 20480, NULL, decode(repeat('00', 20480), 'hex')),
	'{"offset":0,"why":"hash"}', 'other bytes for the rest');
SELECT is(pg_temp.at('ins', 'b'), '0', 'nothing is left of it');
SELECT is(count(*), 0::bigint, 'not even a row') FROM core.blob b JOIN d ON d.h = b.sha256 WHERE d.name = 'b';
SELECT is(pg_temp.put('ins', 'b', 0, 40960, 40960)::json ->> 'offset', '40960', 'the right ones in one piece');
SELECT is(pg_temp.put('ins', 'c', 0, 20480, 20480)::json ->> 'offset', '20480', 'a small one');
SELECT is(pg_temp.says($$ SELECT api.staff_blob_append(sha256('ins'), 'short', 0, 5, 'aaaaa') $$), 'QR422 blob:length', 'a name that is no hash');

-- It becomes a photo.
SELECT api.staff_photo_put(sha256('ins'), sha256('p'), 8, 6, pg_temp.h('a'), NULL, NULL, NULL, NULL, ARRAY[1280], ARRAY['p'::bytea]);
SELECT is(api.staff_blob_take(sha256('ins'), pg_temp.h('a'))::json ->> 'photo', encode(sha256('p'), 'hex'), 'a photo was made of it');
SELECT is(count(*), 0::bigint, 'its pieces are gone') FROM core.blob_piece p JOIN core.blob b ON b.id = p.blob_id
JOIN d ON d.h = b.sha256 WHERE d.name = 'a' AND b.account_id = pg_temp.account('ins');
SELECT is(pg_temp.at('ins', 'a'), '307200', 'the phone is told that all of it came');
SELECT is(pg_temp.put_says($$ 'ins', 'a', 0, 131072, 307200 $$), 'QR409 {"why":"offset","offset":307200,"length":307200}', 'and need send nothing');
SELECT is(pg_temp.says($$ SELECT api.staff_blob_take(sha256('ins2'), pg_temp.h('a')) $$), 'QR404 blob', 'another account is not told of the photo');
SELECT is(api.staff_blob_done(sha256('ins'), pg_temp.h('b'), sha256('nothing')) IS NOT NULL
	AND api.staff_blob_take(sha256('ins'), pg_temp.h('b'))::json ->> 'length' = '40960', true, 'a photo that is not there ends nothing');
SELECT api.staff_blob_done(sha256('ins'), pg_temp.h('b'), sha256('p'));
SELECT is(api.staff_blob_take(sha256('ins'), pg_temp.h('b'))::json ->> 'photo', encode(sha256('p'), 'hex'), 'the same picture, sent otherwise');
DELETE FROM core.photo_bytes WHERE sha256 = sha256('p');
DELETE FROM core.photo WHERE sha256 = sha256('p');
SELECT is(pg_temp.at('ins', 'a'), '0', 'when the photo was swept, it begins anew');
SELECT is(pg_temp.put('ins', 'b', 0, 40960, 40960)::json ->> 'offset', '40960', 'and can be sent again');

-- What no photo can be made of.
DELETE FROM core.blob;
SELECT is(pg_temp.put('ins2', 'c', 0, 20480, 20480)::json ->> 'offset', '20480', 'all of it came');
SELECT is(api.staff_blob_drop(sha256('ins'), pg_temp.h('c')), '{"dropped" : false}', 'only one''s own is dropped');
SELECT is(pg_temp.at('ins2', 'c'), '20480', 'it is still there');
SELECT is(api.staff_blob_drop(sha256('ins2'), pg_temp.h('c')), '{"dropped" : true}', 'dropped');
SELECT is(api.staff_blob_head(sha256('ins2'), pg_temp.h('c')), '{"offset":0}', 'it begins at 0 again');
SELECT is(pg_temp.says($$ SELECT api.staff_blob_drop(sha256('nobody'), pg_temp.h('c')) $$), 'QR401 none', 'for people who log in');

-- Limits of an account: 100, 256 MiB; what lay for a day gives way.
DELETE FROM core.blob;
CREATE FUNCTION pg_temp.many(p_n int, p_size int) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	n int := 0;
BEGIN
	FOR i IN 1 .. p_n LOOP
		PERFORM api.staff_blob_append(sha256('ins'), sha256((p_size || ' ' || i)::bytea), 0, p_size, repeat('x', 16384)::bytea);
		n := i;
	END LOOP;
	RETURN 'all';
EXCEPTION WHEN SQLSTATE 'QR429' THEN
	RETURN n;
END
$$;
SELECT is(pg_temp.many(101, 20000), '100', 'a hundred of them');
SELECT is(pg_temp.put('ins2', 'c', 0, 20480, 20480)::json ->> 'offset', '20480', 'which is no limit for others');
DELETE FROM core.blob;
SELECT is(pg_temp.many(22, 12582912), '21', '256 MiB of them');
SELECT is(pg_temp.many(21, 12582912), 'all', 'each may go on (the same piece again)');
SELECT pg_temp.later('25 hours');
SELECT pg_temp.try_login('ins', true, 'ins2nd');
SELECT is(api.staff_blob_append(sha256('ins2nd'), sha256('big'), 0, 12582912, repeat('x', 16384)::bytea)::json ->> 'offset',
	'16384', 'after a day there is room');
SELECT is(count(*), 1::bigint, 'for what lay there is gone') FROM core.blob WHERE account_id = pg_temp.account('ins');

-- Swept a week after the last piece.
DELETE FROM core.blob;
SELECT api.staff_blob_append(sha256('ins2nd'), h, 0, length(b), pg_temp.part(b, 0, 131072)) FROM d WHERE name <> 'b';
SELECT pg_temp.later('6 days');
SELECT pg_temp.try_login('ins', true, 'ins3rd');
SELECT api.staff_blob_append(sha256('ins3rd'), h, 131072, NULL, pg_temp.part(b, 131072, 131072)) FROM d WHERE name = 'a';
SELECT pg_temp.later('1 day 1 second');
SELECT is(core.blob_sweep(), 1, 'a week after the last piece it goes');
SELECT is(count(*), 1::bigint, 'what was gone on with stays') FROM core.blob b JOIN d ON d.h = b.sha256 WHERE d.name = 'a';
SELECT pg_temp.later('6 days');
SELECT ok(api.job_sweep() > 0, 'the daily sweep does it');
SELECT is(count(*), 0::bigint, 'pieces and all') FROM core.blob_piece;
SELECT * FROM finish();
ROLLBACK;
