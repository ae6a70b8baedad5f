-- Statements that analysts write for SQLite 3 over the shop of these tests; each ends with a semicolon at the end of a line.

-- what the engine is given for statements: regular expressions, quantiles, series
SELECT name FROM customers WHERE name REGEXP '^Customer [12]$' ORDER BY id;
SELECT name FROM customers WHERE name NOT REGEXP '\d{2}' AND email REGEXP '(?i)^C[0-9]+@' ORDER BY id;
SELECT regexp('^C', name) FROM customers ORDER BY id;
SELECT status, median(amount), COUNT(*) FROM orders GROUP BY status ORDER BY status;
SELECT percentile(amount, 90), percentile_cont(amount, 0.25), percentile_disc(amount, 0.25) FROM orders;
SELECT DISTINCT status, median(amount) OVER (PARTITION BY status) FROM orders ORDER BY status;
SELECT value FROM generate_series(1, 10);
SELECT s.value AS n, COUNT(o.id) FROM generate_series(0, 50, 5) AS s LEFT JOIN orders o ON o.id = s.value GROUP BY s.value ORDER BY 1;
SELECT date('2026-01-01', '+' || value || ' days') AS d, COUNT(o.id) FROM generate_series(0, 30) LEFT JOIN orders o ON o.order_date = date('2026-01-01', '+' || value || ' days') GROUP BY d ORDER BY d;

-- windows
SELECT id, SUM(amount) OVER (ORDER BY order_date, id RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) FROM orders ORDER BY id;
SELECT id, SUM(amount) OVER (ORDER BY id ROWS BETWEEN 2 PRECEDING AND 2 FOLLOWING) FROM orders ORDER BY id;
SELECT id, COUNT(*) OVER (ORDER BY customer_id GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM orders ORDER BY id;
SELECT id, AVG(amount) OVER (ORDER BY julianday(order_date) RANGE BETWEEN 7 PRECEDING AND CURRENT ROW) FROM orders ORDER BY id;
SELECT id, COUNT(*) FILTER (WHERE status = 'paid') OVER (PARTITION BY customer_id) FROM orders ORDER BY id;
SELECT id, LAST_VALUE(amount) OVER (w ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING), NTH_VALUE(amount, 2) OVER w FROM orders WINDOW w AS (PARTITION BY customer_id ORDER BY order_date) ORDER BY id;
SELECT * FROM (SELECT o.*, DENSE_RANK() OVER (PARTITION BY customer_id ORDER BY amount DESC) AS r FROM orders o) WHERE r <= 2 ORDER BY customer_id, r;
SELECT customer_id, MIN(order_date), MAX(order_date), COUNT(*) FROM (SELECT customer_id, order_date, julianday(order_date) - ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY order_date) AS island FROM orders) GROUP BY customer_id, island ORDER BY 1, 2;
SELECT id, ROUND(100.0 * amount / SUM(amount) OVER (), 2) AS share, CUME_DIST() OVER (ORDER BY amount), NTILE(4) OVER (ORDER BY amount) FROM orders ORDER BY id;
SELECT month, total, total - LAG(total) OVER (ORDER BY month) AS change FROM (SELECT strftime('%Y-%m', order_date) AS month, SUM(amount) AS total FROM orders GROUP BY 1) ORDER BY month;
SELECT group_concat(id, '-') OVER (PARTITION BY status ORDER BY id ROWS 2 PRECEDING) FROM orders ORDER BY id;

-- groups
SELECT region, group_concat(country, ', ' ORDER BY country, id) FROM customers GROUP BY region ORDER BY region;
SELECT region, string_agg(country, '; ' ORDER BY id DESC) FROM customers GROUP BY region ORDER BY region;
SELECT SUM(status = 'paid') AS paid, SUM(iif(status = 'open', amount, 0)) AS open, AVG(amount > 100), TOTAL(amount) FROM orders;
SELECT COUNT(DISTINCT customer_id || ':' || status) FROM orders;
SELECT region, MAX(id), name FROM customers GROUP BY region ORDER BY region;
SELECT customer_id, MAX(order_date) AS last, julianday('2026-12-31') - julianday(MAX(order_date)) AS recency, COUNT(*) AS frequency, SUM(amount) AS monetary FROM orders GROUP BY customer_id HAVING frequency > 1 ORDER BY recency, customer_id;
SELECT CAST(amount / 100 AS INTEGER) * 100 AS bucket, COUNT(*), printf('%.1f%%', 100.0 * COUNT(*) / (SELECT COUNT(*) FROM orders)) FROM orders GROUP BY bucket ORDER BY bucket;
SELECT p.category, SUM(l.quantity) FILTER (WHERE strftime('%m', o.order_date) = '01') AS jan, SUM(CASE strftime('%m', o.order_date) WHEN '02' THEN l.quantity ELSE 0 END) AS feb FROM order_lines l JOIN products p ON p.id = l.product_id JOIN orders o ON o.id = l.order_id GROUP BY p.category ORDER BY p.category;
SELECT region, country, COUNT(*) FROM customers GROUP BY region, country UNION ALL SELECT region, NULL, COUNT(*) FROM customers GROUP BY region UNION ALL SELECT NULL, NULL, COUNT(*) FROM customers ORDER BY 1, 2;

