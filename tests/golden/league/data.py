"""A football league: clubs, players, matches, goals, transfers, injuries; rows generated."""
import random
from datetime import date, datetime, timedelta

SYSTEMS = ("sqlite",)

TABLES: list[str] = [
    """CREATE TABLE nations (
  fifa_code VARCHAR(3) NOT NULL PRIMARY KEY,
  nation VARCHAR(40) NOT NULL,
  confederation VARCHAR(12) NOT NULL
)""",
    """CREATE TABLE stadiums (
  stadium_id INTEGER NOT NULL PRIMARY KEY,
  stadium_name VARCHAR(40) NOT NULL,
  city VARCHAR(40) NOT NULL,
  capacity INTEGER NOT NULL,
  record_attendance INTEGER,
  opened_on DATE
)""",
    """CREATE TABLE clubs (
  club_code VARCHAR(3) NOT NULL PRIMARY KEY,
  club_name VARCHAR(40) NOT NULL,
  town VARCHAR(40) NOT NULL,
  founded INTEGER,
  division VARCHAR(20) NOT NULL,
  ground_id INTEGER,
  parent_code VARCHAR(3),
  wage_budget DECIMAL(12,2),
  FOREIGN KEY (ground_id) REFERENCES stadiums (stadium_id),
  FOREIGN KEY (parent_code) REFERENCES clubs (club_code)
)""",
    """CREATE TABLE players (
  player_id INTEGER NOT NULL PRIMARY KEY,
  player_name VARCHAR(60) NOT NULL,
  born_on DATE NOT NULL,
  nat VARCHAR(3) NOT NULL,
  pos VARCHAR(12) NOT NULL,
  foot VARCHAR(6),
  shirt_no INTEGER,
  club_code VARCHAR(3),
  market_value DECIMAL(12,2),
  contract_until DATE,
  FOREIGN KEY (nat) REFERENCES nations (fifa_code),
  FOREIGN KEY (club_code) REFERENCES clubs (club_code)
)""",
    """CREATE TABLE referees (
  referee_id INTEGER NOT NULL PRIMARY KEY,
  referee_name VARCHAR(60) NOT NULL,
  nat VARCHAR(3) NOT NULL,
  licence VARCHAR(12) NOT NULL,
  licensed_on DATE NOT NULL,
  FOREIGN KEY (nat) REFERENCES nations (fifa_code)
)""",
    """CREATE TABLE matches (
  match_id INTEGER NOT NULL PRIMARY KEY,
  season VARCHAR(7) NOT NULL,
  matchday INTEGER NOT NULL,
  kickoff TIMESTAMP NOT NULL,
  home_code VARCHAR(3) NOT NULL,
  away_code VARCHAR(3) NOT NULL,
  referee_id INTEGER,
  stadium_id INTEGER NOT NULL,
  state VARCHAR(10) NOT NULL,
  home_goals INTEGER,
  away_goals INTEGER,
  attendance INTEGER,
  length_min INTEGER,
  FOREIGN KEY (home_code) REFERENCES clubs (club_code),
  FOREIGN KEY (away_code) REFERENCES clubs (club_code),
  FOREIGN KEY (referee_id) REFERENCES referees (referee_id),
  FOREIGN KEY (stadium_id) REFERENCES stadiums (stadium_id)
)""",
    """CREATE TABLE goals (
  goal_id INTEGER NOT NULL PRIMARY KEY,
  match_id INTEGER NOT NULL,
  scorer_id INTEGER NOT NULL,
  assist_id INTEGER,
  minute INTEGER NOT NULL,
  kind VARCHAR(12) NOT NULL,
  FOREIGN KEY (match_id) REFERENCES matches (match_id),
  FOREIGN KEY (scorer_id) REFERENCES players (player_id),
  FOREIGN KEY (assist_id) REFERENCES players (player_id)
)""",
    """CREATE TABLE transfers (
  transfer_id INTEGER NOT NULL PRIMARY KEY,
  player_id INTEGER NOT NULL,
  from_code VARCHAR(3),
  to_code VARCHAR(3) NOT NULL,
  transferred_on DATE NOT NULL,
  kind VARCHAR(12) NOT NULL,
  fee DECIMAL(12,2),
  FOREIGN KEY (player_id) REFERENCES players (player_id),
  FOREIGN KEY (from_code) REFERENCES clubs (club_code),
  FOREIGN KEY (to_code) REFERENCES clubs (club_code)
)""",
    """CREATE TABLE standings (
  standing_id INTEGER NOT NULL PRIMARY KEY,
  season VARCHAR(7) NOT NULL,
  club_code VARCHAR(3) NOT NULL,
  place INTEGER NOT NULL,
  total_points INTEGER NOT NULL,
  goals_scored INTEGER NOT NULL,
  goals_conceded INTEGER NOT NULL,
  longest_run INTEGER NOT NULL,
  FOREIGN KEY (club_code) REFERENCES clubs (club_code)
)""",
    """CREATE TABLE injuries (
  injury_id INTEGER NOT NULL PRIMARY KEY,
  player_id INTEGER NOT NULL,
  injured_on DATE NOT NULL,
  back_on DATE,
  body_part VARCHAR(12) NOT NULL,
  days_out INTEGER,
  FOREIGN KEY (player_id) REFERENCES players (player_id)
)""",
]

