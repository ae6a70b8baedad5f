"""Real-estate auctions: lots, auctions, bids, viewings and instalments; rows generated."""
import random
from datetime import date, datetime, timedelta

SYSTEMS = ("sqlite",)

TABLES: list[str] = [
    """CREATE TABLE municipalities (
  mun_code VARCHAR(3) NOT NULL PRIMARY KEY,
  mun_name VARCHAR(40) NOT NULL,
  county VARCHAR(40) NOT NULL,
  inhabitants INTEGER NOT NULL
)""",
    """CREATE TABLE agents (
  agent_id INTEGER NOT NULL PRIMARY KEY,
  agent_name VARCHAR(60) NOT NULL,
  job_title VARCHAR(40) NOT NULL,
  office VARCHAR(40) NOT NULL,
  reports_to INTEGER,
  joined_on DATE NOT NULL,
  left_on DATE,
  commission_pct DECIMAL(4,2),
  FOREIGN KEY (reports_to) REFERENCES agents (agent_id)
)""",
    """CREATE TABLE parties (
  party_id INTEGER NOT NULL PRIMARY KEY,
  party_name VARCHAR(60) NOT NULL,
  party_kind VARCHAR(20) NOT NULL,
  home_mun VARCHAR(3),
  registered_on DATE NOT NULL,
  FOREIGN KEY (home_mun) REFERENCES municipalities (mun_code)
)""",
    """CREATE TABLE properties (
  property_id INTEGER NOT NULL PRIMARY KEY,
  lot_code VARCHAR(8) NOT NULL,
  headline VARCHAR(80) NOT NULL,
  street VARCHAR(60) NOT NULL,
  mun_code VARCHAR(3) NOT NULL,
  prop_type VARCHAR(20) NOT NULL,
  cond VARCHAR(20),
  has_garden VARCHAR(3) NOT NULL,
  area_m2 INTEGER NOT NULL,
  room_count INTEGER,
  built_year INTEGER,
  seller_id INTEGER NOT NULL,
  listing_agent_id INTEGER NOT NULL,
  listed_on DATE NOT NULL,
  valuation DECIMAL(12,2) NOT NULL,
  FOREIGN KEY (mun_code) REFERENCES municipalities (mun_code),
  FOREIGN KEY (seller_id) REFERENCES parties (party_id),
  FOREIGN KEY (listing_agent_id) REFERENCES agents (agent_id)
)""",
    """CREATE TABLE auctions (
  auction_id INTEGER NOT NULL PRIMARY KEY,
  auction_no VARCHAR(10) NOT NULL,
  property_id INTEGER NOT NULL,
  auctioneer_id INTEGER NOT NULL,
  format VARCHAR(12) NOT NULL,
  outcome VARCHAR(12) NOT NULL,
  held_on DATE NOT NULL,
  duration_min INTEGER NOT NULL,
  reserve_price DECIMAL(12,2),
  opening_bid DECIMAL(12,2) NOT NULL,
  highest_bid DECIMAL(12,2),
  sale_price DECIMAL(12,2),
  winner_id INTEGER,
  FOREIGN KEY (property_id) REFERENCES properties (property_id),
  FOREIGN KEY (auctioneer_id) REFERENCES agents (agent_id),
  FOREIGN KEY (winner_id) REFERENCES parties (party_id)
)""",
    """CREATE TABLE bids (
  bid_id INTEGER NOT NULL PRIMARY KEY,
  auction_id INTEGER NOT NULL,
  bidder_id INTEGER NOT NULL,
  placed_at TIMESTAMP NOT NULL,
  amount DECIMAL(12,2) NOT NULL,
  via VARCHAR(10) NOT NULL,
  FOREIGN KEY (auction_id) REFERENCES auctions (auction_id),
  FOREIGN KEY (bidder_id) REFERENCES parties (party_id)
)""",
    """CREATE TABLE viewings (
  viewing_id INTEGER NOT NULL PRIMARY KEY,
  property_id INTEGER NOT NULL,
  party_id INTEGER NOT NULL,
  agent_id INTEGER,
  viewed_on DATE NOT NULL,
  minutes INTEGER NOT NULL,
  rating INTEGER,
  FOREIGN KEY (property_id) REFERENCES properties (property_id),
  FOREIGN KEY (party_id) REFERENCES parties (party_id),
  FOREIGN KEY (agent_id) REFERENCES agents (agent_id)
)""",
    """CREATE TABLE instalments (
  instalment_id INTEGER NOT NULL PRIMARY KEY,
  auction_id INTEGER NOT NULL,
  due_on DATE NOT NULL,
  paid_on DATE,
  amount DECIMAL(12,2) NOT NULL,
  method VARCHAR(20) NOT NULL,
  FOREIGN KEY (auction_id) REFERENCES auctions (auction_id)
)""",
]

