-- Published documents: the only thing the public side reads.
--
-- doc is text, so that bytes stay equal. links are the documents a page shows beside this one:
-- a label's facility or place, a place's facilities, a history page's facility.
CREATE SEQUENCE core.document_version AS bigint;

CREATE TABLE core.document (
	kind text COLLATE "C" NOT NULL CHECK (kind IN ('facility', 'history', 'record', 'label',
		'place', 'org', 'reference')),
	key text COLLATE "C" NOT NULL,
	version bigint NOT NULL,
	published_at timestamptz NOT NULL DEFAULT now(),
	next_change date,
	link_kind text COLLATE "C",
	links text[] COLLATE "C",
	doc text NOT NULL,
	PRIMARY KEY (kind, key)
) WITH (fillfactor = 90, toast_tuple_target = 4080);
-- Documents of up to 4 KB stay in the row, the longer ones are packed first.
ALTER TABLE core.document ALTER COLUMN doc SET COMPRESSION lz4;
CREATE INDEX document_next_change ON core.document (next_change) WHERE next_change IS NOT NULL;
SELECT core.protect('core.document');

-- Work outside a request, taken by lease (FOR UPDATE SKIP LOCKED).
CREATE TABLE core.job (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	kind text NOT NULL,
	args jsonb NOT NULL DEFAULT '{}',
	created_at timestamptz NOT NULL DEFAULT now(),
	due timestamptz NOT NULL DEFAULT now(),
	lease_until timestamptz,
	leased_by text,
	attempts int NOT NULL DEFAULT 0,
	last_error text,
	done_at timestamptz
);
CREATE INDEX job_due ON core.job (due) WHERE done_at IS NULL;
SELECT core.protect('core.job');
