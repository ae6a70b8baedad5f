"""An art museum: objects (some parts of others), artists, exhibitions, loans, valuations, treatments; rows generated."""
import random
from datetime import date, timedelta

SYSTEMS = ("sqlite",)

TABLES: list[str] = [
    """CREATE TABLE ctry (
  cc VARCHAR(2) NOT NULL PRIMARY KEY,
  nm VARCHAR(40) NOT NULL
)""",
    """CREATE TABLE artist (
  artist_id INTEGER NOT NULL PRIMARY KEY,
  nm VARCHAR(60) NOT NULL,
  cc VARCHAR(2),
  born_yr INTEGER,
  died_yr INTEGER,
  movement VARCHAR(30),
  taught_by INTEGER,
  FOREIGN KEY (cc) REFERENCES ctry (cc),
  FOREIGN KEY (taught_by) REFERENCES artist (artist_id)
)""",
    """CREATE TABLE staff (
  staff_id INTEGER NOT NULL PRIMARY KEY,
  nm VARCHAR(60) NOT NULL,
  dept VARCHAR(30) NOT NULL,
  job VARCHAR(30) NOT NULL,
  superv_id INTEGER,
  started DATE NOT NULL,
  FOREIGN KEY (superv_id) REFERENCES staff (staff_id)
)""",
    """CREATE TABLE institution (
  inst_code VARCHAR(6) NOT NULL PRIMARY KEY,
  nm VARCHAR(60) NOT NULL,
  city VARCHAR(40) NOT NULL,
  cc VARCHAR(2) NOT NULL,
  kind VARCHAR(20) NOT NULL,
  FOREIGN KEY (cc) REFERENCES ctry (cc)
)""",
    """CREATE TABLE artwork (
  acc_no VARCHAR(10) NOT NULL PRIMARY KEY,
  ttl VARCHAR(80) NOT NULL,
  artist_id INTEGER,
  made_yr INTEGER,
  medium VARCHAR(20) NOT NULL,
  longest_side_cm DECIMAL(6,1) NOT NULL,
  framed VARCHAR(3),
  gallery VARCHAR(20),
  part_of VARCHAR(10),
  acq_on DATE NOT NULL,
  acq_mode VARCHAR(12) NOT NULL,
  paid DECIMAL(12,2),
  highest_val DECIMAL(12,2),
  last_shown DATE,
  FOREIGN KEY (artist_id) REFERENCES artist (artist_id),
  FOREIGN KEY (part_of) REFERENCES artwork (acc_no)
)""",
    """CREATE TABLE exhibition (
  exh_id INTEGER NOT NULL PRIMARY KEY,
  ttl VARCHAR(80) NOT NULL,
  gallery VARCHAR(20) NOT NULL,
  curator_id INTEGER,
  opens DATE NOT NULL,
  closes DATE NOT NULL,
  entry_fee DECIMAL(6,2),
  total_visitors INTEGER,
  budget DECIMAL(10,2) NOT NULL,
  FOREIGN KEY (curator_id) REFERENCES staff (staff_id)
)""",
    """CREATE TABLE exh_item (
  item_id INTEGER NOT NULL PRIMARY KEY,
  exh_id INTEGER NOT NULL,
  acc_no VARCHAR(10) NOT NULL,
  wall_no INTEGER NOT NULL,
  FOREIGN KEY (exh_id) REFERENCES exhibition (exh_id),
  FOREIGN KEY (acc_no) REFERENCES artwork (acc_no)
)""",
    """CREATE TABLE loan (
  loan_id INTEGER NOT NULL PRIMARY KEY,
  acc_no VARCHAR(10) NOT NULL,
  inst_code VARCHAR(6) NOT NULL,
  sent_on DATE NOT NULL,
  due_back DATE NOT NULL,
  back_on DATE,
  purpose VARCHAR(20) NOT NULL,
  loan_fee DECIMAL(10,2),
  insured DECIMAL(12,2) NOT NULL,
  days_out INTEGER,
  FOREIGN KEY (acc_no) REFERENCES artwork (acc_no),
  FOREIGN KEY (inst_code) REFERENCES institution (inst_code)
)""",
    """CREATE TABLE treatment (
  trt_id INTEGER NOT NULL PRIMARY KEY,
  acc_no VARCHAR(10) NOT NULL,
  staff_id INTEGER,
  kind VARCHAR(20) NOT NULL,
  began DATE NOT NULL,
  ended DATE,
  hrs DECIMAL(6,1) NOT NULL,
  cost DECIMAL(10,2),
  FOREIGN KEY (acc_no) REFERENCES artwork (acc_no),
  FOREIGN KEY (staff_id) REFERENCES staff (staff_id)
)""",
]