MUNS = [("ASH", "Ashford", "Kent", 83000), ("DOV", "Dover", "Kent", 44000), ("DEA", "Deal", "Kent", 31000), ("WHI", "Whitstable", "Kent", 33000),
        ("KEN", "Kendal", "Cumbria", 30000), ("PEN", "Penrith", "Cumbria", 16700), ("KES", "Keswick", "Cumbria", 5200), ("WHV", "Whitehaven", "Cumbria", 24000),
        ("TRU", "Truro", "Cornwall", 21500), ("FAL", "Falmouth", "Cornwall", 24000), ("PNZ", "Penzance", "Cornwall", 16300), ("BUD", "Bude", "Cornwall", 10000),
        ("YOR", "York", "Yorkshire", 141000), ("WHB", "Whitby", "Yorkshire", 13200), ("HAR", "Harrogate", "Yorkshire", 75000), ("SKI", "Skipton", "Yorkshire", 15000),
        ("CRO", "Cromer", "Norfolk", 7700), ("DIS", "Diss", "Norfolk", 9800), ("HOL", "Holt", "Norfolk", 4000), ("THE", "Thetford", "Norfolk", 27000)]
MUN_W = [9, 6, 5, 4, 7, 6, 3, 5, 6, 7, 5, 2, 9, 4, 7, 4, 4, 3, 0, 4]          # nothing for sale in Holt
# name, title, office, boss, joined, left, commission
AGENTS = [
    ("Helena Strand", "Director", "York", None, "2015-02-02", None, None), ("Marcus Holt", "Office manager", "Ashford", 1, "2016-05-16", None, 0.5),
    ("Priya Nambiar", "Office manager", "Kendal", 1, "2017-09-04", None, 0.5), ("Owen Tregear", "Office manager", "Truro", 1, "2018-01-15", None, 0.5),
    ("Sally Marsden", "Auctioneer", "York", 1, "2016-11-07", None, 1.2), ("Gareth Lowe", "Auctioneer", "Ashford", 2, "2019-03-11", None, 1.2),
    ("Ines Coelho", "Auctioneer", "Kendal", 3, "2020-06-22", None, 1.1), ("Tom Penhale", "Auctioneer", "Truro", 4, "2021-04-19", "2024-08-31", 1.1),
    ("Nora Vance", "Agent", "Ashford", 2, "2018-08-06", None, 1.5), ("Ravi Anand", "Agent", "Ashford", 2, "2021-01-11", None, 1.4),
    ("Beth Copeland", "Agent", "Ashford", 6, "2022-10-03", None, 1.3), ("Jonas Keller", "Agent", "Kendal", 3, "2019-07-01", "2023-06-30", 1.5),
    ("Moira Tait", "Agent", "Kendal", 3, "2020-02-10", None, 1.5), ("Sam Achebe", "Agent", "Kendal", 7, "2023-03-20", None, 1.2),
    ("Jenna Rosewarne", "Agent", "Truro", 4, "2017-06-12", None, 1.6), ("Petroc Bray", "Agent", "Truro", 4, "2022-05-09", None, 1.3),
    ("Lily Okoro", "Agent", "York", 5, "2019-10-14", None, 1.5), ("Daniel Marsh", "Agent", "York", 5, "2021-08-23", "2025-01-31", 1.4),
    ("Fay Whitlock", "Agent", "York", 1, "2024-02-12", None, 1.2), ("Colm Reilly", "Agent", "Norwich", 1, "2023-09-18", None, 1.2),
    ("Anita Desmond", "Trainee", "Norwich", 20, "2024-11-04", None, None), ("Will Garner", "Trainee", "Truro", 15, "2025-03-03", None, None),
]
LIST_W = [0, 2, 1, 1, 0, 1, 0, 0, 10, 8, 5, 8, 7, 4, 9, 6, 8, 7, 4, 4, 0, 0]
VIEW_W = [0, 0, 1, 0, 1, 2, 1, 0, 9, 9, 8, 6, 8, 6, 7, 7, 8, 6, 5, 5, 3, 0]
FIRST = ["Alice", "Brian", "Chloe", "Derek", "Elsie", "Frank", "Gemma", "Hugh", "Isla", "Jack", "Kerry", "Leon", "Maud", "Neil", "Olga", "Paul", "Rhona", "Stan", "Tara", "Vera"]
LAST = ["Abbott", "Barlow", "Crane", "Dunne", "Ellwood", "Fenton", "Gates", "Hobbs", "Ingram", "Jarvis", "Kemp", "Lister", "Mercer", "Noble", "Osborne", "Pryce"]
FIRMS = [("Harbour Holdings", "company"), ("Northgate Holdings", "company"), ("Fell & Vale Lettings", "company"), ("Kent Coast Homes", "company"), ("Granite Tor Developments", "company"),
         ("Abbott & Crane Ltd", "company"), ("Holdfast Storage", "company"), ("Lakeland Savings", "bank"), ("Wessex Bank", "bank"), ("Ouse Building Society", "bank"),
         ("Northgate Bank", "bank"), ("York City Council", "public body"), ("Kent County Council", "public body"), ("Cumbria Heritage Trust", "charity"), ("Harbour Lights Hospice", "charity")]
