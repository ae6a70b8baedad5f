"""A digital music store in the shape of the Chinook sample database; all rows are generated."""
import random
from datetime import date, datetime, timedelta

#: What it is there for is how models of others are read; how systems differ, the other sets show.
SYSTEMS = ("sqlite",)

TABLES: list[str] = [
    """CREATE TABLE artists (
  artist_id INTEGER NOT NULL PRIMARY KEY,
  name VARCHAR(120)
)""",
    """CREATE TABLE albums (
  album_id INTEGER NOT NULL PRIMARY KEY,
  title VARCHAR(160) NOT NULL,
  artist_id INTEGER NOT NULL,
  FOREIGN KEY (artist_id) REFERENCES artists (artist_id)
)""",
    """CREATE TABLE genres (
  genre_id INTEGER NOT NULL PRIMARY KEY,
  name VARCHAR(120)
)""",
    """CREATE TABLE media_types (
  media_type_id INTEGER NOT NULL PRIMARY KEY,
  name VARCHAR(120)
)""",
    """CREATE TABLE tracks (
  track_id INTEGER NOT NULL PRIMARY KEY,
  name VARCHAR(200) NOT NULL,
  album_id INTEGER,
  media_type_id INTEGER NOT NULL,
  genre_id INTEGER,
  composer VARCHAR(220),
  milliseconds INTEGER NOT NULL,
  bytes INTEGER,
  unit_price NUMERIC(12,2) NOT NULL,
  FOREIGN KEY (album_id) REFERENCES albums (album_id),
  FOREIGN KEY (media_type_id) REFERENCES media_types (media_type_id),
  FOREIGN KEY (genre_id) REFERENCES genres (genre_id)
)""",
    """CREATE TABLE playlists (
  playlist_id INTEGER NOT NULL PRIMARY KEY,
  name VARCHAR(120)
)""",
    """CREATE TABLE playlist_track (
  playlist_id INTEGER NOT NULL,
  track_id INTEGER NOT NULL,
  PRIMARY KEY (playlist_id, track_id),
  FOREIGN KEY (playlist_id) REFERENCES playlists (playlist_id),
  FOREIGN KEY (track_id) REFERENCES tracks (track_id)
)""",
    """CREATE TABLE employees (
  employee_id INTEGER NOT NULL PRIMARY KEY,
  last_name VARCHAR(20) NOT NULL,
  first_name VARCHAR(20) NOT NULL,
  title VARCHAR(30),
  reports_to INTEGER,
  birth_date DATE,
  hire_date DATE,
  city VARCHAR(40),
  state VARCHAR(40),
  country VARCHAR(40),
  email VARCHAR(60),
  FOREIGN KEY (reports_to) REFERENCES employees (employee_id)
)""",
    """CREATE TABLE customers (
  customer_id INTEGER NOT NULL PRIMARY KEY,
  first_name VARCHAR(40) NOT NULL,
  last_name VARCHAR(20) NOT NULL,
  company VARCHAR(80),
  city VARCHAR(40),
  state VARCHAR(40),
  country VARCHAR(40),
  postal_code VARCHAR(10),
  phone VARCHAR(24),
  email VARCHAR(60) NOT NULL,
  support_rep_id INTEGER,
  FOREIGN KEY (support_rep_id) REFERENCES employees (employee_id)
)""",
    """CREATE TABLE invoices (
  invoice_id INTEGER NOT NULL PRIMARY KEY,
  customer_id INTEGER NOT NULL,
  invoice_date TIMESTAMP NOT NULL,
  billing_city VARCHAR(40),
  billing_state VARCHAR(40),
  billing_country VARCHAR(40),
  total NUMERIC(12,2) NOT NULL,
  FOREIGN KEY (customer_id) REFERENCES customers (customer_id)
)""",
    """CREATE TABLE invoice_lines (
  invoice_line_id INTEGER NOT NULL PRIMARY KEY,
  invoice_id INTEGER NOT NULL,
  track_id INTEGER NOT NULL,
  unit_price NUMERIC(12,2) NOT NULL,
  quantity INTEGER NOT NULL,
  FOREIGN KEY (invoice_id) REFERENCES invoices (invoice_id),
  FOREIGN KEY (track_id) REFERENCES tracks (track_id)
)""",
]

