"""A small retailer: web shop, app, telephone and stores; orders with lines, and returns."""
import random
from datetime import date, datetime, timedelta

TABLES: list[str] = [
    """CREATE TABLE stores (
  store_id INTEGER NOT NULL PRIMARY KEY,
  store_name VARCHAR(60) NOT NULL,
  city VARCHAR(40) NOT NULL,
  region VARCHAR(20) NOT NULL,
  store_type VARCHAR(20) NOT NULL,
  opened_on DATE NOT NULL,
  floor_area INTEGER
)""",
    """CREATE TABLE customers (
  customer_id INTEGER NOT NULL PRIMARY KEY,
  customer_name VARCHAR(60) NOT NULL,
  city VARCHAR(40),
  country VARCHAR(40) NOT NULL,
  segment VARCHAR(20) NOT NULL,
  loyalty_tier VARCHAR(20),
  signup_date DATE NOT NULL
)""",
    """CREATE TABLE categories (
  category_id INTEGER NOT NULL PRIMARY KEY,
  category_name VARCHAR(40) NOT NULL,
  department VARCHAR(40) NOT NULL
)""",
    """CREATE TABLE products (
  product_id INTEGER NOT NULL PRIMARY KEY,
  product_name VARCHAR(60) NOT NULL,
  brand VARCHAR(40),
  category_id INTEGER NOT NULL,
  list_price NUMERIC(12,2) NOT NULL,
  launch_date DATE NOT NULL,
  FOREIGN KEY (category_id) REFERENCES categories (category_id)
)""",
    """CREATE TABLE orders (
  order_id INTEGER NOT NULL PRIMARY KEY,
  customer_id INTEGER NOT NULL,
  store_id INTEGER,
  order_date TIMESTAMP NOT NULL,
  shipped_date DATE,
  channel VARCHAR(20) NOT NULL,
  status VARCHAR(20) NOT NULL,
  payment_method VARCHAR(20),
  shipping_fee NUMERIC(12,2) NOT NULL,
  FOREIGN KEY (customer_id) REFERENCES customers (customer_id),
  FOREIGN KEY (store_id) REFERENCES stores (store_id)
)""",
    """CREATE TABLE order_lines (
  line_id INTEGER NOT NULL PRIMARY KEY,
  order_id INTEGER NOT NULL,
  product_id INTEGER NOT NULL,
  quantity INTEGER NOT NULL,
  gross_amount NUMERIC(12,2) NOT NULL,
  net_amount NUMERIC(12,2) NOT NULL,
  cost_amount NUMERIC(12,2) NOT NULL,
  FOREIGN KEY (order_id) REFERENCES orders (order_id),
  FOREIGN KEY (product_id) REFERENCES products (product_id)
)""",
    """CREATE TABLE returns (
  return_id INTEGER NOT NULL PRIMARY KEY,
  order_id INTEGER NOT NULL,
  product_id INTEGER NOT NULL,
  store_id INTEGER,
  requested_on DATE NOT NULL,
  refunded_on DATE,
  reason VARCHAR(30),
  quantity INTEGER NOT NULL,
  refund_amount NUMERIC(12,2),
  FOREIGN KEY (order_id) REFERENCES orders (order_id),
  FOREIGN KEY (product_id) REFERENCES products (product_id),
  FOREIGN KEY (store_id) REFERENCES stores (store_id)
)""",
]