STREETS = ["Bank Street", "Mill Lane", "Chapel Row", "Harbour View", "Castle Road", "Church Lane", "Station Road", "Quay Street", "The Green", "Orchard Close"]
TYPES = {"apartment": 30, "terraced house": 26, "cottage": 20, "villa": 10, "barn": 9, "shop": 8, "mill": 3, "land": 6}
ADJ = ["Charming", "Old", "Spacious", "Bright", "Secluded", "Victorian", "Modern", "Tidy"]
TAIL = ["with sea view", "with garden", "near the station", "in need of work", "on a quiet lane", "with two parking spaces", "close to schools", "above the harbour"]
TODAY = date(2025, 6, 18)


def rows() -> dict[str, list[tuple]]:
    rng = random.Random(37)
    out: dict[str, list[tuple]] = {n: [] for n in ("municipalities", "agents", "parties", "properties", "auctions", "bids", "viewings", "instalments")}
    out["municipalities"] = list(MUNS)
    out["agents"] = [(i, *a) for i, a in enumerate(AGENTS, 1)]
    names = [f"{f} {l}" for f in FIRST for l in LAST]
    rng.shuffle(names)
    people = [(n, "private") for n in names[:95]]
    people[11] = ("Nora Vance", "private")          # the agent, who also bids
    people[30] = ("Tara Barlow", "private"); people[31] = ("Tara Barrow", "private")   # a letter apart
    for i, (n, k) in enumerate(people + FIRMS, 1):
        reg = date(2020, 6, 1) + timedelta(days=rng.randrange(1650))
        out["parties"].append((i, n, k, rng.choice(MUNS)[0] if rng.random() > .08 else None, reg.isoformat()))
    np = len(out["parties"])
    sellers = list(range(50, np + 1)); buyers = list(range(1, 106))
    for p in range(1, 114):
        t = rng.choices(list(TYPES), list(TYPES.values()))[0]
        mun = rng.choices(MUNS, MUN_W)[0][0]
        listed = date(2021, 1, 10) + timedelta(days=rng.randrange(1600))
        area = {"apartment": 62, "terraced house": 95, "cottage": 80, "villa": 190, "barn": 150, "shop": 70, "mill": 260, "land": 900}[t]
        area = int(area * (.7 + .7 * rng.random()))
        built = None if t == "land" or rng.random() < .06 else rng.choice([1780, 1842, 1895, 1904, 1926, 1938, 1957, 1968, 1975, 1988, 1999, 2005, 2012, 2019, 2021, 2022, 2023])
        cond = None if t == "land" else rng.choices(["like new", "good", "dated", "derelict"], [22, 40, 28, 10])[0]
        garden = "yes" if t in ("cottage", "villa") and rng.random() < .75 or t in ("terraced house", "mill") and rng.random() < .4 else "no"
        agent = rng.choices([i for i, a in enumerate(AGENTS, 1) if a[4] <= listed.isoformat() and (a[5] or "9999") > listed.isoformat()],
                            [LIST_W[i] for i, a in enumerate(AGENTS) if a[4] <= listed.isoformat() and (a[5] or "9999") > listed.isoformat()])[0]
        val = round(area * {"apartment": 2900, "terraced house": 2400, "cottage": 2800, "villa": 3600, "barn": 1100, "shop": 1900, "mill": 1500, "land": 120}[t]
                    * {"derelict": .5, "dated": .8, "good": 1, "like new": 1.25, None: 1}[cond] * (.8 + .4 * rng.random()), -3)
        head = f"{rng.choice(ADJ)} {t} {rng.choice(TAIL)}"
        if p in (17, 58, 96):
            head = f"{rng.choice(ADJ)} {t} with converted barn"
        out["properties"].append((p, f"L-{1000 + p}", head, f"{rng.randrange(1, 120)} {rng.choice(STREETS)}", mun, t, cond, garden, area,
                                  None if t in ("land", "barn", "shop") else rng.randrange(2, 9), built, rng.choice(sellers), agent, listed.isoformat(), float(val)))
    aid = bid = vid = iid = 0
    todo = []
    for p in out["properties"]:
        d = date.fromisoformat(p[13]) + timedelta(days=rng.randrange(30, 150))
        todo.append((d, p))
    queue = sorted(todo, key=lambda x: (x[0], x[1][0]))
    while queue:
        held, p = queue.pop(0)
        if held >= TODAY:
            continue
        aid += 1
        fmt = rng.choices(["hall", "online", "sealed bid"], [30, 34 + 10 * (held.year - 2021), 14])[0]
        auctioneer = rng.choices([5, 6, 7, 8, 2], [10, 9, 8, 6 if held.isoformat() < "2024-08-31" else 0, 2])[0]
        reserve = round(p[14] * rng.choice([.8, .85, .9, .95]), -3) if rng.random() > .12 else None
        opening = round(p[14] * rng.choice([.55, .6, .7]), -3)
        n = rng.choices([0, 1, 2, 3, 4, 5, 6, 8], [9, 10, 16, 18, 14, 10, 5, 3])[0]
        withdrawn = rng.random() < .05
        if aid == 63:
            n, withdrawn = 11, False
        if withdrawn:
            n = 0
        price, placed, top, who = opening, [], None, None
        at = datetime(held.year, held.month, held.day, rng.randrange(10, 17), rng.randrange(60))
        start = at
        fans = rng.sample(buyers, min(len(buyers), max(2, n)))
        if rng.random() < .09 and 12 not in fans:
            fans[0] = 12
        last = None
        for k in range(n):
            b = rng.choice([x for x in fans if x != last]); last = b
            at += timedelta(minutes=rng.randrange(1, 9))
            placed.append((b, at, price))
            top, who = price, b
            price = round(price * (1.03 + .13 * rng.random()), -3)
        sold = top is not None and (reserve is None or top >= reserve)
        if top is not None and not sold and rng.random() < .45:
            reserve = round(top * .97, -3); sold = True
        outcome = "withdrawn" if withdrawn else "sold" if sold else "unsold"
        dur = 0 if withdrawn else int((at - start).total_seconds() // 60) + rng.randrange(3, 25) if fmt != "online" else rng.choice([1440, 2880, 4320])
        out["auctions"].append((aid, f"A{held.year % 100}-{aid:04d}", p[0], auctioneer, fmt, outcome, held.isoformat(), dur, reserve, opening, top, top if sold else None, who if sold else None))
        for b, w, amt in placed:
            bid += 1
            out["bids"].append((bid, aid, b, w.isoformat(sep=" "), amt, rng.choices(["paper"] if fmt == "sealed bid" else ["app", "web"] if fmt == "online" else ["room", "phone", "web"])[0]))
        if not sold and rng.random() < .55:
            queue.append((held + timedelta(days=rng.randrange(40, 160)), p)); queue.sort(key=lambda x: (x[0], x[1][0]))
        if sold:
            parts = rng.choice([1, 2, 2, 3])
            for k in range(parts):
                iid += 1
                due = held + timedelta(days=28 * (k + 1))
                paid = due + timedelta(days=rng.choice([-9, -3, 0, 0, 2, 11, 24]))
                ok = paid < TODAY and rng.random() > .05
                out["instalments"].append((iid, aid, due.isoformat(), paid.isoformat() if ok else None, round(top / parts, 2), rng.choice(["bank transfer", "bank transfer", "cheque", "escrow"])))
    for p in out["properties"]:
        for _ in range(rng.choices([0, 1, 2, 3, 5], [22, 26, 26, 18, 8])[0]):
            vid += 1
            d = date.fromisoformat(p[13]) + timedelta(days=rng.randrange(2, 60))
            if d >= TODAY:
                continue
            can = [i for i, a in enumerate(AGENTS, 1) if a[4] <= d.isoformat() and (a[5] or "9999") > d.isoformat()]
            who = None if rng.random() < .1 else rng.choices(can, [VIEW_W[i - 1] for i in can])[0]
            out["viewings"].append((vid, p[0], rng.randrange(1, 111), who, d.isoformat(), rng.choice([15, 20, 25, 30, 40, 45, 60]), rng.choice([1, 2, 3, 4, 4, 5]) if rng.random() < .6 else None))
    return out
