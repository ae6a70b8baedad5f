"""A shipping line: ports, vessels, voyages with their port calls, customers, shipments, containers and claims; rows generated."""
import random
from datetime import date, timedelta

SYSTEMS = ("sqlite",)

TABLES: list[str] = [
    """CREATE TABLE ports (
  locode VARCHAR(5) NOT NULL PRIMARY KEY,
  port_name VARCHAR(40) NOT NULL,
  country VARCHAR(40) NOT NULL,
  region VARCHAR(20) NOT NULL,
  max_draft DECIMAL(4,1),
  berth_count INTEGER NOT NULL
)""",
    """CREATE TABLE vessels (
  imo_no INTEGER NOT NULL PRIMARY KEY,
  vessel_name VARCHAR(40) NOT NULL,
  flag VARCHAR(40) NOT NULL,
  built_year INTEGER NOT NULL,
  teu_capacity INTEGER NOT NULL,
  top_speed DECIMAL(4,1),
  vessel_state VARCHAR(12) NOT NULL,
  sister_of INTEGER,
  FOREIGN KEY (sister_of) REFERENCES vessels (imo_no)
)""",
    """CREATE TABLE clients (
  client_no INTEGER NOT NULL PRIMARY KEY,
  client_name VARCHAR(60) NOT NULL,
  industry VARCHAR(20),
  country VARCHAR(40) NOT NULL,
  parent_no INTEGER,
  credit_limit DECIMAL(12,2),
  signed_on DATE NOT NULL,
  FOREIGN KEY (parent_no) REFERENCES clients (client_no)
)""",
    """CREATE TABLE voyages (
  voyage_no VARCHAR(8) NOT NULL PRIMARY KEY,
  imo_no INTEGER NOT NULL,
  trade VARCHAR(20) NOT NULL,
  first_port VARCHAR(5) NOT NULL,
  last_port VARCHAR(5) NOT NULL,
  left_on DATE NOT NULL,
  ended_on DATE,
  total_miles INTEGER,
  fuel_tons DECIMAL(8,1),
  FOREIGN KEY (imo_no) REFERENCES vessels (imo_no),
  FOREIGN KEY (first_port) REFERENCES ports (locode),
  FOREIGN KEY (last_port) REFERENCES ports (locode)
)""",
    """CREATE TABLE port_calls (
  call_id INTEGER NOT NULL PRIMARY KEY,
  voyage_no VARCHAR(8) NOT NULL,
  locode VARCHAR(5) NOT NULL,
  stop_no INTEGER NOT NULL,
  arrived DATE NOT NULL,
  hours_in_port DECIMAL(6,1) NOT NULL,
  port_fee DECIMAL(10,2),
  FOREIGN KEY (voyage_no) REFERENCES voyages (voyage_no),
  FOREIGN KEY (locode) REFERENCES ports (locode)
)""",
    """CREATE TABLE shipments (
  bl_no VARCHAR(10) NOT NULL PRIMARY KEY,
  voyage_no VARCHAR(8) NOT NULL,
  shipper_no INTEGER NOT NULL,
  consignee_no INTEGER NOT NULL,
  load_port VARCHAR(5) NOT NULL,
  discharge_port VARCHAR(5) NOT NULL,
  commodity VARCHAR(20) NOT NULL,
  booked_on DATE NOT NULL,
  ship_status VARCHAR(12) NOT NULL,
  delivered_on DATE,
  weight_tons DECIMAL(8,1) NOT NULL,
  freight_usd DECIMAL(10,2) NOT NULL,
  declared_value DECIMAL(12,2),
  FOREIGN KEY (voyage_no) REFERENCES voyages (voyage_no),
  FOREIGN KEY (shipper_no) REFERENCES clients (client_no),
  FOREIGN KEY (consignee_no) REFERENCES clients (client_no),
  FOREIGN KEY (load_port) REFERENCES ports (locode),
  FOREIGN KEY (discharge_port) REFERENCES ports (locode)
)""",
    """CREATE TABLE containers (
  container_no VARCHAR(11) NOT NULL PRIMARY KEY,
  bl_no VARCHAR(10) NOT NULL,
  box_type VARCHAR(12) NOT NULL,
  size_ft INTEGER NOT NULL,
  seal_no VARCHAR(8),
  temperature_c INTEGER,
  FOREIGN KEY (bl_no) REFERENCES shipments (bl_no)
)""",
    """CREATE TABLE claims (
  claim_no INTEGER NOT NULL PRIMARY KEY,
  bl_no VARCHAR(10) NOT NULL,
  reason VARCHAR(20) NOT NULL,
  filed_on DATE NOT NULL,
  settled_on DATE,
  claimed_usd DECIMAL(10,2) NOT NULL,
  paid_usd DECIMAL(10,2),
  FOREIGN KEY (bl_no) REFERENCES shipments (bl_no)
)""",
]

