"""A hospital laboratory: wards, patients, staff, tests, analysers, orders, samples, results, services; rows generated."""
import random
from datetime import date, datetime, timedelta

SYSTEMS = ("sqlite",)

TABLES: list[str] = [
    """CREATE TABLE wards (
  ward_id INTEGER NOT NULL PRIMARY KEY,
  ward_name VARCHAR(40) NOT NULL,
  building VARCHAR(20) NOT NULL,
  beds INTEGER,
  cost_centre VARCHAR(6) NOT NULL
)""",
    """CREATE TABLE patients (
  patient_id INTEGER NOT NULL PRIMARY KEY,
  patient_name VARCHAR(60) NOT NULL,
  sex VARCHAR(6),
  born_on DATE NOT NULL,
  blood_group VARCHAR(3),
  postcode VARCHAR(6)
)""",
    """CREATE TABLE staff (
  staff_id INTEGER NOT NULL PRIMARY KEY,
  staff_name VARCHAR(60) NOT NULL,
  position VARCHAR(24) NOT NULL,
  section VARCHAR(20),
  supervisor_id INTEGER,
  started_on DATE NOT NULL,
  ended_on DATE,
  weekly_hours DECIMAL(4,1) NOT NULL,
  FOREIGN KEY (supervisor_id) REFERENCES staff (staff_id)
)""",
    """CREATE TABLE tests (
  test_code VARCHAR(6) NOT NULL PRIMARY KEY,
  test_name VARCHAR(40) NOT NULL,
  section VARCHAR(20) NOT NULL,
  unit VARCHAR(12),
  lower_limit DECIMAL(8,2),
  upper_limit DECIMAL(8,2),
  list_price DECIMAL(8,2) NOT NULL,
  target_min INTEGER NOT NULL,
  outsourced BOOLEAN NOT NULL
)""",
    """CREATE TABLE analysers (
  analyser_id INTEGER NOT NULL PRIMARY KEY,
  analyser_name VARCHAR(40) NOT NULL,
  maker VARCHAR(30) NOT NULL,
  section VARCHAR(20) NOT NULL,
  installed_on DATE NOT NULL,
  retired_on DATE,
  price_paid DECIMAL(12,2),
  backup_id INTEGER,
  FOREIGN KEY (backup_id) REFERENCES analysers (analyser_id)
)""",
    """CREATE TABLE orders (
  order_no INTEGER NOT NULL PRIMARY KEY,
  patient_id INTEGER NOT NULL,
  ward_id INTEGER NOT NULL,
  doctor VARCHAR(60) NOT NULL,
  ordered_at TIMESTAMP NOT NULL,
  priority VARCHAR(10) NOT NULL,
  order_status VARCHAR(12) NOT NULL,
  closed_at TIMESTAMP,
  FOREIGN KEY (patient_id) REFERENCES patients (patient_id),
  FOREIGN KEY (ward_id) REFERENCES wards (ward_id)
)""",
    """CREATE TABLE samples (
  sample_id INTEGER NOT NULL PRIMARY KEY,
  order_no INTEGER NOT NULL,
  material VARCHAR(10) NOT NULL,
  collected_at TIMESTAMP NOT NULL,
  received_at TIMESTAMP,
  received_by INTEGER,
  reject_reason VARCHAR(20),
  volume_ml DECIMAL(5,1),
  FOREIGN KEY (order_no) REFERENCES orders (order_no),
  FOREIGN KEY (received_by) REFERENCES staff (staff_id)
)""",
    """CREATE TABLE results (
  result_id INTEGER NOT NULL PRIMARY KEY,
  sample_id INTEGER NOT NULL,
  test_code VARCHAR(6) NOT NULL,
  analyser_id INTEGER,
  measured_by INTEGER NOT NULL,
  validated_by INTEGER,
  measured_at TIMESTAMP NOT NULL,
  validated_at TIMESTAMP,
  measured_value DECIMAL(10,2),
  flag VARCHAR(10),
  repeat_of INTEGER,
  turnaround_min INTEGER,
  charge DECIMAL(8,2) NOT NULL,
  FOREIGN KEY (sample_id) REFERENCES samples (sample_id),
  FOREIGN KEY (test_code) REFERENCES tests (test_code),
  FOREIGN KEY (analyser_id) REFERENCES analysers (analyser_id),
  FOREIGN KEY (measured_by) REFERENCES staff (staff_id),
  FOREIGN KEY (validated_by) REFERENCES staff (staff_id),
  FOREIGN KEY (repeat_of) REFERENCES results (result_id)
)""",
    """CREATE TABLE services (
  service_no INTEGER NOT NULL PRIMARY KEY,
  analyser_id INTEGER NOT NULL,
  reported_by INTEGER,
  kind VARCHAR(12) NOT NULL,
  begun_on DATE NOT NULL,
  finished_on DATE,
  downtime_hours DECIMAL(6,1),
  cost DECIMAL(10,2),
  FOREIGN KEY (analyser_id) REFERENCES analysers (analyser_id),
  FOREIGN KEY (reported_by) REFERENCES staff (staff_id)
)""",
]

