"""A clinic in the manner of the well-known hospital sample databases; all rows are generated."""
import random
from datetime import date, datetime, timedelta

#: What it is there for is how models of others are read; how systems differ, the other sets show.
SYSTEMS = ("sqlite",)

TABLES: list[str] = [
    """CREATE TABLE dept (
  dept_cd VARCHAR(6) NOT NULL PRIMARY KEY,
  dept_nm VARCHAR(40) NOT NULL,
  floor_no INTEGER
)""",
    """CREATE TABLE physician (
  phys_id INTEGER NOT NULL PRIMARY KEY,
  phys_nm VARCHAR(60) NOT NULL,
  pos_ttl VARCHAR(40) NOT NULL,
  dept_cd VARCHAR(6) NOT NULL,
  hire_dt DATE NOT NULL,
  sal_amt NUMERIC(12,2),
  FOREIGN KEY (dept_cd) REFERENCES dept (dept_cd)
)""",
    """CREATE TABLE patient (
  pat_id INTEGER NOT NULL PRIMARY KEY,
  pat_nm VARCHAR(60) NOT NULL,
  sex_cd VARCHAR(1),
  birth_dt DATE NOT NULL,
  city VARCHAR(40),
  ins_typ VARCHAR(20),
  reg_dt DATE NOT NULL,
  pcp_id INTEGER,
  FOREIGN KEY (pcp_id) REFERENCES physician (phys_id)
)""",
    """CREATE TABLE room (
  room_no INTEGER NOT NULL PRIMARY KEY,
  room_typ VARCHAR(12) NOT NULL,
  dept_cd VARCHAR(6) NOT NULL,
  bed_cnt INTEGER NOT NULL,
  FOREIGN KEY (dept_cd) REFERENCES dept (dept_cd)
)""",
    """CREATE TABLE stay (
  stay_id INTEGER NOT NULL PRIMARY KEY,
  pat_id INTEGER NOT NULL,
  room_no INTEGER NOT NULL,
  start_dt DATE NOT NULL,
  end_dt DATE,
  los_days INTEGER,
  FOREIGN KEY (pat_id) REFERENCES patient (pat_id),
  FOREIGN KEY (room_no) REFERENCES room (room_no)
)""",
    """CREATE TABLE appt (
  appt_id INTEGER NOT NULL PRIMARY KEY,
  pat_id INTEGER NOT NULL,
  phys_id INTEGER NOT NULL,
  booked_dt DATE NOT NULL,
  appt_dt TIMESTAMP NOT NULL,
  visit_typ VARCHAR(20),
  status_cd VARCHAR(12) NOT NULL,
  dur_min INTEGER,
  fee_amt NUMERIC(12,2),
  FOREIGN KEY (pat_id) REFERENCES patient (pat_id),
  FOREIGN KEY (phys_id) REFERENCES physician (phys_id)
)""",
    """CREATE TABLE medication (
  med_cd VARCHAR(6) NOT NULL PRIMARY KEY,
  med_nm VARCHAR(40) NOT NULL,
  brand_nm VARCHAR(40),
  form_cd VARCHAR(12) NOT NULL
)""",
    """CREATE TABLE prescription (
  rx_id INTEGER NOT NULL PRIMARY KEY,
  pat_id INTEGER NOT NULL,
  phys_id INTEGER NOT NULL,
  med_cd VARCHAR(6) NOT NULL,
  appt_id INTEGER,
  rx_dt DATE NOT NULL,
  qty INTEGER NOT NULL,
  refill_cnt INTEGER,
  FOREIGN KEY (pat_id) REFERENCES patient (pat_id),
  FOREIGN KEY (phys_id) REFERENCES physician (phys_id),
  FOREIGN KEY (med_cd) REFERENCES medication (med_cd),
  FOREIGN KEY (appt_id) REFERENCES appt (appt_id)
)""",
    """CREATE TABLE proc_typ (
  proc_cd VARCHAR(6) NOT NULL PRIMARY KEY,
  proc_nm VARCHAR(60) NOT NULL,
  proc_grp VARCHAR(20) NOT NULL
)""",
    """CREATE TABLE pat_proc (
  pp_id INTEGER NOT NULL PRIMARY KEY,
  pat_id INTEGER NOT NULL,
  proc_cd VARCHAR(6) NOT NULL,
  phys_id INTEGER NOT NULL,
  stay_id INTEGER,
  proc_dt DATE NOT NULL,
  dur_min INTEGER,
  cost_amt NUMERIC(12,2) NOT NULL,
  FOREIGN KEY (pat_id) REFERENCES patient (pat_id),
  FOREIGN KEY (proc_cd) REFERENCES proc_typ (proc_cd),
  FOREIGN KEY (phys_id) REFERENCES physician (phys_id),
  FOREIGN KEY (stay_id) REFERENCES stay (stay_id)
)""",
]

