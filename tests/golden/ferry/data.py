"""A ferry operator: ports, routes, vessels, crew, sailings, customers, bookings, incidents, shifts; rows generated."""
import random
from datetime import date, datetime, timedelta

SYSTEMS = ("sqlite",)

TABLES: list[str] = [
    """CREATE TABLE ports (
  port_code VARCHAR(3) NOT NULL PRIMARY KEY,
  port_name VARCHAR(40) NOT NULL,
  region VARCHAR(20) NOT NULL,
  berths INTEGER NOT NULL,
  ticket_office BOOLEAN NOT NULL
)""",
    """CREATE TABLE routes (
  route_code VARCHAR(4) NOT NULL PRIMARY KEY,
  route_name VARCHAR(60) NOT NULL,
  from_port VARCHAR(3) NOT NULL,
  to_port VARCHAR(3) NOT NULL,
  distance_nm DECIMAL(6,1) NOT NULL,
  crossing_min INTEGER NOT NULL,
  season VARCHAR(12) NOT NULL,
  opened_on DATE NOT NULL,
  closed_on DATE,
  FOREIGN KEY (from_port) REFERENCES ports (port_code),
  FOREIGN KEY (to_port) REFERENCES ports (port_code)
)""",
    """CREATE TABLE vessels (
  vessel_id INTEGER NOT NULL PRIMARY KEY,
  vessel_name VARCHAR(40) NOT NULL,
  vessel_type VARCHAR(20) NOT NULL,
  propulsion VARCHAR(12) NOT NULL,
  built_year INTEGER NOT NULL,
  pax_capacity INTEGER NOT NULL,
  car_capacity INTEGER,
  home_port VARCHAR(3) NOT NULL,
  purchase_price DECIMAL(12,2),
  bought_on DATE NOT NULL,
  sold_on DATE,
  FOREIGN KEY (home_port) REFERENCES ports (port_code)
)""",
    """CREATE TABLE crew (
  crew_id INTEGER NOT NULL PRIMARY KEY,
  crew_name VARCHAR(60) NOT NULL,
  job VARCHAR(20) NOT NULL,
  base_port VARCHAR(3) NOT NULL,
  boss_id INTEGER,
  hired_on DATE NOT NULL,
  left_on DATE,
  hourly_wage DECIMAL(6,2) NOT NULL,
  FOREIGN KEY (base_port) REFERENCES ports (port_code),
  FOREIGN KEY (boss_id) REFERENCES crew (crew_id)
)""",
    """CREATE TABLE sailings (
  sailing_id INTEGER NOT NULL PRIMARY KEY,
  route_code VARCHAR(4) NOT NULL,
  vessel_id INTEGER NOT NULL,
  captain_id INTEGER,
  departure_at TIMESTAMP NOT NULL,
  status VARCHAR(12) NOT NULL,
  cancel_reason VARCHAR(20),
  delay_min INTEGER,
  fuel_litres DECIMAL(8,1),
  FOREIGN KEY (route_code) REFERENCES routes (route_code),
  FOREIGN KEY (vessel_id) REFERENCES vessels (vessel_id),
  FOREIGN KEY (captain_id) REFERENCES crew (crew_id)
)""",
    """CREATE TABLE customers (
  customer_id INTEGER NOT NULL PRIMARY KEY,
  customer_name VARCHAR(60) NOT NULL,
  customer_type VARCHAR(12) NOT NULL,
  town VARCHAR(40),
  customer_since DATE NOT NULL,
  newsletter BOOLEAN NOT NULL
)""",
    """CREATE TABLE bookings (
  booking_no INTEGER NOT NULL PRIMARY KEY,
  customer_id INTEGER NOT NULL,
  sailing_id INTEGER NOT NULL,
  booked_at TIMESTAMP NOT NULL,
  channel VARCHAR(10) NOT NULL,
  passengers INTEGER NOT NULL,
  vehicle VARCHAR(12),
  fare DECIMAL(8,2) NOT NULL,
  booking_status VARCHAR(12) NOT NULL,
  refund DECIMAL(8,2),
  FOREIGN KEY (customer_id) REFERENCES customers (customer_id),
  FOREIGN KEY (sailing_id) REFERENCES sailings (sailing_id)
)""",
    """CREATE TABLE incidents (
  incident_no INTEGER NOT NULL PRIMARY KEY,
  vessel_id INTEGER NOT NULL,
  sailing_id INTEGER,
  reported_by INTEGER NOT NULL,
  occurred_on DATE NOT NULL,
  closed_on DATE,
  kind VARCHAR(20) NOT NULL,
  severity VARCHAR(8) NOT NULL,
  injured INTEGER NOT NULL,
  repair_cost DECIMAL(10,2),
  FOREIGN KEY (vessel_id) REFERENCES vessels (vessel_id),
  FOREIGN KEY (sailing_id) REFERENCES sailings (sailing_id),
  FOREIGN KEY (reported_by) REFERENCES crew (crew_id)
)""",
    """CREATE TABLE shifts (
  shift_id INTEGER NOT NULL PRIMARY KEY,
  crew_id INTEGER NOT NULL,
  vessel_id INTEGER NOT NULL,
  shift_date DATE NOT NULL,
  duty VARCHAR(12) NOT NULL,
  hours DECIMAL(4,1) NOT NULL,
  overtime_hours DECIMAL(4,1) NOT NULL,
  FOREIGN KEY (crew_id) REFERENCES crew (crew_id),
  FOREIGN KEY (vessel_id) REFERENCES vessels (vessel_id)
)""",
]