STORES = [
    ("Berlin Mitte", "Berlin", "DACH", "flagship", "2016-04-02", 2150),
    ("Berlin Outlet 2", "Berlin", "DACH", "outlet", "2021-09-11", 940),
    ("München Altstadt", "München", "DACH", "standard", "2018-03-17", 1310),
    ("Wien Graben", "Wien", "DACH", "standard", "2019-10-05", 1180),
    ("Lisboa Chiado", "Lisboa", "Iberia", "flagship", "2017-05-20", 1840),
    ("Porto Baixa", "Porto", "Iberia", "standard", "2020-02-08", 1025),
    ("Madrid Gran Vía", "Madrid", "Iberia", "flagship", "2015-11-14", 2420),
    ("Málaga Puerto", "Málaga", "Iberia", "outlet", "2024-06-01", 760),
    ("Lyon Part-Dieu", "Lyon", "France", "standard", "2018-09-29", 1260),
    ("Paris Étoile", "Paris", "France", "flagship", "2014-03-08", 2630),
    ("Amsterdam Noord", "Amsterdam", "Benelux", "standard", "2019-04-13", 1090),
    ("Luxembourg Gare", "Luxembourg", "Benelux", "outlet", "2025-03-15", None),
    ("Kraków Rynek", "Kraków", "East", "standard", "2022-05-07", 985),
    ("Praha Dva", "Praha", "East", "standard", "2026-10-31", None),
]
STORE_WEIGHT = [14, 5, 9, 7, 10, 6, 12, 4, 8, 13, 6, 3, 5, 0]

PLACES = [
    ("Germany", ["Berlin", "München", "Köln", "Hamburg", "Leipzig"], 24),
    ("France", ["Paris", "Lyon", "Marseille", "Saint-Étienne"], 19),
    ("Spain", ["Madrid", "Málaga", "San Sebastián", "Valencia"], 16),
    ("Portugal", ["Lisboa", "Porto", "Évora"], 12),
    ("Austria", ["Wien", "Graz"], 8),
    ("Netherlands", ["Amsterdam", "Den Haag", "Utrecht"], 9),
    ("Poland", ["Kraków", "Łódź", "Warszawa"], 7),
    ("Czech Republic", ["Praha", "Brno"], 4),
    ("Luxembourg", ["Luxembourg", "Esch"], 3),
]
FIRST = ["Anna", "Zoë", "José", "Marta", "Lukas", "Élodie", "Jürgen", "Inês", "Paweł", "Sofia", "Tomáš", "Clara",
         "Hugo", "Nadia", "Émile", "Greta", "Rui", "Beatriz", "Olaf", "Chloé", "Víctor", "Helena", "Bram", "Noor"]
LAST = ["Müller", "García", "Martin", "Santos", "Kowalski", "Novák", "de Vries", "Dubois", "Huber", "Almeida",
        "Fernández", "Schmidt", "Lefèvre", "Jansen", "Costa", "Wójcik", "Rossi", "Weber", "O'Brien", "Peeters"]
FIRMS = ["Alpina", "Büro 24", "Café Central", "Hotel Atlântico", "Studio 54 Design", "Kita Sonnenschein", "Velo Verein",
         "Casa Grande", "Agence Bleue", "Praxis Dr. Weber", "Escola Nova", "Fitness First 3", "Werkhof Nord", "Bistro Soleil",
         "Oficina do Mar", "Kanzlei Huber", "Atelier Rouge", "Hostel One", "Tech Hub 7", "Bakkerij Jansen"]