NATIONS = [("ARG", "Argentina", "CONMEBOL"), ("BRA", "Brazil", "CONMEBOL"), ("URU", "Uruguay", "CONMEBOL"), ("COL", "Colombia", "CONMEBOL"), ("PAR", "Paraguay", "CONMEBOL"),
           ("POR", "Portugal", "UEFA"), ("ESP", "Spain", "UEFA"), ("ITA", "Italy", "UEFA"), ("CRO", "Croatia", "UEFA"), ("DEN", "Denmark", "UEFA"), ("NOR", "Norway", "UEFA"), ("SCO", "Scotland", "UEFA"),
           ("GUI", "Guinea", "CAF"), ("GHA", "Ghana", "CAF"), ("GNB", "Guinea-Bissau", "CAF"), ("SEN", "Senegal", "CAF"), ("MAR", "Morocco", "CAF"),
           ("JPN", "Japan", "AFC"), ("KOR", "South Korea", "AFC"), ("IRN", "Iran", "AFC"), ("FIJ", "Fiji", "OFC")]
NAT_W = [14, 18, 8, 9, 3, 16, 12, 6, 8, 7, 9, 8, 5, 9, 2, 8, 6, 7, 4, 3, 0]
STADIUMS = [("Atlas Arena", "Northvale", 42000), ("Harbour Park", "Port Ellis", 31500), ("Mill Road", "Millbrook", 18200), ("The Quarry", "Stonegate", 24800), ("Queens Field", "Queensbury", 12600),
            ("Riverside", "Riverton", 55200), ("Riverside Annex", "Riverton", 4500), ("Castle Ground", "Castleford", 20100), ("Lakeview", "Lakemouth", 27300), ("Old Meadow", "Northvale", 9800),
            ("Tram Lane", "Port Ellis", 7600), ("Chapel Street", "Marlow Bay", 11200), ("Falcon Nest", "Falconridge", 15400), ("Bridge End", "Dunmore", 8900), ("South Common", "Southwold", 6100),
            ("Elm Grove", "Elmswell", 5200), ("Victoria Ground", "Stonegate", 10300), ("Sandpit", "Marlow Bay", 3900), ("Peak Stadium", "High Peak", 14100), ("Anchor Yard", "Lakemouth", 4800)]
# code, name, town, founded, division, ground, parent, wage budget
CLUBS = [("RIV", "Riverton United", "Riverton", 1902, "Premier", 6, None, 48000000), ("NOR", "Northvale City", "Northvale", 1898, "Premier", 1, None, 41000000),
         ("POR", "Port Ellis", "Port Ellis", 1911, "Premier", 2, None, 27500000), ("STO", "Stonegate Athletic", "Stonegate", 1921, "Premier", 4, None, 22000000),
         ("LAK", "Lakemouth Rovers", "Lakemouth", 1934, "Premier", 9, None, 19500000), ("CAS", "Castleford Town", "Castleford", 1908, "Premier", 8, None, 14000000),
         ("MIL", "Millbrook Wanderers", "Millbrook", 1919, "Premier", 3, None, 11500000), ("QUE", "Queensbury", "Queensbury", 1947, "Premier", 5, None, 8200000),
         ("FAL", "Falconridge", "Falconridge", 1988, "First", 13, None, 6100000), ("MAR", "Marlow Bay", "Marlow Bay", 1926, "First", 12, None, 5400000), ("PEA", "High Peak", "High Peak", 1951, "First", 19, None, 5900000),
         ("DUN", "Dunmore Athletic", "Dunmore", 1930, "First", 14, None, 3300000), ("STV", "Stonegate Victoria", "Stonegate", 1912, "First", 17, None, 4200000), ("SOU", "Southwold", "Southwold", None, "First", 15, None, 2500000),
         ("ELM", "Elmswell", "Elmswell", 2008, "First", 16, None, None), ("RI2", "Riverton United II", "Riverton", 1990, "Reserve", 7, "RIV", 1800000), ("NO2", "Northvale City II", "Northvale", 1995, "Reserve", 10, "NOR", 1500000),
         ("PO2", "Port Ellis II", "Port Ellis", 2003, "Reserve", 11, "POR", 1100000), ("LA2", "Lakemouth Rovers II", "Lakemouth", 2011, "Reserve", 20, "LAK", 900000), ("MA2", "Marlow Bay II", "Marlow Bay", 2019, "Reserve", 18, "MAR", None),
         ("RIU", "Riverton University", "Riverton", 1964, "First", None, None, 800000)]