TODAY = date(2026, 6, 15)
PORTS = [("GRA", "Granhavn", "Mainland", 6, True), ("SKA", "Skarvik", "Mainland", 3, True), ("TER", "Ternholm", "Outer Isles", 2, True), ("LUN", "Lundey", "Inner Isles", 2, False),
         ("OST", "Østby", "Mainland", 4, True), ("KAL", "Kalvø", "Inner Isles", 1, False), ("ROS", "Rossvik", "Outer Isles", 1, False), ("HAV", "Havsund", "Outer Isles", 2, True),
         ("SEL", "Selby Quay", "Mainland", 1, False)]
# code, name, from, to, miles, minutes, season, opened, closed, sailings a day
ROUTES = [("R10", "Ternholm Express", "GRA", "TER", 31.5, 65, "year-round", "2009-05-01", None, 1.0), ("R11", "Ternholm Night", "TER", "GRA", 31.5, 140, "year-round", "2015-03-15", None, .3),
          ("R20", "Inner Isles Loop", "GRA", "LUN", 8.2, 30, "year-round", "1998-06-01", None, 1.1), ("R21", "Kalvø Link", "LUN", "KAL", 3.4, 15, "year-round", "2004-04-10", None, .7),
          ("R30", "Skarvik Crossing", "SKA", "ROS", 22.0, 95, "year-round", "2011-09-01", None, .6), ("R40", "Midsummer Line", "OST", "HAV", 44.8, 180, "summer", "2018-05-20", None, .6),
          ("R41", "Havsund Shuttle", "ROS", "HAV", 12.6, 50, "summer", "2021-06-01", None, .5), ("R50", "Østby Freight", "OST", "TER", 38.9, 210, "year-round", "2013-01-07", "2025-03-31", .4),
          ("R60", "Lighthouse Cruise", "GRA", "GRA", 14.0, 120, "summer", "2026-07-01", None, 0)]
VESSELS = [(1, "Ternholm", "car ferry", "diesel", 1999, 420, 95, "GRA", 14500000, "2003-04-01", None), (2, "Aurora", "fast ferry", "hybrid", 2016, 280, None, "GRA", 11200000, "2016-05-12", None),
           (3, "Sea Eagle", "fast ferry", "diesel", 2011, 240, None, "SKA", 7900000, "2014-02-20", None), (4, "Northern Star", "car ferry", "diesel", 2006, 510, 130, "OST", 21800000, "2006-03-03", None),
           (5, "Puffin", "passenger ferry", "electric", 2021, 120, None, "LUN", 6400000, "2021-09-15", None), (6, "Little Auk", "passenger ferry", "electric", 2023, 90, None, "LUN", 5750000, "2023-06-30", None),
           (7, "Havsund", "car ferry", "hybrid", 2018, 350, 80, "HAV", 18300000, "2018-04-25", None), (8, "Ironside", "freighter", "diesel", 1994, 12, 40, "OST", None, "2005-10-01", "2025-05-10"),
           (9, "Kittiwake", "passenger ferry", "diesel", 1988, 150, None, "SKA", 900000, "1995-07-01", None), (10, "Aurora II", "fast ferry", "electric", 2026, 300, None, "GRA", 16900000, "2026-05-20", None)]
