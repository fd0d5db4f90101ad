-- Logging in, back-off, second factor, sessions, invitations, users: what is answered, what refused.
\ir fixture.inc
\ir staff.inc
SELECT * FROM no_plan();

-- RFC 4226 appendix D (SHA-1, six digits) and RFC 6238 appendix B (SHA-1, eight digits).
SELECT is(core.hotp('12345678901234567890', c, 6), v, 'RFC 4226 counter ' || c)
FROM (VALUES (0, '755224'), (1, '287082'), (2, '359152'), (3, '969429'), (4, '338314'), (5, '254676'),
	(6, '287922'), (7, '162583'), (8, '399871'), (9, '520489')) AS t (c, v);
SELECT is(core.hotp('12345678901234567890', s / 30, 8), v, 'RFC 6238 at ' || s)
FROM (VALUES (59::bigint, '94287082'), (1111111109, '07081804'), (1111111111, '14050471'),
	(1234567890, '89005924'), (2000000000, '69279037'), (20000000000, '65353130')) AS t (s, v);
SELECT is(core.base32('12345678901234567890'), 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ', 'RFC 4648 base 32');

-- An invitation: looked at, used once, for 7 days.
SELECT api.user_add('test', '{"login":"ins","name":"巡","role":"inspector","org":"310107021000"}', sha256('i1'));
SELECT is(api.auth_lookup('ins', NULL)::json ->> 'account', '0', 'nobody logs in before the link was used');
SELECT is(pg_temp.says($$ SELECT api.invite_look(sha256('x')) $$), 'QR404 none', 'an unknown link');
SELECT is(api.invite_look(sha256('i1'))::json ->> 'login', 'ins', 'the link says whose it is');
SELECT is(pg_temp.says($$ SELECT api.invite_use(sha256('i1'), NULL) $$), 'QR422 password:missing', 'without a password');
SELECT is(pg_temp.says($$ SELECT api.invite_use(sha256('i1'), 'secret') $$), '23514', 'only an argon2id string is stored');
SELECT is(pg_temp.says($$ SELECT api.invite_use(sha256('i1'), pg_temp.pw()) $$), 'done', 'used');
SELECT is(pg_temp.says($$ SELECT api.invite_use(sha256('i1'), pg_temp.pw()) $$), 'QR404 used', 'and once only');
SELECT api.user_add('test', '{"login":"late","name":"x","role":"inspector","org":"310107021000"}', sha256('i2'));
SELECT pg_temp.later('7 days');
SELECT is(pg_temp.says($$ SELECT api.invite_use(sha256('i2'), pg_temp.pw()) $$), 'QR404 expired', 'not after 7 days');
SELECT api.user_reset('test', 'late', sha256('i3'), false);
SELECT is(pg_temp.says($$ SELECT api.invite_look(sha256('i2')) $$), 'QR404 none', 'a newer link voids the older');

-- Unknown and known logins are answered alike.
SELECT is((SELECT array_agg(k ORDER BY k) FROM json_object_keys(api.auth_lookup('nobody', NULL)::json) k),
	(SELECT array_agg(k ORDER BY k) FROM json_object_keys(api.auth_lookup('ins', NULL)::json) k),
	'an unknown login is answered like a known one');
SELECT is(regexp_replace(api.auth_lookup('nobody2', NULL)::json ->> 'hash', '\$[^$]*\$[^$]*$', ''),
	'$argon2id$v=19$m=19456,t=2,p=1', 'with a hash of the same cost');
SELECT is(length(split_part(api.auth_lookup('nobody3', NULL)::json ->> 'hash', '$', 6)), 43, 'of the same length');
UPDATE core.credential SET password = replace(password, 'm=19456,t=2', 'm=65536,t=3');
SELECT ok(strpos(api.auth_lookup('nobody4', NULL)::json ->> 'hash', '$m=65536,t=3,p=1$') > 0,
	'that follows the parameters of the others');
SELECT is(api.auth_login(0, true, NULL, sha256('s0'), false, NULL, NULL)::json ->> 'state', 'failed',
	'an unknown account never gets in, whatever the worker says');
SELECT is(count(*), 0::bigint, 'nor a session') FROM core.session;
SELECT ok(NOT EXISTS (SELECT FROM core.audit WHERE detail::text || who || coalesce(subject, '') LIKE '%nobody%'),
	'what was typed as a login is not kept');
SELECT is(pg_temp.says($$ SELECT api.auth_lookup(repeat('x', 100000), NULL) $$), 'done', 'an endless login');
SELECT is(api.auth_lookup('INS ', NULL)::json ->> 'account', pg_temp.account('ins')::text, 'case does not count');
DELETE FROM core.attempt;

-- A session: new, with its token only as a hash; no session without a lookup.
SELECT is(api.auth_login(pg_temp.account('ins'), true, NULL, sha256('s'), false, NULL, NULL)::json ->> 'state', 'failed',
	'no log-in without a counted attempt');
SELECT is(pg_temp.try_login('ins', true, 's1'), 'full', 'an inspector is in');
SELECT is(pg_temp.says($$ SELECT api.staff_me(sha256('s1')) $$), 'done', 'the session works');
SELECT is(pg_temp.says($$ SELECT api.staff_me('s1') $$), 'QR401 none', 'the token itself is none');
SELECT is(pg_temp.says($$ SELECT api.staff_me(NULL) $$), 'QR401 none', 'nor is NULL');
SELECT is(api.staff_me(sha256('s1'))::json #>> '{me,rights}', '["reply", "submit", "view"]', 'its rights');
SELECT is(api.staff_me(sha256('s1'))::json #>> '{me,org,code}', '310107021000', 'its office');
SELECT is(pg_temp.says($$ SELECT api.staff_user_list(sha256('s1'), NULL, NULL, 1) $$), 'QR403 right', 'no other right');
SELECT is(pg_temp.says($$ SELECT api.staff_may(sha256('s1'), 'submit', NULL) $$), 'done', 'may submit');
SELECT is(pg_temp.says($$ SELECT api.staff_may(sha256('s1'), 'confirm', NULL) $$), 'QR403 right', 'may not confirm');
SELECT is(pg_temp.says($$ SELECT api.staff_may(sha256('s1'), 'nonsense', NULL) $$), 'QR403 right', 'nor nonsense');
SELECT is(count(*), 1::bigint, 'rehash') FROM (SELECT api.auth_lookup('ins', sha256('desk')) AS x) l
CROSS JOIN LATERAL (SELECT api.auth_login(pg_temp.account('ins'), l.x IS NOT NULL, sha256('desk'), sha256('s2'), false,
	NULL, pg_temp.pw())) y;
SELECT is(password, pg_temp.pw(), 'a rehash is stored') FROM core.credential WHERE account_id = pg_temp.account('ins');

-- Idle 30 minutes; used in between, longer; never beyond 12 hours.
SELECT pg_temp.later('29 minutes 59 seconds');
SELECT is(pg_temp.says($$ SELECT api.staff_me(sha256('s1')) $$), 'done', 'idle for less than 30 minutes');
SELECT pg_temp.later('29 minutes 59 seconds');
SELECT is(pg_temp.says($$ SELECT api.staff_me(sha256('s1')) $$), 'done', 'use keeps it alive');
SELECT is(pg_temp.says($$ SELECT api.staff_me(sha256('s2')) $$), 'QR401 idle', 'the other was idle');
SELECT pg_temp.later('30 minutes');
SELECT is(pg_temp.says($$ SELECT api.staff_me(sha256('s1')) $$), 'QR401 idle', 'idle for 30 minutes');
SELECT is(pg_temp.try_login('ins', true, 's3', 'desk', true), 'full', 'on an own phone');
SELECT pg_temp.later('11 hours 59 minutes');
SELECT is(pg_temp.says($$ SELECT api.staff_me(sha256('s3')) $$), 'done', 'an inspector stays in for 12 hours');
SELECT pg_temp.later('1 minute');
SELECT is(pg_temp.says($$ SELECT api.staff_me(sha256('s3')) $$), 'QR401 expired', 'and not longer');
SELECT pg_temp.user('mgr', 'manager', '{"org":"310107021000"}') > 0;
SELECT is(pg_temp.try_login('mgr', true, 'm1', 'desk', true), 'full', 'a manager is in');
SELECT is((api.staff_sessions(sha256('m1'))::json #>> '{sessions,0,enrolled}'), 'false', 'only inspectors have own phones');

-- Own sessions, log-out.
SELECT pg_temp.try_login('mgr', true, 'm2');
SELECT is(json_array_length(api.staff_sessions(sha256('m1'))::json -> 'sessions'), 2, 'two sessions');
SELECT is(pg_temp.says(format($$ SELECT api.staff_session_end(sha256('m1'), %s) $$, (SELECT id FROM core.session
	WHERE token = sha256('s3')))), 'QR404', 'nobody ends the session of another');
SELECT is(pg_temp.says(format($$ SELECT api.staff_session_end(sha256('m1'), %s) $$, (SELECT id FROM core.session
	WHERE token = sha256('m2')))), 'done', 'one''s own can be ended');
SELECT is(pg_temp.says($$ SELECT api.staff_me(sha256('m2')) $$), 'QR401 ended', 'it is ended');
SELECT pg_temp.try_login('mgr', true, 'm3');
SELECT is(api.auth_logout(sha256('m3'), false)::json ->> 'ended', '1', 'log out');
SELECT is(pg_temp.says($$ SELECT api.staff_me(sha256('m3')) $$), 'QR401 ended', 'is out');
SELECT is(pg_temp.says($$ SELECT api.staff_me(sha256('m1')) $$), 'done', 'the other is not');
SELECT pg_temp.try_login('mgr', true, 'm4');
SELECT is(api.auth_logout(sha256('m4'), true)::json ->> 'ended', '2', 'log out everywhere');
SELECT is(pg_temp.says($$ SELECT api.staff_me(sha256('m1')) $$), 'QR401 ended', 'the other is out too');
SELECT is(api.auth_logout(sha256('m4'), true)::json ->> 'ended', '0', 'twice is no error');
SELECT is(count(*) FILTER (WHERE pg_temp.try_login('mgr', true, 'many' || i) = 'full'), 25::bigint, '25 sessions')
FROM generate_series(1, 25) i;
SELECT is(count(*), 20::bigint, 'of which 20 live') FROM core.session
WHERE account_id = pg_temp.account('mgr') AND ended_at IS NULL;

-- Log in again; a password of one's own.
SELECT pg_temp.try_login('mgr', true, 'm5');
SELECT pg_temp.later('5 minutes');
SELECT is(api.staff_me(sha256('m5'))::json #>> '{me,reauth}', 'true', 'after 5 minutes a proof is old');
SELECT is(pg_temp.says($$ SELECT api.staff_password(sha256('m5'), pg_temp.pw()) $$), 'QR428 again', 'no new password then');
SELECT is(api.auth_again(sha256('m5'), true)::json ->> 'ok', 'false', 'again without a counted attempt');
SELECT is(api.auth_again_lookup(sha256('m5'), sha256('desk'))::json ->> 'hash', pg_temp.pw(), 'the hash to check against');
SELECT is(api.auth_again(sha256('m5'), false)::json ->> 'ok', 'false', 'wrong');
SELECT is(pg_temp.says($$ SELECT api.staff_password(sha256('m5'), pg_temp.pw()) $$), 'QR428 again', 'still old');
SELECT api.auth_again_lookup(sha256('m5'), sha256('desk'));
SELECT is(api.auth_again(sha256('m5'), true)::json ->> 'ok', 'true', 'right');
SELECT is(pg_temp.says($$ SELECT api.staff_password(sha256('m5'), NULL) $$), 'QR422 password:missing', 'no password');
SELECT is(pg_temp.says($$ SELECT api.staff_password(sha256('m5'), pg_temp.pw()) $$), 'done', 'a new password');
SELECT is(count(*), 0::bigint, 'ends every session') FROM core.session
WHERE account_id = pg_temp.account('mgr') AND ended_at IS NULL;

-- Back-off of a login: 10 failures in 15 minutes at most, ever longer waits, never for ever.
DELETE FROM core.attempt;
CREATE TEMPORARY TABLE tries (n int, at timestamptz, said text);
DO $$
DECLARE
	said text;
BEGIN
	FOR i IN 1 .. 10000 LOOP
		said := pg_temp.try_login('ins', false, 'f' || i, 'far' || i % 7);
		INSERT INTO tries VALUES (i, core.now(), said);
		EXIT WHEN core.now() > (SELECT min(at) FROM tries) + interval '2 hours';
		PERFORM pg_temp.later(CASE WHEN said LIKE 'wait %' THEN
			(regexp_replace(said, 'wait ', '') || ' seconds')::interval ELSE '0 seconds' END);
	END LOOP;
END
$$;
SELECT cmp_ok((SELECT max((SELECT count(*) FROM tries u WHERE u.said LIKE 'failed%' AND u.at >= t.at
	AND u.at < t.at + interval '15 minutes')) FROM tries t), '<=', 10::bigint, 'at most 10 failures in any 15 minutes');
SELECT cmp_ok(count(*), '>=', 60::bigint, 'yet never locked for ever') FROM tries WHERE said LIKE 'failed%';
SELECT is(string_agg(replace(said, 'failed ', ''), ' ' ORDER BY n), '0 0 2 4 8 16 32 64 128', 'each doubles the wait')
FROM (SELECT * FROM tries WHERE said LIKE 'failed%' ORDER BY n LIMIT 9) q;
SELECT cmp_ok(max(replace(said, 'wait ', '')::int), '<=', 900, 'no wait beyond 15 minutes') FROM tries WHERE said LIKE 'wait%';
SELECT pg_temp.later('15 minutes');
SELECT count(pg_temp.try_login('ins', false, 'g' || i, 'g' || i)) FROM generate_series(1, 3) i;
SELECT is(pg_temp.try_login('ins', true, 'good'), 'wait 2', 'the right password waits as well, and is told how long');
SELECT is(count(*), 0::bigint, 'and gets no session') FROM core.session WHERE token = sha256('good');
SELECT is(api.auth_login(pg_temp.account('ins'), true, sha256('desk'), sha256('good'), false, NULL, NULL)::json ->> 'state', 'failed',
	'nor by leaving out the lookup');
SELECT pg_temp.later('2 seconds');
SELECT is(pg_temp.try_login('ins', true, 'good'), 'full', 'after the wait it is in');
SELECT is(count(*), 3::bigint, 'what others tried stays counted') FROM core.attempt WHERE account_id = pg_temp.account('ins')
	AND at > core.now() - interval '15 minutes';
-- the same for a login nobody has: nothing tells the two apart
DELETE FROM core.attempt;
SELECT is(string_agg(pg_temp.try_login('ghost', false, 'h' || i, 'h' || i), ' ' ORDER BY i), 'failed 0 failed 0 failed 2 wait 2',
	'an unknown login waits the same') FROM generate_series(1, 4) i;
-- guesses in parallel: attempts that have not ended count
SELECT is(count(*) FILTER (WHERE (api.auth_lookup('mgr', sha256('p'))::json ->> 'wait') = '0'), 3::bigint,
	'of 30 lookups at one time three may go on') FROM generate_series(1, 30);
-- one address, many logins
DELETE FROM core.attempt;
SELECT is(count(*) FILTER (WHERE pg_temp.try_login('l' || i, false, 'k' || i, 'one place') LIKE 'failed%'), 10::bigint,
	'ten failures from one address, whatever the login') FROM generate_series(1, 30) i;
SELECT is(pg_temp.try_login('mgr', true, 'ka', 'one place'), 'wait 900', 'then it waits');
SELECT is(pg_temp.try_login('mgr', true, 'kb', 'elsewhere'), 'full', 'others do not');
SELECT pg_temp.later('15 minutes');
SELECT is(pg_temp.try_login('mgr', true, 'kc', 'one place'), 'full', 'nor it after 15 minutes');
SELECT pg_temp.later('25 hours');
SELECT cmp_ok(core.auth_sweep(), '>', 0, 'swept');
SELECT is(count(*), 0::bigint, 'no address is kept for more than a day') FROM core.attempt;

-- Second factor: required for office, supervisor, auditor, admin; until then nothing else.
SELECT pg_temp.user('off', 'office', '{"org":"310107021000"}') > 0;
SELECT is(string_agg(code, ' ' ORDER BY code), 'admin auditor office supervisor', 'roles that need a second factor')
FROM core.role WHERE second;
SELECT is(pg_temp.try_login('off', true, 'o1'), 'setup', 'an office must set it up first');
SELECT is(pg_temp.says($$ SELECT api.staff_may(sha256('o1'), 'labels', NULL) $$), 'QR401 setup', 'and does nothing else');
SELECT is(pg_temp.says($$ SELECT api.staff_may(sha256('o1'), NULL, NULL) $$), 'QR401 setup', 'nothing at all');
SELECT is(pg_temp.says($$ SELECT api.staff_password(sha256('o1'), pg_temp.pw()) $$), 'QR401 setup', 'no password');
SELECT is(api.staff_me(sha256('o1'))::json #>> '{me,rights}', '[]', 'has no rights');
SELECT is(pg_temp.says($$ SELECT api.staff_totp_confirm(sha256('o1'), '000000', sha256('o2')) $$), 'QR409 no_secret', 'begin first');
SELECT api.staff_totp_begin(sha256('o1'))::json ->> 'secret' AS secret \gset
SELECT is(:'secret', (SELECT core.base32(totp_pending) FROM core.credential WHERE account_id = pg_temp.account('off')), 'a secret');
SELECT is(api.staff_totp_confirm(sha256('o1'), lpad(((pg_temp.code('off')::int + 1) % 1000000)::text, 6, '0'), sha256('o2'))::json ->> 'ok',
	'false', 'a wrong code');
SELECT api.staff_totp_confirm(sha256('o1'), pg_temp.code('off'), sha256('o2')) AS confirmed \gset
SELECT is(:'confirmed'::json ->> 'ok', 'true', 'the right one');
SELECT is(json_array_length(:'confirmed'::json -> 'recovery'), 10, 'ten recovery codes');
SELECT ok(NOT EXISTS (SELECT FROM core.recovery r, json_array_elements_text(:'confirmed'::json -> 'recovery') c
	WHERE r.hash = convert_to(c, 'UTF8') OR encode(r.hash, 'escape') LIKE '%' || c || '%'), 'stored as hashes');
SELECT is(pg_temp.says($$ SELECT api.staff_me(sha256('o1')) $$), 'QR401 ended', 'the session has a new id');
SELECT is(pg_temp.says($$ SELECT api.staff_may(sha256('o2'), 'labels', NULL) $$), 'done', 'and is full');

SELECT is(pg_temp.try_login('off', true, 'o3'), 'totp', 'next time the code is asked for');
SELECT is(pg_temp.says($$ SELECT api.staff_may(sha256('o3'), 'labels', NULL) $$), 'QR401 totp', 'before it nothing works');
SELECT is(pg_temp.says($$ SELECT api.staff_totp_begin(sha256('o3')) $$), 'QR401 totp', 'no new secret either');
SELECT is(pg_temp.says($$ SELECT api.auth_again_lookup(sha256('o3'), NULL) $$), 'QR401 totp', 'nor logging in again');
SELECT is(api.auth_totp(sha256('o3'), pg_temp.code('off'), sha256('o4'), NULL)::json ->> 'state', 'failed',
	'the code it was set up with is used up');
SELECT pg_temp.later('30 seconds');
SELECT is(api.auth_totp(sha256('o3'), pg_temp.code('off'), sha256('o4'), NULL)::json ->> 'state', 'full', 'the next is good');
SELECT is(pg_temp.says($$ SELECT api.staff_me(sha256('o3')) $$), 'QR401 ended', 'a new id after the second factor');
SELECT is(pg_temp.says($$ SELECT api.staff_may(sha256('o4'), 'labels', NULL) $$), 'done', 'full');
SELECT is(pg_temp.says($$ SELECT api.auth_totp(sha256('o4'), '000000', sha256('o5'), NULL) $$), 'QR401 full', 'a full session gives no code');
SELECT pg_temp.try_login('off', true, 'p1');
SELECT is(api.auth_totp(sha256('p1'), pg_temp.code('off'), sha256('p2'), NULL)::json ->> 'state', 'failed', 'no step twice');
SELECT is(api.auth_totp(sha256('p1'), pg_temp.code('off', -1), sha256('p2'), NULL)::json ->> 'state', 'failed', 'nor one before it');
SELECT is(api.auth_totp(sha256('p1'), pg_temp.code('off', 2), sha256('p2'), NULL)::json ->> 'state', 'failed', 'two steps ahead is too far');
SELECT pg_temp.later('2 seconds');
SELECT is(api.auth_totp(sha256('p1'), pg_temp.code('off', 1), sha256('p2'), NULL)::json ->> 'state', 'full', 'one step ahead is not');
SELECT pg_temp.later('3 minutes');
SELECT pg_temp.try_login('off', true, 'p3');
SELECT is(api.auth_totp(sha256('p3'), pg_temp.code('off', -1), sha256('p4'), NULL)::json ->> 'state', 'full', 'nor one step behind');
SELECT pg_temp.try_login('off', true, 'p5');
SELECT pg_temp.later('5 minutes');
SELECT is(pg_temp.says($$ SELECT api.auth_totp(sha256('p5'), '000000', sha256('p6'), NULL) $$), 'QR401 expired', 'five minutes for the code');

-- Recovery codes: each once, hyphens and look-alikes do not matter.
SELECT :'confirmed'::json #>> '{recovery,0}' AS r0, :'confirmed'::json #>> '{recovery,1}' AS r1 \gset
SELECT pg_temp.try_login('off', true, 'q1');
SELECT is(api.auth_totp(sha256('q1'), replace(replace(lower(:'r0'), '0', 'o'), '1', 'l'), sha256('q2'), NULL)::json ->> 'recovery_left',
	'9', 'a recovery code, as people write it');
SELECT pg_temp.try_login('off', true, 'q3');
SELECT is(api.auth_totp(sha256('q3'), :'r0', sha256('q4'), NULL)::json ->> 'state', 'failed', 'is good once');
SELECT is(api.auth_totp(sha256('q3'), replace(:'r1', '-', ' '), sha256('q4'), NULL)::json ->> 'recovery_left', '8', 'another one');
SELECT is(json_array_length(api.staff_recovery(sha256('q4'))::json -> 'recovery'), 10, 'new codes');
SELECT pg_temp.try_login('off', true, 'q5');
SELECT is(api.auth_totp(sha256('q5'), :'confirmed'::json #>> '{recovery,2}', sha256('q6'), NULL)::json ->> 'state', 'failed', 'void the old ones');
SELECT is(pg_temp.says($$ SELECT api.staff_recovery(sha256('kc')) $$), 'QR401 expired', 'no codes without a session');
SELECT pg_temp.try_login('mgr', true, 'q7');
SELECT is(pg_temp.says($$ SELECT api.staff_recovery(sha256('q7')) $$), 'QR409 no_secret', 'nor without a second factor');
-- guessing codes
DELETE FROM core.attempt;
SELECT pg_temp.try_login('off', true, 'z');
SELECT is(string_agg(x ->> 'wait', ' ' ORDER BY i), '0 0 2 2 2', 'codes cannot be guessed any faster than passwords')
FROM (SELECT i, api.auth_totp(sha256('z'), 'AAAAA-AAAAA', sha256('zz'), NULL)::json AS x FROM generate_series(1, 5) i) q;
SELECT is(api.auth_totp(sha256('z'), pg_temp.code('off'), sha256('zz'), NULL)::json ->> 'wait', '2', 'the right one waits too');

-- Dates: before, after, ended.
SELECT pg_temp.user('dated', 'inspector', '{"org":"310107021000","from":"2026-12-20","to":"2026-12-31"}') > 0;
SELECT is(pg_temp.try_login('dated', true, 'd1'), 'failed 0', 'not before its first day');
UPDATE core.site SET clock = '2026-12-31 23:50:00+08';
SELECT is(pg_temp.try_login('dated', true, 'd2'), 'full', 'on its last day');
SELECT pg_temp.later('10 minutes');
SELECT is(pg_temp.says($$ SELECT api.staff_me(sha256('d2')) $$), 'QR401 ended', 'the session ends with the account');
SELECT is(pg_temp.try_login('dated', true, 'd3'), 'failed 0', 'not after it');
SELECT api.auth_lookup('ins', sha256('e')) IS NOT NULL, api.user_end('test', 'ins');
SELECT is(api.auth_login(pg_temp.account('ins'), true, sha256('e'), sha256('e'), false, NULL, NULL)::json ->> 'state', 'failed',
	'ended between the lookup and the log-in');
SELECT is(pg_temp.says($$ SELECT api.user_reset('test', 'ins', sha256('e2'), false) $$), 'QR409 ended', 'ended for good');
SELECT is(pg_temp.says($$ SELECT api.user_reset('test', 'nobody', sha256('e2'), false) $$), 'QR404', 'no such account');
SELECT * FROM finish();
ROLLBACK;