TODAY = date(2026, 9, 18)
# name, building, beds, cost centre, pull
WARDS = [(1, "Emergency", "North", None, "C100", 11), (2, "Intensive Care", "North", 18, "C110", 9), (3, "Haematology", "South", 24, "C200", 6), (4, "Oncology", "South", 30, "C210", 5), (5, "Maternity", "West", 26, "C300", 4),
         (6, "Cardiology", "North", 32, "C120", 6), (7, "Geriatrics", "West", 40, "C310", 4), (8, "Outpatients", "Annex", None, "C400", 7), (9, "Dermatology", "Annex", 12, "C410", 1), (10, "Sleep Laboratory", "Annex", 6, "C420", 0)]
STAFF = [("Helen Marsh", "head of laboratory", None, None, "2008-03-01", None, 40), ("Rajiv Menon", "section lead", "Chemistry", 1, "2011-09-15", None, 40), ("Carol Whitby", "section lead", "Haematology", 1, "2013-02-01", None, 36),
         ("Owen Price", "section lead", "Microbiology", 1, "2016-06-01", None, 40), ("Dorota Wolska", "section lead", "Immunology", 1, "2019-01-07", None, 32),
         ("Adam Frost", "technician", "Chemistry", 2, "2015-04-13", None, 40), ("Beth Calder", "technician", "Chemistry", 2, "2018-10-01", None, 30), ("Chidi Obi", "technician", "Chemistry", 2, "2021-03-08", None, 40),
         ("Diane Rourke", "technician", "Haematology", 3, "2010-11-22", "2025-06-30", 40), ("Eamon Daly", "technician", "Haematology", 3, "2022-05-16", None, 40), ("Fiona Grady", "technician", "Haematology", 3, "2020-02-03", None, 20),
         ("George Tan", "technician", "Microbiology", 4, "2017-08-21", None, 40), ("Hilde Brun", "technician", "Microbiology", 4, "2023-09-04", None, 40), ("Ian Lacey", "technician", "Immunology", 5, "2014-01-06", "2024-12-31", 40),
         ("June Abbot", "technician", "Immunology", 5, "2025-01-13", None, 36), ("Kamal Aziz", "trainee", "Chemistry", 6, "2025-09-01", None, 40), ("Lily Stone", "trainee", "Haematology", 10, "2026-02-02", None, 40),
         ("Mark Ellery", "pathologist", None, 1, "2012-05-01", None, 40), ("Nadia Rossi", "pathologist", None, 1, "2020-10-01", None, 32), ("Oscar Penn", "reception", None, 1, "2019-06-11", None, 40), ("Paula Yates", "reception", None, 1, "2022-01-10", None, 24), ("Quentin Hale", "reception", None, 1, "2013-07-01", "2025-02-28", 40)]
