-- What is public of residents' reports: `ticket`, a case whose answer was published; `tickets`, the
-- numbers of an office; `ticket_list`, its cases of a year as rows.
ALTER TABLE core.document DROP CONSTRAINT document_kind_check;
ALTER TABLE core.document ADD CONSTRAINT document_kind_check CHECK (kind IN ('facility', 'history',
	'record', 'label', 'place', 'org', 'reference', 'chain', 'coverage', 'survey', 'ticket', 'tickets', 'ticket_list'));
-- the newest published ones of an office
CREATE INDEX ticket_public ON core.ticket (first_org_id, answered_at) WHERE public_answer IS NOT NULL;
CREATE INDEX ticket_public_facility ON core.ticket (facility_id, answered_at) WHERE public_answer IS NOT NULL;
