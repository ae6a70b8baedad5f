CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT, region TEXT, country TEXT, is_vip BOOLEAN, email TEXT, age INTEGER, signed_up DATE);
INSERT INTO customers VALUES
    (1, 'Ann', 'EU', 'DE', 1, 'a@x.de', 41, '2025-03-01'),
    (2, 'Bob', 'EU', 'FR', 0, 'b@x.fr', 35, '2025-12-31'),
    (3, 'Cy', 'US', 'US', 0, 'c@x.us', 29, '2026-10-01'),
    (4, 'Di', NULL, 'BR', NULL, NULL, NULL, '2026-10-31'),
    (5, 'Ed', 'APAC', 'JP', 1, 'e@x.jp', 50, '2026-11-02'),
    (6, 'Flo', 'EU', NULL, 0, 'f@x.fr', 22, NULL);
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER, status TEXT, amount_cents INTEGER, tax REAL, order_date TIMESTAMP, shipped_on DATE);
INSERT INTO orders VALUES
    (1, 1, 'paid', 1050, 1.5, '2025-10-31 23:59:59.999', '2025-11-02'),
    (2, 1, 'paid', 2000, 2, '2025-11-01 00:00:00', '2025-11-03'),
    (3, 2, 'open', 999, 0.5, '2026-07-01', NULL),
    (4, 2, 'paid', 5000, 5, '2026-08-15T12:00:00', '2026-09-01'),
    (5, 3, 'cancelled', 7500, 7, '2026-09-30 23:59:59.999999', NULL),
    (6, NULL, 'paid', 3000, 3, '2026-09-30', '2026-10-01'),
    (7, 1, NULL, 1250, 1, '2026-10-01 00:00:00', '2026-10-02'),
    (8, 3, 'paid', 5000, 5, '2026-10-15 08:30:00', '2026-11-05'),
    (9, 4, 'paid', 400, 0.4, '2026-10-31 23:59:59', '2026-11-01'),
    (10, 3, 'open', NULL, NULL, '2026-11-01 00:00:00', NULL),
    (11, 99, 'paid', 100, 0.1, '2026-11-10 10:00:00', '2026-11-11'),
    (12, 1, 'paid', 5000, 5, '2026-11-19 23:00:00', NULL),
    (13, 2, 'paid', 700, 0.7, NULL, NULL),
    (14, 1, 'paid', 3300, 3, '2026-02-28 12:00:00', '2026-03-01');
CREATE TABLE order_lines (order_id INTEGER, line INTEGER, product_id INTEGER, quantity INTEGER, price REAL, PRIMARY KEY (order_id, line));
INSERT INTO order_lines VALUES
    (1, 1, 1, 2, 5.25), (2, 1, 1, 1, 10), (2, 2, 2, 2, 5), (3, 1, 3, 3, 3.33), (4, 1, 1, 4, 10), (4, 2, 1, 1, 10),
    (5, 1, 2, 15, 5), (6, 1, NULL, 1, 30), (7, 1, 4, 5, 2.5), (8, 1, 2, 10, 5), (9, 1, 3, 1, 4), (9, 2, 1, 0, 10),
    (11, 1, 9, 1, 1), (12, 1, 1, 5, 10), (50, 1, 1, 7, 1);
CREATE TABLE products (id INTEGER PRIMARY KEY, title TEXT, category TEXT);
INSERT INTO products VALUES (1, 'Saw', 'tool'), (2, 'Bear', 'toy'), (3, '50%_off!', 'toy'), (4, 'Thing', NULL), (5, 'Unsold', 'book');
CREATE TABLE campaigns (id INTEGER PRIMARY KEY, title TEXT, start_date DATE, cost REAL);
INSERT INTO campaigns VALUES (1, 'Summer', '2026-08-01', 10.5), (2, 'Autumn', '2026-10-15', 20), (3, 'Winter', '2026-12-01', 30), (4, 'Ever', NULL, 1), (5, 'Sale', '2026-10-31', 4);
CREATE TABLE airports (code TEXT PRIMARY KEY, city TEXT);
INSERT INTO airports VALUES ('BER', 'Berlin'), ('CDG', 'Paris'), ('ORY', 'Paris');
CREATE TABLE flights (id INTEGER PRIMARY KEY, origin TEXT, destination TEXT, departed TIMESTAMP, seats INTEGER);
INSERT INTO flights VALUES (1, 'BER', 'CDG', '2026-11-01 10:00:00', 100), (2, 'CDG', 'BER', '2026-11-02 10:00:00', 90), (3, 'ORY', 'BER', '2026-11-08 10:00:00', 80), (4, 'XXX', 'CDG', '2026-11-09 10:00:00', 70);
CREATE TABLE balances (account TEXT, day DATE, balance REAL, PRIMARY KEY (account, day));
INSERT INTO balances VALUES ('a', '2026-11-01', 10), ('a', '2026-11-02', 12), ('b', '2026-11-01', 5), ('b', '2026-11-02', 6);
