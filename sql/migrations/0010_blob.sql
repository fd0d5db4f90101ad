-- Photos on their way from a phone, piece by piece. Rows and not files, so that any worker of any
-- host can go on where another one stopped.

-- One file of one account, under the hash its phone says it has. received: bytes that are there;
-- the hash is checked when the last of them comes, so a row with received = size is what it says.
-- photo: what became of it; its pieces are gone then, and the row stays a week to say so.
CREATE TABLE core.blob (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	account_id int NOT NULL REFERENCES core.account,
	sha256 bytea NOT NULL CHECK (length(sha256) = 32),
	-- 12 MiB, the most a photo may have
	size int NOT NULL CHECK (size BETWEEN 1 AND 12582912),
	received int NOT NULL DEFAULT 0 CHECK (received BETWEEN 0 AND size),
	photo bytea CHECK (length(photo) = 32),
	made_at timestamptz NOT NULL,
	touched_at timestamptz NOT NULL,
	CHECK (photo IS NULL OR received = size),
	UNIQUE (account_id, sha256)
);
CREATE INDEX blob_touched ON core.blob (touched_at);
SELECT core.protect('core.blob');

-- Pieces as they were sent; at: offset of the first byte.
CREATE TABLE core.blob_piece (
	blob_id bigint NOT NULL REFERENCES core.blob ON DELETE CASCADE,
	at int NOT NULL CHECK (at >= 0),
	bytes bytea NOT NULL CHECK (length(bytes) BETWEEN 1 AND 1048576),
	PRIMARY KEY (blob_id, at)
);
-- photos are compressed already
ALTER TABLE core.blob_piece ALTER COLUMN bytes SET STORAGE EXTERNAL;
SELECT core.protect('core.blob_piece');

SELECT core.staff_sees('core.blob', 'account_id = core.my_account()');
SELECT core.staff_sees('core.blob_piece', 'EXISTS (SELECT FROM core.blob b WHERE b.id = blob_id)');
