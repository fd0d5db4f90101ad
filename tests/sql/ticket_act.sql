-- What becomes of a resident's report: every act, from every state, and every refusal; clocks.
\ir fixture.inc
\ir staff.inc
\ir upload.inc
SELECT * FROM no_plan();
INSERT INTO core.ticket_kind (code, rank, name, clock) VALUES
	('x_ordinary', 900, '{"zh-CN":"x","en":"x"}', 'ordinary'), ('x_supply', 901, '{"zh-CN":"y","en":"y"}', 'supply');
DELETE FROM core.ticket_clock;
INSERT INTO core.ticket_clock (code, org_id, clock, step, hours, days, work_days, up, valid_from, basis)
SELECT v.code, o.id, v.clock, v.step, v.hours, v.days, v.work_days, v.up, '2020-01-01', 'test'
FROM (VALUES ('a', '310000000000', 'ordinary', 'accept', 24, NULL, NULL, 1), ('b', '310000000000', 'ordinary', 'answer', NULL, 7, NULL, 1),
	('c', '310000000000', 'ordinary', 'callback', NULL, NULL, 5, 1), ('d', '310107000000', 'ordinary', 'accept', 12, NULL, NULL, 2))
	AS v (code, org, clock, step, hours, days, work_days, up) JOIN core.org o ON o.code = v.org;
CREATE FUNCTION pg_temp.o(p_code text) RETURNS int LANGUAGE sql STABLE AS $$ SELECT id FROM core.org WHERE code = p_code $$;
-- A case as intake makes it, with its first step.
CREATE FUNCTION pg_temp.new(p_kind text DEFAULT 'x_ordinary', p_state text DEFAULT 'new', p_facility text DEFAULT 'A')
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	made bigint;
BEGIN
	INSERT INTO core.ticket (receipt, key, first_org_id, org_id, year, no, kind, clock, facility_id, lang, at, state)
	SELECT core.code_random(), gen_random_uuid(), p.org_id, p.org_id, 2026,
		1 + (SELECT count(*) FROM core.ticket), p_kind, (SELECT k.clock FROM core.ticket_kind k WHERE k.code = p_kind), f.id, 'zh-CN',
		core.now(), p_state
	FROM core.facility f JOIN core.place p ON p.id = f.place_id WHERE f.code = pg_temp.f(p_facility) RETURNING id INTO made;
	PERFORM core.ticket_act(made, 'received', NULL, NULL, NULL, NULL, NULL);
	RETURN made;
