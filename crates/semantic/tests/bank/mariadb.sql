-- Statements that analysts write for MariaDB 10.11 over the shop of these tests; each ends with a semicolon at the end of a line.

-- hints that say how, not what
SELECT SQL_NO_CACHE COUNT(*) FROM orders;
SELECT STRAIGHT_JOIN o.id, c.name FROM orders o JOIN customers c ON c.id = o.customer_id ORDER BY o.id;
SELECT SQL_BIG_RESULT status, COUNT(*) FROM orders GROUP BY status ORDER BY status;
SELECT DISTINCT HIGH_PRIORITY status FROM orders ORDER BY status;
SELECT c.name, o.id FROM customers c STRAIGHT_JOIN orders o ON o.customer_id = c.id ORDER BY o.id;
SELECT o.id FROM orders o FORCE INDEX (PRIMARY) WHERE o.id < 5 ORDER BY o.id;
SELECT o.id FROM orders AS o USE INDEX (PRIMARY) WHERE o.id < 5 ORDER BY o.id;

-- windows
SELECT DISTINCT status, MEDIAN(amount) OVER (PARTITION BY status) FROM orders ORDER BY status;
SELECT DISTINCT status, PERCENTILE_CONT(0.9) WITHIN GROUP (ORDER BY amount) OVER (PARTITION BY status) AS p90 FROM orders ORDER BY status;
SELECT DISTINCT PERCENTILE_DISC(0.5) WITHIN GROUP (ORDER BY amount) OVER () FROM orders;
SELECT id, SUM(amount) OVER (ORDER BY order_date, id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS running FROM orders ORDER BY id;
SELECT id, AVG(amount) OVER (ORDER BY id ROWS BETWEEN 6 PRECEDING AND CURRENT ROW) FROM orders ORDER BY id;
SELECT id, amount - LAG(amount, 1) OVER (PARTITION BY customer_id ORDER BY order_date) AS d, LEAD(order_date) OVER (PARTITION BY customer_id ORDER BY order_date) FROM orders ORDER BY id;
SELECT id, RANK() OVER w, DENSE_RANK() OVER w, PERCENT_RANK() OVER w, CUME_DIST() OVER w, NTILE(4) OVER w FROM orders WINDOW w AS (ORDER BY amount) ORDER BY id;
SELECT * FROM (SELECT o.*, ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY amount DESC) AS rn FROM orders o) t WHERE rn <= 2 ORDER BY customer_id, rn;
SELECT customer_id, MIN(order_date), MAX(order_date), COUNT(*) FROM (SELECT customer_id, order_date, DATE_SUB(order_date, INTERVAL ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY order_date) DAY) AS island FROM orders) x GROUP BY customer_id, island ORDER BY 1, 2;
SELECT status, SUM(amount), SUM(amount) / SUM(SUM(amount)) OVER () * 100 AS share FROM orders GROUP BY status ORDER BY status;
SELECT id, FIRST_VALUE(amount) OVER (PARTITION BY customer_id ORDER BY id), LAST_VALUE(amount) OVER (PARTITION BY customer_id ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING), NTH_VALUE(amount, 2) OVER (PARTITION BY customer_id ORDER BY id) FROM orders ORDER BY id;

