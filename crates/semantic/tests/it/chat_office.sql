CREATE TABLE customers (customer_id INTEGER PRIMARY KEY, name TEXT, region TEXT, employees INTEGER, signup_date DATE);
INSERT INTO customers VALUES
    (1, 'Miller', 'EU', 10, '2025-01-05'), (2, 'Miller', 'AMER', 40, '2025-02-01'), (3, 'Ito', 'APAC', 7, '2025-06-01'),
    (4, 'Novak', 'EU', 25, '2026-01-10'), (5, 'Idle', 'EU', 3, '2026-03-15'), (6, 'Stone', 'AMER', NULL, '2026-10-02');
CREATE TABLE orders (order_id INTEGER PRIMARY KEY, customer_id INTEGER, order_date DATE, status TEXT, channel TEXT, amount REAL);
INSERT INTO orders VALUES
    (101, 1, '2025-03-10', 'paid', 'web', 100), (102, 1, '2025-08-11', 'paid', 'store', 50), (103, 1, '2026-02-03', 'cancelled', 'web', 70),
    (104, 2, '2025-05-05', 'paid', 'web', 500), (105, 2, '2026-05-06', 'pending', 'web', 20), (106, 3, '2026-03-02', 'paid', 'store', 900),
    (107, 3, '2026-10-20', 'paid', 'web', 1000), (108, 4, '2026-10-21', 'cancelled', 'store', 30), (109, 4, '2026-11-10', 'paid', 'web', 60),
    (110, 1, '2026-11-11', 'paid', 'web', 950), (111, NULL, '2026-07-01', 'paid', 'web', 5), (112, 4, '2026-08-15', 'paid', 'store', 300);
CREATE TABLE items (item_id INTEGER PRIMARY KEY, order_id INTEGER, product_id INTEGER, quantity INTEGER);
INSERT INTO items VALUES
    (1, 101, 1, 2), (2, 101, 2, 1), (3, 102, 1, 1), (4, 104, 3, 5), (5, 106, 2, 3), (6, 107, 1, 4), (7, 107, 3, 4),
    (8, 109, 3, 1), (9, 110, 2, 6), (10, 112, NULL, 1), (11, 999, 1, 9);
CREATE TABLE products (product_id INTEGER PRIMARY KEY, title TEXT, category TEXT);
INSERT INTO products VALUES (1, 'Runner', 'Shoes'), (2, 'Boot', 'Shoes'), (3, 'Cap', 'Hats'), (4, 'Beret', 'Hats');
CREATE TABLE tickets (ticket_id INTEGER PRIMARY KEY, customer_id INTEGER, opened_on DATE, closed_on DATE, priority TEXT, state TEXT);
INSERT INTO tickets VALUES
    (1, 1, '2026-11-10', NULL, 'high', 'open'), (2, 1, '2026-11-12', NULL, 'low', 'open'), (3, 2, '2026-11-11', '2026-11-13', 'high', 'closed'),
    (4, 3, '2026-10-01', NULL, 'high', 'open'), (5, 2, '2026-03-01', '2026-03-02', 'low', 'closed');