# code, name, section, unit, low, high, price, target, outsourced, material, pull
TESTS = [("CREA", "Creatinine", "Chemistry", "µmol/l", 50, 110, 6.4, 90, False, "serum", 12), ("K", "Potassium", "Chemistry", "mmol/l", 3.5, 5.1, 4.2, 60, False, "serum", 13), ("NA", "Sodium", "Chemistry", "mmol/l", 135, 146, 4.2, 60, False, "serum", 11),
         ("GLU", "Glucose", "Chemistry", "mmol/l", 3.9, 6.1, 3.8, 60, False, "serum", 9), ("CRP", "C-reactive protein", "Chemistry", "mg/l", 0, 5, 9.6, 90, False, "serum", 10), ("TROP", "Troponin", "Chemistry", "ng/l", 0, 14, 21.5, 45, False, "serum", 6),
         ("HB", "Haemoglobin", "Haematology", "g/l", 120, 170, 5.1, 60, False, "blood", 14), ("WBC", "Leukocytes", "Haematology", "G/l", 4, 10, 5.1, 60, False, "blood", 10), ("PLT", "Platelets", "Haematology", "G/l", 150, 400, 5.1, 60, False, "blood", 9),
         ("INR", "INR", "Haematology", None, .8, 1.2, 8.9, 60, False, "blood", 6), ("DDIM", "D-dimer", "Haematology", "mg/l", 0, .5, 27.0, 75, False, "blood", 3), ("UCUL", "Urine culture", "Microbiology", None, None, None, 24.5, 2880, False, "urine", 4),
         ("BCUL", "Blood culture", "Microbiology", None, None, None, 38.0, 4320, False, "blood", 4), ("MRSA", "MRSA screening", "Microbiology", None, None, None, 31.0, 1440, False, "swab", 3), ("TSH", "TSH", "Immunology", "mU/l", .4, 4, 14.2, 240, False, "serum", 5),
         ("FER", "Ferritin", "Immunology", "µg/l", 20, 300, 13.1, 240, False, "serum", 4), ("HIV", "HIV screening", "Immunology", None, None, None, 18.0, 480, False, "serum", 2), ("VITD", "Vitamin D", "Immunology", "nmol/l", 50, 125, 29.0, 480, False, "serum", 2),
         ("BRCA", "BRCA panel", "Genetics", None, None, None, 640.0, 20160, True, "blood", .25), ("NFL", "Neurofilament", "Immunology", "pg/ml", 0, 10, 88.0, 10080, True, "CSF", .3), ("ZIKA", "Zika antibodies", "Immunology", None, None, None, 72.0, 7200, True, "serum", 0)]
ANALYSERS = [(1, "Castor", "Medivac", "Chemistry", "2017-05-10", None, 214000, 2), (2, "Pollux", "Medivac", "Chemistry", "2017-05-10", None, 214000, 1), (3, "Vega", "Hemotec", "Haematology", "2019-11-04", None, 128500, 4), (4, "Altair", "Hemotec", "Haematology", "2013-03-18", None, 96000, 3),
             (5, "Deneb", "Biolux", "Immunology", "2021-08-30", None, 176000, None), (6, "Mira", "Biolux", "Microbiology", "2015-02-09", None, 87500, None), (7, "Rigel", "Medivac", "Chemistry", "2009-06-01", "2024-09-30", 149000, 1), (8, "Sirius", "Hemotec", "Haematology", "2026-08-03", None, 151000, 3), (9, "Nova", "Kestrel", "Microbiology", "2024-04-15", None, None, 6)]
ON = {"Chemistry": [1, 1, 1, 2, 2], "Haematology": [3, 3, 3, 4], "Immunology": [5], "Microbiology": [6, 9]}
DOCTORS = {1: ["Dr Lennox", "Dr Abara"], 2: ["Dr Vance", "Dr Kimura"], 3: ["Dr Silva", "Dr Menon"], 4: ["Dr Okafor", "Dr Lund"], 5: ["Dr Bright", "Dr Castle"], 6: ["Dr Hurst", "Dr Ames", "Dr Vance"], 7: ["Dr Pike"], 8: ["Dr Lund", "Dr Rowe", "Dr Abara"], 9: ["Dr Rowe"]}
FIRST_F = ["Amy", "Clara", "Edith", "Grace", "Irene", "Kate", "Mona", "Olive", "Rita", "Susan", "Vera", "Wendy"]
FIRST_M = ["Alan", "Brian", "Colin", "Dennis", "Edgar", "Frank", "Harold", "Keith", "Miles", "Neil", "Roger", "Victor"]
LAST = ["Ashby", "Barlow", "Croft", "Dunn", "Eaton", "Fenton", "Gale", "Hobbs", "Ingram", "Jarvis", "Kemp", "Lowe", "Moss", "Nash", "Orme", "Pratt", "Quick", "Rudd", "Sharp", "Tate", "Upton", "Webb"]