PORTS = [("NLRTM", "Rotterdam", "Netherlands", "North Europe", 17.0, 40), ("DEHAM", "Hamburg", "Germany", "North Europe", 15.1, 32), ("BEANR", "Antwerp", "Belgium", "North Europe", 16.0, 34), ("GBFXT", "Felixstowe", "United Kingdom", "North Europe", 16.0, 11),
         ("ESVLC", "Valencia", "Spain", "Mediterranean", 16.0, 18), ("ESALG", "Algeciras", "Spain", "Mediterranean", 17.0, 14), ("ITGOA", "Genoa", "Italy", "Mediterranean", 15.0, 16), ("GRPIR", "Piraeus", "Greece", "Mediterranean", 16.5, 13), ("EGPSD", "Port Said", "Egypt", "Mediterranean", 16.5, 9),
         ("AEJEA", "Jebel Ali", "United Arab Emirates", "Middle East", 17.0, 25), ("OMSLL", "Salalah", "Oman", "Middle East", 17.5, 7), ("LKCMB", "Colombo", "Sri Lanka", "Asia", 18.0, 12), ("SGSIN", "Singapore", "Singapore", "Asia", 18.0, 50), ("CNSHA", "Shanghai", "China", "Asia", 17.5, 60),
         ("CNSHK", "Shekou", "China", "Asia", 16.0, 10), ("KRPUS", "Busan", "South Korea", "Asia", 17.0, 30), ("JPYOK", "Yokohama", "Japan", "Asia", None, 21), ("USNYC", "New York", "United States", "Americas", 15.2, 24), ("USSAV", "Savannah", "United States", "Americas", 14.5, 10),
         ("BRSSZ", "Santos", "Brazil", "Americas", 14.0, 17), ("CLSAI", "San Antonio", "Chile", "Americas", 15.0, 6), ("CLSVE", "San Vicente", "Chile", "Americas", None, 4)]
# imo, name, flag, built, teu, top speed, state, sister
VESSELS = [(9301001, "Aurora", "Panama", 2006, 4250, 23.5, "in service", None), (9301002, "Aurelia", "Panama", 2007, 4250, 23.5, "in service", 9301001), (9301003, "Borealis", "Liberia", 2009, 5060, 24.0, "in service", None), (9301004, "Cassiopeia", "Liberia", 2010, 5060, 24.1, "laid up", 9301003),
           (9412010, "Singapore Star", "Singapore", 2012, 8500, 22.0, "in service", None), (9412011, "Santos Star", "Singapore", 2012, 8500, 22.0, "in service", 9412010), (9412012, "Savannah Star", "Singapore", 2013, 8600, 22.3, "in service", 9412010), (9520100, "Meridian", "Malta", 2014, 10100, 21.5, "in service", None),
           (9520101, "Meridian II", "Malta", 2015, 10100, 21.5, "in dock", 9520100), (9610200, "Polar Wind", "Greece", 2016, 2800, 19.0, "in service", None), (9610201, "Solar Wind", "Greece", 2016, 2800, 19.2, "in service", 9610200), (9700300, "Zephyr", "Marshall Islands", 2018, 14000, 22.5, "in service", None),
           (9700301, "Mistral", "Marshall Islands", 2019, 14000, 22.5, "in service", 9700300), (9700302, "Sirocco", "Marshall Islands", 2020, 14200, None, "in service", 9700300), (9800401, "Ostro", "Liberia", 2021, 7200, 20.0, "in service", None), (9800402, "Levante", "Liberia", 2022, 7200, 20.0, "in service", 9800401),
           (9800403, "Gregale", "Liberia", 2023, 7300, 20.1, "in service", 9800401), (9150500, "Old Harbour", "Panama", 1999, 1700, 18.0, "scrapped", None), (9150501, "Busan Pride", "South Korea", 2004, 3300, 21.0, "in service", None), (9900600, "Horizon", "Malta", 2024, 15500, 21.0, "in service", None), (9900601, "Halcyon", "Malta", 2024, 15500, None, "in dock", 9900600)]
