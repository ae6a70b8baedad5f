"""A maker of machines with a model of more than 200 fields, which is made with the tables: how quickly a wide model is read."""

import json
import random
from datetime import date, datetime, timedelta

FIRST, LAST = date(2025, 1, 1), date(2026, 11, 19)

#: Each table: what one row is called, other words for many of them, how many, and its columns: name, kind, and what belongs
#: to it. `text` has values, `name` one for each row, `to` leads to another table, `number` lies between two, `money` is in
#: euros, `day` and `time` are dates; the first of them is the default one. Labels are made of the names.
SPEC = {
    "plants": (
        "plant", "factories", 6,
        "plant name|plant_country text Germany,Poland,Spain,Italy|plant_city text Dresden,Gdynia,Bilbao,Torino|"
        "plant_kind text assembly,foundry,paint shop|built_on day|plant_area number 800 9000|headcount number 40 900|"
        "energy_class text A,B,C|plant_manager text Olga Brandt,Luca Ferri,Pilar Soto",
    ),
    "production_lines": (
        "line", "assembly lines", 16,
        "line name|plant_id to plants|line_type text welding,milling,packing,testing|"
        "line_state text running,idle,stopped|installed_on day|line_capacity number 20 400|takt_seconds number 15 240|"
        "safety_level text basic,fenced,interlocked|line_colour text red,blue,grey",
    ),
    "machines": (
        "machine", "machine tools", 60,
        "machine name|line_id to production_lines|machine_make text Hexa,Norrland,Kappa,Zenit|"
        "machine_class text robot,lathe,press,conveyor|commissioned_on day|power_rating number 2 90|"
        "purchase_price money 4000 90000|warranty_months number 12 60|machine_state text in use,in repair,retired|"
        "spindle_count number 1 8",
    ),
    "skills": (
        "skill", "qualifications", 12,
        "skill name|skill_area text mechanics,electrics,software,logistics|skill_level text beginner,advanced,expert|"
        "renewal_years number 1 5|introduced_on day|training_hours number 4 80|exam_fee money 20 400|"
        "is_mandatory text mandatory,optional",
    ),
    "workers": (
        "worker", "employees,staff", 80,
        "worker name|plant_id to plants|skill_id to skills|contract text permanent,temporary,apprentice|"
        "shift_team text early,late,night|hired_on day|hourly_wage money 14 48|birth_year number 1962 2006|"
        "mentor text Kim Adler,Rui Lopes,Ewa Nowak|union_member text organised,not organised",
    ),
    "suppliers": (
        "supplier", "vendors", 25,
        "supplier name|supplier_country text Germany,Czechia,Portugal,Japan|"
        "supplier_tier text strategic,preferred,approved|payment_terms number 7 90|first_order_on day|"
        "certificate text ISO 9001,ISO 14001,none held|risk_grade text low risk,medium risk,high risk|"
        "supplier_rating number 1 10|incoterm text EXW,FCA,DAP",
    ),
    "materials": (
        "material", "raw materials", 40,
        "material name|supplier_id to suppliers|material_group text steel,plastics,electronics,fasteners|"
        "unit_of_measure text piece,kilogram,metre|standard_cost money 0.5 900|lead_days number 1 90|"
        "safety_stock number 5 500|listed_on day|hazard_class text none,flammable,corrosive|"
        "recycled_share number 0 100",
    ),
    "purchase_orders": (
        "purchase order", "procurements", 220,
        "supplier_id to suppliers|plant_id to plants|po_date day|promised_on day|"
        "po_state text placed,confirmed,received,withdrawn|buyer text Ines Haas,Tomas Rehn,Mario Conti|"
        "po_value money 100 60000|freight_cost money 0 900|po_priority text routine,expedited",
    ),
    "goods_receipts": (
        "goods receipt", "deliveries received", 260,
        "po_id to purchase_orders|material_id to materials|received_on day|received_quantity number 1 900|"
        "rejected_quantity number 0 40|dock text dock one,dock two,dock three|receipt_value money 20 30000|"
        "inspector text Jana Roth,Peer Holm,Sara Vidal",
    ),
    "products_made": (
        "finished product", "models made", 30,
        "finished_product name|product_family text pumps,valves,drives,sensors|product_series text Aqua,Terra,Volt|"
        "released_on day|target_price money 40 9000|weight_grams number 100 90000|"
        "product_status text current,phased out,prototype|warranty_years number 1 6|noise_level number 20 90",
    ),
    "work_orders": (
        "work order", "jobs", 400,
        "finished_product_id to products_made|line_id to production_lines|started_on day|finished_on day|"
        "work_state text planned,in progress,done,aborted|planned_quantity number 10 500|good_quantity number 5 480|"
        "scrap_quantity number 0 60|labour_hours number 2 200|work_cost money 100 40000|"
        "supervisor text Anja Feld,Boris Lang,Carla Mota",
    ),
    "inspections": (
        "inspection", "quality checks", 350,
        "work_id to work_orders|inspected_at time|inspection_type text visual,leak test,torque test|"
        "verdict text passed,failed,rework|defect_count number 0 12|inspection_minutes number 2 90|"
        "inspection_station text station north,station south|gauge text caliper,camera,scale",
    ),
    "maintenance_jobs": (
        "maintenance job", "repairs", 240,
        "machine_id to machines|reported_at time|fixed_at time|"
        "maintenance_kind text preventive,corrective,calibration|downtime_minutes number 5 2000|"
        "parts_cost money 0 4000|maintenance_hours number 1 30|technician text Dario Pohl,Ella Frey,Finn Moor|"
        "severity text minor,major,critical",
    ),
    "energy_readings": (
        "energy reading", "meter readings", 500,
        "line_id to production_lines|read_at time|kilowatt_hours number 5 900|peak_load number 2 200|"
        "energy_cost money 1 300|meter text main meter,sub meter|energy_source text grid,solar,gas",
    ),
    "dealers": (
        "dealer", "resellers", 45,
        "dealer name|dealer_country text France,Sweden,Austria,Greece|dealer_region text north,south,east,west|"
        "dealer_grade text platinum,standard grade,trial|signed_on day|credit_limit money 1000 200000|"
        "showroom_area number 20 900|account_lead text Gina Bauer,Hugo Sand,Iris Wolf|"
        "dealer_language text French,Swedish,German",
    ),
    "sales_orders": (
        "sales order", "dealer orders", 420,
        "dealer_id to dealers|sold_on day|delivery_due_on day|sales_state text offered,booked,invoiced,lost|"
        "order_value money 100 90000|rebate money 0 4000|sales_channel text fair,web shop,field force|"
        "currency_risk text hedged,open risk|sales_quantity number 1 60",
    ),
    "sales_items": (
        "sales item", "order positions", 700,
        "sales_id to sales_orders|finished_product_id to products_made|item_quantity number 1 20|"
        "item_value money 40 20000|item_cost money 20 12000|item_discount number 0 30|packing text crate,pallet,carton",
    ),
    "carriers": (
        "carrier", "freight companies", 8,
        "carrier name|carrier_mode text road,rail,air,sea|carrier_country text Germany,France,Denmark|"
        "contracted_on day|insurance_cover money 10000 900000|fleet_size number 3 400|carrier_score number 1 100|"
        "fuel text diesel,electric,mixed",
    ),
    "shipments": (
        "shipment", "consignments", 380,
        "sales_id to sales_orders|carrier_id to carriers|dispatched_on day|arrived_on day|"
        "shipment_weight number 1 4000|shipment_cost money 5 3000|pallet_count number 1 30|"
        "shipment_state text in transit,arrived,lost in transit|route text alpine route,coastal route,inland route",
    ),
    "bills": (
        "bill", "dealer invoices", 330,
        "sales_id to sales_orders|billed_on day|settled_on day|bill_state text unpaid,settled,reminded|"
        "bill_amount money 100 80000|tax_amount money 10 15000|reminder_count number 0 4|"
        "billing_clerk text Jens Ott,Karla Blum",
    ),
    "complaints": (
        "complaint", "claims", 180,
        "sales_id to sales_orders|complained_on day|resolved_on day|"
        "complaint_cause text transport damage,wrong item,malfunction,late arrival|goodwill money 0 2500|"
        "handling_hours number 1 40|complaint_state text new,under review,settled claim|"
        "complaint_channel text letter,hotline,portal",
    ),
    "trainings": (
        "training", "courses", 150,
        "worker_id to workers|skill_id to skills|trained_on day|training_cost money 30 1500|training_days number 1 10|"
        "training_result text with merit,pass mark,not passed|training_place text on site,academy,remote",
    ),
}
#: name, what it is in words, expression, synonyms, unit
METRICS = [
    ("dealer_revenue", "Value of all sales orders that were not lost",
     "SUM(CASE WHEN sales_orders.sales_state <> 'lost' THEN sales_orders.order_value END)",
     ["turnover", "revenue"], "EUR"),
    ("gross_margin", "Value of the sales items less their cost",
     "SUM(sales_items.item_value) - SUM(sales_items.item_cost)",
     ["margin"], "EUR"),
    ("good_output", "Good pieces of all work orders", "SUM(work_orders.good_quantity)", ["output", "good pieces"], None),
    ("scrap_rate", "Scrapped pieces as a fraction of all pieces",
     "SUM(work_orders.scrap_quantity) * 1.0 / NULLIF(SUM(work_orders.good_quantity) + "
     "SUM(work_orders.scrap_quantity), 0)",
     ["share of scrap"], None),
    ("work_order_count", "Number of work orders", "COUNT(work_orders.work_orders_id)", ["number of jobs"], None),
    ("first_pass_yield", "Inspections that passed as a fraction of all",
     "COUNT(CASE WHEN inspections.verdict = 'passed' THEN 1 END) * 1.0 / "
     "NULLIF(COUNT(inspections.inspections_id), 0)",
     ["FPY"], None),
    ("downtime", "Minutes that machines stood still", "SUM(maintenance_jobs.downtime_minutes)", ["standstill"], "min"),
    ("energy_used", "Energy of all readings",
     "SUM(energy_readings.kilowatt_hours)",
     ["energy consumption", "power consumption"], "kWh"),
    ("purchase_volume", "Value of all purchase orders that were not withdrawn",
     "SUM(CASE WHEN purchase_orders.po_state <> 'withdrawn' THEN purchase_orders.po_value END)",
     ["purchasing volume", "spend"], "EUR"),
    ("freight_spend", "Cost of all shipments", "SUM(shipments.shipment_cost)", ["shipping costs"], "EUR"),
    ("billed_amount", "Value of all bills", "SUM(bills.bill_amount)", ["amount billed"], "EUR"),
    ("goodwill_paid", "Goodwill of all complaints", "SUM(complaints.goodwill)", ["goodwill payments"], "EUR"),
    ("training_spend", "Cost of all trainings", "SUM(trainings.training_cost)", ["cost of training"], "EUR"),
]
WORDS = "Amber Basalt Cobalt Delta Ember Fjord Granit Helio Indigo Jasper Krypton Lumen Magma Nickel Onyx Prisma Rubin".split()


