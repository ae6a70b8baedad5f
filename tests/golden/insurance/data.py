"""A property and casualty insurer in the south of the United States: policies sold by agents, what they cover, and the claims.

The tables and columns are those of the ACME insurance benchmark (data.world, 2023) that its questions need, with a calendar
beside them (days between two dates are counted alike in every system with it); the rows are our own.
"""
import random
from datetime import date, timedelta

TABLES: list[str] = [
    """CREATE TABLE calendar (
  calendar_date DATE NOT NULL PRIMARY KEY,
  day_number INTEGER NOT NULL
)""",
    """CREATE TABLE geographic_location (
  geographic_location_identifier INTEGER NOT NULL PRIMARY KEY,
  location_name VARCHAR(60) NOT NULL,
  state_code VARCHAR(2) NOT NULL
)""",
    """CREATE TABLE insurable_object (
  insurable_object_identifier INTEGER NOT NULL PRIMARY KEY,
  geographic_location_identifier INTEGER NOT NULL,
  insurable_object_type_code VARCHAR(30) NOT NULL,
  FOREIGN KEY (geographic_location_identifier) REFERENCES geographic_location (geographic_location_identifier)
)""",
    """CREATE TABLE party (
  party_identifier INTEGER NOT NULL PRIMARY KEY,
  party_name VARCHAR(80) NOT NULL,
  begin_date DATE,
  end_date DATE,
  party_type_code VARCHAR(20) NOT NULL
)""",
    """CREATE TABLE party_role (
  party_role_code VARCHAR(20) NOT NULL PRIMARY KEY,
  party_role_name VARCHAR(40) NOT NULL
)""",
    """CREATE TABLE catastrophe (
  catastrophe_identifier INTEGER NOT NULL PRIMARY KEY,
  catastrophe_type_code VARCHAR(20) NOT NULL,
  catastrophe_name VARCHAR(100) NOT NULL,
  industry_catastrophe_code VARCHAR(20),
  company_catastrophe_code VARCHAR(20)
)""",
    """CREATE TABLE policy (
  policy_identifier INTEGER NOT NULL PRIMARY KEY,
  effective_date DATE NOT NULL,
  expiration_date DATE NOT NULL,
  policy_number VARCHAR(50) NOT NULL,
  status_code VARCHAR(20) NOT NULL,
  geographic_location_identifier INTEGER,
  FOREIGN KEY (geographic_location_identifier) REFERENCES geographic_location (geographic_location_identifier)
)""",
    """CREATE TABLE agreement_party_role (
  agreement_identifier INTEGER NOT NULL,
  party_identifier INTEGER NOT NULL,
  party_role_code VARCHAR(20) NOT NULL,
  effective_date DATE NOT NULL,
  expiration_date DATE,
  PRIMARY KEY (agreement_identifier, party_identifier, party_role_code, effective_date),
  FOREIGN KEY (agreement_identifier) REFERENCES policy (policy_identifier),
  FOREIGN KEY (party_identifier) REFERENCES party (party_identifier),
  FOREIGN KEY (party_role_code) REFERENCES party_role (party_role_code)
)""",
    """CREATE TABLE policy_coverage_detail (
  effective_date DATE NOT NULL,
  policy_coverage_detail_identifier INTEGER NOT NULL,
  insurable_object_identifier INTEGER NOT NULL,
  policy_identifier INTEGER NOT NULL,
  coverage_part_code VARCHAR(20) NOT NULL,
  coverage_description VARCHAR(200),
  expiration_date DATE NOT NULL,
  PRIMARY KEY (effective_date, policy_coverage_detail_identifier),
  FOREIGN KEY (insurable_object_identifier) REFERENCES insurable_object (insurable_object_identifier),
  FOREIGN KEY (policy_identifier) REFERENCES policy (policy_identifier)
)""",
    """CREATE TABLE policy_amount (
  policy_amount_identifier INTEGER NOT NULL PRIMARY KEY,
  policy_identifier INTEGER NOT NULL,
  effective_date DATE NOT NULL,
  amount_type_code VARCHAR(5),
  policy_coverage_detail_identifier INTEGER NOT NULL,
  policy_amount NUMERIC(12,2) NOT NULL,
  FOREIGN KEY (effective_date, policy_coverage_detail_identifier)
    REFERENCES policy_coverage_detail (effective_date, policy_coverage_detail_identifier),
  FOREIGN KEY (policy_identifier) REFERENCES policy (policy_identifier)
)""",
    """CREATE TABLE premium (
  policy_amount_identifier INTEGER NOT NULL PRIMARY KEY,
  FOREIGN KEY (policy_amount_identifier) REFERENCES policy_amount (policy_amount_identifier)
)""",
    """CREATE TABLE claim (
  claim_identifier INTEGER NOT NULL PRIMARY KEY,
  catastrophe_identifier INTEGER,
  claim_description VARCHAR(200),
  claims_made_date DATE,
  company_claim_number VARCHAR(20) NOT NULL,
  insurable_object_identifier INTEGER NOT NULL,
  claim_open_date DATE NOT NULL,
  claim_close_date DATE,
  claim_reopen_date DATE,
  claim_status_code VARCHAR(10) NOT NULL,
  claim_reported_date DATE,
  FOREIGN KEY (catastrophe_identifier) REFERENCES catastrophe (catastrophe_identifier),
  FOREIGN KEY (insurable_object_identifier) REFERENCES insurable_object (insurable_object_identifier)
)""",
    """CREATE TABLE claim_coverage (
  claim_identifier INTEGER NOT NULL,
  effective_date DATE NOT NULL,
  policy_coverage_detail_identifier INTEGER NOT NULL,
  PRIMARY KEY (claim_identifier, effective_date, policy_coverage_detail_identifier),
  FOREIGN KEY (claim_identifier) REFERENCES claim (claim_identifier),
  FOREIGN KEY (effective_date, policy_coverage_detail_identifier)
    REFERENCES policy_coverage_detail (effective_date, policy_coverage_detail_identifier)
)""",
    """CREATE TABLE claim_amount (
  claim_amount_identifier INTEGER NOT NULL PRIMARY KEY,
  claim_identifier INTEGER NOT NULL,
  amount_type_code VARCHAR(20),
  event_date DATE NOT NULL,
  claim_amount NUMERIC(12,2) NOT NULL,
  FOREIGN KEY (claim_identifier) REFERENCES claim (claim_identifier)
)""",
    *[
        f"""CREATE TABLE {kind} (
  claim_amount_identifier INTEGER NOT NULL PRIMARY KEY,
  FOREIGN KEY (claim_amount_identifier) REFERENCES claim_amount (claim_amount_identifier)
)"""
        for kind in ("loss_payment", "loss_reserve", "expense_payment", "expense_reserve")
    ],
]

