"""A software company: accounts, plans, subscriptions, invoices, payments, tickets, sales people."""

import random
from datetime import date, datetime, timedelta

TABLES: list[str] = [
    """CREATE TABLE sales_people (
  sales_person_id INTEGER NOT NULL PRIMARY KEY,
  person_name VARCHAR(60) NOT NULL,
  team VARCHAR(30),
  office_city VARCHAR(40),
  hired_on DATE NOT NULL
)""",
    """CREATE TABLE plans (
  plan_id INTEGER NOT NULL PRIMARY KEY,
  plan_name VARCHAR(40) NOT NULL,
  product_line VARCHAR(30) NOT NULL,
  list_price NUMERIC(12,2) NOT NULL
)""",
    """CREATE TABLE accounts (
  account_id INTEGER NOT NULL PRIMARY KEY,
  account_name VARCHAR(80) NOT NULL,
  industry VARCHAR(30),
  segment VARCHAR(30) NOT NULL,
  region VARCHAR(30) NOT NULL,
  country VARCHAR(40) NOT NULL,
  city VARCHAR(40) NOT NULL,
  employees INTEGER,
  lead_source VARCHAR(30),
  signed_up_on DATE NOT NULL,
  owner_id INTEGER,
  FOREIGN KEY (owner_id) REFERENCES sales_people (sales_person_id)
)""",
    """CREATE TABLE subscriptions (
  subscription_id INTEGER NOT NULL PRIMARY KEY,
  account_id INTEGER NOT NULL,
  plan_id INTEGER NOT NULL,
  sold_by_id INTEGER,
  billing_cycle VARCHAR(10) NOT NULL,
  seats INTEGER NOT NULL,
  monthly_fee NUMERIC(12,2) NOT NULL,
  started_on DATE NOT NULL,
  cancelled_on DATE,
  cancel_reason VARCHAR(40),
  FOREIGN KEY (account_id) REFERENCES accounts (account_id),
  FOREIGN KEY (plan_id) REFERENCES plans (plan_id),
  FOREIGN KEY (sold_by_id) REFERENCES sales_people (sales_person_id)
)""",
    """CREATE TABLE invoices (
  invoice_id INTEGER NOT NULL PRIMARY KEY,
  account_id INTEGER NOT NULL,
  issued_on DATE NOT NULL,
  paid_on DATE,
  status VARCHAR(10) NOT NULL,
  amount NUMERIC(12,2) NOT NULL,
  FOREIGN KEY (account_id) REFERENCES accounts (account_id)
)""",
    """CREATE TABLE payments (
  payment_id INTEGER NOT NULL PRIMARY KEY,
  invoice_id INTEGER NOT NULL,
  received_on DATE NOT NULL,
  method VARCHAR(20) NOT NULL,
  amount NUMERIC(12,2) NOT NULL,
  FOREIGN KEY (invoice_id) REFERENCES invoices (invoice_id)
)""",
    """CREATE TABLE support_tickets (
  ticket_id INTEGER NOT NULL PRIMARY KEY,
  account_id INTEGER NOT NULL,
  opened_at TIMESTAMP NOT NULL,
  closed_at TIMESTAMP NULL,
  status VARCHAR(10) NOT NULL,
  priority VARCHAR(10) NOT NULL,
  category VARCHAR(20) NOT NULL,
  channel VARCHAR(10),
  rating INTEGER,
  resolution_hours NUMERIC(12,2),
  FOREIGN KEY (account_id) REFERENCES accounts (account_id)
)""",
]

FIRST = date(2024, 1, 1)
LAST = date(2026, 11, 19)

SALES = [
    ("Nina Berg", "DACH", "Berlin"),
    ("Jürgen Weiß", "DACH", "Berlin"),
    ("Marta López", "Inside Sales", "Madrid"),
    ("Tom O'Hara", "Inside Sales", "London"),
    ("Priya Nair", "Partner", "Singapore"),
    ("Luís Carvalho", "Partner", "Madrid"),
    ("Ada Whitfield", "Inside Sales", "London"),
    ("Grace Kim", "Americas", "New York"),
    ("Diego Santos", "Americas", "New York"),
    ("Wei Chen", "Partner", "Singapore"),
    ("Ingrid Dahl", "Inside Sales", None),
    ("Paul Novak", None, "Berlin"),
]