CATEGORIES = [
    (1, "Furniture", "Home"), (2, "Lighting", "Home"), (3, "Kitchenware", "Home"),
    (4, "Garden Tools", "Garden"), (5, "Plants", "Garden"),
    (6, "Cycling", "Sports"), (7, "Running", "Sports"), (8, "Camping", "Sports"),
    (9, "Headphones", "Electronics"), (10, "Laptops", "Electronics"), (11, "Phones", "Electronics"),
    (12, "Toys", "Toys"), (13, "Board Games", "Toys"),
    (14, "Bags", "Fashion"), (15, "Shoes", "Fashion"), (16, "Gift Cards", "Services"),
]
# category -> [(product, brand, price)]
PRODUCTS = {
    1: [("Oslo Sofa", "Nordhaus", 899.0), ("Oslo Armchair", "Nordhaus", 429.0), ("Fjord Table 180", "Nordhaus", 549.5),
        ("Stool Uno", None, 39.9), ("Bookcase Hemma", "Casa Viva", 189.0), ("Bed Siesta", "Casa Viva", 639.0)],
    2: [("Orion", "Lumière", 119.0), ("Étoile Lamp", "Lumière", 74.9), ("Desk Lamp 40", "Lumière", 45.5),
        ("Paper Lantern", None, 14.9), ("Floor Lamp Arco", "Casa Viva", 159.0)],
    3: [("Pan 28", "Ferro", 49.9), ("Casserole Grande", "Ferro", 89.0), ("Knife Set 5", "Ferro", 119.9),
        ("Mug Classic", None, 7.9), ("Espresso Pot", "Casa Viva", 34.5), ("Bread Tin", None, 17.5)],
    4: [("Spade Pro", "Grünwerk", 39.9), ("Pruner 200", "Grünwerk", 27.5), ("Lawn Mower E36", "Grünwerk", 379.0),
        ("Watering Can", None, 19.9), ("Rake Basic", None, 15.9)],
    5: [("Olive Tree", None, 64.0), ("Lavender", None, 6.9), ("Lemon Tree", None, 48.5), ("Fern Box", "Grünwerk", 22.9)],
    6: [("City Bike 7", "Velox", 749.0), ("Gravel Bike X1", "Velox", 1549.0), ("Helmet Aero", "Velox", 89.9),
        ("Pump Mini", "Alpina", 24.9), ("Bike Lock 90", "Alpina", 44.5), ("Cycling Gloves", "Alpina", 29.9)],
    7: [("Trail Vest", "Alpina", 79.9), ("Running Belt", "Alpina", 22.5), ("Marathon Watch 2", "Orion", 249.0), ("Reflex Shirt", "Velox", 34.9)],
    8: [("Tent Duo", "Alpina", 229.0), ("Tent Familia 4", "Alpina", 419.0), ("Sleeping Bag -5", "Alpina", 139.0),
        ("Camp Stove", "Ferro", 59.9), ("Headlamp 300", "Orion", 39.9)],
    9: [("Aria One", "Orion", 199.0), ("Aria Mini", "Orion", 99.0), ("Studio 70", "Sonora", 279.0), ("Basic Buds", None, 19.9)],
    10: [("Nova 13", "Orion", 999.0), ("Nova 15 Pro", "Orion", 1699.0), ("Feather Air", "Kestrel", 1249.0), ("Kestrel Go", "Kestrel", 649.0)],
    11: [("Pixelo 5", "Kestrel", 549.0), ("Pixelo 5 Max", "Kestrel", 799.0), ("Senior Phone", "Sonora", 79.9), ("Case Clear", None, 16.9)],
    12: [("Wooden Train", "Bimbo", 39.9), ("Teddy Bär", "Bimbo", 24.9), ("Robot R2000", "Bimbo", 69.9), ("Doll Elise", None, 29.5)],
    13: [("Harbour Masters", "Ludo", 44.9), ("Duel 2", "Ludo", 19.9), ("Quiz Night", "Ludo", 27.5), ("Chess Set", None, 34.9)],
    14: [("Weekender", "Porto Leather", 189.0), ("Tote Azul", "Porto Leather", 119.0), ("City Backpack 20", "Alpina", 89.9), ("Laptop Sleeve", None, 24.5)],
    15: [("Trail Runner 5", "Alpina", 139.9), ("Loafer Paris", "Porto Leather", 159.0), ("Sneaker Blanc", "Velox", 94.9), ("Slippers", None, 19.9)],
    16: [("Gift Card 25", None, 25.0), ("Gift Card 50", None, 50.0), ("Gift Card 100", None, 100.0)],
}
NEVER_SOLD = {"Bread Tin", "Laptop Sleeve", "Fern Box"}
CAT_WEIGHT = {1: 9, 2: 7, 3: 10, 4: 5, 5: 4, 6: 8, 7: 5, 8: 6, 9: 8, 10: 7, 11: 8, 12: 6, 13: 4, 14: 5, 15: 8, 16: 2}
MARGIN = {1: .46, 2: .52, 3: .49, 4: .38, 5: .55, 6: .31, 7: .42, 8: .36, 9: .28, 10: .17, 11: .21, 12: .44, 13: .41, 14: .57, 15: .48, 16: .03}
END = datetime(2026, 11, 19, 21, 0, 0)