#: The reporting layer that the model stands on. A policy has one agent and one holder; a claim is made under one coverage; a
#: coverage has one premium and at most one limit.
VIEWS: list[str] = [
    """CREATE VIEW v_agent AS
SELECT party_identifier AS agent_identifier, party_name AS agent_name, party_type_code AS agent_type_code
FROM party
WHERE party_identifier IN (SELECT party_identifier FROM agreement_party_role WHERE party_role_code = 'AG')""",
    """CREATE VIEW v_policy_holder AS
SELECT party_identifier AS policy_holder_identifier, party_name AS policy_holder_name, party_type_code AS policy_holder_type_code
FROM party
WHERE party_identifier IN (SELECT party_identifier FROM agreement_party_role WHERE party_role_code = 'PH')""",
    """CREATE VIEW v_policy AS
SELECT p.policy_identifier, p.policy_number, p.effective_date, p.expiration_date, p.status_code,
  p.geographic_location_identifier, ag.party_identifier AS agent_identifier, ph.party_identifier AS policy_holder_identifier
FROM policy p
LEFT JOIN agreement_party_role ag ON ag.agreement_identifier = p.policy_identifier AND ag.party_role_code = 'AG'
LEFT JOIN agreement_party_role ph ON ph.agreement_identifier = p.policy_identifier AND ph.party_role_code = 'PH'""",
    """CREATE VIEW v_coverage AS
SELECT d.policy_coverage_detail_identifier, d.policy_identifier, d.insurable_object_identifier, d.coverage_part_code,
  d.coverage_description, d.effective_date, d.expiration_date,
  SUM(CASE WHEN p.policy_amount_identifier IS NOT NULL THEN a.policy_amount END) AS premium_amount,
  SUM(CASE WHEN p.policy_amount_identifier IS NULL THEN a.policy_amount END) AS limit_amount
FROM policy_coverage_detail d
LEFT JOIN policy_amount a ON a.policy_coverage_detail_identifier = d.policy_coverage_detail_identifier
  AND a.effective_date = d.effective_date
LEFT JOIN premium p ON p.policy_amount_identifier = a.policy_amount_identifier
GROUP BY d.policy_coverage_detail_identifier, d.policy_identifier, d.insurable_object_identifier, d.coverage_part_code,
  d.coverage_description, d.effective_date, d.expiration_date""",
    """CREATE VIEW v_claim AS
SELECT c.claim_identifier, c.company_claim_number, c.claim_description, c.claim_status_code, c.claims_made_date,
  c.claim_reported_date, c.claim_open_date, c.claim_close_date, c.claim_reopen_date, c.catastrophe_identifier,
  cc.policy_coverage_detail_identifier, closed.day_number - opened.day_number AS days_to_settle
FROM claim c
LEFT JOIN claim_coverage cc ON cc.claim_identifier = c.claim_identifier
LEFT JOIN calendar opened ON opened.calendar_date = c.claim_open_date
LEFT JOIN calendar closed ON closed.calendar_date = c.claim_close_date""",
    """CREATE VIEW v_claim_amount AS
SELECT a.claim_amount_identifier, a.claim_identifier, a.event_date, a.claim_amount,
  CASE WHEN lp.claim_amount_identifier IS NOT NULL THEN 'loss payment'
    WHEN lr.claim_amount_identifier IS NOT NULL THEN 'loss reserve'
    WHEN ep.claim_amount_identifier IS NOT NULL THEN 'expense payment'
    WHEN er.claim_amount_identifier IS NOT NULL THEN 'expense reserve'
    ELSE 'recovery' END AS amount_kind
FROM claim_amount a
LEFT JOIN loss_payment lp ON lp.claim_amount_identifier = a.claim_amount_identifier
LEFT JOIN loss_reserve lr ON lr.claim_amount_identifier = a.claim_amount_identifier
LEFT JOIN expense_payment ep ON ep.claim_amount_identifier = a.claim_amount_identifier
LEFT JOIN expense_reserve er ON er.claim_amount_identifier = a.claim_amount_identifier""",
]