PLANS = [  # name, product line, list price per seat and month
    ("Starter", "Core", 9.90),
    ("Growth", "Core", 18.50),
    ("Scale", "Core", 27.90),
    ("Enterprise", "Core", 41.25),
    ("Insights Basic", "Analytics", 7.45),
    ("Insights 360", "Analytics", 15.80),
    ("Fleet Tracker", "Logistics", 12.35),
    ("Warehouse Pro", "Logistics", 22.60),
]

PLACES = [  # country, region, cities, weight, signups not before
    ("Germany", "DACH", ["Berlin", "München", "Köln"], 22, FIRST),
    ("Austria", "DACH", ["Wien", "Graz"], 8, FIRST),
    ("Switzerland", "DACH", ["Zürich", "Basel"], 7, FIRST),
    ("France", "Western Europe", ["Paris", "Lyon", "Saint-Étienne"], 13, FIRST),
    ("Luxembourg", "Western Europe", ["Luxembourg", "Esch"], 6, FIRST),
    ("United Kingdom", "Western Europe", ["London", "Leeds"], 15, FIRST),
    ("Spain", "Southern Europe", ["Madrid", "Málaga"], 12, FIRST),
    ("Portugal", "Southern Europe", ["Lisbon", "Porto"], 5, FIRST),
    ("Sweden", "Nordics", ["Stockholm", "Malmö"], 8, FIRST),
    ("Denmark", "Nordics", ["Copenhagen", "Aarhus"], 5, date(2024, 9, 1)),
    ("United States", "Americas", ["New York", "Austin", "Chicago"], 20, FIRST),
    ("Canada", "Americas", ["Toronto", "Montréal"], 8, FIRST),
    ("Brazil", "Americas", ["São Paulo"], 5, date(2025, 1, 15)),
    ("Singapore", "Asia Pacific", ["Singapore"], 7, FIRST),
    ("Japan", "Asia Pacific", ["Tokyo", "Osaka"], 5, date(2025, 7, 1)),
    ("Australia", "Asia Pacific", ["Sydney", "Perth"], 6, FIRST),
]

SPECIAL = [
    "Müller Maschinenbau", "Café Olé", "Société Lumière", "Peña Hermanos", "Studio 54 Design",
    "7Seas Freight", "Northwind Labs", "O'Brien Foods", "Østergaard & Sons", "Route 66 Motors",
    "São Bento Hospital", "Blue Harbor", "Kite 9", "Façade Works", "Grand Élan",
]
HEADS = ["Alpine", "Amber", "Atlas", "Bright", "Cedar", "Cobalt", "Copper", "Crystal", "Delta", "Falcon",
         "Golden", "Granite", "Harvest", "Iron", "Juniper", "Lunar", "Maple", "Nova", "Olive", "Orchid",
         "Pacific", "Quartz", "Raven", "River", "Silver", "Summit", "Tundra", "Velvet"]
TAILS = ["Clinics", "Dynamics", "Freight", "Foods", "Institute", "Media", "Motors", "Outfitters", "Partners",
         "Robotics", "Schools", "Systems", "Textiles", "Works"]


