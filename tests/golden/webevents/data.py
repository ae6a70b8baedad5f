"""webevents: the web site of a publisher with a shop. Deterministic rows."""
import random
from datetime import date, datetime, timedelta

TABLES = [
    """CREATE TABLE visitors (
        visitor_id INTEGER NOT NULL PRIMARY KEY,
        visitor_name VARCHAR(80),
        membership VARCHAR(20) NOT NULL,
        city VARCHAR(40),
        registered_on DATE
    )""",
    """CREATE TABLE pages (
        page_id INTEGER NOT NULL PRIMARY KEY,
        title VARCHAR(120) NOT NULL,
        section VARCHAR(30) NOT NULL,
        page_type VARCHAR(20) NOT NULL,
        author VARCHAR(60),
        published_on DATE NOT NULL,
        word_count INTEGER
    )""",
    """CREATE TABLE campaigns (
        campaign_id INTEGER NOT NULL PRIMARY KEY,
        campaign_name VARCHAR(80) NOT NULL,
        network VARCHAR(30) NOT NULL,
        ad_format VARCHAR(20) NOT NULL,
        manager VARCHAR(60),
        start_date DATE NOT NULL,
        end_date DATE,
        budget NUMERIC(12,2),
        target_page_id INTEGER,
        FOREIGN KEY (target_page_id) REFERENCES pages (page_id)
    )""",
    """CREATE TABLE experiments (
        experiment_id INTEGER NOT NULL PRIMARY KEY,
        experiment_name VARCHAR(80) NOT NULL,
        owner VARCHAR(60),
        state VARCHAR(20) NOT NULL,
        start_date DATE NOT NULL,
        end_date DATE
    )""",
    """CREATE TABLE sessions (
        session_id INTEGER NOT NULL PRIMARY KEY,
        visitor_id INTEGER NOT NULL,
        started_at TIMESTAMP NOT NULL,
        device VARCHAR(20) NOT NULL,
        browser VARCHAR(20),
        country VARCHAR(40),
        channel VARCHAR(30) NOT NULL,
        duration_seconds INTEGER,
        campaign_id INTEGER,
        entry_page_id INTEGER NOT NULL,
        experiment_id INTEGER,
        variant VARCHAR(20),
        FOREIGN KEY (visitor_id) REFERENCES visitors (visitor_id),
        FOREIGN KEY (campaign_id) REFERENCES campaigns (campaign_id),
        FOREIGN KEY (entry_page_id) REFERENCES pages (page_id),
        FOREIGN KEY (experiment_id) REFERENCES experiments (experiment_id)
    )""",
    """CREATE TABLE page_views (
        view_id INTEGER NOT NULL PRIMARY KEY,
        session_id INTEGER NOT NULL,
        page_id INTEGER NOT NULL,
        viewed_at TIMESTAMP NOT NULL,
        seconds_on_page INTEGER,
        FOREIGN KEY (session_id) REFERENCES sessions (session_id),
        FOREIGN KEY (page_id) REFERENCES pages (page_id)
    )""",
    """CREATE TABLE conversions (
        conversion_id INTEGER NOT NULL PRIMARY KEY,
        session_id INTEGER NOT NULL,
        conversion_type VARCHAR(20) NOT NULL,
        status VARCHAR(20) NOT NULL,
        converted_at TIMESTAMP NOT NULL,
        settled_at TIMESTAMP NULL,
        conversion_value NUMERIC(12,2),
        FOREIGN KEY (session_id) REFERENCES sessions (session_id)
    )""",
    """CREATE TABLE campaign_costs (
        cost_id INTEGER NOT NULL PRIMARY KEY,
        campaign_id INTEGER NOT NULL,
        cost_date DATE NOT NULL,
        cost NUMERIC(12,2) NOT NULL,
        impressions INTEGER,
        clicks INTEGER NOT NULL,
        FOREIGN KEY (campaign_id) REFERENCES campaigns (campaign_id)
    )""",
]