END
$$;
-- One act, with words that suffice; "state due_step MM-DD HH24:MI" afterwards, or what it was refused for.
CREATE FUNCTION pg_temp.act(p_ticket bigint, p_act text, p_words text DEFAULT 'x', p_to text DEFAULT NULL, p_note text DEFAULT NULL,
	p_level int DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	said constant text := pg_temp.says(format('SELECT core.ticket_act(%s, %L, NULL, %L, %L, %L, %L)', p_ticket, p_act, pg_temp.o(p_to), p_words,
		p_note, p_level));
BEGIN
	RETURN CASE WHEN said = 'done' THEN (SELECT concat_ws(' ', t.state, t.due_step, to_char(t.due_at AT TIME ZONE 'Asia/Shanghai', 'MM-DD HH24:MI'),
		CASE WHEN t.late THEN 'late' END) FROM core.ticket t WHERE t.id = p_ticket) ELSE said END;
END
$$;
CREATE FUNCTION pg_temp.at(p_at text) RETURNS void LANGUAGE sql AS $$ SELECT pg_temp.clock((p_at || '+08')::timestamptz) $$;

-- The clocks: nearest office, calendar days, working days.
SELECT is((core.ticket_rule(pg_temp.o('310107021000'), 'ordinary', 'accept')).code, 'd', 'the nearest office''s clock');
SELECT is((core.ticket_rule(pg_temp.o('310110000000'), 'ordinary', 'accept')).code, 'a', 'else the one above');
SELECT is((core.ticket_rule(pg_temp.o('nyc'), 'ordinary', 'accept')).code, NULL, 'others have none');
UPDATE core.ticket_clock SET valid_to = '2026-11-21' WHERE code = 'd';
SELECT is((core.ticket_rule(pg_temp.o('310107021000'), 'ordinary', 'accept')).code, 'a', 'a clock that has ended holds no longer');
UPDATE core.ticket_clock SET valid_to = NULL WHERE code = 'd';

-- The way most go, on a clock that is set.
SELECT pg_temp.new() AS t1 \gset
SELECT is((SELECT concat_ws(' ', due_step, due_at AT TIME ZONE 'Asia/Shanghai') FROM core.ticket WHERE id = :t1), 'accept 2026-11-22 22:00:00', 'reported: to be taken within 12 hours');
SELECT pg_temp.at('2026-11-22 11:00');
SELECT is(pg_temp.act(:t1, 'accept', NULL), 'accepted answer 11-30 00:00', 'taken: an answer until the end of the seventh day after the report');
SELECT is(pg_temp.act(:t1, 'dispatch', NULL), 'working answer 11-30 00:00', 'sent out');
SELECT is(pg_temp.act(:t1, 'work', '已到现场'), 'working answer 11-30 00:00', 'at work');
SELECT is(pg_temp.act(:t1, 'note', NULL, NULL, '阀门旧了'), 'working answer 11-30 00:00', 'a note changes nothing');
SELECT is((SELECT value FROM core.ticket_text WHERE ticket_id = :t1 AND n = 5), '阀门旧了', 'and stands beside its step');
SELECT pg_temp.at('2026-11-23 10:00');
SELECT is(pg_temp.act(:t1, 'answer', '水箱已清洗'), 'answered', 'answered: no clock');
SELECT is((SELECT answered_at FROM core.ticket WHERE id = :t1), '2026-11-23 10:00+08'::timestamptz, 'at that moment');
SELECT pg_temp.at('2026-11-23 11:00');
SELECT is(pg_temp.act(:t1, 'answer', '补充'), 'answered', 'more to say');
SELECT is((SELECT answered_at FROM core.ticket WHERE id = :t1), '2026-11-23 10:00+08'::timestamptz, 'the first answer counts');
INSERT INTO core.ticket_contact (ticket_id, sealed) VALUES (:t1, '\x01');
SELECT is(pg_temp.act(:t1, 'close', NULL), 'closed', 'closed');
SELECT is((SELECT delete_on FROM core.ticket_contact WHERE ticket_id = :t1), '2026-12-23', 'the telephone number goes 30 days later');
-- not content
SELECT is(pg_temp.act(:t1, 'rate', NULL, NULL, NULL, 2), 'working callback 12-01 00:00', 'rated 2: to be called back within five working days');
SELECT is((SELECT string_agg(act || coalesce(':' || level, ''), ' ' ORDER BY n) FROM core.ticket_step WHERE ticket_id = :t1 AND n > 8), 'rate:2 reopen', 'by itself');
SELECT is((SELECT delete_on FROM core.ticket_contact WHERE ticket_id = :t1), NULL, 'the number stays');
SELECT is((SELECT closed_at FROM core.ticket WHERE id = :t1), NULL, 'no longer closed');
SELECT is(pg_temp.act(:t1, 'answer'), 'QR409 callback', 'an answer is not enough');
SELECT is(pg_temp.act(:t1, 'callback', NULL), 'QR422 words:missing', 'what was said or mended is to be written');
SELECT is(pg_temp.act(:t1, 'transfer', '不归我们', '310107022000'), 'working callback 12-01 00:00', 'another office has it to do, in the same time');
SELECT is(pg_temp.act(:t1, 'callback', '已更换阀门'), 'answered', 'called back');
SELECT is(pg_temp.act(:t1, 'rate', NULL, NULL, NULL, 5), 'QR409 rated', 'once a case');
SELECT is(pg_temp.act(:t1, 'close', NULL), 'closed', 'closed again');
SELECT is(pg_temp.act(:t1, 'reopen', '又坏了'), 'working callback 12-01 00:00', 'opened again by a person');
SELECT throws_ok(format('UPDATE core.ticket_step SET words = NULL WHERE ticket_id = %s', :t1), NULL, NULL, 'steps are never changed');
SELECT is((SELECT count(*)::int FROM core.ticket_step WHERE ticket_id = :t1), (SELECT max(n)::int FROM core.ticket_step WHERE ticket_id = :t1), 'and have no gaps');

-- Content: nothing follows.
SELECT pg_temp.new() AS t2 \gset
SELECT pg_temp.act(:t2, 'accept', NULL), pg_temp.act(:t2, 'answer') \g /dev/null
SELECT is(pg_temp.act(:t2, 'rate', NULL, NULL, NULL, 3), 'answered', 'rated 3: it stays answered');

-- Every act from every state: what is not written here is refused.
CREATE TEMPORARY TABLE from_state (state text, act text, got text);
CREATE FUNCTION pg_temp.in_state(p_state text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	made constant bigint := pg_temp.new('x_ordinary', CASE p_state WHEN 'quarantine' THEN p_state ELSE 'new' END);
BEGIN
	IF p_state = 'joined' THEN
		PERFORM core.ticket_join(made, pg_temp.new(), NULL, NULL);
	ELSIF p_state NOT IN ('new', 'quarantine') THEN
		PERFORM core.ticket_act(made, 'accept', NULL, NULL, NULL, NULL, NULL);
		IF p_state = 'working' THEN
			PERFORM core.ticket_act(made, 'work', NULL, NULL, NULL, NULL, NULL);
		ELSIF p_state <> 'accepted' THEN
			PERFORM core.ticket_act(made, 'answer', NULL, NULL, 'x', NULL, NULL);
		END IF;
		IF p_state = 'closed' THEN
			PERFORM core.ticket_act(made, 'close', NULL, NULL, NULL, NULL, NULL);
		END IF;
	END IF;
	RETURN made;
END
$$;
INSERT INTO from_state SELECT s, a, pg_temp.act(pg_temp.in_state(s), a, 'x', CASE a WHEN 'transfer' THEN '310107022000' WHEN 'escalate' THEN '310107000000' END, 'n',
	CASE a WHEN 'rate' THEN 4 END)
FROM unnest('{quarantine,new,accepted,working,answered,closed,joined}'::text[]) s,
	unnest('{received,accept,transfer,dispatch,work,note,answer,publish,join,close,rate,reopen,callback,escalate,quarantine,release,hide,show,nonsense}'::text[]) a;
SELECT is((SELECT string_agg(act || ':' || state, ' ' ORDER BY act, state) FROM from_state WHERE got NOT LIKE 'QR%'),
	'accept:new answer:accepted answer:answered answer:working close:answered dispatch:accepted dispatch:working note:accepted note:answered note:closed note:joined'
	' note:new note:quarantine note:working publish:answered publish:closed quarantine:new rate:answered rate:closed release:quarantine reopen:answered reopen:closed'
	' transfer:accepted transfer:new transfer:working work:accepted work:working', 'what may be done, and nothing else');
SELECT is((SELECT string_agg(DISTINCT got, ' ') FROM from_state WHERE got LIKE 'QR%' AND NOT (act = 'escalate')), 'QR409 state', 'the rest: not in this state');
SELECT is((SELECT string_agg(DISTINCT got || ':' || state, ' ') FROM from_state WHERE act = 'escalate'),
	'QR409 state:answered QR409 state:closed QR409 state:joined QR409 state:quarantine QR409 time:accepted QR409 time:new QR409 time:working', 'nothing rises while its clock runs');
SELECT is((SELECT string_agg(state || '=' || got, ' ' ORDER BY state) FROM from_state WHERE act = 'transfer' AND got NOT LIKE 'QR%'),
	'accepted=new accept 11-23 23:00 new=new accept 11-23 23:00 working=new accept 11-23 23:00', 'who gets it has the time to take it, anew');
SELECT is((SELECT got FROM from_state WHERE act = 'release' AND state = 'quarantine'), 'new accept 11-23 23:00', 'out of the quarantine the clock begins');
SELECT is((SELECT got FROM from_state WHERE act = 'quarantine' AND state = 'new'), 'quarantine', 'in it there is none');

-- What an act lacks.
SELECT pg_temp.in_state('accepted') AS t3 \gset
SELECT is(pg_temp.act(:t3, 'answer', E' \n'), 'QR422 words:missing', 'no words');
SELECT is(pg_temp.act(:t3, 'answer', repeat('x', 2001)), 'QR422 words:too_long', 'too many words');
SELECT is(pg_temp.act(:t3, 'note', NULL, NULL, ' '), 'QR422 note:missing', 'no note');
SELECT is(pg_temp.act(:t3, 'note', NULL, NULL, repeat('x', 4001)), 'QR422 note:too_long', 'too long a note');
SELECT is(pg_temp.act(:t3, 'transfer', NULL, '310107022000'), 'QR422 words:missing', 'no reason');
SELECT is(pg_temp.act(:t3, 'transfer', 'x'), 'QR422 to:missing', 'to nobody');
SELECT is(pg_temp.act(:t3, 'transfer', 'x', '310107021000'), 'QR409 same', 'to oneself');
SELECT is(pg_temp.act(:t3, 'transfer', 'x', 'nyc'), 'QR409 outside', 'to another country');
SELECT is(pg_temp.act(:t3, 'work', 'x', '310107022000'), 'QR422 to:bad_value', 'no office where none belongs');
SELECT is(pg_temp.act(:t3, 'work', 'x', NULL, NULL, 3), 'QR422 level:bad_value', 'no level either');
SELECT is(pg_temp.act(pg_temp.in_state('answered'), 'rate', NULL), 'QR422 level:missing', 'no level');
SELECT is(pg_temp.act(pg_temp.in_state('answered'), 'rate', NULL, NULL, NULL, 6), 'QR422 level:bad_value', 'no such level');
SELECT is(pg_temp.act(pg_temp.in_state('answered'), 'reopen', NULL), 'QR422 words:missing', 'opened again: why');
SELECT is(pg_temp.act(0, 'accept'), 'QR404', 'no such case');

-- Public words: hidden and shown again.
SELECT pg_temp.in_state('closed') AS t4 \gset
SELECT is(pg_temp.act(:t4, 'hide', '含个人信息'), 'QR409 state', 'what is not public is not hidden');
UPDATE core.ticket SET public_words = 'w', public_answer = 'a' WHERE id = :t4;
SELECT is(pg_temp.act(:t4, 'hide', NULL), 'QR422 words:missing', 'only with a ground');
SELECT is(pg_temp.act(:t4, 'hide', '含个人信息'), 'closed', 'hidden');
SELECT isnt((SELECT hidden_at FROM core.ticket WHERE id = :t4), NULL, 'and known to be');
SELECT is(pg_temp.act(:t4, 'hide', 'x'), 'QR409 state', 'once');
SELECT is(pg_temp.act(:t4, 'publish', NULL), 'QR409 state', 'not published while hidden');
SELECT is(pg_temp.act(:t4, 'show', NULL), 'closed', 'shown again');
SELECT is((SELECT hidden_at FROM core.ticket WHERE id = :t4), NULL, 'indeed');

-- A clock that ran out while nobody looked: late, by the next act.
SELECT pg_temp.new() AS t5 \gset
SELECT pg_temp.at('2026-11-24 00:00');
SELECT is(pg_temp.act(:t5, 'accept', NULL), 'accepted answer 12-01 00:00 late', 'taken after its time');
-- Rising, and the same time again; at the top the clock stays.
SELECT pg_temp.new() AS t6 \gset
SELECT pg_temp.at('2026-11-24 12:00');
SELECT is(pg_temp.act(:t6, 'escalate', NULL, '310107022000'), 'QR409 outside', 'only to an office above');
SELECT is(pg_temp.act(:t6, 'escalate', NULL, '310107000000'), 'new accept 11-25 00:00 late', 'risen');
SELECT is(pg_temp.act(:t6, 'escalate', NULL, '310000000000'), 'QR409 time', 'not twice at once');
SELECT pg_temp.at('2026-11-25 01:00');
SELECT is(pg_temp.act(:t6, 'escalate', NULL, '310000000000'), 'new accept 11-25 13:00 late', 'to the next');
SELECT is((SELECT raised FROM core.ticket WHERE id = :t6), 2::smallint, 'two levels');
SELECT pg_temp.at('2026-11-26 01:00');
SELECT is(pg_temp.act(:t6, 'escalate', NULL, '310000000000'), 'new accept 11-25 13:00 late', 'no further');
-- No clock says anything: none runs.
SELECT pg_temp.new('x_supply') AS t7 \gset
SELECT is((SELECT due_step FROM core.ticket WHERE id = :t7), NULL, 'a class without a clock');
SELECT is(pg_temp.act(:t7, 'accept', NULL), 'accepted', 'is taken all the same');

-- Joining.
SELECT pg_temp.new() AS j1 \gset
SELECT pg_temp.new() AS j2 \gset
SELECT pg_temp.new() AS j3 \gset
SELECT pg_temp.new('x_ordinary', 'new', 'B') AS jb \gset
CREATE FUNCTION pg_temp.join(p_a bigint, p_b bigint) RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.says(format('SELECT core.ticket_join(%s, %s, NULL, NULL)', p_a, p_b)) $$;
SELECT is(pg_temp.join(:j1, :j1), 'QR409 state', 'not to itself');
SELECT is(pg_temp.join(:j1, 0), 'QR404', 'not to nothing');
SELECT is(pg_temp.join(:j1, :jb), 'QR409 place', 'not to one of another place');
SELECT is(pg_temp.join(:j1, pg_temp.in_state('closed')), 'QR409 other', 'not to what is closed');
SELECT is(pg_temp.join(:j1, pg_temp.in_state('quarantine')), 'QR409 other', 'nor to what was set aside');
SELECT is(pg_temp.join(:t4, :j1), 'QR409 state', 'what was answered is not joined');
SELECT is(pg_temp.join(:j1, :j2), 'done', 'joined');
SELECT is(pg_temp.join(:j2, :j3), 'done', 'and further');
SELECT is(pg_temp.join(:j2, :j1), 'QR409 state', 'not twice');
SELECT is((SELECT string_agg(state || ' ' || joined_to || ' ' || coalesce(due_step, '-'), ', ') FROM core.ticket WHERE id IN (:j1, :j2)),
	format('joined %s -, joined %s -', :j3, :j3), 'all to the one that goes on');
SELECT pg_temp.new() AS j4 \gset
SELECT is(pg_temp.join(:j4, :j1), 'done', 'to a joined one:');
SELECT is((SELECT joined_to FROM core.ticket WHERE id = :j4), :j3::bigint, 'to where that went');
INSERT INTO core.ticket_contact (ticket_id, sealed) VALUES (:j4, '\x01');
SELECT pg_temp.act(:j3, 'accept', NULL), pg_temp.act(:j3, 'answer'), pg_temp.act(:j3, 'close', NULL) \g /dev/null
SELECT isnt((SELECT delete_on FROM core.ticket_contact WHERE ticket_id = :j4), NULL, 'numbers of those joined go with it');
SELECT * FROM finish();
ROLLBACK;