CTRY = [("NL", "Netherlands"), ("BE", "Belgium"), ("FR", "France"), ("IT", "Italy"), ("ES", "Spain"), ("DE", "Germany"), ("AT", "Austria"), ("GB", "United Kingdom"), ("IE", "Ireland"), ("NO", "Norway"), ("SE", "Sweden"),
        ("DK", "Denmark"), ("PL", "Poland"), ("CZ", "Czechia"), ("CH", "Switzerland"), ("US", "United States"), ("MX", "Mexico"), ("JP", "Japan"), ("PT", "Portugal"), ("RU", "Russia"), ("IS", "Iceland")]
MOVES = ["Baroque", "Realism", "Impressionism", "Expressionism", "Cubism", "Surrealism", "Pop Art", "Abstraction"]
ARTISTS = [("Jan Verhaegen", "BE", 1598, 1661, "Baroque", None), ("Pieter de Winter", "NL", 1622, 1680, "Baroque", 1), ("Judith Maes", "NL", 1640, 1699, "Baroque", 2), ("Giulio Ferrante", "IT", 1577, 1644, "Baroque", None),
           ("Hans Brunner", "DE", 1818, 1889, "Realism", None), ("Elise Moreau", "FR", 1831, 1902, "Realism", None), ("Camille Roux", "FR", 1840, 1911, "Impressionism", 6), ("Camilla Roux", "CH", 1867, 1940, "Expressionism", 7),
           ("Theo Lindahl", "SE", 1853, 1926, "Impressionism", 7), ("Anna Kessler", "DE", 1880, 1945, "Expressionism", 5), ("Oskar Blau", "AT", 1884, 1931, "Expressionism", None), ("Mikkel Skov", "DK", 1879, 1950, "Expressionism", 9),
           ("Pablo Serrano", "ES", 1887, 1961, "Cubism", None), ("Juan Ortega", "MX", 1890, 1957, "Cubism", 13), ("Vera Novotna", "CZ", 1902, 1980, "Surrealism", 14), ("Rene Claes", "BE", 1899, 1969, "Surrealism", None),
           ("Leonora Finch", "GB", 1911, 1999, "Surrealism", 16), ("Roy Baxter", "US", 1925, 2004, "Pop Art", None), ("Pauline Gray", "GB", 1938, None, "Pop Art", 18), ("Yoko Arai", "JP", 1944, None, "Abstraction", None),
           ("Agnes Holm", "NO", 1931, 2018, "Abstraction", 15), ("Tomasz Wilk", "PL", 1952, None, "Abstraction", 21), ("Maria Pinto", "PT", 1966, None, None, 20), ("Sean Doyle", "IE", 1971, None, "Abstraction", 22), ("Ivan Orlov", "RU", 1895, 1938, "Cubism", None),
           ("Master of the Green Robe", None, None, None, "Baroque", None)]
W = [5, 6, 3, 3, 4, 6, 9, 4, 5, 6, 5, 4, 6, 4, 6, 5, 5, 7, 4, 6, 5, 3, 3, 0, 4, 2]       # nothing by Sean Doyle
STAFF = [("Marta Quist", "Direction", "Director", None, "2009-09-01"), ("Bram Oosting", "Paintings", "Head curator", 1, "2012-02-01"), ("Lea Sommer", "Prints", "Head curator", 1, "2014-05-15"), ("Igor Savin", "Sculpture", "Head curator", 1, "2010-01-11"),
         ("Nadia Ferro", "Conservation", "Head conservator", 1, "2011-03-01"), ("Paul Heijn", "Paintings", "Curator", 2, "2016-08-01"), ("Sofie Lund", "Paintings", "Curator", 2, "2018-10-01"), ("Amir Katz", "Prints", "Curator", 3, "2017-04-03"),
         ("Rosa Vidal", "Sculpture", "Curator", 4, "2019-01-07"), ("Tom Bauer", "Conservation", "Conservator", 5, "2013-06-17"), ("Ella Strand", "Conservation", "Conservator", 5, "2015-09-21"), ("Kenji Mori", "Conservation", "Conservator", 5, "2020-02-03"),
         ("Ulla Fink", "Conservation", "Apprentice", 10, "2023-09-01"), ("David Okoye", "Registry", "Registrar", 1, "2012-11-05"), ("Clara Weiss", "Registry", "Registrar", 14, "2021-05-03"), ("Finn Maher", "Education", "Educator", 1, "2016-03-14"),
         ("Julie Noel", "Education", "Educator", 16, "2022-08-15"), ("Hugo Prins", "Prints", "Intern", 8, "2024-09-02"), ("Eva Roth", "Paintings", "Intern", 7, "2024-10-01"), ("Olga Brandt", "Direction", "Secretary", 1, "2018-01-08")]