FIRST_DAY, LAST_DAY, TODAY = date(2024, 1, 1), date(2026, 11, 19), date(2026, 11, 20)

LOCATIONS = [
    (1, "San Antonio", "TX"), (2, "Corpus Christi", "TX"), (3, "Houston", "TX"), (4, "New Orleans", "LA"),
    (5, "Baton Rouge", "LA"), (6, "Oklahoma City", "OK"), (7, "Tulsa", "OK"), (8, "Cañon City", "CO"),
    (9, "Biloxi", "MS"), (10, "Houston", "MS"),
]
LOCATION_WEIGHT = [16, 9, 22, 14, 8, 10, 7, 5, 6, 2]

AGENTS = [
    (11, "Gulf Coast Brokers", "organization"), (12, "Peña and Daughters", "organization"),
    (13, "Route 66 Agency", "organization"), (14, "Marlene Thibodeaux", "person"), (15, "Desmond Achebe", "person"),
    (16, "Lone Star Cover", "organization"), (17, "José Villarreal", "person"), (18, "Pelican Insurance 1", "organization"),
    (19, "Ruth Ann Coker", "person"), (20, "Front Range Partners", "organization"), (21, "Bayou Mutual Agents", "organization"),
    (22, "Zoë Lindqvist", "person"),
]
AGENT_WEIGHT = [30, 18, 14, 12, 9, 22, 8, 11, 5, 6, 10, 3]

UNDERWRITERS = [(51, "Halima Osei", "person"), (52, "Grant Whitlock", "person"), (53, "Ingrid Møller", "person")]