-- dates
SELECT strftime('%Y-W%W', order_date) AS week, strftime('%w', order_date), strftime('%j', order_date), strftime('%s', order_date) FROM orders ORDER BY id;
SELECT date(order_date, 'start of month', '+1 month', '-1 day'), date(order_date, 'weekday 0', '-6 days'), datetime(order_date, '+3 hours'), time('12:00', '-30 minutes') FROM orders ORDER BY id;
SELECT CAST(julianday('2026-12-31') - julianday(order_date) AS INTEGER) AS days, unixepoch(order_date), date(1767225600, 'unixepoch'), datetime(1767225600, 'unixepoch', 'localtime') IS NOT NULL FROM orders ORDER BY id;
SELECT COUNT(*) FROM orders WHERE order_date BETWEEN date('2026-06-30', '-90 days') AND date('2026-06-30');
SELECT (CAST(strftime('%m', order_date) AS INTEGER) + 2) / 3 AS quarter, SUM(amount) FROM orders GROUP BY quarter ORDER BY quarter;
SELECT COUNT(*) FROM orders WHERE order_date >= date('now', 'start of year', '-1 year') AND order_date <= CURRENT_DATE;
SELECT substr(order_date, 1, 7) AS month, COUNT(*) FROM orders WHERE order_date LIKE '2026-0%' GROUP BY month ORDER BY month;
SELECT strftime('%H', at) AS hour, COUNT(*) FROM events GROUP BY hour ORDER BY hour;
SELECT timediff('2026-03-01', '2026-01-15'), strftime('%F %T', '2026-01-01 10:00:00');

-- text
SELECT substr(email, instr(email, '@') + 1) AS domain, COUNT(*) FROM customers GROUP BY domain ORDER BY 2 DESC, 1;
SELECT printf('%05d', id), printf('%s <%s>', name, email), format('%,d', id * 1000), upper(substr(name, 1, 1)) || lower(substr(name, 2)), ltrim(name, 'C'), rtrim(name, '0123456789'), replace(name, ' ', '_'), hex(name), quote(name), unicode(name), char(65, 66) FROM customers ORDER BY id;
SELECT concat(name, '!'), concat_ws(' / ', region, country), length(name), octet_length(name), trim('  x  '), soundex(name) IS NOT NULL FROM customers ORDER BY id;
SELECT name FROM customers WHERE name LIKE 'customer 1%' AND name NOT LIKE '%5' AND name GLOB '*[0-4]' ORDER BY id;
SELECT name FROM customers WHERE name LIKE 'Customer!_%' ESCAPE '!' OR name = 'customer 3' COLLATE NOCASE ORDER BY id;

-- values
SELECT id, region IS DISTINCT FROM 'EU', region IS NOT DISTINCT FROM NULL, region NOTNULL FROM customers ORDER BY id;
SELECT typeof(amount), CAST(amount AS NUMERIC), CAST('12abc' AS INTEGER), amount / 3, CAST(amount AS INTEGER) / 3, id % 7, round(amount, 1), ceil(amount), floor(amount), pow(id, 2), sqrt(amount), ln(amount + 1), sign(amount), mod(id, 3), pi() FROM orders ORDER BY id;
SELECT coalesce(note, status), ifnull(note, '-'), nullif(status, 'open'), iif(amount > 100, 'big', 'small'), max(id, 10), min(id, 10), abs(-id), id & 1, id | 1, ~id FROM orders ORDER BY id;
SELECT id FROM orders WHERE (status, customer_id) IN (VALUES ('paid', 2), ('open', 5)) ORDER BY id;
SELECT id FROM orders WHERE (status, amount) > ('open', 400) ORDER BY id;
SELECT id, amount == 4.5, amount <> 4.5, NOT amount > 100, amount > 100 AND NOT status = 'open' FROM orders ORDER BY id;
SELECT id, CASE WHEN amount >= 300 THEN 'A' WHEN amount >= 100 THEN 'B' ELSE 'C' END AS class FROM orders ORDER BY class DESC NULLS LAST, id;

