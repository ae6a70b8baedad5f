-- Statements that analysts write for PostgreSQL 15 over the shop of these tests; each ends with a semicolon at the end of a line.

-- arrays and what unfolds them
SELECT e.id, t.tag FROM events e, unnest(e.tags) AS t(tag) ORDER BY 1, 2;
SELECT e.id, t.tag, t.nr FROM events e CROSS JOIN LATERAL unnest(e.tags) WITH ORDINALITY AS t(tag, nr) ORDER BY 1, 3;
SELECT e.id, tag, ordinality FROM events e CROSS JOIN unnest(e.tags) WITH ORDINALITY AS tag ORDER BY 1, 3;
SELECT tag, COUNT(*) FROM events LEFT JOIN LATERAL unnest(tags) AS tag ON TRUE GROUP BY tag ORDER BY 2 DESC, 1;
SELECT id, unnest(tags) AS tag FROM events ORDER BY 1, 2;
SELECT x, y FROM unnest(ARRAY[1, 2], ARRAY['a', 'b']) AS p(x, y) ORDER BY x;
SELECT id, tags[1], tags[2:3], array_length(tags, 1), cardinality(tags) FROM events ORDER BY id;
SELECT id FROM events WHERE 'web' = ANY (tags) AND NOT tags && ARRAY['x', 'y'] ORDER BY id;
SELECT id, array_to_string(tags, '|'), array_remove(tags, 'web'), array_append(tags, 'z') || ARRAY['q'] FROM events ORDER BY id;
SELECT kind, array_agg(DISTINCT customer_id ORDER BY customer_id) FROM events GROUP BY kind ORDER BY kind;
SELECT (array_agg(amount ORDER BY order_date DESC))[1] AS last_amount, customer_id FROM orders GROUP BY customer_id ORDER BY 2;
SELECT ARRAY(SELECT o.id FROM orders o WHERE o.customer_id = c.id ORDER BY o.id) AS ids FROM customers c ORDER BY c.id;

-- JSON
SELECT e.id, j.key, j.value FROM events e, jsonb_each(e.doc) AS j ORDER BY 1, 2;
SELECT e.id, k, v FROM events e CROSS JOIN LATERAL jsonb_each_text(e.doc) AS j(k, v) ORDER BY 1, 2;
SELECT e.id, item ->> 'sku' AS sku, (item ->> 'n')::int AS n FROM events e CROSS JOIN LATERAL jsonb_array_elements(e.doc -> 'items') AS item ORDER BY 1, 2;
SELECT e.id, i.item -> 'sku', i.nr FROM events e, jsonb_array_elements(e.doc -> 'items') WITH ORDINALITY AS i(item, nr) ORDER BY e.id, i.nr;
SELECT e.id, j.value FROM events e, jsonb_array_elements_text(e.doc -> 'labels') j ORDER BY 1, 2;
SELECT DISTINCT jsonb_object_keys(doc) AS key FROM events ORDER BY key;
SELECT k.key, COUNT(*) FROM events e CROSS JOIN LATERAL jsonb_object_keys(e.doc) AS k(key) GROUP BY k.key ORDER BY 1;
SELECT id, doc #>> '{items,0,sku}' AS first_sku, doc ? 'labels' AS has_labels, doc @> '{"page": "home"}' FROM events ORDER BY id;
SELECT id FROM events WHERE doc ?| ARRAY['labels', 'items'] AND doc ?& ARRAY['items'] ORDER BY id;
SELECT id, doc - 'items' AS rest, doc #- '{items,0}', jsonb_set(doc, '{page}', '"x"') FROM events ORDER BY id;
SELECT id, jsonb_path_query_first(doc, '$.items[0].sku') FROM events WHERE doc @? '$.items[*] ? (@.n > 1)' ORDER BY id;
SELECT x.sku, x.n FROM events e, jsonb_to_recordset(e.doc -> 'items') AS x(sku text, n int) ORDER BY 1, 2;
SELECT row_to_json(p) FROM products p ORDER BY p.id;
SELECT to_jsonb(c) - 'email' FROM customers c ORDER BY c.id;
SELECT json_agg(x) FROM (SELECT status, SUM(amount) AS total FROM orders GROUP BY status ORDER BY status) x;
SELECT c.id, jsonb_agg(o ORDER BY o.id) FROM customers c JOIN orders o ON o.customer_id = c.id GROUP BY c.id ORDER BY c.id;
SELECT COUNT(o.*), COUNT(o) FROM customers c LEFT JOIN orders o ON o.customer_id = c.id;
SELECT jsonb_object_agg(status, n) FROM (SELECT status, COUNT(*) AS n FROM orders GROUP BY status) s;
SELECT jsonb_pretty(doc), jsonb_strip_nulls(doc), jsonb_typeof(doc -> 'items') FROM events ORDER BY id;

