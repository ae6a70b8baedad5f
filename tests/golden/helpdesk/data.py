"""An IT service desk, in the manner of Jira and ServiceNow exports; rows generated."""
import random
from datetime import date, datetime, timedelta

#: What it is there for is how models of others are read; how systems differ, the other sets show.
SYSTEMS = ("sqlite",)

TABLES: list[str] = [
    """CREATE TABLE teams (
  team_id INTEGER NOT NULL PRIMARY KEY,
  team_name VARCHAR(40) NOT NULL,
  region VARCHAR(10) NOT NULL,
  manager_name VARCHAR(60)
)""",
    """CREATE TABLE agents (
  agent_id INTEGER NOT NULL PRIMARY KEY,
  agent_name VARCHAR(60) NOT NULL,
  team_id INTEGER NOT NULL,
  support_tier VARCHAR(4) NOT NULL,
  location VARCHAR(40),
  hired_on DATE,
  FOREIGN KEY (team_id) REFERENCES teams (team_id)
)""",
    """CREATE TABLE requesters (
  requester_id INTEGER NOT NULL PRIMARY KEY,
  requester_name VARCHAR(60) NOT NULL,
  department VARCHAR(40),
  office VARCHAR(40),
  is_vip VARCHAR(3) NOT NULL
)""",
    """CREATE TABLE categories (
  category_id INTEGER NOT NULL PRIMARY KEY,
  category VARCHAR(40) NOT NULL,
  subcategory VARCHAR(40) NOT NULL
)""",
    """CREATE TABLE slas (
  sla_id INTEGER NOT NULL PRIMARY KEY,
  sla_name VARCHAR(40) NOT NULL,
  response_target_minutes INTEGER NOT NULL,
  resolution_target_minutes INTEGER NOT NULL
)""",
    """CREATE TABLE tickets (
  ticket_id INTEGER NOT NULL PRIMARY KEY,
  ticket_number VARCHAR(12) NOT NULL,
  ticket_type VARCHAR(20) NOT NULL,
  summary VARCHAR(120),
  requester_id INTEGER NOT NULL,
  agent_id INTEGER,
  team_id INTEGER NOT NULL,
  category_id INTEGER,
  sla_id INTEGER,
  priority VARCHAR(10) NOT NULL,
  impact VARCHAR(10) NOT NULL,
  status VARCHAR(20) NOT NULL,
  channel VARCHAR(20) NOT NULL,
  opened_at TIMESTAMP NOT NULL,
  resolved_at TIMESTAMP,
  first_response_minutes INTEGER,
  resolution_minutes INTEGER,
  reopen_count INTEGER NOT NULL,
  sla_breached VARCHAR(3) NOT NULL,
  satisfaction_score INTEGER,
  FOREIGN KEY (requester_id) REFERENCES requesters (requester_id),
  FOREIGN KEY (agent_id) REFERENCES agents (agent_id),
  FOREIGN KEY (team_id) REFERENCES teams (team_id),
  FOREIGN KEY (category_id) REFERENCES categories (category_id),
  FOREIGN KEY (sla_id) REFERENCES slas (sla_id)
)""",
    """CREATE TABLE comments (
  comment_id INTEGER NOT NULL PRIMARY KEY,
  ticket_id INTEGER NOT NULL,
  agent_id INTEGER,
  commented_at TIMESTAMP NOT NULL,
  visibility VARCHAR(10) NOT NULL,
  FOREIGN KEY (ticket_id) REFERENCES tickets (ticket_id),
  FOREIGN KEY (agent_id) REFERENCES agents (agent_id)
)""",
    """CREATE TABLE time_logs (
  time_log_id INTEGER NOT NULL PRIMARY KEY,
  ticket_id INTEGER NOT NULL,
  agent_id INTEGER NOT NULL,
  work_date DATE NOT NULL,
  approved_on DATE,
  activity VARCHAR(20) NOT NULL,
  billable VARCHAR(3) NOT NULL,
  minutes_spent INTEGER NOT NULL,
  FOREIGN KEY (ticket_id) REFERENCES tickets (ticket_id),
  FOREIGN KEY (agent_id) REFERENCES agents (agent_id)
)""",
]