GENRES = ["Rock", "Jazz", "Metal", "Alternative & Punk", "Latin", "Blues", "Reggae", "Classical", "Hip Hop/Rap",
          "R&B/Soul", "Electronica/Dance", "Bossa Nova", "Soundtrack", "Opera", "World", "TV Shows", "Comedy",
          "Sci Fi & Fantasy", "Easy Listening"]
# how many artists, weight in the sales, mean length in minutes
GENRE_SHAPE = {"Rock": (14, 10, 4.6), "Jazz": (6, 5, 6.3), "Metal": (7, 7, 5.5), "Alternative & Punk": (7, 7, 3.6),
               "Latin": (6, 6, 4.1), "Blues": (4, 4, 5.0), "Reggae": (3, 3, 4.3), "Classical": (5, 3, 7.8),
               "Hip Hop/Rap": (4, 4, 3.9), "R&B/Soul": (4, 5, 4.2), "Electronica/Dance": (4, 4, 5.8),
               "Bossa Nova": (3, 3, 3.4), "Soundtrack": (2, 3, 3.1), "Opera": (2, 1, 6.9), "World": (3, 3, 4.7),
               "TV Shows": (3, 5, 43.5), "Comedy": (1, 2, 22.4), "Sci Fi & Fantasy": (2, 4, 45.2), "Easy Listening": (1, 1, 3.0)}
MEDIA = ["MPEG audio file", "Protected AAC audio file", "Protected MPEG-4 video file", "Purchased AAC audio file", "AAC audio file"]
ARTISTS = {
    "Rock": ["Black Harbour", "The Copper Kings", "Velvet Sirens", "Sector 9", "Los Girasoles", "Northern Freight", "Paper Tigers Club",
             "Ånglarna", "The Long Division", "Motorista", "Glass Cathedral", "Red Sparrow", "Kilometre 42", "Silver Tongue"],
    "Jazz": ["Amélie Duret Quartet", "Miles Okonkwo", "Trio Saudade", "The Basement Five", "Renata Vogel", "Blue Hour Orchestra"],
    "Metal": ["Iron Lantern", "Grimvald", "Ashen Crown", "Blød", "Thunder Parish", "Necropolis 7", "Die Hämmer"],
    "Alternative & Punk": ["Safety Pins", "Lo-Fi Hearts", "The Wet Weekends", "Kyoto Protocol", "Gasoline Sisters", "Mañana Nunca", "Suburban Kids"],
    "Latin": ["Orquesta Medianoche", "Tito Salamanca", "Lúcia Prado", "Os Vagalumes", "Banda Coração", "Hermanos Peña"],
    "Blues": ["Big Otis Crane", "Delta Ruth", "Slim Pelletier", "The Levee Boys"],
    "Reggae": ["King Marlow", "Roots Division", "Island Ministers"],
    "Classical": ["Orchestre de Genève", "Helsinki Chamber Players", "Anton Březina", "Choir of St. Aldhelm", "Quartetto Vivaro"],
    "Hip Hop/Rap": ["MC Polaris", "Block 13", "Queen Adjoa", "The Verse Office"],
    "R&B/Soul": ["Dominique Laurel", "The Satin Four", "Marcus Bell", "Honey Avenue"],
    "Electronica/Dance": ["Kraftfeld", "DJ Solène", "Night Bus 8", "Pixel Ocean"],
    "Bossa Nova": ["João Meirelles", "Marta Ilves", "Copacabana Trio"],
    "Soundtrack": ["Studio Ensemble", "Ottilie Brandt"],
    "Opera": ["Teatro Reale", "Ines Calvetti"],
    "World": ["Amadou Keïta", "Fado Novo", "The Silk Road Caravan"],
    "TV Shows": ["Harbour Patrol", "The Night Desk", "Lost Signal"],
    "Comedy": ["Gilbert & Nuñez"],
    "Sci Fi & Fantasy": ["Starfall Academy", "Colony Nine"],
    "Easy Listening": ["The Lounge Brothers"],
}
SILENT = ["Unsigned Heroes", "Zéphyr", "Blank Tape", "Choir of Ljubljana"]          # artists without an album
W1 = ["Midnight", "Golden", "Broken", "Silent", "Electric", "Crimson", "Hollow", "Distant", "Burning", "Paper", "Crystal", "Wild",
      "Frozen", "Lonely", "Velvet", "Secret", "Endless", "Rusty", "Neon", "Sacred", "Bitter", "Faded", "Restless", "Second", "Hidden",
      "Amber", "Tender", "Northern", "Careless", "Last"]
