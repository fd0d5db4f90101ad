-- What residents can report, in the order of the form, and what intake goes by. clock: the class of
-- deadlines (ticket_clock); words: it says nothing without them, and is never joined by itself.
INSERT INTO core.ticket_kind (code, rank, name, hint, clock, sticker, words) VALUES
('dirty_water', 1, '{"zh-CN": "水发浑、有颜色", "en": "Cloudy or coloured water"}', NULL, 'supply', NULL, false),
('smell', 2, '{"zh-CN": "有异味", "en": "A bad smell or taste"}', NULL, 'supply', NULL, false),
('lid_open', 3, '{"zh-CN": "盖子没盖、门没锁", "en": "Lid open, door not locked"}', NULL, 'emergency', NULL, false),
('broken', 4, '{"zh-CN": "停了、坏了、漏水", "en": "Out of order or leaking"}', NULL, 'supply', NULL, false),
('unclean', 5, '{"zh-CN": "脏，没打扫", "en": "Dirty, not cleaned"}', NULL, 'ordinary', NULL, false),
('wrong_info', 6, '{"zh-CN": "公示的和实际不一样", "en": "What is shown is not true"}',
	'{"zh-CN": "请写明哪一项不对", "en": "Please say which part"}', 'ordinary', NULL, true),
('not_here', 7, '{"zh-CN": "我不在这个地方", "en": "I am not at this place"}',
	'{"zh-CN": "贴纸可能被挪动过或者是仿制的", "en": "The sticker may have been moved or copied"}', 'ordinary', 'not_here', false),
('damaged', 8, '{"zh-CN": "贴纸破了、看不清", "en": "The sticker is damaged"}', NULL, 'ordinary', 'damaged', false),
('foreign', 9, '{"zh-CN": "上面贴了别的二维码", "en": "Another QR code is stuck here"}',
	'{"zh-CN": "不要扫，也不要付钱", "en": "Do not scan it, do not pay"}', 'ordinary', 'foreign', false),
('other', 10, '{"zh-CN": "其他", "en": "Something else"}', NULL, 'ordinary', NULL, true)
ON CONFLICT (code) DO UPDATE SET rank = excluded.rank, name = excluded.name, hint = excluded.hint,
	clock = excluded.clock, sticker = excluded.sticker, words = excluded.words
WHERE (core.ticket_kind.rank, core.ticket_kind.name::text, core.ticket_kind.hint::text, core.ticket_kind.clock,
		core.ticket_kind.sticker, core.ticket_kind.words)
	IS DISTINCT FROM (excluded.rank, excluded.name::text, excluded.hint::text, excluded.clock, excluded.sticker,
		excluded.words);

-- What a deployment set by hand stays.
INSERT INTO core.ticket_limit (code, n, what) VALUES
('join_hours', 6, 'hours in which the same of the same facility is one case'),
('source_look', 10, 'reports an hour of one neighbourhood; those beyond wait until a person looked'),
('source_refuse', 60, 'reports an hour of one neighbourhood; those beyond are refused'),
('source_photos', 60, 'photos an hour of one neighbourhood; those beyond are refused'),
('flood', 150, 'cases in ten minutes, all offices together: from there on a question is asked'),
('flood_wait', 8, 'seconds a person needs at least for the form, looked at in a flood'),
('keep_days', 365, 'days words and photos are kept after a case was closed')
ON CONFLICT (code) DO UPDATE SET what = excluded.what WHERE core.ticket_limit.what <> excluded.what;

-- Words of advertising and fraud; compared without case, width, spaces and punctuation.
INSERT INTO core.ticket_spam (word)
SELECT w FROM unnest(ARRAY['http://', 'https://', 'www.', '加微信', '加我微信', '加QQ', '代开发票', '办证', '刷单', '贷款',
	'博彩', '彩票', '棋牌', '兼职日结', '色情', '成人视频', '裸聊', 'casino', 'viagra', 'porn', 'crypto invest', 'click here']) w
ON CONFLICT DO NOTHING;
