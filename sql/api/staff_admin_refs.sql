-- Administration: what may be chosen. Choices of the program's own are listed here in both
-- languages; those that are data come from their tables.

CREATE OR REPLACE FUNCTION core.admin_choices() RETURNS TABLE (source text, value text, zh text, en text)
LANGUAGE sql IMMUTABLE AS $$
	VALUES
		('roles', 'cleaner', '作业单位', 'Firm that does the work'),
		('roles', 'lab', '检测机构', 'Laboratory'),
		('roles', 'inspector', '检查单位', 'Inspector'),
		('roles', 'repairer', '维修单位', 'Repairer'),
		('answers', 'text', '文字', 'Text'),
		('answers', 'integer', '整数', 'Whole number'),
		('answers', 'number', '数字', 'Number'),
		('answers', 'date', '日期', 'Date'),
		('answers', 'boolean', '是或否', 'Yes or no'),
		('yesno', 'true', '是', 'Yes'),
		('yesno', 'false', '否', 'No'),
		('ops', '<=', '不超过', 'At most'),
		('ops', '>=', '不低于', 'At least'),
		('ops', 'between', '范围之内', 'Between'),
		('ops', 'word', '用词', 'A word'),
		('senses', 'absent', '没有发现（合格）', 'Nothing there (good)'),
		('senses', 'present', '有发现（不合格）', 'Something there (bad)'),
		('senses', 'other', '不作判定', 'No verdict'),
		('modes', 'at_once', '上传即公示', 'At once'),
		('modes', 'manager', '管理单位确认', 'When the manager confirms'),
		('modes', 'owners', '业主代表签字', 'When owners agree'),
		('sightings', 'not_here', '不在登记的位置', 'Hangs somewhere else'),
		('sightings', 'damaged', '破损', 'Damaged'),
		('sightings', 'foreign', '有别的二维码', 'Covered by another code'),
		('states', 'in_service', '在用', 'In service'),
		('states', 'suspended', '停用', 'Out of use'),
		('states', 'retired', '已拆除或报废', 'Retired')
$$;

CREATE OR REPLACE FUNCTION core.admin_options(p_source text, p_vals jsonb) RETURNS TABLE (value text, label jsonb)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
DECLARE
	kind constant json := (SELECT k.data FROM core.kind k WHERE k.code = coalesce(p_vals ->> 'parent',
		split_part(p_vals ->> 'duty', '.', 1)));
BEGIN
	IF p_source = 'org' THEN
		RETURN QUERY SELECT o.code, to_jsonb(repeat('· ', cardinality(o.path) - cardinality(top.path)) || o.name)
			FROM core.org o JOIN core.org top ON top.id = core.my_org()
			WHERE o.path @> ARRAY[top.id]
			ORDER BY (SELECT array_agg(a.code ORDER BY array_position(o.path, a.id)) FROM core.org a WHERE a.id = ANY (o.path))
			LIMIT 60;
	ELSIF p_source = 'kinds' THEN
		RETURN QUERY SELECT k.code, (k.data -> 'name')::jsonb FROM core.kind k ORDER BY k.rank, k.code;
	ELSIF p_source = 'duties' THEN
		RETURN QUERY SELECT k.code || '.' || t.key, jsonb_build_object('zh-CN', (k.data -> 'name' ->> 'zh-CN') || ' · '
				|| (t.value -> 'name' ->> 'zh-CN'), 'en', (k.data -> 'name' ->> 'en') || ' · ' || (t.value -> 'name' ->> 'en'))
			FROM core.kind k CROSS JOIN LATERAL json_each(k.data -> 'types') WITH ORDINALITY AS t (key, value, n)
			ORDER BY k.rank, k.code, t.n;
	ELSIF p_source = 'abouts' THEN
		RETURN QUERY SELECT k.code, (k.data -> 'name')::jsonb FROM core.kind k
			UNION ALL SELECT d.value, d.label FROM core.admin_options('duties', p_vals) d ORDER BY 1;
	ELSIF p_source IN ('types', 'slots', 'fields') THEN
		-- of the kind it is about; a rule's own type is no other
		RETURN QUERY SELECT t.key, CASE p_source WHEN 'slots' THEN t.value::jsonb ELSE (t.value -> 'name')::jsonb END
			FROM json_each(kind -> p_source) WITH ORDINALITY AS t (key, value, n)
			WHERE p_source <> 'types' OR t.key <> split_part(p_vals ->> 'duty', '.', 2) ORDER BY t.n;
	ELSIF p_source IN ('items', 'items_asked') THEN
		-- of a long list only what is asked for can be required
		RETURN QUERY SELECT i.code, i.name::jsonb FROM core.item i
			WHERE p_source = 'items' OR NOT p_vals ? 'items' OR p_vals -> 'items' ? i.code ORDER BY i.rank, i.code;
	ELSIF p_source = 'units' THEN
		RETURN QUERY SELECT u.code, to_jsonb(u.code) FROM core.unit u ORDER BY u.code;
	ELSIF p_source = 'words' THEN
		RETURN QUERY SELECT w.code, w.name::jsonb FROM core.word w ORDER BY w.rank, w.code;
	ELSE
		RETURN QUERY SELECT c.value, jsonb_build_object('zh-CN', c.zh, 'en', c.en) FROM core.admin_choices() c
			WHERE c.source = p_source;
	END IF;
END
$$;

-- What a typed code or name means: {"value","name"}; NULL: nothing inside the scope.
CREATE OR REPLACE FUNCTION core.admin_ref(p_source text, p_text text) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
BEGIN
	RETURN CASE p_source
		WHEN 'org' THEN (SELECT jsonb_build_object('value', o.code, 'name', o.name, 'id', o.id) FROM core.org o
			WHERE o.code = p_text AND core.admin_sees(o.id))
		WHEN 'place' THEN (SELECT jsonb_build_object('value', p.code, 'name', p.name, 'id', p.id) FROM core.place p
			WHERE p.code = upper(replace(p_text, ' ', '')) AND core.sees_org(p.org_id))
		WHEN 'party' THEN CASE WHEN p_text = 'none' THEN
			'{"value":"none","name":{"zh-CN":"目前没有管理单位","en":"Nobody manages it"}}'::jsonb ELSE (
			SELECT jsonb_build_object('value', coalesce(p.credit_code, p.id::text), 'name', p.name, 'id', p.id)
			FROM core.party p WHERE p.id = core.party_named(p_text)) END END;
END
$$;