W2 = ["River", "Train", "Heart", "City", "Garden", "Mirror", "Summer", "Letter", "Road", "Dream", "Window", "Station", "Harvest",
      "Shadow", "Dance", "Kingdom", "Machine", "Island", "Morning", "Echo", "Promise", "Stranger", "Winter", "Fire", "Ghost",
      "Corner", "Sky", "Anthem", "Ballad", "Waltz", "Highway", "Lullaby",
      "Horizon", "Carousel", "Compass", "Riot", "Static", "Parade", "Avenue", "Gravity"]
ALBUM_WORDS = ["Live in Porto", "Greatest Hits", "Volume 2", "The Lost Tapes", "Unplugged", "After the Rain", "Nº 3", "Café Nocturne",
               "1989", "Homecoming", "Black & White", "Third Floor", "A Quiet Storm", "Déjà Vu", "Tales from the Road", "Letters Home",
               "Open Season", "Ten Summers", "Rough Cuts", "Mono", "Long Way Down", "Parallel Lines 2", "Saudade", "The Blue Album",
               "Concrete", "Salt", "Vertigo", "Pale Light", "Second Nature", "Kingdom Come", "Nine Lives", "On the Wire", "Undertow",
               "Radio Silence", "Low Tide", "The Red Room", "Overtime", "Backyard Sessions", "Aurora", "Northbound"]
PLAYLISTS = ["Music", "Classical", "TV Shows", "90's Music", "Heavy Metal Mix", "Brazilian Music", "On-The-Go 1", "Sunday Morning",
             "Grunge", "Road Trip", "Audiobooks", "Workout 2026", "Café Jazz", "Movies"]
