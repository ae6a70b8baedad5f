"""A university: departments, staff, courses that build on courses, sections, students and their enrolments; rows generated."""
import random
from datetime import date, timedelta

SYSTEMS = ("sqlite",)

TABLES: list[str] = [
    """CREATE TABLE countries (
  iso2 VARCHAR(2) NOT NULL PRIMARY KEY,
  country VARCHAR(40) NOT NULL,
  continent VARCHAR(20) NOT NULL
)""",
    """CREATE TABLE rooms (
  room_code VARCHAR(8) NOT NULL PRIMARY KEY,
  building VARCHAR(40) NOT NULL,
  campus VARCHAR(20) NOT NULL,
  max_seats INTEGER NOT NULL,
  has_projector VARCHAR(3)
)""",
    """CREATE TABLE departments (
  dept_code VARCHAR(4) NOT NULL PRIMARY KEY,
  dept_name VARCHAR(40) NOT NULL,
  faculty VARCHAR(40) NOT NULL,
  head_id INTEGER,
  annual_budget DECIMAL(12,2) NOT NULL,
  founded_year INTEGER
)""",
    """CREATE TABLE staff (
  staff_id INTEGER NOT NULL PRIMARY KEY,
  staff_name VARCHAR(60) NOT NULL,
  rank VARCHAR(30) NOT NULL,
  dept_code VARCHAR(4) NOT NULL,
  manager_id INTEGER,
  nationality VARCHAR(2),
  hired_on DATE NOT NULL,
  left_on DATE,
  salary DECIMAL(10,2) NOT NULL,
  FOREIGN KEY (dept_code) REFERENCES departments (dept_code),
  FOREIGN KEY (manager_id) REFERENCES staff (staff_id),
  FOREIGN KEY (nationality) REFERENCES countries (iso2)
)""",
    """CREATE TABLE courses (
  course_code VARCHAR(8) NOT NULL PRIMARY KEY,
  title VARCHAR(80) NOT NULL,
  dept_code VARCHAR(4) NOT NULL,
  lvl VARCHAR(12) NOT NULL,
  credits INTEGER NOT NULL,
  total_hours INTEGER NOT NULL,
  prereq_code VARCHAR(8),
  first_taught INTEGER,
  FOREIGN KEY (dept_code) REFERENCES departments (dept_code),
  FOREIGN KEY (prereq_code) REFERENCES courses (course_code)
)""",
    """CREATE TABLE sections (
  section_id INTEGER NOT NULL PRIMARY KEY,
  course_code VARCHAR(8) NOT NULL,
  lecturer_id INTEGER,
  room_code VARCHAR(8),
  term VARCHAR(12) NOT NULL,
  starts_on DATE NOT NULL,
  ends_on DATE NOT NULL,
  max_enrolment INTEGER NOT NULL,
  best_grade INTEGER,
  mode VARCHAR(10) NOT NULL,
  FOREIGN KEY (course_code) REFERENCES courses (course_code),
  FOREIGN KEY (lecturer_id) REFERENCES staff (staff_id),
  FOREIGN KEY (room_code) REFERENCES rooms (room_code)
)""",
    """CREATE TABLE students (
  student_id INTEGER NOT NULL PRIMARY KEY,
  matric_no VARCHAR(8) NOT NULL,
  student_name VARCHAR(60) NOT NULL,
  born_on DATE,
  home_country VARCHAR(2) NOT NULL,
  programme VARCHAR(40) NOT NULL,
  degree VARCHAR(8) NOT NULL,
  admitted_on DATE NOT NULL,
  graduated_on DATE,
  tutor_id INTEGER,
  FOREIGN KEY (home_country) REFERENCES countries (iso2),
  FOREIGN KEY (tutor_id) REFERENCES staff (staff_id)
)""",
    """CREATE TABLE enrolments (
  enrolment_id INTEGER NOT NULL PRIMARY KEY,
  section_id INTEGER NOT NULL,
  student_id INTEGER NOT NULL,
  enrolled_on DATE NOT NULL,
  result VARCHAR(12) NOT NULL,
  grade INTEGER,
  fee DECIMAL(8,2) NOT NULL,
  FOREIGN KEY (section_id) REFERENCES sections (section_id),
  FOREIGN KEY (student_id) REFERENCES students (student_id)
)""",
]

