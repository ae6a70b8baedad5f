"""A theatre: people, what they are and whom they report to, plays and their productions, who plays in them, seats that patrons book. All rows are generated. Today is 2026-06-15."""

import datetime as dt
import random

SYSTEMS = ("sqlite",)

TABLES = [
    """CREATE TABLE people (person_id INTEGER PRIMARY KEY, full_name TEXT NOT NULL, born_on DATE, job TEXT NOT NULL, joined_on DATE NOT NULL, left_on DATE, manager_id INTEGER REFERENCES people (person_id))""",
    """CREATE TABLE plays (play_id INTEGER PRIMARY KEY, title TEXT NOT NULL, author TEXT NOT NULL, genre TEXT NOT NULL, written_year INTEGER)""",
    """CREATE TABLE productions (production_id INTEGER PRIMARY KEY, play_id INTEGER NOT NULL REFERENCES plays (play_id), director_id INTEGER REFERENCES people (person_id), opened_on DATE NOT NULL, closed_on DATE, budget DECIMAL(10,2) NOT NULL)""",
    """CREATE TABLE castings (production_id INTEGER NOT NULL REFERENCES productions (production_id), person_id INTEGER NOT NULL REFERENCES people (person_id), part TEXT NOT NULL, fee DECIMAL(10,2), PRIMARY KEY (production_id, person_id))""",
    """CREATE TABLE venues (venue_id INTEGER PRIMARY KEY, name TEXT NOT NULL, city TEXT NOT NULL, seats INTEGER NOT NULL)""",
    """CREATE TABLE performances (performance_id INTEGER PRIMARY KEY, production_id INTEGER NOT NULL REFERENCES productions (production_id), venue_id INTEGER NOT NULL REFERENCES venues (venue_id), held_on DATE NOT NULL, status TEXT NOT NULL)""",
    """CREATE TABLE patrons (patron_id INTEGER PRIMARY KEY, name TEXT NOT NULL, city TEXT NOT NULL, birth_date DATE, signed_up DATE NOT NULL, phone TEXT)""",
    """CREATE TABLE bookings (booking_id INTEGER PRIMARY KEY, performance_id INTEGER NOT NULL REFERENCES performances (performance_id), patron_id INTEGER NOT NULL REFERENCES patrons (patron_id), booked_on DATE NOT NULL, seats_booked INTEGER NOT NULL, price DECIMAL(10,2) NOT NULL, status TEXT NOT NULL)""",
]


def rows():
    r=random.Random(5); D=lambda a,b: str(dt.date(a,1,1)+dt.timedelta(days=r.randrange((dt.date(b,12,31)-dt.date(a,1,1)).days)))
    first="Ada Bela Cyrus Dina Emil Fay Gus Hana Ivo Jana Karl Lena Milo Nora Otto Pia Quin Rosa Sven Tara Udo Vera".split()
    last="Abbot Brandt Cole Dorn Ekberg Falk Grau Holm Iqbal Jung Kurz Lind Moser Nagel".split()
    names=[f"{a} {b}" for a in first for b in last]; r.shuffle(names)
    people=[]
    for i in range(1,31):
        job="director" if i<=5 else "actor" if i<=24 else "designer"
        people.append((i,names.pop(),D(1950,2000) if i%11 else None,job,D(2015,2025),D(2025,2025) if i%9==0 else None,None if i in(1,6) else 1+(i%5)))
    plays=[(i,t,a,g,y) for i,(t,a,g,y) in enumerate([("The Glass Garden","Ruth Amsel","comedy",1984),("Iron Winter","Paul Verne","drama",1931),("Two Harbours","Ruth Amsel","comedy",1990),("The Long Corridor","Ines Prado","thriller",2009),("Salt","Paul Verne","tragedy",1925),("Nine Doors","Omar Said","thriller",2017),("Moonlit","Ines Prado","musical",2012),("The Orchard Wall","Lena Brook","drama",None)],1)]
    prods=[]
    for i in range(1,15):
        o=dt.date(2023,1,10)+dt.timedelta(days=80*i+r.randrange(40))
        prods.append((i,1+(i*3)%7,1+(i%4) if i!=6 else None,str(o),None if i>11 else str(o+dt.timedelta(days=40+r.randrange(90))),round(20000+r.random()*80000,2)))
    cast=[]
    for p in range(1,15):
        for a in sorted(r.sample(range(6,23),r.randrange(2,7))): cast.append((p,a,r.choice(["lead","support","understudy"]),round(500+r.random()*4000,2) if r.random()<.9 else None))
    venues=[(1,"Old Mill","Kiel",220),(2,"Playhouse","Kiel",540),(3,"Red Barn","Lund",130),(4,"City Stage","Malmo",800),(5,"Dockside","Lund",310)]
    perfs=[];n=0
    for p in prods:
        for k in range(r.randrange(3,9)):
            n+=1; d=dt.date.fromisoformat(p[3])+dt.timedelta(days=3*k)
            perfs.append((n,p[0],r.randrange(1,5),str(d),"scheduled" if d>dt.date(2026,6,15) else r.choice(["held"]*6+["cancelled"])))
    patrons=[(i,names.pop(),r.choice(["Kiel","Lund","Malmo","Oslo"]),D(1940,2006) if i%7 else None,D(2021,2026) if i<50 else "2026-02-0%d"%(i%7+1),f"+49 {r.randrange(10**6)}" if i%4 else None) for i in range(1,61)]
    patrons=[tuple(min(x,"2026-06-01") if j==4 else x for j,x in enumerate(p)) for p in patrons]
    books=[]
    for i in range(1,261):
        f=r.choice(perfs); s=r.randrange(1,6)
        books.append((i,f[0],r.choice([1,2,2,3,3,3]+list(range(1,56))),str(dt.date.fromisoformat(f[3])-dt.timedelta(days=r.randrange(1,60))),s,round(s*(12+r.random()*40),2),r.choice(["placed","paid","paid","paid","cancelled"])))
    return dict(people=people,plays=plays,productions=prods,castings=cast,venues=venues,performances=perfs,patrons=patrons,bookings=books)

