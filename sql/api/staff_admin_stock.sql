-- Administration: what an office and those below it usually print on. Key: the office's code.

CREATE OR REPLACE FUNCTION core.admin_stock_list(p_parent text, p_q text, p_after text)
RETURNS TABLE (key text, name jsonb, note jsonb, over boolean)
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT o.code, to_jsonb(o.name), to_jsonb(concat_ws(' · ', u.template, u.printer)), false
	FROM core.label_usual u JOIN core.org o ON o.id = u.org_id
	WHERE core.admin_sees(o.id) AND o.code > coalesce(p_after, '')
		AND (p_q IS NULL OR strpos(core.norm(o.name || u.template), core.norm(p_q)) > 0)
	ORDER BY o.code LIMIT 51
$$;
CREATE OR REPLACE FUNCTION core.admin_stock_get(p_key text) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT jsonb_build_object('org', o.code, 'template', u.template, 'printer', u.printer, 'name', o.name)
	FROM core.label_usual u JOIN core.org o ON o.id = u.org_id WHERE o.code = p_key AND core.admin_sees(o.id)
$$;
CREATE OR REPLACE FUNCTION core.admin_stock_put(p_key text, p_old jsonb, p_new jsonb, p_act text) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	office constant int := (SELECT o.id FROM core.org o WHERE o.code = p_new ->> 'org' AND core.sees_org(o.id));
BEGIN
	IF office IS NULL THEN
		PERFORM auth.refuse(core.bad('org', 'outside'));
	ELSIF p_old IS NULL AND EXISTS (SELECT FROM core.label_usual u WHERE u.org_id = office) THEN
		PERFORM auth.refuse(core.bad('org', 'taken'));
	END IF;
	INSERT INTO core.label_usual (org_id, template, printer)
	VALUES (office, p_new ->> 'template', p_new ->> 'printer')
	ON CONFLICT (org_id) DO UPDATE SET template = excluded.template, printer = excluded.printer;
	RETURN p_new ->> 'org';
END
$$;

-- The member "usual" of api.staff_label_select: that of the nearest office. Runs as its caller.
CREATE OR REPLACE FUNCTION core.label_usual_json() RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT '"usual":{' || concat_ws(',', core.js('template', u.template), core.js('printer', u.printer)) || '}'
	FROM core.org o JOIN core.label_usual u ON u.org_id = ANY (o.path)
	WHERE o.id = core.my_org() ORDER BY array_position(o.path, u.org_id) DESC LIMIT 1
$$;