FIRMS = [
    "Bluebonnet Bakery", "Cypress Marina 3", "Delgado Ranch", "Crescent City Hotel", "Padre Island Rentals", "Tulsa Tool Works",
    "Café Evangeline", "Red River Feed", "Alamo Self Storage 24", "Magnolia Dental", "Bayou Brewing", "Panhandle Motors",
    "Ozone Cold Storage", "Sabine Timber", "Royal Gorge Outfitters", "Pecan Street Lofts", "Gulf Shrimp 7", "Choctaw Electric",
]
FIRST = ["Amara", "Beau", "Camila", "Dwight", "Eleanor", "François", "Gwen", "Hector", "Imani", "Jolene", "Kofi", "Lupe", "Mónica",
         "Nathaniel", "Odette", "Priya", "Quentin", "Rosario", "Silas", "Tomás", "Uma", "Vernon", "Wren", "Yolanda"]
LAST = ["Abbott", "Boudreaux", "Castañeda", "Dupree", "Echols", "Fontenot", "García", "Hightower", "Ibarra", "Jefferson", "Kessler",
        "LeBlanc", "McCoy", "Nuñez", "O'Dell", "Pruitt", "Quiroga", "Rainwater", "Sauceda", "Van Zandt"]

CATASTROPHES = [
    # identifier, type, name, industry code, company code, first day, states
    (1, "hurricane", "Hurricane Marisol", "CAT 2447", "ACM-H1", date(2024, 8, 27), ("TX", "LA")),
    (2, "hurricane", "Hurricane Teodor", "CAT 2561", "ACM-H2", date(2025, 9, 9), ("LA", "MS", "TX")),
    (3, "tornado", "Red River Tornado", "CAT 2518", None, date(2025, 4, 22), ("OK", "TX")),
    (4, "flood", "Brazos Flood 2025", "CAT 2532", "ACM-F1", date(2025, 6, 3), ("TX",)),
    (5, "wildfire", "Cañon Wildfire", "CAT 2539", "ACM-W1", date(2025, 7, 11), ("CO",)),
    (6, "hail", "Memorial Day Hail", None, None, date(2026, 5, 25), ("TX", "OK")),
    (7, "winter storm", "Winter Storm 26", "CAT 2603", "ACM-S1", date(2026, 1, 17), ("TX", "OK", "CO", "LA")),
    (8, "flood", "Bayou Flood", "CAT 2622", "ACM-F2", date(2026, 4, 8), ("LA", "MS")),
    (9, "wildfire", "Mesa Wildfire", "CAT 2641", None, date(2026, 9, 30), ()),
]

#: Kind of policy: prefix of its number, object insured, coverage parts with the range of premium and of limit, weight.
KINDS = [
    ("HO", "dwelling", [("property", 900, 4200, 180000, 850000), ("liability", 150, 520, 100000, 500000)], 40),
    ("FL", "dwelling", [("flood", 420, 2600, 80000, 350000)], 14),
    ("CP", "commercial building", [("property", 4200, 26000, 900000, 6500000), ("liability", 1300, 9000, 500000, 3000000)], 20),
    ("AU", "vehicle", [("auto", 640, 2900, 25000, 95000)], 22),
    ("MR", "boat", [("marine", 700, 5200, 30000, 420000)], 8),
]
WORDS = {
    "property": "Building and contents", "liability": "Third-party liability", "flood": "Rising water", "auto": "Vehicle damage",
    "marine": "Hull and equipment",
}
CAUSES = {
    "property": ["Kitchen fire", "Burst pipe", "Roof damage", "Theft", "Lightning"],
    "liability": ["Visitor fell on stairs", "Dog bite", "Damage to neighbour"],
    "flood": ["Water in ground floor", "Sewer backflow"],
    "auto": ["Rear-end collision", "Hail on car", "Windscreen", "Stolen vehicle"],
    "marine": ["Hull breach", "Engine fire"],
}


