-- Residents' reports: the one way in which a case changes. Every act is a step, written for ever
-- (core.ticket_step), moves the state and starts or stops the clock. Who may act is asked before: by
-- api.staff_* for handlers, by the receipt for residents.
--
--   act         from                        to          needs         clock afterwards
--   received    (first step)                as it is    -             accept; none in quarantine
--   quarantine  new                         quarantine  words *       none
--   release     quarantine                  new         -             accept, anew
--   accept      new                         accepted    -             answer
--   transfer    new, accepted, working      new         words, to     accept, anew (callback: goes on)
--   dispatch    accepted, working           working     -             goes on
--   work        accepted, working           working     -             goes on
--   note        any                         -           note          goes on
--   answer      accepted, working, answered answered    words         none (not while callback runs)
--   callback    working, callback runs      answered    words         none
--   reopen      answered, closed            working     words         callback
--   rate        answered, closed            -           level, once   -; 1 and 2: reopen follows by itself
--   close       answered                    closed      -             none
--   publish     answered once               -           -             goes on
--   hide, show  what is public, hidden      -           words (hide)  goes on
--   escalate    clock has run out           -           to            the same, anew, unless it is the top
--   join        core.ticket_join()          joined      -             none
-- * the ground, when a person does it. words are public, the note is not.
--
-- Errors: QR404 no such case; QR409 {"why":"state"} not in this state, "callback" (the call-back is
-- to be done), "rated", "same" (office), "outside" (offices of another root), "time" (its clock runs);
-- QR422 field words, note, to or level: missing, too_long or bad_value.

-- The clock that holds for a case's office today: its own, or that of the nearest office above.
CREATE OR REPLACE FUNCTION core.ticket_rule(p_org int, p_clock text, p_step text) RETURNS core.ticket_clock
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT c FROM core.org o JOIN core.ticket_clock c ON c.org_id = ANY (o.path)
	WHERE o.id = p_org AND c.clock = p_clock AND c.step = p_step AND core.today() >= c.valid_from
		AND (c.valid_to IS NULL OR core.today() <= c.valid_to)
	ORDER BY array_position(o.path, c.org_id) DESC, c.valid_from DESC, c.id LIMIT 1
$$;

-- When a clock that began at p_from runs out: hours from then on; the end of the last of so many
-- days after that day, or of so many working days after it (calendars of the office).
CREATE OR REPLACE FUNCTION core.ticket_runs(r core.ticket_clock, p_org int, p_from timestamptz)
RETURNS timestamptz
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
DECLARE
	zone text;
BEGIN
	IF r.days IS NULL THEN
		RETURN core.post_deadline(p_org, p_from, r.hours, r.work_days);
	END IF;
	zone := (SELECT s.timezone FROM core.site s);
	RETURN ((p_from AT TIME ZONE zone)::date + r.days + 1)::timestamp AT TIME ZONE zone;
END
$$;

-- When a step of a case is due by the clocks of its office; NULL: no clock says. An answer counts
-- from the report (or from when it left the quarantine), whoever had it meanwhile; taking it anew
-- with each transfer; calling back from the rating or the reopening.
CREATE OR REPLACE FUNCTION core.ticket_due(p_ticket bigint, p_step text) RETURNS timestamptz
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT core.ticket_runs(core.ticket_rule(t.org_id, t.clock, p_step), t.org_id,
		coalesce((SELECT max(s.at) FROM core.ticket_step s WHERE s.ticket_id = t.id AND s.act = ANY (CASE p_step
			WHEN 'accept' THEN '{received,release,transfer}'
			WHEN 'answer' THEN '{received,release}' ELSE '{rate,reopen}' END::text[])), t.at))
	FROM core.ticket t WHERE t.id = p_ticket
$$;

-- Writes a step and its note. The caller holds the case's row.
CREATE OR REPLACE FUNCTION core.ticket_step_add(p_ticket bigint, p_act text, p_org int, p_to_org int,
	p_words text, p_note text, p_level smallint) RETURNS smallint
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	new_n constant smallint := 1 + coalesce((SELECT max(s.n) FROM core.ticket_step s
		WHERE s.ticket_id = p_ticket), 0);