INST = [("RMA", "Rijkshuis Museum", "Amsterdam", "NL", "museum"), ("KMA", "Koninklijk Museum", "Antwerp", "BE", "museum"), ("MOL", "Musee de l'Orme", "Lyon", "FR", "museum"), ("GAV", "Galleria Vecchia", "Florence", "IT", "museum"), ("KHB", "Kunsthaus Basel", "Basel", "CH", "museum"),
        ("KHB2", "Kunsthalle Bremen-Nord", "Bremen", "DE", "museum"), ("NGD", "National Gallery Dublin", "Dublin", "IE", "museum"), ("TNL", "Thames New Gallery", "London", "GB", "museum"), ("MOS", "Museum of Sound and Image", "Stockholm", "SE", "museum"), ("NMO", "Nordic Museum", "Oslo", "NO", "museum"),
        ("UVC", "University of Vienna Collection", "Vienna", "AT", "university"), ("UKC", "University of Krakow Collection", "Krakow", "PL", "university"), ("PCB", "Private Collection Bertrand", "Geneva", "CH", "private"), ("PCH", "Private Collection Hale", "Boston", "US", "private"), ("BMA", "Boston Museum of Art", "Boston", "US", "museum"),
        ("CAM", "Casa Moderna", "Madrid", "ES", "museum"), ("TKM", "Tokyo Modern", "Tokyo", "JP", "museum"), ("LAB", "Paper Conservation Lab", "Ghent", "BE", "laboratory"), ("LAM", "Metal Laboratory", "Leiden", "NL", "laboratory"), ("EMB", "Embassy of Denmark", "Lisbon", "PT", "government")]
THINGS = ["Still Life with Lemons", "Still Life with Pewter", "Woman with a Lute", "Portrait of a Merchant", "Portrait of a Lady", "Harbour at Dawn", "Harbour in Winter", "The Blue Room", "The Card Players", "Garden at Noon", "Dancer", "Two Dancers", "Night Train",
          "Composition in Red", "Composition in Blue", "Untitled", "Self-Portrait", "The Fishmonger", "Bridge in Fog", "The Letter", "Mother and Child", "Horses", "Snow on the Canal", "Lemon Tree", "The Winter Road", "Masks"]
GALLERIES = ["Blue Room", "Red Room", "Great Hall", "Print Cabinet", "Garden Wing", "Cellar"]
SHOWS = ["Impressionism and After", "Like Father, Like Son", "Baroque Nights", "Women Who Paint", "Paper Trails", "The Cubist Eye", "Winter Light", "Dreams", "Pop!", "Masters of the North", "In Bronze", "Still Life", "Harbours", "The Expressionists",
         "New Acquisitions", "Collector's Choice", "Lines", "Red", "Face to Face", "Abstract Now", "Surrealism", "Treasures of the Cellar", "Gifts", "A Century of Prints"]
TODAY = date(2025, 3, 31)