-- groups
SELECT region, country, COUNT(*) FROM customers GROUP BY region, country WITH ROLLUP;
SELECT IFNULL(region, 'all') AS r, SUM(id) FROM customers GROUP BY region WITH ROLLUP HAVING r IS NOT NULL;
SELECT region, GROUP_CONCAT(DISTINCT country ORDER BY country DESC SEPARATOR ', ') FROM customers GROUP BY region ORDER BY region;
SELECT SUM(status = 'paid') AS paid, SUM(IF(status = 'open', amount, 0)) AS open, COUNT(DISTINCT customer_id, status), AVG(amount > 100) FROM orders;
SELECT BIT_OR(id), BIT_AND(id), BIT_XOR(id), STD(amount), STDDEV_POP(amount), STDDEV_SAMP(amount), VAR_SAMP(amount), VARIANCE(amount) FROM orders;
SELECT p.category, SUM(CASE WHEN MONTH(o.order_date) = 1 THEN l.quantity ELSE 0 END) AS jan, SUM(CASE MONTH(o.order_date) WHEN 2 THEN l.quantity END) AS feb FROM order_lines l JOIN products p ON p.id = l.product_id JOIN orders o ON o.id = l.order_id GROUP BY p.category HAVING COUNT(*) > 1 ORDER BY p.category;
SELECT FLOOR(amount / 100) * 100 AS bucket, COUNT(*) FROM orders GROUP BY bucket ORDER BY bucket;
SELECT JSON_ARRAYAGG(status), JSON_OBJECTAGG(status, n) FROM (SELECT status, COUNT(*) AS n FROM orders GROUP BY status ORDER BY status) s;

-- dates
SELECT DATE_FORMAT(order_date, '%x-W%v') AS week, COUNT(*) FROM orders GROUP BY week ORDER BY week;
SELECT STR_TO_DATE('15.03.2026', '%d.%m.%Y'), MAKEDATE(2026, 60), LAST_DAY(order_date), DAYNAME(order_date), MONTHNAME(order_date), WEEK(order_date, 3), YEARWEEK(order_date) FROM orders ORDER BY id;
SELECT DATE_ADD(order_date, INTERVAL 1 QUARTER), order_date + INTERVAL 7 DAY, order_date - INTERVAL 1 YEAR, ADDDATE(order_date, 31), SUBDATE(order_date, INTERVAL 2 WEEK) FROM orders ORDER BY id;
SELECT TIMESTAMPDIFF(MONTH, '2025-06-15', order_date), DATEDIFF(order_date, '2026-01-01'), PERIOD_DIFF(202603, 202601), TO_DAYS(order_date), UNIX_TIMESTAMP('2026-01-01') FROM orders ORDER BY id;
SELECT DATE(at), TIME(at), HOUR(at), CONVERT_TZ(at, '+00:00', '+02:00'), SEC_TO_TIME(3661), TIME_FORMAT(at, '%H:%i'), FROM_UNIXTIME(1767225600) FROM events ORDER BY id;
SELECT COUNT(*) FROM orders WHERE order_date >= DATE_SUB(CURDATE(), INTERVAL 12 MONTH) AND order_date < CURDATE() + INTERVAL 1 DAY;
SELECT YEAR(order_date) AS y, QUARTER(order_date) AS q, SUM(amount) FROM orders GROUP BY YEAR(order_date), QUARTER(order_date) ORDER BY y, q;
SELECT DATE_FORMAT(order_date, '%Y-%m-01') AS m, COUNT(*) FROM orders WHERE order_date BETWEEN '2026-01-01' AND LAST_DAY('2026-03-01') GROUP BY 1 ORDER BY 1;
SELECT TIMESTAMP('2026-01-01', '10:00:00'), DATE '2026-01-01', TIMESTAMP '2026-01-01 10:00:00', INTERVAL 1 DAY + '2026-01-01', MAKETIME(10, 5, 0), WEEKDAY('2026-01-01'), DAYOFYEAR('2026-03-01');