def columns(spec: str) -> list[tuple[str, str, str]]:
    return [(*column.split(" ", 2), "")[:3] for column in spec.split("|")]


def column_type(kind: str) -> str:
    if kind in ("text", "name"):
        return "VARCHAR(60)"
    return {"money": "NUMERIC(12,2)", "day": "DATE", "time": "TIMESTAMP NULL"}.get(kind, "INTEGER")


def table(name: str) -> str:
    lines = [f"{name}_id INTEGER NOT NULL PRIMARY KEY"]
    lines += [f"{column} {column_type(kind)}" for column, kind, _ in columns(SPEC[name][3])]
    lines += [f"FOREIGN KEY ({column}) REFERENCES {to} ({to}_id)" for column, kind, to in columns(SPEC[name][3]) if kind == "to"]
    return f"CREATE TABLE {name} ({', '.join(lines)})"


TABLES = [table(name) for name in SPEC]


def rows() -> dict[str, list[tuple]]:
    rng = random.Random(20261120)
    made: dict[str, list[tuple]] = {}
    for table, (one, _, many, spec) in SPEC.items():
        made[table] = []
        for at in range(1, many + 1):
            row, begun = [at], None
            for _, kind, more in columns(spec):
                if kind == "name":
                    row.append(f"{WORDS[at % len(WORDS)]} {one.split()[-1].title()} {at}")
                elif kind == "text":
                    values = more.split(",")
                    row.append(rng.choices(values, range(len(values) + 2, 2, -1))[0] if rng.random() > 0.03 else None)
                elif kind == "to":
                    row.append(rng.randint(1, SPEC[more][2]))
                elif kind in ("day", "time"):
                    day = begun + timedelta(days=rng.randint(0, 30)) if begun else FIRST + (LAST - FIRST) * rng.random()
                    begun = begun or day
                    if day > LAST or (begun is not day and rng.random() < 0.1):
                        row.append(None)
                    elif kind == "day":
                        row.append(day.isoformat())
                    else:
                        row.append(datetime(day.year, day.month, day.day, rng.randrange(6, 22), rng.randrange(60)).isoformat(" "))
                else:
                    low, high = map(float, more.split())
                    figure = low + (high - low) * rng.random() ** 2
                    row.append(round(figure, 2) if kind == "money" else round(figure))
            made[table].append(tuple(row))
    return made