def rows() -> dict[str, list[tuple]]:
    rng = random.Random(1889)
    out: dict[str, list[tuple]] = {n: [] for n in ("ctry", "artist", "staff", "institution", "artwork", "exhibition", "exh_item", "loan", "treatment")}
    out["ctry"] = list(CTRY)
    out["artist"] = [(i, *a) for i, a in enumerate(ARTISTS, 1)]
    out["staff"] = [(i, *s) for i, s in enumerate(STAFF, 1)]
    out["institution"] = list(INST)
    for k in range(1, 161):
        acq = date(1998, 1, 1) + timedelta(days=int(9900 * rng.random() ** .8))
        a = rng.choices(range(1, 27), W)[0]
        art = ARTISTS[a - 1]
        born = art[2] or 1630
        made = born + rng.randrange(20, max(22, min((art[3] or 2022) - born, 62))) if rng.random() > .08 else None
        made = min(made, acq.year) if made else None
        med = rng.choices(["oil", "print", "drawing", "bronze", "marble", "photograph"], [46, 20, 14, 9, 4, 7 if born > 1880 else 0])[0]
        part = None
        ttl = rng.choice(THINGS)
        if k % 19 == 0 and k > 19:
            base = out["artwork"][k - 3]
            part = base[0]; ttl = base[1] + ", detail"; a = base[2]; made = base[3]; med = base[4]
        mode = rng.choices(["purchase", "gift", "bequest", "loan"], [48, 28, 16, 8])[0]
        worth = round({"oil": 320000, "print": 9000, "drawing": 24000, "bronze": 140000, "marble": 160000, "photograph": 7000}[med] * rng.choice([.2, .4, .8, 1.3, 2.4, 6]) * (.7 + .6 * rng.random()), -3)
        paid = round(worth * rng.choice([.5, .7, .9, 1.0, 1.15]), -2) if mode == "purchase" else None
        out["artwork"].append([f"{acq.year}.{k:03d}", ttl, a if rng.random() > .03 or part else None, made, med, round(rng.choice([18, 32, 55, 80, 120, 190, 310]) * (.8 + .4 * rng.random()), 1),
                               None if med in ("bronze", "marble") else rng.choice(["yes", "yes", "no"]), rng.choice(GALLERIES) if rng.random() < .62 else None, part, acq.isoformat(), mode, paid,
                               worth if rng.random() > .07 else None, None])
    art = out["artwork"]
    iid = 0
    for e, t in enumerate(SHOWS, 1):
        o = date(2016, 2, 5) + timedelta(days=int((e - 1) * 142 + rng.randrange(30)))
        c = o + timedelta(days=rng.choice([62, 83, 97, 118]))
        seen = rng.randrange(4200, 61000) if c < TODAY else None
        out["exhibition"].append((e, t, rng.choice(GALLERIES), rng.choice([2, 3, 4, 6, 6, 7, 7, 8, 9]) if rng.random() > .08 and e not in (9, 20) else None, o.isoformat(), c.isoformat(), rng.choice([8.0, 12.0, 14.5, 18.0, None]), seen, float(1000 * rng.randrange(25, 420))))
        have = [x for x in art if x[9] < o.isoformat()]
        for w, x in enumerate(rng.sample(have, rng.randrange(7, 19)), 1):
            iid += 1
            out["exh_item"].append((iid, e, x[0], w))
            if o < TODAY:
                x[13] = max(x[13] or "", min(c, TODAY).isoformat())
    for l in range(1, 141):
        x = rng.choice(art[:150])
        s = max(date.fromisoformat(x[9]) + timedelta(days=40), date(2016, 1, 10)) + timedelta(days=rng.randrange(3200))
        while s >= TODAY:
            s -= timedelta(days=rng.randrange(100, 400))
        due = s + timedelta(days=rng.choice([60, 90, 120, 180, 365]))
        back = due + timedelta(days=rng.choice([-20, -7, 0, 0, 3, 14, 45]))
        if back >= TODAY or rng.random() < .02: back = None
        purpose = rng.choices(["exhibition", "study", "conservation", "representation"], [64, 16, 12, 8])[0]
        inst = rng.choice(["LAB", "LAM", "KHB"]) if purpose == "conservation" else "EMB" if purpose == "representation" and rng.random() < .6 else rng.choice(["UVC", "UKC", "BMA"]) if purpose == "study" else rng.choice([i[0] for i in INST[:17] if i[0] != "TKM"])
        out["loan"].append((l, x[0], inst, s.isoformat(), due.isoformat(), back.isoformat() if back else None, purpose, float(100 * rng.randrange(5, 90)) if purpose == "exhibition" and rng.random() < .8 else None,
                            round((x[12] or 50000) * rng.choice([1, 1.1, 1.2]), -3), (back - s).days if back else None))
    for t in range(1, 131):
        x = rng.choice(art[:155])
        b = max(date.fromisoformat(x[9]), date(2017, 1, 9)) + timedelta(days=rng.randrange(2900))
        while b >= TODAY: b -= timedelta(days=rng.randrange(60, 300))
        hrs = round(rng.choice([3, 8, 16, 40, 90]) * (.6 + .9 * rng.random()), 1)
        e = b + timedelta(days=int(hrs * 1.4) + 1)
        who = rng.choice([s for s in (5, 10, 10, 11, 11, 12, 13) if STAFF[s - 1][4] <= b.isoformat()]) if rng.random() > .12 else None
        out["treatment"].append((t, x[0], who, rng.choices(["cleaning", "retouching", "framing", "inspection", "relining"], [34, 18, 16, 24, 8])[0], b.isoformat(), e.isoformat() if e < TODAY else None, hrs,
                                 round(hrs * rng.choice([45, 60, 85]) + 40, 2) if rng.random() > .05 else None))
    out["artwork"] = [tuple(x) for x in art]
    return out