DEPTS = [("CARD", "Cardiology", 2), ("ORTH", "Orthopaedics", 3), ("PED", "Paediatrics", 1), ("INT", "Internal Medicine", 2),
         ("NEUR", "Neurology", 4), ("SURG", "Surgery", 3), ("EMER", "Emergency", 0), ("RAD", "Radiology", 0), ("GP", "General Practice", 1), ("ENT", "ENT", 4)]
# name, position, department, hired, pull of appointments
PHYSICIANS = [
    ("Maria Keller", "Head Physician", "CARD", "2012-03-01", 5), ("Anton Weiss", "Senior Physician", "CARD", "2018-09-01", 7), ("Priya Nair", "Resident", "CARD", "2023-02-01", 4),
    ("Jörg Baumann", "Head Physician", "ORTH", "2010-06-15", 4), ("Lucie Moreau", "Senior Physician", "ORTH", "2017-01-09", 8), ("Tomasz Zieliński", "Resident", "ORTH", "2024-04-01", 5),
    ("Sarah O'Connor", "Head Physician", "PED", "2014-10-01", 6), ("Ines Carvalho", "Senior Physician", "PED", "2021-05-03", 9),
    ("Walter Brandt", "Head Physician", "INT", "2009-01-12", 3), ("Dagmar Holm", "Senior Physician", "INT", "2019-08-19", 8), ("Omar Haddad", "Resident", "INT", "2025-01-13", 6),
    ("Elena Petrova", "Head Physician", "NEUR", "2015-04-07", 5), ("Felix Gruber", "Resident", "NEUR", "2022-11-01", 3),
    ("Henrik Sørensen", "Head Physician", "SURG", "2011-02-21", 3), ("Bettina Frei", "Senior Physician", "SURG", "2016-07-18", 4), ("Kofi Mensah", "Resident", "SURG", "2023-10-02", 2),
    ("Rosa Jiménez", "Senior Physician", "EMER", "2020-03-16", 6), ("Nils Ahlgren", "Resident", "EMER", "2024-09-02", 5),
    ("Vera Lang", "Head Physician", "RAD", "2013-05-20", 0),
    ("Günter Pohl", "Senior Physician", "GP", "2008-10-06", 10), ("Camille Roux", "Senior Physician", "GP", "2020-10-12", 11), ("Hana Novák", "Resident", "GP", "2025-09-01", 6),
    ("Mateo Ruiz", "Senior Physician", "ENT", "2025-03-03", 6), ("Linda Berg", "Resident", "ENT", "2026-10-15", 0),
]
FIRST_F = ["Anna", "Zoë", "Clara", "Élodie", "Marta", "Nadia", "Greta", "Chloé", "Helena", "Johanna", "Ruth", "Yasmin", "Lena", "Mia", "Berta", "Siân"]
FIRST_M = ["Lukas", "José", "Jürgen", "Paweł", "Hugo", "Émile", "Rui", "Olaf", "Víctor", "Bram", "Karl", "Noah", "Stefan", "Ali", "Theo", "Peter"]
LAST = ["Lambert", "Müller", "García", "Huber", "Egger", "Dubois", "Fischer", "Santos", "Novotny", "Marti", "Steiner", "Rossi", "Wagner", "Bauer", "Kaya", "Schmid",
        "de Vries", "Hofer", "Popescu", "van den Berg", "Moser", "Lindt", "Oberholzer", "Yilmaz", "Brunner"]