def rows() -> dict[str, list[tuple]]:
    rng = random.Random(20261120)
    out: dict[str, list[tuple]] = {}

    def iso(d: date | None) -> str | None:
        return None if d is None else d.isoformat()

    def between(a: date, b: date) -> date:
        return a + timedelta(days=rng.randint(0, max(0, (b - a).days)))

    out["sales_people"] = [
        (i + 1, n, t, c, iso(between(date(2024, 1, 2), date(2025, 3, 31)))) for i, (n, t, c) in enumerate(SALES)
    ]
    out["plans"] = [(i + 1, n, line, price) for i, (n, line, price) in enumerate(PLANS)]

    names = SPECIAL + [f"{a} {b}" for a in HEADS for b in TAILS]
    special, rest = names[: len(SPECIAL)], names[len(SPECIAL):]
    rng.shuffle(rest)
    names = special + rest[: 245 - len(special)]
    rng.shuffle(names)
    accounts = []
    info = {}
    owner_weight = [14, 9, 13, 8, 11, 6, 10, 16, 7, 5, 4, 0]  # one who owns no account
    for i, name in enumerate(names):
        aid = 101 + i
        country, region, cities, _, first = rng.choices(PLACES, weights=[p[3] for p in PLACES])[0]
        city = rng.choices(cities, weights=[5, 3, 2][: len(cities)])[0]
        segment = rng.choices(["Small business", "Mid-market", "Enterprise"], weights=[50, 33, 17])[0]
        size = {"Small business": (4, 49), "Mid-market": (50, 499), "Enterprise": (500, 9000)}[segment]
        employees = None if rng.random() < 0.08 else rng.randint(*size)
        industry = rng.choices(
            ["Manufacturing", "Healthcare", "Logistics", "Education", "Retail", "Media", "Public sector", None],
            weights=[20, 14, 13, 10, 18, 9, 6, 5])[0]
        source = rng.choices(["Website", "Referral", "Trade fair", "Partner", "Cold call", None],
                             weights=[32, 20, 12, 17, 10, 7])[0]
        signed = between(first, date(2026, 11, 18))
        if rng.random() < 0.35:  # earlier ones are more frequent
            signed = between(first, max(first, date(2025, 6, 30)))
        owner = None if rng.random() < 0.06 else rng.choices(range(1, 13), weights=owner_weight)[0]
        accounts.append((aid, name, industry, segment, region, country, city, employees, source, iso(signed), owner))
        info[aid] = (segment, signed, owner, industry)
    out["accounts"] = accounts

    subs = []
    per_account: dict[int, list[tuple]] = {}
    pending = []
    for aid, (segment, signed, owner, industry) in info.items():
        if rng.random() < 0.07:
            continue
        n = rng.choices([1, 2, 3, 4, 5], weights=[30, 34, 20, 11, 5])[0]
        start = signed + timedelta(days=rng.randint(0, 20))
        for _ in range(n):
            if start > LAST:
                break
            w = {"Small business": [30, 20, 8, 1, 12, 6, 7, 4], "Mid-market": [8, 22, 20, 5, 9, 12, 8, 8],
                 "Enterprise": [2, 6, 18, 24, 4, 16, 5, 10]}[segment][:]
            if industry == "Logistics":
                w[6] *= 3
                w[7] *= 3
            if start < date(2025, 4, 1):  # the line did not exist before
                w[6] = w[7] = 0
            plan = rng.choices(range(1, 9), weights=w)[0]
            lo, hi = {"Small business": (2, 30), "Mid-market": (12, 140), "Enterprise": (60, 620)}[segment]
            seats = rng.randint(lo, hi)
            fee = round(PLANS[plan - 1][2] * seats * rng.uniform(0.78, 1.0), 2)
            cycle = rng.choices(["monthly", "yearly"], weights=[6, 4])[0]
            cancelled, reason = None, None
            if rng.random() < 0.36:
                c = start + timedelta(days=rng.randint(25, 700))
                if c <= LAST:
                    cancelled = c
                    reason = rng.choices(["Price", "Missing features", "Insolvency", "Competitor", None],
                                         weights=[36, 27, 9, 17, 11])[0]
            r = rng.random()
            seller = None if r < 0.05 else (owner if owner and r < 0.5 else rng.choices(
                range(1, 13), weights=[10, 12, 9, 13, 8, 11, 6, 14, 10, 9, 5, 4])[0])
            pending.append((start, aid, plan, seller, cycle, seats, fee, cancelled, reason))
            per_account.setdefault(aid, []).append((start, cancelled, fee))
            start = start + timedelta(days=rng.randint(15, 400))
    pending.sort(key=lambda p: (p[0], p[1]))
    for i, (start, aid, plan, seller, cycle, seats, fee, cancelled, reason) in enumerate(pending):
        subs.append((1001 + i, aid, plan, seller, cycle, seats, fee, iso(start), iso(cancelled), reason))
    out["subscriptions"] = subs

    bills = []
    for aid, mine in per_account.items():
        day = mine[0][0] + timedelta(days=rng.randint(3, 25))
        while day <= LAST:
            fee = sum(f for s, c, f in mine if s <= day and (c is None or c > day))
            if fee:
                step = rng.randint(55, 100)
                bills.append((day, aid, round(fee * step / 30.4 * rng.uniform(0.96, 1.09) + rng.uniform(0.5, 60), 2)))
            day = day + timedelta(days=rng.randint(55, 100))
    bills.sort()
    invoices, pays = [], []
    for i, (day, aid, amount) in enumerate(bills):
        iid = 5001 + i
        paid, status = None, "open"
        if rng.random() < 0.035:
            status = "void"
        elif rng.random() > 0.05:
            p = day + timedelta(days=min(120, int(rng.expovariate(1 / 19)) + 1))
            if p <= LAST:
                paid, status = p, "paid"
        invoices.append((iid, aid, iso(day), iso(paid), status, amount))
        method_w = [40, 30, 18, 12 if day >= date(2025, 2, 1) else 0]
        method = rng.choices(["Card", "Bank transfer", "Direct debit", "PayPal"], weights=method_w)[0]
        if status == "paid":
            if rng.random() < 0.14 and (paid - day).days > 2:
                part = round(amount * rng.uniform(0.25, 0.7), 2)
                pays.append((between(day + timedelta(days=1), paid - timedelta(days=1)), iid, method, part))
                pays.append((paid, iid, method, round(amount - part, 2)))
            else:
                pays.append((paid, iid, method, amount))
        elif status == "open" and rng.random() < 0.2 and day < LAST:
            pays.append((between(day + timedelta(days=1), min(LAST, day + timedelta(days=50))), iid, method,
                         round(amount * rng.uniform(0.1, 0.6), 2)))
    out["invoices"] = invoices
    pays.sort(key=lambda p: (p[0], p[1]))
    out["payments"] = [(8001 + i, iid, iso(d), m, a) for i, (d, iid, m, a) in enumerate(pays)]

    people = [a for a in info if rng.random() > 0.07]
    weight = [rng.choice([1, 1, 2, 3, 5, 9]) * {"Small business": 1, "Mid-market": 2, "Enterprise": 4}[info[a][0]]
              for a in people]
    raw = []
    while len(raw) < 1750:
        aid = rng.choices(people, weights=weight)[0]
        d = between(info[aid][1], LAST)
        t = datetime(d.year, d.month, d.day, rng.choices(range(6, 22), weights=[1, 3, 8, 12, 11, 9, 6, 8, 10, 9, 7, 5, 3, 2, 2, 1])[0],
                     rng.randint(0, 59), rng.randint(0, 59))
        raw.append((t, aid))
    raw.sort()
    tickets = []
    end = datetime(2026, 11, 19, 21, 0, 0)
    for i, (t, aid) in enumerate(raw):
        prio = rng.choices(["low", "normal", "high", "urgent"], weights=[21, 46, 23, 10])[0]
        cat = rng.choices(["Billing question", "Bug", "How-to", "Access", "Feature request"],
                          weights=[15, 31, 27, 16, 11])[0]
        w = [44, 17, 26, 13] if t < datetime(2026, 1, 1) else [44, 0, 34, 22]  # no telephone line since 2026
        channel = None if rng.random() < 0.02 else rng.choices(["Email", "Phone", "Chat", "Portal"], weights=w)[0]
        mean = {"low": 96, "normal": 51, "high": 22, "urgent": 8}[prio] * (1.5 if cat == "Bug" else 1)
        hours = round(rng.expovariate(1 / mean) + 0.2, 2)
        closed = t + timedelta(seconds=int(hours * 3600))
        if closed <= end and rng.random() > 0.015:
            rating = rng.choices([1, 2, 3, 4, 5, None], weights=[5, 7, 13, 21, 19, 35])[0]
            tickets.append((20001 + i, aid, str(t), str(closed), "closed", prio, cat, channel, rating, hours))
        else:
            status = "pending" if rng.random() < 0.35 else "open"
            tickets.append((20001 + i, aid, str(t), None, status, prio, cat, channel, None, None))
    out["support_tickets"] = tickets
    return out