-- text and regular expressions
SELECT name, REGEXP_REPLACE(name, '[^0-9]', ''), REGEXP_SUBSTR(email, '@.*'), REGEXP_INSTR(name, '[0-9]') FROM customers ORDER BY id;
SELECT name FROM customers WHERE name REGEXP '^C.*[12]$' OR name RLIKE '3$' OR name NOT REGEXP '[0-9]' ORDER BY id;
SELECT SUBSTRING_INDEX(email, '@', -1) AS domain, COUNT(*) FROM customers GROUP BY domain ORDER BY 2 DESC, 1;
SELECT CONCAT_WS(' / ', region, country), CONCAT(UPPER(LEFT(name, 1)), LCASE(SUBSTRING(name, 2))), MID(name, 2, 3), LOCATE('o', name), INSTR(name, 'o'), CHAR_LENGTH(name), LPAD(id, 5, '0') FROM customers ORDER BY id;
SELECT REPLACE(name, 'C', 'K'), TRIM(LEADING 'C' FROM name), REVERSE(name), FIELD(region, 'EU', 'US'), FIND_IN_SET('US', 'EU,US'), ELT(1, 'a', 'b'), FORMAT(id * 1000, 2), HEX(name), MD5(name), SOUNDEX(name) FROM customers ORDER BY id;
SELECT name FROM customers WHERE name LIKE 'Customer\_1%' ESCAPE '|' OR name LIKE BINARY 'Customer 1%' ORDER BY id;
SELECT name FROM customers WHERE region = 'EU' COLLATE utf8mb4_bin ORDER BY name COLLATE utf8mb4_general_ci;

-- values
SELECT CAST(amount AS DECIMAL(10,1)), CAST(amount AS UNSIGNED), CAST(id AS CHAR), CAST(order_date AS DATETIME), CONVERT(id, CHAR(10)), CONVERT(note USING utf8mb4), amount DIV 7, amount % 7 FROM orders ORDER BY id;
SELECT IF(amount > 100, 'big', 'small'), IFNULL(note, '-'), NULLIF(status, 'open'), COALESCE(note, status), note <=> NULL, ISNULL(note), GREATEST(id, 5), LEAST(id, 5), NVL(note, 'x'), NVL2(note, 1, 0) FROM orders ORDER BY id;
SELECT ROUND(amount, 1), TRUNCATE(amount, 1), CEIL(amount), FLOOR(amount), POW(id, 2), SQRT(amount), LOG(10, amount), LOG2(amount), SIGN(amount - 100), ABS(-id), CRC32(status), CONV(id, 10, 16), BIN(id) FROM orders ORDER BY id;
SELECT id FROM orders WHERE amount > ALL (SELECT price FROM products) AND customer_id = ANY (SELECT id FROM customers WHERE region = 'EU') ORDER BY id;
SELECT id FROM orders WHERE (status, customer_id) IN (('paid', 2), ('open', 5)) AND NOT amount <=> 5 OR status = 'x' XOR id = 3 ORDER BY id;
SELECT id, status = 'paid' AND amount > 10 AS good, status != 'open' || id = 1, id << 1, id >> 1, id & 1, id | 1, id ^ 3, ~0 FROM orders ORDER BY id;
SELECT id, CASE WHEN amount >= 300 THEN 'A' WHEN amount >= 100 THEN 'B' ELSE 'C' END AS class FROM orders ORDER BY FIELD(status, 'open', 'paid'), id;
SELECT id FROM orders WHERE amount BETWEEN 10 AND 20 OR note IS NULL AND status IN ('open') ORDER BY id;

-- JSON
SELECT id, JSON_VALUE(doc, '$.page'), JSON_EXTRACT(doc, '$.items[0].sku'), JSON_UNQUOTE(JSON_EXTRACT(doc, '$.page')), JSON_LENGTH(doc, '$.items'), JSON_CONTAINS(doc, '"home"', '$.page') FROM events ORDER BY id;
SELECT id, JSON_KEYS(doc), JSON_TYPE(doc), JSON_EXISTS(doc, '$.labels'), JSON_QUERY(doc, '$.items') FROM events ORDER BY id;
SELECT e.id, j.sku, j.n FROM events e, JSON_TABLE(e.doc, '$.items[*]' COLUMNS (sku VARCHAR(20) PATH '$.sku', n INT PATH '$.n')) AS j ORDER BY 1, 2;
SELECT e.id, j.nr, j.label FROM events e JOIN JSON_TABLE(e.doc, "$.labels[*]" COLUMNS (nr FOR ORDINALITY, label VARCHAR(20) PATH '$')) j ORDER BY 1, 2;

