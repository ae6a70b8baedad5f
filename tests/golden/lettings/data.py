"""A residential letting agency in West and North Yorkshire; all rows are generated. Today is 2026-10-14."""
import random
from datetime import date, timedelta

SYSTEMS = ("sqlite",)

TODAY = date(2026, 10, 14)

TABLES: list[str] = [
    """CREATE TABLE branch (
  branch_id INTEGER NOT NULL PRIMARY KEY,
  branch_name VARCHAR(40) NOT NULL,
  city VARCHAR(40) NOT NULL,
  opened_on DATE NOT NULL
)""",
    """CREATE TABLE agent (
  agent_id INTEGER NOT NULL PRIMARY KEY,
  agent_name VARCHAR(60) NOT NULL,
  job_title VARCHAR(40) NOT NULL,
  branch_id INTEGER NOT NULL,
  hired_on DATE NOT NULL,
  FOREIGN KEY (branch_id) REFERENCES branch (branch_id)
)""",
    """CREATE TABLE landlord (
  landlord_id INTEGER NOT NULL PRIMARY KEY,
  landlord_name VARCHAR(60) NOT NULL,
  landlord_type VARCHAR(20) NOT NULL,
  home_town VARCHAR(40),
  joined_on DATE NOT NULL,
  management_fee_pct NUMERIC(5,2) NOT NULL
)""",
    """CREATE TABLE area (
  area_id INTEGER NOT NULL PRIMARY KEY,
  area_name VARCHAR(40) NOT NULL,
  city VARCHAR(40) NOT NULL,
  postcode_district VARCHAR(8) NOT NULL
)""",
    """CREATE TABLE property (
  property_id INTEGER NOT NULL PRIMARY KEY,
  reference VARCHAR(12) NOT NULL,
  street_address VARCHAR(60) NOT NULL,
  area_id INTEGER NOT NULL,
  landlord_id INTEGER NOT NULL,
  property_type VARCHAR(20) NOT NULL,
  bedrooms INTEGER NOT NULL,
  floor_area INTEGER NOT NULL,
  furnishing VARCHAR(20) NOT NULL,
  energy_rating VARCHAR(1) NOT NULL,
  has_parking VARCHAR(3) NOT NULL,
  pets_allowed VARCHAR(3) NOT NULL,
  asking_rent NUMERIC(10,2) NOT NULL,
  listed_on DATE NOT NULL,
  status VARCHAR(20) NOT NULL,
  FOREIGN KEY (area_id) REFERENCES area (area_id),
  FOREIGN KEY (landlord_id) REFERENCES landlord (landlord_id)
)""",
    """CREATE TABLE tenant (
  tenant_id INTEGER NOT NULL PRIMARY KEY,
  tenant_name VARCHAR(60) NOT NULL,
  occupation VARCHAR(40),
  date_of_birth DATE NOT NULL,
  monthly_income NUMERIC(10,2),
  registered_on DATE NOT NULL
)""",
    """CREATE TABLE viewing (
  viewing_id INTEGER NOT NULL PRIMARY KEY,
  property_id INTEGER NOT NULL,
  agent_id INTEGER NOT NULL,
  viewed_on DATE NOT NULL,
  viewing_type VARCHAR(20) NOT NULL,
  outcome VARCHAR(20) NOT NULL,
  feedback_score INTEGER,
  FOREIGN KEY (property_id) REFERENCES property (property_id),
  FOREIGN KEY (agent_id) REFERENCES agent (agent_id)
)""",
    """CREATE TABLE tenancy (
  tenancy_id INTEGER NOT NULL PRIMARY KEY,
  property_id INTEGER NOT NULL,
  tenant_id INTEGER NOT NULL,
  agent_id INTEGER NOT NULL,
  signed_on DATE NOT NULL,
  start_date DATE NOT NULL,
  end_date DATE NOT NULL,
  monthly_rent NUMERIC(10,2) NOT NULL,
  deposit NUMERIC(10,2) NOT NULL,
  letting_fee NUMERIC(10,2) NOT NULL,
  status VARCHAR(20) NOT NULL,
  leaving_reason VARCHAR(40),
  FOREIGN KEY (property_id) REFERENCES property (property_id),
  FOREIGN KEY (tenant_id) REFERENCES tenant (tenant_id),
  FOREIGN KEY (agent_id) REFERENCES agent (agent_id)
)""",
    """CREATE TABLE rent_charge (
  charge_id INTEGER NOT NULL PRIMARY KEY,
  tenancy_id INTEGER NOT NULL,
  due_on DATE NOT NULL,
  amount_due NUMERIC(10,2) NOT NULL,
  amount_paid NUMERIC(10,2) NOT NULL,
  paid_on DATE,
  payment_method VARCHAR(20),
  FOREIGN KEY (tenancy_id) REFERENCES tenancy (tenancy_id)
)""",
    """CREATE TABLE contractor (
  contractor_id INTEGER NOT NULL PRIMARY KEY,
  company_name VARCHAR(60) NOT NULL,
  trade VARCHAR(30) NOT NULL,
  hourly_rate NUMERIC(8,2) NOT NULL,
  is_approved VARCHAR(3) NOT NULL
)""",
    """CREATE TABLE repair_job (
  repair_id INTEGER NOT NULL PRIMARY KEY,
  property_id INTEGER NOT NULL,
  contractor_id INTEGER,
  category VARCHAR(30) NOT NULL,
  urgency VARCHAR(20) NOT NULL,
  reported_on DATE NOT NULL,
  completed_on DATE,
  cost NUMERIC(10,2),
  FOREIGN KEY (property_id) REFERENCES property (property_id),
  FOREIGN KEY (contractor_id) REFERENCES contractor (contractor_id)
)""",
]