BEGIN
	INSERT INTO core.ticket_step (ticket_id, n, at, act, by_account, org_id, to_org_id, words, level)
	VALUES (p_ticket, new_n, core.now(), p_act, core.my_account(), p_org, p_to_org, p_words, p_level);
	IF p_note IS NOT NULL THEN
		INSERT INTO core.ticket_text (ticket_id, n, value) VALUES (p_ticket, new_n, p_note);
	END IF;
	RETURN new_n;
END
$$;

-- What an act lacks, as auth.refuse() takes it.
CREATE OR REPLACE FUNCTION core.ticket_lacks(p_act text, p_to_org int, p_words text, p_note text,
	p_level smallint) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT jsonb '[]' || CASE WHEN p_words IS NULL AND (p_act IN ('transfer', 'answer', 'callback', 'reopen', 'hide')
			OR (p_act = 'quarantine' AND core.my_account() IS NOT NULL)) THEN core.bad('words', 'missing')
		WHEN length(p_words) > 2000 THEN core.bad('words', 'too_long') ELSE '[]' END
	|| CASE WHEN p_act = 'note' AND p_note IS NULL THEN core.bad('note', 'missing')
		WHEN length(p_note) > 4000 THEN core.bad('note', 'too_long') ELSE '[]' END
	|| CASE WHEN p_act IN ('transfer', 'escalate') AND p_to_org IS NULL THEN core.bad('to', 'missing')
		WHEN p_act NOT IN ('transfer', 'escalate') AND p_to_org IS NOT NULL THEN core.bad('to', 'bad_value')
		ELSE '[]' END
	|| CASE WHEN p_act = 'rate' AND p_level IS NULL THEN core.bad('level', 'missing')
		WHEN p_level NOT BETWEEN 1 AND 5 OR (p_act <> 'rate' AND p_level IS NOT NULL)
			THEN core.bad('level', 'bad_value') ELSE '[]' END
$$;

-- Why a case may not be acted upon like this; NULL: it may.
CREATE OR REPLACE FUNCTION core.ticket_forbids(t core.ticket, p_act text, p_to_org int) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT CASE
		WHEN p_act = 'answer' AND t.due_step = 'callback' THEN 'callback'
		WHEN NOT CASE p_act
			WHEN 'received' THEN t.state IN ('new', 'quarantine')
				AND NOT EXISTS (SELECT FROM core.ticket_step s WHERE s.ticket_id = t.id)
			WHEN 'quarantine' THEN t.state = 'new'
			WHEN 'release' THEN t.state = 'quarantine'
			WHEN 'accept' THEN t.state = 'new'
			WHEN 'transfer' THEN t.state IN ('new', 'accepted', 'working')
			WHEN 'dispatch' THEN t.state IN ('accepted', 'working')
			WHEN 'work' THEN t.state IN ('accepted', 'working')
			WHEN 'note' THEN true
			WHEN 'answer' THEN t.state IN ('accepted', 'working', 'answered')
			WHEN 'callback' THEN t.state = 'working' AND t.due_step = 'callback'
			WHEN 'reopen' THEN t.state IN ('answered', 'closed')
			WHEN 'rate' THEN t.state IN ('answered', 'closed')
			WHEN 'close' THEN t.state = 'answered'
			WHEN 'publish' THEN t.answered_at IS NOT NULL AND t.hidden_at IS NULL AND t.state <> 'joined'
			WHEN 'hide' THEN t.hidden_at IS NULL AND coalesce(t.public_words, t.public_answer) IS NOT NULL
			WHEN 'show' THEN t.hidden_at IS NOT NULL
			WHEN 'escalate' THEN t.due_at IS NOT NULL
			ELSE false END THEN 'state'
		WHEN p_act = 'rate' AND EXISTS (SELECT FROM core.ticket_step s WHERE s.ticket_id = t.id AND s.act = 'rate')
			THEN 'rated'
		WHEN p_act = 'escalate' AND t.due_at > core.now() THEN 'time'
		WHEN p_act = 'transfer' AND p_to_org = t.org_id THEN 'same'
		WHEN p_act = 'transfer' AND p_to_org IS NOT NULL AND (SELECT o.path[1] FROM core.org o WHERE o.id = p_to_org) IS DISTINCT FROM
			(SELECT o.path[1] FROM core.org o WHERE o.id = t.org_id) THEN 'outside' END