-- set operations, subqueries, common table expressions
(SELECT id FROM customers ORDER BY id LIMIT 3) UNION ALL (SELECT id FROM products ORDER BY id DESC LIMIT 3) ORDER BY 1;
SELECT id FROM customers INTERSECT SELECT customer_id FROM orders EXCEPT SELECT id FROM products ORDER BY 1;
(SELECT id FROM customers EXCEPT SELECT customer_id FROM orders) UNION (SELECT id FROM products) ORDER BY id LIMIT 5;
WITH m AS (SELECT DATE_FORMAT(order_date, '%Y-%m') AS month, SUM(amount) AS total FROM orders GROUP BY month) SELECT month, total, total - LAG(total) OVER (ORDER BY month) AS diff, ROUND(100 * (total / LAG(total) OVER (ORDER BY month) - 1), 1) AS pct FROM m ORDER BY month;
WITH f AS (SELECT customer_id, DATE_FORMAT(MIN(order_date), '%Y-%m') AS cohort FROM orders GROUP BY customer_id) SELECT f.cohort, PERIOD_DIFF(DATE_FORMAT(o.order_date, '%Y%m'), REPLACE(f.cohort, '-', '')) AS nth, COUNT(DISTINCT o.customer_id) FROM orders o JOIN f USING (customer_id) GROUP BY f.cohort, nth ORDER BY 1, 2;
WITH RECURSIVE tree AS (SELECT id, name, CAST(name AS CHAR(200)) AS path, 1 AS depth FROM employees WHERE manager_id IS NULL UNION ALL SELECT e.id, e.name, CONCAT(t.path, ' > ', e.name), t.depth + 1 FROM employees e JOIN tree t ON e.manager_id = t.id WHERE t.depth < 10) SELECT id, path, depth FROM tree ORDER BY path;
WITH RECURSIVE d AS (SELECT DATE('2026-01-01') AS day UNION ALL SELECT day + INTERVAL 1 DAY FROM d WHERE day < '2026-01-31') SELECT d.day, COUNT(o.id) FROM d LEFT JOIN orders o ON o.order_date = d.day GROUP BY d.day ORDER BY d.day;
WITH s AS (SELECT customer_id, MIN(CASE WHEN kind = 'view' THEN at END) AS v, MIN(CASE WHEN kind = 'cart' THEN at END) AS c, MIN(CASE WHEN kind = 'buy' THEN at END) AS b FROM events GROUP BY customer_id) SELECT COUNT(v), SUM(c > v), SUM(b > c) FROM s;
SELECT c.name FROM customers c WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id AND o.status = 'open') ORDER BY c.id;
SELECT c.name, (SELECT MAX(o.order_date) FROM orders o WHERE o.customer_id = c.id) AS last FROM customers c ORDER BY last DESC, c.id LIMIT 10;
WITH v (a, b) AS (VALUES (1, 'x'), (2, 'y')) SELECT a, b FROM v ORDER BY a;
SELECT id, amount FROM orders ORDER BY amount DESC OFFSET 1 ROW FETCH NEXT 3 ROWS ONLY;
SELECT status FROM orders ORDER BY status FETCH FIRST 3 ROWS WITH TIES;
SELECT COUNT(*) FROM (SELECT customer_id, COUNT(*) AS n FROM orders GROUP BY customer_id ORDER BY n DESC FETCH FIRST 3 ROWS WITH TIES) t;
SELECT * FROM customers NATURAL JOIN (SELECT id, title FROM products) p ORDER BY id;
SELECT c.name, o.id FROM customers c LEFT JOIN (orders o JOIN order_lines l ON l.order_id = o.id) ON o.customer_id = c.id ORDER BY c.id, o.id LIMIT 5;
SELECT 1 FROM DUAL WHERE 1 = 1;
SELECT 'it''s', "double", x'41', 0x41, TRUE, 'a' 'b';
