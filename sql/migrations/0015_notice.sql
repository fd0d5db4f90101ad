-- Notices for the board: the file as it was made, and who asked for which record and when.

-- A file of 1 to 60 pages. key covers what its bytes follow from (core.notice_key()), so the same
-- question finds the same file, and what has changed since finds none. It can be made again at any
-- time, and goes after a week.
CREATE TABLE core.notice_file (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	key bytea NOT NULL UNIQUE CHECK (length(key) = 32),
	lang text NOT NULL CHECK (lang IN ('zh-CN', 'en', 'both')),
	records uuid[] NOT NULL CHECK (cardinality(records) BETWEEN 1 AND 60),
	made_at timestamptz NOT NULL,
	-- jobs are swept on their own
	job_id bigint,
	state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'working', 'done', 'failed')),
	done int NOT NULL DEFAULT 0,
	why text,
	pdf bytea,
	CHECK ((state = 'done') = (pdf IS NOT NULL))
);
CREATE INDEX notice_file_made ON core.notice_file (made_at);
-- JPEG and deflate do not get smaller
ALTER TABLE core.notice_file ALTER COLUMN pdf SET STORAGE EXTERNAL;
SELECT core.protect('core.notice_file');

-- Who asked for the notice of which record, and when. rev: the revision that was public then.
CREATE TABLE core.notice (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	at timestamptz NOT NULL,
	account int NOT NULL REFERENCES core.account,
	record_id uuid NOT NULL,
	rev smallint NOT NULL,
	facility_id bigint NOT NULL REFERENCES core.facility,
	lang text NOT NULL,
	-- swept before this row is
	file_id bigint NOT NULL,
	FOREIGN KEY (record_id, rev) REFERENCES core.revision
);
CREATE INDEX notice_record ON core.notice (record_id, id);
CREATE INDEX notice_facility ON core.notice (facility_id, at);
CREATE INDEX notice_file_of ON core.notice (file_id);
SELECT core.protect('core.notice');
SELECT core.append_only('core.notice');

-- what was published lately, for the list of what is to be posted
CREATE INDEX record_published ON core.record (published_at) WHERE state = 'published' AND source IS NULL;

SELECT core.staff_sees('core.notice', 'EXISTS (SELECT FROM core.record r WHERE r.id = record_id)');
SELECT core.staff_sees('core.notice_file', 'EXISTS (SELECT FROM core.notice n WHERE n.file_id = notice_file.id)');

-- Words a form offers for an item, what is usual first; NULL: all there are.
ALTER TABLE core.item ADD COLUMN words text[];