$$;

-- The state and the clock a case has after an act; the step is written already. A clock that nobody
-- heeded in time marks the case as late, also when the job that looks for them was not running.
CREATE OR REPLACE FUNCTION core.ticket_move(t core.ticket, p_act text, p_to_org int) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	moment constant timestamptz := core.now();
	called constant boolean := coalesce(t.due_step = 'callback', false);
BEGIN
	t.late := t.late OR coalesce(t.due_at <= moment, false);
	t.state := CASE
		WHEN p_act = 'quarantine' THEN 'quarantine'
		WHEN p_act = 'release' THEN 'new'
		WHEN p_act = 'accept' THEN 'accepted'
		WHEN p_act = 'transfer' AND NOT called THEN 'new'
		WHEN p_act IN ('dispatch', 'work', 'reopen') THEN 'working'
		WHEN p_act IN ('answer', 'callback') THEN 'answered'
		WHEN p_act = 'close' THEN 'closed'
		ELSE t.state END;
	IF p_act = 'transfer' THEN
		t.org_id := p_to_org;
		t.raised := 0;
	END IF;
	-- clocks look at the office in the row
	UPDATE core.ticket SET state = t.state, org_id = t.org_id, late = t.late, raised = t.raised,
		why = CASE WHEN t.state = 'quarantine' THEN why END,
		accepted_at = CASE WHEN p_act = 'accept' THEN coalesce(accepted_at, moment) ELSE accepted_at END,
		answered_at = CASE WHEN p_act = 'answer' THEN coalesce(answered_at, moment) ELSE answered_at END,
		closed_at = CASE WHEN p_act = 'close' THEN moment WHEN p_act <> 'reopen' THEN closed_at END,
		hidden_at = CASE WHEN p_act = 'hide' THEN moment WHEN p_act <> 'show' THEN hidden_at END
	WHERE id = t.id;
	t.due_step := CASE
		WHEN p_act IN ('received', 'release') OR (p_act = 'transfer' AND NOT called)
			THEN CASE t.state WHEN 'new' THEN 'accept' END
		WHEN p_act = 'accept' THEN 'answer'
		WHEN p_act = 'reopen' THEN 'callback'
		WHEN p_act NOT IN ('quarantine', 'answer', 'callback', 'close') THEN t.due_step END;
	t.due_at := CASE WHEN p_act IN ('received', 'release', 'accept', 'reopen') OR (p_act = 'transfer' AND NOT called)
		THEN core.ticket_due(t.id, t.due_step) ELSE t.due_at END;
	UPDATE core.ticket SET due_step = CASE WHEN t.due_at IS NOT NULL THEN t.due_step END,
		due_at = CASE WHEN t.due_step IS NOT NULL THEN t.due_at END
	WHERE id = t.id;
	-- a number to call back is not kept longer than it may be needed
	IF p_act IN ('close', 'reopen') THEN
		UPDATE core.ticket_contact c SET delete_on = CASE p_act WHEN 'close' THEN core.today() + 30 END
		WHERE c.ticket_id IN (SELECT x.id FROM core.ticket x WHERE x.id = t.id OR x.joined_to = t.id);
	END IF;
END
$$;

-- One act upon one case; returns the number of its step. p_org NULL: the office that answers for it.
CREATE OR REPLACE FUNCTION core.ticket_act(p_ticket bigint, p_act text, p_org int, p_to_org int,
	p_words text, p_note text, p_level smallint) RETURNS smallint
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	words constant text := core.some(p_words);
	note constant text := core.some(p_note);
	t core.ticket;
	why text;
	made smallint;
BEGIN
	SELECT * INTO t FROM core.ticket x WHERE x.id = p_ticket FOR UPDATE;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'no case %', p_ticket USING ERRCODE = 'QR404';
	END IF;
	why := core.ticket_forbids(t, p_act, p_to_org);
	IF why IS NOT NULL THEN
		PERFORM core.refuse('QR409', why, format('case %s (%s): no %s', p_ticket, t.state, p_act));
	END IF;
	PERFORM auth.refuse(core.ticket_lacks(p_act, p_to_org, words, note, p_level));
	made := core.ticket_step_add(p_ticket, p_act, coalesce(p_org, t.org_id), p_to_org, words, note, p_level);
	IF p_act = 'escalate' THEN
		PERFORM core.ticket_rise(t, p_to_org);
	ELSE
		PERFORM core.ticket_move(t, p_act, p_to_org);
	END IF;
	PERFORM core.ticket_touch(p_ticket);
	IF p_act = 'rate' AND p_level <= 2 THEN
		-- whoever is not content is called back: nobody has to ask for it
		PERFORM core.ticket_act(p_ticket, 'reopen', t.org_id, NULL, CASE t.lang WHEN 'en'
			THEN 'Rated as not satisfied: to be called back' ELSE '评价为不满意，须回访' END, NULL, NULL);
	END IF;
	RETURN made;