def expression(text: str) -> dict:
    return {"dialects": [{"dialect": "ANSI_SQL", "expression": text}]}


def extension(data: dict) -> list[dict]:
    return [{"vendor_name": "EMPORION", "data": json.dumps(data)}]


def field(column: str, kind: str, more: str) -> dict:
    made: dict = {"name": column, "expression": expression(column)}
    if kind == "to":
        return made
    made["label"] = column.replace("_", " ").capitalize()
    if kind in ("day", "time"):
        made["dimension"] = {"is_time": True}
    elif kind in ("text", "name"):
        made["dimension"] = {}
    if kind == "text":
        made["custom_extensions"] = extension({"sampleValues": more.split(","), "enumerated": True})
    elif kind == "money":
        made["custom_extensions"] = extension({"unit": "EUR"})
    return made


def model() -> dict:
    """The semantic model over the tables."""
    datasets, relationships = [], []
    for name, (_, synonyms, _, spec) in SPEC.items():
        fields = [{"name": f"{name}_id", "expression": expression(f"{name}_id")}]
        fields += [field(*column) for column in columns(spec)]
        dataset = {"name": name, "source": name, "primary_key": [f"{name}_id"], "fields": fields}
        dataset["ai_context"] = {"synonyms": synonyms.split(",")}
        times = [column for column, kind, _ in columns(spec) if kind in ("day", "time")]
        if times:
            dataset["custom_extensions"] = extension({"defaultTimeField": times[0]})
        datasets.append(dataset)
        for column, kind, to in columns(spec):
            if kind == "to":
                relation = {"name": f"{name}_{column}", "from": name, "to": to}
                relationships.append(relation | {"from_columns": [column], "to_columns": [f"{to}_id"]})
    metrics = [
        {"name": name, "description": description, "expression": expression(text), "ai_context": {"synonyms": synonyms}}
        | ({"custom_extensions": extension({"unit": unit})} if unit else {})
        for name, description, text, synonyms, unit in METRICS
    ]
    whole = {"name": "wide", "datasets": datasets, "relationships": relationships, "metrics": metrics}
    return {"version": "0.2.0.dev0", "semantic_model": [whole]}