CLIENTS = ["Alder Timber", "Baltic Grain", "Blue Delta Foods", "Blue Delta Chemicals", "Blue Delta Group", "Cobalt Mining", "Dalian Toys", "Eastgate Textiles", "Ferro Steel", "Ferra Steel", "Gulf Plastics", "Hanse Machinery", "Iberian Fruit", "Jade Electronics", "Kestrel Motors", "Kestrel Motors Brazil",
           "Lumen Lighting", "Magna Paper", "Nordkraft", "Orchid Pharma", "Orchid Pharma India", "Pacific Fish", "Quantum Appliances", "Rhine Wine", "Santos", "Shanghai Silk", "Tulip Trading", "Umbra Coffee", "Vesta Ceramics", "West Coast Cherries", "Xenon Gases", "Yokohama Tyres", "Zenit Furniture", "Aster Retail", "Aster Retail Iberia", "Brightway Logistics"]
PARENT = {3: 5, 4: 5, 16: 15, 21: 20, 35: 34}
IND = {"Timber": "forestry", "Grain": "food", "Foods": "food", "Chemicals": "chemicals", "Mining": "mining", "Toys": "consumer", "Textiles": "textiles", "Steel": "metals", "Plastics": "chemicals", "Machinery": "machinery", "Fruit": "food", "Electronics": "electronics", "Motors": "automotive", "Pharma": "pharma",
       "Fish": "food", "Wine": "food", "Coffee": "food", "Tyres": "automotive", "Retail": "consumer", "Cherries": "food", "Silk": "textiles", "Furniture": "consumer"}
TRADES = {"Asia-Europe": ["CNSHA", "CNSHK", "SGSIN", "LKCMB", "OMSLL", "EGPSD", "GRPIR", "ITGOA", "ESVLC", "ESALG", "BEANR", "NLRTM", "DEHAM", "GBFXT"], "Transpacific": ["JPYOK", "KRPUS", "CNSHA", "USSAV", "USNYC"], "Transatlantic": ["DEHAM", "NLRTM", "BEANR", "GBFXT", "USNYC", "USSAV"],
          "South America": ["ESALG", "NLRTM", "BRSSZ", "CLSAI"], "Gulf": ["SGSIN", "LKCMB", "OMSLL", "AEJEA"]}
GOODS = {"food": ["fruit", "coffee", "frozen fish", "wine"], "chemicals": ["chemicals", "plastics"], "metals": ["steel"], "electronics": ["electronics"], "automotive": ["car parts", "tyres"], "textiles": ["textiles"], "pharma": ["medicines"], "machinery": ["machinery"], "forestry": ["timber"], "mining": ["ore"]}
TODAY = date(2024, 8, 20)