FIRST = ["Anna", "Zoë", "José", "Léa", "Jürgen", "Maria", "Tom", "Søren", "Ines", "Paul", "Chloé", "Björn",
         "Sofia", "Lukas", "Emma", "Noah", "Olga", "Pierre", "Mia", "Karl", "Núria", "Hugo"]
LAST = ["Müller", "García", "Dupont", "Smith", "Weber", "Rossi", "Lefèvre", "Nielsen", "Brown", "Koch", "Martin",
        "Jansen", "Gruber", "López", "Keller", "Novák", "Taylor", "Schäfer", "Costa", "Winter"]
CITIES = [("Berlin", 18), ("Hamburg", 11), ("Köln", 9), ("Paris", 14), ("Lyon", 6), ("Wien", 10), ("Zürich", 8),
          ("Madrid", 7), ("Luxembourg", 5), ("Singapore", 4), ("London", 9), ("New York", 6), (None, 8)]
COUNTRIES = [("Germany", 36), ("France", 18), ("Austria", 11), ("Switzerland", 9), ("Spain", 7), ("Luxembourg", 4),
             ("Singapore", 3), ("Georgia", 3), ("Côte d'Ivoire", 3), ("United Kingdom", 8), ("United States", 10),
             (None, 3)]
AUTHORS = ["Zoë Müller", "José Núñez", "Amelia Brown", "Piet de Vries", "Clara Schumann", "Ibrahim Koné", None]
# section, type, titles
PAGES = [
    ("News", "article", ["Election Night 2025", "Who Pays for the Bridge", "Rents in Berlin", "The 7 Day Strike",
                         "Storm over Köln", "A New Mayor for Lyon", "Grid without Gas", "Border Talks"]),
    ("News", "video", ["Parliament in 90 Seconds", "Live from Wien"]),
    ("Sport", "article", ["Football Fever Guide", "Tour 2026 Preview", "Handball Final", "Ten Kilometres in 40 Minutes",
                          "The Derby", "Ski Season Opens"]),
    ("Sport", "video", ["Goals of the Week", "Marathon Highlights"]),
    ("Culture", "article", ["Top 10 Museums", "Café Society", "The Return of Vinyl", "Books for 2025",
                            "Film Festival Diary", "Naïve Painters"]),
    ("Culture", "video", ["Studio Visit"]),
    ("Travel", "article", ["36 Hours in Zürich", "Night Trains", "Island Hopping", "Hiking in Georgia",
                           "Cheap Flights 2026", "Été à la Plage"]),
    ("Travel", "video", ["Sea Road"]),
    ("Opera", "article", ["Ring Cycle Review", "La Bohème Returns", "Salzburg 2025", "Young Voices"]),
    ("Opera", "video", ["Backstage at the Scala"]),
    ("Shop", "product page", ["Canvas Bag", "Crossword Book 3", "Coffee Mug", "Wall Calendar 2026", "Puzzle 1000",
                              "Enamel Pin", "Notebook A5", "Chef's Knife"]),
    ("Shop", "landing page", ["Spring Sale", "Black Friday Deals", "Gift Ideas", "Subscribe Now", "App Download"]),
    ("News", "landing page", ["Front Page"]),
    ("Sport", "landing page", ["Sport Front"]),
    ("Culture", "landing page", ["Culture Front"]),
]
# name, network, format, manager, start, end, budget, target title, weight
CAMPAIGNS = [
    ("Spring Sale 2024", "Google Ads", "text", "Piet de Vries", "2024-03-04", "2024-04-28", 4200.50, "Spring Sale", 9),
    ("Été à Paris", "Meta", "banner", "Laura Klein", "2024-06-03", "2024-08-04", 3150.00, "Été à la Plage", 6),
    ("Back to School", "Google Ads", "banner", "José Núñez", "2024-08-19", "2024-09-29", 2480.25, "Notebook A5", 7),
    ("Black Friday 2024", "Meta", "video", "Laura Klein", "2024-11-11", "2024-12-02", 5100.00, "Black Friday Deals", 13),
    ("Christmas Gifts 2024", "Google Ads", "text", "Piet de Vries", "2024-12-03", "2024-12-24", 3900.75, "Gift Ideas", 9),
    ("Winter Warmers", "Mailchimp", "text", None, "2025-01-13", "2025-02-23", 950.40, "Coffee Mug", 5),
    ("Spring Sale 2025", "Google Ads", "banner", "José Núñez", "2025-03-03", "2025-04-27", 4600.00, "Spring Sale", 10),
    ("Opera Nights", "LinkedIn", "banner", "Dana O'Neill", "2025-05-05", "2025-06-29", 2875.60, "Salzburg 2025", 4),
    ("App Launch 2.0", "TikTok", "video", "Dana O'Neill", "2025-06-16", "2025-08-31", 6200.00, "App Download", 8),
    ("Newsletter Push", "Mailchimp", "text", None, "2025-09-01", "2025-10-26", 780.90, "Subscribe Now", 7),
    ("Black Friday 2025", "Meta", "video", "Laura Klein", "2025-11-10", "2025-12-01", 5850.30, "Black Friday Deals", 15),
    ("Christmas Gifts 2025", "Google Ads", "text", "Piet de Vries", "2025-12-02", "2025-12-24", 4410.00, "Gift Ideas", 11),
    ("Travel Weeks", "LinkedIn", "video", "José Núñez", "2026-01-12", "2026-03-01", 2240.15, "Cheap Flights 2026", 5),
    ("Spring Sale 2026", "Google Ads", "banner", "José Núñez", "2026-03-02", "2026-04-26", 5025.00, "Spring Sale", 12),
    ("Football Fever", "Meta", "video", "Laura Klein", "2026-06-08", "2026-07-26", 7300.80, "Football Fever Guide", 17),
    ("Retargeting Q3", "Google Ads", "banner", "Piet de Vries", "2026-07-13", None, 3600.00, "Subscribe Now", 11),
    ("Black Friday 2026", "Meta", "video", "Laura Klein", "2026-11-02", None, 6400.00, "Black Friday Deals", 22),
    ("Silver Surfers", "TikTok", "banner", "Dana O'Neill", "2026-09-14", "2026-10-18", 1800.45, "Tour 2026 Preview", 0),
    ("Brand Film", "LinkedIn", "video", None, "2026-11-16", None, None, None, 0),
]
# name, owner, state, start, end, share of the sessions in that time
EXPERIMENTS = [
    ("Green Button", "Zoë Müller", "finished", "2024-04-01", "2024-05-31", 0.6),
    ("Long Headlines", "Amir Haddad", "finished", "2024-09-02", "2024-10-31", 0.5),
    ("Checkout v2", "Zoë Müller", "finished", "2025-01-07", "2025-03-16", 0.7),
    ("Sticky Header", "Amir Haddad", "stopped", "2025-04-14", "2025-05-04", 0.6),
    ("Football Fever", "Greta Lund", "finished", "2025-07-01", "2025-09-14", 0.55),
    ("Paywall 5 Articles", "Greta Lund", "finished", "2025-10-06", "2026-01-11", 0.65),
    ("Señal Nueva", None, "stopped", "2026-02-09", "2026-03-01", 0.6),
    ("Dark Mode", "Amir Haddad", "finished", "2026-05-04", "2026-07-05", 0.5),
    ("Free Shipping Note", "Zoë Müller", "running", "2026-09-07", None, 0.6),
    ("Recommendations 3000", "Greta Lund", "planned", "2026-11-19", None, 0.0),
]


