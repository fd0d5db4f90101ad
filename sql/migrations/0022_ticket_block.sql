-- Text blocks: what an office says often to residents, to be put into an answer and edited there.
CREATE TABLE core.ticket_block (
	id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	org_id int NOT NULL REFERENCES core.org,
	title text NOT NULL CHECK (title <> '' AND length(title) <= 100),
	words text NOT NULL CHECK (words <> '' AND length(words) <= 2000),
	made_at timestamptz NOT NULL,
	made_by int REFERENCES core.account, -- NULL: came with the program
	ended_at timestamptz,
	ended_by int REFERENCES core.account,
	CHECK (ended_by IS NULL OR ended_at IS NOT NULL)
);
CREATE UNIQUE INDEX ticket_block_title ON core.ticket_block (org_id, title) WHERE ended_at IS NULL;
SELECT core.protect('core.ticket_block');
-- an office uses its own and those of the offices above
SELECT core.staff_sees('core.ticket_block', $$ EXISTS (SELECT FROM core.org o WHERE o.id = core.my_org()
	AND org_id = ANY (o.path)) $$);

-- what is closed by itself in the end (api.job_tickets)
CREATE INDEX ticket_answered ON core.ticket (id) WHERE state = 'answered';
