"""A small airline: airports, routes, aircraft, crew, flights, bookings and maintenance; rows generated."""
import random
from datetime import date, datetime, timedelta

SYSTEMS = ("sqlite",)

TABLES: list[str] = [
    """CREATE TABLE airports (
  iata VARCHAR(3) NOT NULL PRIMARY KEY,
  airport_name VARCHAR(50) NOT NULL,
  city VARCHAR(40) NOT NULL,
  ctry VARCHAR(40) NOT NULL,
  elev_m INTEGER,
  longest_runway INTEGER NOT NULL,
  opened INTEGER
)""",
    """CREATE TABLE aircraft (
  tail_no VARCHAR(7) NOT NULL PRIMARY KEY,
  ac_type VARCHAR(10) NOT NULL,
  maker VARCHAR(20) NOT NULL,
  total_seats INTEGER NOT NULL,
  max_range_km INTEGER NOT NULL,
  first_flight DATE NOT NULL,
  retired_on DATE,
  ownership VARCHAR(10) NOT NULL,
  home_iata VARCHAR(3),
  FOREIGN KEY (home_iata) REFERENCES airports (iata)
)""",
    """CREATE TABLE crew (
  crew_id INTEGER NOT NULL PRIMARY KEY,
  crew_name VARCHAR(60) NOT NULL,
  role VARCHAR(20) NOT NULL,
  base_iata VARCHAR(3) NOT NULL,
  mentor_id INTEGER,
  hired_on DATE NOT NULL,
  hourly_pay DECIMAL(8,2) NOT NULL,
  FOREIGN KEY (base_iata) REFERENCES airports (iata),
  FOREIGN KEY (mentor_id) REFERENCES crew (crew_id)
)""",
    """CREATE TABLE routes (
  route_no VARCHAR(8) NOT NULL PRIMARY KEY,
  from_iata VARCHAR(3) NOT NULL,
  to_iata VARCHAR(3) NOT NULL,
  last_stop VARCHAR(3),
  distance_km INTEGER NOT NULL,
  planned_min INTEGER NOT NULL,
  season VARCHAR(10) NOT NULL,
  since DATE NOT NULL,
  FOREIGN KEY (from_iata) REFERENCES airports (iata),
  FOREIGN KEY (to_iata) REFERENCES airports (iata),
  FOREIGN KEY (last_stop) REFERENCES airports (iata)
)""",
    """CREATE TABLE flights (
  flight_id INTEGER NOT NULL PRIMARY KEY,
  route_no VARCHAR(8) NOT NULL,
  dep_at TIMESTAMP NOT NULL,
  tail_no VARCHAR(7) NOT NULL,
  captain_id INTEGER,
  flight_status VARCHAR(12) NOT NULL,
  delay_min INTEGER,
  delay_cause VARCHAR(20),
  air_min INTEGER,
  fuel_kg INTEGER,
  op_cost DECIMAL(10,2),
  FOREIGN KEY (route_no) REFERENCES routes (route_no),
  FOREIGN KEY (tail_no) REFERENCES aircraft (tail_no),
  FOREIGN KEY (captain_id) REFERENCES crew (crew_id)
)""",
    """CREATE TABLE customers (
  cust_id INTEGER NOT NULL PRIMARY KEY,
  cust_name VARCHAR(60) NOT NULL,
  lives_in VARCHAR(40),
  tier VARCHAR(10),
  segment VARCHAR(10) NOT NULL,
  total_miles INTEGER NOT NULL,
  member_since DATE,
  referred_by INTEGER,
  FOREIGN KEY (referred_by) REFERENCES customers (cust_id)
)""",
    """CREATE TABLE bookings (
  booking_id INTEGER NOT NULL PRIMARY KEY,
  pnr VARCHAR(6) NOT NULL,
  flight_id INTEGER NOT NULL,
  cust_id INTEGER NOT NULL,
  booked_on DATE NOT NULL,
  cabin VARCHAR(10) NOT NULL,
  fare DECIMAL(8,2) NOT NULL,
  bags INTEGER NOT NULL,
  outcome VARCHAR(10) NOT NULL,
  FOREIGN KEY (flight_id) REFERENCES flights (flight_id),
  FOREIGN KEY (cust_id) REFERENCES customers (cust_id)
)""",
    """CREATE TABLE maintenance (
  job_id INTEGER NOT NULL PRIMARY KEY,
  tail_no VARCHAR(7) NOT NULL,
  iata VARCHAR(3) NOT NULL,
  job_kind VARCHAR(12) NOT NULL,
  started_on DATE NOT NULL,
  finished_on DATE,
  labour_hours DECIMAL(6,1) NOT NULL,
  job_cost DECIMAL(10,2),
  FOREIGN KEY (tail_no) REFERENCES aircraft (tail_no),
  FOREIGN KEY (iata) REFERENCES airports (iata)
)""",
]