FIRST = ("Aisha Alan Bethany Callum Chloe Colin Daniel Deborah Declan Eleanor Farah Fiona Gareth Grace Hamza Harriet Ian Imran Isla "
         "Jack Joanna Karen Kieran Laura Leon Lucy Martin Megan Mohammed Nadia Naomi Oliver Owen Patrick Priya Rachel Robert Ruth "
         "Samira Sean Simon Sophie Stuart Tessa Thomas Tom Usman Victoria William Yasmin Zara").split()
LAST = ("Ackroyd Ahmed Armitage Barraclough Bates Booth Bramley Brook Clegg Cooper Crowther Dawson Dyson Farrar Fielding Firth "
        "Gill Greenwood Haigh Hallam Hardcastle Hirst Holroyd Hussain Ibbotson Jagger Kaur Khan Lister Lockwood Mallinson Mistry "
        "Murgatroyd Naylor Oldroyd Patel Pickles Priestley Ramsden Rawson Rhodes Sharma Shaw Stead Sutcliffe Sykes Thackray "
        "Varley Walker Whitaker Womersley").split()


def rows() -> dict[str, list[tuple]]:
    r = random.Random(20261014)
    used: set[str] = set()

    def person() -> str:
        while True:
            name = f"{r.choice(FIRST)} {r.choice(LAST)}"
            if name not in used:
                used.add(name)
                return name

    def between(one: date, other: date) -> date:
        return one + timedelta(days=r.randint(0, (other - one).days))

    iso = lambda day: day.isoformat() if day else None
    out: dict[str, list[tuple]] = {}

    branches = [(1, "Park Row", "Leeds", date(2009, 3, 2)), (2, "Micklegate", "York", date(2013, 9, 16)),
                (3, "Parliament Street", "Harrogate", date(2018, 5, 8)), (4, "Kirkgate", "Bradford", date(2022, 1, 17))]
    out["branch"] = [(*one[:3], iso(one[3])) for one in branches]

    titles = ["Branch Manager", "Senior Lettings Agent", "Lettings Agent", "Lettings Agent", "Trainee"]
    agents = []
    for branch, count in ((1, 5), (2, 4), (3, 3), (4, 3)):
        opened = branches[branch - 1][3]
        for at in range(count):
            title = titles[at]
            hired = between(date(2025, 9, 1), date(2026, 8, 31)) if title == "Trainee" else between(max(opened, date(2014, 1, 1)), date(2025, 6, 30))
            agents.append((len(agents) + 1, person(), title, branch, hired))
    agents.append((len(agents) + 1, person(), "Trainee", 3, date(2026, 9, 21)))
    out["agent"] = [(*one[:4], iso(one[4])) for one in agents]

    companies = ["Aire Valley Homes Ltd", "Dales Property Partners", "Ridings Residential Ltd", "White Rose Estates",
                 "Minster Living Ltd", "Spa Town Investments", "Pennine Lets LLP", "Salt Mill Lofts Ltd"]
    towns = ["Leeds", "York", "Harrogate", "Bradford", "Ilkley", "Wakefield", "London", "Manchester"]
    landlords = []
    for at in range(42):
        if at % 5 == 2 and companies:
            name, kind = companies.pop(0), "company"
        else:
            name, kind = person(), "private"
        landlords.append((at + 1, name, kind, r.choice(towns) if at % 11 else None, between(date(2016, 1, 1), date(2026, 9, 20)),
                          r.choice([8.0, 9.5, 10.0, 12.0, 12.5])))
    out["landlord"] = [(*one[:4], iso(one[4]), one[5]) for one in landlords]

    areas = [(1, "Headingley", "Leeds", "LS6"), (2, "Chapel Allerton", "Leeds", "LS7"), (3, "Holbeck", "Leeds", "LS11"),
             (4, "Clifton", "York", "YO30"), (5, "Fulford", "York", "YO10"), (6, "Bilton", "Harrogate", "HG1"),
             (7, "Starbeck", "Harrogate", "HG2"), (8, "Saltaire", "Bradford", "BD18"), (9, "Heaton", "Bradford", "BD9"),
             (10, "Osbaldwick", "York", "YO10")]
    out["area"] = areas

    streets = ["Ash Grove", "Beech Street", "Canal Road", "Cardigan Lane", "Cross Green Lane", "Elm Terrace", "Ferncliffe Road", "Glebe Avenue",
               "Hawthorn Drive", "King's Road", "Mill Lane", "North Park Road", "Oak Road", "Regent Parade", "School Lane", "Station View",
               "Victoria Road", "Westfield Place"]
    weights = [22, 16, 11, 14, 11, 12, 9, 13, 12, 0]
    premium = [1.05, 1.2, 0.85, 1.1, 1.0, 1.15, 0.95, 0.9, 0.75, 1.0]
    properties, addresses = [], set()
    owners = [one[0] for one in landlords if one[0] not in (7, 19, 31, 40)]
    for at in range(128):
        area = r.choices(range(9), weights[:9])[0]
        kind = r.choices(["flat", "terraced house", "semi-detached house", "detached house", "studio", "bungalow"], [40, 28, 18, 9, 12, 6])[0]
        beds = {"flat": r.choice([1, 1, 2, 2, 3]), "terraced house": r.choice([2, 2, 3, 3, 4]), "semi-detached house": r.choice([3, 3, 4]),
                "detached house": r.choice([3, 4, 4, 5]), "studio": 0, "bungalow": r.choice([2, 2, 3])}[kind]
        size = 24 + beds * 21 + r.randint(0, 18) + (14 if "house" in kind else 0)
        rent = round((430 + size * 7.1 + r.randint(-60, 90)) * premium[area] / 5) * 5
        while True:
            address = f"{r.randint(1, 140)} {r.choice(streets)}"
            if address not in addresses:
                addresses.add(address)
                break
        landlord = r.choices(owners, [6 if one == 18 else 5 if landlords[one - 1][2] == "company" else 2 for one in owners])[0]
        listed = between(max(date(2021, 1, 1), landlords[landlord - 1][4]), date(2026, 10, 10)) if at % 3 == 0 else \
            between(max(date(2023, 6, 1), landlords[landlord - 1][4]), max(date(2026, 3, 1), landlords[landlord - 1][4]))
        properties.append([at + 1, f"YH-{1001 + at * 7 % 900:04d}", address, area + 1, landlord, kind, beds, size,
                           r.choices(["furnished", "unfurnished", "part furnished"], [45, 40, 15])[0],
                           r.choices("ABCDEFG", [2, 12, 34, 30, 13, 6, 3])[0], r.choices(["yes", "no"], [45, 55])[0],
                           r.choices(["yes", "no"], [30, 70])[0], float(rent), listed, "available"])

    jobs = ["nurse", "teacher", "student", "software developer", "chef", "electrician", "retired", "shop assistant", "accountant", "driver", "civil servant"]
    tenants = []
    for at in range(170):
        job = r.choices(jobs, [14, 12, 20, 12, 7, 6, 6, 9, 8, 7, 9])[0]
        born = between(date(2000, 1, 1), date(2007, 6, 1)) if job == "student" else between(date(1940, 1, 1), date(1959, 1, 1)) if job == "retired" \
            else between(date(1966, 1, 1), date(2002, 12, 31))
        tenants.append((at + 1, person(), job if r.random() > 0.05 else None, born,
                        None if r.random() < 0.1 else float(r.randint(14, 52) * 100) if job != "student" else float(r.randint(6, 14) * 100), None))

    tenancies, registered = [], {}
    queue = [one[0] for one in tenants[:152]]
    r.shuffle(queue)
    lettable = [one for one in agents if one[2] != "Branch Manager" and one[4] < date(2026, 9, 1)]
    for one in properties:
        at = one[13] + timedelta(days=r.randint(8, 60))
        while at <= date(2026, 11, 10) and queue and one[0] not in (12, 47, 88, 101):
            tenant = queue.pop() if r.random() < 0.9 or not tenancies else r.choice(tenancies)[2]
            if any(t[2] == tenant and t[6] > at for t in tenancies):
                tenant = queue.pop() if queue else None
            if tenant is None:
                break
            start = at
            signed = start - timedelta(days=r.randint(4, 25))
            months = r.choice([6, 12, 12, 12, 18, 24])
            end = start + timedelta(days=round(months * 30.44))
            if signed > TODAY:
                queue.append(tenant)
                break
            status = "ended" if end < TODAY else "upcoming" if start > TODAY else "active"
            branch = {"Leeds": 1, "York": 2, "Harrogate": 3, "Bradford": 4}[areas[one[3] - 1][2]]
            near = [a for a in lettable if a[3] == branch and a[4] < signed] or [a for a in agents if a[3] == branch and a[4] < signed] or \
                [a for a in agents if a[4] < signed]
            who = r.choice(near) if r.random() < 0.9 else r.choice([a for a in agents if a[4] < signed])
            rent = float(round(one[12] * r.uniform(0.9, 1.03) / 5) * 5)
            reason = r.choices(["moved away", "bought a home", "end of term", "rent too high", "evicted", None], [24, 18, 30, 14, 6, 8])[0] \
                if status == "ended" else None
            tenancies.append((len(tenancies) + 1, one[0], tenant, who[0], signed, start, end, rent, float(round(rent * 12 / 52 * 5)),
                              float(round(rent * r.choice([0.5, 0.5, 0.6, 0.75]))), status, reason))
            registered[tenant] = min(registered.get(tenant, signed), signed)
            if status != "ended":
                one[14] = "let" if status == "active" else "reserved"
                break
            at = end + timedelta(days=r.randint(5, 75))
    for one in properties:
        if one[14] == "available" and r.random() < 0.22:
            one[14] = "withdrawn"
    out["property"] = [(*one[:13], iso(one[13]), one[14]) for one in properties]
    done = []
    for one in tenants:
        known = registered.get(one[0])
        when = known - timedelta(days=r.randint(3, 90)) if known else between(date(2026, 4, 1), date(2026, 10, 12))
        done.append((one[0], one[1], one[2], iso(one[3]), one[4], iso(when)))
    out["tenant"] = done
    out["tenancy"] = [(*one[:4], iso(one[4]), iso(one[5]), iso(one[6]), *one[7:]) for one in tenancies]

    viewings = []
    for _ in range(430):
        one = r.choices(properties, [0 if p[0] % 13 == 5 else 1 for p in properties])[0]
        when = between(max(one[13], date(2025, 1, 6)), TODAY + timedelta(days=0)) if one[13] < date(2026, 10, 8) else date(2026, 10, 12)
        branch = {"Leeds": 1, "York": 2, "Harrogate": 3, "Bradford": 4}[areas[one[3] - 1][2]]
        near = [a for a in agents if a[3] == branch and a[4] < when] or [a for a in agents if a[4] < when]
        who = r.choice(near)
        outcome = r.choices(["offer made", "interested", "not interested", "no-show"], [18, 30, 38, 14])[0]
        score = None if outcome == "no-show" or r.random() < 0.2 else {"offer made": r.randint(4, 5), "interested": r.randint(3, 5), "not interested": r.randint(1, 3)}[outcome]
        viewings.append((one[0], who[0], when, r.choices(["in person", "video"], [80, 20])[0], outcome, score))
    viewings.sort(key=lambda v: (v[2], v[0]))
    out["viewing"] = [(at + 1, v[0], v[1], iso(v[2]), *v[3:]) for at, v in enumerate(viewings)]

    charges = []
    for one in tenancies:
        due, bad = one[5], r.random() < 0.12
        while due < min(one[6], TODAY):
            if due >= date(2025, 7, 1):
                late = r.random()
                old = (TODAY - due).days > 45
                if late < (0.25 if bad else 0.02) + (0 if old else 0.05):
                    paid, when, how = 0.0, None, None
                elif late < (0.4 if bad else 0.05):
                    paid, when, how = float(round(one[7] / 2)), due + timedelta(days=r.randint(2, 20)), "bank transfer"
                else:
                    paid, when, how = one[7], due + timedelta(days=r.choice([0, 0, 0, 0, 1, 2, 3, 9])), r.choices(["standing order", "bank transfer", "card", "cash"], [60, 24, 12, 4])[0]
                if when and when > TODAY:
                    paid, when, how = 0.0, None, None
                charges.append((one[0], due, one[7], paid, when, how))
            month, year = due.month % 12 + 1, due.year + due.month // 12
            due = date(year, month, min(one[5].day, 28))
    charges.sort(key=lambda c: (c[1], c[0]))
    out["rent_charge"] = [(at + 1, c[0], iso(c[1]), c[2], c[3], iso(c[4]), c[5]) for at, c in enumerate(charges)]

    contractors = [(1, "Airedale Plumbing", "plumber", 48.0, "yes"), (2, "Brightspark Electrics", "electrician", 52.0, "yes"),
                   (3, "Calder Heating Services", "heating engineer", 58.5, "yes"), (4, "Dry Walls Damp Proofing", "damp specialist", 45.0, "yes"),
                   (5, "Everfix Handymen", "handyman", 32.0, "yes"), (6, "Foss Roofing", "roofer", 55.0, "yes"),
                   (7, "Gledhill & Sons", "plumber", 42.0, "yes"), (8, "Hotpoint Harry", "appliance engineer", 38.0, "no"),
                   (9, "Ings Electrical", "electrician", 49.5, "yes"), (10, "Joinery by Jo", "joiner", 40.0, "yes"),
                   (11, "Knaresborough Boilers", "heating engineer", 61.0, "no"), (12, "Lock & Key Leeds", "locksmith", 65.0, "yes")]
    out["contractor"] = contractors
    by_kind = {"plumbing": [1, 1, 7], "heating": [3, 3, 3], "electrical": [2, 9], "roof": [6], "damp": [4], "appliance": [5, 8], "locks": [12]}
    jobs = []
    for _ in range(210):
        one = r.choices(properties, [0 if p[0] % 9 == 4 else 2 if p[6] > 2 else 1 for p in properties])[0]
        category = r.choices(list(by_kind), [30, 26, 18, 8, 12, 14, 5])[0]
        reported = between(max(one[13], date(2025, 2, 1)), TODAY)
        urgency = r.choices(["emergency", "urgent", "routine"], [14, 30, 56])[0]
        finished = reported + timedelta(days={"emergency": r.randint(0, 3), "urgent": r.randint(1, 10), "routine": r.randint(4, 45)}[urgency])
        is_open = finished > TODAY or (reported > date(2026, 7, 1) and r.random() < 0.15)
        who = None if is_open and r.random() < 0.5 else r.choice(by_kind[category])
        cost = None if is_open else round(r.uniform(40, 220) * {"roof": 4, "damp": 3.2, "heating": 2.4, "electrical": 1.5}.get(category, 1), 2)
        jobs.append((one[0], who, category, urgency, reported, None if is_open else finished, cost))
    jobs.sort(key=lambda j: (j[4], j[0]))
    out["repair_job"] = [(at + 1, j[0], j[1], j[2], j[3], iso(j[4]), iso(j[5]), j[6]) for at, j in enumerate(jobs)]
    return out