def _day(rng, year):
    first = date(year, 1, 1)
    last = date(year, 12, 31) if year < 2026 else date(2026, 11, 19)
    while True:
        d = first + timedelta(days=rng.randrange((last - first).days + 1))
        # a season: November and December are strong, February weak
        keep = {2: .55, 6: .7, 11: 1.0, 12: 1.0}.get(d.month, .78)
        if rng.random() < keep:
            return d


def rows() -> dict[str, list[tuple]]:
    rng = random.Random(20261120)
    out: dict[str, list[tuple]] = {name: [] for name in
                                   ("stores", "customers", "categories", "products", "orders", "order_lines", "returns")}
    for i, s in enumerate(STORES, 1):
        out["stores"].append((i, *s))

    names = [f"{f} {l}" for f in FIRST for l in LAST]
    rng.shuffle(names)
    persons = names[:228]
    if "Zoë Müller" not in persons:
        persons[5] = "Zoë Müller"
    if "José García" not in persons:
        persons[9] = "José García"
    people = [(n, None) for n in persons] + [(n, "business") for n in FIRMS]
    rng.shuffle(people)
    weights = [p[2] for p in PLACES]
    for i, (name, segment) in enumerate(people, 1):
        country, cities, _ = rng.choices(PLACES, weights)[0]
        city = rng.choice(cities) if rng.random() > .06 else None
        if name == "Alpina":
            country, city = "Austria", "Graz"
        if name == "Zoë Müller":
            country, city = "Germany", "Köln"
        seg = segment or rng.choices(["consumer", "student"], [80, 20])[0]
        tier = rng.choices(["gold", "silver", "bronze", None], [12, 22, 33, 33])[0]
        signup = date(2023, 1, 9) + timedelta(days=int(1400 * rng.random() ** 1.25))
        out["customers"].append((i, name, city, country, seg, tier, signup.isoformat()))

    out["categories"] = list(CATEGORIES)
    pid = 0
    products: dict[int, tuple] = {}
    by_cat: dict[int, list[int]] = {}
    for cat, items in PRODUCTS.items():
        for name, brand, price in items:
            pid += 1
            launch = date(2021, 2, 1) + timedelta(days=rng.randrange(1000))
            if cat == 16:
                launch = date(2025, 9, 1)
            if name in ("Nova 15 Pro", "Pixelo 5 Max", "Robot R2000", "Gravel Bike X1"):
                launch = date(2026, 3, 2) + timedelta(days=17 * len(name))
            if name in ("Trail Runner 5", "Aria One"):
                launch = date(2025, 4, 7) + timedelta(days=11 * len(name))
            products[pid] = (pid, name, brand, cat, price, launch)
            by_cat.setdefault(cat, []).append(pid)
            out["products"].append((pid, name, brand, cat, price, launch.isoformat()))

    # a fifth of the customers buys often, a tenth never
    customers = out["customers"]
    pull = []
    for c in customers:
        r = rng.random()
        pull.append(0 if r < .1 else 6.5 if r > .8 else 1.0 + 2 * rng.random())
    stamps = []
    for year, n in ((2024, 470), (2025, 600), (2026, 680)):
        for _ in range(n):
            d = _day(rng, year)
            stamps.append(datetime(d.year, d.month, d.day, rng.randrange(7, 21), rng.randrange(60), rng.randrange(60)))
    stamps.sort()
    line_id = 0
    for k, when in enumerate(stamps):
        oid = 1001 + k
        while True:
            j = rng.choices(range(len(customers)), pull)[0]
            if customers[j][6] <= when.date().isoformat():
                break
        channel = rng.choices(["web", "app", "store", "phone"],
                              [46, 8 + 9 * (when.year - 2024), 37, 6 if when.year < 2026 else 3])[0]
        store = None
        if channel == "store":
            while True:
                s = rng.choices(range(1, 15), STORE_WEIGHT)[0]
                if out["stores"][s - 1][5] <= when.date().isoformat():
                    store = s
                    break
        age = (END - when).days
        r = rng.random()
        if r < .06:
            status = "cancelled"
        elif age < 9:
            status = rng.choice(["open", "shipped", "open"])
        elif age < 25:
            status = rng.choices(["shipped", "delivered", "open"], [30, 60, 10])[0]
        else:
            status = "delivered" if rng.random() > .012 else "open"
        if channel == "store" and status != "cancelled":
            status = "delivered"
        shipped = None
        if channel != "store" and status in ("shipped", "delivered"):
            shipped = min(when.date() + timedelta(days=rng.choices([0, 1, 2, 3, 5, 8], [8, 30, 28, 18, 10, 6])[0]), END.date())
        pay = rng.choices(["card", "PayPal", "invoice", "gift card", "cash"] if channel == "store" else
                          ["card", "PayPal", "invoice", "gift card"],
                          [50, 8, 4, 5, 33] if channel == "store" else [44, 33, 18, 5])[0]
        if rng.random() < .02:
            pay = None
        fee = 0.0 if channel == "store" or rng.random() < .35 else rng.choice([3.9, 4.95, 5.95, 7.5, 12.9, 29.0])
        out["orders"].append((oid, customers[j][0], store, when.isoformat(sep=" "),
                              shipped.isoformat() if shipped else None, channel, status, pay, fee))
        lines = []
        used = set()
        for _ in range(rng.choices([1, 2, 3, 4, 5], [32, 30, 20, 12, 6])[0]):
            for _try in range(20):
                cat = rng.choices(list(CAT_WEIGHT), list(CAT_WEIGHT.values()))[0]
                p = rng.choice(by_cat[cat])
                if p in used or products[p][5] > when.date() or products[p][1] in NEVER_SOLD:
                    continue
                used.add(p)
                lines.append(p)
                break
        if not lines:
            lines = [1]
        for p in lines:
            line_id += 1
            price = products[p][4] * (1 - .03 * (2026 - when.year))
            many = customers[j][4] == "business"
            qty = rng.choices([1, 2, 3, 4, 6, 10], [30, 25, 20, 10, 10, 5] if many and price < 300 else
                              [74, 17, 5, 3, 1, 0] if price < 300 else [95, 5, 0, 0, 0, 0])[0]
            gross = round(price * qty, 2)
            disc = rng.choices([0, .05, .1, .15, .25], [52, 16, 16, 10, 6])[0]
            if products[p][3] == 16:
                disc = 0
            net = round(gross * (1 - disc) - (rng.randrange(0, 90) / 100 if disc else 0), 2)
            cost = round(gross * (1 - MARGIN[products[p][3]]) * (0.96 + .08 * rng.random()), 2)
            out["order_lines"].append((line_id, oid, p, qty, gross, net, cost))
            back = {15: .2, 14: .12, 9: .13, 10: .1, 11: .12, 1: .09, 16: 0, 5: .03}.get(products[p][3], .08)
            if status == "delivered" and rng.random() < back:
                req = (shipped or when.date()) + timedelta(days=rng.randrange(2, 33))
                if req > END.date():
                    continue
                got = req + timedelta(days=rng.randrange(1, 27))
                done = got <= END.date() and rng.random() > .05
                q = rng.randint(1, qty)
                at = None
                if channel == "store" and rng.random() < .62:
                    at = store
                elif rng.random() < .35:
                    at = rng.choice([s for s in range(1, 15) if out["stores"][s - 1][5] <= req.isoformat()])
                reason = rng.choices(["damaged", "wrong size", "not as described", "changed mind", "late delivery", None],
                                     [22, 38 if products[p][3] in (14, 15, 7) else 2, 17, 31, 9, 7])[0]
                out["returns"].append([None, oid, p, at, req.isoformat(), got.isoformat() if done else None,
                                       reason, q, round(net * q / qty, 2) if done else None])
    out["returns"].sort(key=lambda r: (r[4], r[1], r[2]))
    out["returns"] = [(5001 + i, *r[1:]) for i, r in enumerate(out["returns"])]
    return out
