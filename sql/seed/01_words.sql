-- Units, words of results, flags and the items that are measured.
-- Seeds may be applied again: what they bring is brought up to date, nothing else is touched, nor what
-- somebody changed by hand (core.admin_touched).
INSERT INTO core.unit (code, name) VALUES
	('NTU', '{"zh-CN":"NTU","en":"NTU"}'),
	('degree', '{"zh-CN":"度","en":"CU"}'),
	('mg/L', '{"zh-CN":"mg/L","en":"mg/L"}'),
	('CFU/mL', '{"zh-CN":"CFU/mL","en":"CFU/mL"}'),
	('pH', '{"zh-CN":"","en":""}')
ON CONFLICT (code) DO UPDATE SET name = excluded.name WHERE core.unit.name::text <> excluded.name::text;

INSERT INTO core.word (code, rank, name, sense) VALUES
	('not_detected', 1, '{"zh-CN":"未检出","en":"not detected"}', 'absent'),
	('detected', 2, '{"zh-CN":"检出","en":"detected"}', 'present'),
	('none', 3, '{"zh-CN":"无","en":"none"}', 'absent'),
	('absent', 4, '{"zh-CN":"没有","en":"absent"}', 'absent'),
	('present', 5, '{"zh-CN":"有","en":"present"}', 'present'),
	('no_finding', 6, '{"zh-CN":"未见异常","en":"nothing found"}', 'absent'),
	('finding', 7, '{"zh-CN":"有发现","en":"something found"}', 'present'),
	('normal', 8, '{"zh-CN":"正常","en":"normal"}', 'absent'),
	('abnormal', 9, '{"zh-CN":"异常","en":"abnormal"}', 'present')
ON CONFLICT (code) DO UPDATE SET rank = excluded.rank, name = excluded.name, sense = excluded.sense
WHERE NOT core.admin_touched('word', excluded.code) AND (core.word.rank, core.word.name::text, core.word.sense)
	<> (excluded.rank, excluded.name::text, excluded.sense);

INSERT INTO core.flag (code, name) VALUES
	('contradiction:coliform_ecoli', '{"zh-CN":"报告自相矛盾：称无总大肠菌群，却有大肠埃希氏菌","en":"The report contradicts itself: no coliforms, yet E. coli present"}'),
	('contradiction:meets_standards', '{"zh-CN":"报告自相矛盾：结论与检测结果不符","en":"The report contradicts itself: its conclusion does not follow from its results"}'),
	('not_certified_lab', '{"zh-CN":"检测机构未注明有资质","en":"The laboratory is not stated to be certified"}')
ON CONFLICT (code) DO UPDATE SET name = excluded.name WHERE core.flag.name::text <> excluded.name::text;

INSERT INTO core.item (code, rank, unit, name, plain) VALUES
	('turbidity', 10, 'NTU', '{"zh-CN":"浑浊度","en":"Turbidity"}', '{"zh-CN":"水清不清","en":"is the water clear"}'),
	('color', 11, 'degree', '{"zh-CN":"色度","en":"Colour"}', '{"zh-CN":"有没有颜色","en":"does it have a colour"}'),
	('odor_taste', 12, NULL, '{"zh-CN":"臭和味","en":"Odour and taste"}', '{"zh-CN":"有没有怪味","en":"does it smell or taste"}'),
	('visible_matter', 13, NULL, '{"zh-CN":"肉眼可见物","en":"Visible matter"}', '{"zh-CN":"有没有杂质","en":"is anything in it"}'),
	('ph', 14, NULL, '{"zh-CN":"pH","en":"pH"}', '{"zh-CN":"酸碱度","en":"acid or alkaline"}'),
	('free_chlorine', 15, 'mg/L', '{"zh-CN":"游离氯","en":"Free chlorine"}', '{"zh-CN":"消毒够不够","en":"enough disinfectant"}'),
	('total_chlorine', 16, 'mg/L', '{"zh-CN":"总氯","en":"Total chlorine"}', '{"zh-CN":"消毒够不够","en":"enough disinfectant"}'),
	('bacteria', 17, 'CFU/mL', '{"zh-CN":"菌落总数","en":"Bacteria"}', '{"zh-CN":"细菌多不多","en":"how many bacteria"}'),
	('total_coliform', 18, NULL, '{"zh-CN":"总大肠菌群","en":"Total coliforms"}', '{"zh-CN":"有没有污染","en":"a sign of contamination"}'),
	('e_coli', 19, NULL, '{"zh-CN":"大肠埃希氏菌","en":"E. coli"}', '{"zh-CN":"有没有粪便污染","en":"contamination by faeces"}'),
	('sediment', 30, NULL, '{"zh-CN":"沉积物","en":"Sediment"}', '{"zh-CN":"箱底干净不干净","en":"is the bottom clean"}'),
	('biological_growth', 31, NULL, '{"zh-CN":"生物滋生","en":"Biological growth"}', '{"zh-CN":"有没有藻类、黏膜","en":"algae or slime"}'),
	('debris_insects', 32, NULL, '{"zh-CN":"杂物和昆虫","en":"Debris or insects"}', '{"zh-CN":"有没有杂物、虫子","en":"dirt or insects"}'),
	('rodent_bird', 33, NULL, '{"zh-CN":"鼠鸟活动","en":"Rodents or birds"}', '{"zh-CN":"有没有老鼠、鸟","en":"rats, mice or birds"}'),
	('internal_structure', 40, NULL, '{"zh-CN":"内部结构","en":"Internal structure"}', '{"zh-CN":"箱体里面好不好","en":"sound inside"}'),
	('external_structure', 41, NULL, '{"zh-CN":"外部结构","en":"External structure"}', '{"zh-CN":"箱体外面好不好","en":"sound outside"}'),
	('overflow_pipes', 42, NULL, '{"zh-CN":"溢流管","en":"Overflow pipes"}', '{"zh-CN":"水满了排得走吗","en":"spare water can leave"}'),
	('access_ladders', 43, NULL, '{"zh-CN":"爬梯","en":"Access ladders"}', '{"zh-CN":"上得去吗","en":"safe to climb"}'),
	('air_vents', 44, NULL, '{"zh-CN":"通气管","en":"Air vents"}', '{"zh-CN":"通气口有网吗","en":"screened openings"}'),
	('roof_access', 45, NULL, '{"zh-CN":"屋面通道","en":"Roof access"}', '{"zh-CN":"屋顶通道锁好了吗","en":"closed to strangers"}')
ON CONFLICT (code) DO UPDATE SET rank = excluded.rank, unit = excluded.unit, name = excluded.name,
	plain = excluded.plain
WHERE NOT core.admin_touched('item', excluded.code) AND (core.item.rank, core.item.unit, core.item.name::text, core.item.plain::text)
	IS DISTINCT FROM (excluded.rank, excluded.unit, excluded.name::text, excluded.plain::text);

-- What a form offers for an item, what is usual first; what is stored otherwise stays to be chosen.
UPDATE core.item i SET words = v.words::text[]
FROM (VALUES ('{total_coliform,e_coli}', '{not_detected,detected}'), ('{odor_taste,visible_matter}', '{none,present}'),
	('{sediment,biological_growth,debris_insects,rodent_bird}', '{absent,present,no_finding,finding}'),
	('{internal_structure,external_structure,overflow_pipes,access_ladders,air_vents,roof_access}',
		'{normal,abnormal,no_finding,finding}')) AS v (items, words)
WHERE i.code = ANY (v.items::text[]) AND i.words IS NULL;
