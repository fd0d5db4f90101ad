-- Surveys of residents: a short questionnaire as data, an address of its own for each compound,
-- answers on line and on paper, which of them count, and the results once all is over.

-- What may be asked of a form before it counts, in the order shown. takes: it needs a number
-- (core.survey_rule.least). paper: only forms on paper can break it.
CREATE TABLE core.survey_check (
	code text COLLATE "C" PRIMARY KEY CHECK (code ~ '^[a-z][a-z0-9_]*$'),
	rank smallint NOT NULL,
	name json NOT NULL,
	takes boolean NOT NULL DEFAULT false,
	paper boolean NOT NULL DEFAULT false
);
SELECT core.protect('core.survey_check');

-- code: the address of the whole; compounds have their own. draft: may be changed; released: its
-- questions stand, answers are taken from from_on to to_on, paper is entered until published.
-- prefix_day, all_day: forms on line a day from one network and in all.
CREATE TABLE core.survey (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	code core.code NOT NULL UNIQUE,
	org_id int NOT NULL REFERENCES core.org,
	title text NOT NULL CHECK (title <> '' AND length(title) <= 80),
	title_en text CHECK (title_en <> '' AND length(title_en) <= 120),
	-- why it is asked: whoever answers is told (PIPL art. 17)
	purpose text NOT NULL CHECK (purpose <> '' AND length(purpose) <= 300),
	purpose_en text CHECK (purpose_en <> '' AND length(purpose_en) <= 400),
	from_on date NOT NULL,
	to_on date NOT NULL,
	prefix_day smallint NOT NULL DEFAULT 50 CHECK (prefix_day > 0),
	all_day int NOT NULL DEFAULT 5000 CHECK (all_day > 0),
	state text NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'released', 'published')),
	made_at timestamptz NOT NULL,
	made_by int NOT NULL REFERENCES core.account,
	released_at timestamptz,
	published_at timestamptz,
	CHECK (to_on >= from_on AND to_on - from_on <= 366),
	CHECK ((state = 'draft') = (released_at IS NULL)),
	CHECK ((state = 'published') = (published_at IS NOT NULL))
);
CREATE INDEX survey_org ON core.survey (org_id, id);
SELECT core.protect('core.survey');

-- level: one of five, 5 very satisfied .. 1 very dissatisfied (GB/T 39735-2020); words: a text.
-- Levels come first. survey_response.levels counts them by n.
CREATE TABLE core.survey_question (
	survey_id bigint NOT NULL REFERENCES core.survey ON DELETE CASCADE,
	n smallint NOT NULL CHECK (n BETWEEN 1 AND 15),
	kind text NOT NULL CHECK (kind IN ('level', 'words')),
	text text NOT NULL CHECK (text <> '' AND length(text) <= 100),
	text_en text CHECK (text_en <> '' AND length(text_en) <= 160),
	PRIMARY KEY (survey_id, n)
);
SELECT core.protect('core.survey_question');

CREATE TABLE core.survey_rule (
	survey_id bigint NOT NULL REFERENCES core.survey ON DELETE CASCADE,
	rule text NOT NULL REFERENCES core.survey_check,
	least smallint CHECK (least BETWEEN 1 AND 15),
	PRIMARY KEY (survey_id, rule)
);
SELECT core.protect('core.survey_rule');

-- code: what the QR of this compound leads to.
CREATE TABLE core.survey_place (
	survey_id bigint NOT NULL REFERENCES core.survey ON DELETE CASCADE,
	place_id bigint NOT NULL REFERENCES core.place,
	code core.code NOT NULL UNIQUE,
	PRIMARY KEY (survey_id, place_id)
);
CREATE INDEX survey_place_place ON core.survey_place (place_id);
SELECT core.protect('core.survey_place');

-- How many were asked in a compound, as the office says; the newest counts.
CREATE TABLE core.survey_issued (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	survey_id bigint NOT NULL,
	place_id bigint NOT NULL,
	n int NOT NULL CHECK (n BETWEEN 0 AND 100000),
	at timestamptz NOT NULL,
	by_account int NOT NULL REFERENCES core.account,
	FOREIGN KEY (survey_id, place_id) REFERENCES core.survey_place
);
CREATE INDEX survey_issued_of ON core.survey_issued (survey_id, place_id, id);
SELECT core.protect('core.survey_issued');
SELECT core.append_only('core.survey_issued');

-- Forms on paper that were entered together; void: taken back whole, its numbers are free again.
CREATE TABLE core.survey_batch (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	key uuid NOT NULL UNIQUE,
	survey_id bigint NOT NULL,
	place_id bigint NOT NULL,
	at timestamptz NOT NULL,
	by_account int NOT NULL REFERENCES core.account,
	hash bytea NOT NULL CHECK (length(hash) = 32),
	void_at timestamptz,
	void_by int REFERENCES core.account,
	FOREIGN KEY (survey_id, place_id) REFERENCES core.survey_place,
	CHECK ((void_at IS NULL) = (void_by IS NULL))
);
CREATE INDEX survey_batch_of ON core.survey_batch (survey_id, id);
SELECT core.protect('core.survey_batch');