COUNTRIES = [("AT", "Austria", "Europe"), ("AU", "Australia", "Oceania"), ("BR", "Brazil", "America"), ("CA", "Canada", "America"), ("CH", "Switzerland", "Europe"),
             ("DE", "Germany", "Europe"), ("EG", "Egypt", "Africa"), ("GE", "Georgia", "Asia"), ("IN", "India", "Asia"), ("IE", "Ireland", "Europe"),
             ("JO", "Jordan", "Asia"), ("JP", "Japan", "Asia"), ("NE", "Niger", "Africa"), ("NG", "Nigeria", "Africa"), ("PT", "Portugal", "Europe"),
             ("SI", "Slovenia", "Europe"), ("SK", "Slovakia", "Europe"), ("TD", "Chad", "Africa"), ("TR", "Turkey", "Asia"), ("US", "United States", "America"), ("PE", "Peru", "America")]
COUNTRY_W = [7, 8, 6, 6, 12, 12, 3, 4, 11, 9, 5, 4, 3, 7, 8, 5, 5, 2, 5, 8, 0]
BUILDINGS = [("JH", "Jordan Hall", "North", [40, 60, 120, 30]), ("LB", "Library", "North", [20, 24, 16]), ("PH", "Physics Tower", "North", [80, 45, 30, 200]),
             ("AR", "Art House", "City", [25, 30, 18]), ("LC", "Lakeside Centre", "Lake", [50, 50, 90, 35]), ("ME", "Medical School", "Lake", [150, 60, 28]),
             ("OB", "Old Brewery", "City", [70, 35, 22])]
DEPTS = [  # code, name, faculty, budget, founded
    ("MATH", "Mathematics", "Science", 2400000, 1968), ("PHYS", "Physics", "Science", 3900000, 1968), ("CHEM", "Chemistry", "Science", 3300000, 1969),
    ("BIOL", "Biology", "Science", 3600000, 1972), ("COMP", "Computer Science", "Engineering", 4100000, 1984), ("MECH", "Mechanical Engineering", "Engineering", 3700000, 1975),
    ("CIVE", "Civil Engineering", "Engineering", 2200000, 1975), ("ELEC", "Electrical Engineering", "Engineering", 2900000, 1979), ("ECON", "Economics", "Business", 2600000, 1970),
    ("ACCT", "Accounting", "Business", 1500000, 1991), ("MGMT", "Management", "Business", 1900000, 1991), ("HIST", "History", "Arts", 1200000, 1968),
    ("PHIL", "Philosophy", "Arts", 800000, 1968), ("ART", "Art", "Arts", 900000, 1995), ("MUS", "Music", "Arts", 1100000, 1998), ("LING", "Linguistics", "Arts", 700000, 2003),
    ("MED", "Medicine", "Health", 6200000, 1988), ("NURS", "Nursing", "Health", 2100000, 2001), ("LAW", "Law", "Law", 1700000, 1982), ("DATA", "Data Science", "Engineering", 1300000, 2021),
    ("CLIM", "Climate Studies", "Science", 600000, 2023)]
COURSES = {
    "MATH": ["Calculus I", "Calculus II", "Linear Algebra I", "Linear Algebra II", "Statistics"], "PHYS": ["Mechanics", "Electromagnetism", "Quantum Physics"],
    "CHEM": ["General Chemistry", "Organic Chemistry"], "BIOL": ["Cell Biology", "Genetics", "Ecology"],
    "COMP": ["Programming I", "Programming II", "Databases", "Machine Learning", "Operating Systems"], "MECH": ["Statics", "Thermodynamics"], "CIVE": ["Surveying", "Bridges"],
    "ELEC": ["Circuits", "Signals"], "ECON": ["Microeconomics", "Macroeconomics", "Econometrics"], "ACCT": ["Bookkeeping", "Auditing"], "MGMT": ["Marketing", "Project Management"],
    "HIST": ["Ancient History", "Modern History", "History of Art"], "PHIL": ["Logic", "Ethics"], "ART": ["Drawing", "Sculpture", "Art of the Portrait"], "MUS": ["Harmony", "Counterpoint"],
    "LING": ["Phonetics", "Syntax"], "MED": ["Anatomy", "Pharmacology", "Medical Ethics"], "NURS": ["Patient Care"], "LAW": ["Contract Law", "Business Law"],
    "DATA": ["Data Ethics", "Data Visualisation", "Big Data"], "CLIM": []}