def rows() -> dict[str, list[tuple]]:
    rng = random.Random(2718)
    out: dict[str, list[tuple]] = {n: [] for n in ("ports", "vessels", "clients", "voyages", "port_calls", "shipments", "containers", "claims")}
    out["ports"], out["vessels"] = list(PORTS), list(VESSELS)
    lands = ["Germany", "China", "Brazil", "Spain", "Netherlands", "South Korea", "Italy", "United States", "Chile", "Singapore", "Norway", "India"]
    for i, n in enumerate(CLIENTS, 1):
        ind = next((v for k, v in IND.items() if k in n), None)
        land = "Brazil" if n in ("Santos", "Kestrel Motors Brazil") else "India" if "India" in n else "Japan" if "Yokohama" in n else "China" if n in ("Shanghai Silk", "Dalian Toys") else rng.choice(lands)
        out["clients"].append((i, n, ind, land, PARENT.get(i), float(rng.choice([50, 100, 150, 250, 400])) * 1000 if rng.random() > .12 else None, (date(2017, 1, 2) + timedelta(days=rng.randrange(2700))).isoformat()))
    n = 0
    cid = 0
    for k in range(70):
        trade = rng.choices(list(TRADES), [34, 16, 20, 16, 14])[0]
        day = date(2020, 3, 1) + timedelta(days=int(1630 * (k + rng.random()) / 70))
        v = rng.choice([x for x in VESSELS if x[3] <= day.year - 1 and x[6] == "in service" or x[0] == 9520101 and 2016 < day.year < 2023])
        leg = list(TRADES[trade])
        if rng.random() < .45: leg = leg[::-1]
        keep = sorted(rng.sample(range(len(leg)), min(len(leg), rng.choice([3, 4, 5, 6]))))
        leg = [leg[i] for i in keep]
        no = f"V{day.year % 100}{k + 101}"
        when, calls = day, []
        for s, p in enumerate(leg, 1):
            calls.append((p, s, when)); when += timedelta(days=rng.randrange(3, 11))
        end = calls[-1][2] + timedelta(days=1)
        miles = sum(rng.randrange(600, 4200) for _ in leg)
        done = end < TODAY
        out["voyages"].append((no, v[0], trade, leg[0], leg[-1], day.isoformat(), end.isoformat() if done else None, miles if done else None, round(miles * v[4] / 120000 * (.8 + .5 * rng.random()) + 90, 1) if done else None))
        for p, s, w in calls:
            if w >= TODAY: continue
            cid += 1
            out["port_calls"].append((cid, no, p, s, w.isoformat(), round(rng.choice([9, 14, 20, 28, 44, 70]) * (.7 + .6 * rng.random()), 1), round(v[4] * rng.choice([2.1, 2.8, 3.5]), 2) if rng.random() > .05 else None))
        for _ in range(rng.choice([1, 2, 3, 4, 5])):
            n += 1
            a = rng.randrange(len(leg) - 1); b = rng.randrange(a + 1, len(leg))
            sh = rng.choice(out["clients"][:33]); co = rng.choice([c for c in out["clients"] if c[0] != sh[0]])
            good = rng.choice(GOODS.get(sh[2], ["consumer goods", "machinery", "paper"]))
            bk = day - timedelta(days=rng.randrange(6, 50))
            arr = calls[b][2] + timedelta(days=rng.randrange(2, 9))
            st = "cancelled" if rng.random() < .05 else "delivered" if arr < TODAY else "at sea" if day < TODAY else "booked"
            wt = round(rng.choice([12, 24, 40, 75, 160, 300]) * (.7 + .6 * rng.random()), 1)
            out["shipments"].append((f"BL{20000 + n}", no, sh[0], co[0], leg[a], leg[b], good, bk.isoformat(), st, arr.isoformat() if st == "delivered" else None, wt, round(wt * rng.choice([38, 52, 71, 90]) + 400, 2),
                                     round(wt * {"electronics": 9000, "medicines": 14000, "steel": 800, "ore": 150}.get(good, 2100) * (.6 + rng.random()), -2) if rng.random() > .15 else None))
            if st != "cancelled":
                for _ in range(min(4, 1 + int(wt // 60))):
                    cool = good in ("fruit", "frozen fish", "medicines")
                    out["containers"].append((f"CSLU{rng.randrange(1000000, 9999999)}", f"BL{20000 + n}", "reefer" if cool else rng.choices(["dry", "high cube", "open top"], [60, 32, 8])[0], rng.choice([20, 40, 40]),
                                              f"S{rng.randrange(100000, 999999)}" if rng.random() > .1 else None, rng.choice([-18, 2, 5, 13]) if cool else None))
    dl = [s for s in out["shipments"] if s[8] == "delivered"]
    for c in range(1, 61):
        s = rng.choice(dl[:len(dl) - 6])
        f = date.fromisoformat(s[9]) + timedelta(days=rng.randrange(1, 40))
        while f >= TODAY: f -= timedelta(days=10)
        amt = round(rng.choice([400, 1500, 4200, 9000, 26000]) * (.6 + .9 * rng.random()), 2)
        se = f + timedelta(days=rng.randrange(20, 300))
        ok = se < TODAY
        out["claims"].append((c, s[0], rng.choices(["damage", "delay", "loss", "temperature"], [40, 28, 18, 14])[0], f.isoformat(), se.isoformat() if ok else None, amt, round(amt * rng.choice([0, .3, .6, 1]), 2) if ok else None))
    return out