CITIES = [("Bregenz", 27), ("Lindau", 19), ("St. Gallen", 15), ("Dornbirn", 13), ("Konstanz", 10), ("Feldkirch", 8), ("Bad Ragaz", 5), ("Zürich", 3)]
INSURANCE = ["public", "private", "supplementary", "self-pay"]
MEDS = [("M001", "Ibuprofen 400", "Dolormin", "tablet"), ("M002", "Paracetamol 500", "Panadol", "tablet"), ("M003", "Amoxicillin", "Clamoxyl", "capsule"),
        ("M004", "Aspirin", None, "tablet"), ("M005", "Clopidogrel", "Plavix", "tablet"), ("M006", "Atorvastatin 20", "Sortis", "tablet"),
        ("M007", "Metoprolol", "Beloc", "tablet"), ("M008", "Ramipril 5", None, "tablet"), ("M009", "Salbutamol", "Ventolin", "inhaler"),
        ("M010", "Budesonide", "Pulmicort", "inhaler"), ("M011", "Cetirizine", "Zyrtec", "tablet"), ("M012", "Omeprazole 20", "Antra", "capsule"),
        ("M013", "Metformin 850", "Glucophage", "tablet"), ("M014", "Insulin Glargine", "Lantus", "injection"), ("M015", "Enoxaparin", "Clexane", "injection"),
        ("M016", "Tramadol", "Tramal", "capsule"), ("M017", "Diclofenac", "Voltaren", "gel"), ("M018", "Hydrocortisone", None, "gel"),
        ("M019", "Levetiracetam", "Keppra", "tablet"), ("M020", "Sumatriptan", "Imigran", "tablet"), ("M021", "Sertraline", "Zoloft", "tablet"),
        ("M022", "Acetylsalicylic Acid 100", "Aspirin", "tablet"), ("M023", "Ambroxol", "Mucosolvan", "syrup"), ("M024", "Dextromethorphan", None, "syrup"),
        ("M025", "Vitamin D3", "Vi-De 3", "drops"), ("M026", "Colchicine", None, "tablet"), ("M027", "Xylometazoline", "Otrivin", "drops"), ("M028", "Quinine", None, "tablet")]
NEVER = {"M026", "M028"}
PROCS = [("P01", "ECG", "Diagnostics", 95, 20), ("P02", "Echocardiography", "Diagnostics", 320, 40), ("P03", "Cardiac Catheter", "Surgery", 4150, 75),
         ("P04", "Knee Arthroscopy", "Surgery", 3280, 65), ("P05", "Hip Replacement", "Surgery", 9840, 130), ("P06", "Plaster Cast", "Therapy", 140, 25),
         ("P07", "MRI Brain", "Imaging", 690, 45), ("P08", "X-Ray Thorax", "Imaging", 120, 10), ("P09", "CT Abdomen", "Imaging", 480, 25),
         ("P10", "Appendectomy", "Surgery", 3650, 70), ("P11", "Hernia Repair", "Surgery", 2940, 60), ("P12", "Blood Panel 24", "Lab", 85, 5),
         ("P13", "EEG", "Diagnostics", 260, 50), ("P14", "Colonoscopy", "Diagnostics", 740, 45), ("P15", "Tonsillectomy", "Surgery", 2150, 40),
         ("P16", "Physiotherapy", "Therapy", 75, 30), ("P17", "Lumbar Puncture", "Diagnostics", 390, 35), ("P18", "Liver Biopsy", "Lab", 610, 40)]