EMPLOYEES = [
    (1, "Okafor", "Grace", "General Manager", None, "1969-02-18", "2018-08-14", "Edmonton"),
    (2, "Lindqvist", "Nils", "Sales Manager", 1, "1974-12-08", "2019-05-01", "Calgary"),
    (3, "Moreau", "Jeanne", "Sales Support Agent", 2, "1983-08-29", "2019-09-02", "Calgary"),
    (4, "Park", "Min-jun", "Sales Support Agent", 2, "1987-09-19", "2020-05-03", "Calgary"),
    (5, "Johansen", "Steve", "Sales Support Agent", 2, "1991-03-03", "2023-10-17", "Vancouver"),
    (6, "Sandhu", "Amrit", "IT Manager", 1, "1973-07-01", "2020-10-17", "Calgary"),
    (7, "King", "Robert", "IT Staff", 6, "1980-05-29", "2024-01-02", "Lethbridge"),
    (8, "Callahan", "Laura", "IT Staff", 6, "1988-01-09", "2025-03-04", "Lethbridge"),
    (9, "Brandão", "Tiago", "Sales Support Agent", 2, "1998-06-12", "2026-10-05", "Calgary"),
]
PEOPLE = {
    ("USA", 20): (["Harris", "Goyer", "Smithson", "Brooks", "Chase", "Ralston", "Miller", "Stevens", "Leacock", "Cunningham", "Barnett",
                   "Francis", "Whitfield", "Delgado"],
                  ["Dan", "Julia", "Frank", "Kathy", "Heather", "Jack", "Tim", "Patrick", "Michelle"],
                  [("Mountain View", "CA"), ("Redmond", "WA"), ("New York", "NY"), ("Chicago", "IL"), ("Paris", "TX"), ("Boston", "MA"), ("Fort Worth", "TX"), ("Reno", "NV")]),
    ("Canada", 14): (["Tremblay", "Philips", "Peterson", "Brown", "Girard", "Mitchell", "Sullivan", "Fung", "Silk"],
                     ["François", "Mark", "Jennifer", "Robert", "Edward", "Martha", "Aaron", "Ellie"],
                     [("Montréal", "QC"), ("Edmonton", "AB"), ("Vancouver", "BC"), ("Toronto", "ON"), ("Ottawa", "ON"), ("Halifax", "NS")]),
    ("Brazil", 12): (["Gonçalves", "Martins", "Rocha", "Almeida", "Ramos", "Teixeira", "Azevedo"],
                     ["Luís", "Eduardo", "Alexandre", "Roberto", "Fernanda", "Bianca"],
                     [("São José dos Campos", "SP"), ("São Paulo", "SP"), ("Rio de Janeiro", "RJ"), ("Brasília", "DF"), ("Salvador", "BA")]),
    ("France", 10): (["Bernard", "Lefebvre", "Mercier", "Dubois", "Girardot", "Petit-Jean"], ["Camille", "Dominique", "Marc", "Wyatt", "Isabelle"],
                     [("Paris", None), ("Lyon", None), ("Bordeaux", None), ("Dijon", None)]),
    ("Germany", 9): (["Köhler", "Schneider", "Zimmermann", "Schröder", "Weiß", "Vogt"], ["Leonie", "Hannah", "Fynn", "Niklas"],
                     [("Stuttgart", None), ("Berlin", None), ("Frankfurt", None), ("Münster", None)]),
    ("United Kingdom", 6): (["Jones", "Hughes", "Murray", "Gray"], ["Emma", "Phil", "Steve"], [("London", None), ("Edinburgh", None), ("Leeds", None)]),
    ("Czech Republic", 5): (["Holý", "Wichterlová", "Dvořáková"], ["Helena", "František", "Petra"], [("Prague", None), ("Brno", None)]),
    ("Portugal", 5): (["Fernandes", "Sampaio", "Quintela", "Moura"], ["João", "Madalena", "Rita"], [("Lisbon", None), ("Porto", None)]),
    ("India", 5): (["Srivastava", "Pareek", "Iyer", "Banerjee"], ["Puja", "Manoj", "Asha"], [("Delhi", None), ("Bangalore", None)]),
    ("Spain", 3): (["Muñoz", "Ferrer"], ["Enrique", "Pilar"], [("Madrid", None), ("Valencia", None)]),
    ("Australia", 3): (["Taylor", "Whitlam"], ["Mark", "Bronwyn"], [("Sydney", "NSW"), ("Perth", "WA")]),
    ("Norway", 2): (["Hansen"], ["Bjørn"], [("Oslo", None)]),
    ("Ireland", 2): (["O'Reilly"], ["Hugh"], [("Dublin", None)]),
    ("Chile", 2): (["Rojas"], ["Luis"], [("Santiago", None)]),
    ("Hungary", 2): (["Kovács"], ["Ladislav"], [("Budapest", None)]),
    ("Finland", 1): (["Hämäläinen"], ["Terhi"], [("Helsinki", None)]),
}
COMPANIES = ["Embraer", "JetBrains 2", "Telus", "Rogers Canada", "Riotur", "Banco Verde", "Google Fan Club", "Microsoft Alumni",
             "Apfel GmbH", "Woodstock Discos", "Studio 33", "Hotel Belvédère"]
END = datetime(2026, 11, 19, 22, 0, 0)


