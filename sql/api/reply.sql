-- What firms say of published results, and what offices decide about it: the objects that stand in
-- record documents, who may say what until when, and the acts. All of it looks past the scope of who
-- asks: a firm that is named on a record may answer it though it no longer works there. Pages:
-- staff_reply.sql.

-- The record that answers a request for a new test that was not refused: the first of its type done
-- from the day on which it was asked for; NULL: the old result counts.
CREATE OR REPLACE FUNCTION core.reply_result(v core.reply) RETURNS uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	RETURN (SELECT y.id FROM core.record t
		JOIN core.record y ON y.facility_id = t.facility_id AND y.id <> t.id AND y.state = 'published'
			AND y.on_date >= (v.at AT TIME ZONE (SELECT s.timezone FROM core.site s))::date
			AND y.verdict <> 'none' AND y.type = t.type
		WHERE t.id = v.record_id AND v.kind = 'retest' AND v.state <> 'rejected' ORDER BY y.on_date, y.seq LIMIT 1);
END
$$;

-- One of them as residents see it: {"kind","party","at","words"?,"hidden"? {"at","reason","office"},
-- "state"?,"due"?,"answer"? {"at","words"?,"office"},"result"? UUID}. state of a new test: done, too. hidden has
-- "erased":true where the words are gone for good.
CREATE OR REPLACE FUNCTION core.reply_json(v core.reply) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	result constant uuid := core.reply_result(v);
BEGIN
	RETURN '{' || concat_ws(',', core.js('kind', v.kind), core.js('party', v.name), core.js('at', v.at),
		CASE WHEN v.shown = 'yes' THEN core.js('words', v.words) END,
		CASE WHEN v.shown = 'no' THEN (SELECT '"hidden":{' || concat_ws(',', core.js('at', s.at),
				core.js('reason', s.words), core.js('office', s.office),
				CASE WHEN v.words IS NULL THEN '"erased":true' END) || '}'
			FROM core.reply_step s WHERE s.reply_id = v.id AND s.act IN ('refuse', 'hide', 'erase')
			ORDER BY s.n DESC LIMIT 1) END,
		core.js('state', CASE WHEN result IS NOT NULL THEN 'done' ELSE v.state END),
		core.js('due', v.due_on),
		(SELECT '"answer":{' || concat_ws(',', core.js('at', s.at), core.js('words', s.words),
				core.js('office', s.office)) || '}'
			FROM core.reply_step s WHERE s.reply_id = v.id AND s.act IN ('grant', 'accept', 'reject')),
		'"result":"' || result || '"') || '}';
END
$$;

-- The rule of an office; NULL: none.
CREATE OR REPLACE FUNCTION core.voice_rule_of(p_path int[]) RETURNS core.voice_rule
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, core AS $$
	SELECT r FROM core.voice_rule r WHERE r.org_id = ANY (p_path) AND core.today() >= r.valid_from
		AND (r.valid_to IS NULL OR core.today() <= r.valid_to)
	ORDER BY array_position(p_path, r.org_id) DESC LIMIT 1
$$;

-- Why a firm may not say this of a record now, or NULL. QR404: no public record. Who may: who manages
-- the facility today, managed it that day, or is named on the record ('party' else).
CREATE OR REPLACE FUNCTION core.reply_cannot(p_record uuid, p_party int, p_kind text, OUT why text,
	OUT until date)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	r core.record;
	rule core.voice_rule;
	today constant date := core.today();