SHIP_OF = {"R10": [2, 2, 1, 3], "R11": [1, 4], "R20": [5, 6, 2], "R21": [5, 6, 6], "R30": [3, 4, 1], "R40": [4, 7, 7], "R41": [7, 3], "R50": [8, 8, 8, 4]}
CAPTAINS = [("Ingrid Dahl", "GRA"), ("Torben Lie", "GRA"), ("Maren Holt", "SKA"), ("Ove Sandvik", "OST"), ("Pia Strand", "LUN"), ("Jonas Berg", "HAV"), ("Sigrid Moe", "GRA"), ("Arne Falk", "SKA")]
OTHERS = ["Eva Lindqvist", "Halvor Næss", "Britt Solheim", "Kjetil Aas", "Nora Vik", "Emil Hauge", "Tiril Foss", "Mads Krog", "Liv Haugen", "Ole Brekke", "Runa Bakke", "Stian Lunde", "Frida Myhre", "Geir Tangen",
          "Hedda Ruud", "Ivar Nygaard", "Janne Eide", "Knut Sæther", "Lars Opdal", "Mona Tveit", "Nils Rønning", "Oda Wiik", "Petter Gran", "Ragna Sunde", "Silje Kvam", "Terje Hagen", "Unni Lervik", "Vidar Skog",
          "Wenche Borg", "Yngve Stokke", "Åse Tønder", "Bjarne Hove"]
FIRST = ["Anna", "Bo", "Carla", "Dina", "Erik", "Freja", "Gustav", "Hanna", "Ida", "Johan", "Karin", "Leif", "Maja", "Niels", "Olga", "Peder", "Rikke", "Sven", "Tove", "Ulla"]
LAST = ["Andersen", "Bjerke", "Carlsen", "Dahl", "Eriksen", "Fjeld", "Grønn", "Hansen", "Iversen", "Juul", "Koch", "Larsen", "Madsen", "Nilsen", "Olsen", "Poulsen", "Quist", "Rasmussen", "Svendsen", "Thorsen"]
FIRMS = ["Granhavn Fish", "Ternholm Brewery", "Isles Post", "Rossvik Salmon", "Nordbygg", "Selby Timber", "Kalvø Dairy", "Østby Logistics", "Havsund Hotel", "Lighthouse Tours", "Coastal School Trips", "Lundey Wool"]