PROC_OF = {"CARD": ["P01", "P02", "P03", "P12"], "ORTH": ["P04", "P05", "P06", "P16"], "PED": ["P12", "P08", "P06"], "INT": ["P12", "P14", "P09", "P08"],
           "NEUR": ["P13", "P07", "P17"], "SURG": ["P10", "P11", "P05", "P04", "P03"], "EMER": ["P08", "P06", "P01", "P12"], "RAD": ["P07", "P08", "P09"],
           "GP": ["P12", "P01"], "ENT": ["P15"]}
MED_OF = {"CARD": [4, 5, 6, 7, 8, 22], "ORTH": [1, 16, 17, 15], "PED": [2, 3, 11, 23, 25, 9], "INT": [12, 13, 14, 8, 3], "NEUR": [19, 20, 21, 1], "SURG": [16, 15, 2, 3],
          "EMER": [1, 2, 16, 9], "GP": [1, 2, 3, 11, 12, 13, 8, 10, 18, 24, 25, 22, 4], "ENT": [27, 3, 11, 23]}
TODAY = date(2026, 11, 20)


def rows() -> dict[str, list[tuple]]:
    rng = random.Random(77)
    out: dict[str, list[tuple]] = {n: [] for n in ("dept", "physician", "patient", "room", "stay", "appt", "medication", "prescription", "proc_typ", "pat_proc")}
    out["dept"] = list(DEPTS)
    pull = {}
    dept_of = {}
    for i, (n, p, d, h, w) in enumerate(PHYSICIANS, 1):
        sal = {"Head Physician": 182000, "Senior Physician": 131000, "Resident": 84000}[p] + rng.randrange(-9000, 9000) + rng.randrange(100) / 100
        out["physician"].append((i, n, p, d, h, sal))
        pull[i] = w
        dept_of[i] = d
    names = [(f"{f} {l}", "F") for f in FIRST_F for l in LAST] + [(f"{f} {l}", "M") for f in FIRST_M for l in LAST]
    rng.shuffle(names)
    names = [n for n in names if n[0] != "Zoë Lambert"][:322]
    names[40] = ("Maria Keller", "F")
    names[77] = ("Zoë Lambert", "F")
    gps = [20, 21, 22]
    for i, (n, s) in enumerate(names, 1):
        reg = date(2021, 1, 4) + timedelta(days=int(2130 * rng.random()))
        born = date(1932, 1, 1) + timedelta(days=rng.randrange(33500)) if rng.random() > .22 else date(2011, 1, 1) + timedelta(days=rng.randrange(3600))
        if n == "Maria Keller":
            born = date(1971, 6, 9)
        if born >= reg:
            born = reg - timedelta(days=rng.randrange(3, 900))
        out["patient"].append((1000 + i, n, s if rng.random() > .02 else None, born.isoformat(),
                               rng.choices([c for c, _ in CITIES], [w for _, w in CITIES])[0] if rng.random() > .04 else None,
                               rng.choices([*INSURANCE, None], [62, 20, 11, 5, 2])[0], reg.isoformat(),
                               rng.choices([*gps, 10, None], [34, 36, 12, 10, 8])[0]))
    patients = out["patient"]
    kid = {p[0] for p in patients if p[3] >= "2009-01-01"}
    base = {"CARD": 200, "ORTH": 300, "PED": 100, "INT": 250, "NEUR": 400, "SURG": 350, "ENT": 450}
    for d, start in base.items():
        kinds = {"CARD": ["single", "double", "double", "ICU", "ICU", "ward"], "ORTH": ["single", "double", "double", "ward", "ward"], "PED": ["double", "double", "ward", "single"],
                 "INT": ["single", "double", "ward", "ward", "double"], "NEUR": ["single", "single", "double", "ICU"], "SURG": ["ICU", "ICU", "double", "ward", "single", "single"],
                 "ENT": ["double", "single"]}[d]
        for k, t in enumerate(kinds, 1):
            out["room"].append((start + k, t, d, {"single": 1, "double": 2, "ICU": 1 + k % 2, "ward": 4 + (start + k) % 3}[t]))
    rooms = out["room"]
    last = TODAY - timedelta(days=1)
    span = (last - date(2024, 1, 1)).days

    sick = {p[0]: rng.uniform(.2, 2) ** 2 for p in patients}
    quiet = set(rng.sample([p[0] for p in patients], 24))                    # registered, never came
    for p in patients:
        if p[1] in ("Zoë Lambert", "Maria Keller"):
            quiet.discard(p[0])
            sick[p[0]] = 5
    stays = []
    room_w = [{"single": 2, "double": 4, "ICU": 3, "ward": 8}[r[1]] * {"ORTH": 1.4, "PED": .8, "ENT": .4, "INT": 1.2}.get(r[2], 1) for r in rooms]
    while len(stays) < 430:
        d = date(2024, 1, 1) + timedelta(days=rng.randrange(span + 1))
        r = rng.choices(rooms, room_w)[0]
        p = rng.choices(patients, [0 if x[0] in quiet else sick[x[0]] for x in patients])[0]
        if p[6] > d.isoformat() or (r[2] == "PED") != (p[0] in kid) or (r[2] == "ENT" and d < date(2025, 3, 3)):
            continue
        los = max(1, int(rng.gammavariate(2, {"ICU": 3.1, "ward": 2.9, "double": 2.3, "single": 1.8}[r[1]]) + {"ORTH": 2, "NEUR": 3}.get(r[2], 0)))
        e = d + timedelta(days=los)
        stays.append((d, p[0], r[0], e if e <= last else None, los if e <= last else None))
    stays.sort(key=lambda s: (s[0], s[1]))
    out["stay"] = [(7001 + k, p, r, s.isoformat(), e.isoformat() if e else None, n) for k, (s, p, r, e, n) in enumerate(stays)]

    appts = []
    phys = [p for p in out["physician"] if pull[p[0]]]
    while len(appts) < 1950:
        d = date(2024, 1, 1) + timedelta(days=int(span * rng.random() ** .9))
        if d.weekday() == 6 or (d.weekday() == 5 and rng.random() > .2) or (d.month == 12 and d.day > 23):
            continue
        f = rng.choices(phys, [pull[x[0]] for x in phys])[0]
        p = rng.choices(patients, [0 if x[0] in quiet else sick[x[0]] for x in patients])[0]
        if f[4] > d.isoformat() or p[6] > d.isoformat() or f[1] == p[1]:
            continue
        if f[3] == "PED" and p[0] not in kid or f[3] in ("CARD", "ORTH", "SURG") and p[0] in kid and rng.random() < .9:
            continue
        appts.append((datetime(d.year, d.month, d.day, rng.randrange(8, 18), rng.choice([0, 10, 15, 20, 30, 40, 45, 50]), 0), p[0], f[0], p[5]))
    appts.append((datetime(2026, 11, 19, 10, 15, 0), 1078, 21, "public"))
    appts.append((datetime(2026, 11, 19, 14, 30, 0), 1041, 2, "private"))
    appts.sort()
    rate = {"CARD": 148.5, "ORTH": 131.2, "PED": 82.4, "INT": 118.9, "NEUR": 162.7, "SURG": 174.3, "EMER": 139.6, "GP": 64.8, "ENT": 109.1}
    rx = []
    for k, (when, pid, fid, ins) in enumerate(appts):
        aid = 3001 + k
        d = dept_of[fid]
        typ = rng.choices(["check-up", "follow-up", "consultation", "emergency", None], [28, 34, 27, 5, 3] if d != "EMER" else [0, 8, 10, 80, 2])[0]
        lead = 0 if typ == "emergency" else rng.choice([0, 1, 2, 3, 5, 7, 10, 14, 21, 28, 35, 42])
        status = rng.choices(["completed", "cancelled", "no-show"], [84, 9, 7 if typ != "emergency" else 1] if fid not in (6, 22) else [74, 10, 16])[0]
        dur = fee = None
        if status == "completed":
            dur = max(5, int(rng.gauss({"check-up": 24, "follow-up": 17, "consultation": 31, "emergency": 46, None: 20}[typ], 7)))
            fee = round(rate[d] * {"private": 1.7, "supplementary": 1.25, "self-pay": 1.1}.get(ins, 1) * {"follow-up": .7, "emergency": 1.6, "consultation": 1.15}.get(typ, 1)
                        * (1 + .04 * (when.year - 2024)) + rng.randrange(0, 1500) / 100, 2)
            if rng.random() < .015:
                fee = None
            for _ in range(rng.choices([0, 1, 2], [38, 46, 16])[0]):
                m = rng.choice(MED_OF[d] if rng.random() > .1 else MED_OF["GP"])
                rx.append((when.date(), pid, fid, f"M{m:03d}", aid))
        out["appt"].append((aid, pid, fid, (when.date() - timedelta(days=lead)).isoformat(), when.isoformat(sep=" "), typ, status, dur, fee))
    out["medication"] = list(MEDS)
    for s in out["stay"]:
        if rng.random() < .4:
            d = next(r[2] for r in rooms if r[0] == s[2])
            rx.append((date.fromisoformat(s[3]), s[1], rng.choice([f for f, x in dept_of.items() if x == d and PHYSICIANS[f - 1][3] <= s[3]]), f"M{rng.choice(MED_OF[d]):03d}", None))
    seen = set()
    rx = [r for r in sorted(rx, key=lambda r: (r[0], r[1], r[3])) if not ((r[0], r[1], r[3]) in seen or seen.add((r[0], r[1], r[3])))]
    for k, (d, pid, fid, m, aid) in enumerate(rx):
        assert m not in NEVER
        inj = m in ("M014", "M015")
        out["prescription"].append((40001 + k, pid, fid, m, aid, d.isoformat(), rng.choice([10, 14, 20, 28, 30, 50, 60, 90, 100]) if not inj and int(m[1:]) not in (9, 10, 17, 18, 23, 24, 25, 27)
                                    else rng.choice([1, 2, 3, 5]), rng.choices([0, 1, 2, 3, 5, None], [44, 20, 13, 9, 5, 9])[0]))
    out["proc_typ"] = [p[:3] for p in PROCS]
    price = {p[0]: (p[3], p[4]) for p in PROCS}
    pp = []
    for s in out["stay"]:
        d = next(r[2] for r in rooms if r[0] == s[2])
        for _ in range(rng.choices([0, 1, 2, 3], [18, 45, 26, 11])[0]):
            who = d if rng.random() > .2 else rng.choice(["SURG", "RAD", "INT"])        # also physicians of another department
            f = rng.choice([f for f, x in dept_of.items() if x == who and PHYSICIANS[f - 1][3] <= s[3]])
            when = date.fromisoformat(s[3]) + timedelta(days=rng.randrange(0, max(1, s[5] or 1)))
            pp.append((min(when, last), s[1], rng.choice(PROC_OF[who]), f, s[0]))
    for a in rng.sample([a for a in out["appt"] if a[6] == "completed"], 190):
        pp.append((date.fromisoformat(a[4][:10]), a[1], rng.choice([x for x in PROC_OF[dept_of[a[2]]] if price[x][0] < 800]
                                                                    or ["P12"]), a[2], None))
    pp.sort(key=lambda r: (r[0], r[1], r[2]))
    for k, (d, pid, c, f, sid) in enumerate(pp):
        cost, mins = price[c]
        out["pat_proc"].append((90001 + k, pid, c, f, sid, d.isoformat(), max(3, int(rng.gauss(mins, mins / 6))) if rng.random() > .05 else None,
                                round(cost * rng.uniform(.9, 1.2) * (1 + .03 * (d.year - 2024)), 2)))
    return out