def d(text):
    return date.fromisoformat(text)


def pick(rng, weighted):
    return rng.choices([v for v, _ in weighted], [w for _, w in weighted])[0]


def rows():
    rng = random.Random(20261120)
    end = date(2026, 11, 19)

    visitors = []
    names = [f"{f} {l}" for f in FIRST for l in LAST]
    rng.shuffle(names)
    for i in range(1, 461):
        membership = pick(rng, [("anonymous", 44), ("registered", 35), ("subscriber", 21)])
        name = registered = None
        if membership != "anonymous":
            name = names.pop()
            registered = (date(2024, 1, 3) + timedelta(days=int(rng.random() ** 0.8 * 1050))).isoformat()
        visitors.append((i, name, membership, pick(rng, CITIES), registered))

    pages, by_title = [], {}
    pid = 0
    for section, kind, titles in PAGES:
        for title in titles:
            pid += 1
            author = None if kind in ("product page", "landing page") else rng.choices(AUTHORS, [9, 7, 6, 5, 4, 3, 2])[0]
            words = None if kind != "article" else rng.randrange(380, 2900)
            pub = date(2024, 1, 1) + timedelta(days=0 if kind == "landing page" else int(rng.random() ** 1.6 * 900))
            pages.append((pid, title, section, kind, author, pub.isoformat(), words))
            by_title[title] = pid

    campaigns = []
    for i, (name, net, fmt, mgr, s, e, budget, target, _) in enumerate(CAMPAIGNS, 1):
        campaigns.append((100 + i, name, net, fmt, mgr, s, e, budget, by_title.get(target)))
    experiments = [(i, n, o, st, s, e) for i, (n, o, st, s, e, _) in enumerate(EXPERIMENTS, 1)]

    costs = []
    cpc = {"Google Ads": 0.83, "Meta": 0.57, "LinkedIn": 2.14, "TikTok": 0.36, "Mailchimp": 0.11}
    ctr = {"Google Ads": 0.043, "Meta": 0.017, "LinkedIn": 0.009, "TikTok": 0.012}
    cid = 0
    for c, spec in zip(campaigns, CAMPAIGNS):
        if c[1] == "Brand Film":
            continue
        day, last = d(c[5]), d(c[6]) if c[6] else end
        while day <= last:
            if rng.random() < 0.82:
                cid += 1
                clicks = max(3, int(rng.gauss(38 + spec[8] * 4, 14)))
                cost = round(clicks * cpc[c[2]] * rng.uniform(0.75, 1.3) + rng.random(), 2)
                impressions = None if c[2] == "Mailchimp" else int(clicks / ctr[c[2]] * rng.uniform(0.7, 1.35))
                costs.append((cid, c[0], day.isoformat(), cost, impressions, clicks))
            day += timedelta(days=1)

    # visitors 421..460 never come back to the site as sessions
    vweights = [rng.paretovariate(1.3) for _ in range(420)]
    vweights = [min(w, 14) for w in vweights]
    pweights = [rng.paretovariate(1.1) for _ in pages]
    pweights = [min(w, 9) for w in pweights]
    for title in ("Naïve Painters", "Enamel Pin", "Border Talks"):
        pweights[by_title[title] - 1] = 0
    page_ids = [p[0] for p in pages]
    landing = {p[0] for p in pages if p[3] == "landing page"}

    sessions, views, conversions = [], [], []
    day = date(2024, 1, 1)
    sid = 0
    start0 = date(2024, 1, 1)
    while day <= end:
        n = (day - start0).days
        lam = 0.9 + n / 1054 * 0.95
        if day.month in (11, 12):
            lam *= 1.5
        if day.weekday() >= 5:
            lam *= 0.7
        if day > date(2026, 10, 10):
            lam *= 2.2
        if day == end:
            lam = 13
        count = 0
        acc = rng.expovariate(1)
        while acc < lam:
            count += 1
            acc += rng.expovariate(1)
        times = sorted(rng.randrange(5 * 3600, 22 * 3600) for _ in range(count))
        for t in times:
            sid += 1
            start = datetime(day.year, day.month, day.day) + timedelta(seconds=t)
            vid = rng.choices(range(1, 421), vweights)[0]
            reg = visitors[vid - 1][4]
            device = pick(rng, [("mobile", 47 + n / 60), ("desktop", 40), ("tablet", 11 - n / 200)]
                          + ([("smart tv", 4)] if day >= date(2025, 10, 1) else []))
            browser = pick(rng, [("Chrome", 45), ("Safari", 26), ("Firefox", 11), ("Edge", 8), ("Opera", 5), (None, 4)])
            country = pick(rng, COUNTRIES)
            live = [(c, s[8]) for c, s in zip(campaigns, CAMPAIGNS)
                    if s[8] and d(c[5]) <= day and (c[6] is None or day <= d(c[6]))]
            camp = None
            channel = pick(rng, [("Organic search", 33), ("Direct", 24), ("Referral", 11), ("Social", 12),
                                 ("Newsletter", 9)])
            if live and rng.random() < min(0.62, 0.25 + 0.02 * sum(w for _, w in live)):
                c = pick(rng, live)
                camp = c[0]
                channel = {"Google Ads": "Paid search", "Meta": "Social", "TikTok": "Social", "LinkedIn": "Social",
                           "Mailchimp": "Newsletter"}[c[2]]
                if c[3] == "banner":
                    channel = "Display"
                entry = c[8] if rng.random() < 0.7 else rng.choices(page_ids, pweights)[0]
            else:
                entry = rng.choices(page_ids, pweights)[0]
            exp = variant = None
            for i, (_, _, _, s, e, share) in enumerate(EXPERIMENTS, 1):
                if d(s) <= day and (e is None or day <= d(e)) and rng.random() < share:
                    exp = i
                    variant = rng.choices(["control", "variant A", "variant B"], [5, 4, 2 if i % 2 else 0])[0]
            mean = {"desktop": 330, "mobile": 170, "tablet": 250, "smart tv": 480}[device]
            duration = int(min(3000, rng.expovariate(1 / mean) + 4))
            nviews = 1 if rng.random() < 0.34 else min(9, 1 + int(rng.expovariate(1 / 2.1)))
            left = duration
            when = start
            for k in range(nviews):
                page = entry if k == 0 else rng.choices(page_ids, pweights)[0]
                secs = None if k == nviews - 1 and rng.random() < 0.3 else int(left * rng.uniform(0.2, 0.7)) + 1
                views.append((len(views) + 1, sid, page, str(when), secs))
                when += timedelta(seconds=(secs or 5))
                left = max(5, left - (secs or 5))
            stored = None if rng.random() < 0.03 else duration
            sessions.append((sid, vid, str(start), device, browser, country, channel, stored, camp, entry, exp, variant))
            p = 0.27
            p *= {"desktop": 1.45, "mobile": 0.8, "tablet": 1.05, "smart tv": 0.3}[device]
            p *= {"Newsletter": 1.6, "Paid search": 1.35, "Direct": 1.25, "Display": 0.7}.get(channel, 0.9)
            if variant == "variant A":
                p *= 1.4
            if visitors[vid - 1][2] == "anonymous":
                p *= 0.6
            tries = 0
            while tries < 3 and rng.random() < p:
                tries += 1
                kind = pick(rng, [("purchase", 46), ("subscription", 17), ("newsletter", 21), ("download", 16)])
                at = start + timedelta(seconds=rng.randrange(20, 1800))
                status = pick(rng, [("completed", 80), ("refunded", 8), ("pending", 12)]) if kind in ("purchase", "subscription") else "completed"
                if kind == "purchase":
                    value = round(rng.lognormvariate(3.9, 0.85) + 5, 2)
                elif kind == "subscription":
                    value = round(rng.choice([89.9, 119.9, 179.9]) + rng.randrange(0, 900) / 100, 2)
                elif kind == "newsletter":
                    value = round(rng.uniform(0.8, 4.6), 2)
                else:
                    value = None
                settled = None
                if status == "completed" and kind in ("purchase", "subscription"):
                    s_at = at + timedelta(days=rng.randrange(2, 34))
                    s_at = s_at.replace(hour=9 + rng.randrange(8))
                    if s_at.date() <= end:
                        settled = str(s_at)
                conversions.append((5000 + len(conversions) + 1, sid, kind, status, str(at), settled, value))
        day += timedelta(days=1)

    return {"visitors": visitors, "pages": pages, "campaigns": campaigns, "experiments": experiments,
            "sessions": sessions, "page_views": views, "conversions": conversions, "campaign_costs": costs}