-- JSON
SELECT id, doc ->> '$.page', doc -> '$.items[0].sku', json_extract(doc, '$.items[0].n'), json_array_length(doc, '$.items'), json_type(doc, '$.items') FROM events ORDER BY id;
SELECT e.id, j.key, j.value, j.type FROM events e, json_each(e.doc) AS j ORDER BY e.id, j.key;
SELECT e.id, json_extract(i.value, '$.sku') AS sku, i.value ->> 'n' AS n FROM events e JOIN json_each(e.doc, '$.items') i ORDER BY 1, 2;
SELECT t.fullkey, t.atom FROM events e, json_tree(e.doc) t WHERE t.atom IS NOT NULL AND e.id < 3 ORDER BY e.id, t.fullkey;
SELECT status, json_group_array(id) FROM orders GROUP BY status ORDER BY status;
SELECT json_object('region', region, 'n', COUNT(*)) FROM customers GROUP BY region ORDER BY region;
SELECT json_group_object(status, n) FROM (SELECT status, COUNT(*) AS n FROM orders GROUP BY status ORDER BY status);
SELECT json_set(doc, '$.page', 'x'), json_remove(doc, '$.items'), json_valid(doc), json_patch(doc, '{"a":1}') FROM events ORDER BY id;

-- set operations, subqueries, common table expressions
SELECT * FROM (SELECT id FROM customers ORDER BY id LIMIT 3) UNION ALL SELECT * FROM (SELECT id FROM products ORDER BY id DESC LIMIT 3) ORDER BY 1;
SELECT id FROM customers INTERSECT SELECT customer_id FROM orders EXCEPT SELECT id FROM products ORDER BY 1;
WITH v(id, label) AS (VALUES (1, 'one'), (2, 'two')) SELECT v.label, COUNT(o.id) FROM v LEFT JOIN orders o ON o.customer_id = v.id GROUP BY v.label ORDER BY 1;
WITH RECURSIVE tree(id, path, depth) AS (SELECT id, name, 0 FROM employees WHERE manager_id IS NULL UNION ALL SELECT e.id, t.path || ' > ' || e.name, t.depth + 1 FROM employees e JOIN tree t ON e.manager_id = t.id WHERE t.depth < 10) SELECT * FROM tree ORDER BY path;
WITH RECURSIVE up(id, manager_id) AS (SELECT id, manager_id FROM employees WHERE id = 5 UNION SELECT e.id, e.manager_id FROM employees e JOIN up ON e.id = up.manager_id) SELECT id FROM up ORDER BY id;
WITH RECURSIVE months(m) AS (SELECT date('2026-01-01') UNION ALL SELECT date(m, '+1 month') FROM months WHERE m < '2026-06-01') SELECT m, COUNT(o.id) FROM months LEFT JOIN orders o ON strftime('%Y-%m', o.order_date) = strftime('%Y-%m', m) GROUP BY m ORDER BY m;
WITH first AS (SELECT customer_id, strftime('%Y-%m', MIN(order_date)) AS cohort FROM orders GROUP BY customer_id) SELECT f.cohort, (strftime('%Y', o.order_date) - substr(f.cohort, 1, 4)) * 12 + strftime('%m', o.order_date) - substr(f.cohort, 6, 2) AS nth, COUNT(DISTINCT o.customer_id) FROM orders o JOIN first f USING (customer_id) GROUP BY 1, 2 ORDER BY 1, 2;
WITH s AS (SELECT customer_id, MIN(at) FILTER (WHERE kind = 'view') AS v, MIN(at) FILTER (WHERE kind = 'cart') AS c, MIN(at) FILTER (WHERE kind = 'buy') AS b FROM events GROUP BY customer_id) SELECT COUNT(v), SUM(c > v), SUM(b > c) FROM s;
WITH y AS (SELECT strftime('%m', order_date) AS m, SUM(amount) AS s FROM orders WHERE strftime('%Y', order_date) = '2026' GROUP BY m) SELECT a.m, a.s, b.s, ROUND((a.s - b.s) * 100.0 / b.s, 1) FROM y a LEFT JOIN y b ON b.m = printf('%02d', a.m - 1) ORDER BY a.m;
SELECT c.name FROM customers c WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id AND o.status = 'open') ORDER BY c.id;
SELECT c.name, (SELECT o.order_date FROM orders o WHERE o.customer_id = c.id ORDER BY o.amount DESC LIMIT 1) AS best_day FROM customers c ORDER BY c.id;
SELECT COUNT(*) FROM orders o FULL OUTER JOIN events e ON e.customer_id = o.customer_id AND date(e.at) = o.order_date WHERE o.id IS NULL OR e.id IS NULL;
SELECT o.id, p.title FROM orders o JOIN products p ON p.id = o.id AND p.price > 2 ORDER BY o.id;
SELECT AVG(amount) AS mid FROM (SELECT amount, ROW_NUMBER() OVER (ORDER BY amount) AS r, COUNT(*) OVER () AS n FROM orders) WHERE r IN ((n + 1) / 2, (n + 2) / 2);
SELECT id FROM orders WHERE id IN () OR id = 3;