END
$$;

-- The clock of a case has run out: an office above knows, and gets the same time again. At the top the
-- clock stays where it ran out.
CREATE OR REPLACE FUNCTION core.ticket_rise(t core.ticket, p_to_org int) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	up constant smallint := (SELECT cardinality(o.path) FROM core.org o WHERE o.id = t.org_id)
		- array_position((SELECT o.path FROM core.org o WHERE o.id = t.org_id), p_to_org);
BEGIN
	IF up IS NULL THEN
		PERFORM core.refuse('QR409', 'outside', format('office %s is not above case %s', p_to_org, t.id));
	END IF;
	UPDATE core.ticket SET late = true, raised = greatest(up, t.raised),
		due_at = CASE WHEN up > t.raised
			THEN core.ticket_runs(core.ticket_rule(t.org_id, t.clock, t.due_step), t.org_id, core.now())
			ELSE t.due_at END
	WHERE id = t.id;
END
$$;

-- Joins a case to another of the same place that goes on for both (p_into, or the one that is joined
-- to); those joined to it go along. Its receipt shows the other's progress. QR409 also where the other
-- is closed or in quarantine ("other"), or of another place ("place").
CREATE OR REPLACE FUNCTION core.ticket_join(p_ticket bigint, p_into bigint, p_org int, p_words text)
RETURNS smallint
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	into_id constant bigint := coalesce((SELECT x.joined_to FROM core.ticket x WHERE x.id = p_into), p_into);
	t core.ticket;
	o core.ticket;
	made smallint;
BEGIN
	-- in one order, so that two who join crosswise follow each other
	PERFORM FROM core.ticket x WHERE x.id IN (p_ticket, into_id) ORDER BY x.id FOR UPDATE;
	SELECT * INTO t FROM core.ticket x WHERE x.id = p_ticket;
	SELECT * INTO o FROM core.ticket x WHERE x.id = into_id;
	IF t.id IS NULL OR o.id IS NULL THEN
		RAISE EXCEPTION 'no case % or %', p_ticket, p_into USING ERRCODE = 'QR404';
	ELSIF t.id = o.id OR t.state NOT IN ('quarantine', 'new', 'accepted', 'working') OR t.due_step = 'callback' THEN
		PERFORM core.refuse('QR409', 'state', format('case %s (%s): no join', p_ticket, t.state));
	ELSIF o.state IN ('quarantine', 'closed', 'joined') THEN
		PERFORM core.refuse('QR409', 'other', format('case %s is %s', o.id, o.state));
	ELSIF coalesce(t.place_id, (SELECT f.place_id FROM core.facility f WHERE f.id = t.facility_id)) IS DISTINCT FROM
		coalesce(o.place_id, (SELECT f.place_id FROM core.facility f WHERE f.id = o.facility_id))
	THEN
		PERFORM core.refuse('QR409', 'place', format('cases %s and %s are of different places', t.id, o.id));
	END IF;
	PERFORM auth.refuse(core.ticket_lacks('join', NULL, core.some(p_words), NULL, NULL));
	made := core.ticket_step_add(t.id, 'join', coalesce(p_org, t.org_id), NULL, core.some(p_words), NULL, NULL);
	UPDATE core.ticket SET state = 'joined', joined_to = o.id, due_step = NULL, due_at = NULL, why = NULL,
		late = t.late OR coalesce(t.due_at <= core.now(), false)
	WHERE id = t.id;
	UPDATE core.ticket SET joined_to = o.id WHERE joined_to = t.id;
	PERFORM core.ticket_touch(t.id), core.ticket_touch(o.id);
	RETURN made;
END
$$;
