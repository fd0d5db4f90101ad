-- Records of work, their revisions, results and photos.
--
-- core.record is the head of a record: what never changes, and what is derived from its latest
-- revision (rev, state, on_date, verdict, published_at) so that lists need no second look.
-- Everything that was ever said stands in core.revision and below it: rows are only added.
CREATE TABLE core.record (
	id uuid PRIMARY KEY,
	facility_id bigint NOT NULL REFERENCES core.facility,
	seq int NOT NULL CHECK (seq > 0),
	type text NOT NULL,
	source text,
	created_at timestamptz NOT NULL DEFAULT now(),
	rev smallint NOT NULL CHECK (rev > 0),
	state text NOT NULL
		CHECK (state IN ('draft', 'submitted', 'returned', 'published', 'withdrawn')),
	on_date date NOT NULL,
	verdict text NOT NULL CHECK (verdict IN ('pass', 'fail', 'none')),
	published_at timestamptz,
	CHECK (state NOT IN ('published', 'withdrawn') OR published_at IS NOT NULL),
	UNIQUE (facility_id, seq)
);
CREATE INDEX record_facility_date ON core.record (facility_id, on_date DESC, seq DESC);
SELECT core.protect('core.record');

CREATE FUNCTION core.record_guard() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
BEGIN
	IF (NEW.id, NEW.facility_id, NEW.seq, NEW.type, NEW.source, NEW.created_at) IS DISTINCT FROM
		(OLD.id, OLD.facility_id, OLD.seq, OLD.type, OLD.source, OLD.created_at)
		OR NEW.rev < OLD.rev
		OR (OLD.published_at IS NOT NULL AND NEW.published_at IS DISTINCT FROM OLD.published_at)
	THEN
		RAISE EXCEPTION 'record % keeps its identity and its first publication', OLD.id
			USING ERRCODE = 'QR409';
	END IF;
	RETURN NEW;
END
$$;
CREATE TRIGGER guard BEFORE UPDATE ON core.record
	FOR EACH ROW EXECUTE FUNCTION core.record_guard();
CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON core.record
	EXECUTE FUNCTION core.refuse_change();

-- One row for each time something was said. canonical is the text sha256 is taken of; it names
-- the previous revision's hash (sql/README.md gives its form).
CREATE TABLE core.revision (
	record_id uuid NOT NULL REFERENCES core.record DEFERRABLE INITIALLY IMMEDIATE,
	rev smallint NOT NULL CHECK (rev > 0),
	state text NOT NULL
		CHECK (state IN ('draft', 'submitted', 'returned', 'published', 'withdrawn')),
	performed_from timestamptz,
	performed_to timestamptz,
	on_date date NOT NULL,
	received_at timestamptz NOT NULL,
	published_at timestamptz,
	fields jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(fields) = 'object'),
	flags text[] NOT NULL DEFAULT '{}',
	verdict text NOT NULL CHECK (verdict IN ('pass', 'fail', 'none')),
	reason text CHECK (reason <> ''),
	made_at timestamptz NOT NULL DEFAULT now(),
	canonical text NOT NULL,
	hash bytea NOT NULL CHECK (length(hash) = 32),
	prev bytea CHECK (length(prev) = 32),
	PRIMARY KEY (record_id, rev),
	CHECK (performed_from <= performed_to),
	CHECK ((rev = 1) = (prev IS NULL)),
	CHECK (rev = 1 OR reason IS NOT NULL)
);
SELECT core.protect('core.revision');
SELECT core.append_only('core.revision');

-- Who took part. name and filing as stated then; party_id says who that is.
CREATE TABLE core.revision_party (
	record_id uuid NOT NULL,
	rev smallint NOT NULL,
	pos smallint NOT NULL CHECK (pos > 0),
	role text NOT NULL CHECK (role ~ '^[a-z][a-z_]*$'),
	party_id int NOT NULL REFERENCES core.party,
	name text NOT NULL CHECK (name <> ''),
	filing text CHECK (filing <> ''),
	PRIMARY KEY (record_id, rev, pos),
	FOREIGN KEY (record_id, rev) REFERENCES core.revision
);
CREATE INDEX revision_party_party ON core.revision_party (party_id);
SELECT core.protect('core.revision_party');
SELECT core.append_only('core.revision_party');

-- A measured value: an operator and a number, or a word; and how it was judged then.
CREATE TABLE core.result (
	record_id uuid NOT NULL,
	rev smallint NOT NULL,
	pos smallint NOT NULL CHECK (pos > 0),
	item_id int NOT NULL REFERENCES core.item,
	op text CHECK (op IN ('<', '<=', '>', '>=')),
	num numeric,
	word text REFERENCES core.word,
	unit text REFERENCES core.unit,
	verdict text NOT NULL CHECK (verdict IN ('pass', 'fail', 'none')),
	limit_id int REFERENCES core.limit_item,
	PRIMARY KEY (record_id, rev, pos),
	UNIQUE (record_id, rev, item_id),
	FOREIGN KEY (record_id, rev) REFERENCES core.revision,
	CHECK ((num IS NULL) <> (word IS NULL)),
	CHECK (op IS NULL OR num IS NOT NULL)
);
SELECT core.protect('core.result');
SELECT core.append_only('core.result');

-- Identity of a photo: sha256 of its published 1280 px bytes. Where it was taken is private.
CREATE TABLE core.photo (
	sha256 bytea PRIMARY KEY CHECK (length(sha256) = 32),
	w int NOT NULL CHECK (w > 0),
	h int NOT NULL CHECK (h > 0),
	original bytea CHECK (length(original) = 32),
	taken timestamptz,
	lon numeric(9, 6),
	lat numeric(8, 6),
	phash bigint,
	stored_at timestamptz NOT NULL DEFAULT now()
);
SELECT core.protect('core.photo');

CREATE TABLE core.photo_bytes (
	sha256 bytea NOT NULL REFERENCES core.photo,
	width int NOT NULL CHECK (width IN (320, 1280, 2048)),
	bytes bytea NOT NULL CHECK (length(bytes) > 0),
	PRIMARY KEY (sha256, width)
);
-- JPEG does not get smaller; fetching must not decompress
ALTER TABLE core.photo_bytes ALTER COLUMN bytes SET STORAGE EXTERNAL;
SELECT core.protect('core.photo_bytes');

-- Photos of a revision. hash chains them: sha256 of the text of core.photo_link(), which names
-- the revision's hash (pos 1) or the previous photo's, so that the last one covers them all.
CREATE TABLE core.record_photo (
	record_id uuid NOT NULL,
	rev smallint NOT NULL,
	pos smallint NOT NULL CHECK (pos > 0),
	slot text NOT NULL,
	sha256 bytea NOT NULL REFERENCES core.photo,
	taken timestamptz,
	added_at timestamptz NOT NULL DEFAULT now(),
	hash bytea NOT NULL CHECK (length(hash) = 32),
	PRIMARY KEY (record_id, rev, pos),
	UNIQUE (record_id, rev, slot, sha256),
	FOREIGN KEY (record_id, rev) REFERENCES core.revision
);
CREATE INDEX record_photo_sha256 ON core.record_photo (sha256);
SELECT core.protect('core.record_photo');
SELECT core.append_only('core.record_photo');