-- whole tables, samples, lists of values, ends
TABLE products;
(TABLE products) ORDER BY id LIMIT 3;
SELECT COUNT(*) >= 0 FROM orders TABLESAMPLE SYSTEM (50);
SELECT COUNT(*) >= 0 FROM orders AS o TABLESAMPLE BERNOULLI (10.5) REPEATABLE (42) WHERE o.amount > 1;
SELECT v.id, v.label, COUNT(o.id) FROM (VALUES (1, 'one'), (2, 'two')) AS v(id, label) LEFT JOIN orders o ON o.customer_id = v.id GROUP BY v.id, v.label ORDER BY 1;
SELECT id, amount FROM orders ORDER BY amount DESC, id FETCH FIRST 3 ROWS ONLY;
SELECT id, amount FROM orders ORDER BY amount DESC, id OFFSET 2 ROWS FETCH NEXT 3 ROWS ONLY;
SELECT status FROM orders ORDER BY status FETCH FIRST 3 ROWS WITH TIES;
SELECT COUNT(*) FROM (SELECT customer_id, COUNT(*) AS n FROM orders GROUP BY customer_id ORDER BY n DESC FETCH FIRST 3 ROWS WITH TIES) t;
SELECT id FROM orders ORDER BY id LIMIT ALL OFFSET 3;

-- windows
SELECT id, SUM(amount) OVER (ORDER BY order_date, id RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) FROM orders ORDER BY id;
SELECT id, AVG(amount) OVER (ORDER BY order_date RANGE BETWEEN INTERVAL '7 days' PRECEDING AND CURRENT ROW) FROM orders ORDER BY id;
SELECT id, SUM(amount) OVER (ORDER BY id ROWS BETWEEN 2 PRECEDING AND 1 FOLLOWING) FROM orders ORDER BY id;
SELECT id, COUNT(*) OVER (ORDER BY customer_id GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM orders ORDER BY id;
SELECT id, LAST_VALUE(amount) OVER (w ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING), NTH_VALUE(amount, 2) OVER w FROM orders WINDOW w AS (PARTITION BY customer_id ORDER BY order_date, id) ORDER BY id;
SELECT id, COUNT(*) FILTER (WHERE status = 'paid') OVER (PARTITION BY customer_id) FROM orders ORDER BY id;
SELECT id, amount, 100.0 * amount / SUM(amount) OVER () AS share, CUME_DIST() OVER (ORDER BY amount), NTILE(4) OVER (ORDER BY amount, id) FROM orders ORDER BY id;
SELECT * FROM (SELECT o.*, DENSE_RANK() OVER (PARTITION BY customer_id ORDER BY amount DESC) AS r FROM orders o) ranked WHERE r <= 2 ORDER BY customer_id, r, id;
SELECT customer_id, MIN(order_date), MAX(order_date), COUNT(*) FROM (SELECT customer_id, order_date, order_date - (ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY order_date))::int AS island FROM orders) x GROUP BY customer_id, island ORDER BY 1, 2;