def rows() -> dict[str, list[tuple]]:
    rng = random.Random(909)
    out: dict[str, list[tuple]] = {n: [] for n in ("wards", "patients", "staff", "tests", "analysers", "orders", "samples", "results", "services")}
    out["wards"] = [w[:5] for w in WARDS]
    out["staff"] = [(i, *s) for i, s in enumerate(STAFF, 1)]
    out["tests"] = [t[:9] for t in TESTS]
    out["analysers"] = list(ANALYSERS)
    names = [(f"{f} {l}", "female") for f in FIRST_F for l in LAST] + [(f"{f} {l}", "male") for f in FIRST_M for l in LAST]
    rng.shuffle(names)
    names = names[:430]
    names[55] = ("Adam Frost", "male")                     # a technician's name, too
    for i, (n, s) in enumerate(names, 1):
        out["patients"].append((2000 + i, n, s if rng.random() > .03 else None, (date(1934, 1, 1) + timedelta(days=int(31500 * rng.random() ** .8))).isoformat(), rng.choices(["A+", "0+", "B+", "AB+", "A-", "0-", "B-", None], [30, 33, 8, 4, 6, 6, 2, 11])[0],
                                rng.choice(["4101", "4102", "4103", "4110", "4120", "4205", None]) if rng.random() > .1 else "4101"))
    idle = set(rng.sample(range(2001, 2431), 19)) - {2056}
    pw = [0 if p[0] in idle else rng.uniform(.3, 2) ** 2 for p in out["patients"]]
    pw[55] = 6
    last = datetime(2026, 9, 17, 23, 0)
    orders = []
    span = (TODAY - date(2024, 1, 1)).days
    while len(orders) < 2700:
        d = date(2024, 1, 1) + timedelta(days=int(span * rng.random() ** .93))
        w = rng.choices(WARDS, [x[5] for x in WARDS])[0]
        if w[0] in (8, 9) and d.weekday() > 4:
            continue
        hour = rng.randrange(0, 24) if w[0] in (1, 2) else rng.choice([6, 7, 7, 8, 8, 9, 10, 11, 13, 14, 15, 16])
        orders.append((datetime(d.year, d.month, d.day, hour, rng.randrange(60)), rng.choices(out["patients"], pw)[0][0], w))
    orders.sort(key=lambda o: (o[0], o[1]))
    by_section = {s: [i for i, x in enumerate(STAFF, 1) if x[2] == s and x[1] in ("technician", "trainee", "section lead")] for s in ("Chemistry", "Haematology", "Microbiology", "Immunology", "Genetics")}

    def there(i, d):
        s = STAFF[i - 1]
        return s[4] <= d.isoformat() and (s[5] is None or s[5] >= d.isoformat())
    sid, rid = 70000, 500000
    weights = [t[10] for t in TESTS]
    for k, (when, pid, w) in enumerate(orders):
        no = 10001 + k
        prio = rng.choices(["routine", "urgent", "stat"], {1: [25, 45, 30], 2: [35, 35, 30]}.get(w[0], [82, 15, 3]))[0]
        state = "cancelled" if rng.random() < .045 else "completed"
        done = None
        if state != "cancelled":
            chosen = []
            for _ in range(rng.choices([1, 2, 3, 4, 6], [18, 28, 26, 18, 10])[0]):
                t = rng.choices(TESTS, [x * (5 if w[0] in (1, 6) and c[0] == "TROP" else 3 if w[0] == 3 and c[2] == "Haematology" else 4 if w[0] == 4 and c[0] == "BRCA" else 1) for x, c in zip(weights, TESTS)])[0]
                if t not in chosen:
                    chosen.append(t)
            pending = False
            for mat in dict.fromkeys(t[9] for t in chosen):
                tests = [t for t in chosen if t[9] == mat]
                col = when + timedelta(minutes=rng.randrange(3, {"routine": 240, "urgent": 45, "stat": 15}[prio]))
                tries = 0
                while True:
                    sid += 1
                    rec = col + timedelta(minutes=rng.randrange(6, {"routine": 110, "urgent": 40, "stat": 20}[prio]))
                    lost = rng.random() < .008
                    bad = rng.choices(["haemolysed", "clotted", "mislabelled", "insufficient"], [45, 25, 15, 15])[0] if not lost and rng.random() < {1: .07, 7: .06}.get(w[0], .03) else None
                    if rec > last or lost:
                        pending = pending or rec > last
                        out["samples"].append((sid, no, mat, col.isoformat(sep=" "), None, None, None, None))
                        break
                    who = rng.choice([i for i in (20, 21, 22) if there(i, rec.date())])
                    out["samples"].append((sid, no, mat, col.isoformat(sep=" "), rec.isoformat(sep=" "), who, bad, round(rng.uniform(.5, 9), 1) if rng.random() > .05 else None))
                    if bad and tries == 0 and rng.random() < .8:
                        col, tries = rec + timedelta(minutes=rng.randrange(15, 90)), 1
                        continue
                    if bad:
                        break
                    for t in tests:
                        mult = {"routine": 1.0, "urgent": .75, "stat": .5}[prio] if t[7] < 1000 else 1
                        mins = int(t[7] * mult * rng.gammavariate(5, .17)) + 4
                        mea = rec + timedelta(minutes=int(mins * .8))
                        val = rec + timedelta(minutes=mins)
                        if mea > last:
                            pending = True
                            continue
                        tech = rng.choice([i for i in by_section.get(t[2]) or [18] if there(i, mea.date())] or [18])
                        ans = None
                        if not t[8] and not (t[2] == "Microbiology" and rng.random() < .4):
                            ans = rng.choice([a for a in ON[t[2]] if ANALYSERS[a - 1][4] <= mea.date().isoformat()])
                            if t[2] == "Chemistry" and mea.date() < date(2024, 9, 30) and rng.random() < .3:
                                ans = 7
                            if t[2] == "Haematology" and mea.date() >= date(2026, 8, 3) and rng.random() < .5:
                                ans = 8
                        num = flag = None
                        if t[4] is not None:
                            mid, wid = (t[4] + t[5]) / 2, (t[5] - t[4]) / 2
                            num = round(max(.01, rng.gauss(mid, wid * .75)), 2) if t[4] else round(rng.gammavariate(1.2, t[5] * .6), 2)
                            flag = "critical" if num > t[5] + 1.15 * wid or t[4] and num < t[4] - .9 * wid else "high" if num > t[5] else "low" if num < t[4] else "normal"
                        else:
                            flag = rng.choices(["normal", "positive"], [83, 17])[0]
                        rid += 1
                        pend = val > last or rng.random() < .006
                        pending = pending or pend
                        vby = None if pend else rng.choice([i for i in (18, 18, 19, 2, 3, 4, 5) if i != tech])
                        first = rid
                        charge = round(t[6] * (1.03 ** (when.year - 2024)) * (1.5 if prio == "stat" else 1), 2)
                        out["results"].append((rid, sid, t[0], ans, tech, vby, mea.isoformat(sep=" "), None if pend else val.isoformat(sep=" "), num, flag, None, None if pend else mins, charge))
                        if not pend and rng.random() < (.16 if flag == "critical" else .02):
                            rid += 1
                            m2 = val + timedelta(minutes=rng.randrange(10, 70))
                            v2 = m2 + timedelta(minutes=rng.randrange(5, 30))
                            if v2 <= last:
                                out["results"].append((rid, sid, t[0], ans, tech, vby, m2.isoformat(sep=" "), v2.isoformat(sep=" "), round(num * rng.uniform(.93, 1.07), 2) if num else None, flag, first, mins + int((v2 - val).total_seconds() // 60), 0.0))
                                val = v2
                            else:
                                rid -= 1
                        if not pend:
                            done = max(done, val) if done else val
                    break
            if pending:
                state, done = "in progress", None
        if state == "completed" and not done:
            state = "no result"
        out["orders"].append((no, pid, w[0], rng.choice(DOCTORS[w[0]]), when.isoformat(sep=" "), prio, state, done.isoformat(sep=" ") if done else None))
    sv = []
    for a in ANALYSERS:
        start = max(date(2024, 1, 1), date.fromisoformat(a[4]))
        end = date.fromisoformat(a[5]) if a[5] else TODAY
        n = int((end - start).days / 365 * {4: 13, 6: 11, 7: 14}.get(a[0], 7))
        for _ in range(n):
            d = start + timedelta(days=rng.randrange((end - start).days))
            kind = rng.choices(["planned", "breakdown"], [45, 55])[0]
            f = d + timedelta(days=0 if kind == "planned" else rng.choice([0, 0, 1, 1, 2, 4, 8]))
            is_open = f >= TODAY or (TODAY - d).days < 20 and kind == "breakdown"
            sv.append((a[0], rng.choice([i for i in by_section[a[3]] if there(i, d)]) if kind == "breakdown" else None, kind, d.isoformat(), None if is_open else f.isoformat(), None if is_open else round(rng.uniform(1, 5) if kind == "planned" else rng.gammavariate(1.6, 9) + 1, 1),
                       None if is_open or rng.random() < .12 else round(rng.uniform(350, 900) if kind == "planned" else rng.uniform(300, 6500), 2)))
    sv.sort(key=lambda s: (s[3], s[0]))
    out["services"] = [(301 + k, *s) for k, s in enumerate(sv)]
    return out