-- One form. levels: by question; NULL not answered, 0 more than one ticked. why: the first rule it
-- breaks, NULL: it counts. Neither address nor hour nor agent is kept. key: made with the page, so
-- that what is sent twice counts once. no: number on a form of paper.
CREATE TABLE core.survey_response (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	survey_id bigint NOT NULL,
	place_id bigint NOT NULL,
	on_day date NOT NULL,
	key uuid UNIQUE,
	batch_id bigint REFERENCES core.survey_batch,
	no int CHECK (no BETWEEN 1 AND 999999),
	levels smallint[] NOT NULL,
	why text REFERENCES core.survey_check,
	void boolean NOT NULL DEFAULT false,
	FOREIGN KEY (survey_id, place_id) REFERENCES core.survey_place,
	CHECK ((key IS NULL) <> (batch_id IS NULL)),
	CHECK (batch_id IS NOT NULL OR (no IS NULL AND NOT void)),
	CHECK (0 <= ALL (levels) AND 5 >= ALL (levels))
);
CREATE INDEX survey_response_of ON core.survey_response (survey_id, place_id);
CREATE INDEX survey_response_batch ON core.survey_response (batch_id) WHERE batch_id IS NOT NULL;
CREATE UNIQUE INDEX survey_response_no ON core.survey_response (survey_id, place_id, no) WHERE NOT void;
SELECT core.protect('core.survey_response');

-- What was written: read by the office, never published, gone half a year after publication.
CREATE TABLE core.survey_text (
	response_id bigint NOT NULL REFERENCES core.survey_response,
	n smallint NOT NULL,
	value text NOT NULL CHECK (value <> '' AND length(value) <= 500),
	PRIMARY KEY (response_id, n)
);
SELECT core.protect('core.survey_text');

-- How many came today from a network (keyed hash of its prefix, whose key changes daily) and, under
-- the empty one, in all. Swept the day after.
CREATE TABLE core.survey_seen (
	survey_id bigint NOT NULL REFERENCES core.survey ON DELETE CASCADE,
	day date NOT NULL,
	address bytea NOT NULL CHECK (length(address) <= 32),
	n int NOT NULL,
	PRIMARY KEY (survey_id, day, address)
);
SELECT core.protect('core.survey_seen');

-- Posters of all compounds, one page each; made again at any time, gone after a week.
CREATE TABLE core.survey_poster (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	survey_id bigint NOT NULL REFERENCES core.survey,
	lang text NOT NULL CHECK (lang IN ('zh-CN', 'en', 'both')),
	made_at timestamptz NOT NULL,
	job_id bigint,
	state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'working', 'done', 'failed')),
	done int NOT NULL DEFAULT 0,
	why text,
	pdf bytea,
	CHECK ((state = 'done') = (pdf IS NOT NULL)),
	UNIQUE (survey_id, lang)
);
ALTER TABLE core.survey_poster ALTER COLUMN pdf SET STORAGE EXTERNAL;
SELECT core.protect('core.survey_poster');

-- document: key CODE of the whole or of a compound. Whatever kinds there are by now, and this.
DO $$
DECLARE
	was constant text := (SELECT pg_get_expr(c.conbin, c.conrelid) FROM pg_constraint c
		WHERE c.conrelid = 'core.document'::regclass AND c.conname = 'document_kind_check');
BEGIN
	ALTER TABLE core.document DROP CONSTRAINT document_kind_check;
	EXECUTE format('ALTER TABLE core.document ADD CONSTRAINT document_kind_check CHECK (kind = ''survey'' OR %s)', was);
END
$$;

-- ---- who sees what -------------------------------------------------------------------------
SELECT core.staff_sees('core.survey_check', 'core.my_account() IS NOT NULL');
SELECT core.staff_sees('core.survey', $$ core.my_right('survey') AND EXISTS (SELECT FROM core.org o
	WHERE o.id = org_id AND o.path @> ARRAY[core.my_org()]) $$);
SELECT core.staff_sees(t, 'EXISTS (SELECT FROM core.survey s WHERE s.id = survey_id)')
FROM unnest(ARRAY['core.survey_question', 'core.survey_rule', 'core.survey_place', 'core.survey_issued',
	'core.survey_batch', 'core.survey_response', 'core.survey_poster']::regclass[]) t;
SELECT core.staff_sees('core.survey_text', 'EXISTS (SELECT FROM core.survey_response r WHERE r.id = response_id)');
