"""A club: members, the events that they were at, what they rent, coaches and rooms. All rows are generated. Today is 2026-09-09."""

import datetime as dt
import random

SYSTEMS = ("sqlite",)

TABLES = [
    """CREATE TABLE plans (plan_id INTEGER PRIMARY KEY, name TEXT NOT NULL, monthly_fee DECIMAL(6,2) NOT NULL)""",
    """CREATE TABLE members (member_id INTEGER PRIMARY KEY, name TEXT NOT NULL, born_on DATE, joined_on DATE NOT NULL, plan_id INTEGER NOT NULL REFERENCES plans (plan_id), city TEXT NOT NULL, email TEXT, sponsor TEXT)""",
    """CREATE TABLE coaches (coach_id INTEGER PRIMARY KEY, name TEXT NOT NULL, speciality TEXT NOT NULL, hired_on DATE NOT NULL, born_on DATE)""",
    """CREATE TABLE rooms (room_id INTEGER PRIMARY KEY, name TEXT NOT NULL, floor INTEGER NOT NULL, area_m2 DECIMAL(6,1) NOT NULL)""",
    """CREATE TABLE events (event_id INTEGER PRIMARY KEY, title TEXT NOT NULL, kind TEXT NOT NULL, held_on DATE NOT NULL, coach_id INTEGER REFERENCES coaches (coach_id), room_id INTEGER NOT NULL REFERENCES rooms (room_id), capacity INTEGER NOT NULL)""",
    """CREATE TABLE attendance (event_id INTEGER NOT NULL REFERENCES events (event_id), member_id INTEGER NOT NULL REFERENCES members (member_id), rating INTEGER, PRIMARY KEY (event_id, member_id))""",
    """CREATE TABLE items (item_id INTEGER PRIMARY KEY, name TEXT NOT NULL, category TEXT NOT NULL, purchase_price DECIMAL(8,2) NOT NULL, bought_on DATE NOT NULL)""",
    """CREATE TABLE rentals (rental_id INTEGER PRIMARY KEY, member_id INTEGER NOT NULL REFERENCES members (member_id), item_id INTEGER NOT NULL REFERENCES items (item_id), rented_on DATE NOT NULL, due_on DATE NOT NULL, returned_on DATE, fee DECIMAL(6,2) NOT NULL)""",
]


def rows():
    r=random.Random(21); D=lambda a,b: str(dt.date(a,1,1)+dt.timedelta(days=r.randrange((dt.date(b,12,31)-dt.date(a,1,1)).days)))
    first="Ana Ben Cleo Dan Eva Finn Greta Hugo Iris Jack Kim Leo Mia Nils Olga Pete Rita Sam Tess Uma Vic Wes".split()
    last="Archer Bloom Castle Drew Eaton Frost Gray Hale Ives Jarvis Keane Lowe Marsh Noble Oakes Price".split()
    names=[f"{a} {b}" for a in first for b in last]; r.shuffle(names)
    plans=[(1,"Basic",19.0),(2,"Plus",34.5),(3,"Family",58.0),(4,"Student",12.0)]
    mem=[(i,names.pop(),D(1948,2009) if i%8 else None,min(D(2020,2026),"2026-09-01"),r.choice([1,1,2,2,3]),r.choice(["Bath","Wells","Frome"]),f"m{i}@x.org" if i%3 else None,r.choice(["Acorn Ltd","Bluewave"]) if i%6==0 else None) for i in range(1,61)]
    co=[(i,names.pop(),s,D(2012,2025),D(1965,1998) if i!=4 else None) for i,s in enumerate(["yoga","climbing","swimming","yoga","boxing"],1)]
    rooms=[(1,"Blue Hall",0,210.0),(2,"Loft",3,80.5),(3,"Pool",0,400.0),(4,"Studio",1,65.0)]
    ev=[(i,f"{r.choice(['Morning','Evening','Weekend','Open'])} {k} {i}",k,D(2025,2026),r.choice([1,2,3,5]) if i%9 else None,r.randrange(1,4),r.choice([8,12,20,30])) for i,k in enumerate([r.choice(["class","workshop","tournament"]) for _ in range(48)],1)]
    att=[(e[0],m,r.randrange(1,6) if r.random()<.8 else None) for e in ev if e[0]%10 for m in sorted(r.sample(range(1,52),r.randrange(1,9)))]
    items=[(i,n,c,p,D(2019,2025)) for i,(n,c,p) in enumerate([("kayak","water",640.0),("paddle board","water",420.0),("tent","camping",180.0),("rope","climbing",95.0),("helmet","climbing",60.0),("mat","yoga",25.0),("stove","camping",75.0),("wetsuit","water",210.0),("kettlebell","strength",40.0)],1)]
    ren=[]
    for i in range(1,131):
        d=dt.date(2025,1,5)+dt.timedelta(days=r.randrange(600)); due=d+dt.timedelta(days=r.choice([3,7,14])); back=due+dt.timedelta(days=r.randrange(-3,9))
        ren.append((i,r.choice([2,3,3,4,5]+list(range(1,46))),r.randrange(1,9),str(d),str(due),str(back) if r.random()<.85 else None,round(4+r.random()*30,2)))
    return dict(plans=plans,members=mem,coaches=co,rooms=rooms,events=ev,attendance=att,items=items,rentals=ren)