FIRST = ["Ander", "Bruno", "Caio", "Diogo", "Eirik", "Fabio", "Gil", "Hugo", "Ivo", "Jonas", "Kofi", "Luca", "Mateo", "Nuno", "Otto", "Pape", "Rafa", "Sadio", "Tiago", "Yuto", "Zlatan", "Marco"]
LAST = ["Almada", "Bastos", "Cardoso", "Dahl", "Elneny", "Ferreira", "Garcia", "Hansen", "Ibarra", "Juric", "Kone", "Lopez", "Mensah", "Nakata", "Olsen", "Perisic", "Quintero", "Rossi", "Santos", "Traore", "Vidal", "Moreno"]
REFS = ["Alan Firth", "Bea Lindqvist", "Carl Osei", "Dana Petrie", "Ewan Marsh", "Faye Ockham", "Gino Belli", "Hal Dougan", "Ines Roque", "Jan Krol", "Kai Berg", "Lola Funes", "Mo Salim", "Ned Hurst",
        "Olga Reyes", "Pia Storm", "Rui Santos", "Sol Varga", "Tom Aird", "Uma Dass"]
TODAY = date(2024, 12, 10)


def rows() -> dict[str, list[tuple]]:
    rng = random.Random(901)
    out: dict[str, list[tuple]] = {n: [] for n in ("nations", "stadiums", "clubs", "players", "referees", "matches", "goals", "transfers", "standings", "injuries")}
    out["nations"] = list(NATIONS)
    for i, (n, c, cap) in enumerate(STADIUMS, 1):
        out["stadiums"].append((i, n, c, cap, int(cap * rng.choice([.72, .84, .95, .99, 1.0, 1.04])) if rng.random() > .15 else None,
                                f"{rng.randrange(1921, 2016)}-{rng.choice(['03-14', '08-20', '09-02', '05-30'])}" if rng.random() > .1 else None))
    out["clubs"] = [(*c[:7], float(c[7]) if c[7] else None) for c in CLUBS]
    names = [f"{f} {l}" for f in FIRST for l in LAST if (f, l) != ("Marco", "Moreno")]
    rng.shuffle(names)
    squads: dict[str, list[int]] = {}
    pid = 0
    for c in CLUBS + [(None,)]:
        n = 17 if c[0] and c[4] == "Premier" else 6 if c[0] in ("FAL", "MAR", "PEA", "RI2", "NO2") else 4 if c[0] else 9
        if c[0] == "ELM":
            n = 0
        for k in range(n):
            pid += 1
            name = names.pop()
            if pid == 8: name = "Marco Moreno"
            if pid == 61: name = "Marco Morena"
            if pid == 100: name = "Rui Santos"              # a referee's name, too
            born = date(1988, 1, 1) + timedelta(days=rng.randrange(6900))
            val = round(rng.choice([.1, .25, .4, .8, 1.5, 3, 6]) * (1 + rng.random()) * ((c[7] or 500000) / 9e6 if c[0] else .1) * 1e6, -4)
            nat = rng.choices(NATIONS, NAT_W)[0][0]
            out["players"].append((pid, name, born.isoformat(), nat, "Goalkeeper" if k % 9 == 0 else rng.choice(["Defender", "Defender", "Midfielder", "Midfielder", "Forward"]),
                                   rng.choices(["right", "left", "both", None], [60, 24, 8, 8])[0], (k * 7 + 1) % 31 if c[0] else None, c[0], val if rng.random() > .06 else None,
                                   f"{rng.choice([2025, 2025, 2026, 2027, 2028])}-06-30" if c[0] else None))
            squads.setdefault(c[0], []).append(pid)
    for i, n in enumerate(REFS, 1):
        out["referees"].append((i, n, rng.choices(NATIONS, NAT_W)[0][0], rng.choice(["national", "national", "FIFA", "regional"]), (date(2006, 1, 1) + timedelta(days=rng.randrange(6200))).isoformat()))
    prem = [c[0] for c in CLUBS if c[4] == "Premier"]
    strength = dict(zip(prem, [1.75, 1.5, 1.35, 1.1, 1.1, .9, .75, .6]))
    ground = {c[0]: c[5] for c in CLUBS}
    mid = gid = 0
    for season, start in (("2022/23", date(2022, 8, 20)), ("2023/24", date(2023, 8, 19)), ("2024/25", date(2024, 8, 17))):
        order = list(prem); rng.shuffle(order)
        table = {c: [0, 0, 0, []] for c in prem}
        for day in range(14):
            line = order[:1] + [order[1 + (i + day) % 7] for i in range(7)]
            pairs = [(line[i], line[7 - i]) for i in range(4)]
            if day % 2: pairs = [(b, a) for a, b in pairs]
            if day >= 7: pairs = [(b, a) for a, b in pairs]
            for h, a in pairs:
                mid += 1
                d = start + timedelta(days=19 * day + rng.choice([-1, 0, 0, 1, 2]))
                when = datetime(d.year, d.month, d.day, rng.choice([13, 15, 17, 20]), rng.choice([0, 30]))
                state = "played" if d < TODAY else "scheduled"
                if state == "played" and rng.random() < .02: state = "abandoned"
                std = ground[h] if rng.random() > .04 else 1
                cap = STADIUMS[std - 1][2]
                hg = ag = att = ln = None
                if state == "played":
                    pick = lambda m: rng.choices([0, 1, 2, 3, 4, 5], [1, m, m * m / 2, m ** 3 / 6, m ** 4 / 24, m ** 5 / 120])[0]
                    hg, ag = pick(strength[h] * 1.2), pick(strength[a] * .95)
                    att = int(cap * (.45 + .5 * rng.random())) if rng.random() > .05 else None
                    ln = 90 + rng.randrange(3, 13)
                    for c, f, g in ((h, hg, ag), (a, ag, hg)):
                        t = table[c]; t[0] += 3 if f > g else f == g; t[1] += f; t[2] += g; t[3].append(f >= g)
                    for c, n, o in ((h, hg, a), (a, ag, h)):
                        for _ in range(n):
                            gid += 1
                            kind = rng.choices(["open play", "penalty", "free kick", "header", "own goal"], [62, 12, 8, 16, 3])[0]
                            field = [p for p in squads[o if kind == "own goal" else c] if out["players"][p - 1][4] != "Goalkeeper"]
                            w = [5 if out["players"][p - 1][4] == "Forward" else 2 if out["players"][p - 1][4] == "Midfielder" else .7 for p in field]
                            s = rng.choices(field, w)[0]
                            ass = rng.choice([p for p in field if p != s]) if kind in ("open play", "header") and rng.random() < .75 else None
                            out["goals"].append((gid, mid, s, ass, rng.randrange(1, 97), kind))
                out["matches"].append((mid, season, day + 1, when.isoformat(sep=" "), h, a, rng.randrange(1, 19) if rng.random() > .04 else None, std, state, hg, ag, att, ln))
        rank = sorted(prem, key=lambda c: (-table[c][0], table[c][2] - table[c][1], c))
        for i, c in enumerate(rank, 1):
            best = run = 0
            for x in table[c][3]:
                run = run + 1 if x else 0; best = max(best, run)
            out["standings"].append((len(out["standings"]) + 1, season, c, i, table[c][0], table[c][1], table[c][2], best))
    codes = [c[0] for c in CLUBS if c[0] not in ("ELM",)]
    for t in range(1, 141):
        p = rng.choice(out["players"])
        d = date(2018, 7, 1) + timedelta(days=rng.randrange(2340))
        d = d.replace(month=rng.choice([1, 7, 8]))
        kind = rng.choices(["permanent", "loan", "free"], [50, 28, 22])[0]
        to = p[7] if p[7] and rng.random() < .55 else rng.choice(codes)
        fr = rng.choice([c for c in codes if c != to]) if rng.random() > .1 else None
        fee = round(rng.choice([.2, .5, 1.2, 2.5, 4, 9]) * (1 + rng.random()) * 1e6, -4) if kind == "permanent" else round(1e5 * (1 + rng.random() * 4), -4) if kind == "loan" and rng.random() < .4 else None
        out["transfers"].append((t, p[0], fr, to, d.isoformat(), kind, fee))
    for i in range(1, 121):
        p = rng.choice(out["players"][:186])
        d = date(2021, 8, 1) + timedelta(days=rng.randrange(1220))
        n = rng.choice([4, 9, 15, 22, 38, 60, 120, 210])
        b = d + timedelta(days=n)
        out["injuries"].append((i, p[0], d.isoformat(), b.isoformat() if b < TODAY else None, rng.choice(["knee", "ankle", "hamstring", "head", "foot", "shoulder"]), n if b < TODAY else None))
    return out