BEGIN
	SELECT * INTO r FROM core.record x WHERE x.id = p_record AND x.state = 'published';
	IF NOT FOUND THEN
		RAISE EXCEPTION 'no public record %', p_record USING ERRCODE = 'QR404';
	END IF;
	IF p_party IS NULL OR NOT (EXISTS (SELECT FROM core.facility_manager g
			WHERE g.facility_id = r.facility_id AND g.party_id = p_party
				AND (daterange(g.valid_from, g.valid_to, '[]') @> today
				OR daterange(g.valid_from, g.valid_to, '[]') @> r.on_date))
		OR EXISTS (SELECT FROM core.revision_party p WHERE p.record_id = r.id AND p.rev = r.rev
			AND p.party_id = p_party))
	THEN
		RAISE EXCEPTION 'the firm has no part in record %', p_record USING ERRCODE = 'QR403',
			DETAIL = '{"why":"party"}';
	END IF;
	rule := core.voice_rule_of((SELECT o.path FROM core.facility f JOIN core.place p ON p.id = f.place_id
		JOIN core.org o ON o.id = p.org_id WHERE f.id = r.facility_id));
	CASE p_kind
	WHEN 'reply' THEN
		why := CASE WHEN EXISTS (SELECT FROM core.reply v WHERE v.record_id = r.id AND v.party_id = p_party
				AND v.kind = 'reply' AND v.shown = 'waiting') THEN 'waiting'
			WHEN (SELECT count(*) FROM core.reply v WHERE v.record_id = r.id AND v.party_id = p_party
				AND v.kind = 'reply') >= coalesce(rule.replies, 3) THEN 'replies' END;
	WHEN 'appeal' THEN
		until := (SELECT (v.published_at AT TIME ZONE (SELECT s.timezone FROM core.site s))::date
			+ rule.appeal_days FROM core.revision v WHERE v.record_id = r.id AND v.rev = r.rev);
		why := CASE WHEN rule.id IS NULL THEN 'no_rule'
			WHEN EXISTS (SELECT FROM core.reply v WHERE v.record_id = r.id AND v.rev = r.rev
				AND v.party_id = p_party AND v.kind = 'appeal') THEN 'appealed'
			WHEN today > until THEN 'too_late' END;
	WHEN 'retest' THEN
		why := CASE WHEN r.verdict = 'none' THEN 'no_verdict'
			WHEN EXISTS (SELECT FROM core.reply v WHERE v.record_id = r.id AND v.kind = 'retest'
				AND v.state <> 'rejected') THEN 'asked' END;
	END CASE;
END
$$;

-- p_kind, p_words: checked. Appeals and new tests that were asked for are public at once, their words
-- and replies once somebody has checked them.
CREATE OR REPLACE FUNCTION core.reply_add(p_key uuid, p_record uuid, p_kind text, p_words text)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	r core.record;
	v core.reply;
	not_now record;
	days int;
BEGIN
	SELECT * INTO r FROM core.record x WHERE x.id = p_record;
	-- one after the other: what was said before decides what may be said
	PERFORM FROM core.facility f WHERE f.id = r.facility_id FOR NO KEY UPDATE;
	SELECT * INTO v FROM core.reply x WHERE x.key = p_key;
	IF FOUND THEN
		IF (v.record_id, v.kind, v.words, v.by_account) IS DISTINCT FROM
			(p_record, p_kind, p_words, core.my_account())
		THEN
			RAISE EXCEPTION 'key % was used for something else', p_key USING ERRCODE = 'QR409',
				DETAIL = '{"why":"other_body"}';
		END IF;
		RETURN v.id;
	END IF;
	not_now := core.reply_cannot(p_record, core.my_party(), p_kind);
	IF not_now.why IS NOT NULL THEN
		RAISE EXCEPTION 'cannot % record % now: %', p_kind, p_record, not_now.why USING ERRCODE = 'QR409',
			DETAIL = json_strip_nulls(json_build_object('why', not_now.why, 'until', not_now.until));
	END IF;
	IF p_kind = 'appeal' THEN
		days := (SELECT (core.voice_rule_of(o.path)).decide_days FROM core.facility f
			JOIN core.place p ON p.id = f.place_id JOIN core.org o ON o.id = p.org_id
			WHERE f.id = r.facility_id);
	END IF;
	INSERT INTO core.reply (key, kind, record_id, rev, facility_id, party_id, name, by_account, at, words,
		state, due_on)
	SELECT p_key, p_kind, r.id, r.rev, r.facility_id, p.id, p.name, core.my_account(), core.now(), p_words,
		CASE WHEN p_kind <> 'reply' THEN 'open' END, core.today() + days
	FROM core.party p WHERE p.id = core.my_party() RETURNING * INTO v;
	IF p_kind <> 'reply' THEN
		PERFORM core.publish('facilities', ARRAY[r.facility_id]);
	END IF;
	PERFORM auth.audit('reply.' || p_kind, r.id::text, jsonb_build_object('reply', v.id));
	RETURN v.id;
END
$$;

