CREATE TABLE plans (plan_id INTEGER PRIMARY KEY, plan_name VARCHAR(20), billing VARCHAR(20), monthly_fee DECIMAL(6,2));
INSERT INTO plans VALUES
    (1, 'Student', 'Monthly', 20),
    (2, 'Standard', 'Monthly', 40),
    (3, 'Family', 'Yearly', 70);
CREATE TABLE sites (site_id INTEGER PRIMARY KEY, site_name VARCHAR(20), city VARCHAR(20), opened_on DATE);
INSERT INTO sites VALUES
    (1, 'Harbour', 'Oslo', '2019-05-01'),
    (2, 'Hill', 'Bergen', '2025-03-01');
CREATE TABLE rooms (room_id INTEGER PRIMARY KEY, room_name VARCHAR(20), site_id INTEGER, seats INTEGER);
INSERT INTO rooms VALUES
    (1, 'Blue', 1, 10),
    (2, 'Red', 1, 20),
    (3, 'Green', 2, 30);
CREATE TABLE members (member_id INTEGER PRIMARY KEY, member_name VARCHAR(20), birth_date DATE, job VARCHAR(20), plan_id INTEGER, mentor_id INTEGER, member_code VARCHAR(10));
INSERT INTO members VALUES
    (1, 'Anna', '1960-02-01', 'Mentor', 2, NULL, 'K100'),
    (2, 'Ben', '1975-05-05', 'Teacher', 1, 1, 'K200'),
    (3, 'Cleo', '1999-09-09', 'Teacher', 1, 1, 'K300'),
    (4, 'Dan', '1965-01-01', 'Nurse', 3, 2, 'K400'),
    (5, 'Eva', '1990-01-01', 'Mentor', NULL, 4, 'K500');
CREATE TABLE contracts (contract_no VARCHAR(10) PRIMARY KEY, member_id INTEGER, starts_on DATE, expires_on DATE, fee DECIMAL(6,2));
INSERT INTO contracts VALUES
    ('C1', 1, '2024-01-01', '2026-01-01', 10),
    ('C2', 2, '2026-01-01', '2027-06-01', 20),
    ('C3', 3, '2026-02-01', NULL, 30),
    ('C4', 4, '2025-01-01', '2026-03-01', 40);
CREATE TABLE bookings (booking_id INTEGER PRIMARY KEY, member_id INTEGER, room_id INTEGER, day DATE, price DECIMAL(6,2));
INSERT INTO bookings VALUES
    (1, 1, 1, '2026-01-05', 5),
    (2, 2, 1, '2026-06-05', 6),
    (3, 2, 2, '2026-12-24', 7),
    (4, 3, 3, '2027-01-10', 8),
    (5, 4, 3, '2025-05-05', 9);
CREATE TABLE transfers (transfer_id INTEGER PRIMARY KEY, member_id INTEGER, from_site_id INTEGER, to_site_id INTEGER, moved_on DATE);
INSERT INTO transfers VALUES
    (1, 1, 1, 2, '2026-01-01'),
    (2, 2, 2, 1, '2026-02-01'),
    (3, 3, 1, 2, '2026-03-01');
CREATE TABLE visits (visit_id INTEGER PRIMARY KEY, member_id INTEGER, site_id INTEGER, visited_on DATE);
INSERT INTO visits VALUES
    (1, 1, 1, '2026-01-01'),
    (2, 4, 2, '2026-01-01'),
    (3, 4, 2, '2026-01-02');
