-- Residents' reports, as everybody sees them.

-- Marks what a change of a case makes to be published anew.
CREATE OR REPLACE FUNCTION core.ticket_touch(p_ticket bigint) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, core AS $$ SELECT $$;