FIRST = ["Adam", "Bianca", "Cyril", "Dora", "Emil", "Flora", "Georgia", "Hamid", "Irena", "Jordan", "Klara", "Lukas", "Mina", "Nils", "Oona", "Pavel", "Rita", "Sven", "Teresa", "Umut", "Violet", "Wanda", "Yara", "Zeno"]
LAST = ["Achterberg", "Bauer", "Costa", "Demir", "Egger", "Farrell", "Gupta", "Huber", "Iyer", "Jovanovic", "Kaya", "Lang", "Moreau", "Novak", "Okafor", "Petrov", "Quinn", "Rossi", "Steiner", "Toth", "Urban", "Vogel", "Wolf", "Zeller"]
TODAY = date(2024, 11, 5)


def rows() -> dict[str, list[tuple]]:
    rng = random.Random(5150)
    out: dict[str, list[tuple]] = {n: [] for n in ("countries", "rooms", "departments", "staff", "courses", "sections", "students", "enrolments")}
    out["countries"] = list(COUNTRIES)
    for code, b, campus, seats in BUILDINGS:
        for i, s in enumerate(seats):
            out["rooms"].append((f"{code}{101 + 100 * (i % 2) + i // 2}", b, campus, s, rng.choice(["yes", "yes", "no", None])))
    names = [f"{f} {l}" for f in FIRST for l in LAST]
    rng.shuffle(names)
    iso = lambda: rng.choices(COUNTRIES, COUNTRY_W)[0][0]
    sid = 0
    heads = {}
    by_dept: dict[str, list[int]] = {}
    for code, name, fac, budget, founded in DEPTS:
        n = 1 if code == "CLIM" else rng.choice([2, 3, 3, 4])
        boss = None
        for k in range(n):
            sid += 1
            who = names.pop()
            if sid == 5: who = "Anna Petrov"
            if sid == 21: who = "Anna Petrova"
            if sid == 33: who = "Jordan Lang"
            rank = "Professor" if k == 0 else rng.choice(["Associate Professor", "Lecturer", "Lecturer", "Assistant"])
            hired = date(2003, 1, 1) + timedelta(days=rng.randrange(7700)) if code not in ("DATA", "CLIM") else date(2021, 2, 1) + timedelta(days=rng.randrange(1000))
            left = None
            if k > 0 and rng.random() < .15:
                left = max(hired, date(2021, 1, 1)) + timedelta(days=rng.randrange(60, 1200))
                left = left if left < TODAY else None
            pay = {"Professor": 118000, "Associate Professor": 96000, "Lecturer": 78000, "Assistant": 56000}[rank] + 250 * rng.randrange(-40, 60)
            mgr = heads[DEPTS[0][0]] if k == 0 and code != "MATH" and rng.random() < .8 else boss if k else None
            out["staff"].append((sid, who, rank, code, mgr, iso() if rng.random() > .07 else None, hired.isoformat(), left.isoformat() if left else None, float(pay)))
            by_dept.setdefault(code, []).append(sid)
            if k == 0:
                boss = sid; heads[code] = sid
            elif k == 1 and rng.random() < .4:
                boss = sid
    for code, name, fac, budget, founded in DEPTS:
        out["departments"].append((code, name, fac, None if code in ("LING", "CLIM") else heads[code], float(budget), founded if code != "NURS" else None))
    for d in DEPTS:
        prev = None
        for i, t in enumerate(COURSES[d[0]]):
            lvl = ["introductory", "intermediate", "advanced"][min(2, i if len(COURSES[d[0]]) > 2 else i)]
            cc = f"{d[0]}{(101, 201, 301)[['introductory', 'intermediate', 'advanced'].index(lvl)] + (i - 2 if i > 2 else 0)}"
            cr = rng.choice([3, 5, 5, 6, 10])
            out["courses"].append((cc, t, d[0], lvl, cr, cr * rng.choice([9, 10, 12]), prev if i and rng.random() < .8 else None,
                                   max(d[4], rng.choice([1975, 1990, 2005, 2012, 2019, 2021, 2022])) if rng.random() > .08 else None))
            prev = cc
    nst = 150
    for i in range(1, nst + 1):
        adm = date(rng.choices([2019, 2020, 2021, 2022, 2023, 2024], [14, 13, 17, 19, 20, 17])[0], rng.choice([2, 9, 9, 9]), rng.randrange(1, 20))
        deg = rng.choices(["BSc", "BA", "MSc", "PhD"], [50, 26, 18, 6])[0]
        grad = None
        need = {"BSc": 3, "BA": 3, "MSc": 2, "PhD": 4}[deg]
        if adm.year + need <= 2024 and rng.random() < .7:
            grad = date(adm.year + need, 7, rng.choice([5, 12, 19]))
            grad = grad if grad < TODAY else None
        prog = rng.choices([d[1] for d in DEPTS[:20]], [6, 6, 4, 6, 12, 5, 4, 4, 7, 4, 6, 4, 2, 4, 3, 2, 8, 4, 6, 5])[0]
        dept = next(d[0] for d in DEPTS if d[1] == prog)
        born = adm - timedelta(days=int(365.25 * (18 if deg[0] == "B" else 22)) + rng.randrange(2000))
        name = names.pop()
        if i == 40: name = "Georgia Vogel"
        out["students"].append((i, f"M{adm.year % 100}{1000 + i}", name, born.isoformat() if rng.random() > .04 else None, iso(), prog, deg, adm.isoformat(), grad.isoformat() if grad else None,
                                rng.choice(by_dept[dept]) if rng.random() > .18 else None))
    terms = [(y, s) for y in range(2020, 2025) for s in ("Spring", "Autumn")]
    sec = 0
    eid = 0
    hist: dict[int, set] = {}
    for y, s in terms:
        a, b = (date(y, 2, 12), date(y, 6, 7)) if s == "Spring" else (date(y, 9, 16), date(y, 12, 20))
        for c in out["courses"]:
            if c[0] in ("LAW201", "MUS201") or rng.random() > .36 or (c[7] or 0) > y:     # two are never given
                continue
            sec += 1
            can = [x for x in by_dept[c[2]] if out["staff"][x - 1][6] <= a.isoformat() and (out["staff"][x - 1][7] or "9999") > b.isoformat()]
            mode = rng.choices(["on site", "online", "hybrid"], [64, 16 + (24 if y < 2022 else 0), 20])[0]
            st = [x[0] for x in out["students"] if x[7] <= a.isoformat() and (x[8] is None or x[8] > b.isoformat()) and c[0] not in hist.get(x[0], set())]
            own = [x for x in st if out["students"][x - 1][5] == next(d[1] for d in DEPTS if d[0] == c[2])]
            pick = [x for x in own if rng.random() < .47] + [x for x in st if x not in own and rng.random() < .018]
            if rng.random() < .06:
                pick = []
            running = b > TODAY
            best = None
            for x in pick:
                hist.setdefault(x, set()).add(c[0])
                eid += 1
                g = None
                res = "running" if running else "withdrawn" if rng.random() < .09 else None
                if res is None:
                    g = max(18, min(100, int(rng.gauss(66, 16))))
                    res = "passed" if g >= 50 else "failed"
                    best = max(best or 0, g)
                out["enrolments"].append((eid, sec, x, (a - timedelta(days=rng.randrange(3, 40))).isoformat(), res, g, float(c[4] * rng.choice([80, 80, 95, 120]))))
            out["sections"].append((sec, c[0], rng.choice(can) if can and rng.random() > .06 else None, rng.choice(out["rooms"])[0] if mode != "online" else None, f"{s} {y}",
                                    a.isoformat(), b.isoformat(), rng.choice([12, 20, 25, 30, 40, 60]), best, mode))
    return out