-- The acts that fit what it is now, of those who judge. A person who wrote it does none; who had a
-- hand in the record decides nothing about it and takes no words away ("own" says so).
CREATE OR REPLACE FUNCTION core.reply_acts(v core.reply) RETURNS text[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	IF v.by_account = core.my_account() OR NOT core.my_right('judge') THEN
		RETURN '{}';
	END IF;
	RETURN ARRAY(SELECT a.act FROM (VALUES (1, 'publish', v.shown = 'waiting'),
			(2, 'refuse', v.shown = 'waiting'), (3, 'hide', v.shown = 'yes'),
			(4, 'grant', v.kind = 'appeal' AND v.state = 'open'),
			(5, 'accept', v.kind = 'retest' AND v.state = 'open'),
			(6, 'reject', v.state = 'open'),
			(7, 'erase', v.words IS NOT NULL AND v.shown <> 'waiting' AND core.my_right('redact'))) AS a (n, act, fits)
		WHERE a.fits AND (a.act IN ('publish', 'accept') OR NOT core.reply_own(v)) ORDER BY a.n);
END
$$;
CREATE OR REPLACE FUNCTION core.reply_own(v core.reply) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	RETURN EXISTS (SELECT FROM core.revision y WHERE y.record_id = v.record_id
		AND y.by_account = core.my_account());
END
$$;

-- The words go for good, everywhere: from the row, from documents with the next publication, from sheets
-- for the board; the hash stays. Copies in backups go with these (erase.sql).
CREATE OR REPLACE FUNCTION core.reply_erase(v core.reply, p_ground text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
BEGIN
	INSERT INTO core.erasure (at, who, ground, what, record_id, rev, name)
	VALUES (core.now(), auth.login(), p_ground, 'text', v.record_id, v.rev, 'reply ' || v.id);
	UPDATE core.reply SET shown = 'no', words = NULL,
		words_hash = sha256(convert_to(v.key || v.words, 'UTF8')) WHERE id = v.id;
	DELETE FROM core.notice_file;
END
$$;

-- p_id: seen by who asks; p_words, p_day: checked.
CREATE OR REPLACE FUNCTION core.reply_act(p_id bigint, p_act text, p_words text, p_day date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	v core.reply;
	fits boolean;
BEGIN
	PERFORM FROM core.facility f WHERE f.id = (SELECT x.facility_id FROM core.reply x WHERE x.id = p_id)
		FOR NO KEY UPDATE;
	SELECT * INTO v FROM core.reply x WHERE x.id = p_id FOR UPDATE;
	fits := CASE p_act WHEN 'publish' THEN v.shown = 'waiting' WHEN 'refuse' THEN v.shown = 'waiting'
		WHEN 'hide' THEN v.shown = 'yes' WHEN 'grant' THEN v.kind = 'appeal' AND v.state = 'open'
		WHEN 'accept' THEN v.kind = 'retest' AND v.state = 'open'
		WHEN 'erase' THEN v.words IS NOT NULL AND v.shown <> 'waiting' ELSE coalesce(v.state = 'open', false) END;
	IF NOT fits THEN
		RAISE EXCEPTION 'reply % is not to be % now', p_id, p_act USING ERRCODE = 'QR409',
			DETAIL = '{"why":"state"}';
	ELSIF NOT p_act = ANY (core.reply_acts(v)) THEN
		RAISE EXCEPTION 'reply %: somebody else has to', p_id USING ERRCODE = 'QR403',
			DETAIL = '{"why":"own"}';
	END IF;
	INSERT INTO core.reply_step (reply_id, n, at, act, by_account, office, words)
	VALUES (p_id, (SELECT count(*) + 1 FROM core.reply_step s WHERE s.reply_id = p_id), core.now(), p_act,
		core.my_account(), (SELECT o.name FROM core.org o WHERE o.id = core.my_org()), p_words);
	IF p_act = 'erase' THEN
		PERFORM core.reply_erase(v, p_words);
	END IF;
	UPDATE core.reply SET shown = CASE p_act WHEN 'publish' THEN 'yes' WHEN 'refuse' THEN 'no'
			WHEN 'hide' THEN 'no' ELSE shown END,
		state = CASE p_act WHEN 'grant' THEN 'granted' WHEN 'accept' THEN 'accepted'
			WHEN 'reject' THEN 'rejected' ELSE state END,
		due_on = CASE WHEN p_act = 'accept' THEN p_day ELSE due_on END
	WHERE id = p_id;
	PERFORM core.publish('facilities', ARRAY[v.facility_id]);
	PERFORM auth.audit('reply.' || p_act, v.record_id::text, jsonb_strip_nulls(jsonb_build_object('reply', p_id,
		'words', p_words, 'day', p_day)));
END
$$;