TEAMS = [
    (1, "Service Desk", "EMEA", "Fiona O'Sullivan"), (2, "Network", "AMER", "Rajesh Iyer"),
    (3, "Workplace", "EMEA", "Inês Carvalho"), (4, "Access Management", "EMEA", "Fiona O'Sullivan"),
    (5, "Business Apps", "AMER", "Deborah Klein"), (6, "Database", "APAC", "Rajesh Iyer"),
    (7, "Security", "AMER", "Marcus Thiel"), (8, "Field Support 24", "APAC", None),     # new, without work yet
]
# name, team, tier, location, hired, share of the work of the team
AGENTS = [
    ("Aoife Brennan", 1, "L1", "Dublin", "2021-03-15", 9), ("Conor Walsh", 1, "L1", "Dublin", "2023-01-09", 7),
    ("Maria Silva", 1, "L1", "Lisbon", "2022-06-01", 11), ("Tiago Magalhães", 1, "L1", "Lisbon", "2024-02-05", 6),
    ("Joana Esteves", 1, "L2", "Lisbon", "2020-09-21", 5), ("Kavya Reddy", 1, "L1", "Bengaluru", "2025-04-14", 8),
    ("Sinéad Kelly", 1, "L2", "Dublin", "2019-11-04", 4),
    ("Luis Ortega", 2, "L2", "Austin", "2020-01-20", 8), ("Brandon Lee", 2, "L2", "Austin", "2022-08-29", 6),
    ("Arjun Menon", 2, "L3", "Bengaluru", "2018-05-07", 4), ("Renata Araújo", 2, "L2", "São Paulo", "2024-10-01", 5),
    ("Patrick Nolan", 3, "L1", "Dublin", "2023-05-22", 8), ("Beatriz Nóbrega", 3, "L2", "Lisbon", "2021-02-15", 7),
    ("Thiago Lima", 3, "L2", "São Paulo", "2022-11-07", 5), ("Emily Carter", 3, "L1", "Austin", "2025-09-01", 4),
    ("Gráinne Duffy", 4, "L2", "Dublin", "2021-07-12", 9), ("Rohit Sharma", 4, "L1", "Bengaluru", "2023-03-27", 6),
    ("Duarte Pinto", 4, "L2", "Lisbon", "2024-06-17", 4),
    ("Megan Fischer", 5, "L2", "Austin", "2019-04-01", 7), ("Zoë Laurent", 5, "L3", "Remote", "2020-10-12", 5),
    ("Vikram Nair", 5, "L2", "Bengaluru", "2022-01-24", 8), ("Paulo Teixeira", 5, "L3", "São Paulo", "2023-08-14", 3),
    ("Ananya Gupta", 6, "L3", "Bengaluru", "2019-08-19", 7), ("Henrik Sørensen", 6, "L3", "Remote", "2021-05-03", 4),
    ("Noah Williams", 7, "L2", "Austin", "2022-04-11", 6), ("Lakshmi Rao", 7, "L3", "Bengaluru", "2020-02-17", 5),
    ("Ciarán Byrne", 7, "L3", "Dublin", "2024-01-08", 4), ("Yuki Tanaka", 7, "L2", "Remote", "2026-03-02", 3),
    ("Samuel Okafor", 8, "L2", "Bengaluru", "2026-10-19", 0), ("Grace Chen", 8, "L1", "Bengaluru", None, 0),
]
CATEGORIES = [
    (1, "Hardware", "Laptop", 3), (2, "Hardware", "Printer", 3), (3, "Hardware", "Monitor", 3), (4, "Hardware", "Mobile Phone", 3),
    (5, "Software", "Office Suite", 1), (6, "Software", "ERP", 5), (7, "Software", "CRM", 5), (8, "Software", "Installation", 1),
    (9, "Network", "VPN", 2), (10, "Network", "Wi-Fi", 2), (11, "Network", "Firewall Rule", 2),
    (12, "Access", "Password Reset", 1), (13, "Access", "New Account", 4), (14, "Access", "Permission Change", 4),
    (15, "Email", "Mailbox", 1), (16, "Email", "Distribution List", 1),
    (17, "Security", "Phishing", 7), (18, "Security", "Malware", 7),
    (19, "Database", "Slow Query", 6), (20, "Database", "Backup", 6), (21, "Telephony", "Desk Phone", 8),   # never used
]
CAT_W = [11, 6, 4, 3, 7, 9, 6, 6, 9, 7, 3, 13, 6, 7, 6, 2, 6, 2, 3, 2]
SUMMARIES = {
    "Laptop": ["Laptop does not start", "Laptop battery swollen", "New laptop for starter", "Docking station not recognized"],
    "Printer": ["Printer on floor 3 jams", "Cannot print to printer P-204", "Toner empty"],
    "Monitor": ["Second monitor flickers", "Monitor request"], "Mobile Phone": ["Phone screen broken", "Roaming does not work"],
    "Office Suite": ["Excel crashes on open", "Word macro blocked", "License for Visio"],
    "ERP": ["ERP posting error", "ERP slow at month end", "Cannot approve purchase in ERP"], "CRM": ["CRM sync fails", "CRM export incomplete"],
    "Installation": ["Install Python 3.12", "Install PDF editor"], "VPN": ["VPN drops every 10 minutes", "Cannot connect to VPN", "VPN token expired"],
    "Wi-Fi": ["Wi-Fi weak in meeting room", "Guest Wi-Fi down"], "Firewall Rule": ["Open port 8443 to partner", "Firewall rule review"],
    "Password Reset": ["Password expired", "Account locked", "Forgot password"], "New Account": ["New account for contractor", "Onboarding accounts"],
    "Permission Change": ["Access to shared drive", "Remove leaver from groups", "Admin rights request"],
    "Mailbox": ["Mailbox full", "Shared mailbox missing", "Outlook keeps asking for password"], "Distribution List": ["New distribution list"],
    "Phishing": ["Suspicious email reported", "User clicked phishing link"], "Malware": ["Malware alert on laptop"],
    "Slow Query": ["Report query times out", "Slow query on orders"], "Backup": ["Nightly backup failed"],
}
FIRST = ["Anna", "Ben", "Carlos", "Daniela", "Erik", "Fatima", "Gustavo", "Hannah", "Ivan", "Júlia", "Karan", "Leila", "Marek", "Nina",
         "Óscar", "Priya", "Quentin", "Rosa", "Stefan", "Tanvi", "Ulrike", "Valentina", "Wei", "Ximena", "Yannick", "Zuzana"]