def rows() -> dict[str, list[tuple]]:
    dice = random.Random(4417)
    day = lambda one: one.isoformat() if one else None
    money = lambda low, high: round(dice.uniform(low, high), 2)
    out: dict[str, list[tuple]] = {table.split("(")[0].split()[2]: [] for table in TABLES}

    for number in range((LAST_DAY - FIRST_DAY).days + 1):
        out["calendar"].append((day(FIRST_DAY + timedelta(days=number)), 45292 + number))
    out["geographic_location"] = LOCATIONS
    state_of = {one[0]: one[2] for one in LOCATIONS}
    out["party_role"] = [("AG", "Agent"), ("PH", "PolicyHolder"), ("UW", "Underwriter")]
    out["catastrophe"] = [one[:5] for one in CATASTROPHES]

    people = [f"{first} {last}" for first in FIRST for last in LAST]
    dice.shuffle(people)
    holders = [(name, "organization") for name in FIRMS] + [(name, "person") for name in people[:72]]
    dice.shuffle(holders)
    holders = [(201 + at, *one) for at, one in enumerate(holders)]
    for identifier, name, kind in [*AGENTS, *UNDERWRITERS, *holders]:
        begin = date(dice.randint(1991, 2023), dice.randint(1, 12), dice.randint(1, 28)) if dice.random() < 0.9 else None
        out["party"].append((identifier, name, day(begin), "2026-06-30" if identifier == 22 else None, kind))

    # Policies, with their parties, coverages and amounts.
    coverages = []
    object_at, coverage_at, amount_at = 1, 1, 1
    sequence = {}
    for number in range(160):
        prefix, thing, parts, _ = dice.choices(KINDS, [one[3] for one in KINDS])[0]
        firm = prefix == "CP" or dice.random() < 0.12
        pool = [one for one in holders if (one[2] == "organization") == firm]
        holder = pool[min(int(dice.expovariate(1 / (len(pool) / 2.6))), len(pool) - 1)][0]
        agent = dice.choices(AGENTS, AGENT_WEIGHT)[0][0]
        if number == 77:
            holder = 14  # an agent who is insured with us
        place = dice.choices(LOCATIONS, LOCATION_WEIGHT)[0][0]
        start = FIRST_DAY + timedelta(days=int(dice.random() ** 1.3 * 1020))
        years = min(dice.choice([1, 1, 2, 2, 3]), 1 + (TODAY - start).days // 365)
        cancelled = dice.random() < 0.07
        anniversary = lambda n: date(start.year + n, start.month, min(start.day, 28))
        start = anniversary(0)
        end = anniversary(years) - timedelta(days=1)
        status = "cancelled" if cancelled else "active" if end >= TODAY else "expired"
        sequence[prefix] = sequence.get(prefix, 100) + dice.randint(1, 9)
        policy = 3001 + number
        out["policy"].append((policy, day(start), day(end), f"{prefix}-{start.year % 100}-{sequence[prefix]:04d}", status,
                              place if dice.random() < 0.96 else None))
        out["agreement_party_role"].append((policy, agent, "AG", day(start), None))
        out["agreement_party_role"].append((policy, holder, "PH", day(start), None))
        if prefix in ("CP", "MR"):
            out["agreement_party_role"].append((policy, dice.choice(UNDERWRITERS)[0], "UW", day(start), None))
        things = []
        for _ in range(2 if prefix == "CP" and dice.random() < 0.2 else 1):
            out["insurable_object"].append((object_at, place, thing))
            things.append(object_at)
            object_at += 1
        chosen = [(item, part) for item in things for part in parts[:1]] + [(things[0], part) for part in parts[1:] if dice.random() < 0.5]
        base = {one: (money(one[1][1], one[1][2]), round(dice.uniform(one[1][3], one[1][4]), -3)) for one in chosen}
        for year in range(years):
            for one in chosen:
                item, part = one
                begin, close = anniversary(year), anniversary(year + 1) - timedelta(days=1)
                premium, limit = base[one]
                premium = round(premium * (1.045 ** year) * dice.uniform(0.98, 1.06), 2)
                out["policy_coverage_detail"].append((day(begin), coverage_at, item, policy, part[0],
                                                      WORDS[part[0]] if dice.random() < 0.9 else None, day(close)))
                if dice.random() < 0.95:
                    out["policy_amount"].append((amount_at, policy, day(begin), None, coverage_at, limit))
                    amount_at += 1
                out["policy_amount"].append((amount_at, policy, day(begin), "Year", coverage_at, premium))
                out["premium"].append((amount_at,))
                amount_at += 1
                coverages.append((coverage_at, begin, close, policy, item, part[0], premium, limit, state_of[place]))
                coverage_at += 1

    # Claims: one in four from a catastrophe.
    claims = []
    weight = {one: dice.choice([0, 0, 1, 1, 2, 5]) for one in sorted({one[3] for one in coverages})}
    while len(claims) < 108:
        one = dice.choices(coverages, [weight[c[3]] for c in coverages])[0]
        last = min(one[2], LAST_DAY - timedelta(days=2))
        if (last - one[1]).days < 2:
            continue
        happened = one[1] + timedelta(days=dice.randint(0, (last - one[1]).days))
        claims.append((happened, None, one))
    for catastrophe in CATASTROPHES:
        hit = [c for c in coverages if c[8] in catastrophe[6] and c[1] <= catastrophe[5] <= c[2] and c[5] != "liability"]
        dice.shuffle(hit)
        for one in hit[: dice.randint(3, 8)]:
            claims.append((catastrophe[5] + timedelta(days=dice.randint(0, 4)), catastrophe, one))
    claims.sort(key=lambda claim: (claim[0], claim[2][0]))
    at, of_year = 1, {}
    for number, (happened, catastrophe, one) in enumerate(claims):
        claim = 7001 + number
        reported = min(happened + timedelta(days=dice.choice([0, 0, 1, 1, 2, 3, 6, 15])), LAST_DAY)
        opened = min(reported + timedelta(days=dice.choice([0, 0, 1, 1, 2, 4])), LAST_DAY)
        settled = opened + timedelta(days=int(dice.lognormvariate(3.7, 0.8)) + 2)
        fate = dice.random()
        status, closed, again = "open", None, None
        if settled <= LAST_DAY and fate < 0.9:
            status, closed = ("denied" if fate < 0.09 else "closed"), settled
            if 0.09 < fate < 0.15 and settled + timedelta(days=60) < LAST_DAY:
                status, closed, again = "reopened", None, settled + timedelta(days=dice.randint(8, 55))
        of_year[opened.year] = of_year.get(opened.year, 300) + dice.randint(1, 6)
        cause = catastrophe[1].capitalize() if catastrophe else dice.choice(CAUSES[one[5]])
        out["claim"].append((claim, catastrophe[0] if catastrophe else None, cause if dice.random() < 0.85 else None, day(happened),
                             f"C{opened.year % 100}-{of_year[opened.year]:05d}", one[4], day(opened), day(closed), day(again), status,
                             day(reported) if dice.random() < 0.95 else None))
        out["claim_coverage"].append((claim, day(one[1]), one[0]))

        size = min(dice.lognormvariate(8.3, 1.0) * (1.9 if catastrophe else 1.0), one[7] * 0.8)
        last = closed or LAST_DAY
        when = lambda: day(opened + timedelta(days=dice.randint(0, max((last - opened).days, 0))))
        booked = []
        if status in ("closed", "reopened"):
            shares = dice.choice([(1,), (1,), (0.6, 0.4), (0.5, 0.3, 0.2)])
            booked += [("loss_payment", "Payment", when(), round(size * share * dice.uniform(0.97, 1.03), 2)) for share in shares]
            if status == "reopened" or dice.random() < 0.3:
                booked.append(("loss_reserve", "Reserve", when(), money(size * 0.05, size * 0.3)))
        elif status == "open":
            if dice.random() < 0.4:
                booked.append(("loss_payment", "Payment", when(), money(size * 0.1, size * 0.4)))
            booked.append(("loss_reserve", "Reserve", day(opened), money(size * 0.6, size * 1.2)))
            if dice.random() < 0.75:
                booked.append(("expense_reserve", "Reserve", day(opened), money(size * 0.03, size * 0.15)))
        if status == "denied" or dice.random() < 0.65:
            booked += [("expense_payment", "Payment", when(), money(120, 260 + size * 0.09)) for _ in range(dice.choice([1, 1, 2]))]
        if status in ("closed", "reopened") and dice.random() < 0.3:
            booked.append(("expense_reserve", "Reserve", when(), money(90, 900)))
        if status == "closed" and dice.random() < 0.16:
            booked.append((None, "Recovery", day(min(closed + timedelta(days=dice.randint(5, 90)), LAST_DAY)), money(size * 0.1, size * 0.5)))
        for table, code, event, amount in booked:
            out["claim_amount"].append((at, claim, code, event, amount))
            if table:
                out[table].append((at,))
            at += 1
    return out