AIRPORTS = [("LIS", "Humberto Delgado", "Lisbon", "Portugal", 114, 3805, 1942), ("OPO", "Francisco Sa Carneiro", "Porto", "Portugal", 69, 3480, 1945), ("FAO", "Gago Coutinho", "Faro", "Portugal", 7, 2490, 1965),
            ("MAD", "Barajas", "Madrid", "Spain", 610, 4350, 1931), ("PMI", "Son Sant Joan", "Palma", "Spain", 8, 3270, 1938), ("VLC", "Manises", "Valencia", "Spain", 73, 3215, 1933),
            ("NCE", "Cote d'Azur", "Nice", "France", 4, 2960, 1945), ("LYS", "Saint-Exupery", "Lyon", "France", 250, 4000, 1975), ("PMF", "Giuseppe Verdi", "Parma", "Italy", 49, 2122, 1991),
            ("MXP", "Malpensa", "Milan", "Italy", 234, 3920, 1948), ("NAP", "Capodichino", "Naples", "Italy", 90, 2628, 1910), ("SPU", "Resnik", "Split", "Croatia", 24, 2550, 1966), ("ZAG", "Franjo Tudman", "Zagreb", "Croatia", 108, 3252, None),
            ("ORK", "Cork Airport", "Cork", "Ireland", 153, 2133, 1961), ("DUB", "Collinstown", "Dublin", "Ireland", 74, 3110, 1940), ("GVA", "Cointrin", "Geneva", "Switzerland", 430, 3900, 1920), ("ZRH", "Kloten", "Zurich", "Switzerland", 432, 3700, 1948),
            ("RAK", "Menara", "Marrakesh", "Morocco", 468, 3100, None), ("FNC", "Cristiano Ronaldo", "Funchal", "Portugal", 58, 2781, 1964), ("BRI", "Karol Wojtyla", "Bari", "Italy", 54, 3000, 1981), ("BGO", "Flesland", "Bergen", "Norway", 50, 2990, 1955)]
TYPES = {"A320": ("Airbus", 180, 6100), "A321": ("Airbus", 220, 5950), "B737": ("Boeing", 189, 5400), "E190": ("Embraer", 106, 4500), "E195": ("Embraer", 124, 4200), "ATR72": ("ATR", 70, 1500)}
# number, from, to, last stop, km, minutes, season, since
ROUTES = [("ZA101", "LIS", "MAD", None, 514, 80), ("ZA102", "MAD", "LIS", None, 514, 85), ("ZA110", "LIS", "PMI", None, 985, 125), ("ZA111", "PMI", "LIS", None, 985, 130), ("ZA120", "OPO", "GVA", None, 1420, 140),
          ("ZA121", "GVA", "OPO", None, 1420, 145), ("ZA130", "LIS", "DUB", "OPO", 1640, 210), ("ZA131", "DUB", "LIS", "OPO", 1640, 215), ("ZA140", "OPO", "ORK", None, 1290, 130), ("ZA150", "LIS", "SPU", "NCE", 2180, 270),
          ("ZA151", "SPU", "LIS", "NCE", 2180, 275), ("ZA160", "MAD", "NAP", None, 1590, 150), ("ZA170", "LIS", "ZRH", None, 1720, 165), ("ZA171", "ZRH", "LIS", None, 1720, 175), ("ZA180", "FAO", "DUB", None, 1660, 165),
          ("ZA190", "MXP", "RAK", "VLC", 2060, 250), ("ZA200", "LIS", "FNC", None, 960, 105), ("ZA201", "FNC", "LIS", None, 960, 100), ("ZA320", "NCE", "MXP", None, 250, 55), ("ZA737", "LYS", "PMF", None, 390, 70),
          ("ZA2021", "OPO", "BRI", "NAP", 2150, 255), ("ZA2022", "LIS", "ZAG", "GVA", 2280, 280), ("ZA2023", "MAD", "NCE", None, 810, 100), ("ZA410", "VLC", "LYS", None, 880, 105), ("ZA420", "PMI", "NCE", None, 720, 90),
          ("ZA430", "ZRH", "SPU", None, 740, 85), ("ZA440", "GVA", "PMI", None, 810, 95), ("ZA450", "NAP", "SPU", None, 390, 65)]