LAST = ["Almeida", "Becker", "Chaudhary", "Donnelly", "Eriksson", "Ferrari", "González", "Hughes", "Ibáñez", "Jacobs", "Krüger",
        "Lopes", "Murphy", "Novotný", "O'Neill", "Patel", "Quiroga", "Ribeiro", "Sousa", "van Dijk", "Weiß", "Zhang"]
DEPTS = {"Finance": 16, "Sales": 24, "Human Resources": 8, "Engineering": 30, "Legal": 6, "Marketing": 12, "Operations": 20, "Customer Success": 14}
OFFICES = {"Lisbon": 22, "Dublin": 20, "Austin": 24, "Bengaluru": 18, "São Paulo": 9, "New York": 12, "Zürich": 6}
SLAS = [(1, "Platinum", 15, 240), (2, "Gold", 30, 480), (3, "Silver", 120, 1440), (4, "Bronze", 480, 4320)]
LAST_MOMENT = datetime(2026, 11, 19, 18, 40, 0)
VOLUME = {2024: 480, 2025: 640, 2026: 730}


def _moment(rng, year):
    first = date(year, 1, 1)
    last = date(year, 12, 31) if year < 2026 else date(2026, 11, 19)
    while True:
        d = first + timedelta(days=rng.randrange((last - first).days + 1))
        if d.weekday() > 4 and rng.random() < .86:
            continue
        if rng.random() > {1: 1.0, 7: .7, 8: .62, 9: .95, 12: .66}.get(d.month, .82):
            continue
        when = datetime(d.year, d.month, d.day, rng.choices(range(6, 20), [1, 3, 9, 12, 11, 9, 6, 7, 9, 9, 8, 5, 2, 1])[0],
                        rng.randrange(60), rng.randrange(60))
        if when < LAST_MOMENT:
            return when