def rows() -> dict[str, list[tuple]]:
    rng = random.Random(1959)
    out: dict[str, list[tuple]] = {n: [] for n in ("artists", "albums", "genres", "media_types", "tracks", "playlists",
                                                   "playlist_track", "employees", "customers", "invoices", "invoice_lines")}
    out["genres"] = [(i, g) for i, g in enumerate(GENRES, 1)]
    out["media_types"] = [(i, m) for i, m in enumerate(MEDIA, 1)]
    out["playlists"] = [(i, p) for i, p in enumerate(PLAYLISTS, 1)]
    genre_of = {}
    names = []
    for g, members in ARTISTS.items():
        for a in members:
            names.append(a)
            genre_of[a] = g
    names += SILENT
    rng.shuffle(names)
    artist_id = {a: i for i, a in enumerate(names, 1)}
    out["artists"] = [(i, a) for a, i in artist_id.items()]

    composers = ["A. Lindholm", "Renata Vogel", "João Meirelles", "M. Castellanos", "Ottilie Brandt", "R. Whitaker, J. Dunn", "Tito Salamanca",
                 "P. Nakamura", "Marta Ilves", "Traditional"]
    songs = [f"{a} {b}" for a in W1 for b in W2]
    songs += [f"{s} (Live)" for s in songs[::4]]
    rng.shuffle(songs)
    titles = list(ALBUM_WORDS)
    aid = tid = 0
    weight = []
    seen_albums: dict[str, int] = {}
    for a in names:
        if a in SILENT:
            continue
        g = genre_of[a]
        video = g in ("TV Shows", "Comedy", "Sci Fi & Fantasy")
        n_albums = rng.choices([1, 2, 3, 4], [46, 30, 16, 8])[0]
        if a == "Black Harbour":
            n_albums = 4
        own = rng.sample(titles, n_albums)
        if a in ("Black Harbour", "Iron Lantern", "Fado Novo", "Night Bus 8"):
            own[0] = a                                       # the album that bears the name of the artist
        if video:
            own = [f"{a}, Season {k + 1}" for k in range(n_albums)]
        for t in own:
            if t in seen_albums and t != a:                   # keep the titles apart
                seen_albums[t] += 1
                t = f"{t} ({['Remastered', 'Deluxe', 'Live', 'Expanded', 'Sessions', 'Demos', 'Anniversary'][seen_albums[t] % 7]} {seen_albums[t]})" if seen_albums[t] > 6 \
                    else f"{t} ({['Remastered', 'Deluxe', 'Live', 'Expanded', 'Sessions', 'Demos', 'Anniversary'][seen_albums[t] % 7]})"
            else:
                seen_albums.setdefault(t, 0)
            aid += 1
            out["albums"].append((aid, t, artist_id[a]))
            n = rng.randint(4, 9) if video else rng.randint(4, 13)
            if t == "Black Harbour":
                n = 16
            if rng.random() < .04:
                n += 5
            medium = 3 if video else rng.choices([1, 2, 4, 5], [78, 14, 2, 6])[0]
            for k in range(n):
                tid += 1
                name = songs.pop() if not video else f"{t.split(', ')[0]} {t.split(' ')[-1]}x{k + 1:02d}"
                if t == "Black Harbour" and k == 0:
                    name = "Black Harbour"
                mean = GENRE_SHAPE[g][2]
                ms = int(60000 * mean * rng.uniform(.55, 1.6) + rng.randrange(1000))
                if not video and rng.random() < .015:
                    ms = int(ms * 2.6)
                size = ms * (290 + ms % 97 * 2 if video else 32 + ms % 7 if medium == 1 else 41) // 2 + rng.randrange(9999) if rng.random() > .02 else None
                price = rng.choices([1.99, 2.49], [75, 25])[0] if video else rng.choices([.79, .99, 1.29, 1.49], [12, 62, 20, 6])[0]
                comp = None if video or rng.random() < .3 else a if rng.random() < .55 else rng.choice(composers)
                gid = GENRES.index(g) + 1
                if not video and rng.random() < .05:
                    gid = GENRES.index({"Rock": "Metal", "Metal": "Rock", "Jazz": "Blues", "Blues": "Jazz", "Latin": "Bossa Nova", "World": "Latin"}.get(g, g)) + 1
                if rng.random() < .008:
                    gid = None
                out["tracks"].append((tid, name, aid, medium, gid, comp, ms, size, price))
                w = GENRE_SHAPE[g][1] * rng.uniform(.05, 2) ** 2
                if rng.random() < .12 or a in ("Blød", "Anton Březina"):
                    w = 0
                if name == "Black Harbour":
                    w = 30
                weight.append(w)
    tracks = out["tracks"]

    album_artist = {al[0]: al[2] for al in out["albums"]}
    genre_ids = {g: i for i, g in enumerate(GENRES, 1)}
    for pid, p in enumerate(PLAYLISTS, 1):
        for t in tracks:
            g = GENRES[t[4] - 1] if t[4] else None
            video = t[3] == 3
            put = {"Music": not video and rng.random() < .93, "Classical": g in ("Classical", "Opera") and rng.random() < .9,
                   "TV Shows": g in ("TV Shows", "Comedy", "Sci Fi & Fantasy") and rng.random() < .96,
                   "90's Music": not video and rng.random() < .2, "Heavy Metal Mix": g == "Metal" and rng.random() < .5,
                   "Brazilian Music": g in ("Latin", "Bossa Nova") and rng.random() < .35, "On-The-Go 1": t[0] == 517,
                   "Sunday Morning": g in ("Jazz", "Bossa Nova", "Easy Listening", "World") and rng.random() < .3,
                   "Grunge": g in ("Rock", "Alternative & Punk") and rng.random() < .06, "Road Trip": not video and rng.random() < .07,
                   "Workout 2026": g in ("Electronica/Dance", "Hip Hop/Rap", "Metal") and rng.random() < .25,
                   "Café Jazz": g == "Jazz" and rng.random() < .55}.get(p, False)
            if put:
                out["playlist_track"].append((pid, t[0]))

    out["employees"] = [(i, l, f, t, r, b, h, c, "BC" if c == "Vancouver" else "AB", "Canada", f"{f.lower().replace('-', '')}@soundstore.example")
                        for i, l, f, t, r, b, h, c in EMPLOYEES]
    people = []
    for (country, n), (lasts, firsts, cities) in PEOPLE.items():
        for k, last in enumerate(lasts):
            people.append((firsts[k % len(firsts)], last, country, *rng.choice(cities)))
    rng.shuffle(people)
    comp = list(COMPANIES)
    for i, (f, l, country, city, state) in enumerate(people, 1):
        company = comp.pop() if comp and rng.random() < .16 else None
        if l == "Holý":
            city = "Prague"
        rep = rng.choices([3, 4, 5, None], [38, 33, 26, 3])[0]
        phone = f"+{rng.randrange(1, 99)} {rng.randrange(100, 999)} {rng.randrange(1000, 9999)}" if rng.random() > .07 else None
        plain = "".join(ch for ch in l.lower() if ch.isascii() and ch.isalpha()) + str(i)
        out["customers"].append((i, f, l, company, city, state, country, str(rng.randrange(10000, 99999)) if rng.random() > .06 else None,
                                 phone, f"{plain}@{rng.choice(['mail', 'post', 'inbox'])}.example", rep))
    customers = out["customers"]
    pull = [0 if rng.random() < .1 else rng.uniform(.3, 3) ** 1.6 for _ in customers]
    days = [date(2024, 1, 1) + timedelta(days=d) for d in range((END.date() - date(2024, 1, 1)).days + 1)]
    days = [d for d in days if not (d.month == 11 and d.day == 20) and not (d.year == 2025 and d.month == 2 and d.day < 12)]
    day_w = [(.8 + .25 * (d.year - 2024)) * (1.5 if d.month == 12 else 1) * (1.25 if d.weekday() > 4 else 1) for d in days]
    stamps = sorted(datetime(d.year, d.month, d.day, max(4, rng.randrange(24)), rng.randrange(60), rng.randrange(60)) for d in rng.choices(days, day_w, k=636))
    stamps += [datetime(2026, 11, 19, 9, 12, 44), datetime(2026, 11, 19, 15, 40, 3)]
    stamps.sort()
    line = 0
    trend = {"Metal": (1.4, 1.0, .6), "Latin": (.7, 1.0, 1.4), "TV Shows": (.6, 1.1, 1.3), "Blues": (1.2, .9, .8), "Hip Hop/Rap": (.6, 1, 1.5)}
    by_year = {y: [w * (trend[GENRES[t[4] - 1]][y - 2024] if t[4] and GENRES[t[4] - 1] in trend else 1) for w, t in zip(weight, tracks)]
               for y in (2024, 2025, 2026)}
    resting = {artist_id[a] for a in ("Kyoto Protocol", "Slim Pelletier", "Ottilie Brandt", "Quartetto Vivaro", "Island Ministers", "Big Otis Crane")}  # nothing sold of them in 2026
    by_year[2026] = [0 if album_artist[t[2]] in resting else w for w, t in zip(by_year[2026], tracks)]
    for k, when in enumerate(stamps):
        inv = 1001 + k
        c = rng.choices(customers, pull)[0]
        city, state, country = c[4], c[5], c[6]
        if rng.random() < .13:                                                         # billed elsewhere
            other = rng.choice(customers)
            city, state, country = other[4], other[5], other[6]
        total = 0.0
        used = set()
        for _ in range(rng.choices([1, 2, 3, 4, 6, 9, 14], [18, 22, 20, 16, 12, 9, 3])[0]):
            t = rng.choices(tracks, by_year[when.year])[0]
            if t[0] in used:
                continue
            used.add(t[0])
            price = t[8] if rng.random() > .18 else round(t[8] - rng.choice([.1, .2, .3, .25]), 2)
            q = rng.choices([1, 2, 3, 5], [84, 11, 4, 1])[0]
            line += 1
            out["invoice_lines"].append((line, inv, t[0], price, q))
            total += price * q
        out["invoices"].append((inv, c[0], when.isoformat(sep=" "), city, state, country, round(total, 2)))
    return out