FIRST = ["Alba", "Bento", "Carla", "Dario", "Elena", "Filip", "Greta", "Hector", "Ilse", "Joao", "Katia", "Lino", "Mara", "Nino", "Olivia", "Pedro", "Quim", "Rosa", "Silvia", "Timo", "Ugo", "Vasco"]
LAST = ["Abreu", "Brandt", "Conti", "Duarte", "Esposito", "Ferro", "Gomes", "Horvat", "Ivanov", "Kelly", "Lopes", "Marin", "Neves", "Oliva", "Pires", "Ricci", "Serra", "Tavares", "Vidal", "Weber"]
TODAY = date(2023, 9, 14)


def rows() -> dict[str, list[tuple]]:
    rng = random.Random(31415)
    out: dict[str, list[tuple]] = {n: [] for n in ("airports", "aircraft", "crew", "routes", "flights", "customers", "bookings", "maintenance")}
    out["airports"] = list(AIRPORTS)
    kinds = ["A320"] * 6 + ["A321"] * 3 + ["B737"] * 5 + ["E190"] * 4 + ["E195"] * 2 + ["ATR72"] * 3
    for i, k in enumerate(kinds):
        m, seats, rg = TYPES[k]
        ff = date(2003, 1, 1) + timedelta(days=rng.randrange(6900))
        ret = date(2021, 6, 1) + timedelta(days=rng.randrange(700)) if i in (2, 11, 21) else None
        out["aircraft"].append((f"CS-Z{chr(65 + i)}{chr(65 + (i * 7) % 26)}", k, m, seats - 6 * rng.randrange(3), rg + 50 * rng.randrange(-3, 4), ff.isoformat(), ret.isoformat() if ret else None,
                                rng.choice(["owned", "leased"]), rng.choices(["LIS", "OPO", "MAD", "FAO"], [10, 6, 5, 2])[0] if i != 22 else None))
    names = [f"{f} {l}" for f in FIRST for l in LAST if (f, l) != ("Elena", "Ferro")]
    rng.shuffle(names)
    for i in range(1, 61):
        role = "captain" if i <= 16 else rng.choice(["first officer", "first officer", "purser", "cabin crew", "cabin crew"])
        nm = names.pop()
        if i == 30: nm = "Elena Ferro"
        men = None if i < 5 or rng.random() < .3 else rng.randrange(1, min(i, 17))
        h = date(2005, 1, 1) + timedelta(days=rng.randrange(6600))
        out["crew"].append((i, nm, role, rng.choices(["LIS", "OPO", "MAD", "FAO", "NCE"], [10, 6, 5, 2, 2])[0], men, h.isoformat(), {"captain": 140.0, "first officer": 85.0, "purser": 48.0, "cabin crew": 34.0}[role] + rng.randrange(0, 30)))
    for r in ROUTES:
        season = rng.choices(["all year", "summer"], [72, 28])[0]
        out["routes"].append((*r, season, (date(2012, 3, 25) + timedelta(days=rng.randrange(3250))).isoformat()))
    used = [r for r in out["routes"] if r[0] != "ZA450"]         # never flown
    w = [9 if r[0] in ("ZA101", "ZA102", "ZA110", "ZA170") else 5 if r[1] == "LIS" or r[2] == "LIS" else 3 for r in used]
    stamps = sorted(date(2021, 3, 1) + timedelta(days=rng.randrange(960)) for _ in range(370))
    for fid, d in enumerate(stamps, 1):
        r = rng.choices(used, w)[0]
        while r[6] == "summer" and not 4 <= d.month <= 10 or r[7] > d.isoformat():
            r = rng.choices(used, w)[0]
        can = [a for a in out["aircraft"] if (a[6] or "9999") > d.isoformat() and (a[1] != "ATR72" or r[4] < 900) and a[5] < d.isoformat()]
        a = rng.choice(can)
        when = datetime(d.year, d.month, d.day, rng.choice([6, 7, 9, 11, 13, 16, 18, 20]), rng.choice([0, 10, 25, 40, 55]))
        state = "scheduled" if d >= TODAY else rng.choices(["landed", "cancelled", "diverted"], [92, 5, 3])[0]
        delay = cause = air = fuel = cost = None
        if state in ("landed", "diverted"):
            delay = rng.choices([0, 0, 5, 12, 25, 48, 95, 180], [26, 20, 14, 14, 11, 8, 5, 2])[0] + (rng.randrange(0, 6) if rng.random() < .5 else 0)
            cause = rng.choice(["weather", "crew", "technical", "traffic", "late inbound"]) if delay >= 15 else None
            air = int(r[5] * (.9 + .25 * rng.random()))
            fuel = int(air * {"A320": 42, "A321": 47, "B737": 43, "E190": 31, "E195": 33, "ATR72": 13}[a[1]] * (.9 + .2 * rng.random()))
            cost = round(fuel * .9 + air * 60 + rng.randrange(900, 2600), 2)
        elif state == "cancelled":
            cause = rng.choice(["weather", "crew", "technical", "strike"])
        out["flights"].append((fid, r[0], when.isoformat(sep=" "), a[0], rng.randrange(1, 17) if rng.random() > .05 else None, state, delay, cause, air, fuel, cost))
    for i in range(1, 141):
        nm = names.pop()
        if i == 9: nm = "Elena Ferri"
        if i == 77: nm = "Elena Ferro"
        mem = date(2014, 1, 1) + timedelta(days=rng.randrange(3500)) if rng.random() < .7 else None
        tier = rng.choices(["Blue", "Silver", "Gold", "Platinum"], [40, 30, 20, 10])[0] if mem else None
        out["customers"].append((i, nm, rng.choices([a[3] for a in AIRPORTS[:17]] + [None], [6] * 17 + [9])[0], tier, rng.choices(["leisure", "business"], [68, 32])[0],
                                 0 if not mem else rng.randrange(10, 2400) * {"Blue": 10, "Silver": 40, "Gold": 80, "Platinum": 160}[tier], mem.isoformat() if mem else None,
                                 rng.randrange(1, i) if i > 5 and rng.random() < .3 else None))
    for b in range(1, 401):
        f = out["flights"][int(len(out["flights"]) * rng.random())]
        c = rng.randrange(1, 133)
        r = next(x for x in ROUTES if x[0] == f[1])
        cabin = rng.choices(["economy", "premium", "business"], [70, 18, 12] if out["customers"][c - 1][4] == "leisure" else [40, 25, 35])[0]
        fare = round(r[4] * .09 * {"economy": 1, "premium": 1.7, "business": 3.2}[cabin] * (.7 + .9 * rng.random()) + 25, 2)
        d = date.fromisoformat(f[2][:10]) - timedelta(days=rng.choice([2, 9, 21, 40, 75, 130]))
        d = min(d, TODAY - timedelta(days=rng.randrange(1, 9)))
        res = "open" if f[5] == "scheduled" else "refunded" if f[5] == "cancelled" or rng.random() < .04 else "no-show" if rng.random() < .06 else "flown"
        out["bookings"].append((b, "".join(rng.choice("ABCDEFGHJKLMNPQRSTUVWXYZ23456789") for _ in range(6)), f[0], c, d.isoformat(), cabin, fare, rng.choices([0, 1, 2, 3], [34, 44, 18, 4])[0], res))
    for j in range(1, 111):
        a = rng.choice(out["aircraft"][:22])
        d = date(2019, 2, 1) + timedelta(days=rng.randrange(1680)) if j < 108 else date(2023, 9, 13)
        if a[6] and d.isoformat() > a[6]:
            continue
        k = rng.choices(["A-check", "C-check", "repair", "repaint"], [46, 12, 34, 8])[0]
        n = {"A-check": 2, "C-check": 18, "repair": 5, "repaint": 7}[k] + rng.randrange(5)
        e = d + timedelta(days=n)
        hrs = round(n * rng.choice([9.5, 14, 21.5]), 1)
        done = e < TODAY
        out["maintenance"].append((j, a[0], rng.choices(["LIS", "OPO", "MAD", "ZRH", "SPU"], [12, 5, 5, 3, 2])[0], k, d.isoformat(), e.isoformat() if done else None, hrs, round(hrs * rng.choice([88, 104, 131]) + 500, 2) if done and rng.random() > .04 else None))
    return out