def rows() -> dict[str, list[tuple]]:
    rng = random.Random(443341)
    out: dict[str, list[tuple]] = {n: [] for n in ("teams", "agents", "requesters", "categories", "slas", "tickets", "comments", "time_logs")}
    out["teams"], out["slas"] = list(TEAMS), list(SLAS)
    out["agents"] = [(100 + i, *a[:5]) for i, a in enumerate(AGENTS, 1)]
    out["categories"] = [c[:3] for c in CATEGORIES]
    names = [f"{f} {l}" for f in FIRST for l in LAST]
    rng.shuffle(names)
    names = names[:208]
    names[17] = "Maria Silva"                   # also an agent
    pull = []
    for i, n in enumerate(names, 1):
        dept = rng.choices(list(DEPTS), list(DEPTS.values()))[0]
        office = rng.choices(list(OFFICES), list(OFFICES.values()))[0]
        vip = "yes" if rng.random() < .07 else "no"
        if n == "Maria Silva":
            dept, office, vip = "Marketing", "Dublin", "no"
        out["requesters"].append((i, n, dept if rng.random() > .03 else None, office if rng.random() > .04 else None, vip))
        r = rng.random()
        pull.append(0 if r < .055 and n != "Maria Silva" else 7 if r > .93 or n == "Maria Silva" else .6 + 2.2 * rng.random())
    stamps = sorted([_moment(rng, y) for y, n in VOLUME.items() for _ in range(n)]
                    + [datetime(2026, 11, 19, h, 7 * h % 60, 5 * h % 60) for h in (8, 9, 9, 11, 14)]
                    + [datetime(2026, 11, 16 + k, 10 + k, 31, 12 * k) for k in range(3)])
    by_team: dict[int, list[int]] = {}
    for i, a in enumerate(AGENTS):
        by_team.setdefault(a[1], []).append(i)
    cid = tid = 0
    for k, when in enumerate(stamps):
        ticket = k + 1
        req = rng.choices(range(208), pull)[0]
        who = out["requesters"][req]
        w = list(CAT_W)
        if who[2] == "Finance":
            w[5] *= 4
        if who[2] == "Sales":
            w[6] *= 5
        if who[2] == "Engineering":
            w[8] *= 2; w[18] *= 5; w[7] *= 3
        if who[2] == "Human Resources":
            w[12] *= 6
        if who[2] == "Legal":
            w[14] *= 4
        cat = rng.choices(CATEGORIES[:20], w)[0]
        team = cat[3] if rng.random() > .17 else 1
        pool = [i for i in by_team[team] if (AGENTS[i][4] or "9999") <= when.date().isoformat()]
        who_did = None
        if rng.random() > .022:
            if rng.random() < .06:              # helped out from another team
                pool = [i for i, a in enumerate(AGENTS) if a[5] and a[4] <= when.date().isoformat() and a[1] != team]
            who_did = rng.choices(pool, [AGENTS[i][5] for i in pool])[0]
        kind = "service request" if cat[2] in ("New Account", "Permission Change", "Installation", "Distribution List", "Monitor", "Firewall Rule") and rng.random() < .8 \
            else rng.choices(["incident", "service request", "problem", "change"], [74, 15, 6, 5])[0]
        impact = rng.choices(["high", "medium", "low"], [12, 38, 50])[0]
        prio = rng.choices(["critical", "high", "medium", "low"], {"high": [34, 44, 18, 4], "medium": [4, 26, 50, 20], "low": [1, 9, 42, 48]}[impact])[0]
        if who[4] == "yes" and prio in ("medium", "low") and rng.random() < .5:
            prio = "high"
        sla = {"critical": 1, "high": 2, "medium": 3, "low": 4}[prio]
        if kind == "change" or rng.random() < .02:
            sla = None
        channel = rng.choices(["portal", "email", "phone", "chat", "walk-in"], [33, 30 - 5 * (when.year - 2024), 17, 6 + 9 * (when.year - 2024), 4])[0]
        slow = {"Hardware": 1.7, "Software": 1.3, "Network": 1.0, "Access": .45, "Email": .6, "Security": 1.1, "Database": 1.9}[cat[1]]
        slow *= {1: .8, 2: 1.1, 3: 1.4, 4: .7, 5: 1.5, 6: 1.25, 7: .9}[team]
        base = {"critical": 88, "high": 190, "medium": 640, "low": 1900}[prio]
        res = int(base * slow * rng.choices([.15, .4, .8, 1.3, 2.4, 5.5], [16, 26, 26, 18, 10, 4])[0] * (.7 + .6 * rng.random())) + 4
        first = min(res, int({"critical": 6, "high": 14, "medium": 55, "low": 170}[prio] * rng.choice([.2, .5, .8, 1.0, 1.6, 3.0])
                             * (.5 + rng.random()) * {"phone": .3, "walk-in": .2, "chat": .35}.get(channel, 1)) + 1)
        done = when + timedelta(minutes=res)
        open_anyway = rng.random() < (.008 if when < datetime(2026, 9, 1) else .03)
        if done > LAST_MOMENT or open_anyway or who_did is None and rng.random() < .7:
            age = (LAST_MOMENT - when).days
            status = "new" if age < 1 or who_did is None else rng.choice(["in progress", "in progress", "on hold"])
            solved = None
            if age == 0 and rng.random() < .6:
                first = None
            if who_did is None:
                first = None
        else:
            status = "closed" if (LAST_MOMENT - done).days > 9 and rng.random() < .97 else "resolved"
            solved = done
        breached = "no"
        if sla and (solved and res > SLAS[sla - 1][3] or first and first > SLAS[sla - 1][2]
                    or not solved and (LAST_MOMENT - when).days * 1440 > SLAS[sla - 1][3]):
            breached = "yes"
        reopen = rng.choices([0, 1, 2, 3, 4], [87, 9, 2.6, 1, .4])[0] if solved else 0
        score = None
        if solved and rng.random() < .37:
            score = rng.choices([1, 2, 3, 4, 5], [9, 12, 20, 32, 27] if breached == "yes" or reopen else
                                [2, 4, 11, 36, 47 + (14 if channel == "chat" else 0)])[0]
        summary = rng.choice(SUMMARIES[cat[2]]) if rng.random() > .02 else None
        number = {"incident": "INC", "service request": "REQ", "problem": "PRB", "change": "CHG"}[kind] + f"{10000 + ticket:07d}"
        out["tickets"].append((ticket, number, kind, summary, who[0], 101 + who_did if who_did is not None else None, team,
                               cat[0] if rng.random() > .015 else None, sla, prio, impact, status, channel, when.isoformat(sep=" "),
                               solved.isoformat(sep=" ") if solved else None, first, res if solved else None, reopen, breached, score))
        end = solved or LAST_MOMENT
        span = max(60, int((end - when).total_seconds()))
        for _ in range(rng.choices([0, 1, 2, 3, 5], [30, 34, 22, 9, 5])[0]):
            cid += 1
            at = when + timedelta(seconds=rng.randrange(30, span))
            by_agent = who_did is not None and rng.random() < .68
            by = who_did
            if by_agent and rng.random() < .1:
                by = rng.choice([i for i, a in enumerate(AGENTS) if a[5] and a[4] <= at.date().isoformat()])
            out["comments"].append((cid, ticket, 101 + by if by_agent else None, at.isoformat(sep=" "),
                                    "internal" if by_agent and rng.random() < .45 else "public"))
        if who_did is None:
            continue
        left = max(5, int(min(res, 2400) * (.12 + .3 * rng.random())))
        for _ in range(rng.choices([0, 1, 2, 3], [16, 52, 24, 8])[0]):
            by = who_did
            if rng.random() < .11:
                by = rng.choice([i for i, a in enumerate(AGENTS) if a[5] and a[4] <= when.date().isoformat() and a[0] != "Henrik Sørensen"])
            if AGENTS[by][0] == "Yuki Tanaka":  # does not book
                continue
            day = (when + timedelta(seconds=rng.randrange(0, span))).date()
            ok = day + timedelta(days=rng.choices([1, 3, 6, 10, 17], [24, 30, 24, 14, 8])[0])
            mins = max(5, 5 * round(left * (.3 + .6 * rng.random()) / 5))
            tid += 1
            out["time_logs"].append((tid, ticket, 101 + by, day.isoformat(), ok.isoformat() if ok <= date(2026, 11, 19) and rng.random() > .02 else None,
                                     rng.choices(["diagnosis", "fix", "communication", "documentation", "travel"], [30, 38, 17, 9, 6])[0],
                                     "yes" if cat[1] in ("Software", "Database") and rng.random() < .6 or rng.random() < .12 else "no", mins))
    return out