def rows() -> dict[str, list[tuple]]:
    rng = random.Random(4711)
    out: dict[str, list[tuple]] = {n: [] for n in ("ports", "routes", "vessels", "crew", "sailings", "customers", "bookings", "incidents", "shifts")}
    out["ports"] = list(PORTS)
    out["routes"] = [r[:9] for r in ROUTES]
    out["vessels"] = list(VESSELS)
    for i, (n, p) in enumerate(CAPTAINS, 1):
        out["crew"].append((i, n, "captain", p, 1 if i != 1 else None, (date(2003, 2, 1) + timedelta(days=rng.randrange(6500))).isoformat(), "2025-08-31" if n == "Arne Falk" else None, round(46 + rng.random() * 12, 2)))
    for i, n in enumerate(OTHERS, 9):
        job = ["engineer", "deckhand", "steward", "deckhand", "engineer", "steward", "mate", "deckhand"][i % 8]
        hired = date(2008, 1, 7) + timedelta(days=rng.randrange(6700))
        left = date(2024, 3, 1) + timedelta(days=rng.randrange(760)) if rng.random() < .16 and hired < date(2024, 1, 1) else None
        out["crew"].append((i, n, job, rng.choice(["GRA", "GRA", "SKA", "OST", "LUN", "HAV"]), rng.randrange(1, 8), hired.isoformat(), left.isoformat() if left else None,
                            round({"engineer": 38, "mate": 40, "deckhand": 27, "steward": 24}[job] + rng.random() * 5, 2)))
    sail = []
    day = date(2024, 1, 1)
    while day <= date(2026, 6, 30):
        for r in ROUTES:
            if r[6] == "summer" and not 5 <= day.month <= 9 or r[8] and day.isoformat() > r[8]:
                continue
            w = r[9] * (1.35 if day.month in (6, 7, 8) else 1)
            for _ in range(int(w) + (rng.random() < w % 1)):
                v = rng.choice(SHIP_OF[r[0]])
                if v == 2 and day >= date(2026, 5, 25) and rng.random() < .5:
                    v = 10
                hour = rng.choice([22, 23]) if r[0] == "R11" else rng.choice([6, 7, 8, 10, 12, 14, 16, 17, 19])
                sail.append((datetime(day.year, day.month, day.day, hour, rng.choice([0, 15, 30, 45])), r, v))
        day += timedelta(days=1)
    sail.sort(key=lambda s: (s[0], s[1][0], s[2]))
    for k, (when, r, v) in enumerate(sail):
        cap = rng.choices(range(1, 9), [9, 7, 6, 6, 8, 5, 7, 3])[0]
        if cap == 8 and when.date() > date(2025, 8, 31):
            cap = 1
        status, why, delay, fuel = "sailed", None, None, None
        if when.date() >= TODAY:
            status = "scheduled"
            cap = cap if rng.random() > .3 else None
        elif rng.random() < (.09 if when.month in (11, 12, 1, 2) else .03):
            status, why = "cancelled", rng.choices(["weather", "technical", "crew shortage"], [6, 3, 2] if when.month in (11, 12, 1, 2) else [1, 4, 2])[0]
        else:
            delay = 0 if rng.random() < .58 else int(rng.gammavariate(1.4, 11 if v != 1 else 17)) + 1
            ship = VESSELS[v - 1]
            if ship[3] != "electric":
                fuel = round(r[4] * (ship[5] / 8 + 9) * (.55 if ship[3] == "hybrid" else 1) * rng.uniform(.9, 1.15), 1)
        out["sailings"].append((20001 + k, r[0], v, cap, when.isoformat(sep=" "), status, why, delay, fuel))
    names = [f"{f} {l}" for f in FIRST for l in LAST]
    rng.shuffle(names)
    people = ["Ingrid Dahl", *[n for n in names if n != "Ingrid Dahl"][:387], *FIRMS]
    rng.shuffle(people)
    for i, n in enumerate(people, 1):
        kind = "business" if n in FIRMS else rng.choices(["private", "resident"], [7, 3])[0]
        town = rng.choice(["Ternholm", "Lundey", "Kalvø", "Rossvik", "Havsund"]) if kind == "resident" else rng.choices(["Granhavn", "Skarvik", "Østby", "Ternholm", "Storby", None], [9, 4, 5, 2, 6, 2])[0]
        out["customers"].append((500 + i, n, kind, town, (date(2017, 1, 9) + timedelta(days=rng.randrange(3440))).isoformat(), rng.random() < .42))
    idle = set(rng.sample(range(501, 501 + len(people)), 27))
    weight = [0 if c[0] in idle else rng.uniform(.2, 2) ** 2 * {"business": 6, "resident": 2.2, "private": 1}[c[2]] for c in out["customers"]]
    sails = out["sailings"]
    sw = [{"R10": 3, "R40": 3, "R41": 2, "R20": 1.4, "R50": 1}.get(s[1], 1) * (1.5 if s[4][5:7] in ("06", "07", "08") else 1) * (1 + .12 * (int(s[4][:4]) - 2024)) for s in sails]
    made = []
    for _ in range(6200):
        s = rng.choices(sails, sw)[0]
        c = rng.choices(out["customers"], weight)[0]
        dep = datetime.fromisoformat(s[4])
        b = dep - timedelta(days=int(rng.gammavariate(1.2, 14)), hours=rng.randrange(1, 12), minutes=rng.randrange(60))
        if b.date() >= TODAY or b.date().isoformat() < c[4]:
            continue
        freight = s[1] == "R50"
        car = VESSELS[s[2] - 1][6]
        pax = rng.choices([1, 2, 3, 4, 5, 8, 24], [30, 34, 12, 14, 5, 3, 1])[0] if not freight else rng.choice([1, 1, 2])
        veh = None
        if car:
            veh = rng.choices(["car", "van", "motorbike", "bicycle", "truck", None], [40, 8, 6, 9, 5, 32])[0] if not freight else rng.choice(["truck", "truck", "van"])
        elif rng.random() < .12:
            veh = "bicycle"
        base = next(r[4] for r in ROUTES if r[0] == s[1])
        fare = pax * (6 + base * .62) + {"car": 18 + base, "van": 26 + base * 1.4, "motorbike": 12, "bicycle": 4, "truck": 70 + base * 3, None: 0}[veh]
        fare = round(fare * (.6 if c[2] == "resident" else .9 if c[2] == "business" else 1) * (1 + .04 * (dep.year - 2024)), 2)
        refund = None
        if s[5] == "scheduled":
            st = "open" if rng.random() > .05 else "cancelled"
        elif s[5] == "cancelled":
            st = "cancelled"
        else:
            st = rng.choices(["travelled", "cancelled", "no-show"], [90, 7, 3])[0]
        if st == "cancelled":
            refund = fare if s[5] == "cancelled" else round(fare * .5, 2) if rng.random() < .7 else None
        made.append((b, c[0], s[0], rng.choices(["web", "app", "phone", "counter"], [45, 14 + 10 * (b.year - 2024), 14, 17])[0], pax, veh, fare, st, refund))
    made.sort(key=lambda m: (m[0], m[1]))
    out["bookings"] = [(100001 + k, m[1], m[2], m[0].isoformat(sep=" "), *m[3:]) for k, m in enumerate(made)]
    past = [s for s in sails if s[5] != "scheduled"]
    inc = []
    for _ in range(170):
        s = rng.choices(past, [3 if x[2] in (1, 8) else 1 for x in past])[0]
        if s[2] == 6:                                  # Little Auk never had one
            continue
        d = date.fromisoformat(s[4][:10])
        kind = rng.choices(["engine failure", "collision", "injury", "weather", "technical", "fire alarm"], [14, 6, 13, 10, 12, 8])[0]
        sev = rng.choices(["low", "medium", "high"], [52, 33, 15])[0]
        end = d + timedelta(days=rng.randrange(1, {"low": 20, "medium": 60, "high": 150}[sev]))
        cost = round({"low": 900, "medium": 7000, "high": 48000}[sev] * rng.uniform(.3, 2), 2) if kind not in ("injury", "fire alarm") and rng.random() < .85 else None
        ids = [c[0] for c in out["crew"] if c[5] <= d.isoformat() and (c[6] is None or c[6] > d.isoformat())]
        inc.append((s[2], s[0] if rng.random() < .8 else None, rng.choice(ids), d.isoformat(), end.isoformat() if end < TODAY and rng.random() > .04 else None, kind, sev, rng.choice([1, 1, 1, 2, 3]) if kind == "injury" else 0, cost))
    inc.sort(key=lambda x: (x[3], x[0]))
    out["incidents"] = [(801 + k, *x) for k, x in enumerate(inc)]
    sh = []
    for c in out["crew"]:
        if c[1] == "Bjarne Hove":                      # on leave
            continue
        for _ in range(rng.randrange(55, 110)):
            d = date(2024, 1, 1) + timedelta(days=rng.randrange((TODAY - date(2024, 1, 1)).days))
            if d.isoformat() < c[5] or c[6] and d.isoformat() > c[6]:
                continue
            v = rng.choice([1, 1, 2, 2, 3, 4, 4, 5, 6, 7, 9] + ([8] if d < date(2025, 4, 1) else []))
            duty = {"captain": "bridge", "mate": "bridge", "engineer": "engine", "deckhand": "deck", "steward": "catering"}[c[2]]
            sh.append((c[0], v, d.isoformat(), "deck" if rng.random() < .06 else duty, rng.choice([6.0, 7.5, 8.0, 8.0, 10.0, 12.0]), rng.choice([0, 0, 0, 0, .5, 1.0, 1.5, 2.5, 4.0])))
    sh.sort(key=lambda x: (x[2], x[0], x[1]))
    out["shifts"] = [(30001 + k, *x) for k, x in enumerate(sh)]
    return out