-- groups
SELECT COALESCE(c.region, 'all') AS region, o.status, SUM(o.amount), GROUPING(c.region, o.status) FROM orders o JOIN customers c ON c.id = o.customer_id GROUP BY CUBE (c.region, o.status) ORDER BY 4, 1, 2;
SELECT c.region, c.country, COUNT(*) FROM customers c GROUP BY GROUPING SETS ((c.region, c.country), (c.region), ()) ORDER BY 1 NULLS LAST, 2 NULLS LAST;
SELECT c.country, ROLLUP_total.total FROM customers c CROSS JOIN (SELECT SUM(amount) AS total FROM orders) AS rollup_total GROUP BY c.country, ROLLUP_total.total ORDER BY 1;
SELECT date_trunc('quarter', order_date)::date AS q, SUM(amount) FILTER (WHERE status = 'paid') AS paid, SUM(amount) FILTER (WHERE status = 'open') AS open FROM orders GROUP BY 1 ORDER BY 1;
SELECT percentile_cont(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (ORDER BY amount), percentile_disc(0.9) WITHIN GROUP (ORDER BY amount), mode() WITHIN GROUP (ORDER BY status) FROM orders;
SELECT region, string_agg(DISTINCT country, ', ' ORDER BY country) FROM customers GROUP BY region ORDER BY region;
SELECT bool_or(status = 'open'), bool_and(amount > 0), every(id > 0), corr(amount, id), stddev_samp(amount), var_pop(amount), regr_slope(amount, id) FROM orders;
SELECT width_bucket(amount, 0, 500, 5) AS bucket, COUNT(*), MIN(amount), MAX(amount) FROM orders GROUP BY bucket ORDER BY bucket;
SELECT DISTINCT ON (c.region) c.region, c.name FROM customers c ORDER BY c.region, c.name DESC;
SELECT rank(100) WITHIN GROUP (ORDER BY amount), percent_rank(100) WITHIN GROUP (ORDER BY amount) FROM orders;

-- dates
SELECT d::date AS day, COALESCE(SUM(o.amount), 0) FROM generate_series('2026-01-01'::date, '2026-02-01'::date, interval '1 day') AS d LEFT JOIN orders o ON o.order_date = d::date GROUP BY d ORDER BY d;
SELECT g.d::date FROM generate_series(TIMESTAMP '2026-01-01', TIMESTAMP '2026-06-01', '1 month') g(d) ORDER BY 1;
SELECT h FROM generate_series(timestamp '2026-01-01 00:00', timestamp '2026-01-02 00:00', interval '1 hour') AS h ORDER BY h;
SELECT EXTRACT(ISODOW FROM order_date), EXTRACT(WEEK FROM order_date), EXTRACT(EPOCH FROM at - '2026-01-01'::timestamptz), date_part('doy', order_date) FROM orders o JOIN events e ON e.id = o.id ORDER BY o.id;
SELECT order_date, order_date + 30, order_date - INTERVAL '1 month', order_date - DATE '2026-01-01' AS days, age(order_date, DATE '2025-06-01') FROM orders ORDER BY id;
SELECT at AT TIME ZONE 'Europe/Berlin', (at AT TIME ZONE 'UTC')::date, date_trunc('hour', at), date_trunc('day', at, 'Asia/Tokyo'), to_char(at, 'IYYY-"W"IW') FROM events ORDER BY id;
SELECT make_date(2026, 1, 15), to_date('2026/03', 'YYYY/MM'), to_timestamp(1767225600), date '2026-01-31' + interval '1 month', INTERVAL '1 year 2 months' * 2, justify_hours(interval '30 hours');
SELECT COUNT(*) FROM orders WHERE order_date >= date_trunc('month', CURRENT_DATE) - INTERVAL '12 months' AND order_date < CURRENT_DATE + 1;
SELECT COUNT(*) FROM orders WHERE (order_date, order_date + 1) OVERLAPS (DATE '2026-01-01', DATE '2026-02-01');
SELECT daterange('2026-01-01', '2026-02-01') @> order_date AS in_january FROM orders ORDER BY id;
SELECT date_bin('15 minutes', at, TIMESTAMPTZ '2026-01-01') AS quarter_hour, COUNT(*) FROM events GROUP BY 1 ORDER BY 1;

-- text and regular expressions
SELECT name, regexp_replace(name, '\D', '', 'g') AS digits, regexp_match(email, '@(.+)$'), (regexp_split_to_array(email, '@'))[2] FROM customers ORDER BY id;
SELECT split_part(email, '@', 2) AS domain, COUNT(*) FROM customers GROUP BY 1 ORDER BY 2 DESC, 1;
SELECT w, COUNT(*) FROM customers, regexp_split_to_table(name, '\s+') AS w GROUP BY w ORDER BY 2 DESC, 1;
SELECT w.word FROM customers c CROSS JOIN LATERAL string_to_table(c.name, ' ') AS w(word) WHERE c.id < 4 ORDER BY 1;
SELECT name FROM customers WHERE name SIMILAR TO '%(1|2)' OR name !~ '\d' OR email ILIKE ANY (ARRAY['c3%', 'c4%']) ORDER BY id;
SELECT format('%s <%s>', name, email), initcap(name), lpad(id::text, 5, '0'), left(name, 3), right(name, -2), md5(email), quote_literal(name), translate(name, 'C', 'K') FROM customers ORDER BY id;
SELECT concat_ws(' / ', region, country), length(name), char_length(name), strpos(name, 'o'), btrim(name, 'C'), reverse(name), starts_with(name, 'Cust'), ascii(name), chr(65) FROM customers ORDER BY id;

-- values
SELECT amount::numeric(10,2), amount::int, round(amount / 3, 2), trunc(amount), ceil(amount), mod(id, 7), div(amount, 2), power(2, 10), sqrt(amount), ln(amount), amount::float8, id::text, '5'::int, TRUE::int FROM orders ORDER BY id;
SELECT COALESCE(NULLIF(region, ''), 'none'), region IS NOT DISTINCT FROM 'EU', (region IS NULL)::int, GREATEST(id, 10), LEAST(id, 10) FROM customers ORDER BY id;
SELECT id FROM orders WHERE amount > ALL (SELECT price FROM products) AND customer_id = ANY (SELECT id FROM customers WHERE region = 'EU') ORDER BY id;
SELECT id FROM orders WHERE amount > SOME (SELECT price FROM products) AND (status, customer_id) IN (('paid', 2), ('open', 5)) ORDER BY id;
SELECT id, (amount > 100) IS TRUE, num_nulls(note, status) FROM orders ORDER BY id;

-- set operations, subqueries, common table expressions
(SELECT id FROM customers ORDER BY id LIMIT 3) UNION ALL (SELECT id FROM products ORDER BY id DESC LIMIT 3) ORDER BY 1;
SELECT customer_id FROM orders EXCEPT ALL SELECT id FROM customers WHERE region = 'EU' ORDER BY 1;
(SELECT id FROM customers INTERSECT SELECT customer_id FROM orders) EXCEPT (SELECT id FROM products) ORDER BY id;
WITH paid AS MATERIALIZED (SELECT * FROM orders WHERE status = 'paid'), m AS NOT MATERIALIZED (SELECT date_trunc('month', order_date) AS month, SUM(amount) AS total FROM paid GROUP BY 1) SELECT month, total, total - LAG(total) OVER (ORDER BY month) AS change, ROUND(100 * (total / NULLIF(LAG(total) OVER (ORDER BY month), 0) - 1), 1) AS pct FROM m ORDER BY month;
WITH first AS (SELECT customer_id, MIN(date_trunc('month', order_date)) AS cohort FROM orders GROUP BY 1), act AS (SELECT DISTINCT customer_id, date_trunc('month', order_date) AS month FROM orders) SELECT f.cohort::date, (EXTRACT(YEAR FROM a.month) - EXTRACT(YEAR FROM f.cohort)) * 12 + EXTRACT(MONTH FROM a.month) - EXTRACT(MONTH FROM f.cohort) AS nth, COUNT(DISTINCT a.customer_id) FROM first f JOIN act a USING (customer_id) GROUP BY 1, 2 ORDER BY 1, 2;
WITH steps AS (SELECT customer_id, MIN(at) FILTER (WHERE kind = 'view') AS viewed, MIN(at) FILTER (WHERE kind = 'cart') AS carted, MIN(at) FILTER (WHERE kind = 'buy') AS bought FROM events GROUP BY customer_id) SELECT COUNT(viewed), COUNT(carted) FILTER (WHERE carted > viewed), COUNT(bought) FILTER (WHERE bought > carted) FROM steps;
WITH RECURSIVE tree AS (SELECT id, name, manager_id, ARRAY[id] AS path, 1 AS depth FROM employees WHERE manager_id IS NULL UNION ALL SELECT e.id, e.name, e.manager_id, t.path || e.id, t.depth + 1 FROM employees e JOIN tree t ON e.manager_id = t.id WHERE t.depth < 10) SELECT repeat('  ', 2) || name, path, depth FROM tree ORDER BY path;
WITH RECURSIVE tree AS (SELECT id, manager_id, ARRAY[id] AS path FROM employees WHERE manager_id IS NULL UNION ALL SELECT e.id, e.manager_id, t.path || e.id FROM employees e JOIN tree t ON e.manager_id = t.id WHERE NOT e.id = ANY (t.path)) SELECT id, path FROM tree ORDER BY path;
WITH RECURSIVE tree AS (SELECT id, ARRAY[id] AS path FROM employees WHERE manager_id IS NULL UNION ALL SELECT e.id, array_append(t.path, e.id) FROM employees e JOIN tree t ON e.manager_id = t.id WHERE e.id <> ALL (t.path)) SELECT id, path FROM tree ORDER BY path;
WITH RECURSIVE months(m) AS (SELECT DATE '2026-01-01' UNION ALL SELECT (m + INTERVAL '1 month')::date FROM months WHERE m < DATE '2026-06-01') SELECT m, COUNT(o.id) FROM months LEFT JOIN orders o ON date_trunc('month', o.order_date) = m GROUP BY m ORDER BY m;
WITH RECURSIVE tree(id, manager_id, name) AS (SELECT id, manager_id, name FROM employees WHERE id = 4 UNION SELECT e.id, e.manager_id, e.name FROM employees e JOIN tree t ON e.id = t.manager_id) SELECT id, name FROM tree ORDER BY id;
SELECT c.name, last.amount, last.order_date FROM customers c LEFT JOIN LATERAL (SELECT o.amount, o.order_date FROM orders o WHERE o.customer_id = c.id ORDER BY o.order_date DESC LIMIT 2) last ON TRUE ORDER BY c.id, last.order_date;
SELECT y.year, SUM(y.amount), LAG(SUM(y.amount), 1) OVER (ORDER BY y.year) FROM (SELECT EXTRACT(YEAR FROM order_date)::int AS year, amount FROM orders) y GROUP BY y.year ORDER BY 1;
SELECT p.category, SUM(CASE WHEN EXTRACT(MONTH FROM o.order_date) = 1 THEN l.quantity ELSE 0 END) AS jan, SUM(l.quantity) FILTER (WHERE EXTRACT(MONTH FROM o.order_date) = 2) AS feb FROM order_lines l JOIN products p ON p.id = l.product_id JOIN orders o ON o.id = l.order_id GROUP BY p.category HAVING COUNT(*) > 1 ORDER BY p.category;
SELECT o.id FROM orders o WHERE EXISTS (SELECT FROM order_lines l WHERE l.order_id = o.id AND l.quantity > 3) ORDER BY o.id;
SELECT COUNT(*) FROM orders o FULL OUTER JOIN events e ON e.customer_id = o.customer_id AND e.at::date = o.order_date WHERE o.id IS NULL OR e.id IS NULL;
SELECT o.id, o.amount > avg.a AS above FROM orders o, (SELECT AVG(amount) AS a FROM orders) avg ORDER BY o.id;
SELECT id, count(*) over (partition by customer_id) AS n, row_number() over () > 0 FROM orders ORDER BY id;
